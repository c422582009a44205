//! XMPP (RFC 6120). Its XML is read only as far as needed to see which element comes next.

use super::{NoTls, refused};
use crate::net::Connection;

/// The most bytes that are read while waiting for an element.
const BYTES_MAX: usize = 64 << 10;

pub(super) fn xmpp(connection: &mut Connection, namespace: &str, name: &str) -> Result<(), NoTls> {
    let to = escaped(name);
    connection.write(format!(
        "<?xml version='1.0'?><stream:stream xmlns='{namespace}' xmlns:stream='http://etherx.jabber.org/streams' \
         to='{to}' version='1.0'>"
    ))?;
    let features = read_to(
        connection,
        &["</stream:features>", "<stream:features/>", "</stream:error>", "</stream:stream>"],
    )?;
    if let Some((_, error)) = features.split_once("<stream:error>") {
        return refused("it takes no such stream", &words(error));
    }
    if !features.contains("<starttls") {
        return match features.contains("<stream:features") {
            true => Err(NoTls::Refused("it does not offer STARTTLS".to_owned())),
            false => refused("it does not greet", &features),
        };
    }
    connection.write("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")?;
    let answer = read_to(connection, &[">"])?;
    if answer.contains("<proceed") { Ok(()) } else { refused("it does not start TLS", &answer) }
}

/// What an error says, without its markup: the name of its condition, and the text for people if there is one.
fn words(error: &str) -> String {
    let condition = error.trim_start_matches('<').split([' ', '/', '>']).next().unwrap_or_default();
    let text = error.split_once("<text").and_then(|(_, text)| text.split_once('>')?.1.split_once("</text>"));
    match text {
        Some((text, _)) => format!("{condition}: {text}"),
        None => condition.to_owned(),
    }
}

/// Reads up to and including the first of these.
fn read_to(connection: &mut Connection, ends: &[&str]) -> Result<String, NoTls> {
    let mut text = Vec::new();
    loop {
        // Read byte by byte, because what comes after the end belongs to the handshake.
        text.extend(connection.read_exactly(1)?);
        let is_end = |end: &&str| text.ends_with(end.as_bytes());
        if ends.iter().any(is_end) {
            return Ok(String::from_utf8_lossy(&text).into_owned());
        }
        if text.len() == BYTES_MAX {
            return Err(NoTls::Refused(format!(
                "it sends more than {BYTES_MAX} bytes before it offers STARTTLS"
            )));
        }
    }
}

fn escaped(name: &str) -> String {
    name.chars()
        .map(|c| match c {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '\'' => "&apos;".to_owned(),
            other => other.to_string(),
        })
        .collect()
}
