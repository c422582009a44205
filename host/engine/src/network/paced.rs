//! A stream from a peer that may send without end. Reading it gives way to others and counts towards the call's CPU
//! time, and stops if too much comes without an answer's head.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::call::Meter;

/// How much is read before giving way to others.
const TURN_BYTES: usize = 64 << 10;
/// How much may come before an answer's head is complete, including interim answers and meaningless frames. A peer that
/// sends more is not read any further.
const BEFORE_HEAD_BYTES_MAX: usize = 1 << 20;

/// What is known about a stream outside of it.
#[derive(Debug, Default)]
pub(crate) struct Gauge {
    answered: AtomicBool,
    over_budget: AtomicBool,
}

impl Gauge {
    /// Notes that the head is complete.
    pub(crate) fn answered(&self) {
        self.answered.store(true, Ordering::Relaxed);
    }
    /// Whether the stream was given up because the call has used up its CPU time.
    pub(crate) fn is_over_budget(&self) -> bool {
        self.over_budget.load(Ordering::Relaxed)
    }
}

pub(crate) struct Paced<S> {
    stream: S,
    gauge: Arc<Gauge>,
    meter: Arc<Meter>,
    budget: Duration,
    /// How much was read since it last gave way.
    run: usize,
    before_head: usize,
}

impl<S> Paced<S> {
    pub(crate) fn new(stream: S, gauge: &Arc<Gauge>, meter: &Arc<Meter>, budget: Duration) -> Self {
        Self { stream, gauge: Arc::clone(gauge), meter: Arc::clone(meter), budget, run: 0, before_head: 0 }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Paced<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.before_head > BEFORE_HEAD_BYTES_MAX {
            if !self.gauge.answered.load(Ordering::Relaxed) {
                // Until the exchange's time is over, which is what it ends with.
                return Poll::Pending;
            }
            self.before_head = 0;
        }
        if self.run >= TURN_BYTES {
            self.run = 0;
            if self.meter.spent() >= self.budget {
                self.gauge.over_budget.store(true, Ordering::Relaxed);
                return Poll::Ready(Err(io::Error::other("the call used up its CPU time")));
            }
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        let size = buffer.filled().len() - before;
        self.run = if read.is_ready() { self.run + size } else { 0 };
        if !self.gauge.answered.load(Ordering::Relaxed) {
            self.before_head += size;
        }
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Paced<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }
    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }
    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;
    use crate::call::turns;

    fn paced(gauge: &Arc<Gauge>, budget: Duration) -> Paced<tokio::io::Repeat> {
        Paced::new(tokio::io::repeat(b'x'), gauge, &Arc::new(Meter::open(turns())), budget)
    }

    /// Reads until it gives way. Returns how much came, and how it ended.
    async fn read_on(paced: &mut Paced<tokio::io::Repeat>) -> (usize, Poll<io::Result<()>>) {
        let mut size = 0;
        tokio::task::unconstrained(poll_fn(|context| {
            loop {
                let mut room = [0; 8 << 10];
                let mut buffer = ReadBuf::new(&mut room);
                match Pin::new(&mut *paced).poll_read(context, &mut buffer) {
                    Poll::Ready(Ok(())) => size += buffer.filled().len(),
                    ended => return Poll::Ready((size, ended)),
                }
            }
        }))
        .await
    }

    #[tokio::test]
    async fn a_stream_without_end_gives_way() {
        let gauge = Arc::default();
        let mut paced = paced(&gauge, Duration::from_secs(60));
        gauge.answered();
        for _ in 0..100 {
            let (size, ended) = read_on(&mut paced).await;
            assert_eq!(size, TURN_BYTES);
            assert!(ended.is_pending());
        }
    }

    #[tokio::test]
    async fn a_head_that_does_not_come_is_not_read_for_ever() {
        let gauge = Arc::default();
        let mut paced = paced(&gauge, Duration::from_secs(60));
        let mut all = 0;
        for _ in 0..100 {
            all += read_on(&mut paced).await.0;
        }
        assert!(all <= BEFORE_HEAD_BYTES_MAX + TURN_BYTES, "{all}");
    }

    #[tokio::test]
    async fn reading_ends_with_the_time_to_compute() {
        let gauge = Arc::default();
        let mut paced = paced(&gauge, Duration::ZERO);
        assert!(matches!(read_on(&mut paced).await, (TURN_BYTES, Poll::Ready(Err(_)))));
        assert!(gauge.is_over_budget());
    }
}
