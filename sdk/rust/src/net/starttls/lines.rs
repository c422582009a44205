//! Protocols of lines: mail and file transfer.

use super::{NoTls, refused};
use crate::net::Connection;

/// The most lines of one reply.
const LINES_MAX: usize = 100;

/// STARTTLS of SMTP (RFC 3207).
pub(super) fn smtp(connection: &mut Connection) -> Result<(), NoTls> {
    greeted(&reply(connection)?, "220")?;
    connection.write("EHLO watchkeep\r\n")?;
    let offers = reply(connection)?;
    let is_starttls =
        |line: &String| line.get(4..).is_some_and(|keyword| keyword.trim().eq_ignore_ascii_case("STARTTLS"));
    if !offers.iter().any(is_starttls) {
        return match offers.last() {
            Some(last) if !last.starts_with("250") => refused("it does not take EHLO", last),
            Some(_) | None => Err(NoTls::Refused("it does not offer STARTTLS".to_owned())),
        };
    }
    connection.write("STARTTLS\r\n")?;
    agreed(&reply(connection)?, "220")
}

/// AUTH TLS of FTP (RFC 4217).
pub(super) fn ftp(connection: &mut Connection) -> Result<(), NoTls> {
    greeted(&reply(connection)?, "220")?;
    connection.write("AUTH TLS\r\n")?;
    agreed(&reply(connection)?, "234")
}

/// STARTTLS of IMAP (RFC 9051): the answer to a tagged command comes after anything else that the server sends.
pub(super) fn imap(connection: &mut Connection) -> Result<(), NoTls> {
    let greeting = connection.read_line()?;
    if !starts(&greeting, "* OK") && !starts(&greeting, "* PREAUTH") {
        return refused("no IMAP server greets", &greeting);
    }
    connection.write("a1 STARTTLS\r\n")?;
    for _ in 0..LINES_MAX {
        let line = connection.read_line()?;
        if starts(&line, "a1 OK") {
            return Ok(());
        }
        if !line.starts_with("* ") {
            return refused("it does not start TLS", &line);
        }
    }
    Err(NoTls::Refused(format!("no answer to STARTTLS within {LINES_MAX} lines")))
}

/// STLS of POP3 (RFC 2595).
pub(super) fn pop3(connection: &mut Connection) -> Result<(), NoTls> {
    let greeting = connection.read_line()?;
    if !starts(&greeting, "+OK") {
        return refused("no POP3 server greets", &greeting);
    }
    connection.write("STLS\r\n")?;
    let answer = connection.read_line()?;
    if starts(&answer, "+OK") { Ok(()) } else { refused("it does not start TLS", &answer) }
}

fn starts(line: &str, with: &str) -> bool {
    line.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with))
}

/// Reads a reply of SMTP or FTP: lines up to the one that begins with the code of the first and a blank.
pub(crate) fn reply(connection: &mut Connection) -> Result<Vec<String>, NoTls> {
    let mut lines: Vec<String> = Vec::new();
    while lines.len() < LINES_MAX {
        let line = connection.read_line()?;
        let first = lines.first().unwrap_or(&line);
        let Some(wanted) = code(first) else { return refused("no server of this protocol answers", first) };
        let is_last = code(&line) == Some(wanted) && line.as_bytes().get(3) != Some(&b'-');
        lines.push(line);
        if is_last {
            return Ok(lines);
        }
    }
    Err(NoTls::Refused(format!("a reply has more than {LINES_MAX} lines")))
}

fn code(line: &str) -> Option<&str> {
    line.get(..3).filter(|code| code.bytes().all(|byte| byte.is_ascii_digit()))
}

fn greeted(reply: &[String], code: &str) -> Result<(), NoTls> {
    expected(reply, code, "it does not greet")
}

fn agreed(reply: &[String], code: &str) -> Result<(), NoTls> {
    expected(reply, code, "it does not start TLS")
}

fn expected(reply: &[String], code: &str, what: &str) -> Result<(), NoTls> {
    match reply.last() {
        Some(last) if last.starts_with(code) => Ok(()),
        Some(last) => refused(what, last),
        None => refused(what, ""),
    }
}
