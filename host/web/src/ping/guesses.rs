//! Slows down whoever tries keys that do not exist. Such an address is not refused, because there may be jobs behind it
//! that ping correctly (if one of them is misconfigured, or if a proxy is in front of all of them): it waits, and only
//! few pings wait at once.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::source::Source;

/// How many unknown keys an address may try at once.
const BURST: f64 = 30.0;
/// How many more it may try per second after that: as many as a misconfigured job pings.
const A_SECOND: f64 = 1.0;
/// How long a ping waits if its address has tried more.
const WAIT: Duration = Duration::from_secs(1);
/// How many pings wait at once, so that no more keys than this are tried per second.
const WAITING_MAX: usize = 32;
const ADDRESSES_MAX: usize = 4096;

pub(super) struct Guesses {
    tried: Mutex<HashMap<Source, Tried>>,
    waiting: Semaphore,
}

#[derive(Clone, Copy)]
struct Tried {
    /// How many tries are left.
    left: f64,
    at: Instant,
}

impl Default for Guesses {
    fn default() -> Self {
        Self { tried: Mutex::default(), waiting: Semaphore::new(WAITING_MAX) }
    }
}

/// What happens to a ping before its key is looked at.
#[derive(Debug)]
enum Admission<'a> {
    AtOnce,
    /// The ping waits, and holds one of the places for that.
    Later(SemaphorePermit<'a>),
    /// Too many wait already.
    Refused,
}

impl Guesses {
    /// Waits if this address has tried too much; `false` if too many wait already.
    pub(super) async fn admit(&self, peer: Option<IpAddr>) -> bool {
        match self.admission(peer, Instant::now()) {
            Admission::AtOnce => true,
            Admission::Later(_place) => {
                tokio::time::sleep(WAIT).await;
                true
            }
            Admission::Refused => false,
        }
    }

    fn admission(&self, peer: Option<IpAddr>, now: Instant) -> Admission<'_> {
        let spent = self.tried().get(&Source::of(peer)).is_some_and(|tried| tried.left_at(now) < 1.0);
        match spent.then(|| self.waiting.try_acquire()) {
            None => Admission::AtOnce,
            Some(Ok(place)) => Admission::Later(place),
            Some(Err(_)) => Admission::Refused,
        }
    }

    pub(super) fn missed(&self, peer: Option<IpAddr>) {
        self.missed_at(peer, Instant::now());
    }

    fn missed_at(&self, peer: Option<IpAddr>, now: Instant) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn who_guesses_waits_and_others_do_not() {
        let guesses = Guesses::default();
        let now = Instant::now();
        for _ in 0..30 {
            assert!(matches!(guesses.admission(peer("192.0.2.1"), now), Admission::AtOnce));
            guesses.missed_at(peer("192.0.2.1"), now);
        }
        assert!(matches!(guesses.admission(peer("192.0.2.1"), now), Admission::Later(_)));
        assert!(matches!(guesses.admission(peer("192.0.2.2"), now), Admission::AtOnce), "another address");
        let second = now + Duration::from_secs(1);
        assert!(matches!(guesses.admission(peer("192.0.2.1"), second), Admission::AtOnce));
        guesses.missed_at(peer("192.0.2.1"), second);
        assert!(matches!(guesses.admission(peer("192.0.2.1"), second), Admission::Later(_)));
    }

    #[test]
    fn one_network_of_ipv6_is_one_source_and_few_wait_at_once() {
        let guesses = Guesses::default();
        let now = Instant::now();
        for n in 0..40 {
            guesses.missed_at(peer(&format!("2001:db8:1:2::{n:x}")), now);
        }
        let asked: Vec<_> = (0..100).map(|_| guesses.admission(peer("2001:db8:1:2::ffff"), now)).collect();
        let waiting = asked.iter().filter(|admission| matches!(admission, Admission::Later(_))).count();
        let refused = asked.iter().filter(|admission| matches!(admission, Admission::Refused)).count();
        assert_eq!((waiting, refused), (WAITING_MAX, 100 - WAITING_MAX));
        drop(asked);
        assert!(matches!(guesses.admission(peer("2001:db8:1:2::1"), now), Admission::Later(_)));
    }

    #[test]
    fn many_addresses_are_not_all_remembered() {
        let guesses = Guesses::default();
        for n in 0..ADDRESSES_MAX as u32 + 100 {
            guesses.missed(Some(IpAddr::V4(n.into())));
        }
        assert!(guesses.tried().len() <= ADDRESSES_MAX);
    }
}
