//! HTTP. The host resolves, connects, redirects, checks every step against the grants, and puts secrets in place.

mod request;
mod response;

pub use crate::bindings::imports::watchkeep::plugin::http::{Header, Hop, Response};
pub use crate::transport::{
    Address, Certificate, Credential, Encoding, Failure, FailureKind, Family, Phase, Placement, Timings,
    TlsFacts, TlsOptions, Trust, span,
};

pub use crate::bindings::imports::watchkeep::plugin::http::Request as Sent;
pub use request::{BODY_BYTES_MAX, REDIRECTS_MAX, Request, get, post, request, to, to_secret};
