//! Judges what was found: begins, moves and ends the lives of alerts.

pub(crate) mod close;
pub(crate) mod due;
pub(crate) mod findings;
pub(crate) mod heartbeat;
pub(crate) mod host;
pub(crate) mod life;
pub(crate) mod not_judged;
pub(crate) mod open;
pub(crate) mod plugin;
pub(crate) mod run;
