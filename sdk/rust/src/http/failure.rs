//! A failed call in a sentence: what happened, to whom, after how long.

use std::time::Duration;

use super::{Failure, FailureKind, Phase};

impl Failure {
    /// Such as "connection refused by 127.0.0.1:81 after 3 ms".
    pub fn sentence(&self) -> String {
        let what = match self.kind {
            // These say themselves what to do.
            FailureKind::Denied | FailureKind::Limit | FailureKind::Invalid => return self.message.clone(),
            FailureKind::NameNotFound => "name not found",
            FailureKind::NameServerFailed => "name servers gave no answer",
            FailureKind::Refused => "connection refused",
            FailureKind::Unreachable => "network unreachable",
            FailureKind::Reset => "connection reset",
            FailureKind::Closed => "connection closed before an answer came",
            FailureKind::TimedOut => match self.phase {
                Phase::Policy => "timed out before the start",
                Phase::Name => "no answer from the name servers",
                Phase::Connect => "no answer to the connection attempt",
                Phase::Tls => "no answer in the TLS handshake",
                Phase::Send => "request not taken in time",
                Phase::Wait => "connected, but no answer came",
                Phase::Transfer => "answer began, but did not end",
            },
            FailureKind::Certificate => "certificate not trusted",
            FailureKind::Tls => "TLS handshake failed",
            FailureKind::Protocol => "answer is no valid HTTP",
            FailureKind::TooLarge => "answer too large",
            FailureKind::Other => "request failed",
        };
        let mut sentence = what.to_owned();
        if let Some(peer) = &self.peer {
            sentence.push_str(match self.kind {
                FailureKind::Refused | FailureKind::Reset | FailureKind::Closed => " by ",
                _ => " from ",
            });
            let bracketed = peer.ip.contains(':');
            sentence.push_str(if bracketed { "[" } else { "" });
            sentence.push_str(&peer.ip);
            sentence.push_str(if bracketed { "]:" } else { ":" });
            sentence.push_str(&peer.port.to_string());
        }
        sentence.push_str(" after ");
        sentence.push_str(&span(Duration::from_nanos(self.timings.total)));
        if self.adds_something() {
            sentence.push_str(": ");
            sentence.push_str(&self.message);
        }
        sentence
    }
    /// Whether the host's message holds more than the kind says.
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

/// A span for people: `3 ms`, `1.2 s`, `4 min`.
pub(crate) fn span(span: Duration) -> String {
    let millis = span.as_millis();
    match millis {
        0 => "less than 1 ms".to_owned(),
        1..1_000 => format!("{millis} ms"),
        1_000..120_000 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        _ => format!("{} min", millis / 60_000),
    }
}
