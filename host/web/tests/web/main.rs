//! Everything through the router, with a host that is made up.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod api;
mod guard;
mod metrics;
mod openapi;
mod pages;
mod paging;
mod stream;
mod support;
mod writes;
