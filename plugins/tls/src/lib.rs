//! The check `tls`: looks at what a TLS server shows, at once or after STARTTLS: its certificates with their names, ends,
//! keys and signatures, its protocol and ciphers, its stapled OCSP response.
//!
//! A server that cannot be reached, or whose chain is not trusted, is critical. A right that is missing is a fault.

mod ciphers;
mod config;
mod hello;
mod judge;
mod metrics;
mod ocsp;
mod offers;
mod visit;

use watchkeep_sdk::check;
use watchkeep_sdk::prelude::*;

pub use config::Tls;

/// What reads bytes of strangers, for the fuzzer.
pub mod bytes {
    pub use crate::hello::{Answer, read};
    pub use crate::ocsp::{CertificateStatus, Stapled, stapled};
}

/// Keeps nothing between runs.
#[check(name = "tls", summary = "Inspects the certificates and the protocol of a TLS server")]
pub fn run(config: Tls, run: Run) -> Verdict {
    let seen = match visit::inspect(&config) {
        Ok(seen) => seen,
        Err(refused) => return judge::unreachable(refused),
    };
    let mut complaints = Complaints::default();
    judge::shown(&config, &seen, run.scheduled_at, &mut complaints);
    offers::judge(&config, &mut complaints);
    judge::verdict(&config, &seen, run.scheduled_at, &complaints)
}
