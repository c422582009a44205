//! One check as the core remembers it between runs, and all of them by slot: timers and queues hold slots,
//! which are small and are never searched for by name.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::sync::Arc;

use crate::ids::{CheckName, FindingKey, RunId};
use crate::model::clock::Moment;
use crate::model::commit::ResultRow;
use crate::model::events::KnownEvents;
use crate::model::flapping::{Flaps, Swings};
use crate::model::heartbeat::heard::Heard;
use crate::model::keys::{AlertKey, Slot};
use crate::model::setup::CheckSpec;
use crate::model::timers::Armed;
use crate::report::State as CheckState;
use crate::time::{Mono, Now, Wall};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Running {
    No,
    /// Due, and waiting for its turn under the rate cap.
    Queued(Moment),
    Yes {
        scheduled_at: Wall,
        began: Now,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Activity {
    Active,
    /// Outside run hours. Noticed when a start came up.
    Closed,
    /// Paused by an operator.
    Paused,
    /// Disabled in the config.
    Disabled,
}

#[derive(Debug)]
pub(crate) struct Check {
    pub(crate) spec: Arc<CheckSpec>,
    pub(crate) activity: Activity,
    pub(crate) running: Running,
    /// The next start by interval or cron.
    pub(crate) regular: Option<Moment>,
    /// A start besides the regular ones: a retry, the first run, a run by hand, the opening.
    pub(crate) extra: Option<Moment>,
    pub(crate) start: Option<Armed>,
    /// When the last start happened.
    pub(crate) started: Option<Mono>,
    /// The name of the last run. The names of a check's runs strictly rise, whatever the wall clock does.
    pub(crate) last_scheduled: Option<Wall>,
    /// If there is no judgement by then, the check is "not judged".
    pub(crate) judge_by: Option<Mono>,
    pub(crate) judged: Option<Armed>,
    /// When the last judgement arrived; before the first one, when the wait for it began.
    pub(crate) judged_at: Wall,
    pub(crate) last: Option<Arc<ResultRow>>,
    pub(crate) since: Option<Wall>,
    /// When the last judgement of ok arrived.
    pub(crate) last_good: Option<Wall>,
    pub(crate) swings: Swings,
    pub(crate) skipped: u64,
    /// Runs in a row in which the plugin failed.
    pub(crate) failures: u32,
    pub(crate) alert: AlertStatus,
    pub(crate) not_judged: AlertStatus,
    /// The findings of the last report that judged, and those with an open alert.
    pub(crate) findings: BTreeMap<FindingKey, FindingMemory>,
    /// Reports in a row whose findings were all new.
    pub(crate) churn: u32,
    pub(crate) events: KnownEvents,
    /// What a heartbeat check has heard.
    pub(crate) heartbeat: Heard,
    /// Since when pings can arrive: since the start of the host, or since the host was last cut off.
    pub(crate) listens_from: Option<Mono>,
}

/// What is remembered of a finding.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FindingMemory {
    pub(crate) swings: Swings,
    pub(crate) last_good: Option<Wall>,
    pub(crate) alert: AlertStatus,
    /// Whether the last report that judged contained the finding.
    pub(crate) present: bool,
}

impl FindingMemory {
    pub(crate) fn new() -> Self {
        Self { swings: Swings::default(), last_good: None, alert: AlertStatus::Closed, present: true }
    }
}

/// Whether a certain alert is open. Kept here so that an ordinary run needs no search for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum AlertStatus {
    Closed,
    Open,
}

impl Check {
    pub(crate) fn new(spec: Arc<CheckSpec>, now: Now) -> Self {
        let activity = if spec.enabled { Activity::Active } else { Activity::Disabled };
        Self {
            spec,
            activity,
            running: Running::No,
            regular: None,
            extra: None,
            start: None,
            started: None,
            last_scheduled: None,
            judge_by: None,
            judged: None,
            judged_at: now.wall,
            last: None,
            since: None,
            last_good: None,
            swings: Swings::default(),
            skipped: 0,
            failures: 0,
            alert: AlertStatus::Closed,
            not_judged: AlertStatus::Closed,
            findings: BTreeMap::new(),
            churn: 0,
            events: KnownEvents::default(),
            heartbeat: Heard::new(now),
            listens_from: Some(now.mono),
        }
    }
    /// Whether the alert of one of its subjects is open.
    pub(crate) fn status(&self, key: &AlertKey) -> AlertStatus {
        match key {
            AlertKey::Finding(_, finding) => {
                self.findings.get(finding).map_or(AlertStatus::Closed, |seen| seen.alert)
            }
            AlertKey::NotJudged(_) => self.not_judged,
            AlertKey::Check(_) | AlertKey::Plugin(_) | AlertKey::Host(_) => self.alert,
        }
    }
    pub(crate) fn set_status(&mut self, key: &AlertKey, standing: AlertStatus) {
        match key {
            AlertKey::Finding(_, finding) => {
                if let Some(seen) = self.findings.get_mut(finding) {
                    seen.alert = standing;
                }
            }
            AlertKey::NotJudged(_) => self.not_judged = standing,
            AlertKey::Check(_) => self.alert = standing,
            AlertKey::Plugin(_) | AlertKey::Host(_) => {}
        }
    }
    pub(crate) fn flaps(&self, key: &AlertKey) -> Flaps {
        match key {
            AlertKey::Finding(_, finding) => {
                self.findings.get(finding).map_or(Flaps::default(), |seen| seen.swings.flaps)
            }
            AlertKey::Check(_) | AlertKey::NotJudged(_) | AlertKey::Plugin(_) | AlertKey::Host(_) => {
                self.swings.flaps
            }
        }
    }
    pub(crate) fn last_good(&self, key: &AlertKey) -> Option<Wall> {
        match key {
            AlertKey::Finding(_, finding) => self.findings.get(finding)?.last_good,
            AlertKey::Check(_) | AlertKey::NotJudged(_) | AlertKey::Plugin(_) | AlertKey::Host(_) => {
                self.last_good
            }
        }
    }
    pub(crate) fn has_open_finding(&self) -> bool {
        self.findings.values().any(|seen| seen.alert == AlertStatus::Open)
    }
    pub(crate) fn is_heartbeat(&self) -> bool {
        self.spec.is_heartbeat()
    }
    /// Whether the check starts runs by itself, now or at its next opening.
    pub(crate) fn is_scheduled(&self) -> bool {
        match self.activity {
            Activity::Active | Activity::Closed => true,
            Activity::Paused | Activity::Disabled => false,
        }
    }
    pub(crate) fn is_open(&self, now: Now) -> bool {
        self.spec.run_hours.as_ref().is_none_or(|hours| hours.is_open(now.wall))
    }
    pub(crate) fn due(&self) -> Option<Moment> {
        match (self.regular, self.extra) {
            (Some(regular), Some(extra)) if extra.at < regular.at => Some(extra),
            (Some(regular), _) => Some(regular),
            (None, extra) => extra,
        }
    }
    pub(crate) fn state(&self) -> CheckState {
        self.last.as_ref().map_or(CheckState::Unknown, |row| row.outcome.state())
    }
}

/// All checks. The map is only used to look names up. Nothing iterates over it, so its order decides nothing.
#[derive(Debug, Default)]
pub(crate) struct Checks {
    slots: Vec<Option<Check>>,
    free: Vec<Slot>,
    by_name: HashMap<CheckName, Slot>,
    /// Runs under way whose check was renamed or removed meanwhile, by the name that they were started with. Until they
    /// end, no other run starts under that name.
    strays: BTreeMap<CheckName, Stray>,
    lost: Cell<u64>,
}

#[derive(Debug)]
struct Stray {
    scheduled_at: Wall,
    /// `None`: the check is gone, and the result goes with it.
    slot: Option<Slot>,
}

impl Checks {
    pub(crate) fn slot(&self, name: &CheckName) -> Option<Slot> {
        self.by_name.get(name).copied()
    }
    pub(crate) fn get(&self, slot: Slot) -> Option<&Check> {
        self.slots.get(slot.0 as usize)?.as_ref()
    }
    pub(crate) fn get_mut(&mut self, slot: Slot) -> Option<&mut Check> {
        self.slots.get_mut(slot.0 as usize)?.as_mut()
    }
    /// The check of a slot that this call of `step` works on. It should always be there; if it is not, that is counted.
    pub(crate) fn at_hand(&self, slot: Slot) -> Option<&Check> {
        let check = self.get(slot);
        if check.is_none() {
            self.lost.set(self.lost.get() + 1);
        }
        check
    }
    pub(crate) fn at_hand_mut(&mut self, slot: Slot) -> Option<&mut Check> {
        let check = self.slots.get_mut(slot.0 as usize).and_then(Option::as_mut);
        if check.is_none() {
            self.lost.set(self.lost.get() + 1);
        }
        check
    }
    /// How often a check that `at_hand` looked for was gone: each time is a bug of the host.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.get()
    }
    pub(crate) fn named(&self, name: &CheckName) -> Option<&Check> {
        self.get(self.slot(name)?)
    }
    pub(crate) fn named_mut(&mut self, name: &CheckName) -> Option<&mut Check> {
        let slot = self.slot(name)?;
        self.get_mut(slot)
    }
    pub(crate) fn insert(&mut self, check: Check) -> Slot {
        let name = check.spec.name.clone();
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot.0 as usize] = Some(check);
                slot
            }
            None => {
                let slot = Slot(u32::try_from(self.slots.len()).expect("fewer checks than u32 counts"));
                self.slots.push(Some(check));
                slot
            }
        };
        self.by_name.insert(name, slot);
        slot
    }
    pub(crate) fn remove(&mut self, name: &CheckName) -> Option<Check> {
        let slot = self.by_name.remove(name)?;
        let check = self.slots[slot.0 as usize].take()?;
        self.free.push(slot);
        match self.strays.values_mut().find(|stray| stray.slot == Some(slot)) {
            Some(stray) => stray.slot = None,
            None => {
                if let Running::Yes { scheduled_at, .. } = check.running {
                    self.strays.insert(name.clone(), Stray { scheduled_at, slot: None });
                }
            }
        }
        Some(check)
    }
    /// From now on the check of `slot` has the name of its spec. A run under way reports under the name that it was
    /// started with.
    pub(crate) fn rename(&mut self, slot: Slot, old: &CheckName) {
        self.by_name.remove(old);
        let Some(check) = self.get(slot) else { return };
        let name = check.spec.name.clone();
        if let Running::Yes { scheduled_at, .. } = check.running
            && !self.strays.values().any(|stray| stray.slot == Some(slot))
        {
            self.strays.insert(old.clone(), Stray { scheduled_at, slot: Some(slot) });
        }
        self.by_name.insert(name, slot);
    }
    /// The check whose run ended. A stray run is removed from the strays.
    pub(crate) fn ended(&mut self, run: &RunId) -> Option<Slot> {
        match self.strays.get(&run.check) {
            Some(stray) if stray.scheduled_at == run.scheduled_at => {
                self.strays.remove(&run.check).and_then(|stray| stray.slot)
            }
            Some(_) | None => self.slot(&run.check),
        }
    }
    /// Whether a stray run is under way with that name: its check has another name now, or is gone.
    pub(crate) fn has_stray(&self, name: &CheckName) -> bool {
        self.strays.contains_key(name)
    }
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Slot, &Check)> {
        self.slots.iter().enumerate().filter_map(|(place, check)| {
            let slot = Slot(u32::try_from(place).expect("fewer checks than u32 counts"));
            check.as_ref().map(|check| (slot, check))
        })
    }
    pub(crate) fn slots(&self) -> Vec<Slot> {
        self.iter().map(|(slot, _)| slot).collect()
    }
}
