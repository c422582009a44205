//! One program for all end-to-end tests, so that it is linked once.
#![allow(clippy::unwrap_used, reason = "in a test a failed unwrap is the message")]

mod alertmanager;
mod authoring;
mod bad_config;
mod clock_jumps;
mod command_line;
mod discord;
mod documents;
mod email;
mod every_commit;
mod examples;
mod full_disk;
mod harness;
mod hot_loading;
mod hot_loading_places;
mod hot_loading_refused;
mod killed;
mod languages;
mod listening;
mod machine;
mod nginx;
mod notices;
mod ntfy;
mod pagerduty;
mod people;
mod plugin_owners;
mod receivers;
mod reload;
mod secrets;
mod slack;
mod snapshots;
mod stopping;
mod teams;
mod telegram;
mod tutorial;
