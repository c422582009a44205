//! Discord's webhooks: a message is posted, with or without waiting for it, and edited by its id. Held to Discord's
//! documentation of webhooks, embeds, allowed mentions and rate limits.

mod rules;

use std::time::Duration;

use serde_json::{Value, json};

use rules::Problems;
use watchkeep_doubles::message::items;
use watchkeep_doubles::pace::{self, Pace};
use watchkeep_doubles::{Double, Reply, Request};

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
    /// Whom it called when it was posted; an edit calls nobody.
    pub calls: Vec<String>,
}

impl DiscordMessage {
    pub fn content(&self) -> &str {
        self.body["content"].as_str().unwrap_or_default()
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
                let body = rules::checked(request)?;
                rules::is_something(&body)?;
                let limits = paced(&mut self.posts, now)?;
                Ok(self.post(body, query).header("x-ratelimit-remaining", limits))
            }
            ("PATCH", Some("messages"), Some(id), None) => {
                if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_digit()) {
                    let mut problems = Problems::none();
                    problems.add(
                        "message_id",
                        "NUMBER_TYPE_COERCE",
                        format!("Value \"{id}\" is not snowflake."),
                    );
                    return Err(problems.told());
                }
                let body = rules::checked(request)?;
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
        let calls = called(&body).into_iter().map(str::to_owned).collect();
        let message = DiscordMessage { id, body, edits: 0, calls };
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
        rules::is_something(&edited)?;
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

/// What stands in the content, as far as the message may call; nothing in an embed calls anybody.
fn called(message: &Value) -> Vec<&str> {
    let content = message["content"].as_str().unwrap_or_default();
    let allowed = &message["allowed_mentions"];
    let has = |list: &str, name: &str| items(&allowed[list]).iter().any(|known| known == name);
    // A message that says nothing of it may call everybody.
    let may = |kind: &str, id: &str| allowed.is_null() || has("parse", kind) || has(kind, id);
    let everyone = ["@everyone", "@here"].into_iter().filter(|name| content.contains(name));
    let ids = content.split("<@").skip(1).filter_map(|rest| Some(rest.split_once('>')?.0));
    let ids = ids.filter(|id| match id.strip_prefix('&') {
        Some(role) => may("roles", role),
        None => may("users", id.trim_start_matches('!')),
    });
    everyone.filter(|_| may("everyone", "")).chain(ids).collect()
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
