//! Alerts that are told together.

mod content;
pub(crate) mod flush;
pub(crate) mod members;
