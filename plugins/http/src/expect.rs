//! What an answer may be held against, beside its status and its text.

mod header;
mod json;
mod number;
mod phases;

pub(crate) use header::HeaderExpected;
pub(crate) use json::JsonExpected;
pub(crate) use phases::{PhaseTimes, Phases};
