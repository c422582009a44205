//! What an author meets: configs, and the scripted host.
#![allow(clippy::unwrap_used, reason = "in a test a failed unwrap is the message")]

mod config;
mod harness;
mod machine;
mod mail;
mod network;
#[cfg(feature = "regex")]
mod pattern;
mod report;
mod system;
