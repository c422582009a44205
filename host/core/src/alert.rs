//! The life of one problem (rules A1-A13): data and, in the modules below, the decisions about it.
//! An inactive alert has no record; a resolved one is a transition in history.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::Arc;

use crate::clock::Elapsed;
use crate::group::GroupKey;
use crate::ids::{AlertId, CheckName, FindingKey, PluginName, ReceiverName, RouteName};
use crate::labels::Labels;
use crate::reason::Reason;
use crate::report::{Judgement, Report};
use crate::setup::ReceiverSpec;
use crate::time::Wall;
use crate::timers::Armed;

pub(crate) mod close;
mod judge;
pub(crate) mod life;
mod not_judged;
pub mod notice;
mod plugin_fails;
pub(crate) mod tell;

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
    /// The end of a hold, or a reminder.
    pub(crate) timer: Option<Armed>,
}

impl Alert {
    pub(crate) fn new(record: AlertRecord) -> Self {
        Self { record, groups: Vec::new(), told_since: BTreeMap::new(), nobody_told: None, timer: None }
    }
}

/// What an alert is about: one open alert per key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AlertKey {
    Check(CheckName),
    Finding(CheckName, FindingKey),
    /// The check has had no judgement for its due time plus grace (rule A2).
    NotJudged(CheckName),
    /// The plugin itself fails; goes to its owner (rule A2).
    Plugin(PluginName),
}

impl AlertKey {
    /// The kind of a plugin's own failing.
    pub(crate) const PLUGIN: &str = "plugin";

    pub fn check(&self) -> Option<&CheckName> {
        match self {
            AlertKey::Check(check) | AlertKey::Finding(check, _) | AlertKey::NotJudged(check) => Some(check),
            AlertKey::Plugin(_) => None,
        }
    }
    pub const fn kind(&self) -> &'static str {
        match self {
            AlertKey::Check(_) => "check",
            AlertKey::Finding(..) => "finding",
            AlertKey::NotJudged(_) => "not-judged",
            AlertKey::Plugin(_) => Self::PLUGIN,
        }
    }
}
impl fmt::Display for AlertKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AlertKey::Check(check) => write!(f, "{check}"),
            AlertKey::Finding(check, finding) => write!(f, "{check}/{finding}"),
            AlertKey::NotJudged(check) => write!(f, "{check} (not judged)"),
            AlertKey::Plugin(plugin) => write!(f, "plugin {plugin}"),
        }
    }
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

/// A reason for which notices about a firing alert are held back. The alert is evaluated and recorded all the
/// same (rule A1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Hold {
    Silenced,
    Maintenance,
    Dependency,
    Flapping,
    NotifyHours,
    HostOffline,
}

impl Hold {
    pub const fn as_str(self) -> &'static str {
        match self {
            Hold::Silenced => "silenced",
            Hold::Maintenance => "maintenance",
            Hold::Dependency => "dependency",
            Hold::Flapping => "flapping",
            Hold::NotifyHours => "notify-hours",
            Hold::HostOffline => "host-offline",
        }
    }
}

/// A receiver that was told of this life, or may have been: its resolve is owed (rule A4).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    pub receiver: ReceiverName,
    pub route: RouteName,
    /// What it was told: the worst level to a receiver of single alerts, the last one to a receiver of groups.
    pub level: Judgement,
    /// When the last attempt to tell of the firing began: reminders count from here.
    pub at: Wall,
    /// What `deliver` returned last, for receivers of single alerts.
    pub service_id: Option<String>,
    /// The receiver as it was told, or as the config last had it: its resolve is owed even if the config loses it, by
    /// a reload or while the host is down (rule A11). Its `grouping` says how it was told, in a group or alone.
    pub retired: Option<Arc<ReceiverSpec>>,
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
    pub holds: Vec<Hold>,
}
