//! A failed call in a sentence: what happened, to which peer, after how long.

use std::time::Duration;

use super::{Address, Failure, FailureKind, Phase};

impl Failure {
    /// The failure as a sentence, such as "connection refused by 127.0.0.1:81 after 3 ms".
    pub fn sentence(&self) -> String {
        let (what, toward) = match self.kind {
            // These messages already say what to do.
            FailureKind::Denied | FailureKind::Limit | FailureKind::Invalid => return self.message.clone(),
            FailureKind::NameNotFound => ("name not found", ""),
            FailureKind::NameServerFailed => ("no answer from the name servers", ""),
            FailureKind::Refused => ("connection refused", "by"),
            FailureKind::Unreachable => ("no way to the host", ""),
            FailureKind::Reset => ("connection reset", "by"),
            FailureKind::Closed => ("connection closed without an answer", "by"),
            FailureKind::TimedOut => match self.phase {
                Phase::Policy => ("timed out before the start", ""),
                Phase::Name => ("timed out waiting for the name servers", ""),
                Phase::Connect => ("timed out connecting", "to"),
                Phase::Tls => ("timed out in the TLS handshake", "with"),
                Phase::Send => ("timed out sending the request", "to"),
                Phase::Wait => ("timed out waiting for an answer", "from"),
                Phase::Transfer => ("timed out reading the answer", "from"),
            },
            FailureKind::Certificate => ("untrusted certificate", "from"),
            FailureKind::Tls => ("TLS handshake failed", "with"),
            FailureKind::Protocol => ("broken answer", "from"),
            FailureKind::TooLarge => ("answer over the limit", "from"),
            FailureKind::Other => ("request failed", "to"),
        };
        let mut sentence = what.to_owned();
        if let (Some(peer), false) = (&self.peer, toward.is_empty()) {
            sentence.push(' ');
            sentence.push_str(toward);
            sentence.push(' ');
            push_address(&mut sentence, peer);
        }
        sentence.push_str(" after ");
        sentence.push_str(&span(Duration::from_nanos(self.timings.total)));
        if self.adds_something() {
            sentence.push_str(": ");
            sentence.push_str(&self.message);
        }
        sentence
    }
    /// Whether the host's message says more than the kind.
    fn adds_something(&self) -> bool {
        match self.kind {
            FailureKind::Refused | FailureKind::TimedOut => false,
            FailureKind::Denied
            | FailureKind::NameNotFound
            | FailureKind::NameServerFailed
            | FailureKind::Unreachable
            | FailureKind::Reset
            | FailureKind::Closed
            | FailureKind::Certificate
            | FailureKind::Tls
            | FailureKind::Protocol
            | FailureKind::TooLarge
            | FailureKind::Limit
            | FailureKind::Invalid
            | FailureKind::Other => !self.message.is_empty(),
        }
    }
}

/// Appends an address such as `192.0.2.1:443` or `[2001:db8::1]:443`.
fn push_address(sentence: &mut String, address: &Address) {
    let bracketed = address.ip.contains(':');
    sentence.push_str(if bracketed { "[" } else { "" });
    sentence.push_str(&address.ip);
    sentence.push_str(if bracketed { "]:" } else { ":" });
    sentence.push_str(&address.port.to_string());
}

/// A duration for people: `3 ms`, `1.2 s`, `4 min`.
pub fn span(span: Duration) -> String {
    // In 64 bits, because dividing 128 takes 2 KiB of a component.
    let millis = span.as_secs().saturating_mul(1_000).saturating_add(u64::from(span.subsec_millis()));
    match millis {
        0 => "less than 1 ms".to_owned(),
        1..1_000 => format!("{millis} ms"),
        1_000..120_000 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        _ => format!("{} min", millis / 60_000),
    }
}
