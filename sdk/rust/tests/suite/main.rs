//! What an author meets: configs, and the scripted host.
#![allow(clippy::unwrap_used, reason = "in a test a failed unwrap is the message")]

mod config;
mod harness;
mod intake;
mod lines;
mod machine;
mod mail;
mod network;
#[cfg(feature = "picture")]
mod pictures;
mod report;
mod signatures;
mod system;
