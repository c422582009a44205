//! The words of `telling`, as sentences and in short.

use std::fmt;
use std::time::Duration;

use crate::ids::{DeliveryId, ReceiverName};
use crate::model::keys::{AlertKey, Hold};
use crate::model::setup::Escalation;
use crate::report::Judgement;
use crate::telling::{Became, Pending, Telling, level_word};
use crate::time::Wall;

impl Telling {
    /// A whole sentence about the receiver, for an alert with this key.
    pub fn sentence(&self, key: &AlertKey) -> String {
        let Telling { receiver, route, in_place_of, became, took } = self;
        let by = match (in_place_of, route) {
            (Some(other), _) => format!(" in place of `{other}`"),
            (None, Some(route)) => format!(" by route `{route}`"),
            (None, None) => String::new(),
        };
        let that = |level: Judgement| format!("that it is {}", level_word(key, level));
        let before = match (became, took) {
            (Became::Told { .. }, _) | (_, None) => String::new(),
            (_, Some((at, level))) => format!("; it was told at {at} {}", that(*level)),
        };
        match (became, took) {
            (Became::Told { at }, Some((_, level))) => {
                format!("`{receiver}` was told{by} at {at} {}", that(*level))
            }
            (Became::Told { at }, None) => format!("`{receiver}` was told{by} at {at}"),
            (other, _) => format!("`{receiver}`{by}: {other}{before}"),
        }
    }
}

/// What became of a receiver, without naming it.
impl fmt::Display for Became {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Became::Told { at } => write!(f, "told at {at}"),
            Became::Trying { since, next, error } => {
                write!(f, "trying since {since}, ")?;
                match next {
                    Some(next) => write!(f, "next at {next}")?,
                    None => f.write_str("an attempt is under way")?,
                }
                match error {
                    Some(error) => write!(f, ": {error}"),
                    None => Ok(()),
                }
            }
            Became::NotReached { at, error, hint, .. } => {
                write!(f, "not reached, given up at {at}: {error}; hint: {hint}")
            }
            Became::Held { holds, until } => {
                write!(f, "held ({}), {}", names(holds), Until(*until))
            }
            Became::NotYet { until: Some(until), why } => write!(f, "not yet, until {until}: {why}"),
            Became::NotYet { until: None, why } => write!(f, "not yet: {why}"),
        }
    }
}

impl fmt::Display for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Pending::Unconfirmed => f.write_str("it is not confirmed"),
            Pending::Group(route) => write!(f, "route `{route}` gathers its group"),
            Pending::Step { escalation, step } => {
                write!(f, "step {step} of escalation `{escalation}` comes unless somebody acknowledges it")
            }
            Pending::StepGone { escalation, step } => {
                write!(f, "step {step} of escalation `{escalation}` has gone by without it")
            }
            Pending::TakenBy(who) => write!(f, "{who} has it"),
            Pending::Turn => f.write_str("its notice waits for its turn"),
            Pending::Asking => f.write_str("what it depends on is asked first, or its notice is being made"),
            Pending::NoAnswerKept => {
                f.write_str("an attempt was made before this version of the host, which knows of no answer")
            }
        }
    }
}

struct Until(Option<Wall>);

impl fmt::Display for Until {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(until) => write!(f, "until {until}"),
            None => f.write_str("until that is over"),
        }
    }
}

fn names(holds: &[Hold]) -> String {
    holds.iter().map(|hold| hold.as_str()).collect::<Vec<_>>().join(", ")
}

/// The receivers of an alert by what became of them: the word, how it is said, and their names. Nobody is left out.
pub fn by_what_became(tellings: &[Telling]) -> Vec<(&'static str, &'static str, Vec<&str>)> {
    const WORDS: [(&str, &str); 5] = [
        ("told", "told"),
        ("trying", "trying"),
        ("not-reached", "not reached"),
        ("held", "held"),
        ("not-yet", "not yet"),
    ];
    let of = |word: &str| -> Vec<&str> {
        let of_word = tellings.iter().filter(|telling| telling.became.word() == word);
        of_word.map(|telling| telling.receiver.as_str()).collect()
    };
    let all = WORDS.into_iter().map(|(word, said)| (word, said, of(word)));
    all.filter(|(_, _, names)| !names.is_empty()).collect()
}

/// In a few words: `told chat; not reached pager; not yet lead`.
pub fn in_short(tellings: &[Telling]) -> String {
    let parts = by_what_became(tellings).into_iter();
    parts.map(|(_, said, names)| format!("{said} {}", names.join(", "))).collect::<Vec<_>>().join("; ")
}

/// The error without its hint, and the hint: the error's own, or how to try again.
pub(super) fn hinted(error: &str, receiver: &ReceiverName, delivery: DeliveryId) -> (String, String) {
    match error.split_once("; hint: ") {
        Some((error, hint)) => (error.to_owned(), hint.to_owned()),
        None => {
            let hint = format!(
                "`watchkeep receiver test {receiver}` tries the receiver, `watchkeep delivery retry {delivery}` sends \
                 this notice again"
            );
            (error.to_owned(), hint)
        }
    }
}

/// The steps of an escalation, with the time after which each is told if nobody acknowledges, counted from when the
/// alert fires. For what can be said before anything has happened.
///
/// Each entry has the step's number from 1, the span, and whom it tells. A step that repeats is listed as often as it
/// is told.
pub fn ladder(escalation: &Escalation) -> Vec<(usize, Duration, &[ReceiverName])> {
    let mut after = Duration::ZERO;
    let mut steps = Vec::new();
    for (place, step) in escalation.steps.iter().enumerate() {
        for _ in 0..=step.repeat {
            after += step.after;
            steps.push((place + 1, after, step.receivers.as_slice()));
        }
    }
    steps
}
