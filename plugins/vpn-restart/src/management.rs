//! The management interface of OpenVPN: a signal is given, and then its states are heard until the tunnel is connected. After
//! SIGHUP the interface itself goes away and comes back.

use watchkeep_sdk::clipped;
use watchkeep_sdk::http::span;
use watchkeep_sdk::net::FailureKind;
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::wording::date_and_time;

use crate::config::{OpenVpn, Signal};
use crate::lines::{Broken, Lines};

const PROMPT: &[u8] = b"ENTER PASSWORD:";
const PAUSE: Duration = Duration::from_millis(500);
/// So many times at most the interface is looked for again: each is a handful of host calls.
const VISITS_MAX: u32 = 60;
const KEY: &str = "connected";

/// One line of `state`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct State {
    /// In seconds since the Unix epoch.
    pub since: u64,
    /// `CONNECTED`, `RECONNECTING` and the like.
    pub name: String,
    /// `SUCCESS`, or a reason.
    pub detail: String,
}

impl State {
    /// `1700000000,CONNECTED,SUCCESS,10.8.0.2,...`.
    pub fn read(line: &str) -> Option<Self> {
        let mut parts = line.split(',');
        let since = parts.next()?.parse().ok()?;
        let name = parts.next().filter(|name| !name.is_empty())?;
        let is_word = |c: char| c.is_ascii_uppercase() || c == '_' || c.is_ascii_digit();
        name.chars().all(is_word).then(|| Self {
            since,
            name: name.to_owned(),
            detail: parts.next().unwrap_or_default().to_owned(),
        })
    }
    fn is_up(&self) -> bool {
        self.name == "CONNECTED"
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
        let _ = visit.lines.write("quit\n");
        return Ok(Effect::nothing_to_do(why));
    }
    let signal = config.signal.as_str();
    visit.ask("state on\n")?;
    visit.ask(&format!("signal {signal}\n"))?;
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
                let _ = visit.lines.write("quit\n");
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
            match back
                .greet()
                .and_then(|()| back.lines.write("state on\n"))
                .and_then(|()| back.lines.write("state\n"))
            {
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
    lines: Lines,
    acted: Acted,
}

impl<'c> Visit<'c> {
    fn begin(config: &'c OpenVpn, until: Duration, acted: Acted) -> Result<Self, Unable> {
        let Some(mut visit) = Self::open(config, until, acted)? else {
            return Err(Unable(Fault::inconclusive(format!(
                "OpenVPN does not listen at {}: nothing was done; hint: does it run, and is `management` in its config?",
                place(config)
            ))));
        };
        visit.greet().map_err(|broken| visit.fault(broken))?;
        Ok(visit)
    }

    /// None if nobody listens there.
    fn open(config: &'c OpenVpn, until: Duration, acted: Acted) -> Result<Option<Self>, Unable> {
        let opened = match (&config.address, &config.socket) {
            (Some(address), _) => {
                net::target(address).timeout(until.saturating_sub(clock::monotonic())).connect()
            }
            (None, Some(socket)) => net::connect_local(socket),
            (None, None) => return Err(Unable(Fault::config("`address` or `socket` is missing"))),
        };
        match opened {
            Ok(connection) => Ok(Some(Self { config, lines: Lines::over(connection, until), acted })),
            Err(failure) if failure.kind == FailureKind::Refused => Ok(None),
            Err(failure) => Err(Unable(failure.as_fault().unwrap_or_else(|| {
                Fault::inconclusive(format!(
                    "OpenVPN at {}: {}{}",
                    place(config),
                    failure.sentence(),
                    end(acted)
                ))
            }))),
        }
    }

    fn greet(&mut self) -> Result<(), Broken> {
        let wrong = |said: &str| Broken::Fault(Fault::config(format!("the management interface {said}")));
        if self.lines.prompts(PROMPT)? {
            let Some(password) = &self.config.password else {
                return Err(wrong("asks for a password; nothing was done; hint: give `password`"));
            };
            self.lines.write_secret(password)?;
            if self.lines.prompts(PROMPT)? || !self.lines.line()?.starts_with("SUCCESS:") {
                return Err(wrong(
                    "refuses the password; nothing was done; hint: compare it with the file that `management` names",
                ));
            }
        }
        let line = self.lines.line()?;
        match line.starts_with('>') {
            true => Ok(()),
            false => Err(Broken::Nonsense(format!(
                "it greets with `{}`; hint: is that the port of `management`?",
                clipped(&line)
            ))),
        }
    }

    /// The last line of `state`.
    fn state(&mut self) -> Result<State, Unable> {
        self.read_state().map_err(|broken| self.fault(broken))
    }
    fn read_state(&mut self) -> Result<State, Broken> {
        let nonsense = |what: &str| Broken::Nonsense(format!("it answers `state` with {what}"));
        self.lines.write("state\n")?;
        let mut state = None;
        loop {
            let line = self.answer()?;
            if line == "END" {
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
        self.lines.write(command)?;
        let line = self.answer()?;
        if line.starts_with("SUCCESS:") {
            return Ok(());
        }
        Err(Broken::Nonsense(format!("it answers `{}` with `{}`", command.trim_end(), clipped(&line))))
    }

    /// The next line that is no notice. A refusal is an end.
    fn answer(&mut self) -> Result<String, Broken> {
        loop {
            let line = self.lines.line()?;
            if let Some(error) = line.strip_prefix("ERROR:") {
                return Err(Broken::Nonsense(format!("it refuses: `{}`", clipped(error.trim()))));
            }
            if !line.starts_with('>') {
                return Ok(line);
            }
            self.noticed(&line)?;
        }
    }

    fn until_connected(&mut self, last: &mut String) -> Result<State, Broken> {
        loop {
            let line = self.lines.line()?;
            self.noticed(&line)?;
            // Told as a notice, or as the answer to a question.
            let Some(state) = State::read(line.strip_prefix(">STATE:").unwrap_or(&line)) else { continue };
            if state.is_up() {
                return Ok(state);
            }
            *last = match state.detail.as_str() {
                "" => clipped(&state.name),
                detail => format!("{} ({})", clipped(&state.name), clipped(detail)),
            };
        }
    }

    fn noticed(&mut self, line: &str) -> Result<(), Broken> {
        let waits = |what: &str| Broken::Fault(Fault::config(format!("OpenVPN waits for {what}")));
        if line.starts_with(">HOLD:") {
            return match self.config.release_hold {
                true => self.lines.write("hold release\n"),
                false => {
                    Err(waits("`hold release`, because of `management-hold`; hint: `release_hold = true`"))
                }
            };
        }
        if line.starts_with(">PASSWORD:Need") || line.starts_with(">NEED-OK:") {
            return Err(waits(
                "a password or an answer on its management interface, which this action has not",
            ));
        }
        if line.starts_with(">FATAL:") {
            return Err(Broken::Nonsense(format!(
                "it ends: `{}`",
                clipped(line.trim_start_matches(">FATAL:"))
            )));
        }
        Ok(())
    }

    fn fault(&self, broken: Broken) -> Unable {
        let who = format!("the management interface at {}", place(self.config));
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

fn place(config: &OpenVpn) -> String {
    match (&config.address, &config.socket) {
        (Some(address), _) => format!("`{}`", clipped(address)),
        (None, socket) => format!("socket `{}`", clipped(socket.as_deref().unwrap_or_default())),
    }
}
