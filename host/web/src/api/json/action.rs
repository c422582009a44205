//! Actions of the config, and decisions to act.

use serde::Serialize;
use watchkeep_core::action::Step;
use watchkeep_core::recovery::{
    ActionRecord, ActionResult, ActionSpec, ActionStatus, Approval, Helped, Mode, Most, Origin,
};
use watchkeep_core::setup::Setup;
use watchkeep_core::tried;

use super::{Subject, seconds, time};

#[derive(Serialize)]
pub(crate) struct ActionItem {
    name: String,
    plugin: String,
    level: &'static str,
    attempts: u32,
    cool_down: f64,
    most: Option<MostItem>,
    most_overall: Option<MostItem>,
    /// The calendar in whose hours it acts; `null` is always.
    hours: Option<String>,
    while_acknowledged: bool,
    settle: f64,
    timeout: f64,
    needs_approval: bool,
    dry_run: bool,
    /// The checks that name it.
    checks: Vec<String>,
}

#[derive(Serialize)]
struct MostItem {
    count: u32,
    within: f64,
}

impl ActionItem {
    pub(crate) fn of(spec: &ActionSpec, setup: &Setup) -> Self {
        let most = |most: Most| MostItem { count: most.count.get(), within: seconds(most.within) };
        let names = setup
            .checks
            .values()
            .filter(|check| check.remedies.iter().any(|remedy| remedy.action == spec.name));
        Self {
            name: spec.name.to_string(),
            plugin: spec.plugin.to_string(),
            level: spec.level.state().as_str(),
            attempts: spec.attempts.get(),
            cool_down: seconds(spec.cool_down),
            most: spec.most.map(most),
            most_overall: spec.most_overall.map(most),
            hours: spec.hours.as_ref().map(|hours| hours.name().to_string()),
            while_acknowledged: spec.while_acknowledged,
            settle: seconds(spec.settle),
            timeout: seconds(spec.timeout),
            needs_approval: spec.approval == Approval::Needed,
            dry_run: spec.mode == Mode::DryRun,
            checks: names.map(|check| check.name.to_string()).collect(),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct OccasionItem {
    id: String,
    action: String,
    #[serde(flatten)]
    subject: Subject,
    alert: String,
    /// Counts the attempts of this action in the life of the alert, from 1.
    number: u32,
    dry_run: bool,
    by_hand: bool,
    /// Who approved it, or asked for it.
    by: Option<String>,
    status: &'static str,
    decided_at: String,
    began_at: Option<String>,
    ended_at: Option<String>,
    /// What came of it, in one line.
    result: Option<String>,
    details: Option<String>,
    steps: Vec<StepItem>,
    /// Whether the problem was over afterwards; `null` while that is not known.
    helped: Option<bool>,
    sentence: Option<String>,
}

#[derive(Serialize)]
struct StepItem {
    title: String,
    target: String,
}

pub(crate) const fn occasion_status(status: &ActionStatus) -> &'static str {
    match status {
        ActionStatus::AwaitsApproval => "awaits-approval",
        ActionStatus::Begun { .. } => "under-way",
        ActionStatus::Ended { result, .. } => match result {
            ActionResult::Done(_) => "done",
            ActionResult::Planned(_) => "planned",
            ActionResult::Failed { .. } => "failed",
            ActionResult::Unknown(_) => "unknown",
        },
        ActionStatus::Declined { .. } => "declined",
        ActionStatus::Withdrawn { .. } => "withdrawn",
    }
}

impl OccasionItem {
    pub(crate) fn of(record: &ActionRecord) -> Self {
        let (result, helped) = match &record.status {
            ActionStatus::Ended { result, helped, .. } => (Some(result), *helped),
            ActionStatus::AwaitsApproval
            | ActionStatus::Begun { .. }
            | ActionStatus::Declined { .. }
            | ActionStatus::Withdrawn { .. } => (None, Helped::NotYetKnown),
        };
        let ended = match record.status {
            ActionStatus::Declined { at, .. } | ActionStatus::Withdrawn { at } => Some(at),
            ActionStatus::Ended { at, .. } => Some(at),
            ActionStatus::AwaitsApproval | ActionStatus::Begun { .. } => None,
        };
        let steps = match result {
            Some(ActionResult::Planned(steps)) => steps.as_slice(),
            Some(ActionResult::Done(_) | ActionResult::Failed { .. } | ActionResult::Unknown(_)) | None => {
                &[]
            }
        };
        let step = |Step { title, target }: &Step| StepItem { title: title.clone(), target: target.clone() };
        Self {
            id: record.id.to_string(),
            action: record.action.to_string(),
            subject: Subject::of(&record.key),
            alert: record.alert.to_string(),
            number: record.number,
            dry_run: record.mode == Mode::DryRun,
            by_hand: record.origin == Origin::Person,
            by: record.by.clone(),
            status: occasion_status(&record.status),
            decided_at: time(record.decided_at),
            began_at: record.began_at().map(time),
            ended_at: ended.map(time),
            result: result.map(tried::told),
            details: match result {
                Some(ActionResult::Done(effect)) => effect.details.clone(),
                Some(ActionResult::Failed { said_by, .. }) => said_by.clone(),
                Some(ActionResult::Planned(_) | ActionResult::Unknown(_)) | None => None,
            },
            steps: steps.iter().map(step).collect(),
            helped: match helped {
                Helped::NotYetKnown => None,
                Helped::Yes => Some(true),
                Helped::No => Some(false),
            },
            sentence: tried::sentence(record),
        }
    }
}
