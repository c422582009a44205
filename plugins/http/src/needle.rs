//! A text that is looked for.

use watchkeep_sdk::config::{Config, Place, Problems, Schema, Value};

/// Never empty: that stands in every answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Needle(String);

impl Needle {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
    /// A text of several lines stands in an answer whatever its line ends are.
    pub(crate) fn stands_in(&self, text: &str) -> bool {
        text.contains(&self.0)
            || (self.0.contains('\n') && text.contains('\r') && one_kind(text).contains(&one_kind(&self.0)))
    }
    /// Whether an answer of which only what is ASCII can be relied on says for certain that it is not there.
    pub(crate) fn is_ascii(&self) -> bool {
        self.0.is_ascii()
    }
}

fn one_kind(text: &str) -> String {
    text.replace("\r\n", "\n")
}

impl Config for Needle {
    const SCHEMA: Schema = Schema::TextLike { json: r#""minLength":1"# };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let text = String::read(value, place, problems)?;
        if text.is_empty() {
            return problems.add(
                place,
                "an empty text stands in every answer; hint: write what is looked for, or leave it out",
            );
        }
        Some(Needle(text))
    }
}
