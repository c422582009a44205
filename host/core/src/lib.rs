//! Decides. `step` takes the state, one input and both clocks, and says what to do; it is pure and
//! deterministic: no clock, no randomness, no file, no network, no iteration over an unordered map.
//!
//! The modules stand in the order in which a run meets them.

pub mod ids;
pub mod kind;
pub mod labels;
pub mod time;

pub mod calendar;
pub mod cron;
pub mod descriptors;
pub mod framing;
pub mod grant;
pub mod heartbeat;
pub mod limits;
pub mod matcher;
pub mod rule;
pub mod setup;
pub mod window;

pub mod outcome;
pub mod report;

pub mod alert;
pub mod reason;

pub mod action;
pub mod delivery;
mod event;
pub mod group;

pub mod commit;
pub mod effect;
pub mod gate;
pub mod hot;
pub mod input;
pub mod view;

mod clock;
mod jump;
mod timers;

mod check;
mod health;
mod plugin;
pub mod schedule;

pub mod route;
pub mod telling;

mod command;
mod reload;
mod rename;
mod turn;

pub mod restore;
pub mod state;
pub mod step;
