//! Which mails are under way, from one run to the next.

use std::time::Duration;

use watchkeep_sdk::kv::{self, KvError};

use crate::config::Delivery;

const KEY: &str = "delivery";
/// What is older is given up: nobody looks for it any more.
const WAITING_MAX: usize = 10;

/// A mail that was sent, and has not been seen in the mailbox.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Waiting {
    pub(crate) token: String,
    /// Milliseconds since the Unix epoch.
    pub(crate) sent: u64,
}

/// The last mail that arrived, of those that were sent last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Arrived {
    pub(crate) sent: u64,
    pub(crate) took: Duration,
}

#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct DeliveryMemory {
    pub(crate) arrived: Option<Arrived>,
    /// The oldest first.
    pub(crate) waiting: Vec<Waiting>,
}

impl DeliveryMemory {
    pub(crate) fn read() -> DeliveryMemory {
        kv::get_text(KEY).map(|text| DeliveryMemory::of(&text)).unwrap_or_default()
    }

    pub(crate) fn write(&self) -> Result<u64, KvError> {
        kv::set(KEY, self.text())
    }

    /// A line each: `arrived SENT TOOK`, `waiting SENT TOKEN`.
    fn text(&self) -> String {
        let arrived = self.arrived.map(|one| format!("arrived {} {}\n", one.sent, one.took.as_millis()));
        let waiting = self.waiting.iter().map(|one| format!("waiting {} {}\n", one.sent, one.token));
        arrived.into_iter().chain(waiting).collect()
    }

    fn of(text: &str) -> DeliveryMemory {
        let mut kept = DeliveryMemory::default();
        for line in text.lines() {
            let mut words = line.split(' ');
            let word = words.next();
            let Some(sent) = words.next().and_then(|sent| sent.parse().ok()) else { continue };
            match (word, words.next()) {
                (Some("arrived"), Some(took)) => {
                    let took = took.parse().ok().map(Duration::from_millis);
                    kept.arrived = took.map(|took| Arrived { sent, took });
                }
                (Some("waiting"), Some(token)) => {
                    kept.waiting.push(Waiting { token: token.to_owned(), sent });
                }
                (_, _) => {}
            }
        }
        kept
    }

    pub(crate) fn sent(&mut self, waiting: Waiting) {
        self.waiting.push(waiting);
        let many = self.waiting.len().saturating_sub(WAITING_MAX);
        self.waiting.drain(..many);
    }

    pub(crate) fn arrive(&mut self, waiting: &Waiting, took: Duration) {
        self.waiting.retain(|one| one != waiting);
        if self.arrived.is_none_or(|arrived| arrived.sent <= waiting.sent) {
            self.arrived = Some(Arrived { sent: waiting.sent, took });
        }
    }

    /// Those that were sent after the last that arrived. Older ones are lost, and the way is good again: they are looked for,
    /// so that they do not stay in the mailbox, and held against nobody.
    pub(crate) fn missing(&self) -> impl Iterator<Item = &Waiting> {
        let last = self.arrived.map_or(0, |arrived| arrived.sent);
        self.waiting.iter().filter(move |one| one.sent > last)
    }

    /// Whether another is to be sent: none is on its way that may still come, and the last was long enough ago.
    pub(crate) fn is_time(&self, config: &Delivery, now: u64) -> bool {
        let ago = |sent: u64| Duration::from_millis(now.saturating_sub(sent));
        let last = self.waiting.iter().map(|one| one.sent).chain(self.arrived.map(|one| one.sent)).max();
        self.missing().all(|one| ago(one.sent) >= config.critical)
            && last.is_none_or(|last| last > now || ago(last) >= config.every)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_read_back_and_what_is_none_is_passed_over() {
        let waiting = Waiting { token: "t1".to_owned(), sent: 7 };
        let kept = DeliveryMemory {
            arrived: Some(Arrived { sent: 5, took: Duration::from_millis(1_200) }),
            waiting: vec![waiting],
        };
        assert_eq!(DeliveryMemory::of(&kept.text()), kept);
        assert_eq!(
            DeliveryMemory::of("arrived x y\nwaiting\nwaiting 3\nmore\n\u{0}"),
            DeliveryMemory::default()
        );
    }
}
