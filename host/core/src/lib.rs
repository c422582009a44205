//! Decides. `step` takes the state, one input and both clocks, and returns what to do. It is pure and deterministic: no
//! clock, no randomness, no file, no network, no iteration over an unordered map.
//!
//! `model` has the data, `rules` says what follows from it, and `stages` is the way from the end of a run to a message.
//! Imports lead from later to earlier in this list, and never back.

pub mod ids;
pub mod kind;
pub mod labels;
pub mod time;

pub mod calendar;
pub mod cron;
pub mod descriptors;
pub mod framing;
pub mod gate;
pub mod grant;
pub mod limits;
pub mod matcher;
pub mod plugin_reload;

pub mod action;
pub mod outcome;
pub mod report;
pub mod rollup;
pub mod rule;
pub mod service;
pub mod status_page;

mod model;
pub mod reason;
mod rules;

mod record;
mod stages;

mod inputs;
pub mod reply_token;
pub mod restore;
pub mod step;

pub mod status;
pub mod subscription;
pub mod telling;

pub use model::{
    access, alert, audit_log, commit, delivery, effect, flapping, group, heartbeat, input, marker, note,
    recovery, reply, setup, state, view, window,
};
pub use rules::{hours, notice, replies, route, tried};
