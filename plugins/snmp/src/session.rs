//! Questions to one agent: asked again when they are lost, and answered by nobody else.

use watchkeep_sdk::net::{self, Failure, FailureKind};
use watchkeep_sdk::prelude::*;

use crate::config::Snmp;
use crate::message;
use crate::oid::Oid;
use crate::pdu::{Kind, Pdu, Value};
use crate::usm::{self, Passwords, Speaker};

/// As many numbers are drawn at once.
const DRAWN_BYTES: u32 = 1_024;
/// A run with less time left than this counts as over.
const OVER: Duration = Duration::from_millis(20);

const AUTHORIZATION_ERROR: i64 = 16;

/// What came back, or why it is not taken.
pub(crate) enum Heard {
    Answer(Pdu),
    /// Not an answer to this question: as if nothing had come.
    Stray(String),
    /// No message of SNMP.
    Broken(String),
    /// The agent has told its time: the question is asked with it.
    Late,
    Refused(Fault),
}

impl Heard {
    pub(crate) fn stray(said: &str) -> Heard {
        Heard::Stray(said.to_owned())
    }
    pub(crate) fn broken(wrong: &str) -> Heard {
        Heard::Broken(format!("its answer is not the expected SNMP message: {wrong}"))
    }
}

enum As {
    Community(Vec<u8>),
    User(Box<Speaker>),
}

pub(crate) struct Session<'c> {
    config: &'c Snmp,
    speaks_as: As,
    drawn: Vec<u8>,
    /// The longest that an answer took.
    pub(crate) slowest: Duration,
    answers: u32,
}

impl<'c> Session<'c> {
    /// Opens a session. In version 3, the agent is asked which engine it is.
    pub(crate) fn open(config: &'c Snmp) -> Result<Self, Stop> {
        let mut session = Session {
            config,
            speaks_as: As::Community(Vec::new()),
            drawn: Vec::new(),
            slowest: Duration::ZERO,
            answers: 0,
        };
        if let Some(community) = &config.community {
            session.speaks_as = As::Community(secrets::reveal(community)?);
        }
        if let Some(user) = &config.user {
            let passwords = Passwords::of(user)?;
            session.speaks_as = As::User(Box::new(session.discover(&passwords)?));
        }
        Ok(session)
    }

    fn discover(&mut self, passwords: &Passwords) -> Result<Speaker, Stop> {
        let mut wrong = None;
        for _ in 0..self.config.attempts {
            let (id, salt) = (self.id(), self.number());
            let Some(answer) = self.exchange(&usm::discovery(id), &mut wrong)? else { continue };
            match Speaker::discovered(passwords, &answer, id, salt) {
                Ok(speaker) => return Ok(speaker),
                Err(heard) => self.not_taken(heard, &mut wrong)?,
            }
        }
        Err(self.silence(wrong))
    }

    /// Its answer, whatever error it tells.
    pub(crate) fn ask(&mut self, kind: Kind, first: i64, second: i64, names: &[&Oid]) -> Result<Pdu, Stop> {
        let bindings: Vec<_> = names.iter().map(|name| ((*name).clone(), Value::Null)).collect();
        let mut pdu = Pdu { kind, id: 0, status: first, index: second, bindings };
        let mut wrong = None;
        let mut attempts = 0;
        while attempts < self.config.attempts {
            attempts += 1;
            pdu.id = self.id();
            let question = match &mut self.speaks_as {
                As::Community(community) => message::community(community, &pdu),
                As::User(speaker) => {
                    speaker.sealed(&pdu).ok_or_else(|| Fault::other("the question could not be encrypted"))?
                }
            };
            let Some(answer) = self.exchange(&question, &mut wrong)? else { continue };
            let heard = match &mut self.speaks_as {
                As::Community(_) => heard(&answer, pdu.id),
                As::User(speaker) => speaker.opened(&answer, pdu.id),
            };
            match heard {
                Heard::Answer(answer) if answer.status == AUTHORIZATION_ERROR => {
                    let said = "the agent does not let this community or user see what is asked for (authorizationError); hint: \
                                see its views, and at which level it knows the user";
                    return Err(Fault::config(said).into());
                }
                Heard::Answer(answer) => return Ok(answer),
                // Happens once.
                Heard::Late => attempts -= 1,
                other => self.not_taken(other, &mut wrong)?,
            }
        }
        Err(self.silence(wrong))
    }

    /// None if it was not answered.
    fn exchange(&mut self, question: &[u8], wrong: &mut Option<Wrong>) -> Result<Option<Vec<u8>>, Stop> {
        let config = self.config;
        let target = net::target(&*config.agent).family(config.ip_family).timeout(config.timeout);
        match target.exchange(question, 1) {
            Ok(mut answers) if !answers.is_empty() => {
                let answer = answers.swap_remove(0);
                self.slowest = self.slowest.max(Duration::from_nanos(answer.after));
                self.answers += 1;
                Ok(Some(answer.data))
            }
            // The contract says that there is one, or a failure.
            Ok(_) => Ok(None),
            Err(failure) if failure.kind == FailureKind::TimedOut => {
                if clock::remaining() < OVER && self.answers > 0 {
                    let said = format!(
                        "the run's time was over after {} answers; hint: raise the check's `timeout`, or ask for less",
                        self.answers
                    );
                    return Err(Fault::inconclusive(said).into());
                }
                *wrong = Some(Wrong::Silent(failure));
                Ok(None)
            }
            Err(failure) => Err(match failure.as_fault() {
                Some(fault) => fault.into(),
                None => down(failure.sentence()),
            }),
        }
    }

    fn not_taken(&self, heard: Heard, wrong: &mut Option<Wrong>) -> Result<(), Stop> {
        match heard {
            Heard::Stray(said) => *wrong = Some(Wrong::Stray(said)),
            Heard::Broken(said) => return Err(down(said)),
            Heard::Refused(fault) => return Err(fault.into()),
            Heard::Answer(_) | Heard::Late => {}
        }
        Ok(())
    }

    /// Nothing came that was taken.
    fn silence(&self, wrong: Option<Wrong>) -> Stop {
        match wrong {
            Some(Wrong::Stray(said)) => down(said),
            Some(Wrong::Silent(failure)) if self.answers == 0 => {
                let also = match self.config.community {
                    Some(_) => {
                        "an agent is as silent towards a wrong community, or an address that it does not serve"
                    }
                    None => {
                        "an agent is as silent where it does not speak version 3, or does not serve this address"
                    }
                };
                down(format!("{}; {also}", failure.sentence()))
            }
            Some(Wrong::Silent(failure)) => down(format!("{}{}", failure.sentence(), self.also_silent())),
            None => down("it answers nothing".to_owned()),
        }
    }

    /// What else keeps an agent silent that has said who it is, and nothing since.
    fn also_silent(&self) -> &'static str {
        let Some(user) = self.config.user.as_ref().filter(|_| self.answers == 1) else { return "" };
        match (&user.privacy, user.context.is_empty()) {
            (_, false) => "; an agent is as silent where it does not know the context: see `user.context`",
            (Some(_), true) => "; an agent is as silent towards what it cannot decrypt: see `user.privacy`",
            (None, true) => "",
        }
    }

    /// Random, as it stands in a question: 31 bits, and not 0.
    fn id(&mut self) -> i64 {
        (self.number() >> 33 | 1) as i64
    }
    fn number(&mut self) -> u64 {
        if self.drawn.len() < 8 {
            self.drawn = random::bytes(DRAWN_BYTES);
        }
        let rest = self.drawn.len().saturating_sub(8);
        self.drawn.split_off(rest).into_iter().fold(0, |number, byte| number << 8 | u64::from(byte))
    }
}

enum Wrong {
    Silent(Box<Failure>),
    Stray(String),
}

fn heard(message: &[u8], id: i64) -> Heard {
    match message::read_community(message) {
        Ok(pdu) if pdu.kind == Kind::Response && pdu.id == id => Heard::Answer(pdu),
        Ok(_) => Heard::stray("it answers another question than was asked"),
        Err(wrong) => Heard::broken(wrong),
    }
}

/// The agent is down, or none.
pub(crate) fn down(sentence: String) -> Stop {
    Report::critical(sentence).metric("probe_success", false).into()
}
