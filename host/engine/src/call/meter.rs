//! CPU time of one call: thread time while it is polled, so that neither a loaded machine nor a waiting host
//! call spends the budget.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use wasmtime::UpdateDeadline;

/// A guest that has computed for so long gives way to others.
const SLICE: Duration = Duration::from_millis(5);

/// Shared by the future that is metered and the store that it runs in. Only ever touched by one thread at a
/// time, hence the relaxed order.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    /// Of finished polls, in nanoseconds.
    spent: AtomicU64,
    /// Thread CPU time at which the current poll began.
    poll_began: AtomicU64,
}

impl Meter {
    /// Of finished polls.
    pub(crate) fn spent(&self) -> Duration {
        Duration::from_nanos(self.spent.load(Ordering::Relaxed))
    }

    /// What the epoch's tick decides: go on, give way, or stop.
    pub(crate) fn tick(&self, budget: Duration) -> UpdateDeadline {
        let slice =
            Duration::from_nanos(thread_nanos().saturating_sub(self.poll_began.load(Ordering::Relaxed)));
        if self.spent() + slice >= budget {
            UpdateDeadline::Interrupt
        } else if slice >= SLICE {
            UpdateDeadline::Yield(1)
        } else {
            UpdateDeadline::Continue(1)
        }
    }
}

fn thread_nanos() -> u64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    // Both are never negative for this clock.
    (now.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(now.tv_nsec as u64)
}

/// `future`, with its polls measured.
pub(crate) struct Metered<F> {
    meter: Arc<Meter>,
    future: F,
}

impl<F> Metered<F> {
    pub(crate) fn new(meter: Arc<Meter>, future: F) -> Self {
        Self { meter, future }
    }
}

impl<F: Future + Unpin> Future for Metered<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let began = thread_nanos();
        self.meter.poll_began.store(began, Ordering::Relaxed);
        let polled = Pin::new(&mut self.future).poll(context);
        let spent = thread_nanos().saturating_sub(began);
        self.meter.spent.fetch_add(spent, Ordering::Relaxed);
        polled
    }
}
