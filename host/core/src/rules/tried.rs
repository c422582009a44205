//! What automatic recovery did about an alert, in sentences (rule X6). Moments are told from the alert's beginning, since a
//! sentence is read in many time zones.

use crate::action::{Effect, Step};
use crate::model::alert::AlertRecord;
use crate::model::recovery::{ActionRecord, ActionResult, ActionStatus, Helped};
use crate::model::state::State;
use crate::time::{Wall, span};

/// More than these are counted.
const SENTENCES_MAX: usize = 10;

/// What was tried, oldest first, and what is held back now.
pub(crate) fn sentences(state: &State, alert: &AlertRecord) -> Vec<String> {
    let tried: Vec<String> =
        state.actions.of_alert(&alert.id).filter_map(|act| sentence(&act.record)).collect();
    let omitted = tried.len().saturating_sub(SENTENCES_MAX);
    let earlier = match omitted {
        0 => None,
        1 => Some("1 earlier attempt is not listed".to_owned()),
        count => Some(format!("{count} earlier attempts are not listed")),
    };
    let held = state.alerts.get(&alert.key).filter(|open| open.record.id == alert.id);
    let held = held.into_iter().flat_map(|open| &open.held_actions);
    let held = held.map(|(action, why)| format!("`{action}` is held back: {why}"));
    earlier.into_iter().chain(tried.into_iter().skip(omitted)).chain(held).collect()
}

/// One attempt; none for what was withdrawn.
pub fn sentence(record: &ActionRecord) -> Option<String> {
    let ActionRecord { action, id, since, .. } = record;
    let by = record.by.as_ref().map(|by| format!(" for {by}")).unwrap_or_default();
    let after = |began: &Wall| match began.since(*since) {
        soon if soon.as_secs() == 0 => format!("`{action}`{by} at once"),
        later => format!("`{action}`{by} after {}", span(later)),
    };
    Some(match &record.status {
        ActionStatus::AwaitsApproval => {
            format!("`{action}` waits for approval: `watchkeep action approve {id}`")
        }
        ActionStatus::Begun { at } => format!("{}: under way", after(at)),
        ActionStatus::Ended { began, result, helped, .. } => {
            format!("{}: {}{}", after(began), told(result), became(result, *helped))
        }
        ActionStatus::Declined { by, .. } => format!("`{action}` was declined by {by}"),
        ActionStatus::Withdrawn { .. } => return None,
    })
}

/// What an attempt came to.
pub fn told(result: &ActionResult) -> String {
    match result {
        ActionResult::Done(Effect { summary, changed: true, .. }) => summary.clone(),
        ActionResult::Done(Effect { summary, changed: false, .. }) => format!("nothing to do: {summary}"),
        ActionResult::Planned(steps) if steps.is_empty() => "dry run: it would do nothing".to_owned(),
        ActionResult::Planned(steps) => {
            let steps = steps.iter().map(|Step { title, target }| match target.as_str() {
                "" => title.clone(),
                target => format!("{title} ({target})"),
            });
            format!("dry run: it would {}", steps.collect::<Vec<_>>().join(", then "))
        }
        ActionResult::Failed { why, said_by: _ } => format!("failed: {why}"),
        ActionResult::Unknown(why) => format!("its result is unknown: {why}"),
    }
}

fn became(result: &ActionResult, helped: Helped) -> &'static str {
    match (result, helped) {
        (ActionResult::Planned(_) | ActionResult::Failed { .. }, _) | (_, Helped::NotYetKnown) => "",
        (_, Helped::Yes) => "; it recovered",
        (_, Helped::No) => "; it did not help",
    }
}
