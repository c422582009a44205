//! Why a notification was sent or not: one variant for each reason of the core, in the order in which they were added.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use watchkeep_core::ids::{ActionName, EscalationName, OccasionId, ReceiverName, RouteName};
use watchkeep_core::reason::Reason;
use watchkeep_core::time::Wall;

use super::convert::owned;
use super::enums::{AbsentRow, HoldRow, JudgementRow};

#[derive(Serialize, Deserialize)]
pub(super) enum ReasonRow<'a> {
    BelowThreshold { seen: u32, needed: u32, of: u32 },
    Fired { level: JudgementRow },
    Worsened { from: JudgementRow, to: JudgementRow },
    Eased { from: JudgementRow, to: JudgementRow },
    HeldBack { hold: HoldRow, why: &'a str },
    Released { hold: HoldRow },
    WaitsForGroup { route: &'a str, wait: Duration },
    Told { receiver: &'a str, route: &'a str, notification: &'a str },
    Reminded { receiver: &'a str, route: &'a str },
    Recovered { oks: u32 },
    NeverTold,
    ResolveOwed { receiver: &'a str },
    NoRoute,
    NoReceiver { route: &'a str },
    NotJudged { why: &'a str },
    CheckRemoved,
    Combined { receiver: &'a str },
    Undeliverable { receiver: &'a str, error: &'a str },
    Flaps { percent: u32, changes: u32 },
    Steady { percent: u32 },
    KeptByFlapping,
    Asks { checks: Vec<&'a str>, wait: Duration },
    AskedAgain,
    Acknowledged { by: &'a str, comment: &'a str, until: Option<i64> },
    AcknowledgementCleared,
    AcknowledgementExpired,
    Unacknowledged { by: &'a str },
    TakenBy { by: &'a str },
    HandedOver { to: &'a str, by: &'a str, comment: &'a str },
    Escalated { escalation: &'a str, step: u32 },
    StepUndeliverable { escalation: &'a str, step: u32 },
    FellBack { receiver: &'a str, fallback: &'a str },
    FindingGone { absent: AbsentRow },
    FindingsCapped { found: u32, max: u32 },
    SaidByFindings,
    EventBaseline { events: u32 },
    EventTold { title: &'a str, receiver: &'a str, route: &'a str },
    EventHeld { title: &'a str, hold: HoldRow, why: &'a str },
    EventsDigested { events: u32, receiver: &'a str },
    HostOffline { down: u32, quorum: u32 },
    HostProblem { why: &'a str },
    Retried { receiver: &'a str },
    Pinged { what: &'a str },
    LastStepUndeliverable { escalation: &'a str, step: u32 },
    JudgedAgain { judgement: JudgementRow },
    ReleasedBy { hold: HoldRow, why: &'a str },
    ActionAsked { action: &'a str, occasion: &'a str },
    ActionBegun { action: &'a str, number: u32, by: Option<&'a str>, dry_run: bool },
    ActionHeld { action: &'a str, why: &'a str },
    ActionReleased { action: &'a str },
    ActionEnded { action: &'a str, result: &'a str },
    ActionHelped { action: &'a str },
    ActionDidNotHelp { action: &'a str },
    ActionDeclined { action: &'a str, by: &'a str },
    ActionWithdrawn { action: &'a str },
    RecoveryGaveUp,
    Due { by: i64 },
    Overdue { to: &'a str },
}

impl<'a> From<&'a Reason> for ReasonRow<'a> {
    fn from(reason: &'a Reason) -> Self {
        match reason {
            Reason::BelowThreshold { seen, needed, of } => {
                ReasonRow::BelowThreshold { seen: *seen, needed: *needed, of: *of }
            }
            Reason::Fired { level } => ReasonRow::Fired { level: (*level).into() },
            Reason::Worsened { from, to } => ReasonRow::Worsened { from: (*from).into(), to: (*to).into() },
            Reason::Eased { from, to } => ReasonRow::Eased { from: (*from).into(), to: (*to).into() },
            Reason::HeldBack { hold, why } => ReasonRow::HeldBack { hold: (*hold).into(), why },
            Reason::Released { hold, why } if why.is_empty() => ReasonRow::Released { hold: (*hold).into() },
            Reason::Released { hold, why } => ReasonRow::ReleasedBy { hold: (*hold).into(), why },
            Reason::WaitsForGroup { route, wait } => {
                ReasonRow::WaitsForGroup { route: route.as_str(), wait: *wait }
            }
            Reason::Told { receiver, route, notification } => {
                ReasonRow::Told { receiver: receiver.as_str(), route: route.as_str(), notification }
            }
            Reason::Reminded { receiver, route } => {
                ReasonRow::Reminded { receiver: receiver.as_str(), route: route.as_str() }
            }
            Reason::Recovered { oks } => ReasonRow::Recovered { oks: *oks },
            Reason::NeverTold => ReasonRow::NeverTold,
            Reason::ResolveOwed { receiver } => ReasonRow::ResolveOwed { receiver: receiver.as_str() },
            Reason::NoRoute => ReasonRow::NoRoute,
            Reason::NoReceiver { route } => ReasonRow::NoReceiver { route: route.as_str() },
            Reason::NotJudged { why } => ReasonRow::NotJudged { why },
            Reason::CheckRemoved => ReasonRow::CheckRemoved,
            Reason::Combined { receiver } => ReasonRow::Combined { receiver: receiver.as_str() },
            Reason::Undeliverable { receiver, error } => {
                ReasonRow::Undeliverable { receiver: receiver.as_str(), error }
            }
            Reason::Flaps { percent, changes } => ReasonRow::Flaps { percent: *percent, changes: *changes },
            Reason::Steady { percent } => ReasonRow::Steady { percent: *percent },
            Reason::KeptByFlapping => ReasonRow::KeptByFlapping,
            Reason::Asks { checks, wait } => {
                ReasonRow::Asks { checks: checks.iter().map(String::as_str).collect(), wait: *wait }
            }
            Reason::AskedAgain => ReasonRow::AskedAgain,
            Reason::Acknowledged { by, comment, until } => {
                ReasonRow::Acknowledged { by, comment, until: until.map(Wall::millis) }
            }
            Reason::AcknowledgementCleared => ReasonRow::AcknowledgementCleared,
            Reason::AcknowledgementExpired => ReasonRow::AcknowledgementExpired,
            Reason::Unacknowledged { by } => ReasonRow::Unacknowledged { by },
            Reason::TakenBy { by } => ReasonRow::TakenBy { by },
            Reason::HandedOver { to, by, comment } => ReasonRow::HandedOver { to, by, comment },
            Reason::Escalated { escalation, step } => {
                ReasonRow::Escalated { escalation: escalation.as_str(), step: *step }
            }
            Reason::StepUndeliverable { escalation, step } => {
                ReasonRow::StepUndeliverable { escalation: escalation.as_str(), step: *step }
            }
            Reason::LastStepUndeliverable { escalation, step } => {
                ReasonRow::LastStepUndeliverable { escalation: escalation.as_str(), step: *step }
            }
            Reason::FellBack { receiver, fallback } => {
                ReasonRow::FellBack { receiver: receiver.as_str(), fallback: fallback.as_str() }
            }
            Reason::FindingGone { absent } => ReasonRow::FindingGone { absent: (*absent).into() },
            Reason::FindingsCapped { found, max } => ReasonRow::FindingsCapped { found: *found, max: *max },
            Reason::SaidByFindings => ReasonRow::SaidByFindings,
            Reason::EventBaseline { events } => ReasonRow::EventBaseline { events: *events },
            Reason::EventTold { title, receiver, route } => {
                ReasonRow::EventTold { title, receiver: receiver.as_str(), route: route.as_str() }
            }
            Reason::EventHeld { title, hold, why } => {
                ReasonRow::EventHeld { title, hold: (*hold).into(), why }
            }
            Reason::EventsDigested { events, receiver } => {
                ReasonRow::EventsDigested { events: *events, receiver: receiver.as_str() }
            }
            Reason::HostOffline { down, quorum } => ReasonRow::HostOffline { down: *down, quorum: *quorum },
            Reason::HostProblem { why } => ReasonRow::HostProblem { why },
            Reason::Retried { receiver } => ReasonRow::Retried { receiver: receiver.as_str() },
            Reason::JudgedAgain { judgement } => ReasonRow::JudgedAgain { judgement: (*judgement).into() },
            Reason::Pinged { what } => ReasonRow::Pinged { what },
            Reason::ActionAsked { action, occasion } => {
                ReasonRow::ActionAsked { action: action.as_str(), occasion: occasion.as_str() }
            }
            Reason::ActionBegun { action, number, by, dry_run } => ReasonRow::ActionBegun {
                action: action.as_str(),
                number: *number,
                by: by.as_deref(),
                dry_run: *dry_run,
            },
            Reason::ActionHeld { action, why } => ReasonRow::ActionHeld { action: action.as_str(), why },
            Reason::ActionReleased { action } => ReasonRow::ActionReleased { action: action.as_str() },
            Reason::ActionEnded { action, result } => {
                ReasonRow::ActionEnded { action: action.as_str(), result }
            }
            Reason::ActionHelped { action } => ReasonRow::ActionHelped { action: action.as_str() },
            Reason::ActionDidNotHelp { action } => ReasonRow::ActionDidNotHelp { action: action.as_str() },
            Reason::ActionDeclined { action, by } => {
                ReasonRow::ActionDeclined { action: action.as_str(), by }
            }
            Reason::ActionWithdrawn { action } => ReasonRow::ActionWithdrawn { action: action.as_str() },
            Reason::RecoveryGaveUp => ReasonRow::RecoveryGaveUp,
            Reason::Due { by } => ReasonRow::Due { by: by.millis() },
            Reason::Overdue { to } => ReasonRow::Overdue { to },
        }
    }
}
impl From<ReasonRow<'_>> for Reason {
    fn from(row: ReasonRow<'_>) -> Self {
        match row {
            ReasonRow::BelowThreshold { seen, needed, of } => Reason::BelowThreshold { seen, needed, of },
            ReasonRow::Fired { level } => Reason::Fired { level: level.into() },
            ReasonRow::Worsened { from, to } => Reason::Worsened { from: from.into(), to: to.into() },
            ReasonRow::Eased { from, to } => Reason::Eased { from: from.into(), to: to.into() },
            ReasonRow::HeldBack { hold, why } => Reason::HeldBack { hold: hold.into(), why: why.to_owned() },
            ReasonRow::Released { hold } => Reason::Released { hold: hold.into(), why: String::new() },
            ReasonRow::ReleasedBy { hold, why } => {
                Reason::Released { hold: hold.into(), why: why.to_owned() }
            }
            ReasonRow::WaitsForGroup { route, wait } => {
                Reason::WaitsForGroup { route: RouteName::new(route), wait }
            }
            ReasonRow::Told { receiver, route, notification } => Reason::Told {
                receiver: ReceiverName::new(receiver),
                route: RouteName::new(route),
                notification: notification.to_owned(),
            },
            ReasonRow::Reminded { receiver, route } => {
                Reason::Reminded { receiver: ReceiverName::new(receiver), route: RouteName::new(route) }
            }
            ReasonRow::Recovered { oks } => Reason::Recovered { oks },
            ReasonRow::NeverTold => Reason::NeverTold,
            ReasonRow::ResolveOwed { receiver } => {
                Reason::ResolveOwed { receiver: ReceiverName::new(receiver) }
            }
            ReasonRow::NoRoute => Reason::NoRoute,
            ReasonRow::NoReceiver { route } => Reason::NoReceiver { route: RouteName::new(route) },
            ReasonRow::NotJudged { why } => Reason::NotJudged { why: why.to_owned() },
            ReasonRow::CheckRemoved => Reason::CheckRemoved,
            ReasonRow::Combined { receiver } => Reason::Combined { receiver: ReceiverName::new(receiver) },
            ReasonRow::Undeliverable { receiver, error } => {
                Reason::Undeliverable { receiver: ReceiverName::new(receiver), error: error.to_owned() }
            }
            ReasonRow::Flaps { percent, changes } => Reason::Flaps { percent, changes },
            ReasonRow::Steady { percent } => Reason::Steady { percent },
            ReasonRow::KeptByFlapping => Reason::KeptByFlapping,
            ReasonRow::Asks { checks, wait } => {
                Reason::Asks { checks: checks.into_iter().map(str::to_owned).collect(), wait }
            }
            ReasonRow::AskedAgain => Reason::AskedAgain,
            ReasonRow::Acknowledged { by, comment, until } => Reason::Acknowledged {
                by: by.to_owned(),
                comment: comment.to_owned(),
                until: until.map(Wall::from_millis),
            },
            ReasonRow::AcknowledgementCleared => Reason::AcknowledgementCleared,
            ReasonRow::AcknowledgementExpired => Reason::AcknowledgementExpired,
            ReasonRow::Unacknowledged { by } => Reason::Unacknowledged { by: by.to_owned() },
            ReasonRow::TakenBy { by } => Reason::TakenBy { by: by.to_owned() },
            ReasonRow::HandedOver { to, by, comment } => {
                Reason::HandedOver { to: to.to_owned(), by: by.to_owned(), comment: comment.to_owned() }
            }
            ReasonRow::Escalated { escalation, step } => {
                Reason::Escalated { escalation: EscalationName::new(escalation), step }
            }
            ReasonRow::StepUndeliverable { escalation, step } => {
                Reason::StepUndeliverable { escalation: EscalationName::new(escalation), step }
            }
            ReasonRow::LastStepUndeliverable { escalation, step } => {
                Reason::LastStepUndeliverable { escalation: EscalationName::new(escalation), step }
            }
            ReasonRow::FellBack { receiver, fallback } => Reason::FellBack {
                receiver: ReceiverName::new(receiver),
                fallback: ReceiverName::new(fallback),
            },
            ReasonRow::FindingGone { absent } => Reason::FindingGone { absent: absent.into() },
            ReasonRow::FindingsCapped { found, max } => Reason::FindingsCapped { found, max },
            ReasonRow::SaidByFindings => Reason::SaidByFindings,
            ReasonRow::EventBaseline { events } => Reason::EventBaseline { events },
            ReasonRow::EventTold { title, receiver, route } => Reason::EventTold {
                title: title.to_owned(),
                receiver: ReceiverName::new(receiver),
                route: RouteName::new(route),
            },
            ReasonRow::EventHeld { title, hold, why } => {
                Reason::EventHeld { title: title.to_owned(), hold: hold.into(), why: why.to_owned() }
            }
            ReasonRow::EventsDigested { events, receiver } => {
                Reason::EventsDigested { events, receiver: ReceiverName::new(receiver) }
            }
            ReasonRow::HostOffline { down, quorum } => Reason::HostOffline { down, quorum },
            ReasonRow::HostProblem { why } => Reason::HostProblem { why: why.to_owned() },
            ReasonRow::Retried { receiver } => Reason::Retried { receiver: ReceiverName::new(receiver) },
            ReasonRow::JudgedAgain { judgement } => Reason::JudgedAgain { judgement: judgement.into() },
            ReasonRow::Pinged { what } => Reason::Pinged { what: what.to_owned() },
            ReasonRow::ActionAsked { action, occasion } => Reason::ActionAsked {
                action: ActionName::new(action),
                occasion: OccasionId::restore(occasion),
            },
            ReasonRow::ActionBegun { action, number, by, dry_run } => {
                Reason::ActionBegun { action: ActionName::new(action), number, by: owned(by), dry_run }
            }
            ReasonRow::ActionHeld { action, why } => {
                Reason::ActionHeld { action: ActionName::new(action), why: why.to_owned() }
            }
            ReasonRow::ActionReleased { action } => {
                Reason::ActionReleased { action: ActionName::new(action) }
            }
            ReasonRow::ActionEnded { action, result } => {
                Reason::ActionEnded { action: ActionName::new(action), result: result.to_owned() }
            }
            ReasonRow::ActionHelped { action } => Reason::ActionHelped { action: ActionName::new(action) },
            ReasonRow::ActionDidNotHelp { action } => {
                Reason::ActionDidNotHelp { action: ActionName::new(action) }
            }
            ReasonRow::ActionDeclined { action, by } => {
                Reason::ActionDeclined { action: ActionName::new(action), by: by.to_owned() }
            }
            ReasonRow::ActionWithdrawn { action } => {
                Reason::ActionWithdrawn { action: ActionName::new(action) }
            }
            ReasonRow::RecoveryGaveUp => Reason::RecoveryGaveUp,
            ReasonRow::Due { by } => Reason::Due { by: Wall::from_millis(by) },
            ReasonRow::Overdue { to } => Reason::Overdue { to: to.to_owned() },
        }
    }
}
