//! How often a service lets itself be asked.

use std::collections::VecDeque;
use std::time::Duration;

/// At most so many in any span of this length.
#[derive(Debug)]
pub struct Pace {
    most: usize,
    span: Duration,
    begun: VecDeque<Duration>,
}

impl Pace {
    pub fn new(most: usize, span: Duration) -> Self {
        Self { most, span, begun: VecDeque::new() }
    }
    /// Counts one at `now`, or says for how long none is taken.
    pub fn admit(&mut self, now: Duration) -> Result<(), Duration> {
        while self.begun.front().is_some_and(|at| *at + self.span <= now) {
            self.begun.pop_front();
        }
        match self.begun.front() {
            Some(first) if self.begun.len() >= self.most => Err(*first + self.span - now),
            Some(_) | None => {
                self.begun.push_back(now);
                Ok(())
            }
        }
    }
    /// How many it takes at once, having counted the last.
    pub fn left(&self) -> usize {
        self.most - self.begun.len()
    }
}

/// As a header says it, which knows no parts of a second.
pub fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}
