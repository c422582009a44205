//! Asking others, or the check itself, before an alert is told (rules A7, A8): who is asked, what counts as an answer, and how
//! long is waited for it.
//!
//! A parent that answers that it is critical and is not confirmed yet is asked until it is decided: after its retry interval, or
//! 5 seconds where it has none, for each judgement that it still lacks, and for 5 minutes at most. A child never pages just
//! before its parent does.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::alert::family::key_of;
use crate::alert::{AlertKey, Phase};
use crate::check::{Activity, Running, Slot};
use crate::ids::CheckName;
use crate::reason::Reason;
use crate::report::Judgement;
use crate::setup::{CheckSpec, Parent, Work};
use crate::time::Mono;
use crate::turn::Turn;

const SLACK: Duration = Duration::from_secs(5);
/// So long a child waits at most for parents that fail and are not confirmed.
const PATIENCE: Duration = Duration::from_secs(300);

/// Whether others were asked before this alert is told. Not stored: after a restart they are asked again.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) enum Asked {
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
    asked: Mono,
    heard: Heard,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Heard {
    Nothing,
    /// That the parent is critical, which is not confirmed yet.
    Undecided,
}

/// A parent that is critical and not confirmed.
struct Undecided {
    /// Until it is asked again.
    pause: Duration,
    /// Until it must be decided.
    wait: Duration,
}

impl Turn<'_> {
    /// Parents that are not down for sure, and the witness. "Not judged" asks nobody: there is nothing to tell apart.
    pub(super) fn to_ask(&self, key: &AlertKey, spec: &CheckSpec) -> BTreeSet<CheckName> {
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

    pub(super) fn ask(
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
            Asked::Waits {
                since: now,
                until,
                checks: checks
                    .into_iter()
                    .map(|name| (name, Question { asked: now, heard: Heard::Nothing }))
                    .collect(),
            },
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

    pub(super) fn set_asked(&mut self, key: &AlertKey, asked: Asked) {
        if let Some(alert) = self.state.alerts.get_mut(key) {
            alert.asked = asked;
        }
    }

    /// A run of `slot` that began at `began` ended: whoever waits for it is told now, unless it began too early, or left
    /// open whether the parent is down.
    pub(crate) fn answered(&mut self, slot: Slot, began: Mono) {
        let Some(name) = self.state.checks.get(slot).map(|check| check.spec.name.clone()) else { return };
        let Some(keys) = self.state.families.waiting.remove(&name) else { return };
        let (mut still, mut early, mut pause) = (BTreeSet::new(), false, None);
        for key in keys {
            let Some(question) = self.question(&key, &name) else { continue };
            if question.asked > began {
                early = true;
                still.insert(key);
                continue;
            }
            self.heard_from(&key, &name);
            if let Some(undecided) = self.undecided(&key, &name) {
                pause = Some(undecided.pause);
                self.wait_on_parent(&key, &name, &undecided);
                still.insert(key.clone());
            }
            self.settle(&key);
        }
        if still.is_empty() {
            return;
        }
        self.state.families.waiting.insert(name.clone(), still);
        match pause {
            _ if early => self.run_again(&name),
            Some(pause) => self.plan_extra(slot, self.now.mono + pause),
            None => {}
        }
    }

    /// What an alert asked this check, if it waits for its answer.
    fn question(&self, key: &AlertKey, name: &CheckName) -> Option<Question> {
        match &self.state.alerts.get(key)?.asked {
            Asked::Waits { checks, .. } => checks.get(name).copied(),
            Asked::NotYet | Asked::HeldBack | Asked::Done => None,
        }
    }

    fn heard_from(&mut self, key: &AlertKey, name: &CheckName) {
        let Some(alert) = self.state.alerts.get_mut(key) else { return };
        let Asked::Waits { checks, .. } = &mut alert.asked else { return };
        if let Some(question) = checks.get_mut(name) {
            question.heard = Heard::Undecided;
        }
    }

    /// Takes out what is decided: by its own answer, or by that of another of its redundancy group. Tells when all is.
    fn settle(&mut self, key: &AlertKey) {
        let Some(Asked::Waits { checks, .. }) = self.state.alerts.get(key).map(|alert| &alert.asked) else {
            return;
        };
        let open = |(name, question): &(&CheckName, &Question)| match question.heard {
            Heard::Nothing => true,
            Heard::Undecided => self.undecided(key, name).is_some(),
        };
        let open: BTreeMap<CheckName, Question> =
            checks.iter().filter(open).map(|(name, question)| (name.clone(), *question)).collect();
        let done = open.is_empty();
        let Some(alert) = self.state.alerts.get_mut(key) else { return };
        if let Asked::Waits { checks, .. } = &mut alert.asked {
            *checks = open;
        }
        if done {
            alert.asked = Asked::Done;
            self.tell(key);
        }
    }

    /// Whether it depends on `name` how an alert is told, and `name` is critical and not confirmed.
    fn undecided(&self, key: &AlertKey, name: &CheckName) -> Option<Undecided> {
        let check = self.state.checks.named(name)?;
        let spec = key.check().and_then(|child| self.state.setup.checks.get(child))?;
        let unheard = |parent: &Parent| {
            self.question(key, parent.check()).is_some_and(|question| question.heard == Heard::Nothing)
        };
        let open = |parent: &Parent| self.is_down(parent) || self.lacks(parent).is_some() || unheard(parent);
        let groups = spec.depends_on.iter().filter(|group| group.iter().all(open));
        let lacks = groups.flatten().filter(|parent| parent.check() == name).filter_map(|it| self.lacks(it));
        let lacks = lacks.max()?;
        let pause = check.spec.retry_interval.unwrap_or(SLACK);
        self.can_be_asked(name)
            .then(|| Undecided { pause, wait: (pause + check.spec.timeout) * lacks + SLACK })
    }

    /// How many judgements of critical a parent lacks that is pending with some.
    fn lacks(&self, parent: &Parent) -> Option<u32> {
        let record = &self.state.alerts.get(&key_of(parent))?.record;
        if record.phase != Phase::Pending || record.level != Judgement::Critical {
            return None;
        }
        let needed = self.state.checks.named(parent.check())?.spec.firing.needed();
        let has = record.judgements.iter().filter(|judgement| **judgement == Judgement::Critical).count();
        u32::try_from(needed.saturating_sub(has).max(1)).ok()
    }

    /// Asks the parent once more, and waits for as long as it may take until it is decided.
    fn wait_on_parent(&mut self, key: &AlertKey, name: &CheckName, undecided: &Undecided) {
        let now = self.now.mono;
        let Some(alert) = self.state.alerts.get_mut(key) else { return };
        let Asked::Waits { since, until, checks } = &mut alert.asked else { return };
        checks.insert(name.clone(), Question { asked: now, heard: Heard::Undecided });
        let longer = (now + undecided.wait).min(*since + PATIENCE);
        if longer > *until {
            *until = longer;
            let wait = longer.since(now);
            let id = Some(alert.record.id.clone());
            self.decide(key, id, Reason::Asks { checks: vec![name.as_str().to_owned()], wait });
        }
    }
}
