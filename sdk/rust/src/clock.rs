//! Time. A component has no other clock.

use std::time::Duration;

use crate::backend;
use crate::transport::millis;

/// The time in milliseconds since the Unix epoch, UTC.
pub fn now() -> u64 {
    backend::clock_now()
}

/// The zone in which people read a time, which the operator sets (`time_zone`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Local {
    /// Seconds ahead of UTC at that moment.
    pub offset: i32,
    /// The name of the zone: `CET`, `UTC`; `+03` if the zone has no letters.
    pub zone: String,
}

/// The zone at a time as `now` returns it. For what people read; what programs read is in UTC.
pub fn local(at: u64) -> Local {
    let (offset, zone) = backend::local(at);
    Local { offset, zone }
}

/// The time since the run began.
pub fn monotonic() -> Duration {
    Duration::from_nanos(backend::clock_monotonic())
}

/// The time until host calls begin to fail with `timed-out`.
pub fn remaining() -> Duration {
    Duration::from_millis(backend::clock_remaining())
}

/// Waits this long, but no longer than what is [`remaining`] of the run. In a test nobody waits: the script's clock is
/// advanced, and [`Ran::slept`](crate::testing::Ran::slept) has the duration.
///
/// ```
/// use watchkeep_sdk::prelude::*;
/// use watchkeep_sdk::testing::{Answer, Host};
///
/// #[derive(Config)]
/// struct Page {
///     #[config(grants = "http")]
///     url: String,
/// }
///
/// fn run(config: Page, _run: Run) -> Verdict {
///     let mut page = http::get(&config.url).send()?;
///     if page.status == 503 {
///         clock::sleep(Duration::from_secs(2));
///         page = http::get(&config.url).send()?;
///     }
///     Ok(if page.is_success() { Report::ok("there") } else { Report::critical("gone") })
/// }
///
/// let ran = Host::new()
///     .answer("GET https://example.com/", Answer::status(503))
///     .answer("GET https://example.com/", Answer::status(200))
///     .check(run, r#"{"url": "https://example.com/"}"#);
/// assert_eq!(ran.report().summary, "there");
/// assert_eq!(ran.slept, [Duration::from_secs(2)]);
/// ```
pub fn sleep(duration: Duration) {
    let up = u64::from(!duration.subsec_nanos().is_multiple_of(1_000_000));
    backend::clock_sleep(millis(duration).saturating_add(up));
}

/// Waits this long if `rest` then remains of the run. Otherwise returns `false` at once, because the wait would end too
/// late.
///
/// ```
/// # use watchkeep_sdk::prelude::*;
/// # use watchkeep_sdk::testing::Host;
/// # #[derive(Config)]
/// # struct Nothing {}
/// fn run(_: Nothing, _: Run) -> Report {
///     match clock::sleep_leaving(Duration::from_secs(7), Duration::from_secs(1)) {
///         true => Report::ok("waited"),
///         false => Report::warning("no time is left to wait"),
///     }
/// }
///
/// let within = |seconds| Host::new().deadline(Duration::from_secs(seconds)).check(run, "{}");
/// assert_eq!((&*within(8).report().summary, &*within(8).slept), ("waited", &[Duration::from_secs(7)][..]));
/// assert_eq!((&*within(7).report().summary, within(7).slept.len()), ("no time is left to wait", 0));
/// ```
#[must_use = "nobody has waited if it is false"]
pub fn sleep_leaving(duration: Duration, rest: Duration) -> bool {
    let fits = duration.saturating_add(rest) <= remaining();
    if fits {
        sleep(duration);
    }
    fits
}
