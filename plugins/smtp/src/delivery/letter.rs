//! The mail itself: short, and with a token that no other mail has.

use watchkeep_sdk::mail::date;
use watchkeep_sdk::prelude::*;

use crate::config::Delivery;

/// The header that bears the token.
pub(super) const HEADER: &str = "X-Watchkeep-Delivery";

pub(super) fn token() -> String {
    random::bytes(16).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Everything in it is ASCII, and no line is long.
pub(super) fn written(config: &Delivery, token: &str, at: u64) -> Vec<u8> {
    let Delivery { from, to, .. } = config;
    format!(
        "From: <{}>\r\nTo: <{}>\r\nSubject: Watchkeep delivery test\r\nDate: {}\r\nMessage-ID: <{token}@{}>\r\n\
         Auto-Submitted: auto-generated\r\n{HEADER}: {token}\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=us-ascii\r\n\r\n\
         A check of Watchkeep follows this mail to its mailbox, and deletes it there.\r\n",
        from.address,
        to.address,
        date(at),
        from.domain()
    )
    .into_bytes()
}
