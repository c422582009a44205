//! Who is called.

use serde_json::{Value as Json, json};
use watchkeep_sdk::config::{Config, Place, Problems, Schema, Value};

/// In Discord's own notation, so that what is typed is what is sent.
pub(crate) struct Mention(pub(crate) String);

impl Mention {
    /// What a message may call: this and nothing else that stands in it.
    pub(crate) fn allowed(mention: Option<&Mention>) -> Json {
        let Some(Mention(text)) = mention else { return json!({ "parse": [] }) };
        let id = text.trim_matches(['<', '>', '@', '&']);
        match text.as_str() {
            "@here" | "@everyone" => json!({ "parse": ["everyone"] }),
            role if role.starts_with("<@&") => json!({ "parse": [], "roles": [id] }),
            _ => json!({ "parse": [], "users": [id] }),
        }
    }
}

impl Config for Mention {
    const SCHEMA: Schema = Schema::TextLike {
        json: r#""pattern":"^(@here|@everyone|<@&?[0-9]{1,20}>)$","examples":["@here","<@&0123456789>"]"#,
    };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let text = String::read(value, place, problems)?;
        let inner = text.strip_prefix("<@").and_then(|rest| rest.strip_suffix('>'));
        let id = inner.map(|inner| inner.strip_prefix('&').unwrap_or(inner)).unwrap_or_default();
        if matches!(text.as_str(), "@here" | "@everyone") || crate::is_id(id) {
            return Some(Mention(text));
        }
        problems.add(
            place,
            format!("`{text}` is not a mention; hint: write `@here`, or `<@&0123456789>` with a role's id"),
        )
    }
}
