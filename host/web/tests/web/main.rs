//! Everything through the router, with a host that is made up.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod access;
mod actions;
mod alerts;
mod api;
mod charts;
mod explain;
mod forms;
mod guard;
mod hostile;
mod letters;
mod life;
mod markers;
mod metrics;
mod notes;
mod openapi;
mod operating;
mod overview;
mod packing;
mod pages;
mod paging;
mod ping;
mod proxies;
mod reply;
mod serve;
mod status;
mod stream;
mod support;
mod tables;
mod taking;
mod telling;
mod tls;
mod windows;
mod writes;
