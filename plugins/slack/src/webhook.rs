//! The incoming webhook: every notice is a message of its own. It knows neither ids nor threads, so an attempt whose
//! answer was lost may be seen twice.

use watchkeep_sdk::config::text;
use watchkeep_sdk::prelude::*;

use crate::answer;
use crate::config::{Buttons, Slack};
use crate::message;

pub(crate) fn deliver(
    url: &Secret,
    config: &Slack,
    notification: &Notification,
) -> Result<Option<String>, DeliveryError> {
    let message = message::whole(notification, config.mention.as_ref(), Buttons::Link);
    let answer = http::to_secret("POST", url)
        .json(text(&message))
        .timeout(config.timeout)
        .redirects_max(0)
        .body_bytes_max(4 << 10)
        .send()?;
    answer::of_webhook(&answer)
}
