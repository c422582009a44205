//! The notifier `console`: prints a block of text, so that a newcomer sees alerts with no account anywhere.
//!
//! A plugin has no output of its own. Each line of the block is one line of its log, marked with the field
//! `console` = `line`; the host prints lines that bear it on its standard output as they are.

mod block;

use watchkeep_sdk::prelude::*;

/// There is nothing to configure.
#[derive(Config)]
pub struct Console {}

#[notifier(name = "console", summary = "Prints alerts on the host's own output")]
pub fn deliver(_: Console, notification: Notification) -> Result<Option<String>, DeliveryError> {
    for line in block::lines(&notification) {
        log::write(log::Level::Info, &line, &[("console", "line")]);
    }
    Ok(None)
}
