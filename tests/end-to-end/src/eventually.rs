//! Waiting for a condition, never for a span of time.

use std::fmt::Debug;
use std::time::{Duration, Instant};

/// Long enough for a loaded machine: it is only ever waited out by a test that fails.
const USUAL: Duration = Duration::from_secs(60);
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// What `look` finds, as soon as it finds something.
///
/// # Panics
/// After a minute, with `what` as the message.
pub async fn eventually<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    within(USUAL, what, look).await
}

/// The same with another deadline.
pub async fn within<T>(deadline: Duration, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(began.elapsed() < deadline, "not within {deadline:?}: {what}");
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

/// What `look` finds; what it saw instead is shown if it finds nothing.
///
/// # Panics
/// After a minute, with `what` and what was seen last.
pub async fn eventually_seeing<T, Seen: Debug>(
    what: &str,
    mut look: impl AsyncFnMut() -> Result<T, Seen>,
) -> T {
    let began = Instant::now();
    // The message is made here; the other deadline only has to be later.
    within(USUAL * 2, what, async || match look().await {
        Ok(found) => Some(found),
        Err(seen) => {
            assert!(began.elapsed() < USUAL, "not within {USUAL:?}: {what}; seen last: {seen:#?}");
            None
        }
    })
    .await
}
