//! The notifier `telegram`: tells a chat as a bot.
//!
//! The first message of an alert's life is edited as it changes, so that the chat shows how it is now; an edit tells
//! nobody, so what is new answers it as a message of its own.

mod message;

mod answer;

use serde_json::{Value, json};
use watchkeep_sdk::config::{Place, Problems, text};
use watchkeep_sdk::http::Placement;
use watchkeep_sdk::prelude::*;

use answer::Trouble;

/// Posts to a Telegram chat.
#[derive(Config)]
#[config(check = Telegram::consistent)]
pub struct Telegram {
    /// The bot's URL: `https://api.telegram.org/bot` followed by the bot's token. The whole URL is a secret.
    #[config(grants = "http")]
    bot_url: Secret,
    /// The chat's id, which is negative for a group, or the name of a public channel, `@alerts`.
    #[config(example = "-1001234567890")]
    chat: String,
    /// The topic's id, in a group with topics.
    topic: Option<u32>,
    /// How long to wait for each answer.
    #[config(default = "10s")]
    timeout: Duration,
}

#[notifier(name = "telegram", summary = "Posts to a Telegram chat as a bot")]
pub fn deliver(config: Telegram, notification: Notification) -> Result<Option<String>, DeliveryError> {
    let first = notification.previous_id.as_deref().and_then(|id| id.parse::<u32>().ok());
    let Some(first) = first else {
        return config.post(&notification, message::whole(&notification), None).map(Some);
    };
    // An event is told once: its steps stand one below the other.
    if notification.event.is_none() {
        match config.edit(first, message::whole(&notification)) {
            Ok(()) => {}
            Err(Trouble::Gone) => {
                return config.post(&notification, message::whole(&notification), None).map(Some);
            }
            Err(Trouble::Fixed(why)) => log::info(&format!("the first message stays as it is: {why}")),
            Err(Trouble::Failed(error)) => return Err(error),
        }
    }
    config.post(&notification, message::follow_up(&notification), Some(first))?;
    Ok(Some(first.to_string()))
}

impl Telegram {
    /// The message's id.
    fn post(
        &self,
        notification: &Notification,
        html: String,
        under: Option<u32>,
    ) -> Result<String, DeliveryError> {
        let mut body = self.body(html);
        body["disable_notification"] = Value::from(!message::rings(notification));
        if let Some(topic) = self.topic {
            body["message_thread_id"] = Value::from(topic);
        }
        if let Some(first) = under {
            // Whoever deleted the first message wants to be told all the same.
            body["reply_parameters"] = json!({ "message_id": first, "allow_sending_without_reply": true });
        }
        let result = self.call("sendMessage", &body).map_err(DeliveryError::from)?;
        match result["message_id"].as_u64() {
            Some(id) => Ok(id.to_string()),
            None => Err(DeliveryError::Unsure("the answer does not say which message it is".to_owned())),
        }
    }

    fn edit(&self, id: u32, html: String) -> Result<(), Trouble> {
        let mut body = self.body(html);
        body["message_id"] = Value::from(id);
        match self.call("editMessageText", &body) {
            Err(Trouble::Fixed(why)) if why.contains("is not modified") => Ok(()),
            Err(trouble) => Err(trouble),
            Ok(_) => Ok(()),
        }
    }

    fn body(&self, html: String) -> Value {
        json!({
            "chat_id": self.chat,
            "text": html,
            "parse_mode": "HTML",
            "link_preview_options": { "is_disabled": true },
        })
    }

    fn call(&self, method: &str, body: &Value) -> Result<Value, Trouble> {
        let request = http::request("POST", format!("/{method}"))
            .credential(self.bot_url.placed(Placement::Url))
            .json(text(body))
            .timeout(self.timeout)
            .redirects_max(0)
            .body_bytes_max(64 << 10);
        match request.send() {
            Ok(answer) => answer::judge(&answer),
            Err(failure) => Err(Trouble::Failed(failure.into())),
        }
    }

    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        let digits = self.chat.strip_prefix('-').unwrap_or(&self.chat);
        let is_id = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let name = self.chat.strip_prefix('@').unwrap_or_default();
        let is_name =
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !(is_id || is_name) {
            let hint = "hint: write its id, such as `-1001234567890`, or `@alerts` of a public channel";
            problems.add::<()>(&place.key("chat"), format!("`{}` is not a chat; {hint}", self.chat));
        }
    }
}
