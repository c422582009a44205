//! HTTP. The host resolves, connects, follows redirects, checks every step against the grants, and puts secrets in
//! place.

mod challenge;
mod exchange;
mod extras;
mod hmac;
pub mod picture;
mod request;
mod response;

pub use crate::bindings::imports::watchkeep::plugin::http::{
    Detailed, DigestLogin, Ending, Exchange, Extras, Header, Hop, Incomplete, Leg, Reading, Response,
};
pub use crate::transport::{
    Address, Certificate, Credential, Digest, Encoding, Failure, FailureKind, Family, HmacPlacement,
    MessagePart, Phase, Placement, Sigv4Placement, Timings, TlsFacts, TlsOptions, Trust, span,
};

pub use crate::bindings::imports::watchkeep::plugin::http::Request as Sent;
pub use challenge::{Challenge, challenges};
pub use hmac::Hmac;
pub use request::{BODY_BYTES_MAX, REDIRECTS_MAX, Request, get, post, request, to, to_secret};
