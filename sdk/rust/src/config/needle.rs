//! A text to look for.

use super::{Config, Place, Problems, Schema, Value};

/// A text to look for. It is never empty, because an empty text is in every answer.
///
/// ```
/// use watchkeep_sdk::config::{self, Needle};
///
/// let needle: Needle = config::parse(r#""up\nand running""#).unwrap();
/// assert!(needle.stands_in("it is up\r\nand running"));
/// assert!(config::parse::<Needle>(r#""""#).is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Needle(String);

impl Needle {
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Whether the text is in an answer. A text of several lines is found whatever the line ends of the answer are.
    pub fn stands_in(&self, text: &str) -> bool {
        text.contains(&self.0)
            || (self.0.contains('\n') && text.contains('\r') && one_kind(text).contains(&one_kind(&self.0)))
    }
    /// Whether the text is ASCII, so that its absence is certain even if only the ASCII part of an answer can be relied
    /// on.
    pub fn is_ascii(&self) -> bool {
        self.0.is_ascii()
    }
}

fn one_kind(text: &str) -> String {
    text.replace("\r\n", "\n")
}

impl Config for Needle {
    const SCHEMA: Schema = SOME_TEXT;

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        some_text(value, place, problems).map(Needle)
    }
}

pub(super) const SOME_TEXT: Schema = Schema::TextLike { json: r#""minLength":1"# };

/// Reads a text to look for.
pub(super) fn some_text(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<String> {
    let text = String::read(value, place, problems)?;
    if text.is_empty() {
        return problems
            .add(place, "an empty text is in every answer; hint: write what is looked for, or leave it out");
    }
    Some(text)
}
