//! What comes in before the stages: config, commands, answers of services, clocks. Each input changes records, and
//! marks what the stages are to look at.

pub(crate) mod acknowledge;
pub(crate) mod acted;
pub(crate) mod answer;
pub(crate) mod command;
pub(crate) mod config;
pub(crate) mod fallback;
pub(crate) mod jump;
pub(crate) mod letters;
pub(crate) mod rename;
pub(crate) mod retry;
pub(crate) mod start_up;
pub(crate) mod windows;
