//! Telegram's Bot API: `sendMessage` and `editMessageText` in one group. Held to the documentation, and to what Telegram
//! says where the documentation only says that it refuses.

mod html;
mod keyboard;

use std::time::Duration;

use serde_json::{Value, json};

use keyboard::{Key, Updates};
use watchkeep_doubles::message::unix_time;
use watchkeep_doubles::pace::{self, Pace};
use watchkeep_doubles::{Double, Reply, Request};

/// After the tags are taken out.
const TEXT_CHARS_MAX: usize = 4_096;
/// A bot's in one group.
const MESSAGES_A_MINUTE_MAX: usize = 20;
/// [`Telegram::CHAT`] as a number.
const CHAT: i64 = -1_001_234_567_890;

/// A bot in a group with topics.
#[derive(Debug)]
pub struct Telegram {
    standing: Standing,
    messages: Vec<TelegramMessage>,
    last_id: u64,
    pace: Pace,
    updates: Updates,
}

/// How the bot stands to its group.
#[derive(Debug)]
enum Standing {
    Member,
    Kicked,
    /// The group has become a larger one, with this id.
    Upgraded(i64),
}

/// As it stands in the group.
#[derive(Clone, Debug)]
pub struct TelegramMessage {
    pub id: u64,
    /// As it was sent, with its tags.
    pub html: String,
    /// As it is shown.
    pub text: String,
    pub topic: Option<u64>,
    /// The message that it answers.
    pub answers: Option<u64>,
    pub is_silent: bool,
    pub edits: u32,
    /// The buttons under it.
    pub keys: Vec<Key>,
    /// A message of another bot, or too old a one.
    is_fixed: bool,
}

impl Telegram {
    /// Path of the bot.
    pub const BOT: &str = "/bot123456789:AAF-0123456789abcdefghijklmnopqrstu";
    /// The group's id.
    pub const CHAT: &str = "-1001234567890";
    /// The group's name.
    pub const NAME: &str = "@watch_alerts";
    /// Its only topic.
    pub const TOPIC: u64 = 5;

    pub fn new() -> Self {
        let pace = Pace::new(MESSAGES_A_MINUTE_MAX, Duration::from_secs(60));
        Self {
            standing: Standing::Member,
            messages: Vec::new(),
            last_id: 76,
            pace,
            updates: Updates::default(),
        }
    }
    /// Oldest first.
    pub fn messages(&self) -> &[TelegramMessage] {
        &self.messages
    }
    /// Somebody deletes it.
    pub fn delete(&mut self, id: u64) {
        self.messages.retain(|message| message.id != id);
    }
    /// No message that stands can be edited any more.
    pub fn fix_all(&mut self) {
        self.messages.iter_mut().for_each(|message| message.is_fixed = true);
    }
    /// Somebody presses the button with this label under the message.
    pub fn press(&mut self, message: u64, label: &str, person: i64) {
        let found = self.messages.iter().find(|standing| standing.id == message);
        let key = found.and_then(|message| message.keys.iter().find(|key| key.label == label));
        let data = key.and_then(|key| key.data.clone()).expect("there is such a button");
        self.updates.press(&data, person);
    }
    /// What those who pressed were shown, oldest first, and whether they have to confirm that they read it.
    pub fn shown(&self) -> &[(String, bool)] {
        self.updates.shown()
    }
    /// Another program asks for the updates.
    pub fn steal_updates(&mut self) {
        self.updates.steal();
    }
    pub fn kick_bot(&mut self) {
        self.standing = Standing::Kicked;
    }
    pub fn upgrade_group(&mut self, id: i64) {
        self.standing = Standing::Upgraded(id);
    }

    fn call(&mut self, request: &Request, now: Duration) -> Result<Value, Reply> {
        let not_found = || refused(404, "Not Found");
        let named = request.parts().0.strip_prefix("/bot").and_then(|named| named.split_once('/'));
        let (token, method) = named.ok_or_else(not_found)?;
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !token.split_once(':').is_some_and(|(id, key)| is_number(id) && !key.is_empty()) {
            return Err(not_found());
        }
        if Self::BOT.strip_prefix("/bot") != Some(token) {
            return Err(refused(401, "Unauthorized"));
        }
        if request.method != "POST" {
            return Err(not_found());
        }
        // A body of another media type would not be read.
        let body = match request.media_type() {
            "application/json" => request.object(),
            _ => Some(json!({})),
        };
        let body = body.ok_or_else(|| bad("can't parse JSON object"))?;
        match method {
            "sendMessage" => self.send(&body, now),
            "editMessageText" => self.edit(&body, now),
            "getUpdates" => self.updates.get(&body),
            "answerCallbackQuery" => self.updates.answer(&body),
            _ => Err(not_found()),
        }
    }

    fn send(&mut self, body: &Value, now: Duration) -> Result<Value, Reply> {
        self.reaches(&body["chat_id"])?;
        let (html, text) = text(body, "message is too long")?;
        let keys = keyboard::read(&body["reply_markup"])?;
        let topic = number(&body["message_thread_id"]);
        if topic.is_some_and(|topic| topic != Self::TOPIC) {
            return Err(bad("message thread not found"));
        }
        let reply = &body["reply_parameters"];
        let answers = number(&reply["message_id"]);
        if reply.is_object() && answers.is_none() {
            return Err(bad("message identifier is not specified"));
        }
        let answers = answers.filter(|id| self.messages.iter().any(|message| message.id == *id));
        if reply.is_object() && answers.is_none() && reply["allow_sending_without_reply"] != true {
            return Err(bad("message to be replied not found"));
        }
        self.pace.admit(now).map_err(|wait| {
            let seconds = pace::seconds(wait);
            let body = json!({
                "ok": false,
                "error_code": 429,
                "description": format!("Too Many Requests: retry after {seconds}"),
                "parameters": { "retry_after": seconds },
            });
            Reply::json(429, &body).header("retry-after", seconds.to_string())
        })?;
        self.last_id += 1;
        let is_silent = body["disable_notification"] == true;
        let (id, edits, is_fixed) = (self.last_id, 0, false);
        let message = TelegramMessage { id, html, text, topic, answers, is_silent, edits, keys, is_fixed };
        let result = shown(&message, now);
        self.messages.push(message);
        Ok(result)
    }

    fn edit(&mut self, body: &Value, now: Duration) -> Result<Value, Reply> {
        self.reaches(&body["chat_id"])?;
        let id = number(&body["message_id"]);
        let id = id.ok_or_else(|| bad("message identifier is not specified"))?;
        let (html, text) = text(body, "MESSAGE_TOO_LONG")?;
        let keys = keyboard::read(&body["reply_markup"])?;
        let found = self.messages.iter_mut().find(|message| message.id == id);
        let message = found.ok_or_else(|| bad("message to edit not found"))?;
        if message.is_fixed {
            return Err(bad("message can't be edited"));
        }
        if message.html == html && message.keys == keys {
            return Err(bad(
                "message is not modified: specified new message content and reply markup are exactly the same \
                 as a current content and reply markup of the message",
            ));
        }
        (message.html, message.text, message.keys) = (html, text, keys);
        message.edits += 1;
        Ok(shown(message, now))
    }

    fn reaches(&self, chat: &Value) -> Result<(), Reply> {
        let is_known = match chat {
            Value::Null => return Err(bad("chat_id is empty")),
            Value::String(name) => [Self::CHAT, Self::NAME].contains(&name.as_str()),
            id => *id == CHAT,
        };
        if !is_known {
            return Err(bad("chat not found"));
        }
        match self.standing {
            Standing::Member => Ok(()),
            Standing::Kicked => Err(refused(403, "Forbidden: bot was kicked from the supergroup chat")),
            Standing::Upgraded(id) => {
                let body = json!({
                    "ok": false,
                    "error_code": 400,
                    "description": "Bad Request: group chat was upgraded to a supergroup chat",
                    "parameters": { "migrate_to_chat_id": id },
                });
                Err(Reply::json(400, &body))
            }
        }
    }
}

impl Default for Telegram {
    fn default() -> Self {
        Self::new()
    }
}

impl Double for Telegram {
    fn answer(&mut self, request: &Request, now: Duration, _: &str) -> Reply {
        match self.call(request, now) {
            Ok(result) => Reply::json(200, &json!({ "ok": true, "result": result })),
            Err(refused) => refused,
        }
    }
}

fn refused(status: u16, description: &str) -> Reply {
    Reply::json(status, &json!({ "ok": false, "error_code": status, "description": description }))
}

fn bad(description: &str) -> Reply {
    refused(400, &format!("Bad Request: {description}"))
}

fn shown(message: &TelegramMessage, now: Duration) -> Value {
    json!({
        "message_id": message.id,
        "chat": { "id": CHAT, "type": "supergroup", "username": &Telegram::NAME[1..] },
        "date": unix_time(now),
        "text": message.text,
    })
}

/// Numbers may be written as texts.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// As sent and as shown.
fn text(body: &Value, too_long: &str) -> Result<(String, String), Reply> {
    let sent = body["text"].as_str().unwrap_or_default().to_owned();
    if sent.is_empty() {
        return Err(bad("message text is empty"));
    }
    let shown = match body["parse_mode"].as_str() {
        None | Some("") => sent.clone(),
        Some(mode) if mode.eq_ignore_ascii_case("html") => {
            html::plain(&sent).map_err(|wrong| bad(&format!("can't parse entities: {wrong}")))?
        }
        // It has others, which this double does not read.
        Some(_) => return Err(bad("unsupported parse_mode")),
    };
    let shown = shown.trim().to_owned();
    match shown.chars().count() {
        0 => Err(bad("text must be non-empty")),
        count if count > TEXT_CHARS_MAX => Err(bad(too_long)),
        _ => Ok((sent, shown)),
    }
}
