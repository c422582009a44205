//! Buttons under a message, and who presses them. A press comes with the bot's updates, which are polled: the host needs no
//! address that Telegram could reach.

use serde_json::{Value, json};
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::replies::{self, Button, Listener, Listening};

use crate::answer::Trouble;
use crate::{Buttons, Telegram};

/// Rows under one message.
const BUTTONS_MAX: usize = 5;
/// How long Telegram holds a question while nothing happens.
const HELD: Duration = Duration::from_secs(25);
/// What an answer may take beyond that.
const BEYOND: Duration = Duration::from_secs(10);
/// Between two questions, if Telegram does not hold them.
const PAUSE: Duration = Duration::from_secs(1);
/// Questions of one stretch, far below the requests that a call may make.
const QUESTIONS_MAX: u32 = 30;
/// Presses in one answer, each with its message.
const PRESSES_MAX: u32 = 10;
/// Telegram shows no more of an answer to a press.
const SAID_CHARS_MAX: usize = 190;

pub(crate) fn keyboard(notification: &Notification, buttons: Buttons) -> Option<Value> {
    let row = |Button { label, invitation }: Button| match buttons {
        Buttons::Press => json!([{ "text": label, "callback_data": invitation.token }]),
        Buttons::Link => json!([{ "text": label, "url": invitation.link }]),
    };
    let rows: Vec<Value> = notification.buttons(BUTTONS_MAX).into_iter().map(row).collect();
    (!rows.is_empty()).then(|| json!({ "inline_keyboard": rows }))
}

/// Whether the message was refused for its buttons.
pub(crate) fn are_refused(body: &Value, why: &str) -> bool {
    !body["reply_markup"].is_null() && why.to_ascii_lowercase().contains("button")
}

impl Listener for Telegram {
    /// Two receivers of one bot have one stream of updates.
    fn source(&self) -> Option<String> {
        match self.buttons {
            Buttons::Press => Some(self.bot_url.name().to_owned()),
            Buttons::Link => None,
        }
    }

    fn listen(self, _: Listening) -> Result<(), Fault> {
        // What is older was not confirmed: it is handed over again, and the host knows what was done.
        let mut next = None;
        for asked in 1.. {
            let is_late = asked > QUESTIONS_MAX || clock::remaining() < HELD + BEYOND * 2;
            let held = if is_late { Duration::ZERO } else { HELD };
            let began = clock::monotonic();
            let updates = self.updates(next, held)?;
            for update in &updates {
                next = update["update_id"].as_i64().map(|id| id.saturating_add(1)).or(next);
                self.press(&update["callback_query"]);
            }
            // The last question confirms what was handed over.
            if is_late && (updates.is_empty() || asked > 2 * QUESTIONS_MAX) {
                break;
            }
            if updates.is_empty() && clock::monotonic() - began < PAUSE {
                clock::sleep(PAUSE);
            }
        }
        Ok(())
    }
}

impl Telegram {
    fn updates(&self, next: Option<i64>, held: Duration) -> Result<Vec<Value>, Fault> {
        let mut body = json!({
            "timeout": held.as_secs(), "limit": PRESSES_MAX, "allowed_updates": ["callback_query"],
        });
        if let Some(next) = next {
            body["offset"] = Value::from(next);
        }
        match self.call_for("getUpdates", &body, held + BEYOND, 1 << 20) {
            Ok(Value::Array(updates)) => Ok(updates),
            Ok(_) => Err(Fault::Other("Telegram's answer to `getUpdates` is no list".to_owned())),
            Err(trouble) => Err(Fault::Other(of_updates(trouble))),
        }
    }

    /// Whoever pressed is told what became of it.
    fn press(&self, press: &Value) {
        let (Some(id), Some(token), Some(person)) =
            (press["id"].as_str(), press["data"].as_str(), press["from"]["id"].as_i64())
        else {
            return;
        };
        let (said, is_alert) = match replies::take(token, &person.to_string()) {
            Ok(said) => (said, false),
            Err(refusal) => (refusal, true),
        };
        let said: String = said.chars().take(SAID_CHARS_MAX).collect();
        let body = json!({ "callback_query_id": id, "text": said, "show_alert": is_alert });
        if let Err(trouble) = self.call("answerCallbackQuery", &body) {
            log::warn(&format!("whoever pressed was not told: {}", sentence(trouble)));
        }
    }
}

/// 409: somebody else asks for the same updates.
fn of_updates(trouble: Trouble) -> String {
    let said = sentence(trouble);
    match said.contains(" 409") {
        true => format!(
            "{said}; hint: another program or a webhook receives this bot's updates; end that, use a bot of its own, or \
             write `buttons = \"link\"`"
        ),
        false => said,
    }
}

fn sentence(trouble: Trouble) -> String {
    match DeliveryError::from(trouble) {
        DeliveryError::RetryAfter(millis) => format!("Telegram asks to wait {millis} ms"),
        DeliveryError::Retryable(said) | DeliveryError::Unsure(said) | DeliveryError::Rejected(said) => said,
    }
}
