//! The notifier `discord`: tells a Discord channel through a webhook.
//!
//! The first message of an alert's life is edited as it changes, so that the channel shows how it is now; an edit tells
//! nobody, so what is new is a message as well.

mod mention;
mod message;
mod text;

mod answer;

use serde_json::Value;
use watchkeep_sdk::config::text as written;
use watchkeep_sdk::http::{Placement, Response};
use watchkeep_sdk::prelude::*;

use answer::Trouble;
use mention::Mention;

/// Posts to a Discord channel.
#[derive(Config)]
pub struct Discord {
    /// The webhook's URL. The whole URL is a secret: anyone who knows it can post.
    #[config(grants = "http")]
    webhook_url: Secret,
    /// Whom to mention when an alert turns critical: `@here`, `@everyone`, `<@USER>` or `<@&ROLE>` with an id.
    mention: Option<Mention>,
    /// How long to wait for each answer.
    #[config(default = "10s")]
    timeout: Duration,
}

#[notifier(name = "discord", summary = "Posts to a Discord channel through a webhook")]
pub fn deliver(config: Discord, notification: Notification) -> Result<Option<String>, DeliveryError> {
    let mention = config.mention.as_ref();
    let Some(first) = notification.previous_id.as_deref().filter(|id| is_id(id)) else {
        return config.post(&message::whole(&notification, mention)).map(Some);
    };
    // An event is told once: its steps stand one below the other.
    if notification.event.is_none() {
        match config.edit(first, &message::whole(&notification, None)) {
            Ok(()) => {}
            Err(Trouble::Gone) => return config.post(&message::whole(&notification, mention)).map(Some),
            Err(Trouble::Failed(error)) => return Err(error),
        }
    }
    config.post(&message::follow_up(&notification, mention))?;
    Ok(Some(first.to_owned()))
}

impl Discord {
    /// The message's id: with `wait` the answer comes once it is posted.
    fn post(&self, message: &Value) -> Result<String, DeliveryError> {
        answer::of_post(&self.send("POST", "?wait=true", message)?)
    }

    fn edit(&self, id: &str, message: &Value) -> Result<(), Trouble> {
        let answer = self.send("PATCH", &format!("/messages/{id}"), message);
        answer::of_edit(&answer.map_err(Trouble::Failed)?)
    }

    fn send(&self, method: &str, below: &str, message: &Value) -> Result<Response, DeliveryError> {
        let request = http::request(method, below).credential(self.webhook_url.placed(Placement::Url));
        let request = request.json(written(message)).timeout(self.timeout);
        Ok(request.redirects_max(0).body_bytes_max(64 << 10).send()?)
    }
}

/// Ours: whatever else stands there belongs in no path.
fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= 20 && text.bytes().all(|byte| byte.is_ascii_digit())
}
