//! The check `smtp`: speaks with a mail server up to where a mail would be handed over: greeting, EHLO, TLS, what it offers,
//! a login. With a `delivery` it hands over a mail to a mailbox of its own, and looks there until it has arrived.
//!
//! What the server does is judged. That it is busy is a warning, and a mailbox that cannot be looked into judges nothing.

mod config;
mod delivery;
mod report;
mod talk;

use watchkeep_sdk::check;
use watchkeep_sdk::prelude::*;

pub use config::Smtp;
use talk::Talk;

/// What reads lines of strangers, for the fuzzer.
pub mod bytes {
    pub use crate::delivery::{moment, uids};
}

/// Keeps which test mails are under way, and how long the last one took.
#[check(name = "smtp", summary = "Tests a mail server up to the login, and may follow a mail to its mailbox")]
pub fn run(config: Smtp, run: Run) -> Verdict {
    let began = clock::monotonic();
    let mut complaints = Complaints::default();
    let mut talk = Talk::new(&config, run.scheduled_at);
    let ended = talk.up_to_login(&mut complaints);
    let took = clock::monotonic() - began;
    let mut delivered = None;
    match (ended, &config.delivery) {
        (Err(wrong), _) => wrong.tell(&mut complaints)?,
        (Ok(()), None) => {}
        (Ok(()), Some(delivery)) => {
            delivered = Some(delivery::follow(delivery, &mut talk, &mut complaints)?);
        }
    }
    talk.quit();
    report::of(&config, &talk, took, delivered.as_ref(), complaints)
}
