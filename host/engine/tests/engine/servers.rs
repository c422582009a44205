//! Real servers, as the end-to-end tests start them.

#![allow(dead_code, unreachable_pub, reason = "the end-to-end tests use the other part of it")]

#[path = "../../../../tests/end-to-end/src/servers/dnsmasq.rs"]
pub(crate) mod dnsmasq;
#[path = "../../../../tests/end-to-end/src/servers/lighttpd.rs"]
pub(crate) mod lighttpd;
#[path = "../../../../tests/end-to-end/src/servers/openssl.rs"]
pub(crate) mod openssl;
#[path = "../../../../tests/end-to-end/src/servers/running.rs"]
pub(crate) mod running;
