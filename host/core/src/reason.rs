//! Every decision has a named reason, stored and shown in a sentence (rule A12).

use std::fmt;
use std::time::Duration;

use crate::ids::{ActionName, EscalationName, OccasionId, ReceiverName, RouteName};
use crate::model::keys::Hold;
use crate::model::setup::Absent;
use crate::report::Judgement;
use crate::time::Wall;

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reason {
    /// Not enough judgements yet.
    BelowThreshold {
        seen: u32,
        needed: u32,
        of: u32,
    },
    Fired {
        level: Judgement,
    },
    /// Worse than what was told.
    Worsened {
        from: Judgement,
        to: Judgement,
    },
    /// Critical to warning: an update without paging.
    Eased {
        from: Judgement,
        to: Judgement,
    },
    HeldBack {
        hold: Hold,
        /// Which silence, or which parent; may be empty.
        why: String,
    },
    Released {
        hold: Hold,
        /// Which route's hours; empty if the hold applies to all routes.
        why: String,
    },
    WaitsForGroup {
        route: RouteName,
        wait: Duration,
    },
    Told {
        receiver: ReceiverName,
        route: RouteName,
        notification: String,
    },
    Reminded {
        receiver: ReceiverName,
        route: RouteName,
    },
    Recovered {
        oks: u32,
    },
    /// The alert fired and resolved before any attempt: neither notice is sent (rule A4).
    NeverTold,
    ResolveOwed {
        receiver: ReceiverName,
    },
    NoRoute,
    NoReceiver {
        route: RouteName,
    },
    NotJudged {
        why: String,
    },
    CheckRemoved,
    /// Firing and resolve both waited and were never attempted: they become one notice (rule D4).
    Combined {
        receiver: ReceiverName,
    },
    Undeliverable {
        receiver: ReceiverName,
        error: String,
    },
    /// Judgements change too often (rule A6).
    Flaps {
        percent: u32,
        changes: u32,
    },
    Steady {
        percent: u32,
    },
    /// The alert would resolve, but may not while it flaps.
    KeptByFlapping,
    /// Before the first notice, the parents or the witness are asked again (rules A7, A8).
    Asks {
        checks: Vec<String>,
        wait: Duration,
    },
    /// After the parents came back, the check itself is asked before anything is told.
    AskedAgain,
    Acknowledged {
        by: String,
        comment: String,
        until: Option<Wall>,
    },
    /// The acknowledgement ended because the alert got worse.
    AcknowledgementCleared,
    AcknowledgementExpired,
    Unacknowledged {
        by: String,
    },
    /// No reminder, because somebody took the alert.
    TakenBy {
        by: String,
    },
    HandedOver {
        to: String,
        by: String,
        comment: String,
    },
    Escalated {
        escalation: EscalationName,
        /// Counts from 1.
        step: u32,
    },
    /// Nobody of the step could be told (rule R4).
    StepUndeliverable {
        escalation: EscalationName,
        step: u32,
    },
    /// Nobody of the last step could be told.
    LastStepUndeliverable {
        escalation: EscalationName,
        step: u32,
    },
    /// The receiver has failed for so long that its fallback is told as well (rule D3).
    FellBack {
        receiver: ReceiverName,
        fallback: ReceiverName,
    },
    /// The finding is gone from a report that judges (rule A9).
    FindingGone {
        absent: Absent,
    },
    /// There are more findings than may have alerts (rule A9).
    FindingsCapped {
        found: u32,
        max: u32,
    },
    /// The check's own state says what its findings say: no extra page (rule A9).
    SaidByFindings,
    /// The events of a first report are what was there before (rule A10).
    EventBaseline {
        events: u32,
    },
    EventTold {
        title: String,
        receiver: ReceiverName,
        route: RouteName,
    },
    EventHeld {
        title: String,
        hold: Hold,
        why: String,
    },
    EventsDigested {
        events: u32,
        receiver: ReceiverName,
    },
    HostOffline {
        down: u32,
        quorum: u32,
    },
    HostProblem {
        why: String,
    },
    /// An operator had a dead letter tried again.
    Retried {
        receiver: ReceiverName,
    },
    /// "Not judged" ended, and this is what the next judgement said.
    JudgedAgain {
        judgement: Judgement,
    },
    /// A job pinged with a note, or to say that it began.
    Pinged {
        what: String,
    },
    /// An action waits for a person to approve it.
    ActionAsked {
        action: ActionName,
        occasion: OccasionId,
    },
    ActionBegun {
        action: ActionName,
        /// Counts from 1.
        number: u32,
        /// Who approved it, or asked for it.
        by: Option<String>,
        dry_run: bool,
    },
    /// Due, and held back.
    ActionHeld {
        action: ActionName,
        why: String,
    },
    ActionReleased {
        action: ActionName,
    },
    ActionEnded {
        action: ActionName,
        /// What came of it, as words.
        result: String,
    },
    ActionHelped {
        action: ActionName,
    },
    ActionDidNotHelp {
        action: ActionName,
    },
    ActionDeclined {
        action: ActionName,
        by: String,
    },
    ActionWithdrawn {
        action: ActionName,
    },
    /// All actions have acted as often as they may, and the problem is still there (rule X7).
    RecoveryGaveUp,
    /// The work on an alert that was handed over is to be done by then.
    Due {
        by: Wall,
    },
    /// It was not over by then.
    Overdue {
        to: String,
    },
}

/// The sentence for each reason, in the order of the enum.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::BelowThreshold { seen, needed, of } => {
                write!(f, "not told yet: {seen} of the last {of} judgements are bad, {needed} are needed")
            }
            Reason::Fired { level } => write!(f, "firing: it is {}", level.state().as_str()),
            Reason::Worsened { from, to } => {
                write!(f, "worse: it went from {} to {}", from.state().as_str(), to.state().as_str())
            }
            Reason::Eased { from, to } => {
                let (from, to) = (from.state().as_str(), to.state().as_str());
                write!(f, "updated quietly: it went from {from} to {to}")
            }
            Reason::HeldBack { hold, why } => {
                write!(f, "held back: {}{}", hold.as_str(), Because(why))
            }
            Reason::Released { hold, why } => {
                write!(f, "no longer held back: {}{}", hold.as_str(), Because(why))
            }
            Reason::WaitsForGroup { route, wait } => {
                // Shown in whole seconds where there is at least one: a remaining span is seldom a round number.
                let seconds = wait.as_secs_f64();
                let seconds = if seconds < 1.0 { seconds } else { seconds.ceil() };
                write!(f, "route `{route}` waits {seconds}s for others of its group")
            }
            Reason::Told { receiver, route, notification } => {
                write!(f, "notice for `{receiver}` by route `{route}` (notification {notification})")
            }
            Reason::Reminded { receiver, route } => write!(f, "reminder for `{receiver}` by route `{route}`"),
            Reason::Recovered { oks: 1 } => f.write_str("resolved after a judgement of ok"),
            Reason::Recovered { oks } => write!(f, "resolved after {oks} judgements of ok"),
            Reason::NeverTold => {
                f.write_str("resolved before anybody was told, so neither firing nor resolve was sent")
            }
            Reason::ResolveOwed { receiver } => {
                write!(f, "`{receiver}` was sent a notice of it, so there is one of its end")
            }
            Reason::NoRoute => f.write_str("nobody told: no route is configured"),
            Reason::NoReceiver { route } => write!(f, "nobody told: route `{route}` names no receiver"),
            // The summary begins with these words already.
            Reason::NotJudged { why } if why.starts_with("not judged") => f.write_str(why),
            Reason::NotJudged { why } => write!(f, "not judged: {why}"),
            Reason::JudgedAgain { judgement } => {
                write!(f, "judged again: it is {}", judgement.state().as_str())
            }
            Reason::CheckRemoved => {
                f.write_str("over, and not recovered: the check was removed from the config, or disabled")
            }
            Reason::Combined { receiver } => {
                write!(f, "`{receiver}` gets one notice for firing and resolve, neither had been attempted")
            }
            Reason::Undeliverable { receiver, error } => write!(f, "given up on `{receiver}`: {error}"),
            Reason::Flaps { percent, changes } => write!(
                f,
                "flapping began: {changes} of the last 20 judgements differ from the one before, which weighs \
                 {percent} %, above 30 %"
            ),
            Reason::Steady { percent } => write!(f, "flapping ended: it weighs {percent} %, below 25 %"),
            Reason::KeptByFlapping => f.write_str("stays open: what flaps does not resolve"),
            Reason::Asks { checks, wait } => write!(
                f,
                "before the first notice {} asked again, for at most {} s",
                Named(checks),
                wait.as_secs()
            ),
            Reason::AskedAgain => f.write_str("what it depends on is back, so it is checked again first"),
            Reason::HostOffline { down, quorum } => {
                write!(f, "this host is cut off: {down} checks of the witness are down, {quorum} are enough")
            }
            Reason::HostProblem { why } => write!(f, "the host itself: {why}"),
            Reason::Pinged { what } => write!(f, "pinged: {what}"),
            Reason::ActionAsked { action, occasion } => {
                write!(f, "action `{action}` waits for approval: `watchkeep action approve {occasion}`")
            }
            Reason::ActionBegun { action, number, by, dry_run } => {
                let what = if *dry_run { "dry run of action" } else { "action" };
                write!(f, "{what} `{action}` begins (attempt {number})")?;
                by.as_ref().map_or(Ok(()), |by| write!(f, " for {by}"))
            }
            Reason::ActionHeld { action, why } => write!(f, "action `{action}` is held back: {why}"),
            Reason::ActionReleased { action } => write!(f, "action `{action}` is no longer held back"),
            Reason::ActionEnded { action, result } => write!(f, "action `{action}`: {result}"),
            Reason::ActionHelped { action } => write!(f, "it recovered after action `{action}`"),
            Reason::ActionDidNotHelp { action } => write!(f, "action `{action}` did not help"),
            Reason::ActionDeclined { action, by } => write!(f, "action `{action}` was declined by {by}"),
            Reason::ActionWithdrawn { action } => {
                write!(f, "action `{action}` is no longer needed: it was over before anybody approved it")
            }
            Reason::RecoveryGaveUp => f.write_str("automatic recovery gives up: it did not help"),
            Reason::Due { by } => write!(f, "to be done by {by}"),
            Reason::Overdue { to } => write!(f, "overdue: {to} was to have it done by now"),
            Reason::Acknowledged { by, comment, until } => {
                write!(f, "acknowledged by {by}")?;
                if let Some(until) = until {
                    write!(f, " until {until}")?;
                }
                write!(f, "{}", Because(comment))
            }
            Reason::AcknowledgementCleared => f.write_str("the acknowledgement is void: it got worse"),
            Reason::AcknowledgementExpired => f.write_str("the acknowledgement has expired"),
            Reason::Unacknowledged { by } => write!(f, "the acknowledgement was taken back by {by}"),
            Reason::TakenBy { by } => write!(f, "not told again: {by} has acknowledged it"),
            Reason::HandedOver { to, by, comment } => {
                write!(f, "handed over to {to} by {by}{}", Because(comment))
            }
            Reason::Escalated { escalation, step } => {
                write!(f, "nobody acknowledged it: step {step} of escalation `{escalation}`")
            }
            Reason::StepUndeliverable { escalation, step } => write!(
                f,
                "nobody of step {step} of escalation `{escalation}` can be told, so the next step comes at once"
            ),
            Reason::LastStepUndeliverable { escalation, step } => write!(
                f,
                "nobody of step {step} of escalation `{escalation}` can be told, and no step comes after it"
            ),
            Reason::FellBack { receiver, fallback } => {
                write!(
                    f,
                    "`{receiver}` could not be told, so there is a notice for its fallback `{fallback}` as well"
                )
            }
            Reason::Retried { receiver } => write!(f, "an operator has `{receiver}` tried again"),
            Reason::FindingGone { absent } => f.write_str(match absent {
                Absent::Keep => "gone from the report: its alert is kept (`absent = \"keep\"`)",
                Absent::Resolve => "resolved: it is gone from the report (`absent = \"resolve\"`)",
                Absent::Critical => {
                    "gone from the report, which counts as critical (`absent = \"critical\"`)"
                }
            }),
            Reason::FindingsCapped { found, max } => write!(
                f,
                "the report has {found} findings that are not ok or new; only the worst {max} have alerts"
            ),
            Reason::SaidByFindings => {
                f.write_str("not told: its findings say it, and have alerts of their own")
            }
            Reason::EventBaseline { events } => {
                write!(f, "{events} events were there at the first run: known from now on, not told")
            }
            Reason::EventTold { title, receiver, route } => {
                write!(f, "event `{title}`: notice for `{receiver}` by route `{route}`")
            }
            Reason::EventHeld { title, hold, why } => {
                write!(f, "event `{title}` was not told: {}{}", hold.as_str(), Because(why))
            }
            Reason::EventsDigested { events, receiver } => {
                write!(f, "{events} events at once: `{receiver}` gets them as one digest")
            }
        }
    }
}

/// A reason's reason, where there is one.
struct Because<'a>(&'a str);

impl fmt::Display for Because<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, ": {}", self.0) }
    }
}

struct Named<'a>(&'a [String]);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, name) in self.0.iter().enumerate() {
            if place > 0 {
                f.write_str(", ")?;
            }
            write!(f, "`{name}`")?;
        }
        f.write_str(if self.0.len() == 1 { " is" } else { " are" })
    }
}
