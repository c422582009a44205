//! The one place that reads the monotonic clock: to bound a batch, to space retries, to time a commit. Nothing
//! that is stored depends on it.

use std::time::Instant;

#[expect(clippy::disallowed_methods, reason = "this is the place that reads it")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
