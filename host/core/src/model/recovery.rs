//! Automatic recovery: what a config says of actions, and the record of one decision to act.

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use crate::action::{Effect, Step};
use crate::calendar::Calendar;
use crate::ids::{ActionName, AlertId, OccasionId, PluginName};
use crate::model::keys::AlertKey;
use crate::report::Judgement;
use crate::time::{Wall, span};

/// An action: an action plugin with a config, and how often it may act.
#[derive(Clone, PartialEq, Debug)]
pub struct ActionSpec {
    pub name: ActionName,
    pub plugin: PluginName,
    /// JSON for the plugin.
    pub config: Arc<str>,
    /// The wall time that one call may take.
    pub timeout: Duration,
    /// The least severe level at which it acts by itself.
    pub level: Judgement,
    /// How often it acts in one life of an alert.
    pub attempts: NonZeroU32,
    /// The span from the end of one attempt to the next one for the same subject.
    pub cool_down: Duration,
    /// How often it acts for the same subject, whatever became of the alerts.
    pub most: Option<Most>,
    /// How often it acts for all subjects together.
    pub most_overall: Option<Most>,
    /// When it acts by itself; `None` is always.
    pub hours: Option<Arc<Calendar>>,
    /// Whether it acts although somebody has acknowledged the alert.
    pub while_acknowledged: bool,
    /// How long after its end the check is run again. Until then a bad judgement says nothing about whether it helped.
    pub settle: Duration,
    pub approval: Approval,
    pub mode: Mode,
}

/// At most `count` times within any span of that length.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Most {
    pub count: NonZeroU32,
    pub within: Duration,
}

/// Whether a person has to agree before it acts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Approval {
    NotNeeded,
    Needed,
}

/// Whether it acts, or only says what it would do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    Act,
    DryRun,
}

impl ActionSpec {
    /// An action that acts once in a life of an alert, and has nothing else that an action may have. What a config leaves
    /// out is not this: its defaults stand in the table of its keys.
    pub fn plain(name: ActionName, plugin: PluginName) -> Self {
        Self {
            name,
            plugin,
            config: Arc::from("{}"),
            timeout: Duration::from_secs(30),
            level: Judgement::Critical,
            attempts: NonZeroU32::MIN,
            cool_down: Duration::ZERO,
            most: None,
            most_overall: None,
            hours: None,
            while_acknowledged: false,
            settle: Duration::ZERO,
            approval: Approval::NotNeeded,
            mode: Mode::Act,
        }
    }
    /// How long an attempt counts towards a limit.
    pub(crate) fn memory(&self) -> Duration {
        let mosts = self.most.iter().chain(&self.most_overall).map(|most| most.within);
        mosts.chain([self.cool_down, self.settle]).max().unwrap_or_default()
    }
}

/// What a check names an action for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Remedy {
    pub action: ActionName,
    pub when: Occurs,
    /// The span from that moment to the action.
    pub after: Duration,
}

/// From when on an action is due.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Occurs {
    /// The first judgement that is not ok.
    Pending,
    /// The alert fires.
    Firing,
}

/// One decision to act, and what came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ActionRecord {
    pub id: OccasionId,
    pub action: ActionName,
    pub key: AlertKey,
    pub alert: AlertId,
    /// Counts the occasions of this action in this life, from 1.
    pub number: u32,
    pub mode: Mode,
    pub decided_at: Wall,
    /// When the alert began.
    pub since: Wall,
    pub origin: Origin,
    /// Who approved it, or asked for it by hand.
    pub by: Option<String>,
    pub status: ActionStatus,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// Its check names the action.
    Check,
    Person,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ActionStatus {
    /// A person is asked first.
    AwaitsApproval,
    /// It may be under way: from here on it may have acted.
    Begun {
        at: Wall,
    },
    Ended {
        began: Wall,
        at: Wall,
        result: ActionResult,
        helped: Helped,
    },
    /// A person said no.
    Declined {
        at: Wall,
        by: String,
    },
    /// The problem was over before anybody approved it.
    Withdrawn {
        at: Wall,
    },
}

/// What one attempt came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ActionResult {
    Done(Effect),
    /// A dry run.
    Planned(Vec<Step>),
    /// Nothing was done, or not all of it. `said_by` names the plugin and its generation if it was the plugin that said so.
    Failed {
        why: String,
        said_by: Option<String>,
    },
    /// It began, and nobody knows what it did.
    Unknown(String),
}

impl ActionResult {
    /// It failed before any plugin said anything.
    pub fn failed(why: impl Into<String>) -> Self {
        ActionResult::Failed { why: why.into(), said_by: None }
    }
}

/// Whether the problem was over afterwards.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Helped {
    NotYetKnown,
    Yes,
    No,
}

impl ActionRecord {
    /// Whether the plugin was asked to act, or may have been. A dry run is no attempt to recover.
    pub fn has_acted(&self) -> bool {
        self.mode == Mode::Act && self.counts()
    }
    /// Whether it counts towards the limits: it began, be it as a dry run. A person may look as often as they like.
    pub fn counts(&self) -> bool {
        match self.status {
            ActionStatus::Begun { .. } | ActionStatus::Ended { .. } => {
                self.mode == Mode::Act || self.origin == Origin::Check
            }
            ActionStatus::AwaitsApproval | ActionStatus::Declined { .. } | ActionStatus::Withdrawn { .. } => {
                false
            }
        }
    }
    /// Whether nothing more will come of it.
    pub fn is_over(&self) -> bool {
        match self.status {
            ActionStatus::AwaitsApproval | ActionStatus::Begun { .. } => false,
            ActionStatus::Ended { .. } | ActionStatus::Declined { .. } | ActionStatus::Withdrawn { .. } => {
                true
            }
        }
    }
    /// When it ended, if it did.
    pub fn ended_at(&self) -> Option<Wall> {
        match self.status {
            ActionStatus::Ended { at, .. } => Some(at),
            ActionStatus::AwaitsApproval
            | ActionStatus::Begun { .. }
            | ActionStatus::Declined { .. }
            | ActionStatus::Withdrawn { .. } => None,
        }
    }
    /// When it began, if it did.
    pub fn began_at(&self) -> Option<Wall> {
        match self.status {
            ActionStatus::Begun { at } | ActionStatus::Ended { began: at, .. } => Some(at),
            ActionStatus::AwaitsApproval | ActionStatus::Declined { .. } | ActionStatus::Withdrawn { .. } => {
                None
            }
        }
    }
}

/// Why an action that is due does not act now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HeldAction {
    /// It acted for the same subject.
    CoolsDown {
        for_span: Duration,
    },
    /// It acted this often for the same subject.
    TooOften(Most),
    /// It acted this often for all subjects together.
    TooOftenOverall(Most),
    Acknowledged {
        by: String,
    },
    OutsideHours {
        calendar: String,
    },
    Maintenance {
        window: String,
    },
    /// What the check depends on is down, or may be.
    Dependency {
        why: String,
    },
    /// What the check depends on is asked before the alert is first told.
    ParentsAsked,
    HostOffline,
    /// What the check depends on is back, or the host is: what that healed needs no action.
    CheckedAgain,
}

impl fmt::Display for HeldAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HeldAction::CoolsDown { for_span } => {
                write!(f, "it has acted already, and cools down for {}", span(*for_span))
            }
            HeldAction::TooOften(Most { count, within }) => {
                write!(f, "it acts at most {} in {}", times(count.get()), span(*within))
            }
            HeldAction::TooOftenOverall(Most { count, within }) => {
                write!(f, "it acts at most {} in {}, whatever for", times(count.get()), span(*within))
            }
            HeldAction::Acknowledged { by } => write!(f, "{by} has acknowledged the alert"),
            HeldAction::OutsideHours { calendar } => write!(f, "outside `{calendar}`"),
            HeldAction::Maintenance { window } => write!(f, "maintenance: {window}"),
            HeldAction::Dependency { why } => f.write_str(why),
            HeldAction::ParentsAsked => f.write_str("what it depends on is asked first"),
            HeldAction::CheckedAgain => {
                f.write_str("what held it back is over, and it is checked again first")
            }
            HeldAction::HostOffline => f.write_str("this host is cut off"),
        }
    }
}

impl HeldAction {
    /// Whether the problem may have been that of something else, so that it may be gone together with that.
    pub(crate) fn blames_another(&self) -> bool {
        match self {
            HeldAction::Dependency { .. } | HeldAction::HostOffline => true,
            HeldAction::CoolsDown { .. }
            | HeldAction::TooOften(_)
            | HeldAction::TooOftenOverall(_)
            | HeldAction::Acknowledged { .. }
            | HeldAction::OutsideHours { .. }
            | HeldAction::Maintenance { .. }
            | HeldAction::ParentsAsked
            | HeldAction::CheckedAgain => false,
        }
    }
}

pub(crate) fn times(count: u32) -> String {
    match count {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        count => format!("{count} times"),
    }
}
