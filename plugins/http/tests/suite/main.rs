//! The HTTP check against the scripted host.
#![allow(clippy::unwrap_used, reason = "in a test a failed unwrap is the message")]

mod certificates;
mod checks;
mod content;
mod expectations;
mod hostile;
mod keys;
mod redirects;
mod requests;
mod steps;
mod tries;
