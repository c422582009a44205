//! Records' values in a form in which they can be compared: case, final dots, blanks and quotation marks do not matter.

use std::net::IpAddr;

/// As an operator may have written it, or a server sent it.
pub fn plain(kind: &str, data: &str) -> String {
    if kind == "TXT" || kind == "SPF" {
        return text(data);
    }
    let words = data.split_ascii_whitespace().map(|word| {
        let bare = word.strip_suffix('.').filter(|bare| !bare.is_empty()).unwrap_or(word);
        match bare.parse::<IpAddr>() {
            Ok(address) => address.to_string(),
            Err(_) => bare.to_ascii_lowercase(),
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// What several quoted strings say together; a text without quotation marks is itself.
pub fn text(data: &str) -> String {
    let data = data.trim();
    if !data.starts_with('"') {
        return data.to_owned();
    }
    let mut said: Vec<u8> = Vec::new();
    let mut is_within = false;
    let mut bytes = data.bytes().peekable();
    while let Some(byte) = bytes.next() {
        match (byte, is_within) {
            (b'"', _) => is_within = !is_within,
            (b'\\', true) => {
                // `\"` is the mark itself, `\032` a byte by its number.
                let rest = bytes.clone();
                let digits: Vec<u8> = rest.take(3).take_while(u8::is_ascii_digit).collect();
                let number = std::str::from_utf8(&digits).ok().filter(|digits| digits.len() == 3);
                match number.and_then(|digits| digits.parse::<u8>().ok()) {
                    Some(byte) => {
                        said.push(byte);
                        bytes.nth(2);
                    }
                    None => said.extend(bytes.next()),
                }
            }
            (byte, true) => said.push(byte),
            (_, false) => {}
        }
    }
    String::from_utf8_lossy(&said).into_owned()
}
