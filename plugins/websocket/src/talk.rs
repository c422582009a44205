//! What is said over an open WebSocket.

use watchkeep_sdk::clipped;
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::websocket::{Event, Socket, Wrong};

use crate::config::{Step, WebSocket};

/// For what a ping carries, so that no other pong is taken for its own.
const PING_BYTES: u32 = 8;

/// How long a ping took there and back. Messages that come meanwhile are kept for what is expected.
pub(crate) fn ping(
    socket: &mut Socket,
    timeout: Duration,
    early: &mut Vec<Event>,
) -> Result<Duration, Wrong> {
    /// More would fill the memory.
    const EARLY_MAX: usize = 100;
    let payload = random::bytes(PING_BYTES);
    let began = clock::monotonic();
    socket.ping(&payload)?;
    loop {
        let what = "its answer to a ping (hint: `ping = false` asks for none)";
        match socket.next(began + timeout).map_err(|wrong| wrong.waiting_for(what, timeout, ""))? {
            Event::Pong(answer) if answer == payload => return Ok(clock::monotonic() - began),
            Event::Pong(_) => {}
            message if early.len() < EARLY_MAX => early.push(message),
            _ => {}
        }
    }
}

pub(crate) struct Talk<'s> {
    pub(crate) socket: &'s mut Socket,
    pub(crate) timeout: Duration,
    /// Came, and was not looked at by a step yet, the first one last.
    pub(crate) early: Vec<Event>,
    /// What the last step took, or what came last.
    pub(crate) said: String,
}

impl Talk<'_> {
    pub(crate) fn all(&mut self, config: &WebSocket) -> Result<(), Wrong> {
        if let Some(send) = &config.send {
            self.socket.send_text(send)?;
        }
        for text in &config.expect.0 {
            self.expect(text.as_str(), &|said| said.contains(text.as_str()))?;
        }
        for (place, step) in config.talk.iter().enumerate() {
            self.step(step).map_err(|wrong| match wrong {
                Wrong::Said(sentence) => Wrong::Said(format!("step {}: {sentence}", place + 1)),
                other => other,
            })?;
        }
        Ok(())
    }

    fn step(&mut self, step: &Step) -> Result<(), Wrong> {
        if let Some(send) = &step.send {
            self.socket.send_text(send)?;
        }
        if let Some(bytes) = &step.send_hex {
            self.socket.send_binary(&bytes.0)?;
        }
        if let Some(text) = &step.expect {
            self.expect(text.as_str(), &|said| said.contains(text.as_str()))?;
        }
        if let Some(pattern) = &step.expect_pattern {
            self.expect(pattern.as_str(), &|said| pattern.is_in(said))?;
        }
        Ok(())
    }

    /// Passes over messages until one fits.
    fn expect(&mut self, what: &str, fits: &dyn Fn(&str) -> bool) -> Result<(), Wrong> {
        let until = clock::monotonic() + self.timeout;
        let mut last: Option<String> = None;
        loop {
            let event = match self.early.pop() {
                Some(event) => Ok(event),
                None => self.socket.next(until),
            };
            let event = event.map_err(|wrong| {
                let instead = match &last {
                    Some(said) => format!("; it says `{}`", clipped(said)),
                    None => "; it says nothing".to_owned(),
                };
                wrong.waiting_for(&format!("`{}`", clipped(what)), self.timeout, &instead)
            })?;
            let said = match event {
                Event::Text(text) => text,
                Event::Binary(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                Event::Pong(_) => continue,
            };
            if fits(&said) {
                self.said = said;
                return Ok(());
            }
            last = Some(said);
        }
    }
}
