//! What the config asks for, as the core reads it: values are checked, names resolved, templates applied.
//! No runtime state here. `Difference` is computed off the loop (hashing 100,000 checks on it is lateness).

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use crate::calendar::Calendar;
use crate::cron::CronSchedule;
use crate::ids::{
    ActionName, CheckName, EscalationName, FindingKey, PersonName, PluginName, ReceiverName, RouteName,
};
use crate::labels::Labels;
use crate::matcher::Matcher;
use crate::model::heartbeat::HeartbeatSpec;
use crate::model::recovery::{ActionSpec, Remedy};
use crate::model::reply::{Person, Readers};
use crate::model::window::Window;
use crate::rule::RuleSpec;
use crate::service::ServiceSpec;
use crate::status_page::StatusPageSpec;

/// When a check's runs start.
#[derive(Clone, PartialEq, Debug)]
pub enum Schedule {
    /// At a fixed rate, spread by the check's name (rule S1).
    Interval(Duration),
    /// By a cron expression in a time zone (rule S3).
    Cron(CronSchedule),
}

/// What becomes of a cron start that fell while the host was down or the check was closed (rule S2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Missed {
    Skip,
    RunOnce,
}

/// A level fires when the last `needed` of `of` judgements are at it or worse (rule A3).
/// `failure_threshold = 3` is 3 of 3.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Threshold {
    needed: NonZeroU32,
    of: NonZeroU32,
}

impl Threshold {
    /// The first judgement decides.
    pub const ONCE: Self = Self { needed: NonZeroU32::MIN, of: NonZeroU32::MIN };

    /// `None` if `needed` is above `of`.
    pub fn new(needed: NonZeroU32, of: NonZeroU32) -> Option<Self> {
        (needed <= of).then_some(Self { needed, of })
    }
    pub fn needed(self) -> usize {
        self.needed.get() as usize
    }
    pub fn of(self) -> usize {
        self.of.get() as usize
    }
}

/// What a check does when it is due.
#[derive(Clone, PartialEq, Debug)]
pub enum Work {
    /// Calls its plugin.
    Plugin,
    /// Looks at stored metrics (rule A14). The name of such a check's plugin is `rule`.
    Rule(Arc<RuleSpec>),
    /// Waits for pings, and starts nothing. The name of such a check's plugin is `heartbeat`.
    Heartbeat(Arc<HeartbeatSpec>),
}

/// The location of every check on a single host. All of them share its text.
pub fn this_host() -> Arc<str> {
    static LOCAL: LazyLock<Arc<str>> = LazyLock::new(|| Arc::from("local"));
    Arc::clone(&LOCAL)
}

impl CheckSpec {
    /// A check that fires and resolves at the first judgement, and has nothing else that a check may have. What a config
    /// leaves out is not this: its defaults stand in the table of its keys.
    pub fn plain(name: CheckName, plugin: PluginName, schedule: Schedule) -> Self {
        Self {
            name,
            plugin,
            work: Work::Plugin,
            config: Arc::from("{}"),
            schedule,
            missed: Missed::Skip,
            timeout: Duration::from_secs(10),
            retry_interval: None,
            firing: Threshold::ONCE,
            success_threshold: NonZeroU32::MIN,
            run_hours: None,
            notify_hours: None,
            labels: Labels::default(),
            display: None,
            depends_on: Vec::new(),
            beyond_witness: false,
            absent: Absent::Resolve,
            flapping: true,
            event_memory: Duration::from_secs(30 * 86_400),
            runbook: None,
            renamed_from: None,
            send_short: false,
            enabled: true,
            grace: Duration::from_secs(60),
            location: this_host(),
            remedies: Vec::new(),
        }
    }
    /// How far apart judgements must be to count towards one streak. Only where the operator said how soon a failing
    /// check runs again.
    pub(crate) fn streak_pause(&self) -> Option<Duration> {
        match self.schedule {
            Schedule::Interval(interval) => {
                self.retry_interval.map(|retry| if retry < interval { retry } else { interval / 2 })
            }
            Schedule::Cron(_) => self.retry_interval,
        }
    }
    /// For how long after a start of a check with an open alert no regular start follows: the pause of a streak, or
    /// half of the interval where there is none.
    pub(crate) fn start_pause(&self) -> Option<Duration> {
        match self.schedule {
            Schedule::Interval(interval) => Some(self.streak_pause().unwrap_or(interval / 2)),
            Schedule::Cron(_) => self.retry_interval,
        }
    }
    pub(crate) fn is_heartbeat(&self) -> bool {
        match self.work {
            Work::Heartbeat(_) => true,
            Work::Plugin | Work::Rule(_) => false,
        }
    }
}

/// Something that a check depends on.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Parent {
    Check(CheckName),
    Finding(CheckName, FindingKey),
}

impl Parent {
    pub fn check(&self) -> &CheckName {
        match self {
            Parent::Check(check) | Parent::Finding(check, _) => check,
        }
    }
}

/// What becomes of a finding that is gone from a report that judges (rule A9).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Absent {
    /// Its alert stays as it is.
    Keep,
    Resolve,
    /// It counts as reported critical until it is back.
    Critical,
}

#[derive(Clone, PartialEq, Debug)]
pub struct CheckSpec {
    pub name: CheckName,
    pub plugin: PluginName,
    pub work: Work,
    /// JSON for the plugin. A secret is written in it as `{"secret": "NAME"}`.
    pub config: Arc<str>,
    pub schedule: Schedule,
    pub missed: Missed,
    /// The wall time that one run may take.
    pub timeout: Duration,
    /// The span to the next run while an alert is pending (rule S2).
    pub retry_interval: Option<Duration>,
    pub firing: Threshold,
    /// How many judgements of ok in a row resolve an alert.
    pub success_threshold: NonZeroU32,
    /// When the check runs at all; `None` is always.
    pub run_hours: Option<Arc<Calendar>>,
    /// When notices about it may go out; `None` is always.
    pub notify_hours: Option<Arc<Calendar>>,
    pub labels: Labels,
    /// What status pages call it. One without is shown on none.
    pub display: Option<String>,
    /// Redundancy groups, most often of one parent each. A group holds notices back only when all its members are down
    /// (rule A7).
    pub depends_on: Vec<Vec<Parent>>,
    /// Whether the check's target lies beyond the witness (rule A8).
    pub beyond_witness: bool,
    pub absent: Absent,
    /// Whether the check is watched for flapping (rule A6).
    pub flapping: bool,
    /// How long ids of events are remembered (rule A10).
    pub event_memory: Duration,
    pub runbook: Option<String>,
    pub renamed_from: Option<CheckName>,
    /// Whether an alert that ends before anybody was told gets one combined notice (rule A4).
    pub send_short: bool,
    /// Set in the config; `watchkeep check pause` sets it at run time as well.
    pub enabled: bool,
    /// Added to the due time before "not judged" is told (rule A2).
    pub grace: Duration,
    pub location: Arc<str>,
    /// The actions that its alerts, and those of its findings, are for.
    pub remedies: Vec<Remedy>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReceiverSpec {
    pub name: ReceiverName,
    pub plugin: PluginName,
    /// JSON for the plugin.
    pub config: Arc<str>,
    /// The receiver that is told as well when this one has failed for two minutes (rule D3).
    pub fallback: Option<ReceiverName>,
    /// The wall time that one attempt may take.
    pub timeout: Duration,
    /// How many attempts may be under way at once (rule D2).
    pub concurrency: NonZeroU32,
    /// How many attempts may begin in a minute; `None` is no bound (rule D2).
    pub rate_per_minute: Option<NonZeroU32>,
    pub grouping: Grouping,
}

/// How a receiver is told (rule R2): chat and email get one notification per group, pagers and tickets one per alert.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Grouping {
    PerGroup,
    PerAlert,
}

/// What alerts of a route are grouped by (rule R1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GroupBy {
    /// By these labels; the default is `check`.
    Labels(Vec<String>),
    /// `["..."]`: nothing is grouped.
    Nothing,
}

/// One route of the tree. Everything inherited from the parent is filled in.
#[derive(Clone, PartialEq, Debug)]
pub struct Route {
    pub name: RouteName,
    /// All must match.
    pub matchers: Vec<Matcher>,
    /// Whether the next sibling is tried after this route matched.
    pub continues: bool,
    pub group_by: GroupBy,
    pub group_wait: Duration,
    pub group_interval: Duration,
    pub repeat_interval: Duration,
    pub notify_hours: Option<Arc<Calendar>>,
    /// Empty if it has an escalation.
    pub receivers: Vec<ReceiverName>,
    pub escalation: Option<EscalationName>,
    pub children: Vec<Route>,
}

/// Who is told next, and when, if nobody acknowledges (rule R4).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Escalation {
    pub name: EscalationName,
    /// At least one.
    pub steps: Vec<EscalationStep>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EscalationStep {
    /// The span after the step before it, or after the alert fired.
    pub after: Duration,
    pub receivers: Vec<ReceiverName>,
    /// How many times more the step is told, each `after` apart, before the next step.
    pub repeat: u32,
}

/// Decides whether the host itself is cut off (rule A8).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Witness {
    pub checks: Vec<CheckName>,
    /// How many of them must be down.
    pub quorum: NonZeroU32,
}

/// Everything the core needs of one config.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Setup {
    pub checks: BTreeMap<CheckName, Arc<CheckSpec>>,
    pub receivers: BTreeMap<ReceiverName, Arc<ReceiverSpec>>,
    pub actions: BTreeMap<ActionName, Arc<ActionSpec>>,
    /// The root of the route tree. `None` if there is no route, so that nobody is told.
    pub root: Option<Arc<Route>>,
    /// Where links in notices lead, without a trailing slash.
    pub external_url: String,
    /// Where links to answer a message lead, without a trailing slash (rule R6).
    pub public_url: String,
    /// Where a plugin's own failures go, for plugins that have an owner; see `route::of_owner` (rule A2).
    pub owner_routes: BTreeMap<PluginName, Arc<Route>>,
    pub escalations: BTreeMap<EscalationName, Arc<Escalation>>,
    /// The maintenance windows that the config states.
    pub windows: Vec<Arc<Window>>,
    pub witness: Option<Witness>,
    /// How often the host sends the dead-man signal to the address that the operator named.
    pub dead_man_signal: Option<Duration>,
    /// In the order of the config. They decide about no alert.
    pub services: Vec<Arc<ServiceSpec>>,
    /// Who may answer from within messages (rule R6).
    pub people: BTreeMap<PersonName, Arc<Person>>,
    /// Who reads a receiver's messages. Nobody answers those of a receiver that is not here.
    pub readers: BTreeMap<ReceiverName, Readers>,
    /// In the order of the config. They decide about no alert either.
    pub status_pages: Vec<Arc<StatusPageSpec>>,
    /// Labels of each plugin without an owner, by which a plugin's own failures are routed (rule A2).
    pub plugin_labels: BTreeMap<PluginName, Labels>,
}

/// What differs between one setup and the next. Computed off the loop.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Difference {
    pub added: Vec<CheckName>,
    pub changed: Vec<CheckName>,
    /// Those of `changed` whose schedule or run hours changed. Only these lose their phase (rule S1).
    pub rescheduled: Vec<CheckName>,
    pub removed: Vec<CheckName>,
    /// Pairs of new name and old name. The alert's life goes on under the new name (rule A11).
    pub renamed: Vec<(CheckName, CheckName)>,
    /// Those of `added` that say that they had another name, which no check has. Pairs of new name and old name.
    pub renamed_from_nothing: Vec<(CheckName, CheckName)>,
    pub receivers_removed: Vec<ReceiverName>,
    pub routes_changed: bool,
    pub actions_changed: bool,
}

impl Difference {
    pub fn between(old: &Setup, new: &Setup) -> Difference {
        let routes_changed = old.root != new.root
            || old.owner_routes != new.owner_routes
            || old.escalations != new.escalations
            || old.windows != new.windows
            || old.witness != new.witness
            || old.dead_man_signal != new.dead_man_signal;
        let actions_changed = old.actions != new.actions;
        let mut difference = Difference { routes_changed, actions_changed, ..Difference::default() };
        for (name, spec) in &new.checks {
            match old.checks.get(name) {
                Some(before) if before == spec => {}
                Some(before) => {
                    difference.changed.push(name.clone());
                    if before.schedule != spec.schedule || before.run_hours != spec.run_hours {
                        difference.rescheduled.push(name.clone());
                    }
                }
                None => match &spec.renamed_from {
                    Some(from) if old.checks.contains_key(from) && !new.checks.contains_key(from) => {
                        difference.renamed.push((name.clone(), from.clone()));
                    }
                    from => {
                        if let Some(from) = from.as_ref().filter(|from| !new.checks.contains_key(*from)) {
                            difference.renamed_from_nothing.push((name.clone(), from.clone()));
                        }
                        difference.added.push(name.clone());
                    }
                },
            }
        }
        for name in old.checks.keys() {
            let renamed = difference.renamed.iter().any(|(_, from)| from == name);
            if !new.checks.contains_key(name) && !renamed {
                difference.removed.push(name.clone());
            }
        }
        difference.receivers_removed =
            old.receivers.keys().filter(|name| !new.receivers.contains_key(*name)).cloned().collect();
        difference
    }
    pub fn is_empty(&self) -> bool {
        *self == Difference::default()
    }
}
