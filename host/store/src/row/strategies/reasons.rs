//! Arbitrary reasons.

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use watchkeep_core::ids::EscalationName;
use watchkeep_core::reason::Reason;
use watchkeep_core::setup::Absent;

use super::actions::{action_name, occasion};
use super::{duration, hold, judgement, receiver_name, route, text, wall};

pub(super) fn reason() -> impl Strategy<Value = Reason> {
    prop_oneof![
        first_reasons(),
        later_reasons(),
        reasons_of_people(),
        reasons_of_events(),
        reasons_of_actions()
    ]
}

fn first_reasons() -> impl Strategy<Value = Reason> {
    prop_oneof![
        (any::<u32>(), any::<u32>(), any::<u32>()).prop_map(|(seen, needed, of)| Reason::BelowThreshold {
            seen,
            needed,
            of
        }),
        judgement().prop_map(|judgement| Reason::JudgedAgain { judgement }),
        judgement().prop_map(|level| Reason::Fired { level }),
        (judgement(), judgement()).prop_map(|(from, to)| Reason::Worsened { from, to }),
        (judgement(), judgement()).prop_map(|(from, to)| Reason::Eased { from, to }),
        (hold(), text()).prop_map(|(hold, why)| Reason::HeldBack { hold, why }),
        (hold(), text()).prop_map(|(hold, why)| Reason::Released { hold, why }),
        (route(), duration()).prop_map(|(route, wait)| Reason::WaitsForGroup { route, wait }),
        (receiver_name(), route(), text()).prop_map(|(receiver, route, notification)| Reason::Told {
            receiver,
            route,
            notification
        }),
        (receiver_name(), route()).prop_map(|(receiver, route)| Reason::Reminded { receiver, route }),
        any::<u32>().prop_map(|oks| Reason::Recovered { oks }),
        Just(Reason::NeverTold),
        receiver_name().prop_map(|receiver| Reason::ResolveOwed { receiver }),
        Just(Reason::NoRoute),
        route().prop_map(|route| Reason::NoReceiver { route }),
        text().prop_map(|why| Reason::NotJudged { why }),
        Just(Reason::CheckRemoved),
        receiver_name().prop_map(|receiver| Reason::Combined { receiver }),
        (receiver_name(), text()).prop_map(|(receiver, error)| Reason::Undeliverable { receiver, error }),
    ]
}

fn escalation() -> impl Strategy<Value = EscalationName> {
    text().prop_map(EscalationName::new)
}

fn later_reasons() -> impl Strategy<Value = Reason> {
    prop_oneof![
        (any::<u32>(), any::<u32>()).prop_map(|(percent, changes)| Reason::Flaps { percent, changes }),
        any::<u32>().prop_map(|percent| Reason::Steady { percent }),
        Just(Reason::KeptByFlapping),
        (vec(text(), 0..3), duration()).prop_map(|(checks, wait)| Reason::Asks { checks, wait }),
        Just(Reason::AskedAgain),
        (receiver_name(), receiver_name())
            .prop_map(|(receiver, fallback)| Reason::FellBack { receiver, fallback }),
        select(vec![Absent::Keep, Absent::Resolve, Absent::Critical])
            .prop_map(|absent| Reason::FindingGone { absent }),
        (any::<u32>(), any::<u32>()).prop_map(|(found, max)| Reason::FindingsCapped { found, max }),
        Just(Reason::SaidByFindings),
        (any::<u32>(), any::<u32>()).prop_map(|(down, quorum)| Reason::HostOffline { down, quorum }),
        text().prop_map(|why| Reason::HostProblem { why }),
        text().prop_map(|what| Reason::Pinged { what }),
    ]
}

fn reasons_of_people() -> impl Strategy<Value = Reason> {
    prop_oneof![
        (text(), text(), of(wall())).prop_map(|(by, comment, until)| Reason::Acknowledged {
            by,
            comment,
            until
        }),
        Just(Reason::AcknowledgementCleared),
        Just(Reason::AcknowledgementExpired),
        text().prop_map(|by| Reason::Unacknowledged { by }),
        text().prop_map(|by| Reason::TakenBy { by }),
        (text(), text(), text()).prop_map(|(to, by, comment)| Reason::HandedOver { to, by, comment }),
        (escalation(), any::<u32>()).prop_map(|(escalation, step)| Reason::Escalated { escalation, step }),
        (escalation(), any::<u32>())
            .prop_map(|(escalation, step)| Reason::StepUndeliverable { escalation, step }),
        (escalation(), any::<u32>())
            .prop_map(|(escalation, step)| Reason::LastStepUndeliverable { escalation, step }),
        receiver_name().prop_map(|receiver| Reason::Retried { receiver }),
    ]
}

fn reasons_of_events() -> impl Strategy<Value = Reason> {
    prop_oneof![
        any::<u32>().prop_map(|events| Reason::EventBaseline { events }),
        (text(), receiver_name(), route()).prop_map(|(title, receiver, route)| Reason::EventTold {
            title,
            receiver,
            route
        }),
        (text(), hold(), text()).prop_map(|(title, hold, why)| Reason::EventHeld { title, hold, why }),
        (any::<u32>(), receiver_name())
            .prop_map(|(events, receiver)| Reason::EventsDigested { events, receiver }),
    ]
}

fn reasons_of_actions() -> impl Strategy<Value = Reason> {
    prop_oneof![
        (action_name(), occasion()).prop_map(|(action, occasion)| Reason::ActionAsked { action, occasion }),
        (action_name(), any::<u32>(), of(text()), any::<bool>())
            .prop_map(|(action, number, by, dry_run)| Reason::ActionBegun { action, number, by, dry_run }),
        (action_name(), text()).prop_map(|(action, why)| Reason::ActionHeld { action, why }),
        action_name().prop_map(|action| Reason::ActionReleased { action }),
        (action_name(), text()).prop_map(|(action, result)| Reason::ActionEnded { action, result }),
        action_name().prop_map(|action| Reason::ActionHelped { action }),
        action_name().prop_map(|action| Reason::ActionDidNotHelp { action }),
        (action_name(), text()).prop_map(|(action, by)| Reason::ActionDeclined { action, by }),
        action_name().prop_map(|action| Reason::ActionWithdrawn { action }),
        Just(Reason::RecoveryGaveUp),
        wall().prop_map(|by| Reason::Due { by }),
        text().prop_map(|to| Reason::Overdue { to }),
    ]
}
