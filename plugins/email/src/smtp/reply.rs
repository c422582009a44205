//! What a server's refusal, and its silence, mean for the delivery.

use watchkeep_sdk::mail::Reply;
use watchkeep_sdk::net::{Failure, FailureKind};
use watchkeep_sdk::prelude::*;

/// 5xx is for good, anything else for now.
pub(super) fn refused(what: &str, reply: &Reply) -> DeliveryError {
    let said = format!("{what}: {}", reply.sentence());
    if reply.code < 500 {
        return DeliveryError::Retryable(said);
    }
    DeliveryError::Rejected(match hint(what, reply.code) {
        Some(hint) => format!("{said}; hint: {hint}"),
        None => said,
    })
}

fn hint(what: &str, code: u16) -> Option<&'static str> {
    match (what, code) {
        (_, 535) => Some(
            "the server does not know this `user` with this `password`; some want a password made for programs",
        ),
        (_, 530) => Some("the server wants a login or TLS; set `user` and `password`, or another `security`"),
        (_, 534 | 538) => {
            Some("the server wants another way to log in; ask who runs it for a password for programs")
        }
        (_, 552) => Some("the mail is too large for this server or mailbox"),
        ("MAIL", _) => Some("the server does not take mail from this sender; change `from`"),
        ("RCPT TO", 550 | 551 | 553) => {
            Some("the server does not deliver to this recipient; check `to`, and whether it wants a login")
        }
        ("the greeting" | "the mail" | "RCPT TO", 554) => {
            Some("the server refuses this mail; its reply says why (a block list, a filter)")
        }
        _ => None,
    }
}

/// Nothing was taken, however far it came.
pub(super) fn not_taken(failure: Box<Failure>) -> DeliveryError {
    match failure.kind {
        FailureKind::Invalid => DeliveryError::Rejected(failure.sentence()),
        FailureKind::Denied
        | FailureKind::NameNotFound
        | FailureKind::NameServerFailed
        | FailureKind::Refused
        | FailureKind::Unreachable
        | FailureKind::Reset
        | FailureKind::Closed
        | FailureKind::TimedOut
        | FailureKind::Certificate
        | FailureKind::Tls
        | FailureKind::Protocol
        | FailureKind::TooLarge
        | FailureKind::Limit
        | FailureKind::Other => DeliveryError::Retryable(failure.sentence()),
    }
}
