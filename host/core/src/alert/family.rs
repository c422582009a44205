//! Dependencies (rule A7), and the witness by the same means (rule A8).
//!
//! A parent holds its children back while it is confirmed critical: its alert fires, or has not yet resolved, at
//! critical. Nothing less does, and no hold on the parent's own notices matters.
//!
//! Before the first notice of an alert its parents are asked once more, and the witness if the check lies beyond it;
//! when what held it back is over, the check itself is asked. Both wait for a run that began after the question, for
//! at most the longest timeout and 5 seconds, or until a parent that fails is decided (`ask`).

use std::collections::{BTreeMap, BTreeSet};

use crate::alert::ask::Asked;
use crate::alert::{AlertKey, Phase};
use crate::ids::{CheckName, FindingKey};
use crate::report::Judgement;
use crate::setup::{CheckSpec, Parent, Setup};
use crate::time::Mono;
use crate::turn::Turn;

/// Who has whom as a parent; made anew with each setup.
#[derive(Debug, Default)]
pub(crate) struct Families {
    children: BTreeMap<CheckName, BTreeSet<CheckName>>,
    beyond: BTreeSet<CheckName>,
    /// Alerts that wait for an answer of a check.
    pub(super) waiting: BTreeMap<CheckName, BTreeSet<AlertKey>>,
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

    pub(super) fn is_down(&self, parent: &Parent) -> bool {
        self.state.alerts.get(&key_of(parent)).is_some_and(|alert| {
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

    /// What a check did before its parents, or the host's own cut-off, were known to be the reason is not its own swinging. What
    /// was told is left as it was told.
    fn blame_parents(&mut self, name: &CheckName) {
        let Some(spec) = self.state.setup.checks.get(name).filter(|spec| spec.flapping) else { return };
        let cut_off = self.state.offline && spec.beyond_witness;
        if !cut_off && self.parents_down(spec).is_none() {
            return;
        }
        let alerts = &self.state.alerts;
        let untold = |key: &AlertKey| alerts.get(key).is_none_or(|alert| alert.record.told.is_empty());
        let Some(check) = self.state.checks.named_mut(name) else { return };
        if untold(&AlertKey::Check(name.clone())) {
            check.swings.blame_another();
        }
        for (finding, seen) in &mut check.findings {
            if untold(&AlertKey::Finding(name.clone(), finding.clone())) {
                seen.swings.blame_another();
            }
        }
    }

    pub(crate) fn tell_families(&mut self) {
        while let Some(check) = self.look_again.pop_first() {
            self.blame_parents(&check);
            for key in self.state.alerts_of(&check) {
                self.tell(&key);
            }
        }
    }
}

pub(super) fn key_of(parent: &Parent) -> AlertKey {
    match parent {
        Parent::Check(check) => AlertKey::Check(check.clone()),
        Parent::Finding(check, finding) => AlertKey::Finding(check.clone(), finding.clone()),
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
