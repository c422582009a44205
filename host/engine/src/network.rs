//! What every network interface is built of: names to decided addresses, a connection to one of them, TLS over it,
//! and how far it came. What is sent over a connection is the interfaces' own business.
//!
//! Nothing here connects to an address that was not decided on, and nothing is kept between calls.

pub(crate) mod dial;
pub(crate) mod failure;
pub(crate) mod marks;
pub(crate) mod resolve;
pub(crate) mod tls;

mod certificate;
