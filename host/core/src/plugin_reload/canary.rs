//! A new generation on probation. For a fixed window, its calls are compared with what the generation before it was
//! seen to do: if it traps, breaks a limit or returns an invalid report where the old one did not, the old one takes
//! its place again. An `inconclusive` run, a fault, a denial, a service that refuses a notification and a failure of
//! the host itself say nothing about the new code: during an outage they must not cause a roll-back.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use crate::ids::{ActionName, CheckName, Digest, ReceiverName};
use crate::outcome::FailureReason;
use crate::time::Mono;

/// The most offences that are recorded for one generation; further ones are ignored.
const RECORD_MAX: usize = 10_000;
/// How many offences of time it takes. A machine that is short of time makes code look slow.
const TIMES_MAX: u32 = 3;

/// What counts against a generation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Offence {
    Trap,
    /// The processor time or the run's deadline was exceeded.
    Time,
    Memory,
    /// A limit on host calls, tables or instances was exceeded.
    Limit,
    InvalidReport,
}

impl Offence {
    pub const fn of(reason: FailureReason) -> Option<Offence> {
        match reason {
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

/// The check, receiver or action that a plugin is called for. What a generation does for one is compared with what the other
/// did for the same one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Caller {
    Check(CheckName),
    Receiver(ReceiverName),
    Action(ActionName),
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Caller::Check(name) => write!(f, "check `{name}`"),
            Caller::Receiver(name) => write!(f, "receiver `{name}`"),
            Caller::Action(name) => write!(f, "action `{name}`"),
        }
    }
}

/// A call that ended in a way that says something about the plugin's code: a run, or an attempt of a delivery.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ending {
    pub caller: Caller,
    pub generation: Digest,
    pub offence: Offence,
    /// What happened, in one sentence.
    pub message: String,
}

impl Ending {
    /// The ending; `None` if it says nothing about the code.
    pub fn of(caller: Caller, generation: Digest, reason: FailureReason, message: &str) -> Option<Ending> {
        let offence = Offence::of(reason)?;
        Some(Ending { caller, generation, offence, message: message.to_owned() })
    }
}

/// What a generation was seen to do, for each caller.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Record(BTreeSet<(Caller, Offence)>);

impl Record {
    pub fn note(&mut self, caller: &Caller, offence: Offence) {
        if self.0.len() < RECORD_MAX {
            self.0.insert((caller.clone(), offence));
        }
    }
    pub fn holds(&self, caller: &Caller, offence: Offence) -> bool {
        self.0.contains(&(caller.clone(), offence))
    }
}

/// Why a generation is rolled back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evidence {
    pub caller: Caller,
    pub offence: Offence,
    /// The message of the call's ending.
    pub message: String,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ruling {
    /// The window is still open.
    Watch,
    /// The window has passed without an offence: the new generation is good.
    Keep,
    /// The old generation comes back; the new one is bad.
    RollBack(Evidence),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Canary {
    new: Digest,
    old: Digest,
    until: Mono,
    /// The record of the old generation; its late calls add to it.
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

    /// What the new generation did, for the time when it is the old one.
    pub fn into_record(self) -> Record {
        self.new_record
    }

    pub fn finished(&mut self, ending: &Ending, now: Mono) -> Ruling {
        let Ending { caller, generation, offence, message } = ending;
        let offence = *offence;
        if *generation == self.old {
            self.old_record.note(caller, offence);
        }
        if *generation != self.new || now >= self.until {
            return self.look(now);
        }
        self.new_record.note(caller, offence);
        if self.old_record.holds(caller, offence) {
            return self.look(now);
        }
        self.times += u32::from(offence == Offence::Time);
        if offence == Offence::Time && self.times < TIMES_MAX {
            return Ruling::Watch;
        }
        Ruling::RollBack(Evidence { caller: caller.clone(), offence, message: message.clone() })
    }

    /// Whether the window has passed, without a call.
    pub fn look(&self, now: Mono) -> Ruling {
        if now >= self.until { Ruling::Keep } else { Ruling::Watch }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

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
    fn check(name: &str) -> Caller {
        Caller::Check(name.into())
    }
    fn ended(name: &str, generation: Digest, reason: FailureReason) -> Ending {
        let message = format!("it failed by {}", reason.as_str());
        Ending::of(check(name), generation, reason, &message).unwrap()
    }
    fn canary(record: &[(&str, Offence)]) -> Canary {
        let mut known = Record::default();
        record.iter().for_each(|(name, offence)| known.note(&check(name), *offence));
        Canary::begin(new(), old(), known, at(0), WINDOW)
    }
    fn rolls_back(ruling: &Ruling) -> bool {
        matches!(ruling, Ruling::RollBack(_))
    }

    #[test]
    fn a_trap_that_the_old_one_did_not_show_rolls_back_and_says_where() {
        let ruling = canary(&[]).finished(&ended("shop", new(), FailureReason::Trap), at(1));
        let message = "it failed by trap".to_owned();
        let evidence = Evidence { caller: check("shop"), offence: Offence::Trap, message };
        assert_eq!(ruling, Ruling::RollBack(evidence));
    }

    #[test]
    fn what_the_old_one_did_in_the_same_check_is_no_reason() {
        let mut canary = canary(&[("shop", Offence::Trap)]);
        let trap = |name| ended(name, new(), FailureReason::Trap);
        assert_eq!(canary.finished(&trap("shop"), at(1)), Ruling::Watch);
        let receiver = Ending { caller: Caller::Receiver("shop".into()), ..trap("shop") };
        assert!(rolls_back(&canary.clone().finished(&receiver, at(2))), "a receiver is not a check");
        assert!(rolls_back(&canary.finished(&trap("blog"), at(2))), "another check");
    }

    #[test]
    fn what_was_forgiven_is_on_the_record_of_the_new_one_for_the_next_one_after_it() {
        let mut first = canary(&[("shop", Offence::Trap)]);
        let trap = ended("shop", new(), FailureReason::Trap);
        assert_eq!(first.finished(&trap, at(1)), Ruling::Watch);
        let newest = Digest::of(b"newest");
        let mut second = Canary::begin(newest, new(), first.into_record(), at(60), WINDOW);
        let again = Ending { generation: newest, ..trap };
        assert_eq!(second.finished(&again, at(61)), Ruling::Watch);
    }

    #[test]
    fn a_late_run_of_the_old_one_counts_for_the_old_one() {
        let mut canary = canary(&[]);
        let memory = |generation| ended("shop", generation, FailureReason::Memory);
        assert_eq!(canary.finished(&memory(old()), at(1)), Ruling::Watch);
        assert_eq!(canary.finished(&memory(new()), at(2)), Ruling::Watch);
    }

    #[test]
    fn runs_that_are_short_of_time_count_from_the_third_on() {
        let mut canary = canary(&[]);
        let slow = ended("a", new(), FailureReason::WallTime);
        assert_eq!(canary.finished(&slow, at(1)), Ruling::Watch);
        assert_eq!(canary.finished(&ended("b", new(), FailureReason::CpuTime), at(2)), Ruling::Watch);
        assert!(rolls_back(&canary.finished(&slow, at(3))));
    }

    #[test]
    fn the_window_ends_whatever_happens_and_what_comes_after_it_is_too_late() {
        let mut canary = canary(&[]);
        assert_eq!(canary.look(at(59)), Ruling::Watch);
        assert_eq!(canary.look(at(60)), Ruling::Keep);
        let trap = ended("shop", new(), FailureReason::Trap);
        assert_eq!(canary.finished(&trap, at(60)), Ruling::Keep);
    }

    #[test]
    fn an_outage_wrong_rights_and_the_hosts_own_failing_say_nothing_about_the_code() {
        for reason in [
            FailureReason::Inconclusive,
            FailureReason::Fault,
            FailureReason::Config,
            FailureReason::Denied,
            FailureReason::NoPlugin,
            FailureReason::Host,
        ] {
            assert_eq!(Ending::of(check("shop"), new(), reason, "it failed"), None, "{}", reason.as_str());
        }
    }

    fn offending() -> impl Strategy<Value = FailureReason> {
        prop::sample::select(vec![
            FailureReason::Trap,
            FailureReason::CpuTime,
            FailureReason::WallTime,
            FailureReason::Memory,
            FailureReason::Limit,
            FailureReason::InvalidReport,
        ])
    }

    proptest! {
        /// Compares with a model: the new generation is rolled back at the first offence within the window that is
        /// neither in the record nor in an earlier call of the old one; time must be exceeded three times.
        #[test]
        fn rolls_back_exactly_at_the_first_offence_that_the_old_one_did_not_show(
            calls in prop::collection::vec((0_u8..3, offending(), 0_u64..90, any::<bool>()), 0..60)
        ) {
            let mut calls = calls;
            calls.sort_by_key(|(_, _, second, _)| *second);
            let mut canary = canary(&[]);
            let (mut known, mut times) = (Vec::new(), 0);
            for (who, reason, second, is_new) in calls {
                let name = ["shop", "blog", "mail"][usize::from(who)];
                let offence = Offence::of(reason);
                let generation = if is_new { new() } else { old() };
                let ruling = canary.finished(&ended(name, generation, reason), at(second));
                let mut expected = is_new && second < 60 && !known.contains(&(name, offence));
                if expected && offence == Some(Offence::Time) {
                    times += 1;
                    expected = times >= 3;
                }
                prop_assert_eq!(rolls_back(&ruling), expected);
                if !is_new {
                    known.push((name, offence));
                }
            }
        }

        /// Whatever the old generation and strangers did, that alone never condemns the new one.
        #[test]
        fn only_the_new_generation_condemns_itself(
            runs in prop::collection::vec((offending(), 0_u64..90, any::<bool>()), 0..60)
        ) {
            let mut canary = canary(&[]);
            for (reason, second, stranger) in runs {
                let generation = if stranger { Digest::of(b"stranger") } else { old() };
                let ruling = canary.finished(&ended("shop", generation, reason), at(second));
                prop_assert!(!rolls_back(&ruling));
            }
        }
    }
}
