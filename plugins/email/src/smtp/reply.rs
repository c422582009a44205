//! What the server answers, and what a refusal means for the delivery.

use watchkeep_sdk::prelude::*;

const SAID_CHARS_MAX: usize = 200;

pub(super) struct Reply {
    pub(super) code: u16,
    pub(super) lines: Vec<String>,
}

impl Reply {
    /// No server speaks so; perhaps it is none.
    pub(super) fn unreadable(line: &str) -> Reply {
        Reply { code: 0, lines: vec![line.to_owned()] }
    }
    /// `550 5.1.1 no such user`.
    pub(super) fn sentence(&self) -> String {
        let said = self.lines.join(" ");
        let said: String = said.chars().filter(|c| !c.is_control()).take(SAID_CHARS_MAX).collect();
        match (self.code, said.trim()) {
            (0, said) => format!("no reply of a mail server: {said}"),
            (code, "") => code.to_string(),
            (code, said) => format!("{code} {said}"),
        }
    }
}

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
