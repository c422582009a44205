//! CPU time of one call: what its polls cost the thread, so that neither a loaded machine nor a waiting host call
//! spends the budget.
//!
//! Reading the thread's own clock is a system call, which on some machines is most of what a small run costs. So a
//! short poll is charged its wall time, and only a longer one reads the clock. It is charged what the thread has spent
//! since the last reading, less what short polls were charged meanwhile, and never more than its wall time.
//!
//! Guests that have computed for long take turns, and one core is never theirs: whatever they do, a run that is due
//! finds a thread.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::UpdateDeadline;

/// A guest that has computed for this long gives way to others.
const SLICE: Duration = Duration::from_millis(5);
/// A guest that has computed for this long in all takes turns with others that have.
const LONG: Duration = Duration::from_millis(25);
/// A poll up to this long is charged its wall time.
const SHORT: Duration = Duration::from_millis(1);

thread_local! {
    static ACCOUNT: Account = Account::open();
}

/// What a thread knows of its own CPU time.
struct Account {
    /// The last reading of the thread's clock, in nanoseconds.
    asked: Cell<u64>,
    /// What short polls were charged since then.
    charged: Cell<u64>,
}

impl Account {
    fn open() -> Self {
        Self { asked: Cell::new(thread_nanos()), charged: Cell::new(0) }
    }
    fn charge_short(&self, spent: Duration) {
        self.charged.set(self.charged.get().saturating_add(nanos(spent)));
    }
    /// What a poll that has lasted `wall` so far has cost at most.
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
    /// The CPU time of finished polls, in nanoseconds.
    spent: AtomicU64,
    /// When the current poll began, in nanoseconds since `opened`.
    poll_began: AtomicU64,
    turns: Arc<Semaphore>,
    /// A turn to compute on; given back when the guest gives way or waits.
    turn: Mutex<Option<OwnedSemaphorePermit>>,
}

/// The turns of guests that have computed for long: one for each core except one.
pub(crate) fn turns() -> Arc<Semaphore> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Arc::new(Semaphore::new(cores.saturating_sub(1).max(1)))
}

impl Meter {
    pub(crate) fn open(turns: Arc<Semaphore>) -> Self {
        Self {
            opened: Instant::now(),
            spent: AtomicU64::new(0),
            poll_began: AtomicU64::new(0),
            turns,
            turn: Mutex::new(None),
        }
    }

    /// The time of finished polls.
    pub(crate) fn spent(&self) -> Duration {
        Duration::from_nanos(self.spent.load(Ordering::Relaxed))
    }

    /// Charges work that was done for the call in polls that are not its own.
    pub(crate) fn charge(&self, work: Duration) {
        self.spent.fetch_add(nanos(work), Ordering::Relaxed);
    }

    /// What the guest does at a tick of the epoch: continue, give way, or stop.
    pub(crate) fn tick(self: &Arc<Self>, budget: Duration) -> UpdateDeadline {
        let wall = self.in_poll();
        if wall <= SHORT {
            return UpdateDeadline::Continue(1);
        }
        let slice = Duration::from_nanos(ACCOUNT.with(|account| account.uncharged(wall)));
        if self.spent() + slice >= budget {
            UpdateDeadline::Interrupt
        } else if slice < SLICE {
            UpdateDeadline::Continue(1)
        } else if self.spent() + slice >= LONG {
            self.give_turn(None);
            UpdateDeadline::YieldCustom(1, Box::pin(Self::next_turn(Arc::clone(self))))
        } else {
            UpdateDeadline::Yield(1)
        }
    }

    /// Yields first, so that guests that have not computed for long go ahead, then waits for a turn.
    async fn next_turn(meter: Arc<Self>) {
        tokio::task::yield_now().await;
        // The turns are never closed.
        let turn = Arc::clone(&meter.turns).acquire_owned().await.ok();
        meter.give_turn(turn);
    }

    fn give_turn(&self, turn: Option<OwnedSemaphorePermit>) {
        *self.turn.lock().unwrap_or_else(PoisonError::into_inner) = turn;
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
    // Neither is ever negative for this clock.
    (now.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add(now.tv_nsec as u64)
}

/// A future whose polls are measured.
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
        // A guest that waits needs no turn.
        self.meter.give_turn(None);
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
        let meter = Arc::new(Meter::open(turns()));
        polled(&meter, || compute(Duration::from_millis(20)));
        let computed = meter.spent();
        assert!(computed >= Duration::from_millis(20), "{computed:?}");
        // This looks like a thread that is preempted: wall time passes, and its own clock stands still.
        let (_hold, held) = std::sync::mpsc::channel::<()>();
        polled(&meter, || held.recv_timeout(Duration::from_millis(50)).unwrap_err().to_string().clear());
        let waited = meter.spent() - computed;
        assert!(waited < Duration::from_millis(10), "{waited:?}");
    }

    #[test]
    fn one_poll_is_not_charged_for_what_the_thread_did_before() {
        let (first, second) = (Meter::open(turns()), Meter::open(turns()));
        for _ in 0..200 {
            polled(&first, || compute(Duration::from_micros(300)));
        }
        polled(&second, || compute(Duration::from_millis(3)));
        assert!(first.spent() >= Duration::from_millis(60), "{:?}", first.spent());
        assert!(second.spent() < Duration::from_millis(20), "{:?}", second.spent());
    }

    #[test]
    fn the_budget_ends_a_poll_that_computes() {
        let meter = Arc::new(Meter::open(turns()));
        meter.begin_poll();
        assert!(matches!(meter.tick(Duration::from_millis(10)), UpdateDeadline::Continue(1)));
        compute(Duration::from_millis(6));
        assert!(matches!(meter.tick(Duration::from_secs(1)), UpdateDeadline::Yield(1)));
        compute(Duration::from_millis(6));
        assert!(matches!(meter.tick(Duration::from_millis(10)), UpdateDeadline::Interrupt));
    }
    #[tokio::test]
    async fn guests_that_computed_for_long_take_turns() {
        let one = Arc::new(Semaphore::new(1));
        let long = || {
            let meter = Arc::new(Meter::open(Arc::clone(&one)));
            meter.begin_poll();
            compute(LONG);
            let UpdateDeadline::YieldCustom(1, next) = meter.tick(Duration::from_secs(1)) else {
                panic!("it has computed for long")
            };
            (meter, next)
        };
        let ((first, next_of_first), (_second, mut next_of_second)) = (long(), long());
        next_of_first.await;
        assert!(first.turn.lock().unwrap().is_some());
        for _ in 0..3 {
            assert!(futures::poll!(&mut next_of_second).is_pending(), "there is one turn");
            tokio::task::yield_now().await;
        }
        first.give_turn(None);
        next_of_second.await;
    }
}
