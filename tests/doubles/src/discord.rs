//! Discord's webhooks: a message is posted, with or without waiting for it, and edited by its id. Held to Discord's
//! documentation of webhooks, embeds, allowed mentions and rate limits.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::{Value, json};

use crate::message::{is_page, items};
use crate::pace::{self, Pace};
use crate::{Double, Reply, Request};

const CONTENT_CHARS_MAX: usize = 2_000;
const EMBEDS_MAX: usize = 10;
const EMBEDS_CHARS_MAX: usize = 6_000;
const FIELDS_MAX: usize = 25;
const MENTIONS_MAX: usize = 100;
const COLOUR_MAX: u64 = 0xff_ffff;

/// One webhook of one channel.
#[derive(Debug)]
pub struct Discord {
    is_removed: bool,
    messages: Vec<DiscordMessage>,
    posts: Pace,
    edits: Pace,
}

/// As it stands in the channel.
#[derive(Clone, Debug)]
pub struct DiscordMessage {
    pub id: String,
    pub body: Value,
    pub edits: u32,
}

impl DiscordMessage {
    pub fn content(&self) -> &str {
        self.body["content"].as_str().unwrap_or_default()
    }
    /// Whom it called when it was posted: what stands in its content, as far as it may call.
    pub fn calls(&self) -> Vec<&str> {
        let allowed = &self.body["allowed_mentions"];
        let has = |list: &str, name: &str| items(&allowed[list]).iter().any(|known| known == name);
        // A message that says nothing of it may call everybody.
        let may = |kind: &str, id: &str| allowed.is_null() || has("parse", kind) || has(kind, id);
        let everyone = ["@everyone", "@here"].into_iter().filter(|name| self.content().contains(name));
        let called = self.content().split("<@").skip(1).filter_map(|rest| Some(rest.split_once('>')?.0));
        let called = called.filter(|id| match id.strip_prefix('&') {
            Some(role) => may("roles", role),
            None => may("users", id.trim_start_matches('!')),
        });
        everyone.filter(|_| may("everyone", "")).chain(called).collect()
    }
}

impl Discord {
    /// Path of the webhook.
    pub const WEBHOOK: &str =
        "/api/webhooks/1230123012301230123/aBcDeFgHiJkLmNoPqRsTuVwXyZ-0123456789_aBcDeFg";

    pub fn new() -> Self {
        let pace = || Pace::new(5, Duration::from_secs(2));
        Self { is_removed: false, messages: Vec::new(), posts: pace(), edits: pace() }
    }
    /// Oldest first.
    pub fn messages(&self) -> &[DiscordMessage] {
        &self.messages
    }
    /// Somebody deletes it.
    pub fn delete(&mut self, id: &str) {
        self.messages.retain(|message| message.id != id);
    }
    pub fn remove_webhook(&mut self) {
        self.is_removed = true;
    }

    fn take(&mut self, request: &Request, now: Duration) -> Result<Reply, Reply> {
        let (path, query) = request.parts();
        let mut names = path.strip_prefix("/api/webhooks/").unwrap_or_default().split('/');
        let mut known = Self::WEBHOOK.rsplit('/');
        let (token, id) = (known.next(), known.next());
        let (of_id, of_token) = (names.next(), names.next());
        if of_id.is_none_or(str::is_empty) || of_token.is_none() {
            return Err(refused(404, 0, "404: Not Found"));
        }
        if of_id != id || self.is_removed {
            return Err(refused(404, 10_015, "Unknown Webhook"));
        }
        if of_token != token {
            return Err(refused(401, 50_027, "Invalid Webhook Token"));
        }
        match (request.method.as_str(), names.next(), names.next(), names.next()) {
            ("POST", None, None, None) => {
                let body = checked(request)?;
                is_something(&body)?;
                let limits = paced(&mut self.posts, now)?;
                Ok(self.post(body, query).header("x-ratelimit-remaining", limits))
            }
            ("PATCH", Some("messages"), Some(id), None) => {
                if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
                    let mut problems = Problems(Value::Null);
                    problems.add(
                        "message_id",
                        "NUMBER_TYPE_COERCE",
                        format!("Value \"{id}\" is not snowflake."),
                    );
                    return Err(problems.told());
                }
                let body = checked(request)?;
                let limits = paced(&mut self.edits, now)?;
                Ok(self.edit(id, &body)?.header("x-ratelimit-remaining", limits))
            }
            (_, None, ..) | (_, Some("messages"), Some(_), None) => {
                Err(refused(405, 0, "405: Method Not Allowed"))
            }
            _ => Err(refused(404, 0, "404: Not Found")),
        }
    }

    fn post(&mut self, body: Value, query: &str) -> Reply {
        let id = (1_478_623_919_144_960_100 + self.messages.len()).to_string();
        let message = DiscordMessage { id, body, edits: 0 };
        let waits = query.split('&').any(|field| field == "wait=true");
        let reply = if waits { Reply::json(200, &shown(&message)) } else { Reply::text(204, "") };
        self.messages.push(message);
        reply
    }

    /// What the request leaves out stays as it is.
    fn edit(&mut self, id: &str, body: &Value) -> Result<Reply, Reply> {
        let found = self.messages.iter_mut().find(|message| message.id == id);
        let message = found.ok_or_else(|| refused(404, 10_008, "Unknown Message"))?;
        let mut edited = message.body.clone();
        for (name, value) in body.as_object().into_iter().flatten() {
            edited[name] = value.clone();
        }
        is_something(&edited)?;
        message.body = edited;
        message.edits += 1;
        Ok(Reply::json(200, &shown(message)))
    }
}

impl Default for Discord {
    fn default() -> Self {
        Self::new()
    }
}

impl Double for Discord {
    fn answer(&mut self, request: &Request, now: Duration, _: &str) -> Reply {
        self.take(request, now).unwrap_or_else(|refused| refused)
    }
}

fn shown(message: &DiscordMessage) -> Value {
    json!({
        "id": message.id,
        "type": 0,
        "channel_id": "1230123012301230000",
        "content": message.content(),
        "embeds": message.body["embeds"],
    })
}

fn refused(status: u16, code: u32, message: &str) -> Reply {
    Reply::json(status, &json!({ "message": message, "code": code }))
}

/// How many it takes at once after this one.
fn paced(pace: &mut Pace, now: Duration) -> Result<String, Reply> {
    pace.admit(now).map(|()| pace.left().to_string()).map_err(|wait| {
        let body = json!({
            "message": "You are being rate limited.",
            "retry_after": wait.as_secs_f64(),
            "global": false,
        });
        let reply = Reply::json(429, &body).header("retry-after", pace::seconds(wait).to_string());
        reply.header("x-ratelimit-remaining", "0").header("x-ratelimit-scope", "user")
    })
}

/// What Discord finds wrong, each at its place in the body.
struct Problems(Value);

impl Problems {
    fn add(&mut self, at: &str, code: &str, message: impl Into<String>) {
        let place = at.split('.').fold(&mut self.0, |place, name| &mut place[name]);
        place["_errors"] = json!([{ "code": code, "message": message.into() }]);
    }
    fn told(&self) -> Reply {
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

fn checked(request: &Request) -> Result<Value, Reply> {
    let mut problems = Problems(Value::Null);
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

fn is_something(body: &Value) -> Result<(), Reply> {
    let has_text = body["content"].as_str().is_some_and(|text| !text.trim().is_empty());
    if has_text || !items(&body["embeds"]).is_empty() {
        Ok(())
    } else {
        Err(refused(400, 50_006, "Cannot send an empty message"))
    }
}
