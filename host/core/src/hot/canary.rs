//! A new generation on probation. For a fixed window its runs are held against what the generation before it was
//! seen to do: if it traps, breaks a limit or reports what is no report, where the old one did not, it gives way.
//! An `inconclusive` run, a fault, a denial and the host's own failing say nothing about the new code: during an
//! outage they must not roll back.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::ids::{CheckName, Digest};
use crate::outcome::{FailureReason, Outcome};
use crate::time::Mono;

/// Of what one generation did; beyond this, further offences are not written down.
const RECORD_MAX: usize = 10_000;
/// A machine that is short of time looks like slow code, so time counts only when it is short so often.
const TIMES_MAX: u32 = 3;

/// What counts against a generation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Offence {
    Trap,
    /// Processor time or the run's deadline.
    Time,
    Memory,
    /// Host calls, tables, instances.
    Limit,
    InvalidReport,
}

impl Offence {
    pub fn of(outcome: &Outcome) -> Option<Offence> {
        let Outcome::Failed(failure) = outcome else { return None };
        match failure.reason {
            FailureReason::Trap => Some(Offence::Trap),
            FailureReason::CpuTime | FailureReason::WallTime => Some(Offence::Time),
            FailureReason::Memory => Some(Offence::Memory),
            FailureReason::Limit => Some(Offence::Limit),
            FailureReason::InvalidReport => Some(Offence::InvalidReport),
            FailureReason::Denied
            | FailureReason::Config
            | FailureReason::Inconclusive
            | FailureReason::Fault
            | FailureReason::NoPlugin
            | FailureReason::Host => None,
        }
    }
    pub const fn as_str(self) -> &'static str {
        match self {
            Offence::Trap => "trap",
            Offence::Time => "time",
            Offence::Memory => "memory",
            Offence::Limit => "limit",
            Offence::InvalidReport => "invalid report",
        }
    }
}

/// What a generation was seen to do, check by check.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Record(BTreeSet<(CheckName, Offence)>);

impl Record {
    pub fn note(&mut self, check: &CheckName, offence: Offence) {
        if self.0.len() < RECORD_MAX {
            self.0.insert((check.clone(), offence));
        }
    }
    pub fn holds(&self, check: &CheckName, offence: Offence) -> bool {
        self.0.contains(&(check.clone(), offence))
    }
}

/// Why a generation gives way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    pub check: CheckName,
    pub offence: Offence,
    /// What the run's outcome said.
    pub message: String,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ruling {
    /// The window is open.
    Watch,
    /// It has passed without a fault: the new generation is good.
    Keep,
    /// Back to the old generation; the new one is bad.
    RollBack(Fault),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Canary {
    new: Digest,
    old: Digest,
    until: Mono,
    /// Of the old generation; its late runs add to it.
    old_record: Record,
    new_record: Record,
    times: u32,
}

impl Canary {
    pub fn begin(new: Digest, old: Digest, old_record: Record, now: Mono, window: Duration) -> Self {
        Self { new, old, until: now + window, old_record, new_record: Record::default(), times: 0 }
    }

    pub fn until(&self) -> Mono {
        self.until
    }

    /// What the new generation did, for when it is the old one.
    pub fn into_record(self) -> Record {
        self.new_record
    }

    pub fn finished(
        &mut self,
        check: &CheckName,
        generation: Option<Digest>,
        outcome: &Outcome,
        now: Mono,
    ) -> Ruling {
        let Some(offence) = Offence::of(outcome) else { return self.look(now) };
        if generation == Some(self.old) {
            self.old_record.note(check, offence);
        }
        if generation != Some(self.new) || now >= self.until || self.old_record.holds(check, offence) {
            return self.look(now);
        }
        self.new_record.note(check, offence);
        self.times += u32::from(offence == Offence::Time);
        if offence == Offence::Time && self.times < TIMES_MAX {
            return Ruling::Watch;
        }
        Ruling::RollBack(Fault { check: check.clone(), offence, message: outcome.summary().to_owned() })
    }

    /// Without a run: whether the window has passed.
    pub fn look(&self, now: Mono) -> Ruling {
        if now >= self.until { Ruling::Keep } else { Ruling::Watch }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;
    use crate::outcome::{Failure, Stage};

    const WINDOW: Duration = Duration::from_secs(60);

    fn old() -> Digest {
        Digest::of(b"old")
    }
    fn new() -> Digest {
        Digest::of(b"new")
    }
    fn at(seconds: u64) -> Mono {
        Mono::from_nanos(seconds * 1_000_000_000)
    }
    fn failed(reason: FailureReason) -> Outcome {
        Outcome::Failed(Arc::new(Failure {
            reason,
            stage: Stage::Call,
            message: format!("it failed by {}", reason.as_str()),
            hint: None,
            backtrace: None,
        }))
    }
    fn canary(record: &[(&str, Offence)]) -> Canary {
        let mut known = Record::default();
        record.iter().for_each(|(check, offence)| known.note(&(*check).into(), *offence));
        Canary::begin(new(), old(), known, at(0), WINDOW)
    }
    fn rolls_back(ruling: &Ruling) -> bool {
        matches!(ruling, Ruling::RollBack(_))
    }

    #[test]
    fn a_trap_that_the_old_one_did_not_show_rolls_back_and_says_where() {
        let ruling = canary(&[]).finished(&"shop".into(), Some(new()), &failed(FailureReason::Trap), at(1));
        let fault =
            Fault { check: "shop".into(), offence: Offence::Trap, message: "it failed by trap".to_owned() };
        assert_eq!(ruling, Ruling::RollBack(fault));
    }

    #[test]
    fn what_the_old_one_did_in_the_same_check_is_no_reason() {
        let mut canary = canary(&[("shop", Offence::Trap)]);
        let trap = failed(FailureReason::Trap);
        assert_eq!(canary.finished(&"shop".into(), Some(new()), &trap, at(1)), Ruling::Watch);
        assert!(rolls_back(&canary.finished(&"blog".into(), Some(new()), &trap, at(2))), "another check");
    }

    #[test]
    fn a_late_run_of_the_old_one_counts_for_the_old_one() {
        let mut canary = canary(&[]);
        let memory = failed(FailureReason::Memory);
        assert_eq!(canary.finished(&"shop".into(), Some(old()), &memory, at(1)), Ruling::Watch);
        assert_eq!(canary.finished(&"shop".into(), Some(new()), &memory, at(2)), Ruling::Watch);
    }

    #[test]
    fn runs_that_are_short_of_time_count_from_the_third_on() {
        let mut canary = canary(&[]);
        let slow = failed(FailureReason::WallTime);
        assert_eq!(canary.finished(&"a".into(), Some(new()), &slow, at(1)), Ruling::Watch);
        let cpu = failed(FailureReason::CpuTime);
        assert_eq!(canary.finished(&"b".into(), Some(new()), &cpu, at(2)), Ruling::Watch);
        assert!(rolls_back(&canary.finished(&"a".into(), Some(new()), &slow, at(3))));
    }

    #[test]
    fn the_window_ends_whatever_happens_and_what_comes_after_it_is_too_late() {
        let mut canary = canary(&[]);
        assert_eq!(canary.look(at(59)), Ruling::Watch);
        assert_eq!(canary.look(at(60)), Ruling::Keep);
        let trap = failed(FailureReason::Trap);
        assert_eq!(canary.finished(&"shop".into(), Some(new()), &trap, at(60)), Ruling::Keep);
    }

    fn reason() -> impl Strategy<Value = FailureReason> {
        prop::sample::select(vec![
            FailureReason::Trap,
            FailureReason::CpuTime,
            FailureReason::WallTime,
            FailureReason::Memory,
            FailureReason::Limit,
            FailureReason::Denied,
            FailureReason::Config,
            FailureReason::Inconclusive,
            FailureReason::Fault,
            FailureReason::InvalidReport,
            FailureReason::NoPlugin,
            FailureReason::Host,
        ])
    }

    proptest! {
        /// An outage, wrong rights and the host's own failing never roll back, however often.
        #[test]
        fn what_says_nothing_about_the_code_never_rolls_back(
            runs in prop::collection::vec((reason(), 0_u64..90, any::<bool>()), 0..60)
        ) {
            let mut canary = canary(&[]);
            for (reason, second, is_new) in runs {
                let outcome = failed(reason);
                if Offence::of(&outcome).is_none() {
                    let generation = if is_new { new() } else { old() };
                    let ruling = canary.finished(&"shop".into(), Some(generation), &outcome, at(second));
                    prop_assert!(!rolls_back(&ruling));
                }
            }
        }

        /// Whatever runs the old generation and strangers had: alone they never condemn the new one.
        #[test]
        fn only_the_new_generation_condemns_itself(
            runs in prop::collection::vec((reason(), 0_u64..90, any::<bool>()), 0..60)
        ) {
            let mut canary = canary(&[]);
            for (reason, second, stranger) in runs {
                let generation = if stranger { Digest::of(b"stranger") } else { old() };
                let ruling = canary.finished(&"shop".into(), Some(generation), &failed(reason), at(second));
                prop_assert!(!rolls_back(&ruling));
            }
        }
    }
}
