//! The notifier `telegram`: tells a chat as a bot.
//!
//! The first message of an alert's life is edited as it changes, so that the chat shows how it is now; an edit tells
//! nobody, so what is new answers it as a message of its own.

mod buttons;
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
    /// What acknowledges from within a message, where the receiver names `people`: `press` is a button of Telegram's, and
    /// needs the id of each person in `ids`; `link` opens a page. A button needs all that happens to the bot, so no other
    /// program may receive the bot's updates, and it may have no webhook.
    #[config(default = "press")]
    buttons: Buttons,
    /// How long to wait for each answer.
    #[config(default = "10s")]
    timeout: Duration,
}

#[derive(Config, Clone, Copy, PartialEq, Eq)]
enum Buttons {
    /// A button of Telegram's.
    Press,
    /// A link to a page with a button.
    Link,
}

#[notifier(name = "telegram", summary = "Posts to a Telegram chat as a bot", listens)]
pub fn deliver(config: Telegram, notification: Notification) -> Result<Option<String>, DeliveryError> {
    let first = notification.previous_id.as_deref().and_then(|id| id.parse::<u32>().ok());
    let Some(first) = first else {
        return config.post(&notification, message::whole(&notification), None).map(Some);
    };
    // An event is told once: its steps stand one below the other.
    if notification.event.is_none() {
        match config.edit(&notification, first, message::whole(&notification)) {
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
        let mut body = self.body(notification, html);
        body["disable_notification"] = Value::from(!message::rings(notification));
        if let Some(topic) = self.topic {
            body["message_thread_id"] = Value::from(topic);
        }
        if let Some(first) = under {
            // Whoever deleted the first message wants to be told all the same.
            body["reply_parameters"] = json!({ "message_id": first, "allow_sending_without_reply": true });
        }
        let result = self.call_with_buttons("sendMessage", body).map_err(DeliveryError::from)?;
        match result["message_id"].as_u64() {
            Some(id) => Ok(id.to_string()),
            None => Err(DeliveryError::Unsure("the answer does not say which message it is".to_owned())),
        }
    }

    fn edit(&self, notification: &Notification, id: u32, html: String) -> Result<(), Trouble> {
        let mut body = self.body(notification, html);
        body["message_id"] = Value::from(id);
        match self.call_with_buttons("editMessageText", body) {
            Err(Trouble::Fixed(why)) if why.contains("is not modified") => Ok(()),
            Err(trouble) => Err(trouble),
            Ok(_) => Ok(()),
        }
    }

    fn body(&self, notification: &Notification, html: String) -> Value {
        let mut body = json!({
            "chat_id": self.chat,
            "text": html,
            "parse_mode": "HTML",
            "link_preview_options": { "is_disabled": true },
        });
        // An edit without a keyboard takes the one away that was there.
        if let Some(keyboard) = buttons::keyboard(notification, self.buttons) {
            body["reply_markup"] = keyboard;
        }
        body
    }

    /// Telegram refuses a whole message for the address of one button, such as that of a host in a private network: then
    /// it goes without buttons, since people are to be told in any case.
    fn call_with_buttons(&self, method: &str, mut body: Value) -> Result<Value, Trouble> {
        match self.call(method, &body) {
            Err(Trouble::Failed(DeliveryError::Rejected(why))) if buttons::are_refused(&body, &why) => {
                log::warn(&format!("the message goes without its button: {why}"));
                if let Some(body) = body.as_object_mut() {
                    body.remove("reply_markup");
                }
                self.call(method, &body)
            }
            other => other,
        }
    }

    fn call(&self, method: &str, body: &Value) -> Result<Value, Trouble> {
        self.call_for(method, body, self.timeout, 64 << 10)
    }

    fn call_for(
        &self,
        method: &str,
        body: &Value,
        timeout: Duration,
        body_bytes_max: u64,
    ) -> Result<Value, Trouble> {
        let request = http::request("POST", format!("/{method}"))
            .credential(self.bot_url.placed(Placement::Url))
            .json(text(body))
            .timeout(timeout)
            .redirects_max(0)
            .body_bytes_max(body_bytes_max);
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
