//! Who is called.

use watchkeep_sdk::config::{Config, Place, Problems, Schema, Value};

/// In Slack's own notation, so that what is typed is what is sent.
pub(crate) struct Mention(pub(crate) String);

impl Config for Mention {
    const SCHEMA: Schema = Schema::TextLike {
        json: r#""pattern":"^<(!here|!channel|!everyone|@[A-Z0-9]+|!subteam\\^[A-Z0-9]+)>$","examples":["<!here>"]"#,
    };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let text = String::read(value, place, problems)?;
        let inner = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).unwrap_or_default();
        let id = inner.strip_prefix('@').or_else(|| inner.strip_prefix("!subteam^"));
        let is_id =
            |id: &str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        if matches!(inner, "!here" | "!channel" | "!everyone") || id.is_some_and(is_id) {
            return Some(Mention(text));
        }
        problems.add(
            place,
            format!("`{text}` is not a mention; hint: write `<!here>`, or `<@U012AB3CD>` with a member's id"),
        )
    }
}
