//! Slack: incoming webhooks, `chat.postMessage`, `chat.update`, uploads, a channel's history. Held to Slack's
//! documentation, and to one rule of ours: what a target says is escaped.

mod files;
mod methods;
mod rules;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use files::Upload;
use watchkeep_doubles::message::unix_time;
use watchkeep_doubles::{Double, Reply, Request};

/// One workspace with one channel, one webhook and one bot.
#[derive(Debug)]
pub struct Slack {
    token: String,
    /// Path of the webhook.
    webhook: String,
    channel: Channel,
    scopes: Vec<&'static str>,
    messages: Vec<Message>,
    /// What only one person was shown, and who that was.
    whispers: Vec<(String, String)>,
    uploads: BTreeMap<String, Upload>,
    /// When the channel may have its next message.
    next_at: Duration,
}

#[derive(Debug)]
struct Channel {
    id: String,
    name: String,
    is_archived: bool,
    has_bot: bool,
}

/// As it stands in the channel.
#[derive(Clone, Debug)]
pub struct Message {
    pub ts: String,
    pub thread_ts: Option<String>,
    /// Also shown in the channel.
    pub is_broadcast: bool,
    pub body: Value,
    pub edits: u32,
    /// Titles of pictures.
    pub pictures: Vec<String>,
}

impl Message {
    pub fn text(&self) -> &str {
        self.body["text"].as_str().unwrap_or_default()
    }
}

impl Slack {
    pub const TOKEN: &str = "xoxb-0123456789-abcdefghij";
    pub const WEBHOOK: &str = "/services/T012AB3CD/B012AB3CD/abcdefghijklmnop";
    pub const CHANNEL: &str = "C012AB3CD";

    pub fn new() -> Self {
        let channel = Channel {
            id: Self::CHANNEL.to_owned(),
            name: "alerts".to_owned(),
            is_archived: false,
            has_bot: true,
        };
        Self {
            token: Self::TOKEN.to_owned(),
            webhook: Self::WEBHOOK.to_owned(),
            channel,
            scopes: vec!["chat:write", "files:write", "channels:history"],
            messages: Vec::new(),
            whispers: Vec::new(),
            uploads: BTreeMap::new(),
            next_at: Duration::ZERO,
        }
    }
    /// The app has not this scope.
    #[must_use]
    pub fn without(mut self, scope: &str) -> Self {
        self.scopes.retain(|known| *known != scope);
        self
    }
    /// Oldest first, those in threads included.
    pub fn messages(&self) -> &[Message] {
        &self.messages
    }
    pub fn whispers(&self) -> &[(String, String)] {
        &self.whispers
    }
    /// Somebody deletes it.
    pub fn delete(&mut self, ts: &str) {
        self.messages.retain(|message| message.ts != ts);
    }
    pub fn archive(&mut self) {
        self.channel.is_archived = true;
    }
    pub fn remove_bot(&mut self) {
        self.channel.has_bot = false;
    }
    pub fn revoke_token(&mut self) {
        "xoxb-another".clone_into(&mut self.token);
    }

    fn is_this_channel(&self, named: &str) -> bool {
        named == self.channel.id || named.trim_start_matches('#') == self.channel.name
    }

    /// One message a second.
    fn paced(&mut self, now: Duration) -> Result<(), Reply> {
        if now < self.next_at {
            let wait = (self.next_at - now).as_millis().div_ceil(1_000).max(1);
            return Err(Reply::text(429, "ratelimited").header("retry-after", wait.to_string()));
        }
        self.next_at = now + Duration::from_secs(1);
        Ok(())
    }

    fn keep(&mut self, body: Value, thread_ts: Option<String>, now: Duration) -> String {
        let ts = format!("{}.{:06}", unix_time(now), self.messages.len() + 100);
        let is_broadcast = body["reply_broadcast"] == true;
        let message =
            Message { ts: ts.clone(), thread_ts, is_broadcast, body, edits: 0, pictures: Vec::new() };
        self.messages.push(message);
        ts
    }
}

impl Default for Slack {
    fn default() -> Self {
        Self::new()
    }
}

impl Double for Slack {
    fn answer(&mut self, request: &Request, now: Duration, base: &str) -> Reply {
        if request.method != "POST" {
            return Reply::text(405, "method_not_allowed");
        }
        let path = request.path.split('?').next().unwrap_or_default();
        if path.starts_with("/services/") {
            return self.hook(request, now).unwrap_or_else(|refused| refused);
        }
        if let Some(id) = path.strip_prefix("/upload/") {
            return self.uploaded(id, request);
        }
        match path.strip_prefix("/api/") {
            Some(method) => self.call(method, request, now, base),
            None => Reply::text(404, "not found"),
        }
    }
}

impl Slack {
    fn hook(&mut self, request: &Request, now: Duration) -> Result<Reply, Reply> {
        if request.path != self.webhook {
            return Err(Reply::text(404, "no_service"));
        }
        if self.channel.is_archived {
            return Err(Reply::text(410, "channel_is_archived"));
        }
        let message = rules::json(request).and_then(rules::message);
        let message = message.map_err(|refused| Reply::text(400, refused.told()))?;
        self.paced(now)?;
        self.keep(message, None, now);
        Ok(Reply::text(200, "ok"))
    }
}
