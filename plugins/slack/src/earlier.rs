//! Whether a message stands in the channel although its answer was lost. Slack has no key by which it would take a
//! message once, so each carries the ids of its notice and of its life as metadata, and whoever comes after an attempt
//! that may have been taken looks for them.
//!
//! Reading needs a scope (`channels:history`, `groups:history`) that posting does not. Without it the message is posted
//! again: told twice is better than not told.

use serde_json::{Value, json};
use watchkeep_sdk::prelude::*;

use crate::config::Bot;
use crate::place::Posted;

const EVENT_TYPE: &str = "watchkeep_notice";

/// Slack's clock is not ours.
const CLOCKS_DIFFER_MS: u64 = 300_000;

/// The first message of a life.
pub(crate) enum Found {
    /// It tells what is to be told.
    ThisNotice(Posted),
    /// It tells of something before.
    NoticeBefore(Posted),
}

/// What a message carries, unseen by people.
pub(crate) fn mark(notification: &Notification) -> Value {
    let ids = json!({ "notice": notification.id, "life": notification.dedup_key });
    json!({ "event_type": EVENT_TYPE, "event_payload": ids })
}

/// Looks for the life's first message where one may stand that nobody knows the place of.
pub(crate) fn of_life(bot: &Bot<'_>, notification: &Notification) -> Option<Found> {
    // Only ids can be asked for, and a channel that is configured by its name is none.
    if !(notification.told_before || notification.attempt > 1) || bot.channel.starts_with('#') {
        return None;
    }
    let began = notification.alerts.iter().map(|alert| alert.since).min();
    let oldest = oldest(began.unwrap_or(notification.at).min(notification.at));
    let fields = [("channel", bot.channel), ("oldest", &oldest)];
    let answer = look(bot, "conversations.history", &fields)?;
    let message = find(&answer, "life", &notification.dedup_key)?;
    // A reply that is shown in the channel as well names the message that it answers.
    let ts = message["thread_ts"].as_str().or(message["ts"].as_str())?;
    let first = Posted { channel: bot.channel.to_owned(), ts: ts.to_owned() };
    let is_this = message["metadata"]["event_payload"]["notice"] == *notification.id;
    Some(if is_this { Found::ThisNotice(first) } else { Found::NoticeBefore(first) })
}

/// The reply of an earlier attempt.
pub(crate) fn in_thread(bot: &Bot<'_>, notification: &Notification, first: &Posted) -> Option<Posted> {
    if notification.attempt <= 1 {
        return None;
    }
    let oldest = oldest(notification.at);
    let fields = [("channel", first.channel.as_str()), ("ts", &first.ts), ("oldest", &oldest)];
    let answer = look(bot, "conversations.replies", &fields)?;
    let message = find(&answer, "notice", &notification.id)?;
    Some(Posted { channel: first.channel.clone(), ts: message["ts"].as_str()?.to_owned() })
}

fn oldest(at: u64) -> String {
    format!("{}.000000", at.saturating_sub(CLOCKS_DIFFER_MS) / 1_000)
}

fn look(bot: &Bot<'_>, method: &str, fields: &[(&str, &str)]) -> Option<Value> {
    let mut fields = fields.to_vec();
    fields.extend([("limit", "200"), ("include_all_metadata", "true")]);
    match bot.call_with_form(method, &fields) {
        Ok(answer) => Some(answer),
        Err(trouble) => {
            let problem = trouble.sentence();
            log::info(&format!("whether it was posted before could not be seen: {problem}"));
            None
        }
    }
}

fn find<'a>(answer: &'a Value, key: &str, id: &str) -> Option<&'a Value> {
    answer["messages"].as_array()?.iter().find(|message| {
        let metadata = &message["metadata"];
        metadata["event_type"] == EVENT_TYPE && metadata["event_payload"][key] == *id
    })
}
