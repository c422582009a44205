//! The core's cron beside others.
#![allow(clippy::unwrap_used, reason = "in a test a failed unwrap is the message")]

mod cron_crate;
mod cronsim;
mod every_minute;
