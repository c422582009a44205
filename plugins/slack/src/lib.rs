//! The notifier `slack`: tells a channel, through an incoming webhook or as a bot.
//!
//! A message is a first line that says it all on a locked phone, and below it, behind a bar in the colour of the
//! worst alert, what there is to know. A webhook can only add messages. A bot edits the first one, so that the channel
//! shows how it is now, and threads what follows under it. What Slack says decides what becomes of the delivery.

mod config;

mod limits;
mod mention;
mod mrkdwn;

mod message;
mod tone;

mod answer;
mod words;

mod webhook;

mod api;
mod bot;
mod earlier;
mod pictures;
mod place;

mod presses;

use watchkeep_sdk::prelude::*;

pub use config::Slack;
use config::Way;

#[notifier(
    name = "slack",
    summary = "Posts to a Slack channel, through an incoming webhook or as a bot",
    request(
        capability = "http",
        target = "https://slack.com",
        reason = "to post and edit messages as a bot"
    ),
    request(capability = "http", target = "https://files.slack.com", reason = "to upload pictures as a bot"),
    request(
        capability = "http",
        target = "https://slack-gov.com",
        reason = "the same where Slack is GovSlack"
    ),
    request(
        capability = "http",
        target = "https://files.slack-gov.com",
        reason = "the same where Slack is GovSlack"
    ),
    request(
        capability = "tcp",
        target = "*.slack.com:443",
        reason = "to hear of pressed buttons, where `app_token` is set"
    ),
    listens
)]
pub fn deliver(config: Slack, notification: Notification) -> Result<Option<String>, DeliveryError> {
    match config.way() {
        Some(Way::Webhook(url)) => webhook::deliver(url, &config, &notification),
        Some(Way::Bot(bot)) => bot::deliver(&bot, config.mention.as_ref(), &notification),
        None => Err(DeliveryError::Rejected(config::NO_WAY.to_owned())),
    }
}
