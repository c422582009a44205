//! The HTTP check against the scripted host.
#![allow(clippy::unwrap_used, reason = "in a test a failed unwrap is the message")]

mod checks;
mod expectations;
mod hostile;
mod requests;
mod steps;
mod tries;
