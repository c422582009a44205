//! One program for all end-to-end tests, so that it is linked once. What a plugin has of them lies in its own folder,
//! `plugins/NAME/tests/end_to_end`.
#![allow(clippy::unwrap_used, reason = "in a test a failed unwrap is the message")]

#[path = "../../../../host/engine/tests/support/room.rs"]
mod room;
#[path = "../../../../host/import/src/tests/samples.rs"]
mod samples;

mod authoring;
mod backups;
mod bad_config;
mod clock_jumps;
mod command_line;
mod documents;
mod doors;
mod every_commit;
mod examples;
mod full_disk;
mod fuzzed;
mod harness;
mod hot_loading;
mod hot_loading_places;
mod hot_loading_refused;
mod imports;
mod journeys;
mod killed;
mod languages;
mod listening;
mod machine;
mod nginx;
mod notices;
mod outside;
mod pages;
mod people;
mod plugin_owners;
mod receivers;
mod recovery;
mod reload;
mod secrets;
mod shortage;
mod snapshots;
mod stopping;
mod telling;
mod tutorial;

include!(concat!(env!("OUT_DIR"), "/plugins.rs"));
