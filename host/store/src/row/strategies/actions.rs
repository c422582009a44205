//! Arbitrary decisions to act.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use watchkeep_core::action::{Effect, Step};
use watchkeep_core::ids::{ActionName, OccasionId};
use watchkeep_core::recovery::{ActionRecord, ActionResult, ActionStatus, Helped, Mode, Origin};

use super::{alert_id, alert_key, text, wall};

pub(super) fn action_name() -> impl Strategy<Value = ActionName> {
    text().prop_map(ActionName::new)
}

pub(super) fn occasion() -> impl Strategy<Value = OccasionId> {
    text().prop_map(OccasionId::restore)
}

fn result() -> impl Strategy<Value = ActionResult> {
    let step = (text(), text()).prop_map(|(title, target)| Step { title, target });
    prop_oneof![
        (text(), any::<bool>(), of(text()))
            .prop_map(|(summary, changed, details)| ActionResult::Done(Effect { summary, changed, details })),
        vec(step, 0..3).prop_map(ActionResult::Planned),
        (text(), of(text())).prop_map(|(why, said_by)| ActionResult::Failed { why, said_by }),
        text().prop_map(ActionResult::Unknown),
    ]
}

fn status() -> impl Strategy<Value = ActionStatus> {
    let helped = select(vec![Helped::NotYetKnown, Helped::Yes, Helped::No]);
    prop_oneof![
        Just(ActionStatus::AwaitsApproval),
        wall().prop_map(|at| ActionStatus::Begun { at }),
        (wall(), wall(), result(), helped).prop_map(|(began, at, result, helped)| ActionStatus::Ended {
            began,
            at,
            result,
            helped
        }),
        (wall(), text()).prop_map(|(at, by)| ActionStatus::Declined { at, by }),
        wall().prop_map(|at| ActionStatus::Withdrawn { at }),
    ]
}

pub(in crate::row) fn action() -> impl Strategy<Value = ActionRecord> {
    let modes = select(vec![Mode::Act, Mode::DryRun]);
    let origins = select(vec![Origin::Check, Origin::Person]);
    (
        (occasion(), action_name(), alert_key(), alert_id(), any::<u32>(), modes),
        (wall(), wall(), origins, of(text()), status()),
    )
        .prop_map(|((id, action, key, alert, number, mode), (decided_at, since, origin, by, status))| {
            ActionRecord { id, action, key, alert, number, mode, decided_at, since, origin, by, status }
        })
}
