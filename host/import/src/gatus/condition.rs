//! Gatus's conditions: what they are about, and what they require.

use crate::expect::pointer;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Operator {
    Equal,
    Differs,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl Operator {
    /// All operators, longer ones first.
    const ALL: [(&'static str, Operator); 6] = [
        ("==", Operator::Equal),
        ("!=", Operator::Differs),
        ("<=", Operator::AtMost),
        (">=", Operator::AtLeast),
        ("<", Operator::Less),
        (">", Operator::Greater),
    ];

    const fn turned(self) -> Self {
        match self {
            Operator::Equal => Operator::Equal,
            Operator::Differs => Operator::Differs,
            Operator::Less => Operator::Greater,
            Operator::AtMost => Operator::AtLeast,
            Operator::Greater => Operator::Less,
            Operator::AtLeast => Operator::AtMost,
        }
    }

    pub(super) fn holds(self, left: i64, right: i64) -> bool {
        match self {
            Operator::Equal => left == right,
            Operator::Differs => left != right,
            Operator::Less => left < right,
            Operator::AtMost => left <= right,
            Operator::Greater => left > right,
            Operator::AtLeast => left >= right,
        }
    }
}

/// What a condition is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum About {
    Status,
    ResponseTime,
    Connected,
    CertificateExpiration,
    DomainExpiration,
    DnsRcode,
    Ip,
    /// The whole body.
    Body,
    /// A place in the body, as a JSON pointer.
    Place(String),
    Length(String),
    Has(String),
}

/// What it is compared with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Wanted {
    Text(String),
    Any(Vec<String>),
    /// A pattern in which `*` stands for any text.
    Pattern(String),
}

impl Wanted {
    /// The texts, of which one is enough.
    pub(super) fn texts(&self) -> Option<&[String]> {
        match self {
            Wanted::Text(text) => Some(std::slice::from_ref(text)),
            Wanted::Any(texts) => Some(texts),
            Wanted::Pattern(_) => None,
        }
    }
    pub(super) fn numbers(&self) -> Option<Vec<i64>> {
        self.texts()?.iter().map(|text| text.parse().ok()).collect()
    }
    /// A regular expression for a pattern.
    pub(super) fn regular(pattern: &str) -> String {
        let parts: Vec<String> = pattern.split('*').map(escaped).collect();
        format!("^(?s){}$", parts.join(".*"))
    }
}

fn escaped(text: &str) -> String {
    let mut all = String::new();
    for c in text.chars() {
        if "\\.+*?()|[]{}^$#&-~".contains(c) {
            all.push('\\');
        }
        all.push(c);
    }
    all
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Condition {
    pub(super) about: About,
    pub(super) operator: Operator,
    pub(super) wanted: Wanted,
}

impl Condition {
    /// Parses a condition; `None` for what no check can express.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (left, operator, right) = split(text)?;
        let (about, operator, wanted) = match (about(left), about(right)) {
            (Some(about), None) => (about, operator, right),
            (None, Some(about)) => (about, operator.turned(), left),
            (Some(_), Some(_)) | (None, None) => return None,
        };
        Some(Self { about, operator, wanted: wanted_of(wanted)? })
    }
}

fn split(text: &str) -> Option<(&str, Operator, &str)> {
    // The operator has blanks around it, so that a `<` in a text is not one.
    Operator::ALL.iter().find_map(|(sign, operator)| {
        let at = text.find(&format!(" {sign} "))?;
        Some((text[..at].trim(), *operator, text[at + sign.len() + 2..].trim()))
    })
}

fn about(text: &str) -> Option<About> {
    Some(match text {
        "[STATUS]" => About::Status,
        "[RESPONSE_TIME]" => About::ResponseTime,
        "[CONNECTED]" => About::Connected,
        "[CERTIFICATE_EXPIRATION]" => About::CertificateExpiration,
        "[DOMAIN_EXPIRATION]" => About::DomainExpiration,
        "[DNS_RCODE]" => About::DnsRcode,
        "[IP]" => About::Ip,
        "[BODY]" => About::Body,
        _ => {
            if let Some(path) = inner(text, "len(") {
                return Some(About::Length(body_pointer(path)?));
            }
            if let Some(path) = inner(text, "has(") {
                return Some(About::Has(body_pointer(path)?));
            }
            return Some(About::Place(body_pointer(text)?));
        }
    })
}

fn body_pointer(text: &str) -> Option<String> {
    pointer(text.strip_prefix("[BODY]")?)
}

fn inner<'t>(text: &'t str, function: &str) -> Option<&'t str> {
    Some(text.strip_prefix(function)?.strip_suffix(')')?.trim())
}

fn wanted_of(text: &str) -> Option<Wanted> {
    if text.starts_with('[') && text.contains(']') && text[1..].starts_with(|c: char| c.is_ascii_uppercase())
    {
        // The placeholder is unknown, or there is a second one.
        return None;
    }
    if let Some(list) = inner(text, "any(") {
        return Some(Wanted::Any(list.split(',').map(|part| part.trim().to_owned()).collect()));
    }
    Some(match inner(text, "pat(") {
        Some(pattern) => Wanted::Pattern(pattern.to_owned()),
        None => Wanted::Text(text.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read() {
        let text = |text: &str| Wanted::Text(text.to_owned());
        for (condition, about, operator, wanted) in [
            ("[STATUS] == 200", About::Status, Operator::Equal, text("200")),
            (
                "[STATUS] == any(200, 429)",
                About::Status,
                Operator::Equal,
                Wanted::Any(vec!["200".into(), "429".into()]),
            ),
            ("300 > [STATUS]", About::Status, Operator::Less, text("300")),
            (
                "[BODY].user.name == pat(jo*)",
                About::Place("/user/name".into()),
                Operator::Equal,
                Wanted::Pattern("jo*".into()),
            ),
            ("len([BODY].data) <= 5", About::Length("/data".into()), Operator::AtMost, text("5")),
            ("has([BODY].errors) == false", About::Has("/errors".into()), Operator::Equal, text("false")),
            ("[BODY][0].id == 1", About::Place("/0/id".into()), Operator::Equal, text("1")),
            ("[CERTIFICATE_EXPIRATION] > 48h", About::CertificateExpiration, Operator::Greater, text("48h")),
        ] {
            assert_eq!(
                Condition::parse(condition),
                Some(Condition { about, operator, wanted }),
                "{condition}"
            );
        }
        for wrong in
            ["", "[STATUS]", "[STATUS]==200", "[BODY].a == [BODY].b", "[BODY].a == [CONTEXT].b", "1 == 1"]
        {
            assert_eq!(Condition::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Wanted::regular("a.*"), "^(?s)a\\..*$");
    }
}
