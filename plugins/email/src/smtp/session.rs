//! The conversation itself: commands and replies, and what the server offers.

use std::time::Duration;

use watchkeep_sdk::config::Secret;
use watchkeep_sdk::http::{Encoding, Failure, FailureKind};
use watchkeep_sdk::net::{self, Connection, TlsOptions};
use watchkeep_sdk::prelude::*;

use super::reply::{Reply, refused};

/// Of one reply: more is no server's.
const LINES_MAX: usize = 100;

pub(super) struct Session {
    connection: Connection,
    /// Lines of the greeting's answer, in capitals.
    offers: Vec<String>,
}

impl Session {
    pub(super) fn open(server: &str, timeout: Duration) -> Result<Session, DeliveryError> {
        let mut connection = net::target(server).timeout(timeout).connect().map_err(not_taken)?;
        connection.set_timeout(timeout);
        Ok(Session { connection, offers: Vec::new() })
    }

    pub(super) fn greeted(&mut self) -> Result<(), DeliveryError> {
        let reply = self.reply().map_err(not_taken)?;
        if reply.code == 220 { Ok(()) } else { Err(refused("the greeting", &reply)) }
    }

    pub(super) fn hello(&mut self, name: &str) -> Result<(), DeliveryError> {
        let reply = self.ask(&format!("EHLO {name}"), 250)?;
        // The first line is the server's name.
        self.offers = reply.lines.iter().skip(1).map(|line| line.to_ascii_uppercase()).collect();
        Ok(())
    }

    pub(super) fn offers(&self, keyword: &str) -> bool {
        self.parameters(keyword).is_some()
    }

    /// `PLAIN LOGIN` of `AUTH PLAIN LOGIN`; old servers write `AUTH=PLAIN`.
    pub(super) fn parameters(&self, keyword: &str) -> Option<&str> {
        self.offers.iter().find_map(|line| {
            let rest = line.strip_prefix(keyword)?;
            if rest.is_empty() { Some(rest) } else { rest.strip_prefix([' ', '=']) }
        })
    }

    /// In bytes; 0 is no limit.
    pub(super) fn size_max(&self) -> Option<u64> {
        self.parameters("SIZE")?.trim().parse().ok().filter(|most| *most > 0)
    }

    pub(super) fn start_tls(&mut self, options: &TlsOptions) -> Result<(), DeliveryError> {
        self.connection.start_tls(options).map(|_| ()).map_err(not_taken)
    }

    /// A command that has to be answered so.
    pub(super) fn ask(&mut self, command: &str, code: u16) -> Result<Reply, DeliveryError> {
        let reply = self.say(command)?;
        if reply.code == code {
            return Ok(reply);
        }
        // What follows the command is an address, or nothing for others to read.
        Err(refused(command.split([' ', ':']).next().unwrap_or_default(), &reply))
    }

    pub(super) fn say(&mut self, command: &str) -> Result<Reply, DeliveryError> {
        self.connection.write(format!("{command}\r\n")).map_err(not_taken)?;
        self.reply().map_err(not_taken)
    }

    /// A line of which the host writes the secret part.
    pub(super) fn say_secret(
        &mut self,
        command: &str,
        secret: &Secret,
        before: &[u8],
    ) -> Result<Reply, DeliveryError> {
        if !command.is_empty() {
            self.connection.write(command).map_err(not_taken)?;
        }
        self.connection.write_secret(secret, before, b"", Encoding::Base64).map_err(not_taken)?;
        self.connection.write("\r\n").map_err(not_taken)?;
        self.reply().map_err(not_taken)
    }

    /// From here on the server may have taken it whatever becomes of the connection.
    pub(super) fn hand_over(mut self, message: &[u8]) -> Result<(), DeliveryError> {
        self.ask("DATA", 354)?;
        self.connection.write(with_dots_doubled(message)).map_err(not_taken)?;
        // A server that filters mail takes its time, and one that was given up on may deliver all the same.
        self.connection.set_timeout(Duration::MAX);
        self.connection.write(".\r\n")?;
        let reply = self.reply()?;
        if reply.code != 250 {
            return Err(refused("the mail", &reply));
        }
        // It is taken: how they part matters to nobody.
        self.connection.set_timeout(Duration::from_secs(1));
        let _ = self.say("QUIT");
        Ok(())
    }

    fn reply(&mut self) -> Result<Reply, Box<Failure>> {
        let mut lines = Vec::new();
        while lines.len() < LINES_MAX {
            let line = self.connection.read_line()?;
            let code = line.get(..3).and_then(|code| code.parse::<u16>().ok());
            let rest = line.get(3..).unwrap_or_default();
            let Some(code) = code.filter(|code| (200..600).contains(code)) else {
                return Ok(Reply::unreadable(&line));
            };
            let more = rest.strip_prefix('-');
            lines.push(more.unwrap_or(rest).trim_start_matches(' ').to_owned());
            if more.is_none() {
                return Ok(Reply { code, lines });
            }
        }
        Ok(Reply::unreadable("it does not end"))
    }
}

/// Nothing was taken, however far it came.
fn not_taken(failure: Box<Failure>) -> DeliveryError {
    match failure.kind {
        FailureKind::Invalid => DeliveryError::Rejected(failure.sentence()),
        FailureKind::Denied
        | FailureKind::NameNotFound
        | FailureKind::NameServerFailed
        | FailureKind::Refused
        | FailureKind::Unreachable
        | FailureKind::Reset
        | FailureKind::Closed
        | FailureKind::TimedOut
        | FailureKind::Certificate
        | FailureKind::Tls
        | FailureKind::Protocol
        | FailureKind::TooLarge
        | FailureKind::Limit
        | FailureKind::Other => DeliveryError::Retryable(failure.sentence()),
    }
}

/// A line that is a dot alone ends the mail.
fn with_dots_doubled(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 64);
    let mut begins = true;
    for &byte in message {
        if begins && byte == b'.' {
            out.push(b'.');
        }
        begins = byte == b'\n';
        out.push(byte);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::with_dots_doubled;

    #[test]
    fn a_dot_at_the_beginning_of_a_line_is_doubled() {
        assert_eq!(with_dots_doubled(b".a\r\n.\r\nb.\r\n..c"), b"..a\r\n..\r\nb.\r\n...c");
    }
}
