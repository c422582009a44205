//! Moves the life of one alert, a check's own or a finding's, by one judgement (rule A3), and marks it as one that
//! people may have to be told about.

use std::sync::Arc;

use crate::ids::AlertId;
use crate::model::alert::{Alert, AlertRecord, Begins, Phase};
use crate::model::check::AlertStatus;
use crate::model::clock::Moment;
use crate::model::commit::TransitionKind;
use crate::model::flapping::Swing;
use crate::model::keys::{AlertKey, Slot};
use crate::model::setup::CheckSpec;
use crate::reason::Reason;
use crate::record::Transaction;
use crate::report::{Judgement, Report, State as CheckState};
use crate::rules::ends::Closing;
use crate::rules::life::{Calm, Pace, Progress, Thresholds, advance};
use crate::rules::notice;
use crate::stages::act;
use crate::stages::judge::close;
use crate::stages::tell::{acknowledgement, healed};

/// What a run said about one subject: the check itself, or a finding.
#[derive(Debug)]
pub(crate) struct Said<'a> {
    pub(crate) judgement: Judgement,
    /// The report for notices; for a finding, one made from it.
    pub(crate) report: &'a Arc<Report>,
    pub(crate) swing: Swing,
    /// When the run began, and the moment that names it; a life that begins is named by that as well.
    pub(crate) began: Moment,
}

/// Takes in one judgement of one subject: begins a life, or continues it.
pub(crate) fn judge_one(tx: &mut Transaction<'_>, slot: Slot, key: &AlertKey, said: &Said<'_>) {
    let Some(check) = tx.state.checks.at_hand(slot) else { return };
    match (check.status(key), said.judgement) {
        (AlertStatus::Closed, Judgement::Ok) => {
            if !check.spec.remedies.is_empty() {
                act::found_well(tx, key, said.began.at);
            }
        }
        (AlertStatus::Closed, Judgement::Warning | Judgement::Critical) => {
            open_life(tx, slot, key, said);
            advance_life(tx, slot, key, said, Age::New);
            tx.mark_to_act(key);
        }
        (AlertStatus::Open, _) => {
            act::judged(tx, slot, key, said.judgement, said.began.at);
            advance_life(tx, slot, key, said, Age::Known);
        }
    }
}

fn open_life(tx: &mut Transaction<'_>, slot: Slot, key: &AlertKey, said: &Said<'_>) {
    let now = tx.now;
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    check.set_status(key, AlertStatus::Open);
    let begins = Begins {
        id: AlertId::derive(&key.to_string(), said.began.wall),
        phase: Phase::Pending,
        level: said.judgement,
        since: now.wall,
        summary: said.report.summary.clone(),
        report: Some(Arc::clone(said.report)),
        labels: notice::labels(key, &check.spec, Some(&said.report.labels), said.judgement),
        last_good: check.last_good(key),
    };
    tx.state.alerts.insert(key.clone(), Alert::new(AlertRecord::new(key.clone(), begins), now));
}

fn advance_life(tx: &mut Transaction<'_>, slot: Slot, key: &AlertKey, said: &Said<'_>, age: Age) {
    let Some(check) = tx.state.checks.at_hand(slot) else { return };
    let spec = Arc::clone(&check.spec);
    let flaps = check.flaps(key);
    let Some(alert) = tx.state.alerts.at_hand_mut(key) else { return };
    let record = &mut alert.record;
    let before = (record.phase, record.level, record.judgements.clone());
    let calm = if flaps.is_flapping() { Calm::Flapping } else { Calm::Steady };
    let pace = alert.pace(&spec, said);
    let record = &mut alert.record;
    let progress = advance(record, said.judgement, Thresholds::of(&spec, calm), pace, tx.now.wall);
    let mut changed = before != (record.phase, record.level, record.judgements.clone());
    if record.flaps.is_flapping() != flaps.is_flapping() {
        record.flaps = flaps;
        changed = true;
    }
    if progress == Progress::Resolved {
        // The last notice tells how the target is now; the ones before told what was wrong.
        record.summary.clone_from(&said.report.summary);
        record.report = Some(Arc::clone(said.report));
    }
    if said.judgement != Judgement::Ok {
        changed |= record.summary != said.report.summary;
        record.summary.clone_from(&said.report.summary);
        record.report = Some(Arc::clone(said.report));
        let labels = notice::labels(key, &spec, Some(&said.report.labels), record.level);
        if labels != record.labels {
            record.labels = labels;
            changed = true;
        }
    }
    if changed {
        tx.alert_changed(key);
    }
    flapping_changed(tx, slot, key, said.swing);
    apply_progress(tx, slot, key, progress, age, said);
}

/// Records that flapping began or ended. The life itself is moved afterwards.
fn flapping_changed(tx: &mut Transaction<'_>, slot: Slot, key: &AlertKey, swing: Swing) {
    let Some(flaps) = tx.state.checks.at_hand(slot).map(|check| check.flaps(key)) else { return };
    let Some(record) = tx.state.alerts.at_hand(key).map(|alert| alert.record.clone()) else { return };
    let (kind, reason) = match swing {
        Swing::None => return,
        Swing::Starts => {
            let reason = Reason::Flaps { percent: flaps.percent(), changes: flaps.changes() };
            (TransitionKind::Flapping, reason)
        }
        Swing::Ends => (TransitionKind::Steady, Reason::Steady { percent: flaps.percent() }),
    };
    tx.transition(&record, kind, record.level.state());
    tx.decide(key, Some(record.id.clone()), reason);
}

fn apply_progress(
    tx: &mut Transaction<'_>,
    slot: Slot,
    key: &AlertKey,
    progress: Progress,
    age: Age,
    said: &Said<'_>,
) {
    let Some(alert) = tx.state.alerts.at_hand(key) else { return };
    let record = alert.record.clone();
    // If the target is ok now, history tells what was found now, while the alert keeps what was wrong until it is over.
    let better = || AlertRecord { summary: said.report.summary.clone(), ..record.clone() };
    let id = Some(record.id.clone());
    let level = record.level;
    match progress {
        Progress::Same => tell_if_rerouted(tx, key),
        Progress::StillPending => {
            if age == Age::New {
                tx.transition(&record, TransitionKind::Pending, level.state());
                tx.decide(key, id, below_threshold(tx, slot, &record));
            }
        }
        Progress::Fired => {
            if age == Age::New {
                tx.transition(&record, TransitionKind::Pending, level.state());
            }
            tx.transition(&record, TransitionKind::Firing, level.state());
            tx.decide(key, id, Reason::Fired { level });
            tx.dependants_look_again(key);
            tx.mark_to_tell(key);
        }
        Progress::Worsened { from } => {
            tx.transition(&record, TransitionKind::LevelChanged, level.state());
            tx.decide(key, id, Reason::Worsened { from, to: level });
            acknowledgement::clear_acknowledgement(tx, key);
            tx.dependants_look_again(key);
            tx.mark_to_tell(key);
        }
        Progress::Eased { from } => {
            tx.transition(&record, TransitionKind::LevelChanged, level.state());
            tx.decide(key, id, Reason::Eased { from, to: level });
            tx.dependants_look_again(key);
            tx.mark_to_tell(key);
        }
        Progress::Recovering => tx.transition(&better(), TransitionKind::Recovering, CheckState::Ok),
        Progress::KeptByFlapping { first } => {
            if first {
                tx.transition(&better(), TransitionKind::Recovering, CheckState::Ok);
                tx.decide(key, id, Reason::KeptByFlapping);
            }
            tx.mark_to_tell(key);
        }
        Progress::Relapsed => {
            tx.transition(&record, TransitionKind::Firing, level.state());
            tx.mark_to_tell(key);
        }
        Progress::Calmed => {
            tx.transition(&better(), TransitionKind::Calmed, CheckState::Ok);
            act::life_ended(tx, &record.id);
            healed::tell_if_healed(tx, &better());
            tx.state.alerts.remove(key);
            tx.alert_changed(key);
            tx.dependants_look_again(key);
            alert_closed(tx, slot, key);
        }
        Progress::Resolved => {
            let oks = tx.state.checks.at_hand(slot).map_or(1, |check| check.spec.success_threshold.get());
            alert_closed(tx, slot, key);
            close::close(tx, key, Closing::Recovered { oks });
        }
    }
}

fn alert_closed(tx: &mut Transaction<'_>, slot: Slot, key: &AlertKey) {
    if let Some(check) = tx.state.checks.at_hand_mut(slot) {
        check.set_status(key, AlertStatus::Closed);
    }
}

/// Marks the alert to be told if the report brought labels that lead to other receivers, or if flapping began or ended.
fn tell_if_rerouted(tx: &mut Transaction<'_>, key: &AlertKey) {
    if tx.is_alert_touched(key) {
        tx.mark_to_tell(key);
    }
}

fn below_threshold(tx: &Transaction<'_>, slot: Slot, record: &AlertRecord) -> Reason {
    let seen = record.judgements.iter().filter(|judgement| **judgement != Judgement::Ok).count();
    let (needed, of) = tx
        .state
        .checks
        .at_hand(slot)
        .map_or((1, 1), |check| (check.spec.firing.needed(), check.spec.firing.of()));
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    Reason::BelowThreshold { seen: count(seen), needed: count(needed), of: count(of) }
}

impl Alert {
    /// Judgements that make an alert fire are at least a retry interval apart. One that comes sooner and is bad again
    /// adds nothing to the one before, whatever started its run.
    fn pace(&mut self, spec: &CheckSpec, said: &Said<'_>) -> Pace {
        let pause = spec.streak_pause().zip(self.counted);
        let soon = pause.is_some_and(|(pause, counted)| counted + pause > said.began.at);
        let was_bad = self.record.judgements.back().is_some_and(|last| *last != Judgement::Ok);
        if soon && was_bad && said.judgement != Judgement::Ok {
            return Pace::TooSoon;
        }
        self.counted = Some(said.began.at);
        Pace::Counts
    }
}

/// Whether a life begins with this judgement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Age {
    New,
    Known,
}
