//! Turns a failed exchange into words, for guests whose `fetch` has none: JavaScript gets "NetworkError" whatever
//! happened. A guest that asks for it gets failures as answers with a status that no server uses, and throws them in
//! the same words as the Rust SDK.

use bytes::Bytes;
use http::header::HeaderName;
use http_body_util::{BodyExt as _, Full};
use wasmtime_wasi_http::WasiBody;

use crate::contract::transport::{Address, Failure, FailureKind, Phase};

/// The SDK's own words, from its own file, so that the two cannot come to differ.
#[path = "../../../../../sdk/rust/src/transport/failure.rs"]
#[allow(unreachable_pub, reason = "the file is the SDK's, where they are reached")]
mod words;

/// The header of a request that wants failures as answers. It is not sent on.
pub(super) const WANTED: HeaderName = HeaderName::from_static("x-watchkeep-failures");
/// The header of an answer that is a failure, which the body describes. No server's answer may carry it.
pub(super) const FAILED: HeaderName = HeaderName::from_static("x-watchkeep-failure");
const STATUS: u16 = 599;

pub(super) fn answer(failure: &Failure) -> http::Response<WasiBody> {
    let body = Full::new(Bytes::from(failure.sentence())).map_err(|never| match never {}).boxed_unsync();
    let mut answer = http::Response::new(body);
    *answer.status_mut() = http::StatusCode::from_u16(STATUS).expect("it is a status");
    answer.headers_mut().insert(FAILED, http::HeaderValue::from_static("told"));
    answer
}
