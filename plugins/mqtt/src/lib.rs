//! The check `mqtt`: connects to an MQTT broker; sends a message round, or holds one that others publish against what is
//! expected.
//!
//! A broker that cannot be reached, turns the client away, or does not deliver is critical. A right that is missing is a fault.

mod config;
mod judge;
mod moment;
mod packet;
mod properties;
mod reasons;
mod session;
mod topics;
mod wait;

use watchkeep_sdk::check;
use watchkeep_sdk::prelude::*;

pub use config::Mqtt;

/// What reads bytes of strangers, for the fuzzer.
pub mod bytes {
    pub use crate::moment::read as moment;
    pub use crate::packet::{Packet, Publish, Version, read};
    pub use crate::topics::fits;
}

/// Keeps nothing between runs.
#[check(
    name = "mqtt",
    summary = "Connects to an MQTT broker, sends a message round, and judges what is published"
)]
pub fn run(config: Mqtt, _: Run) -> Verdict {
    judge::judge(&config)
}
