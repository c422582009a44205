//! What the plugin sends and makes of the answers, beside a strict double of its service.
#![allow(clippy::unwrap_used, reason = "in a test a failed unwrap is the message")]

#[allow(dead_code, unreachable_pub, reason = "the end-to-end tests use the other part of it")]
mod double;

mod bot;
mod posts;
mod presses;
mod strictness;
