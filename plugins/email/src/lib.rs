//! The notifier `email`: sends mail over SMTP.
//!
//! A notification becomes a letter (what there is to say), the letter a message (text, HTML, pictures), and the message
//! goes to one server in one conversation. Every attempt sends the same bytes under the same `Message-ID`. The password
//! is written by the host.

mod config;

mod letter;
mod pictures;
mod text;

mod html;

mod thread;

mod mime;

mod smtp;

use watchkeep_sdk::prelude::*;

pub use config::Email;
use letter::Letter;

#[notifier(name = "email", summary = "Sends mail over SMTP, one thread for each alert")]
pub fn deliver(config: Email, notification: Notification) -> Result<Option<String>, DeliveryError> {
    let letter = match &config.list_unsubscribe {
        None => Letter::of(&notification),
        Some(leave) => Letter::to_subscriber(&notification, leave),
    };
    let ids = thread::ids(&notification, config.from.domain());
    let pictures = pictures::read(&notification);
    let id = ids.own.clone();
    let message = mime::Message { config: &config, letter: &letter, ids: &ids, at: notification.at };
    let whole = message.written(&pictures);
    // A server that is told the size beforehand may refuse it; the words matter more than the pictures.
    let small = (!pictures.is_empty()).then(|| message.written(&[]));
    smtp::send(&config, &notification, whole, small)?;
    Ok(Some(id))
}
