//! Finds out who is to be told what about an alert.

pub(crate) mod acknowledgement;
pub(crate) mod alert;
pub(crate) mod assignee;
pub(crate) mod dependencies;
pub(crate) mod escalate;
pub(crate) mod events;
pub(crate) mod healed;
pub(crate) mod held;
pub(crate) mod recheck;
pub(crate) mod resolve;
pub(crate) mod single;
pub(crate) mod told;
