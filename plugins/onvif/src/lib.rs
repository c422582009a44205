//! The check `onvif`: asks a camera over ONVIF for its time, its profiles and the URLs of their streams and pictures, and judges
//! each as a finding of its own.
//!
//! What a camera names is foreign: it is opened only where the operator's grants allow it, and only its path is used to find the
//! service for media. No password is in a message, even if a camera writes one into a URL.

mod ask;
mod client;
mod config;
mod judge;
mod opened;
mod profile;
mod soap;
mod time;
mod uri;

use watchkeep_sdk::check;
use watchkeep_sdk::prelude::*;

pub use config::Onvif;

/// What reads bytes of strangers, for the fuzzer.
pub mod bytes {
    pub use crate::profile::{Profile, all as profiles};
    pub use crate::soap::{Refusal, read};
    pub use crate::time::{Time, told as time};
    pub use crate::uri::{Uri, read as uri};
    pub use watchkeep_sdk::onvif::{DEVICE, MEDIA};
}

#[check(
    name = "onvif",
    summary = "Judges a camera's clock and profiles, and the URLs of its streams, over ONVIF"
)]
pub fn run(config: Onvif, _: Run) -> Verdict {
    judge::judge(&config)
}
