//! HTTP. The host resolves, connects, redirects, checks every step against the grants, and puts secrets in place.

mod failure;
mod request;
mod response;

pub use crate::bindings::imports::watchkeep::plugin::http::{Header, Hop, Response};
pub use crate::bindings::imports::watchkeep::plugin::transport::{
    Address, Certificate, Credential, Encoding, Failure, FailureKind, Family, Phase, Placement, Timings,
    TlsFacts, TlsOptions, Trust,
};

pub use crate::bindings::imports::watchkeep::plugin::http::Request as Sent;
pub use failure::span;
pub use request::{BODY_BYTES_MAX, REDIRECTS_MAX, Request, get, post, request, to, to_secret};
