//! Gathers alerts that are told together, and tells them.

mod content;
pub(crate) mod flush;
pub(crate) mod members;
