//! Ping. A config field with `#[config(grants = "icmp")]` is its own grant.

use std::time::Duration;

use crate::backend;
use crate::bindings::imports::watchkeep::plugin::icmp::EchoOptions;
use crate::transport::millis;

pub use crate::bindings::imports::watchkeep::plugin::icmp::Echoes;
pub use crate::transport::{Failure, FailureKind, Family, Phase};

/// Echo requests that have not been sent yet.
///
/// ```no_run
/// use watchkeep_sdk::prelude::*;
///
/// fn lost(host: &str) -> Result<usize, Box<icmp::Failure>> {
///     let echoes = icmp::echo(host).count(5).interval(Duration::from_millis(200)).send()?;
///     Ok(echoes.lost())
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is sent before `send`"]
pub struct Echo {
    host: String,
    options: EchoOptions,
}

/// Three requests of 56 bytes, a second apart, each with a timeout of a second.
pub fn echo(host: impl Into<String>) -> Echo {
    let options = EchoOptions { count: 3, interval: 1_000, timeout: 1_000, size: 56, family: Family::Any };
    Echo { host: host.into(), options }
}

impl Echo {
    pub fn count(mut self, count: u16) -> Self {
        self.options.count = count;
        self
    }
    /// Sets the time from one request to the next.
    pub fn interval(mut self, interval: Duration) -> Self {
        self.options.interval = millis(interval);
        self
    }
    /// Sets the timeout of each request.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = millis(timeout);
        self
    }
    /// Sets the bytes of payload.
    pub fn size(mut self, size: u16) -> Self {
        self.options.size = size;
        self
    }
    pub fn family(mut self, family: Family) -> Self {
        self.options.family = family;
        self
    }
    /// Sends the requests. If all are lost, that is an answer; a failure means that none could be sent.
    pub fn send(&self) -> Result<Echoes, Box<Failure>> {
        backend::icmp_echo(&self.host, self.options).map_err(Box::new)
    }
}

impl Echoes {
    pub fn sent(&self) -> usize {
        self.round_trips.len()
    }
    pub fn lost(&self) -> usize {
        self.round_trips.iter().filter(|round_trip| round_trip.is_none()).count()
    }
    /// The round-trip times of those that were answered.
    pub fn answered(&self) -> impl Iterator<Item = Duration> {
        self.round_trips.iter().flatten().map(|&nanos| Duration::from_nanos(nanos))
    }
    /// The average of those that were answered; `None` if none was.
    pub fn average(&self) -> Option<Duration> {
        let answered = u32::try_from(self.answered().count()).ok().filter(|&count| count > 0)?;
        Some(self.answered().sum::<Duration>() / answered)
    }
}
