//! Records' values in a form in which they can be compared: of names the case and the final dot do not matter, of all else
//! the blanks between words and the quotation marks.

use std::net::IpAddr;

/// As an operator may have written it, or a server sent it.
pub fn plain(kind: &str, data: &str) -> String {
    if kind == "TXT" || kind == "SPF" {
        return text(data);
    }
    let mut words: Vec<String> = words(data).iter().map(|word| readable(word)).collect();
    words.retain(|word| word != "(" && word != ")");
    // A type that nobody knows: `\# 4 0a000001`.
    let is_bare = words.first().is_some_and(|word| word == r"\#");
    let (named, rest) = if is_bare { (2, Rest::Hexadecimal) } else { form(kind) };
    let rest_of_words = words.split_off(named.min(words.len()));
    let mut plain: Vec<String> = words.iter().map(|word| name(word)).collect();
    match rest {
        Rest::Names => plain.extend(rest_of_words.iter().map(|word| name(word))),
        Rest::Hexadecimal if rest_of_words.is_empty() => {}
        Rest::Hexadecimal => plain.push(rest_of_words.concat().to_ascii_lowercase()),
        Rest::Base64 if rest_of_words.is_empty() => {}
        Rest::Base64 => plain.push(rest_of_words.concat()),
        Rest::Text => plain.extend(rest_of_words),
        Rest::TextAndName => {
            let last = rest_of_words.len().saturating_sub(1);
            let rest = rest_of_words.into_iter().enumerate();
            plain.extend(rest.map(|(at, word)| if at > 0 && at == last { name(&word) } else { word }));
        }
        Rest::Parameters => {
            let mut parameters: Vec<String> = rest_of_words.iter().map(|word| parameter(word)).collect();
            parameters.sort();
            plain.extend(parameters);
        }
    }
    plain.join(" ")
}

/// What stands behind the first words of a record.
enum Rest {
    Names,
    /// One value, in as many pieces as somebody likes.
    Hexadecimal,
    /// The same, where the case matters.
    Base64,
    /// As it is.
    Text,
    TextAndName,
    /// `key=value` in any order.
    Parameters,
}

/// How many words stand before the rest, and what that is.
fn form(kind: &str) -> (usize, Rest) {
    match kind {
        "DS" | "CDS" | "TLSA" | "SMIMEA" | "ZONEMD" => (3, Rest::Hexadecimal),
        "SSHFP" => (2, Rest::Hexadecimal),
        "DNSKEY" | "CDNSKEY" | "CERT" => (3, Rest::Base64),
        "RRSIG" => (8, Rest::Base64),
        "OPENPGPKEY" | "DHCID" => (0, Rest::Base64),
        "CAA" | "URI" => (2, Rest::Text),
        "HINFO" => (0, Rest::Text),
        "NAPTR" => (4, Rest::TextAndName),
        "SVCB" | "HTTPS" => (2, Rest::Parameters),
        _ => (0, Rest::Names),
    }
}

/// A name, an address, or a number.
fn name(word: &str) -> String {
    let bare = word.strip_suffix('.').filter(|bare| !bare.is_empty()).unwrap_or(word);
    match bare.parse::<IpAddr>() {
        Ok(address) => address.to_string(),
        Err(_) => bare.to_ascii_lowercase(),
    }
}

fn parameter(word: &str) -> String {
    let Some((key, value)) = word.split_once('=') else { return word.to_ascii_lowercase() };
    let address = |part: &str| part.parse::<IpAddr>().map_or_else(|_| part.to_owned(), |ip| ip.to_string());
    let values: Vec<String> = value.split(',').map(address).collect();
    format!("{}={}", key.to_ascii_lowercase(), values.join(","))
}

/// What several quoted strings say together; a text without quotation marks is itself.
pub fn text(data: &str) -> String {
    let data = data.trim();
    // A letter may begin in one string and end in the next.
    if data.starts_with('"') { readable(&words(data).concat()) } else { data.to_owned() }
}

/// What blanks divide, without quotation marks and without the escapes between them.
fn words(data: &str) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut is_quoted = false;
    let mut bytes = data.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => {
                is_quoted = !is_quoted;
                let _ = word.get_or_insert_default();
            }
            b'\\' if is_quoted => word.get_or_insert_default().extend(escaped(&mut bytes)),
            // In a name the mark is part of how it is written.
            b'\\' => word.get_or_insert_default().extend([byte].into_iter().chain(bytes.next())),
            _ if !is_quoted && byte.is_ascii_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(byte),
        }
    }
    words.extend(word);
    words
}

/// `\"` is the mark itself, `\032` a byte by its number.
fn escaped(bytes: &mut std::str::Bytes<'_>) -> Option<u8> {
    let digits: Vec<u8> = bytes.clone().take(3).take_while(u8::is_ascii_digit).collect();
    let number = std::str::from_utf8(&digits).ok().filter(|digits| digits.len() == 3);
    match number.and_then(|digits| digits.parse::<u8>().ok()) {
        Some(byte) => {
            bytes.nth(2);
            Some(byte)
        }
        None => bytes.next(),
    }
}

/// Bytes that are no text stay numbers, so that one is not taken for another.
fn readable(bytes: &[u8]) -> String {
    let mut said = String::new();
    for chunk in bytes.utf8_chunks() {
        said.push_str(chunk.valid());
        for byte in chunk.invalid() {
            said.push_str(&format!("\\{byte:03}"));
        }
    }
    said
}
