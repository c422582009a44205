//! Slows down who tries keys that are not there. Such an address is not refused, for behind it may stand jobs that
//! ping as they should (one of them misconfigured, or a proxy before all of them): it waits, and only few wait at once.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

/// Unknown keys that an address may try at once.
const BURST: f64 = 30.0;
/// And then, a second: as often as a misconfigured job pings.
const A_SECOND: f64 = 1.0;
/// How long a ping waits from an address that tried more.
const WAIT: Duration = Duration::from_secs(1);
/// So many wait at once, so that no more than so many keys are tried a second.
const WAITING_MAX: usize = 32;
const ADDRESSES_MAX: usize = 4096;

pub(super) struct Guesses {
    tried: Mutex<HashMap<Source, Tried>>,
    waiting: Semaphore,
}

/// An address, or the network that one customer has of IPv6.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Source {
    Unknown,
    V4([u8; 4]),
    V6([u8; 8]),
}

#[derive(Clone, Copy)]
struct Tried {
    /// Tries that are left.
    left: f64,
    at: Instant,
}

impl Default for Guesses {
    fn default() -> Self {
        Self { tried: Mutex::default(), waiting: Semaphore::new(WAITING_MAX) }
    }
}

impl Guesses {
    /// Waits if this address tried too much; `false` if too many wait already.
    pub(super) async fn admit(&self, peer: Option<IpAddr>) -> bool {
        let now = Instant::now();
        let spent = self.tried().get(&Source::of(peer)).is_some_and(|tried| tried.left_at(now) < 1.0);
        if !spent {
            return true;
        }
        let Ok(_place) = self.waiting.try_acquire() else { return false };
        tokio::time::sleep(WAIT).await;
        true
    }

    pub(super) fn missed(&self, peer: Option<IpAddr>) {
        let now = Instant::now();
        let mut tried = self.tried();
        let source = Source::of(peer);
        if tried.len() >= ADDRESSES_MAX && !tried.contains_key(&source) {
            tried.retain(|_, tried| tried.left_at(now) < BURST);
            let oldest = tried.iter().min_by_key(|(_, tried)| tried.at).map(|(source, _)| *source);
            if let Some(oldest) = oldest.filter(|_| tried.len() >= ADDRESSES_MAX) {
                tried.remove(&oldest);
            }
        }
        let left = tried.get(&source).map_or(BURST, |tried| tried.left_at(now));
        tried.insert(source, Tried { left: (left - 1.0).max(0.0), at: now });
    }

    fn tried(&self) -> MutexGuard<'_, HashMap<Source, Tried>> {
        self.tried.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tried {
    fn left_at(&self, now: Instant) -> f64 {
        (self.left + now.duration_since(self.at).as_secs_f64() * A_SECOND).min(BURST)
    }
}

impl Source {
    fn of(peer: Option<IpAddr>) -> Self {
        match peer.map(|peer| peer.to_canonical()) {
            None => Source::Unknown,
            Some(IpAddr::V4(address)) => Source::V4(address.octets()),
            Some(IpAddr::V6(address)) => {
                let octets = address.octets();
                Source::V6(std::array::from_fn(|place| octets[place]))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn who_guesses_waits_and_others_do_not() {
        let guesses = Guesses::default();
        let began = Instant::now();
        for _ in 0..30 {
            assert!(guesses.admit(peer("192.0.2.1")).await);
            guesses.missed(peer("192.0.2.1"));
        }
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert!(guesses.admit(peer("192.0.2.1")).await);
        assert_eq!(began.elapsed(), WAIT);
        guesses.missed(peer("192.0.2.1"));
        assert!(guesses.admit(peer("192.0.2.2")).await);
        assert_eq!(began.elapsed(), WAIT, "another address");
    }

    #[tokio::test(start_paused = true)]
    async fn one_network_of_ipv6_is_one_source_and_few_wait_at_once() {
        let guesses = Guesses::default();
        for n in 0..40 {
            guesses.missed(peer(&format!("2001:db8:1:2::{n:x}")));
        }
        let asked = (0..100).map(|_| guesses.admit(peer("2001:db8:1:2::ffff")));
        let admitted = futures::future::join_all(asked).await;
        assert_eq!(admitted.iter().filter(|admitted| **admitted).count(), WAITING_MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn many_addresses_are_not_all_remembered() {
        let guesses = Guesses::default();
        for n in 0..ADDRESSES_MAX as u32 + 100 {
            guesses.missed(Some(IpAddr::V4(n.into())));
        }
        assert!(guesses.tried().len() <= ADDRESSES_MAX);
    }
}
