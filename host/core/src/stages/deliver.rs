//! Messages on their way.

pub(crate) mod attempt;
pub(crate) mod queue;
