//! How an alert ends: the state of its subject then, and what the last notice says of it. Nothing is said to have
//! recovered unless it has.

use crate::model::alert::{AlertRecord, Phase};
use crate::model::check::Activity;
use crate::model::delivery::AlertNotice;
use crate::model::keys::AlertKey;
use crate::model::state::State;
use crate::report::{Judgement, State as CheckState};
use crate::rules::notice::state_of;
use crate::time::Now;

/// Why a life ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Closing {
    Recovered {
        oks: u32,
    },
    /// The problem is gone: the plugin reports again, the host is no longer late.
    Well,
    /// A finding is gone from the report, and its check says that this resolves it.
    FindingGone,
    /// A judgement ends "not judged", whatever it says.
    Judged {
        judgement: Judgement,
        summary: String,
    },
    /// An operator paused its check, so nothing is expected of it.
    Paused,
    /// Its check was removed or disabled.
    Removed,
}

/// The state of the subject at the end. Sets the line that the last notice says of it: every notifier tells both.
pub(crate) fn ends_as(record: &mut AlertRecord, closing: Closing) -> CheckState {
    match closing {
        Closing::Recovered { .. } | Closing::Well => CheckState::Ok,
        Closing::FindingGone => {
            record.summary = "gone from the report".to_owned();
            CheckState::Ok
        }
        Closing::Judged { judgement: Judgement::Ok, summary } => {
            record.summary = summary;
            CheckState::Ok
        }
        Closing::Judged { judgement, summary } => {
            record.summary = judged_again(judgement, &summary);
            judgement.state()
        }
        Closing::Paused => {
            record.summary = format!("paused by an operator; it was {}", record.summary);
            CheckState::Unknown
        }
        Closing::Removed => removed(record),
    }
}

/// From here on nobody looks at the target, so its state is unknown, unless it was about to recover.
fn removed(record: &mut AlertRecord) -> CheckState {
    let last = state_of(&record.key, record.level);
    let (state, summary) = match (&record.key, record.phase) {
        (AlertKey::Check(_) | AlertKey::Finding(..), Phase::Recovering { .. }) => {
            (CheckState::Ok, format!("removed, last ok; it was {}: {}", last.as_str(), record.summary))
        }
        (AlertKey::Check(_) | AlertKey::Finding(..), Phase::Pending | Phase::Firing { .. }) => {
            (CheckState::Unknown, removed_at(last, &record.summary))
        }
        (AlertKey::NotJudged(_), _) => (CheckState::Unknown, format!("removed; it was {}", record.summary)),
        (AlertKey::Plugin(_) | AlertKey::Host(_), _) => (
            CheckState::Unknown,
            format!("removed with the check that it failed in; it was: {}", record.summary),
        ),
    };
    record.summary = summary;
    state
}

fn judged_again(judgement: Judgement, summary: &str) -> String {
    format!("judged again, and it is {}: {summary}", judgement.state().as_str())
}

fn removed_at(last: CheckState, summary: &str) -> String {
    format!("removed, last {}: {summary}", last.as_str())
}

/// Brings a notice up to date after its alert ended while the notice was a dead letter.
pub(crate) fn ended_meanwhile(state: &State, now: Now, told: &mut AlertNotice) {
    let check = told.key.check().and_then(|name| state.checks.named(name));
    let last = check.and_then(|check| check.last.as_ref()).map(|row| &row.outcome);
    let judged = last.and_then(|outcome| Some((outcome.judgement()?, outcome.summary().to_owned())));
    let there = check.is_some_and(|check| check.activity != Activity::Disabled);
    let was = told.state;
    (told.state, told.summary) = match (&told.key, judged) {
        (AlertKey::Check(_) | AlertKey::Finding(..) | AlertKey::NotJudged(_), _) if !there => {
            (CheckState::Unknown, removed_at(was, &told.summary))
        }
        (AlertKey::NotJudged(_), Some((Judgement::Ok, summary)))
        | (AlertKey::Check(_), Some((Judgement::Ok, summary))) => (CheckState::Ok, summary),
        (AlertKey::NotJudged(_), Some((judgement, summary))) => {
            (judgement.state(), judged_again(judgement, &summary))
        }
        (AlertKey::NotJudged(_), None) => (CheckState::Unknown, format!("over; it was {}", told.summary)),
        (AlertKey::Check(_) | AlertKey::Finding(..) | AlertKey::Plugin(_) | AlertKey::Host(_), _) => {
            (CheckState::Ok, format!("it is over; it was: {}", told.summary))
        }
    };
    told.previous = Some(was);
    told.severity = told.state.severity();
    told.until = Some(now.wall);
}
