//! The life of one problem (rules A1-A13): data and, in the modules below, the decisions about it.
//! An inactive alert has no record; a resolved one is a transition in history.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::sync::Arc;

use crate::ids::{ActionName, AlertId, CheckName, DeliveryId, ReceiverName, RouteName};
use crate::labels::Labels;
use crate::model::clock::Elapsed;
use crate::model::delivery::AlertNotice;
use crate::model::flapping::Flaps;
pub use crate::model::keys::{AlertKey, Hold, HostProblem};
use crate::model::keys::{DeliverySubject, GroupKey};
use crate::model::recovery::HeldAction;
use crate::model::setup::{Grouping, ReceiverSpec};
use crate::model::timers::Armed;
use crate::reason::Reason;
use crate::report::{Judgement, Report};
use crate::time::{Mono, Now, Wall};

/// An open alert: its record, and what is rebuilt after a restart.
#[derive(Debug)]
pub(crate) struct Alert {
    pub(crate) record: AlertRecord,
    /// The groups that the alert is a member of: at most one per route.
    pub(crate) groups: Vec<GroupKey>,
    /// When each receiver was told last: reminders count from there.
    pub(crate) told_since: BTreeMap<ReceiverName, Elapsed>,
    /// The last decision to tell nobody, kept so that it is not repeated.
    pub(crate) nobody_told: Option<Reason>,
    /// When the run began whose judgement was the last to count.
    pub(crate) counted: Option<Mono>,
    /// Whether other checks are asked before people are told of this alert.
    pub(crate) recheck: Recheck,
    /// How long each escalation has waited, by its route.
    pub(crate) waits: BTreeMap<RouteName, Elapsed>,
    /// The end of a hold, or a reminder.
    pub(crate) timer: Option<Armed>,
    /// Since when it is open, and since when it fires.
    pub(crate) opened: Elapsed,
    pub(crate) fired: Option<Elapsed>,
    /// What holds actions back now, kept so that it is decided once.
    pub(crate) held_actions: BTreeMap<ActionName, HeldAction>,
    /// What it depends on is back: no action, until a run that began then has judged it anew.
    pub(crate) rejudge: Option<Mono>,
    /// When an action is due, or may act again.
    pub(crate) acts: Option<Armed>,
}

impl Alert {
    pub(crate) fn new(record: AlertRecord, now: Now) -> Self {
        Self {
            opened: Elapsed::restored(record.since, now),
            fired: None,
            held_actions: BTreeMap::new(),
            rejudge: None,
            acts: None,
            record,
            groups: Vec::new(),
            told_since: BTreeMap::new(),
            nobody_told: None,
            counted: None,
            recheck: Recheck::default(),
            waits: BTreeMap::new(),
            timer: None,
        }
    }
}

/// A life that is over. If people were told of it, they are owed its resolve.
#[derive(Debug)]
pub(crate) struct EndedLife {
    pub(crate) alert: Alert,
    /// The last notice.
    pub(crate) notice: AlertNotice,
    pub(crate) short: ShortLife,
}

/// Whether receivers that were never tried are told of a life that is over already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ShortLife {
    Silent,
    Combined,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Phase {
    Pending,
    Firing {
        since: Wall,
    },
    /// The judgements of ok so far: fewer than it takes to resolve.
    Recovering {
        fired: Wall,
        oks: u32,
    },
}

impl Phase {
    /// When it fired; `None` while it is not confirmed, and nobody was told.
    pub const fn fired(self) -> Option<Wall> {
        match self {
            Phase::Pending => None,
            Phase::Firing { since } => Some(since),
            Phase::Recovering { fired, .. } => Some(fired),
        }
    }
}

/// A receiver that was told of this life, or may have been: its resolve is owed (rule A4).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    pub receiver: ReceiverName,
    pub route: RouteName,
    /// What the receiver was told: a receiver of single alerts the worst level, a receiver of groups the last one.
    pub level: Judgement,
    /// Whether the receiver was told that the alert flaps (rule A6).
    pub flapping: bool,
    /// When the last attempt to tell of the firing began: reminders count from here.
    pub at: Wall,
    /// What `deliver` returned last, for receivers of single alerts.
    pub service_id: Option<String>,
    /// The receiver as it was told, or as the config last had it: its resolve is owed even if the config loses it, by
    /// a reload or while the host is down (rule A11). Its `grouping` says how it was told, in a group or alone.
    pub as_told: Option<Arc<ReceiverSpec>>,
}

/// What a receiver's service answered to the notices about a firing. Kept apart from `Told`, which counts attempts: a
/// resolve is owed to everybody who may have heard of the alert, but only a receiver whose service accepted a notice
/// was told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    pub receiver: ReceiverName,
    /// The last notice that the service accepted.
    pub took: Option<Took>,
    /// Set while the last notice is one that was given up.
    pub gave_up: Option<GaveUp>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Took {
    pub at: Wall,
    /// What the notice told.
    pub level: Judgement,
}

/// A dead letter.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GaveUp {
    pub at: Wall,
    pub error: String,
    pub delivery: DeliveryId,
}

/// A person took the alert: no reminders, no further steps, until it is over, worse or expired.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Acknowledgement {
    pub by: String,
    pub at: Wall,
    pub comment: String,
    /// `None`: until the alert is over.
    pub until: Option<Wall>,
    pub lasting: Lasting,
}

/// Whether an acknowledgement stays when the alert gets worse (rule A3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lasting {
    UntilWorse,
    Sticky,
}

/// Handed over to a person or a team.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assignment {
    pub to: String,
    pub by: String,
    pub at: Wall,
    pub comment: String,
    /// When the work is to be done.
    pub due: Option<Wall>,
    /// Whether people were told that it was not done by then.
    pub overdue: bool,
}

/// How far an escalation came (rule R4).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Escalating {
    /// The route that has the escalation.
    pub route: RouteName,
    /// The step that is told next; after the last step, a number beyond it.
    pub step: u32,
    /// How often that step was told already.
    pub told: u32,
    /// The time that was waited for the step before `since`.
    pub waited: std::time::Duration,
    /// Since when the step waits; `None` while escalation is paused.
    pub since: Option<Wall>,
    /// Receivers of the last step that was told, while it is not known whether they can be reached.
    pub awaits: Vec<ReceiverName>,
}

/// An open alert, as it is stored.
#[derive(Clone, PartialEq, Debug)]
pub struct AlertRecord {
    pub key: AlertKey,
    pub id: AlertId,
    pub phase: Phase,
    /// While pending, the level of the last judgement that was not ok; while firing and recovering, the level that
    /// fires.
    pub level: Judgement,
    /// The level that fired before this one in this life.
    pub previous: Option<Judgement>,
    /// When the first judgement of this life arrived that was not ok.
    pub since: Wall,
    /// The last judgements, oldest first, as many as the thresholds look at.
    pub judgements: VecDeque<Judgement>,
    pub summary: String,
    /// The report behind `level`, for notices; none for `NotJudged` and `Plugin`, and after a restart.
    pub report: Option<Arc<Report>>,
    /// The labels that routes match: the check's, the report's, and the derived ones.
    pub labels: Labels,
    pub told: Vec<Told>,
    /// At most one answer per receiver. `telling` derives from them, and from what is under way, what became of each
    /// receiver.
    pub answers: Vec<Answer>,
    pub holds: Vec<Hold>,
    /// Routes that were outside their hours when the alert was last looked at. The beginning of each such hold is
    /// recorded, its end not yet.
    pub closed_routes: Vec<RouteName>,
    /// When its subject was last ok.
    pub last_good: Option<Wall>,
    pub acknowledged: Option<Acknowledgement>,
    /// How often it was acknowledged in this life (rule R6).
    pub taken: u32,
    pub assigned: Option<Assignment>,
    pub escalating: Vec<Escalating>,
    /// The last judgements of a finding, for flapping. Those of a check itself are kept with its result.
    pub flaps: Flaps,
}

impl AlertRecord {
    /// A new life, which nobody has been told of.
    pub(crate) fn new(key: AlertKey, begins: Begins) -> Self {
        let Begins { id, phase, level, since, summary, report, labels, last_good } = begins;
        Self {
            key,
            id,
            phase,
            level,
            previous: None,
            since,
            judgements: VecDeque::new(),
            summary,
            report,
            labels,
            told: Vec::new(),
            answers: Vec::new(),
            holds: Vec::new(),
            closed_routes: Vec::new(),
            last_good,
            acknowledged: None,
            taken: 0,
            assigned: None,
            escalating: Vec::new(),
            flaps: Flaps::default(),
        }
    }
    /// What the receiver's service has answered so far.
    pub(crate) fn answer_of(&mut self, receiver: &ReceiverName) -> &mut Answer {
        let known = self.answers.iter().position(|answer| answer.receiver == *receiver);
        let place = known.unwrap_or_else(|| {
            self.answers.push(Answer { receiver: receiver.clone(), took: None, gave_up: None });
            self.answers.len() - 1
        });
        &mut self.answers[place]
    }
    /// Whether people are to be told of the alert now: it fires, or would have resolved if it did not flap.
    pub(crate) fn is_told(&self) -> bool {
        match self.phase {
            Phase::Pending => false,
            Phase::Firing { .. } => true,
            Phase::Recovering { .. } => self.flaps.is_flapping(),
        }
    }
}

/// How a life begins.
#[derive(Debug)]
pub(crate) struct Begins {
    pub(crate) id: AlertId,
    pub(crate) phase: Phase,
    pub(crate) level: Judgement,
    pub(crate) since: Wall,
    pub(crate) summary: String,
    pub(crate) report: Option<Arc<Report>>,
    pub(crate) labels: Labels,
    pub(crate) last_good: Option<Wall>,
}

impl Alert {
    /// Remembers where this row goes. If the config loses the receiver, by a reload or while the host is down, what the
    /// receiver is owed goes there too (rule A11).
    pub(crate) fn keep_receiver(&mut self, spec: &Arc<ReceiverSpec>, subject: &DeliverySubject) {
        let grouping = match subject {
            DeliverySubject::Group(_) => Grouping::PerGroup,
            DeliverySubject::Alert(_)
            | DeliverySubject::Test
            | DeliverySubject::Event(..)
            | DeliverySubject::Subscriber(_) => Grouping::PerAlert,
        };
        let kept = if spec.grouping == grouping {
            Arc::clone(spec)
        } else {
            Arc::new(ReceiverSpec { grouping, ..ReceiverSpec::clone(spec) })
        };
        for told in self.record.told.iter_mut().filter(|told| told.receiver == spec.name) {
            told.as_told = Some(Arc::clone(&kept));
        }
    }
    /// An attempt to tell `receiver` begins.
    pub(crate) fn mark_told(
        &mut self,
        subject: &DeliverySubject,
        receiver: &ReceiverName,
        route: &RouteName,
        (level, flapping): (Judgement, bool),
        now: Now,
    ) {
        let grouped = matches!(subject, DeliverySubject::Group(_));
        self.told_since.insert(receiver.clone(), Elapsed::starting(now));
        let known = self
            .record
            .told
            .iter_mut()
            .find(|told| told.receiver == *receiver && (!grouped || told.route == *route));
        match known {
            Some(told) => {
                told.level = if grouped { level } else { told.level.max(level) };
                told.flapping = flapping;
                told.at = now.wall;
            }
            None => self.record.told.push(Told {
                receiver: receiver.clone(),
                route: route.clone(),
                level,
                flapping,
                at: now.wall,
                service_id: None,
                as_told: None,
            }),
        }
    }
}

impl Alert {
    /// Remembers since when it fires, for actions that wait from there.
    pub(crate) fn note_phase(&mut self, now: Now) {
        match self.record.phase {
            Phase::Firing { since } => {
                self.fired.get_or_insert_with(|| Elapsed::restored(since, now));
            }
            Phase::Pending | Phase::Recovering { .. } => {}
        }
    }
    pub(crate) fn restart_escalations(&mut self) {
        self.record.escalating.clear();
        self.waits.clear();
    }
}

/// Whether other checks were asked before people are told of this alert. Not stored: after a restart they are asked
/// again.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) enum Recheck {
    #[default]
    NotYet,
    Waits {
        since: Mono,
        until: Mono,
        checks: BTreeMap<CheckName, Question>,
    },
    /// A parent holds the alert back. When that ends, its own check is asked before anybody is told.
    HeldBack,
    Done,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Question {
    /// When the question was asked. A run that began earlier does not answer it.
    pub(crate) asked: Mono,
    pub(crate) heard: Heard,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Heard {
    Nothing,
    /// The parent is critical, and that is not confirmed yet.
    Undecided,
}
