//! Decisions: the scenarios, the properties, simulated years, and that nothing else is in here.
#![allow(clippy::unwrap_used, reason = "in a test a failed unwrap is the message")]

#[path = "../support/mod.rs"]
mod support;

mod large_group;
mod layers;
mod letters;
mod next_run;
mod properties;
mod pure;
mod scenarios;
mod simulation;
mod start_cap;
