//! Methods of the Web API. They answer 200 with `ok`, whatever became of it.

use std::time::Duration;

use serde_json::{Value, json};

use super::rules::{self, Refused};
use super::{Message, Slack};
use watchkeep_doubles::{Reply, Request};

impl Slack {
    pub(super) fn call(&mut self, method: &str, request: &Request, now: Duration, base: &str) -> Reply {
        if let Err(refused) = self.authorized(request) {
            return told(Err(refused));
        }
        match method {
            "chat.postMessage" => {
                let message = self.scope("chat:write").and_then(|()| rules::json(request));
                let message = message.and_then(|message| self.may_post(message));
                match message {
                    Err(refused) => told(Err(refused)),
                    Ok(message) => match self.paced(now) {
                        Ok(()) => told(Ok(self.post(message, now))),
                        Err(wait) => wait,
                    },
                }
            }
            "chat.postEphemeral" => told(rules::json(request).and_then(|body| self.whisper(&body))),
            "chat.update" => told(rules::json(request).and_then(|message| self.update(message))),
            "conversations.history" => {
                told(self.history(request, |message| message.thread_ts.is_none() || message.is_broadcast))
            }
            "conversations.replies" => {
                let ts = rules::field(request, "ts").unwrap_or_default();
                told(
                    self.history(request, |message| {
                        message.thread_ts.as_ref() == Some(&ts) || message.ts == ts
                    }),
                )
            }
            "files.getUploadURLExternal" => told(self.upload_place(request, base)),
            "files.completeUploadExternal" => {
                told(rules::json(request).and_then(|body| self.complete(&body)))
            }
            _ => told(Err(Refused::word("unknown_method"))),
        }
    }

    fn authorized(&self, request: &Request) -> Result<(), Refused> {
        match request.header("authorization").map(|text| text.strip_prefix("Bearer ")) {
            None => Err(Refused::word("not_authed")),
            Some(Some(token)) if token == self.token => Ok(()),
            Some(_) => Err(Refused::word("invalid_auth")),
        }
    }

    pub(super) fn scope(&self, needed: &'static str) -> Result<(), Refused> {
        if self.scopes.contains(&needed) {
            return Ok(());
        }
        Err(Refused {
            word: "missing_scope",
            more: json!({ "needed": needed, "provided": self.scopes.join(",") }),
        })
    }

    pub(super) fn in_channel(&self, named: &Value) -> Result<(), Refused> {
        match named.as_str() {
            Some(named) if self.is_this_channel(named) => {}
            _ => return Err(Refused::word("channel_not_found")),
        }
        if self.channel.is_archived {
            return Err(Refused::word("is_archived"));
        }
        if self.channel.has_bot { Ok(()) } else { Err(Refused::word("not_in_channel")) }
    }

    fn whisper(&mut self, body: &Value) -> Result<Value, Refused> {
        self.scope("chat:write")?;
        self.in_channel(&body["channel"])?;
        rules::message(body.clone())?;
        let user = body["user"].as_str().filter(|user| user.starts_with('U'));
        let user = user.ok_or_else(|| Refused::word("user_not_in_channel"))?.to_owned();
        self.whispers.push((user, body["text"].as_str().unwrap_or_default().to_owned()));
        Ok(json!({ "message_ts": "1.0" }))
    }

    fn may_post(&self, message: Value) -> Result<Value, Refused> {
        self.in_channel(&message["channel"])?;
        let message = rules::message(message)?;
        if let Some(metadata) = message.get("metadata")
            && !(metadata["event_type"].is_string() && metadata["event_payload"].is_object())
        {
            return Err(Refused::word("invalid_metadata_format"));
        }
        match message["thread_ts"].as_str() {
            Some(ts) if self.first(ts).is_none() => Err(Refused::word("thread_not_found")),
            Some(_) => Ok(message),
            None if message.get("reply_broadcast").is_some() => Err(Refused::word("invalid_arguments")),
            None => Ok(message),
        }
    }

    /// A message that may have a thread.
    pub(super) fn first(&self, ts: &str) -> Option<usize> {
        self.messages.iter().position(|message| message.ts == ts && message.thread_ts.is_none())
    }

    fn post(&mut self, message: Value, now: Duration) -> Value {
        let thread = message["thread_ts"].as_str().map(str::to_owned);
        let ts = self.keep(message, thread, now);
        json!({ "ok": true, "channel": self.channel.id, "ts": ts })
    }

    fn update(&mut self, message: Value) -> Result<Value, Refused> {
        // By its id: an update takes no names.
        if message["channel"] != *self.channel.id {
            return Err(Refused::word("channel_not_found"));
        }
        self.in_channel(&message["channel"])?;
        let message = rules::message(message)?;
        let ts = message["ts"].as_str().unwrap_or_default().to_owned();
        let Some(found) = self.messages.iter_mut().find(|message| message.ts == ts) else {
            return Err(Refused::word("message_not_found"));
        };
        let metadata = found.body["metadata"].take();
        found.body = message;
        found.body["metadata"] = metadata;
        found.edits += 1;
        Ok(json!({ "ok": true, "channel": self.channel.id, "ts": ts }))
    }

    fn history(&self, request: &Request, of: impl Fn(&Message) -> bool) -> Result<Value, Refused> {
        self.scope("channels:history")?;
        if rules::field(request, "channel").as_deref() != Some(&self.channel.id) {
            return Err(Refused::word("channel_not_found"));
        }
        let with_metadata = rules::field(request, "include_all_metadata").as_deref() == Some("true");
        let shown = |message: &Message| {
            let metadata = if with_metadata { message.body["metadata"].clone() } else { Value::Null };
            json!({
                "type": "message",
                "ts": message.ts,
                "thread_ts": message.thread_ts,
                "text": message.text(),
                "metadata": metadata,
            })
        };
        // Newest first.
        let messages: Vec<Value> =
            self.messages.iter().rev().filter(|message| of(message)).map(shown).collect();
        Ok(json!({ "ok": true, "messages": messages, "has_more": false }))
    }
}

fn told(result: Result<Value, Refused>) -> Reply {
    match result {
        Ok(value) => Reply::json(200, &value),
        Err(Refused { word, more }) => {
            let mut body = json!({ "ok": false, "error": word });
            for (name, value) in more.as_object().into_iter().flatten() {
                body[name] = value.clone();
            }
            Reply::json(200, &body)
        }
    }
}
