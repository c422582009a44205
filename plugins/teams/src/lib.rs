//! The notifier `teams`: posts an Adaptive Card to a workflow of Microsoft Teams.
//!
//! Every notice is a card of its own: a workflow's webhook gives no id that could be edited later. Texts are text runs,
//! which know no markup, so nothing that a target says becomes a link or a mention.

mod card;

mod answer;

use watchkeep_sdk::prelude::*;

/// Posts to a Microsoft Teams channel or chat.
#[derive(Config)]
pub struct Teams {
    /// The workflow's URL. The whole URL is a secret: anyone who knows it can post.
    #[config(grants = "http")]
    webhook_url: Secret,
    /// How long to wait for the answer.
    #[config(default = "10s")]
    timeout: Duration,
}

#[notifier(name = "teams", summary = "Posts Adaptive Cards to a Microsoft Teams workflow")]
pub fn deliver(config: Teams, notification: Notification) -> Result<Option<String>, DeliveryError> {
    let answer = http::to_secret("POST", &config.webhook_url)
        .json(card::written(&notification))
        .timeout(config.timeout)
        .redirects_max(0)
        .body_bytes_max(4 << 10)
        .send()?;
    answer::judge(&answer)
}
