//! A failed exchange in words, for guests whose `fetch` has none: JavaScript is told "NetworkError" whatever happened. A guest
//! that asks for it gets failures as answers under a status that no server has, and throws them in the same words in which
//! the Rust SDK says them.

use bytes::Bytes;
use http::header::HeaderName;
use http_body_util::{BodyExt as _, Full};
use wasmtime_wasi_http::WasiBody;

use crate::contract::transport::{Address, Failure, FailureKind, Phase};

/// The SDK's own words, from its own file: said once, they cannot come to differ.
#[path = "../../../../../sdk/rust/src/transport/failure.rs"]
#[allow(unreachable_pub, reason = "the file is the SDK's, where they are reached")]
mod words;

/// In a request: failures are wanted as answers. It goes no further.
pub(super) const WANTED: HeaderName = HeaderName::from_static("x-watchkeep-failures");
/// In an answer: it is a failure, and its body says which. No server may say so.
pub(super) const FAILED: HeaderName = HeaderName::from_static("x-watchkeep-failure");
const STATUS: u16 = 599;

pub(super) fn answer(failure: &Failure) -> http::Response<WasiBody> {
    let body = Full::new(Bytes::from(failure.sentence())).map_err(|never| match never {}).boxed_unsync();
    let mut answer = http::Response::new(body);
    *answer.status_mut() = http::StatusCode::from_u16(STATUS).expect("it is a status");
    answer.headers_mut().insert(FAILED, http::HeaderValue::from_static("told"));
    answer
}
