//! What Discord refuses in a message.

use std::ops::RangeInclusive;

use serde_json::{Value, json};

use super::refused;
use watchkeep_doubles::message::{is_page, items};
use watchkeep_doubles::{Reply, Request};

const CONTENT_CHARS_MAX: usize = 2_000;
const EMBEDS_MAX: usize = 10;
const EMBEDS_CHARS_MAX: usize = 6_000;
const FIELDS_MAX: usize = 25;
const MENTIONS_MAX: usize = 100;
const COLOUR_MAX: u64 = 0xff_ffff;

/// What Discord finds wrong, each at its place in the body.
pub(super) struct Problems(Value);

impl Problems {
    pub(super) fn none() -> Self {
        Self(Value::Null)
    }
    pub(super) fn add(&mut self, at: &str, code: &str, message: impl Into<String>) {
        let place = at.split('.').fold(&mut self.0, |place, name| &mut place[name]);
        place["_errors"] = json!([{ "code": code, "message": message.into() }]);
    }
    pub(super) fn told(&self) -> Reply {
        Reply::json(400, &json!({ "message": "Invalid Form Body", "code": 50_035, "errors": self.0 }))
    }
    /// Its characters. What may be empty may be missing.
    fn text(&mut self, value: &Value, at: &str, chars: RangeInclusive<usize>) -> usize {
        let text = match value {
            Value::Null => "",
            Value::String(text) => text.trim(),
            _ => {
                self.add(at, "STRING_TYPE_CONVERT", "Could not interpret value as string.");
                return 0;
            }
        };
        let count = text.chars().count();
        if count < *chars.start() {
            self.add(at, "BASE_TYPE_REQUIRED", "This field is required");
        }
        self.most(count, at, *chars.end());
        count
    }
    fn most(&mut self, count: usize, at: &str, most: usize) {
        if count > most {
            self.add(at, "BASE_TYPE_MAX_LENGTH", format!("Must be {most} or fewer in length."));
        }
    }
}

pub(super) fn checked(request: &Request) -> Result<Value, Reply> {
    let mut problems = Problems::none();
    if request.media_type() != "application/json" {
        let expected = "Expected \"Content-Type\" header to be one of {'application/json'}.";
        problems.0["_errors"] = json!([{ "code": "CONTENT_TYPE_INVALID", "message": expected }]);
        return Err(problems.told());
    }
    let body = request.object();
    let body = body.ok_or_else(|| refused(400, 50_109, "The request body contains invalid JSON."))?;
    problems.text(&body["content"], "content", 0..=CONTENT_CHARS_MAX);
    let embeds = items(&body["embeds"]);
    problems.most(embeds.len(), "embeds", EMBEDS_MAX);
    let chars: usize = embeds.iter().enumerate().map(|(at, it)| embed(it, at, &mut problems)).sum();
    if chars > EMBEDS_CHARS_MAX {
        problems.add("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000");
    }
    mentions(&body["allowed_mentions"], &mut problems);
    if problems.0.is_null() { Ok(body) } else { Err(problems.told()) }
}

/// The characters that count towards what all embeds may have.
fn embed(embed: &Value, at: usize, problems: &mut Problems) -> usize {
    let place = |name: &str| format!("embeds.{at}.{name}");
    let mut chars = problems.text(&embed["title"], &place("title"), 0..=256)
        + problems.text(&embed["description"], &place("description"), 0..=4_096);
    for (name, member, most) in [("footer", "text", 2_048), ("author", "name", 256)] {
        let value = &embed[name];
        // The member is required, and an empty one is taken.
        if value.is_object() && value[member].is_null() {
            problems.add(&place(&format!("{name}.{member}")), "BASE_TYPE_REQUIRED", "This field is required");
        }
        chars += problems.text(&value[member], &place(&format!("{name}.{member}")), 0..=most);
    }
    let fields = items(&embed["fields"]);
    problems.most(fields.len(), &place("fields"), FIELDS_MAX);
    for (number, field) in fields.iter().enumerate() {
        let at = |name: &str| place(&format!("fields.{number}.{name}"));
        chars += problems.text(&field["name"], &at("name"), 1..=256);
        chars += problems.text(&field["value"], &at("value"), 1..=1_024);
    }
    match &embed["color"] {
        Value::Null => {}
        colour if colour.as_u64().is_some_and(|colour| colour <= COLOUR_MAX) => {}
        _ => {
            let message = format!("int value should be less than or equal to {COLOUR_MAX}.");
            problems.add(&place("color"), "NUMBER_TYPE_MAX", message);
        }
    }
    if embed["url"].as_str().is_some_and(|url| !is_page(url)) {
        problems.add(&place("url"), "URL_TYPE_INVALID_URL", "Not a well formed URL.");
    }
    chars
}

fn mentions(allowed: &Value, problems: &mut Problems) {
    let list = |name: &str| items(&allowed[name]);
    for (at, kind) in list("parse").iter().enumerate() {
        if !["roles", "users", "everyone"].iter().any(|known| kind == known) {
            let message = "Value must be one of ('roles', 'users', 'everyone').";
            problems.add(&format!("allowed_mentions.parse.{at}"), "BASE_TYPE_CHOICES", message);
        }
    }
    for kind in ["roles", "users"] {
        problems.most(list(kind).len(), &format!("allowed_mentions.{kind}"), MENTIONS_MAX);
        if list("parse").iter().any(|known| known == kind) && !list(kind).is_empty() {
            let message = format!("parse:[\"{kind}\"] and {kind}: [ids...] are mutually exclusive.");
            problems.add("allowed_mentions", "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message);
        }
    }
}

pub(super) fn is_something(body: &Value) -> Result<(), Reply> {
    let has_text = body["content"].as_str().is_some_and(|text| !text.trim().is_empty());
    if has_text || !items(&body["embeds"]).is_empty() {
        Ok(())
    } else {
        Err(refused(400, 50_006, "Cannot send an empty message"))
    }
}
