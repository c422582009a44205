//! How many messages are taken: Slack takes about one a second for each webhook and lets a short burst through.

use std::time::{Duration, Instant};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pace {
    Any,
    /// One each `every`, and `burst` at once after a quiet time.
    Limited {
        every: Duration,
        burst: u32,
    },
}

impl Pace {
    pub const fn slack() -> Pace {
        Pace::Limited { every: Duration::from_secs(1), burst: 3 }
    }
}

/// A leaky bucket, kept as the moment at which it will be empty.
pub(super) struct Gate {
    pace: Pace,
    empty_at: Option<Instant>,
}

impl Gate {
    pub(super) fn new(pace: Pace) -> Self {
        Self { pace, empty_at: None }
    }

    /// The error is how long to wait.
    pub(super) fn pass(&mut self, now: Instant) -> Result<(), Duration> {
        let Pace::Limited { every, burst } = self.pace else { return Ok(()) };
        let empty_at = self.empty_at.map_or(now, |at| at.max(now));
        let filled = empty_at.duration_since(now);
        let room = every * burst.saturating_sub(1);
        if filled > room {
            return Err(filled - room);
        }
        self.empty_at = Some(empty_at + every);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lets_a_burst_through_then_one_each_second() {
        let mut gate = Gate::new(Pace::slack());
        let start = Instant::now();
        let answers: Vec<_> = [0, 0, 0, 0, 999, 1000, 1000, 2000, 9000]
            .map(|ms| gate.pass(start + Duration::from_millis(ms)).map_err(|wait| wait.as_millis()))
            .into();
        assert_eq!(answers, [Ok(()), Ok(()), Ok(()), Err(1000), Err(1), Ok(()), Err(1000), Ok(()), Ok(())]);
    }
}
