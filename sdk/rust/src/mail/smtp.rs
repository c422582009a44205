//! One conversation with a mail server: commands and replies, and what the server offers.

use std::time::Duration;

use super::base64;
use crate::config::Secret;
use crate::net::{Connection, Encoding, Failure, FailureKind, NoTls, TlsFacts, TlsOptions, refused, reply};

/// Of what a server wrote and a sentence repeats.
const SAID_CHARS_MAX: usize = 200;

/// What a server answers to one command.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reply {
    pub code: u16,
    /// Without the code.
    pub lines: Vec<String>,
}

impl Reply {
    /// `550 5.1.1 no such user`: the beginning of it, without what a terminal would obey.
    pub fn sentence(&self) -> String {
        let said = self.lines.join(" ");
        let said: String = said.chars().filter(|c| !c.is_control()).take(SAID_CHARS_MAX).collect();
        match said.trim() {
            "" => self.code.to_string(),
            said => format!("{} {said}", self.code),
        }
    }
}

/// What became of a login.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Login {
    /// 235 lets one in.
    Answered(Reply),
    /// The server knows neither PLAIN nor LOGIN; what it offers in place of them, which may be nothing.
    NotOffered(String),
}

/// A conversation, from before the server's greeting. Every command and its reply together take no longer than one call on
/// the connection may, however slowly the server speaks; what is no reply is a failure of the kind `Protocol`.
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
    /// Lines of the answer to EHLO, in capitals.
    offers: Vec<String>,
}

impl Smtp {
    /// Nothing was read from the connection yet.
    pub fn new(connection: Connection) -> Self {
        Self { connection, offers: Vec::new() }
    }
    /// For each later command.
    pub fn set_timeout(&mut self, timeout: Duration) {
        self.connection.set_timeout(timeout);
    }
    /// The next one: the greeting, if nothing was said.
    pub fn reply(&mut self) -> Result<Reply, Box<Failure>> {
        self.exchange("", None)
    }
    /// A command without its line end, and the reply to it.
    pub fn say(&mut self, command: &str) -> Result<Reply, Box<Failure>> {
        self.exchange(&format!("{command}\r\n"), None)
    }
    /// EHLO; what the server offers is known after it.
    pub fn hello(&mut self, name: &str) -> Result<Reply, Box<Failure>> {
        let reply = self.say(&format!("EHLO {name}"))?;
        let taken = if reply.code == 250 { &*reply.lines } else { &[] };
        // The first line is the server's name.
        self.offers = taken.iter().skip(1).map(|line| line.trim().to_ascii_uppercase()).collect();
        Ok(reply)
    }
    /// The handshake, at once or after the server agreed to STARTTLS. What it offered before counts no more.
    pub fn start_tls(&mut self, options: &TlsOptions) -> Result<TlsFacts, Box<Failure>> {
        self.offers.clear();
        self.connection.start_tls(options)
    }
    /// As of a [`Connection`](crate::net::Connection::path).
    pub fn path(&self) -> Vec<u32> {
        self.connection.path()
    }

    /// `SIZE 10240000`, `STARTTLS`, each in capitals.
    pub fn offered(&self) -> &[String] {
        &self.offers
    }
    pub fn offers(&self, keyword: &str) -> bool {
        self.parameters(keyword).is_some()
    }
    /// `PLAIN LOGIN` of `AUTH PLAIN LOGIN`; old servers write `AUTH=PLAIN`.
    pub fn parameters(&self, keyword: &str) -> Option<&str> {
        self.offers.iter().find_map(|line| {
            let rest = line.strip_prefix(keyword)?;
            if rest.is_empty() { Some(rest) } else { rest.strip_prefix([' ', '=']) }
        })
    }
    /// Of a mail that the server takes, in bytes; it may say none.
    pub fn size_max(&self) -> Option<u64> {
        self.parameters("SIZE")?.trim().parse().ok().filter(|most| *most > 0)
    }

    /// By PLAIN (RFC 4616), or by LOGIN where a server knows nothing else. The host writes the password, which has to be bound
    /// to the server.
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

    /// A mail, after the server agreed to DATA. Nothing is delivered before the dot that ends it, `say(".")`.
    pub fn write_mail(&mut self, mail: &[u8]) -> Result<(), Box<Failure>> {
        self.connection.write(with_dots_doubled(mail))
    }

    /// Writes this, and in the same line a secret behind another text; and takes the reply.
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
            // A code, and a blank or a hyphen.
            let text = line.get(4..).unwrap_or_default();
            *line = text.trim_start().to_owned();
        }
        Ok(said)
    }
}

/// A line that is a dot alone ends the mail.
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
