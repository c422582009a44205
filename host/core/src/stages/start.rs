//! When runs start (rules S1, S2, S4).
//!
//! - A fixed rate is spread by the check's name: its starts lie at `stable_hash(name) mod interval` on the wall
//!   clock, so that they are the same after a restart; from the first one on they are counted on the monotonic
//!   clock, so that a jump of the wall clock moves none.
//! - Cron follows the wall clock. A jump forward over starts makes one of them happen, at once. After a jump back
//!   the clock shows the same moments again: a start is left out if less than half of its distance to the next
//!   has passed since the last run, on the monotonic clock. So an hourly job does not run twice, and a job of
//!   every minute does not pause for an hour.
//! - Runs are named by the moment they were scheduled for, which strictly rises for each check: where the wall
//!   clock went back, a millisecond after the last.
//! - A check that has no result yet, or none for a whole interval, runs once as soon as the host starts, one each
//!   `FIRST_RUN_SPACING`, unless its regular start is about to come.
//! - After a stall each check that is due starts once, not once for each start it missed, and at most
//!   `STARTS_MAX` start in each `START_SPAN`.

pub(crate) mod expect;
pub(crate) mod plan;
#[expect(clippy::module_inception, reason = "the stage is named for what it does in the end")]
pub(crate) mod start;
