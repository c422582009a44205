//! The bot: one message for one alert's or group's life, edited as it changes, with all that follows in its thread.
//!
//! The order keeps messages from being doubled when an attempt is repeated: what may be done twice (the edit) comes
//! first, the message that may not comes last, and once it stands nothing that fails afterwards fails the delivery.

use serde_json::Value;
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::wording::{self, Mood};

use crate::answer::Trouble;
use crate::config::Bot;
use crate::earlier::{self, Found};
use crate::mention::Mention;
use crate::message;
use crate::pictures;
use crate::place::Posted;

/// The first message is gone.
const GONE: &[&str] = &["message_not_found", "channel_not_found", "is_archived"];
/// It is there, and may not be edited: the thread can still be told.
const FIXED: &[&str] = &["cant_update_message", "edit_window_closed"];

pub(crate) fn deliver(
    bot: &Bot<'_>,
    mention: Option<&Mention>,
    notification: &Notification,
) -> Result<Option<String>, DeliveryError> {
    let first = match notification.previous_id.as_deref().and_then(Posted::read) {
        Some(first) => follow_up(bot, mention, notification, first)?,
        None => match earlier::of_life(bot, notification) {
            Some(Found::ThisNotice(first)) => Some(first),
            Some(Found::NoticeBefore(first)) => follow_up(bot, mention, notification, first)?,
            None => None,
        },
    };
    let first = match first {
        Some(first) => first,
        None => post(bot, message::whole(notification, mention, bot.buttons), notification, Under::Channel)?,
    };
    pictures::upload(bot, &first, notification);
    Ok(Some(first.written()))
}

/// None if there is nothing any more that could be followed up.
fn follow_up(
    bot: &Bot<'_>,
    mention: Option<&Mention>,
    notification: &Notification,
    first: Posted,
) -> Result<Option<Posted>, DeliveryError> {
    // An event is told once: its steps stand one below the other.
    if notification.event.is_none() {
        match edit(bot, notification, &first) {
            Ok(()) => {}
            Err(trouble) if trouble.says(GONE) => return Ok(None),
            Err(trouble) if trouble.says(FIXED) => log::warn(&trouble.sentence()),
            Err(trouble) => return Err(trouble.into()),
        }
    }
    post(bot, message::follow_up(notification, mention, bot.buttons), notification, Under::Thread(&first))?;
    Ok(Some(first))
}

/// Calls nobody: an edit does not, and the thread's message does.
fn edit(bot: &Bot<'_>, notification: &Notification, first: &Posted) -> Result<(), Trouble> {
    let mut body = message::whole(notification, None, bot.buttons);
    body["channel"] = Value::from(first.channel.as_str());
    body["ts"] = Value::from(first.ts.as_str());
    bot.call("chat.update", &body).map(|_| ())
}

enum Under<'a> {
    Channel,
    Thread(&'a Posted),
}

fn post(
    bot: &Bot<'_>,
    mut body: Value,
    notification: &Notification,
    under: Under<'_>,
) -> Result<Posted, DeliveryError> {
    let channel = match under {
        Under::Channel => bot.channel,
        Under::Thread(first) => {
            if let Some(reply) = earlier::in_thread(bot, notification, first) {
                return Ok(reply);
            }
            body["thread_ts"] = Value::from(first.ts.as_str());
            body["reply_broadcast"] = Value::from(is_news(notification));
            &first.channel
        }
    };
    body["channel"] = Value::from(channel);
    body["metadata"] = earlier::mark(notification);
    body["unfurl_links"] = Value::from(false);
    body["unfurl_media"] = Value::from(false);
    let answer = bot.call("chat.postMessage", &body)?;
    let place = (answer["channel"].as_str(), answer["ts"].as_str());
    match place {
        (Some(channel), Some(ts)) => Ok(Posted { channel: channel.to_owned(), ts: ts.to_owned() }),
        (_, _) => {
            let message = "chat.postMessage: taken, but the answer does not say where it stands";
            Err(DeliveryError::Unsure(message.to_owned()))
        }
    }
}

/// Whether a thread is too quiet a place for it: only those who follow a thread see it.
fn is_news(notification: &Notification) -> bool {
    match notification.kind {
        NotificationKind::Firing => {
            notification.alerts.iter().any(|alert| wording::mood(alert) == Mood::Critical)
        }
        NotificationKind::Escalated => true,
        NotificationKind::Reminder
        | NotificationKind::Resolved
        | NotificationKind::Acknowledged
        | NotificationKind::HandedOver
        | NotificationKind::Event
        | NotificationKind::Test => false,
    }
}
