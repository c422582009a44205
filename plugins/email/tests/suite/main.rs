//! Letters, and the conversations in which they are handed over.
#![allow(clippy::unwrap_used, reason = "in a test a failed unwrap is the message")]

#[path = "../support/mod.rs"]
mod support;

mod conversations;
mod letters;
