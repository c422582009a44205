//! A conversation with a mail server: commands and replies, and what the server offers.

use std::time::Duration;

use super::base64;
use crate::config::Secret;
use crate::net::{Connection, Encoding, Failure, FailureKind, NoTls, TlsFacts, TlsOptions, refused, reply};

/// How much of a server's reply a sentence quotes.
const SAID_CHARS_MAX: usize = 200;

/// The reply of a server to a command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    pub code: u16,
    /// The lines of the reply, without the code.
    pub lines: Vec<String>,
}

impl Reply {
    /// The reply in short, as in `550 5.1.1 no such user`: its beginning, without terminal controls.
    pub fn sentence(&self) -> String {
        let said = self.lines.join(" ");
        let said: String = said.chars().filter(|c| !c.is_control()).take(SAID_CHARS_MAX).collect();
        match said.trim() {
            "" => self.code.to_string(),
            said => format!("{} {said}", self.code),
        }
    }
}

/// The result of a login.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Login {
    /// The server's reply; 235 means success.
    Answered(Reply),
    /// The server supports neither PLAIN nor LOGIN. It offers these instead, possibly none.
    NotOffered(String),
}

/// A conversation, beginning before the server's greeting. A command and its reply together take no longer than one
/// call on the connection may, however slowly the server answers. What is not a reply is a failure of the kind
/// `Protocol`.
///
/// ```no_run
/// use watchkeep_sdk::mail::Smtp;
/// use watchkeep_sdk::prelude::*;
///
/// fn size_max(address: &str) -> Result<Option<u64>, Box<net::Failure>> {
///     let mut session = Smtp::new(net::connect(address)?);
///     session.reply()?;
///     session.hello("watch.example.com")?;
///     Ok(session.size_max())
/// }
/// ```
#[derive(Debug)]
pub struct Smtp {
    connection: Connection,
    /// The lines of the answer to EHLO, in capitals.
    offers: Vec<String>,
}

impl Smtp {
    /// A conversation on a connection from which nothing has been read yet.
    pub fn new(connection: Connection) -> Self {
        Self { connection, offers: Vec::new() }
    }
    /// Sets the timeout of each later command.
    pub fn set_timeout(&mut self, timeout: Duration) {
        self.connection.set_timeout(timeout);
    }
    /// Reads the next reply, which is the greeting if no command was sent.
    pub fn reply(&mut self) -> Result<Reply, Box<Failure>> {
        self.exchange("", None)
    }
    /// Sends a command, given without its line end, and reads the reply.
    pub fn say(&mut self, command: &str) -> Result<Reply, Box<Failure>> {
        self.exchange(&format!("{command}\r\n"), None)
    }
    /// Sends EHLO, after which it is known what the server offers.
    pub fn hello(&mut self, name: &str) -> Result<Reply, Box<Failure>> {
        let reply = self.say(&format!("EHLO {name}"))?;
        let taken = if reply.code == 250 { &*reply.lines } else { &[] };
        // The first line is the server's name.
        self.offers = taken.iter().skip(1).map(|line| line.trim().to_ascii_uppercase()).collect();
        Ok(reply)
    }
    /// Does the TLS handshake, at once or after the server agreed to STARTTLS. What the server offered before no longer
    /// counts.
    pub fn start_tls(&mut self, options: &TlsOptions) -> Result<TlsFacts, Box<Failure>> {
        self.offers.clear();
        self.connection.start_tls(options)
    }
    /// The certificates that the trust rests on, as in [`Connection::path`](crate::net::Connection::path).
    pub fn path(&self) -> Vec<u32> {
        self.connection.path()
    }

    /// What the server offers, in capitals, such as `SIZE 10240000` or `STARTTLS`.
    pub fn offered(&self) -> &[String] {
        &self.offers
    }
    pub fn offers(&self, keyword: &str) -> bool {
        self.parameters(keyword).is_some()
    }
    /// The parameters of an offer: `PLAIN LOGIN` for `AUTH PLAIN LOGIN`. Old servers write `AUTH=PLAIN`.
    pub fn parameters(&self, keyword: &str) -> Option<&str> {
        self.offers.iter().find_map(|line| {
            let rest = line.strip_prefix(keyword)?;
            if rest.is_empty() { Some(rest) } else { rest.strip_prefix([' ', '=']) }
        })
    }
    /// The largest mail that the server accepts, in bytes; the server need not say.
    pub fn size_max(&self) -> Option<u64> {
        self.parameters("SIZE")?.trim().parse().ok().filter(|most| *most > 0)
    }

    /// Logs in with PLAIN (RFC 4616), or with LOGIN if the server supports nothing else. The host writes the password,
    /// which must be bound to the server.
    pub fn log_in(&mut self, user: &str, password: &Secret) -> Result<Login, Box<Failure>> {
        let mechanisms = self.parameters("AUTH").unwrap_or_default().to_owned();
        let offers = |mechanism: &str| mechanisms.split(' ').any(|offered| offered == mechanism);
        if offers("PLAIN") {
            let user = format!("\0{user}\0");
            return self.exchange("AUTH PLAIN ", Some((password, &user))).map(Login::Answered);
        }
        if !offers("LOGIN") {
            return Ok(Login::NotOffered(mechanisms));
        }
        for line in ["AUTH LOGIN", &base64(user.as_bytes())] {
            let reply = self.say(line)?;
            if reply.code != 334 {
                return Ok(Login::Answered(reply));
            }
        }
        self.exchange("", Some((password, ""))).map(Login::Answered)
    }

    /// Writes a mail, after the server agreed to DATA. Nothing is delivered before the dot that ends the mail,
    /// `say(".")`.
    pub fn write_mail(&mut self, mail: &[u8]) -> Result<(), Box<Failure>> {
        self.connection.write(with_dots_doubled(mail))
    }

    /// Writes a text, then a secret that follows another text on the same line, and reads the reply.
    fn exchange(&mut self, text: &str, secret: Option<(&Secret, &str)>) -> Result<Reply, Box<Failure>> {
        let said = self.connection.together(|connection| {
            if !text.is_empty() {
                connection.write(text)?;
            }
            if let Some((secret, before)) = secret {
                connection.write_secret(secret, before, "", Encoding::Base64)?;
                connection.write("\r\n")?;
            }
            let lines = reply(connection)?;
            let first = lines.first().map_or("", String::as_str);
            let code = first.get(..3).and_then(|code| code.parse().ok());
            match code.filter(|code| (200..600).contains(code)) {
                Some(code) => Ok(Reply { code, lines }),
                None => refused("no mail server answers so", first),
            }
        });
        let mut said = said.map_err(|no| match no {
            NoTls::Failed(failure) => failure,
            NoTls::Refused(why) => self.connection.failure(FailureKind::Protocol, why),
        })?;
        for line in &mut said.lines {
            // The code is followed by a blank or a hyphen.
            let text = line.get(4..).unwrap_or_default();
            *line = text.trim_start().to_owned();
        }
        Ok(said)
    }
}

/// Doubles dots at the beginning of lines, because a line that is only a dot ends the mail.
fn with_dots_doubled(mail: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(mail.len() + 64);
    let mut begins = true;
    for &byte in mail {
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
