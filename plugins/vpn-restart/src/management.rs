//! The management interface of OpenVPN: a signal is given, and then its states are heard until the tunnel is connected. After
//! SIGHUP the interface itself goes away and comes back.

use watchkeep_sdk::clipped;
use watchkeep_sdk::http::span;
use watchkeep_sdk::net::{Failure, FailureKind, Intake, Unread};
use watchkeep_sdk::openvpn::{Management, Said, State, Ungreeted};
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::wording::date_and_time;

use crate::config::{OpenVpn, Signal};

const READ_BYTES_MAX: usize = 1 << 20;
const STEPS_MAX: usize = 300;
const PAUSE: Duration = Duration::from_millis(500);
/// So many times at most the interface is looked for again: each is a handful of host calls.
const VISITS_MAX: u32 = 60;
const KEY: &str = "connected";

/// Why there is no answer.
enum Broken {
    Late,
    Closed,
    /// What was said makes no sense, or cannot be read; described in a sentence.
    Nonsense(String),
    Fault(Fault),
}

impl From<Unread> for Broken {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::Late => Broken::Late,
            Unread::Closed => Broken::Closed,
            Unread::Endless(said) => Broken::Nonsense(said),
            Unread::Failed(failure) => Broken::from(&*failure),
        }
    }
}

impl From<&Failure> for Broken {
    fn from(failure: &Failure) -> Self {
        match (failure.as_fault(), failure.kind) {
            (Some(fault), _) => Broken::Fault(fault),
            (None, FailureKind::TimedOut) => Broken::Late,
            (None, FailureKind::Closed | FailureKind::Reset) => Broken::Closed,
            (None, _) => Broken::Nonsense(failure.sentence()),
        }
    }
}

/// Whether anything was said to OpenVPN that changes something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Acted {
    Not,
    Signalled,
}

pub(crate) fn restart(config: &OpenVpn, occasion: &Occasion, until: Duration) -> Result<Effect, Unable> {
    let begun = clock::monotonic();
    let mut visit = Visit::begin(config, until, Acted::Not)?;
    let before = visit.state()?;
    if let Some(why) = needless(&before, occasion) {
        visit.management.quit();
        return Ok(Effect::nothing_to_do(why));
    }
    let signal = config.signal.as_str();
    visit.ask("state on")?;
    visit.ask(&format!("signal {signal}"))?;
    visit.acted = Acted::Signalled;
    let after = connected(config, visit, until)?;
    if kv::set(KEY, after.since.to_string()).is_err() {
        log::warn("when it was connected could not be kept");
    }
    let took = span(clock::monotonic().saturating_sub(begun));
    let done = format!("OpenVPN got {signal}, was {} and is connected after {took}", clipped(&before.name));
    Ok(match after.detail.as_str() {
        "SUCCESS" | "" => Effect::done(done),
        detail => Effect::done(format!("{done}, with `{}`", clipped(detail))),
    })
}

/// Somebody else brought it up since the problem began. That this action did so for an earlier decision is no reason: it has not
/// helped.
fn needless(state: &State, occasion: &Occasion) -> Option<String> {
    let since = state.since.saturating_mul(1_000);
    let is_own = kv::get_text(KEY).is_some_and(|own| own == state.since.to_string());
    let is_needless = state.is_up() && since > occasion.since && !is_own;
    is_needless.then(|| {
        format!("OpenVPN is connected since {}, after the problem began", date_and_time(since, clock::now()))
    })
}

fn connected<'c>(config: &'c OpenVpn, mut visit: Visit<'c>, until: Duration) -> Result<State, Unable> {
    let mut last = String::new();
    for _ in 0..VISITS_MAX {
        match visit.until_connected(&mut last) {
            Ok(state) => {
                visit.management.quit();
                return Ok(state);
            }
            Err(Broken::Closed) => {}
            Err(Broken::Late) => return Err(late(config, &last)),
            Err(broken) => return Err(visit.fault(broken)),
        }
        // The interface comes back with the process.
        visit = loop {
            clock::sleep(PAUSE);
            if until.saturating_sub(clock::monotonic()).is_zero() {
                return Err(late(config, &last));
            }
            let back = Visit::open(config, until, Acted::Signalled);
            let Some(mut back) = back? else { continue };
            match back.greet().and_then(|()| back.watch()) {
                Ok(()) => break back,
                Err(Broken::Closed) => continue,
                Err(Broken::Late) => return Err(late(config, &last)),
                Err(broken) => return Err(back.fault(broken)),
            }
        };
    }
    Err(late(config, &last))
}

fn late(config: &OpenVpn, last: &str) -> Unable {
    let signal = config.signal.as_str();
    let stands =
        if last.is_empty() { "has not said in which state it is".to_owned() } else { format!("is {last}") };
    let hint = match config.signal {
        Signal::Sigusr1 => "; hint: is the other end reachable?",
        Signal::Sighup => "; hint: what does its log say?",
    };
    Unable(Fault::inconclusive(format!(
        "OpenVPN got {signal}, and is not connected in time: it {stands}{hint}"
    )))
}

struct Visit<'c> {
    config: &'c OpenVpn,
    management: Management,
    acted: Acted,
}

impl<'c> Visit<'c> {
    fn begin(config: &'c OpenVpn, until: Duration, acted: Acted) -> Result<Self, Unable> {
        let Some(mut visit) = Self::open(config, until, acted)? else {
            return Err(Unable(Fault::inconclusive(format!(
                "OpenVPN does not listen at {}: nothing was done; hint: does it run, and is `management` in its config?",
                config.access.place()
            ))));
        };
        visit.greet().map_err(|broken| visit.fault(broken))?;
        Ok(visit)
    }

    /// None if nobody listens there.
    fn open(config: &'c OpenVpn, until: Duration, acted: Acted) -> Result<Option<Self>, Unable> {
        match config.access.connect(until.saturating_sub(clock::monotonic())) {
            Ok(connection) => {
                let intake = Intake::new(READ_BYTES_MAX, STEPS_MAX);
                Ok(Some(Self { config, management: Management::over(connection, intake, until), acted }))
            }
            Err(failure) if failure.kind == FailureKind::Refused => Ok(None),
            Err(failure) => Err(Unable(failure.as_fault().unwrap_or_else(|| {
                Fault::inconclusive(format!(
                    "OpenVPN at {}: {}{}",
                    config.access.place(),
                    failure.sentence(),
                    end(acted)
                ))
            }))),
        }
    }

    fn greet(&mut self) -> Result<(), Broken> {
        let wrong = |said: &str| Broken::Fault(Fault::config(format!("the management interface {said}")));
        let password = self.config.access.password.as_ref();
        self.management.greet(password).map_err(|ungreeted| match ungreeted {
            Ungreeted::Unread(unread) => unread.into(),
            Ungreeted::PasswordWanted => {
                wrong("asks for a password; nothing was done; hint: give `password`")
            }
            Ungreeted::PasswordRefused => wrong(
                "refuses the password; nothing was done; hint: compare it with the file that `management` names",
            ),
            Ungreeted::Foreign(line) => Broken::Nonsense(format!(
                "it greets with `{}`; hint: is that the port of `management`?",
                shown(&line)
            )),
        })
    }

    /// Asks to be told of each state, and for the present one.
    fn watch(&mut self) -> Result<(), Broken> {
        self.management.ask("state on")?;
        Ok(self.management.ask("state")?)
    }

    /// The last line of `state`.
    fn state(&mut self) -> Result<State, Unable> {
        self.read_state().map_err(|broken| self.fault(broken))
    }
    fn read_state(&mut self) -> Result<State, Broken> {
        let nonsense = |what: &str| Broken::Nonsense(format!("it answers `state` with {what}"));
        self.management.ask("state")?;
        let mut state = None;
        loop {
            let line = self.answer()?;
            if line == b"END" {
                return state.ok_or_else(|| nonsense("nothing"));
            }
            state = Some(State::read(&line).ok_or_else(|| nonsense("something else"))?);
        }
    }

    /// One that is answered with `SUCCESS`.
    fn ask(&mut self, command: &str) -> Result<(), Unable> {
        self.succeeds(command).map_err(|broken| self.fault(broken))
    }
    fn succeeds(&mut self, command: &str) -> Result<(), Broken> {
        self.management.ask(command)?;
        let line = self.answer()?;
        if line.starts_with(b"SUCCESS:") {
            return Ok(());
        }
        Err(Broken::Nonsense(format!("it answers `{command}` with `{}`", shown(&line))))
    }

    /// The next line that is no notice. A refusal is an end.
    fn answer(&mut self) -> Result<Vec<u8>, Broken> {
        loop {
            let notice = match self.management.hear()? {
                Said::Line(line) => return Ok(line.to_vec()),
                Said::Refusal(error) => {
                    return Err(Broken::Nonsense(format!("it refuses: `{}`", shown(error))));
                }
                Said::Notice(notice) => notice.to_vec(),
            };
            self.noticed(&notice)?;
        }
    }

    fn until_connected(&mut self, last: &mut String) -> Result<State, Broken> {
        loop {
            // Told as a notice, or as the answer to a question.
            let line = match self.management.hear()? {
                Said::Line(line) => line.to_vec(),
                Said::Refusal(_) => continue,
                Said::Notice(notice) => {
                    let notice = notice.to_vec();
                    self.noticed(&notice)?;
                    notice.strip_prefix(b">STATE:").map(<[u8]>::to_vec).unwrap_or_default()
                }
            };
            let Some(state) = State::read(&line) else { continue };
            if state.is_up() {
                return Ok(state);
            }
            *last = match state.detail.as_str() {
                "" => clipped(&state.name),
                detail => format!("{} ({})", clipped(&state.name), clipped(detail)),
            };
        }
    }

    fn noticed(&mut self, line: &[u8]) -> Result<(), Broken> {
        let waits = |what: &str| Broken::Fault(Fault::config(format!("OpenVPN waits for {what}")));
        if line.starts_with(b">HOLD:") {
            return match self.config.release_hold {
                true => Ok(self.management.ask("hold release")?),
                false => {
                    Err(waits("`hold release`, because of `management-hold`; hint: `release_hold = true`"))
                }
            };
        }
        if line.starts_with(b">PASSWORD:Need") || line.starts_with(b">NEED-OK:") {
            return Err(waits(
                "a password or an answer on its management interface, which this action has not",
            ));
        }
        if let Some(fatal) = line.strip_prefix(b">FATAL:") {
            return Err(Broken::Nonsense(format!("it ends: `{}`", shown(fatal))));
        }
        Ok(())
    }

    fn fault(&self, broken: Broken) -> Unable {
        let who = format!("the management interface at {}", self.config.access.place());
        Unable(match broken {
            Broken::Fault(fault) => fault,
            Broken::Late => Fault::inconclusive(format!(
                "{who} does not answer in time{}; hint: it serves one client at a time",
                end(self.acted)
            )),
            Broken::Closed => Fault::inconclusive(format!("{who} closed the connection{}", end(self.acted))),
            Broken::Nonsense(said) => Fault::inconclusive(format!("{who}: {said}{}", end(self.acted))),
        })
    }
}

fn end(acted: Acted) -> &'static str {
    match acted {
        Acted::Not => "; nothing was done",
        Acted::Signalled => "; OpenVPN got the signal",
    }
}

fn shown(line: &[u8]) -> String {
    clipped(String::from_utf8_lossy(line).trim())
}
