//! Dependencies (rule A7), and the witness by the same means (rule A8).
//!
//! A parent holds its children back while it is confirmed critical: its alert fires, or has not yet resolved, at
//! critical. Nothing less does, and no hold on the parent's own notices matters.
//!
//! Before the first notice of an alert its parents are asked once more, and the witness if the check lies beyond it;
//! when what held it back is over, the check itself is asked. Both wait for a run that began after the question, for
//! at most the longest timeout and 5 seconds.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::alert::{AlertKey, Phase};
use crate::check::{Activity, Running, Slot};
use crate::ids::{CheckName, FindingKey};
use crate::reason::Reason;
use crate::report::Judgement;
use crate::setup::{CheckSpec, Parent, Setup, Work};
use crate::time::Mono;
use crate::turn::Turn;

const SLACK: Duration = Duration::from_secs(5);

/// Whether others were asked before this alert is told. Not stored: after a restart they are asked again.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) enum Asked {
    #[default]
    NotYet,
    /// Each was asked at the moment that stands with it.
    Waits {
        until: Mono,
        checks: BTreeMap<CheckName, Mono>,
    },
    /// A parent holds it back: it is asked itself before it is told.
    HeldBack,
    Done,
}

/// Who has whom as a parent; made anew with each setup.
#[derive(Debug, Default)]
pub(crate) struct Families {
    children: BTreeMap<CheckName, BTreeSet<CheckName>>,
    beyond: BTreeSet<CheckName>,
    /// Alerts that wait for an answer of a check.
    waiting: BTreeMap<CheckName, BTreeSet<AlertKey>>,
}

impl Families {
    pub(crate) fn of(setup: &Setup) -> Self {
        let mut families = Families::default();
        for spec in setup.checks.values() {
            for parent in spec.depends_on.iter().flatten() {
                families.children.entry(parent.check().clone()).or_default().insert(spec.name.clone());
            }
            if spec.beyond_witness {
                families.beyond.insert(spec.name.clone());
            }
        }
        families
    }
    /// From one setup to the next: questions stay asked.
    pub(crate) fn follow(&mut self, setup: &Setup) {
        let waiting = std::mem::take(&mut self.waiting);
        *self = Families { waiting, ..Families::of(setup) };
    }
}

impl Turn<'_> {
    /// Why parents hold it back, and until when if that is known.
    pub(super) fn held_by_parents(
        &mut self,
        key: &AlertKey,
        spec: &CheckSpec,
    ) -> Option<(String, Option<Mono>)> {
        if spec.depends_on.is_empty() && !spec.beyond_witness {
            return None;
        }
        let down = self.parents_down(spec);
        let alert = self.state.alerts.get(key)?;
        if let Some(why) = down {
            self.set_asked(key, Asked::HeldBack);
            return Some((why, None));
        }
        let held_before = alert.record.holds.iter().any(|hold| match hold {
            crate::alert::Hold::Dependency | crate::alert::Hold::HostOffline => true,
            crate::alert::Hold::Silenced
            | crate::alert::Hold::Maintenance
            | crate::alert::Hold::Flapping
            | crate::alert::Hold::NotifyHours => false,
        });
        let told = !alert.record.told.is_empty();
        // While the host is cut off nothing that lies beyond can be asked.
        if self.state.offline && spec.beyond_witness {
            self.set_asked(key, Asked::HeldBack);
            return None;
        }
        match alert.asked.clone() {
            Asked::Done => None,
            Asked::Waits { until, .. } if until > self.now.mono => {
                Some(("asked again before it is told".to_owned(), Some(until)))
            }
            Asked::Waits { .. } => {
                self.set_asked(key, Asked::Done);
                None
            }
            Asked::NotYet if told && !held_before => None,
            Asked::NotYet if !held_before => self.ask(key, self.to_ask(key, spec), spec),
            Asked::HeldBack | Asked::NotYet => self.ask(key, BTreeSet::from([spec.name.clone()]), spec),
        }
    }

    /// Why parents hold its events back.
    pub(crate) fn parents_down(&self, spec: &CheckSpec) -> Option<String> {
        let down = spec.depends_on.iter().find(|group| group.iter().all(|parent| self.is_down(parent)));
        down.map(|group| why(group))
    }

    /// Parents that are not down for sure, and the witness. "Not judged" asks nobody: there is nothing to tell apart.
    fn to_ask(&self, key: &AlertKey, spec: &CheckSpec) -> BTreeSet<CheckName> {
        match key {
            AlertKey::Check(_) | AlertKey::Finding(..) => {}
            AlertKey::NotJudged(_) | AlertKey::Plugin(_) | AlertKey::Host(_) => return BTreeSet::new(),
        }
        let parents = spec.depends_on.iter().flatten().filter(|parent| !self.is_down(parent));
        let mut checks: BTreeSet<CheckName> = parents.map(|parent| parent.check().clone()).collect();
        if spec.beyond_witness
            && let Some(witness) = &self.state.setup.witness
        {
            checks.extend(witness.checks.iter().cloned());
        }
        checks.retain(|name| *name != spec.name && self.can_be_asked(name));
        checks
    }

    fn can_be_asked(&self, name: &CheckName) -> bool {
        let Some(check) = self.state.checks.named(name) else { return false };
        let starts = match check.spec.work {
            Work::Plugin | Work::Rule(_) => true,
            Work::Heartbeat(_) => false,
        };
        let there = self.state.presence(&check.spec.plugin) == crate::plugin::Presence::There;
        starts && there && check.activity == Activity::Active
    }

    fn ask(
        &mut self,
        key: &AlertKey,
        checks: BTreeSet<CheckName>,
        spec: &CheckSpec,
    ) -> Option<(String, Option<Mono>)> {
        let checks: BTreeSet<CheckName> = checks.into_iter().filter(|name| self.can_be_asked(name)).collect();
        if checks.is_empty() {
            self.set_asked(key, Asked::Done);
            return None;
        }
        let now = self.now.mono;
        let timeouts = checks.iter().filter_map(|name| self.state.checks.named(name));
        let wait = timeouts.map(|check| check.spec.timeout).max().unwrap_or_default() + SLACK;
        for name in &checks {
            self.state.families.waiting.entry(name.clone()).or_default().insert(key.clone());
            self.run_again(name);
        }
        let until = now + wait;
        let itself = checks.contains(&spec.name);
        let names: Vec<String> = checks.iter().map(|name| name.as_str().to_owned()).collect();
        self.set_asked(
            key,
            Asked::Waits { until, checks: checks.into_iter().map(|name| (name, now)).collect() },
        );
        let id = self.state.alerts.get(key).map(|alert| alert.record.id.clone());
        let reason = if itself { Reason::AskedAgain } else { Reason::Asks { checks: names, wait } };
        self.decide(key, id, reason);
        Some(("asked again before it is told".to_owned(), Some(until)))
    }

    /// Starts a run at once; one under way began too early, so another follows it.
    fn run_again(&mut self, name: &CheckName) {
        let Some(slot) = self.state.checks.slot(name) else { return };
        let now = self.now;
        match self.state.checks.get(slot).map(|check| check.running) {
            Some(Running::No) => {
                self.request_start(slot, crate::check::Moment { at: now.mono, wall: now.wall });
            }
            Some(Running::Queued(_) | Running::Yes { .. }) | None => {}
        }
    }

    fn set_asked(&mut self, key: &AlertKey, asked: Asked) {
        if let Some(alert) = self.state.alerts.get_mut(key) {
            alert.asked = asked;
        }
    }

    /// A run of `slot` that began at `began` ended: whoever waits for it is told now, unless it began too early.
    pub(crate) fn answered(&mut self, slot: Slot, began: Mono) {
        let Some(name) = self.state.checks.get(slot).map(|check| check.spec.name.clone()) else { return };
        let Some(keys) = self.state.families.waiting.remove(&name) else { return };
        let mut still = BTreeSet::new();
        for key in keys {
            let Some(alert) = self.state.alerts.get_mut(&key) else { continue };
            let Asked::Waits { checks, .. } = &mut alert.asked else { continue };
            match checks.get(&name) {
                Some(asked) if *asked > began => {
                    still.insert(key);
                    continue;
                }
                Some(_) => {
                    checks.remove(&name);
                }
                None => continue,
            }
            if checks.is_empty() {
                alert.asked = Asked::Done;
                self.tell(&key);
            }
        }
        if !still.is_empty() {
            self.state.families.waiting.insert(name.clone(), still);
            self.run_again(&name);
        }
    }

    fn is_down(&self, parent: &Parent) -> bool {
        let key = match parent {
            Parent::Check(check) => AlertKey::Check(check.clone()),
            Parent::Finding(check, finding) => AlertKey::Finding(check.clone(), finding.clone()),
        };
        self.state.alerts.get(&key).is_some_and(|alert| {
            let confirmed = match alert.record.phase {
                Phase::Pending => false,
                Phase::Firing { .. } | Phase::Recovering { .. } => true,
            };
            confirmed && alert.record.level == Judgement::Critical
        })
    }

    /// An alert began, ended or changed its level: its check's children look again, at the end of this turn.
    pub(crate) fn family_changed(&mut self, key: &AlertKey) {
        match key {
            AlertKey::Check(check) | AlertKey::Finding(check, _) => {
                if let Some(children) = self.state.families.children.get(check) {
                    self.look_again.extend(children.iter().cloned());
                }
            }
            AlertKey::NotJudged(_) | AlertKey::Plugin(_) | AlertKey::Host(_) => {}
        }
    }

    /// Everything that lies beyond the witness.
    pub(crate) fn beyond_looks_again(&mut self) {
        self.look_again.extend(self.state.families.beyond.iter().cloned());
    }

    pub(crate) fn tell_families(&mut self) {
        while let Some(check) = self.look_again.pop_first() {
            for key in self.state.alerts_of(&check) {
                self.tell(&key);
            }
        }
    }
}

impl crate::state::State {
    /// Keys of the open alerts of one check, those of its findings among them.
    pub(crate) fn alerts_of(&self, check: &CheckName) -> Vec<AlertKey> {
        let own = AlertKey::Check(check.clone());
        let unjudged = AlertKey::NotJudged(check.clone());
        let from = AlertKey::Finding(check.clone(), FindingKey::from(""));
        let findings = self.alerts.range(from..).map(|(key, _)| key).take_while(|key| match key {
            AlertKey::Finding(name, _) => name == check,
            AlertKey::Check(_) | AlertKey::NotJudged(_) | AlertKey::Plugin(_) | AlertKey::Host(_) => false,
        });
        let findings: Vec<AlertKey> = findings.cloned().collect();
        let others = [own, unjudged].into_iter().filter(|key| self.alerts.contains_key(key));
        others.chain(findings).collect()
    }
}

fn why(group: &[Parent]) -> String {
    let names: Vec<String> = group
        .iter()
        .map(|parent| match parent {
            Parent::Check(check) => format!("`{check}`"),
            Parent::Finding(check, finding) => format!("`{check}/{finding}`"),
        })
        .collect();
    match names.as_slice() {
        [only] => format!("it depends on {only}, which is critical"),
        all => format!("it depends on one of {}, which are all critical", all.join(", ")),
    }
}
