//! The sites to watch.

pub mod camera;
pub mod expiring;
pub mod flapping;
pub mod healthy;
pub mod slow;
mod steer;
pub mod worker;
