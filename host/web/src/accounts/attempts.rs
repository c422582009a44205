//! How often somebody may fail to sign in: from one address, and under one name. Who signed in under a name before, from the
//! same address, counts apart from strangers who try it: these lock nobody out.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use watchkeep_core::ids::Digest;

use crate::source::Source;

/// How many failures in a row an address may have, and a name.
const BURST: f64 = 10.0;
/// How many more per second after that: one in half a minute.
const A_SECOND: f64 = 1.0 / 30.0;
/// How many of each are remembered.
const REMEMBERED_MAX: usize = 4096;
/// How many failures at once are written into the audit log, from all addresses together. After that as few per second as
/// one address may have.
const LOGGED_BURST: f64 = 100.0;

/// A name by its hash: what people type there may be their password.
type Name = [u8; 32];

#[derive(Default)]
pub(crate) struct Attempts(Mutex<Failed>);

#[derive(Default)]
struct Failed {
    sources: Buckets<Source>,
    names: Buckets<Name>,
    /// Where somebody signed in under the name before.
    pairs: Buckets<(Source, Name)>,
    known: HashSet<(Source, Name)>,
    /// Failures that may still be written into the audit log.
    logged: Option<Left>,
}

struct Buckets<K>(HashMap<K, Left>);

impl<K> Default for Buckets<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

#[derive(Clone, Copy)]
struct Left {
    tries: f64,
    at: Instant,
}

impl Left {
    fn now(&self, now: Instant) -> f64 {
        (self.tries + now.duration_since(self.at).as_secs_f64() * A_SECOND).min(BURST)
    }
}

impl<K: Hash + Eq + Copy> Buckets<K> {
    fn left(&self, key: &K, now: Instant) -> f64 {
        self.0.get(key).map_or(BURST, |left| left.now(now))
    }
    fn take(&mut self, key: K, now: Instant) {
        if self.0.len() >= REMEMBERED_MAX && !self.0.contains_key(&key) {
            self.0.retain(|_, left| left.now(now) < BURST);
            let oldest = self.0.iter().min_by_key(|(_, left)| left.at).map(|(key, _)| *key);
            if let Some(oldest) = oldest.filter(|_| self.0.len() >= REMEMBERED_MAX) {
                self.0.remove(&oldest);
            }
        }
        let tries = (self.left(&key, now) - 1.0).max(0.0);
        self.0.insert(key, Left { tries, at: now });
    }
    fn give(&mut self, key: &K, now: Instant) {
        if let Some(left) = self.0.get_mut(key) {
            *left = Left { tries: (left.now(now) + 1.0).min(BURST), at: now };
        }
    }
}

/// An attempt that counts as failed until it is known to have gone well: a hundred at once are a hundred.
#[derive(Clone, Copy)]
pub(crate) struct Attempt {
    source: Source,
    name: Name,
}

impl Attempts {
    /// Begins an attempt; `None` if there were too many.
    pub(crate) fn begin(&self, from: Option<IpAddr>, name: &str) -> Option<Attempt> {
        self.begin_at(from, name, Instant::now())
    }
    fn begin_at(&self, from: Option<IpAddr>, name: &str, now: Instant) -> Option<Attempt> {
        let attempt = Attempt { source: Source::of(from), name: Digest::of(name.as_bytes()).0 };
        let pair = (attempt.source, attempt.name);
        let mut failed = self.failed();
        let known = failed.known.contains(&pair);
        let of_name =
            if known { failed.pairs.left(&pair, now) } else { failed.names.left(&attempt.name, now) };
        if failed.sources.left(&attempt.source, now) < 1.0 || of_name < 1.0 {
            return None;
        }
        failed.sources.take(attempt.source, now);
        if known {
            failed.pairs.take(pair, now);
        } else {
            failed.names.take(attempt.name, now);
        }
        Some(attempt)
    }

    /// The attempt went well.
    pub(crate) fn went_well(&self, attempt: Attempt) {
        self.went_well_at(attempt, Instant::now());
    }
    fn went_well_at(&self, attempt: Attempt, now: Instant) {
        let mut failed = self.failed();
        let pair = (attempt.source, attempt.name);
        failed.sources.give(&attempt.source, now);
        if failed.known.contains(&pair) {
            failed.pairs.give(&pair, now);
            return;
        }
        failed.names.give(&attempt.name, now);
        if failed.known.len() >= REMEMBERED_MAX {
            failed.known.clear();
        }
        failed.known.insert(pair);
    }

    /// Whether a failure is written into the audit log: who has many addresses does not fill the disk.
    pub(crate) fn is_logged(&self) -> bool {
        self.is_logged_at(Instant::now())
    }
    fn is_logged_at(&self, now: Instant) -> bool {
        let mut failed = self.failed();
        let grown = |left: Left| left.tries + now.duration_since(left.at).as_secs_f64() * A_SECOND;
        let tries = failed.logged.map_or(LOGGED_BURST, grown).min(LOGGED_BURST);
        let may = tries >= 1.0;
        failed.logged = Some(Left { tries: if may { tries - 1.0 } else { tries }, at: now });
        may
    }

    fn failed(&self) -> MutexGuard<'_, Failed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn peer(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn ten_failures_are_enough_from_one_address_whatever_the_names() {
        let attempts = Attempts::default();
        let now = Instant::now();
        for n in 0..10 {
            assert!(attempts.begin_at(peer("192.0.2.1"), &format!("name-{n}"), now).is_some());
        }
        assert!(attempts.begin_at(peer("192.0.2.1"), "other", now).is_none());
        assert!(attempts.begin_at(peer("192.0.2.2"), "other", now).is_some(), "another address");
        assert!(attempts.begin_at(peer("192.0.2.1"), "other", now + Duration::from_secs(31)).is_some());
    }

    #[test]
    fn ten_failures_are_enough_under_one_name_from_wherever() {
        let attempts = Attempts::default();
        let now = Instant::now();
        let home = attempts.begin_at(peer("203.0.113.9"), "kari", now).unwrap();
        attempts.went_well_at(home, now);
        for n in 0..10 {
            assert!(attempts.begin_at(peer(&format!("192.0.2.{n}")), "kari", now).is_some());
        }
        assert!(attempts.begin_at(peer("192.0.2.99"), "kari", now).is_none());
        assert!(attempts.begin_at(peer("192.0.2.99"), "ola", now).is_some(), "another name");
        assert!(attempts.begin_at(peer("203.0.113.9"), "kari", now).is_some(), "strangers lock nobody out");
    }

    #[test]
    fn few_failures_of_many_are_written_down() {
        let attempts = Attempts::default();
        let now = Instant::now();
        assert_eq!((0..1000).filter(|_| attempts.is_logged_at(now)).count(), 100);
        let later = now + Duration::from_secs(61);
        assert_eq!((0..1000).filter(|_| attempts.is_logged_at(later)).count(), 2);
    }

    #[test]
    fn what_went_well_counts_for_nothing_and_much_is_forgotten() {
        let attempts = Attempts::default();
        let now = Instant::now();
        for _ in 0..50 {
            let attempt = attempts.begin_at(peer("192.0.2.1"), "kari", now).unwrap();
            attempts.went_well_at(attempt, now);
        }
        for n in 0..REMEMBERED_MAX as u32 + 100 {
            attempts.begin_at(Some(IpAddr::V4(n.into())), &n.to_string(), now);
        }
        let failed = attempts.failed();
        assert!(failed.sources.0.len() <= REMEMBERED_MAX && failed.names.0.len() <= REMEMBERED_MAX);
    }
}
