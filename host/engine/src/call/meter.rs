//! CPU time of one call: what its polls cost the thread, so that neither a loaded machine nor a waiting host call
//! spends the budget.
//!
//! The thread's own clock costs a system call, which on some machines is most of what a small run costs. So a poll
//! that took hardly any wall time is charged that, and only a longer one asks the thread: it is charged what the
//! thread has spent since it was last asked, less what short polls were charged meanwhile, and never more than its
//! wall time.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use wasmtime::UpdateDeadline;

/// A guest that has computed for so long gives way to others.
const SLICE: Duration = Duration::from_millis(5);
/// A poll that took no longer is charged its wall time.
const SHORT: Duration = Duration::from_millis(1);

thread_local! {
    static ACCOUNT: Account = Account::open();
}

/// What a thread knows of its own CPU time.
struct Account {
    /// As the thread's clock said last, in nanoseconds.
    asked: Cell<u64>,
    /// Charged to short polls since.
    charged: Cell<u64>,
}

impl Account {
    fn open() -> Self {
        Self { asked: Cell::new(thread_nanos()), charged: Cell::new(0) }
    }
    fn charge_short(&self, spent: Duration) {
        self.charged.set(self.charged.get().saturating_add(nanos(spent)));
    }
    /// What a poll that goes on since `wall` has cost at most.
    fn uncharged(&self, wall: Duration) -> u64 {
        let since = thread_nanos().saturating_sub(self.asked.get());
        since.saturating_sub(self.charged.get()).min(nanos(wall))
    }
    fn charge_long(&self, wall: Duration) -> u64 {
        let spent = self.uncharged(wall);
        self.asked.set(thread_nanos());
        self.charged.set(0);
        spent
    }
}

/// Shared by the future that is metered and the store that it runs in. Only ever touched by one thread at a
/// time, hence the relaxed order.
#[derive(Debug)]
pub(crate) struct Meter {
    opened: Instant,
    /// Of finished polls, in nanoseconds.
    spent: AtomicU64,
    /// When the current poll began, in nanoseconds since `opened`.
    poll_began: AtomicU64,
}

impl Meter {
    pub(crate) fn open() -> Self {
        Self { opened: Instant::now(), spent: AtomicU64::new(0), poll_began: AtomicU64::new(0) }
    }

    /// Of finished polls.
    pub(crate) fn spent(&self) -> Duration {
        Duration::from_nanos(self.spent.load(Ordering::Relaxed))
    }

    /// What the epoch's tick decides: go on, give way, or stop.
    pub(crate) fn tick(&self, budget: Duration) -> UpdateDeadline {
        let wall = self.in_poll();
        if wall <= SHORT {
            return UpdateDeadline::Continue(1);
        }
        let slice = Duration::from_nanos(ACCOUNT.with(|account| account.uncharged(wall)));
        if self.spent() + slice >= budget {
            UpdateDeadline::Interrupt
        } else if slice >= SLICE {
            UpdateDeadline::Yield(1)
        } else {
            UpdateDeadline::Continue(1)
        }
    }

    fn begin_poll(&self) {
        // The thread's account is opened by its first poll, not at the end of it.
        ACCOUNT.with(|_| ());
        self.poll_began.store(nanos(self.opened.elapsed()), Ordering::Relaxed);
    }
    fn end_poll(&self) {
        let wall = self.in_poll();
        let spent = ACCOUNT.with(|account| {
            if wall <= SHORT {
                account.charge_short(wall);
                nanos(wall)
            } else {
                account.charge_long(wall)
            }
        });
        self.spent.fetch_add(spent, Ordering::Relaxed);
    }
    fn in_poll(&self) -> Duration {
        let began = Duration::from_nanos(self.poll_began.load(Ordering::Relaxed));
        self.opened.elapsed().saturating_sub(began)
    }
}

fn nanos(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
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
        self.meter.begin_poll();
        let polled = Pin::new(&mut self.future).poll(context);
        self.meter.end_poll();
        polled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compute(span: Duration) {
        let until = thread_nanos() + nanos(span);
        while thread_nanos() < until {
            std::hint::black_box(0);
        }
    }

    fn polled(meter: &Meter, work: impl FnOnce()) {
        meter.begin_poll();
        work();
        meter.end_poll();
    }

    #[test]
    fn computing_is_charged_and_waiting_is_not() {
        let meter = Meter::open();
        polled(&meter, || compute(Duration::from_millis(20)));
        let computed = meter.spent();
        assert!(computed >= Duration::from_millis(20), "{computed:?}");
        // A thread that is preempted has the same look: wall time goes by, its own clock stands.
        let (_hold, held) = std::sync::mpsc::channel::<()>();
        polled(&meter, || held.recv_timeout(Duration::from_millis(50)).unwrap_err().to_string().clear());
        let waited = meter.spent() - computed;
        assert!(waited < Duration::from_millis(10), "{waited:?}");
    }

    #[test]
    fn one_poll_is_not_charged_for_what_the_thread_did_before() {
        let (first, second) = (Meter::open(), Meter::open());
        for _ in 0..200 {
            polled(&first, || compute(Duration::from_micros(300)));
        }
        polled(&second, || compute(Duration::from_millis(3)));
        assert!(first.spent() >= Duration::from_millis(60), "{:?}", first.spent());
        assert!(second.spent() < Duration::from_millis(20), "{:?}", second.spent());
    }

    #[test]
    fn the_budget_ends_a_poll_that_computes() {
        let meter = Meter::open();
        meter.begin_poll();
        assert!(matches!(meter.tick(Duration::from_millis(10)), UpdateDeadline::Continue(1)));
        compute(Duration::from_millis(6));
        assert!(matches!(meter.tick(Duration::from_secs(1)), UpdateDeadline::Yield(1)));
        compute(Duration::from_millis(6));
        assert!(matches!(meter.tick(Duration::from_millis(10)), UpdateDeadline::Interrupt));
    }
}
