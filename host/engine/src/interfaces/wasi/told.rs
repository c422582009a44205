//! A failed exchange in words, for guests whose `fetch` has none: JavaScript is told "NetworkError" whatever happened. A guest
//! that asks for it gets failures as answers under a status that no server has, and throws them in the same words in which
//! the Rust SDK says them.

use std::time::Duration;

use bytes::Bytes;
use http::header::HeaderName;
use http_body_util::{BodyExt as _, Full};
use wasmtime_wasi_http::WasiBody;

use crate::contract::transport::{Failure, FailureKind, Phase};

/// In a request: failures are wanted as answers. It goes no further.
pub(super) const WANTED: HeaderName = HeaderName::from_static("x-watchkeep-failures");
/// In an answer: it is a failure, and its body says which. No server may say so.
pub(super) const FAILED: HeaderName = HeaderName::from_static("x-watchkeep-failure");
const STATUS: u16 = 599;

pub(super) fn answer(failure: &Failure) -> http::Response<WasiBody> {
    let body = Full::new(Bytes::from(sentence(failure))).map_err(|never| match never {}).boxed_unsync();
    let mut answer = http::Response::new(body);
    *answer.status_mut() = http::StatusCode::from_u16(STATUS).expect("it is a status");
    answer.headers_mut().insert(FAILED, http::HeaderValue::from_static("told"));
    answer
}

/// Such as "connection refused by 127.0.0.1:81 after 3 ms".
fn sentence(failure: &Failure) -> String {
    let (what, toward) = match failure.kind {
        // These say themselves what to do.
        FailureKind::Denied | FailureKind::Limit | FailureKind::Invalid => return failure.message.clone(),
        FailureKind::NameNotFound => ("name not found", ""),
        FailureKind::NameServerFailed => ("no answer from the name servers", ""),
        FailureKind::Refused => ("connection refused", "by"),
        FailureKind::Unreachable => ("no way to the host", ""),
        FailureKind::Reset => ("connection reset", "by"),
        FailureKind::Closed => ("connection closed without an answer", "by"),
        FailureKind::TimedOut => match failure.phase {
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
    let peer = match &failure.peer {
        Some(peer) if !toward.is_empty() => {
            let ip = if peer.ip.contains(':') { format!("[{}]", peer.ip) } else { peer.ip.clone() };
            format!(" {toward} {ip}:{}", peer.port)
        }
        Some(_) | None => String::new(),
    };
    let took = Duration::from_nanos(failure.timings.total).as_millis();
    let is_said = matches!(failure.kind, FailureKind::Refused | FailureKind::TimedOut);
    let more =
        if is_said || failure.message.is_empty() { String::new() } else { format!(": {}", failure.message) };
    format!("{what}{peer} after {took} ms{more}")
}
