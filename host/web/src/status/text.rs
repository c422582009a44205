//! Texts that people wrote for the public: plain, with links to the web and nowhere else.

use crate::pages::web_link;

/// A part of a text.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Piece {
    pub(crate) text: String,
    /// Where it leads, if it is a link.
    pub(crate) href: Option<String>,
}

/// What ends a sentence is no part of a link, and neither is a bracket around it.
const BEHIND: &[char] = &['.', ',', ';', ':', '!', '?', ')', ']', '}', '\'', '*'];

/// Splits a text into links and what is between them.
pub(crate) fn pieces(text: &str) -> Vec<Piece> {
    let mut found: Vec<Piece> = Vec::new();
    let mut plain = String::new();
    for word in text.split_inclusive(char::is_whitespace) {
        let begins = ["https://", "http://"].into_iter().filter_map(|scheme| word.find(scheme)).min();
        let Some((before, rest)) = begins.map(|begins| word.split_at(begins)) else {
            plain.push_str(word);
            continue;
        };
        let end = rest
            .find(|letter: char| letter.is_whitespace() || "<>\"`\\".contains(letter))
            .unwrap_or(rest.len());
        let link = rest[..end].trim_end_matches(BEHIND);
        let has_host = link.split_once("://").is_some_and(|(_, host)| !host.is_empty());
        plain.push_str(before);
        match web_link(link).filter(|_| has_host) {
            Some(href) => {
                if !plain.is_empty() {
                    found.push(Piece { text: std::mem::take(&mut plain), href: None });
                }
                found.push(Piece { text: link.to_owned(), href: Some(href) });
                plain.push_str(&rest[link.len()..]);
            }
            None => plain.push_str(rest),
        }
    }
    if !plain.is_empty() {
        found.push(Piece { text: plain, href: None });
    }
    found
}

/// The text without characters that XML does not have. Titles come from the config, which may write any.
pub(super) fn printable(text: &str) -> String {
    let is_good = |letter: &char| matches!(letter, '\t' | '\n') || !letter.is_control();
    text.chars().filter(is_good).filter(|letter| !matches!(letter, '\u{fffe}' | '\u{ffff}')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(text: &str) -> Vec<String> {
        let found = pieces(text);
        let whole: String = found.iter().map(|piece| piece.text.as_str()).collect();
        assert_eq!(whole, text, "nothing is lost");
        found.into_iter().filter_map(|piece| piece.href).collect()
    }

    #[test]
    fn only_links_to_the_web_are_links() {
        assert_eq!(
            links("See (https://example.com/a?b=c), or\nhttp://b.example."),
            ["https://example.com/a?b=c", "http://b.example"]
        );
        for none in [
            "javascript:alert(1)",
            "javascript://https:alert(1)",
            "data:text/html,x",
            "ftp://x",
            "https://",
            "//evil.example",
            "mailto:a@b",
        ] {
            assert_eq!(links(none), [""; 0], "{none}");
        }
        assert_eq!(links("x\"https://a.example/\"onmouseover=alert(1)"), ["https://a.example/"]);
        assert_eq!(links("<https://a.example/<script>>"), ["https://a.example/"]);
    }
}
