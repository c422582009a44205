//! The notifier `slack`: posts to an incoming webhook.
//!
//! One notification is one message: a first line that says it all on a locked phone, and below it, behind a bar
//! in the colour of the worst alert, what there is to know. What Slack says decides what becomes of the delivery.

mod answer;
mod limits;
mod mention;
mod message;
mod mrkdwn;

use watchkeep_sdk::prelude::*;

use mention::Mention;

/// Posts to a Slack channel through an incoming webhook.
#[derive(Config)]
pub struct Slack {
    /// The incoming webhook's URL. It is a secret as a whole: who knows it can post.
    #[config(grants = "http")]
    webhook_url: Secret,
    /// Who is called when something turns critical: `<!here>`, `<!channel>`, `<@U012AB3CD>` or `<!subteam^S012AB3CD>`.
    mention: Option<Mention>,
    /// How long Slack has for its answer.
    #[config(default = "10s")]
    timeout: Duration,
}

#[notifier(name = "slack", summary = "Posts to a Slack channel through an incoming webhook")]
pub fn deliver(config: Slack, notification: Notification) -> Result<Option<String>, DeliveryError> {
    let message = message::compose(&notification, config.mention.as_ref());
    let answer = http::to_secret("POST", &config.webhook_url)
        .json(watchkeep_sdk::config::text(&message))
        .timeout(config.timeout)
        .redirects_max(0)
        .body_bytes_max(4 << 10)
        .send()?;
    answer::judge(&answer)
}
