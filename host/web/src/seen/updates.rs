//! Live updates: the line on which they are told, which remembers the last of them for whoever comes back, and what one
//! caller hears of it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::broadcast::{Receiver, Sender, channel};
use watchkeep_core::view::Update;

type Narrow = Box<dyn FnMut(Arc<Update>) -> Option<Arc<Update>> + Send>;

#[derive(Clone)]
struct Numbered {
    number: u64,
    update: Arc<Update>,
}

/// Tells updates to listeners. While there is none for long, nothing is copied or kept.
pub struct Line {
    /// Tells the places of this line from those of another host's, or of this one before a restart.
    run: u64,
    depth: usize,
    sender: Sender<Numbered>,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    is_heard: bool,
    /// How many updates nobody was there for.
    unheard: usize,
    next: u64,
    kept: VecDeque<Numbered>,
}

impl Line {
    /// One that holds so many updates for a listener that is slow, and for one that comes back.
    pub fn new(run: u64, depth: usize) -> Self {
        Self { run, depth, sender: channel(depth).0, told: Mutex::default() }
    }

    fn with<T>(&self, look: impl FnOnce(&mut Told) -> T) -> T {
        look(&mut self.told.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How many listen.
    pub fn listeners(&self) -> usize {
        self.sender.receiver_count()
    }

    /// Whether there is anybody to tell, or was a moment ago.
    pub fn is_heard(&self) -> bool {
        self.with(|told| told.is_heard)
    }

    pub fn tell(&self, update: Update) {
        self.with(|told| {
            told.unheard = if self.listeners() == 0 { told.unheard + 1 } else { 0 };
            if told.unheard > self.depth {
                // Nobody can come back any more.
                *told = Told { next: told.next, ..Told::default() };
                return;
            }
            let numbered = Numbered { number: told.next, update: Arc::new(update) };
            told.next += 1;
            if told.kept.len() >= self.depth {
                told.kept.pop_front();
            }
            told.kept.push_back(numbered.clone());
            // It is no failure if nobody listens any more.
            let _ = self.sender.send(numbered);
        });
    }

    /// Forgets what was told: nobody is told again by another config what was told by this one.
    pub fn forget(&self) {
        self.with(|told| told.kept.clear());
    }

    /// Every update from now on.
    pub fn subscribe(&self) -> Updates {
        self.with(|told| {
            told.is_heard = true;
            self.updates(VecDeque::new())
        })
    }

    /// Every update after the one at this place; `None` if some of them are not known any more.
    pub fn resume(&self, place: &str) -> Option<Updates> {
        let (run, number) = place.split_once('-')?;
        let number: u64 = number.parse().ok()?;
        if u64::from_str_radix(run, 16).ok()? != self.run {
            return None;
        }
        self.with(|told| {
            let first = told.kept.front().map_or(told.next, |first| first.number);
            let next = number.checked_add(1)?;
            // What was never told here is no place.
            if next < first || next > told.next {
                return None;
            }
            let missed = told.kept.iter().skip_while(|kept| kept.number < next).cloned().collect();
            Some(self.updates(missed))
        })
    }

    fn updates(&self, missed: VecDeque<Numbered>) -> Updates {
        Updates { run: self.run, at: 0, missed, receiver: self.sender.subscribe(), narrow: None }
    }
}

/// Updates from the moment at which this was made, after those that were missed. Whoever may see everything hears all.
pub struct Updates {
    run: u64,
    /// The number of the update that was heard last.
    at: u64,
    missed: VecDeque<Numbered>,
    receiver: Receiver<Numbered>,
    narrow: Option<Narrow>,
}

impl Updates {
    pub(super) fn narrowed(self, narrow: Narrow) -> Self {
        Self { narrow: Some(narrow), ..self }
    }

    /// Whether the next update is one that was missed.
    pub(crate) fn is_behind(&self) -> bool {
        !self.missed.is_empty()
    }

    /// The place of the update that was heard last.
    pub(crate) fn place(&self) -> String {
        format!("{:x}-{}", self.run, self.at)
    }

    /// The next update; an error if some were lost, or if the host ends. Nothing is lost if this is given up half-way.
    pub async fn recv(&mut self) -> Result<Arc<Update>, RecvError> {
        loop {
            let Numbered { number, update } = match self.missed.pop_front() {
                Some(missed) => missed,
                None => self.receiver.recv().await?,
            };
            self.at = number;
            match &mut self.narrow {
                None => return Ok(update),
                Some(narrow) => {
                    if let Some(update) = narrow(update) {
                        return Ok(update);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use watchkeep_core::ids::CheckName;

    use super::*;

    fn removed(number: usize) -> Update {
        Update::CheckRemoved(CheckName::new(format!("c{number}")))
    }
    async fn heard(updates: &mut Updates) -> (String, String) {
        let update = updates.recv().await.unwrap();
        let Update::CheckRemoved(name) = &*update else { panic!("{update:?}") };
        (name.to_string(), updates.place())
    }

    #[tokio::test]
    async fn who_comes_back_hears_what_was_missed_once_and_then_goes_on() {
        let line = Line::new(0xabc, 3);
        assert!(!line.is_heard());
        let mut first = line.subscribe();
        assert!(line.is_heard());
        (0..3).for_each(|number| line.tell(removed(number)));
        assert_eq!(heard(&mut first).await, ("c0".to_owned(), "abc-0".to_owned()));
        let mut again = line.resume("abc-0").unwrap();
        assert!(again.is_behind());
        line.tell(removed(3));
        let names = [heard(&mut again).await.0, heard(&mut again).await.0, heard(&mut again).await.0];
        assert_eq!(names, ["c1", "c2", "c3"]);
        assert_eq!(again.place(), "abc-3");
        // Nothing was missed.
        assert!(!line.resume("abc-3").unwrap().is_behind());
    }

    #[tokio::test]
    async fn while_nobody_is_there_for_long_nothing_is_kept() {
        let line = Line::new(1, 3);
        drop(line.subscribe());
        (0..4).for_each(|number| line.tell(removed(number)));
        assert!(!line.is_heard() && line.resume("1-1").is_none());
        let mut updates = line.subscribe();
        line.tell(removed(9));
        assert_eq!(heard(&mut updates).await, ("c9".to_owned(), "1-3".to_owned()));
    }

    #[tokio::test]
    async fn a_place_that_is_too_old_of_another_host_or_made_up_resumes_nothing() {
        let line = Line::new(0xabc, 3);
        let _listener = line.subscribe();
        (0..5).for_each(|number| line.tell(removed(number)));
        assert!(line.resume("abc-1").is_some());
        for place in
            ["abc-0", "abd-4", "abc-5", "abc-18446744073709551615", "abc", "-1", "", "abc-x", "xyz-4"]
        {
            assert!(line.resume(place).is_none(), "{place}");
        }
        line.forget();
        assert!(line.resume("abc-3").is_none(), "by another config");
        assert!(line.resume("abc-4").is_some(), "nothing was told since");
    }
}
