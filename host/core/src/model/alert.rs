//! The life of one problem (rules A1-A13): data and, in the modules below, the decisions about it.
//! An inactive alert has no record; a resolved one is a transition in history.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::sync::Arc;

use crate::ids::{AlertId, CheckName, DeliveryId, ReceiverName, RouteName};
use crate::labels::Labels;
use crate::model::clock::Elapsed;
use crate::model::delivery::AlertNotice;
use crate::model::flapping::Flaps;
pub use crate::model::keys::{AlertKey, Hold, HostProblem};
use crate::model::keys::{DeliverySubject, GroupKey};
use crate::model::setup::{Grouping, ReceiverSpec};
use crate::model::timers::Armed;
use crate::reason::Reason;
use crate::report::{Judgement, Report};
use crate::time::{Mono, Now, Wall};

/// An open alert with what a restart makes anew.
#[derive(Debug)]
pub(crate) struct Alert {
    pub(crate) record: AlertRecord,
    /// Groups that it is a member of: at most one per route.
    pub(crate) groups: Vec<GroupKey>,
    /// Since when each told receiver knows: reminders count from there.
    pub(crate) told_since: BTreeMap<ReceiverName, Elapsed>,
    /// The last decision that nobody is told, so that it is not repeated.
    pub(crate) nobody_told: Option<Reason>,
    /// When the run began whose judgement counted last.
    pub(crate) counted: Option<Mono>,
    /// Whether others are asked before it is told.
    pub(crate) recheck: Recheck,
    /// How long each escalation has waited, by its route.
    pub(crate) waits: BTreeMap<RouteName, Elapsed>,
    /// The end of a hold, or a reminder.
    pub(crate) timer: Option<Armed>,
}

impl Alert {
    pub(crate) fn new(record: AlertRecord) -> Self {
        Self {
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

/// A life that is over and was told of, perhaps: its resolve is owed.
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
    /// Ok judgements counted so far, fewer than resolve it.
    Recovering {
        fired: Wall,
        oks: u32,
    },
}

/// A receiver that was told of this life, or may have been: its resolve is owed (rule A4).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    pub receiver: ReceiverName,
    pub route: RouteName,
    /// What it was told: the worst level to a receiver of single alerts, the last one to a receiver of groups.
    pub level: Judgement,
    /// Whether it was told that the alert flaps (rule A6).
    pub flapping: bool,
    /// When the last attempt to tell of the firing began: reminders count from here.
    pub at: Wall,
    /// What `deliver` returned last, for receivers of single alerts.
    pub service_id: Option<String>,
    /// The receiver as it was told, or as the config last had it: its resolve is owed even if the config loses it, by
    /// a reload or while the host is down (rule A11). Its `grouping` says how it was told, in a group or alone.
    pub as_told: Option<Arc<ReceiverSpec>>,
}

/// What the service of a receiver made of the notices about a firing. Kept apart from `Told`, which counts attempts: a
/// resolve is owed to whoever may have heard of it, but only who took a notice was told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    pub receiver: ReceiverName,
    /// The last notice that was taken.
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

/// Whether an acknowledgement outlives that the alert gets worse (rule A3).
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
}

/// How far an escalation came (rule R4).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Escalating {
    /// The route that has the escalation.
    pub route: RouteName,
    /// The step that is told next; past the last one: all are told.
    pub step: u32,
    /// How often that step was told already.
    pub told: u32,
    /// Waited for it before `since`.
    pub waited: std::time::Duration,
    /// Since when it waits now; `None`: paused.
    pub since: Option<Wall>,
    /// Receivers of the step told last of whom it is not known yet whether they can be told.
    pub awaits: Vec<ReceiverName>,
}

/// An open alert, as it is stored.
#[derive(Clone, PartialEq, Debug)]
pub struct AlertRecord {
    pub key: AlertKey,
    pub id: AlertId,
    pub phase: Phase,
    /// Pending: of the last judgement that was not ok. Firing and recovering: the level that fires.
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
    /// What routes go by: the check's, the report's, and the derived ones.
    pub labels: Labels,
    pub told: Vec<Told>,
    /// At most one of each receiver; `telling` makes of it, and of what is under way, what became of each.
    pub answers: Vec<Answer>,
    pub holds: Vec<Hold>,
    /// Routes outside whose hours it was seen last: of each the beginning was recorded, and the end is to be.
    pub closed_routes: Vec<RouteName>,
    /// When its subject was last ok.
    pub last_good: Option<Wall>,
    pub acknowledged: Option<Acknowledgement>,
    pub assigned: Option<Assignment>,
    pub escalating: Vec<Escalating>,
    /// Of a finding: its last judgements, for flapping. A check's own are with its result.
    pub flaps: Flaps,
}

impl AlertRecord {
    /// A life that begins now, of which nobody was told.
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
            assigned: None,
            escalating: Vec::new(),
            flaps: Flaps::default(),
        }
    }
    /// What the receiver's service made of it so far.
    pub(crate) fn answer_of(&mut self, receiver: &ReceiverName) -> &mut Answer {
        let known = self.answers.iter().position(|answer| answer.receiver == *receiver);
        let place = known.unwrap_or_else(|| {
            self.answers.push(Answer { receiver: receiver.clone(), took: None, gave_up: None });
            self.answers.len() - 1
        });
        &mut self.answers[place]
    }
    /// Whether people are told of it now: it fires, or would have resolved if it did not flap.
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
    /// Should the config lose the receiver, by a reload or while the host is down, what it is owed goes where this
    /// row goes (rule A11).
    pub(crate) fn keep_receiver(&mut self, spec: &Arc<ReceiverSpec>, subject: &DeliverySubject) {
        let grouping = match subject {
            DeliverySubject::Group(_) => Grouping::PerGroup,
            DeliverySubject::Alert(_) | DeliverySubject::Test | DeliverySubject::Event(..) => {
                Grouping::PerAlert
            }
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
    pub(crate) fn restart_escalations(&mut self) {
        self.record.escalating.clear();
        self.waits.clear();
    }
}

/// Whether others were asked before this alert is told. Not stored: after a restart they are asked again.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) enum Recheck {
    #[default]
    NotYet,
    Waits {
        since: Mono,
        until: Mono,
        checks: BTreeMap<CheckName, Question>,
    },
    /// A parent holds it back: it is asked itself before it is told.
    HeldBack,
    Done,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Question {
    /// What began before that does not answer it.
    pub(crate) asked: Mono,
    pub(crate) heard: Heard,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Heard {
    Nothing,
    /// That the parent is critical, which is not confirmed yet.
    Undecided,
}
