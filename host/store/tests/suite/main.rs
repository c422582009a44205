//! The database on a disk that fails, processes that are killed, files of other versions.
#![allow(clippy::unwrap_used, reason = "in a test a failed unwrap is the message")]

#[path = "../support/mod.rs"]
mod support;

mod access;
mod actions;
mod audit;
mod backup;
mod compat;
mod crash;
mod damaged;
mod erase;
mod faults;
mod history;
mod opening;
mod results;
mod rollups;
mod samples;
mod snapshots;
mod writer;
