//! The sites to watch.

pub mod expiring;
pub mod flapping;
pub mod healthy;
pub mod slow;
