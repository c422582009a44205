//! A connection and the work over it in one task. No task is spawned for a connection that lives only as long as one
//! exchange, nothing outlives the call, and passing something from one half to the other needs no wake-up.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use futures::task::AtomicWaker;
use tokio::sync::mpsc;

/// Polls `connection` for as long as `work` takes. `work` waits for nothing but what the connection brings.
pub(super) async fn drive<T>(connection: impl Future, work: impl Future<Output = T>) -> T {
    let (mut connection, mut work) = (pin!(connection), pin!(work));
    let mut open = true;
    let bell = Arc::new(Bell::default());
    let waker = Waker::from(Arc::clone(&bell));
    poll_fn(move |context| {
        bell.listen(context.waker());
        loop {
            if let Poll::Ready(done) = work.as_mut().poll(&mut Context::from_waker(&waker)) {
                return Poll::Ready(done);
            }
            if open && connection.as_mut().poll(context).is_ready() {
                open = false;
            }
            if bell.is_silent() {
                return Poll::Pending;
            }
        }
    })
    .await
}

/// Wakes the task, unless the task itself is ringing: then it looks once more before it sleeps.
#[derive(Default)]
struct Bell {
    state: AtomicU8,
    task: AtomicWaker,
}

/// The task is being polled.
const AWAKE: u8 = 1;
const RUNG: u8 = 2;

impl Bell {
    fn listen(&self, task: &Waker) {
        self.task.register(task);
        self.state.store(AWAKE, Ordering::SeqCst);
    }
    /// Whether nobody rang since the last look; then the task sleeps.
    fn is_silent(&self) -> bool {
        let silent = self.state.compare_exchange(AWAKE, 0, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        if !silent {
            self.state.store(AWAKE, Ordering::SeqCst);
        }
        silent
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }
    fn wake_by_ref(self: &Arc<Self>) {
        if self.state.fetch_or(RUNG, Ordering::SeqCst) & AWAKE == 0 {
            self.task.wake();
        }
    }
}

type Part = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Takes the parts into which an HTTP/2 connection splits itself; `Parts` runs them.
#[derive(Clone)]
pub(super) struct Within(mpsc::UnboundedSender<Part>);

pub(super) struct Parts(mpsc::UnboundedReceiver<Part>);

/// A stream of a connection makes a handful of parts.
pub(super) fn within() -> (Within, Parts) {
    let (sender, receiver) = mpsc::unbounded_channel();
    (Within(sender), Parts(receiver))
}

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Within {
    fn execute(&self, part: F) {
        // The other end is gone only when the exchange is.
        let _ = self.0.send(Box::pin(part));
    }
}

impl Parts {
    pub(super) async fn run(mut self, connection: impl Future) {
        let mut connection = pin!(connection);
        let mut running = FuturesUnordered::new();
        let mut open = true;
        loop {
            tokio::select! {
                _ = &mut connection, if open => open = false,
                Some(part) = self.0.recv() => running.push(part),
                Some(()) = running.next() => {}
                else => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn work_gets_what_the_connection_brings_and_what_others_bring() {
        let (to_work, from_connection) = oneshot::channel();
        let (to_connection, from_outside) = oneshot::channel();
        let connection = async move {
            let brought: u32 = from_outside.await.unwrap();
            to_work.send(brought).unwrap();
            std::future::pending::<()>().await;
        };
        let outside = tokio::spawn(async move {
            tokio::task::yield_now().await;
            to_connection.send(7).unwrap();
        });
        assert_eq!(drive(connection, from_connection).await, Ok(7));
        outside.await.unwrap();
    }

    #[tokio::test]
    async fn a_ring_from_another_thread_is_not_lost() {
        for _ in 0..1_000 {
            let (ring, rung) = oneshot::channel();
            let thread = std::thread::spawn(move || ring.send(()).unwrap());
            drive(std::future::pending::<()>(), rung).await.unwrap();
            thread.join().unwrap();
        }
    }
}
