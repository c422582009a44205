//! Takes messages to the outbox, and begins the attempts to deliver them.

pub(crate) mod attempt;
pub(crate) mod queue;
