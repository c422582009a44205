//! Texts that an operator writes with placeholders for what an occasion says. What is filled in comes from targets and is
//! hostile: it is escaped for the place where it stands, and never becomes part of a host.

use std::fmt::Write as _;

use super::{Occasion, Unable};
use crate::config::{Config, Place, Problems, Schema, Table, Value, read_url};
use crate::ending::Fault;

/// A text with placeholders: `{check}`, `{finding}`, `{summary}`, `{id}` and `{label.NAME}`. Other braces are braces.
///
/// ```
/// use watchkeep_sdk::action::{Notation, Template};
/// use watchkeep_sdk::config::parse;
/// use watchkeep_sdk::testing::occasion;
///
/// let text: Template = parse(r#""{\"text\": \"{check} of {label.team}: {summary}\"}""#).unwrap();
/// let mut occasion = occasion("shop");
/// occasion.summary = "says \"no\"".to_owned();
/// let filled = text.filled(&occasion, Notation::Json).unwrap();
/// assert_eq!(filled, r#"{"text": "shop of web: says \"no\""}"#);
/// assert!(parse::<Template>(r#""{chek}""#).is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Template {
    text: String,
    pieces: Vec<Piece>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Piece {
    Text(String),
    Check,
    Finding,
    Summary,
    Id,
    Label(String),
}

/// How a value is written where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Notation {
    /// In a path, a query or a form: all but letters, digits and `-._~` by percent signs.
    Percent,
    /// Within a string of JSON.
    Json,
    /// In a text or an attribute of XML.
    Xml,
    /// As it is.
    Plain,
}

impl Template {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
    pub fn has_placeholders(&self) -> bool {
        self.pieces.iter().any(|piece| !matches!(piece, Piece::Text(_)))
    }
    /// The text for this occasion. A finding or label that the occasion has not is nothing in a body, and ends the action
    /// elsewhere, where a part left out would name something else.
    pub fn filled(&self, occasion: &Occasion, notation: Notation) -> Result<String, Unable> {
        let mut filled = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                piece => {
                    let value = piece.value(occasion).unwrap_or_default();
                    let is_body = matches!(notation, Notation::Json | Notation::Xml);
                    if value.is_empty() && !is_body {
                        let told = format!(
                            "`{}` is needed for `{}`, and this occasion has none; nothing was done",
                            piece.name(),
                            self.text
                        );
                        return Err(Unable(Fault::config(told)));
                    }
                    escape(value, notation, &mut filled);
                }
            }
        }
        Ok(filled)
    }
    /// The text with this in place of every placeholder, to see whether it fits where it stands.
    pub fn sample(&self, value: &str) -> String {
        let text = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            _ => value.to_owned(),
        };
        self.pieces.iter().map(text).collect()
    }

    fn parse(text: String) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text.as_str();
        while let Some(at) = rest.find('{') {
            let (before, braced) = rest.split_at(at);
            plain.push_str(before);
            let name = braced[1..].split('}').next().unwrap_or_default();
            let is_closed = braced.len() > name.len() + 1;
            if is_closed && is_name(name) {
                let piece = Piece::named(name).ok_or_else(|| name.to_owned())?;
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
                pieces.push(piece);
                rest = &braced[name.len() + 2..];
            } else {
                plain.push('{');
                rest = &braced[1..];
            }
        }
        plain.push_str(rest);
        pieces.push(Piece::Text(plain));
        pieces.retain(|piece| *piece != Piece::Text(String::new()));
        Ok(Self { text, pieces })
    }
}

/// The parameters of a command, filled in.
///
/// ```
/// use watchkeep_sdk::action::{Template, parameters};
/// use watchkeep_sdk::config::{Table, parse};
/// use watchkeep_sdk::testing::occasion;
///
/// let table: Table<Template> = parse(r#"{"unit": "{check}.service"}"#).unwrap();
/// let filled = parameters(&table, &occasion("shop")).unwrap();
/// assert_eq!(filled, [("unit".to_owned(), "shop.service".to_owned())]);
/// ```
pub fn parameters(table: &Table<Template>, occasion: &Occasion) -> Result<Vec<(String, String)>, Unable> {
    let filled = |(name, template): &(String, Template)| {
        template.filled(occasion, Notation::Plain).map(|value| (name.clone(), value))
    };
    table.0.iter().map(filled).collect()
}

impl Piece {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "check" => Piece::Check,
            "finding" => Piece::Finding,
            "summary" => Piece::Summary,
            "id" => Piece::Id,
            name => match name.strip_prefix("label.") {
                Some(label) if !label.is_empty() => Piece::Label(label.to_owned()),
                Some(_) | None => return None,
            },
        })
    }
    fn name(&self) -> String {
        match self {
            Piece::Text(_) => String::new(),
            Piece::Check => "{check}".to_owned(),
            Piece::Finding => "{finding}".to_owned(),
            Piece::Summary => "{summary}".to_owned(),
            Piece::Id => "{id}".to_owned(),
            Piece::Label(name) => format!("{{label.{name}}}"),
        }
    }
    fn value<'o>(&self, occasion: &'o Occasion) -> Option<&'o str> {
        match self {
            Piece::Text(_) => None,
            Piece::Check => Some(&occasion.check),
            Piece::Finding => occasion.finding.as_deref(),
            Piece::Summary => Some(&occasion.summary),
            Piece::Id => Some(&occasion.id),
            Piece::Label(name) => occasion.label(name),
        }
    }
}

/// A word that may be meant as a placeholder: JSON and the like have none such between braces.
fn is_name(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-' || c == '.';
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(is_part)
}

fn escape(value: &str, notation: Notation, to: &mut String) {
    match notation {
        Notation::Plain => to.push_str(value),
        Notation::Percent => {
            for byte in value.bytes() {
                if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
                    to.push(char::from(byte));
                } else {
                    let _ = write!(to, "%{byte:02X}");
                }
            }
        }
        Notation::Json => {
            let quoted = serde_json::to_string(value).unwrap_or_default();
            to.push_str(quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default());
        }
        Notation::Xml => {
            for c in value.chars() {
                match c {
                    '&' => to.push_str("&amp;"),
                    '<' => to.push_str("&lt;"),
                    '>' => to.push_str("&gt;"),
                    '"' => to.push_str("&quot;"),
                    '\'' => to.push_str("&apos;"),
                    // XML has no way to write them.
                    c if c.is_control() && !"\t\n\r".contains(c) => to.push('\u{fffd}'),
                    c => to.push(c),
                }
            }
        }
    }
}

fn unknown(name: &str) -> String {
    format!(
        "there is no placeholder `{{{name}}}`; hint: there are `{{check}}`, `{{finding}}`, `{{summary}}`, `{{id}}` and \
         `{{label.NAME}}`"
    )
}

impl Config for Template {
    const SCHEMA: Schema = Schema::Text;

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        match Self::parse(String::read(value, place, problems)?) {
            Ok(template) => Some(template),
            Err(name) => problems.add(place, unknown(&name)),
        }
    }
}

/// An absolute HTTP URL with placeholders in its path and query.
///
/// ```
/// use watchkeep_sdk::action::UrlTemplate;
/// use watchkeep_sdk::config::parse;
/// use watchkeep_sdk::testing::occasion;
///
/// let url: UrlTemplate = parse(r#""https://api.example.com/pods/{finding}/restart""#).unwrap();
/// let mut occasion = occasion("pods");
/// occasion.finding = Some("web/1?x".to_owned());
/// assert_eq!(url.filled(&occasion).unwrap(), "https://api.example.com/pods/web%2F1%3Fx/restart");
/// occasion.finding = Some("..".to_owned());
/// assert!(url.filled(&occasion).is_err());
/// assert!(parse::<UrlTemplate>(r#""https://{finding}.example.com/""#).is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UrlTemplate(Template);

impl UrlTemplate {
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
    pub fn filled(&self, occasion: &Occasion) -> Result<String, Unable> {
        let url = self.0.filled(occasion, Notation::Percent)?;
        // Whoever reads the URL would climb up its path by such a part.
        let path = url.split(['?', '#']).next().unwrap_or_default();
        let climbs = path.split('/').skip(3).any(|part| part == "." || part == "..");
        if self.0.has_placeholders() && climbs {
            let told = format!(
                "what stands for the placeholders in `{}` would name another path; nothing was done",
                self.as_str()
            );
            return Err(Unable(Fault::config(told)));
        }
        Ok(url)
    }
}

impl Config for UrlTemplate {
    const SCHEMA: Schema = Schema::TextLike {
        json: r#""format":"uri","pattern":"^https?://[^/?#\\s{}]+[^\\s]*$","x-watchkeep-hint":"write a whole URL, such as `https://example.com/restart`, with placeholders behind the host only""#,
    };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let url = read_url(String::read(value, place, problems)?, place, problems)?;
        let authority = url.split("://").nth(1).and_then(|rest| rest.split(['/', '?', '#']).next());
        if authority.is_some_and(|authority| authority.contains(['{', '}'])) {
            return problems
                .add(place, "a placeholder cannot stand in the host; hint: write one action for each host");
        }
        match Template::parse(url) {
            Ok(template) => Some(UrlTemplate(template)),
            Err(name) => problems.add(place, unknown(&name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;
    use crate::testing::occasion;

    fn filled(text: &str, notation: Notation, finding: &str) -> String {
        let template: Template = parse(&serde_json::to_string(text).unwrap()).unwrap();
        let mut occasion = occasion("shop");
        occasion.finding = Some(finding.to_owned());
        template.filled(&occasion, notation).unwrap()
    }

    #[test]
    fn what_a_target_said_stays_within_its_place() {
        let hostile = "a\"b\\c</x>&\n{id} %2F/?#";
        assert_eq!(
            filled("{finding}", Notation::Percent, hostile),
            "a%22b%5Cc%3C%2Fx%3E%26%0A%7Bid%7D%20%252F%2F%3F%23"
        );
        assert_eq!(filled("{finding}", Notation::Json, hostile), r#"a\"b\\c</x>&\n{id} %2F/?#"#);
        assert_eq!(
            filled("<a b='{finding}'/>", Notation::Xml, hostile),
            "<a b='a&quot;b\\c&lt;/x&gt;&amp;\n{id} %2F/?#'/>"
        );
    }

    #[test]
    fn braces_that_hold_no_name_are_braces() {
        let text = r#"{"a": {}, "b": {"c": [{}]}} ${X} {Check} {"#;
        assert_eq!(filled(text, Notation::Plain, "x"), text);
        assert_eq!(filled("{{check}}", Notation::Plain, "x"), "{shop}");
    }

    #[test]
    fn what_an_occasion_has_not_names_nothing_else() {
        let template: Template = parse(r#""{finding}-{label.x}""#).unwrap();
        assert!(template.filled(&occasion("shop"), Notation::Plain).is_err());
        assert_eq!(template.filled(&occasion("shop"), Notation::Json).unwrap(), "-");
    }
}
