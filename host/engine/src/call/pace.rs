//! Paces long work of the host on behalf of a guest: it gives way to others, counts towards the call's CPU time, and
//! ends when that is used up.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::meter::Meter;

/// Work that has taken this long gives way to others.
const SLICE: Duration = Duration::from_millis(5);

/// The call has used up its CPU time.
#[derive(Debug)]
pub(crate) struct OverBudget;

/// In whose polls the work is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Polls {
    /// In the call's own polls, which are measured.
    OfCall,
    /// In the polls of a task beside it.
    Background,
}

pub(crate) struct Pace {
    meter: Arc<Meter>,
    budget: Duration,
    polls: Polls,
    since: Instant,
}

impl Pace {
    pub(crate) fn new(meter: &Arc<Meter>, budget: Duration, polls: Polls) -> Self {
        Self { meter: Arc::clone(meter), budget, polls, since: Instant::now() }
    }

    #[cfg(test)]
    pub(crate) fn unhurried() -> Self {
        Self::new(&Arc::new(Meter::open(super::meter::turns())), Duration::from_secs(60), Polls::Background)
    }
    /// The pace of a call that has used up its CPU time in the middle of its work.
    #[cfg(test)]
    pub(crate) fn used_up() -> Self {
        let pace = Self { budget: Duration::ZERO, ..Self::unhurried() };
        Self { since: pace.since - SLICE, ..pace }
    }

    /// To be called between two short pieces of work.
    pub(crate) async fn step(&mut self) -> Result<(), OverBudget> {
        let worked = self.since.elapsed();
        if worked < SLICE {
            return Ok(());
        }
        if self.polls == Polls::Background {
            self.meter.charge(worked);
        }
        tokio::task::yield_now().await;
        self.since = Instant::now();
        if self.meter.spent() < self.budget { Ok(()) } else { Err(OverBudget) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::meter::turns;

    fn pace(budget: Duration, polls: Polls) -> (Arc<Meter>, Pace) {
        let meter = Arc::new(Meter::open(turns()));
        let pace = Pace::new(&meter, budget, polls);
        (meter, pace)
    }

    #[tokio::test]
    async fn long_work_gives_way_and_short_work_does_not() {
        let (_, mut pace) = pace(Duration::from_secs(60), Polls::Background);
        assert!(futures::poll!(std::pin::pin!(pace.step())).is_ready());
        pace.since -= SLICE;
        assert!(futures::poll!(std::pin::pin!(pace.step())).is_pending());
    }

    #[tokio::test]
    async fn work_beside_the_call_counts_and_ends() {
        let (meter, mut pace) = pace(Duration::from_secs(1), Polls::Background);
        pace.since -= Duration::from_secs(2);
        assert!(pace.step().await.is_err());
        assert!(meter.spent() >= Duration::from_secs(2));
    }
}
