//! The writer's inbox. Results arrive thousands of times a second and are written twice a second, so a sender does not
//! wake the writer for each: it rings for the first of a batch, for urgent messages, and when a batch is full.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Instant;

use crate::clock;
use crate::shared::lock;

pub(crate) struct Inbox<T> {
    inner: Mutex<Inner<T>>,
    bell: Condvar,
}

struct Inner<T> {
    arrived: Vec<T>,
    rung: bool,
    listening: Listening,
}

/// What wakes the reader of the inbox.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Listening {
    /// A batch is open: wake only for urgent messages, or when this many have arrived.
    Batch { full: usize },
    /// Wake for anything.
    Anything,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Hurry {
    CanWait,
    Urgent,
}

impl<T> Inbox<T> {
    pub(crate) fn new() -> Self {
        let inner = Inner { arrived: Vec::new(), rung: false, listening: Listening::Anything };
        Self { inner: Mutex::new(inner), bell: Condvar::new() }
    }

    /// Adds a message. Blocks no longer than another sender holds the lock.
    pub(crate) fn put(&self, message: T, hurry: Hurry) {
        let mut inner = lock(&self.inner);
        inner.arrived.push(message);
        let wanted = match inner.listening {
            Listening::Anything => true,
            Listening::Batch { full } => inner.arrived.len() >= full,
        };
        if !inner.rung && (wanted || hurry == Hurry::Urgent) {
            inner.rung = true;
            self.bell.notify_one();
        }
    }

    /// Takes everything that has arrived, in order. Waits for the bell until `until` at most.
    pub(crate) fn take(&self, until: Instant, listening: Listening) -> Vec<T> {
        let mut inner = lock(&self.inner);
        inner.listening = listening;
        // What arrived while nobody listened may be what is waited for now.
        if listening == Listening::Anything && !inner.arrived.is_empty() {
            inner.rung = true;
        }
        while !inner.rung {
            let wait = until.saturating_duration_since(clock::now());
            if wait.is_zero() {
                break;
            }
            inner = self.bell.wait_timeout(inner, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
        inner.rung = false;
        std::mem::take(&mut inner.arrived)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn soon() -> Instant {
        clock::now() + Duration::from_millis(20)
    }

    #[test]
    fn an_open_batch_is_left_alone_until_it_is_full_or_something_is_urgent() {
        let inbox = Inbox::new();
        inbox.put(1, Hurry::CanWait);
        assert_eq!(inbox.take(clock::now() + LONG, Listening::Anything), [1]);

        let batch = Listening::Batch { full: 3 };
        assert_eq!(inbox.take(soon(), batch), []);
        inbox.put(2, Hurry::CanWait);
        assert!(!lock(&inbox.inner).rung, "nobody was to be woken for the second of a batch");
        inbox.put(3, Hurry::Urgent);
        assert_eq!(inbox.take(clock::now() + LONG, batch), [2, 3]);
        for message in 4..7 {
            inbox.put(message, Hurry::CanWait);
        }
        assert_eq!(inbox.take(clock::now() + LONG, batch), [4, 5, 6]);
    }

    #[test]
    fn what_came_while_a_batch_was_open_wakes_whoever_then_listens_for_anything() {
        let inbox = Inbox::new();
        assert_eq!(inbox.take(soon(), Listening::Batch { full: 100 }), []);
        inbox.put(1, Hurry::CanWait);
        assert_eq!(inbox.take(clock::now() + LONG, Listening::Anything), [1]);
    }

    #[test]
    fn a_sleeper_is_woken_by_another_thread() {
        let inbox = Arc::new(Inbox::new());
        let sender = Arc::clone(&inbox);
        let thread = std::thread::spawn(move || sender.put(1, Hurry::CanWait));
        assert_eq!(inbox.take(clock::now() + LONG, Listening::Anything), [1]);
        thread.join().unwrap();
    }
}
