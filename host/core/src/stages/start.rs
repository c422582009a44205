//! When runs start (rules S1, S2, S4).
//!
//! - Starts at a fixed rate are spread by the check's name: the first is at `stable_hash(name) mod interval` on the
//!   wall clock, so that they are the same after a restart. From then on they are counted on the monotonic clock, so
//!   that a jump of the wall clock moves none.
//! - Cron follows the wall clock. If it jumps forward over starts, one of them happens at once. After a jump back, it
//!   shows the same moments again: a start is left out if less than half of its distance to the next has passed since
//!   the last run, on the monotonic clock. So an hourly job does not run twice, and a job that runs every minute does
//!   not pause for an hour.
//! - Runs are named by the moment they were scheduled for. These names strictly rise for each check: if the wall clock
//!   went back, a run is named a millisecond after the last.
//! - A check that has no result yet, or none for a whole interval, runs once when the host starts, unless its regular
//!   start is about to come. These runs start one by one, `FIRST_RUN_SPACING` apart.
//! - After a stall each check that is due starts once, not once for each start it missed, and at most
//!   `STARTS_MAX` start in each `START_SPAN`.

pub(crate) mod expect;
pub(crate) mod plan;
#[expect(clippy::module_inception, reason = "the stage is named for what it does in the end")]
pub(crate) mod start;
