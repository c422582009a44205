//! A run finished: its result is history, and if it judged the target (rule A2) the lives of its alerts go on: the
//! check's own, and those of its findings (`findings`).

use std::sync::Arc;

use crate::alert::close::Closing;
use crate::alert::flapping::Swing;
use crate::alert::life::{Calm, Pace, Progress, Thresholds, advance};
use crate::alert::{Alert, AlertKey, AlertRecord, Begins, Phase, notice};
use crate::check::{Moment, Running, Slot, Standing};
use crate::commit::{Change, ResultRow, TransitionKind};
use crate::ids::AlertId;
use crate::input::RunFinished;
use crate::outcome::Outcome;
use crate::reason::Reason;
use crate::report::{Judgement, Report, State as CheckState};
use crate::setup::CheckSpec;
use crate::time::Mono;
use crate::turn::Turn;
use crate::view::Update;

/// What was said of one subject: of a check itself, or of a finding.
#[derive(Debug)]
pub(crate) struct Said<'a> {
    pub(crate) judgement: Judgement,
    /// For notices: of a finding, a report made of it.
    pub(crate) report: &'a Arc<Report>,
    pub(crate) swing: Swing,
    /// When the run began, and the moment that names it: a life that begins is named by that.
    pub(crate) began: Moment,
}

impl Turn<'_> {
    pub(crate) fn run_finished(&mut self, finished: RunFinished) {
        let Some(slot) = self.state.checks.ended(&finished.run) else { return };
        let Some(check) = self.state.checks.get_mut(slot) else { return };
        let Running::Yes { scheduled_at, began } = check.running else { return };
        if scheduled_at != finished.run.scheduled_at {
            return;
        }
        check.running = Running::No;
        self.ended(slot, finished, began.mono);
    }

    /// A run, or what stands for one (a ping), ended.
    pub(crate) fn ended(&mut self, slot: Slot, finished: RunFinished, began: Mono) {
        let said = match (&finished.outcome, finished.outcome.judgement()) {
            (Outcome::Report(report), Some(judgement)) if !self.is_cut_off(slot) => {
                Some((Arc::clone(report), self.own_judgement(slot, judgement, report)))
            }
            (Outcome::Report(_) | Outcome::Failed(_), _) => None,
        };
        let swing = said.as_ref().map_or(Swing::None, |(_, own)| self.swing(slot, *own));
        let scheduled_at = finished.run.scheduled_at;
        let outcome = finished.outcome.clone();
        self.keep_result(slot, finished);
        match &said {
            Some((report, own)) => {
                self.judged(slot, *own, report, swing, Moment { at: began, wall: scheduled_at });
                self.plan_retry(slot, began);
                self.expect_judgement(slot);
            }
            None => {
                self.plan_retry(slot, began);
                self.still_not_judged(slot);
            }
        }
        if let Outcome::Report(report) = &outcome {
            self.take_events(slot, report);
        }
        self.plugin_did(slot, &outcome, scheduled_at);
        self.witness_spoke(slot);
        self.answered(slot, began);
        self.publish_check(slot);
    }

    fn keep_result(&mut self, slot: Slot, finished: RunFinished) {
        let now = self.now;
        let sequence = self.sequence();
        let Some(check) = self.state.checks.get_mut(slot) else { return };
        let state = finished.outcome.state();
        let since = match check.since {
            Some(since) if check.last.is_some() && check.state() == state => since,
            Some(_) | None => now.wall,
        };
        check.since = Some(since);
        let row = ResultRow {
            run: finished.run,
            sequence,
            location: Arc::clone(&check.location),
            finished_at: now.wall,
            since,
            took: finished.took,
            late: finished.late,
            generation: finished.generation,
            outcome: finished.outcome,
            flaps: check.swings.flaps,
        };
        check.last = Some(Arc::new(row.clone()));
        self.note(Change::Result(row));
        for write in finished.kv {
            self.note(Change::Kv(write));
        }
    }

    pub(crate) fn publish_check(&mut self, slot: Slot) {
        let Some(check) = self.state.checks.get(slot) else { return };
        let view = check.view(self.state.presence(&check.spec.plugin));
        self.publish(Update::Check(view));
    }

    /// What the check's own judgement does to its flapping (rule A6).
    fn swing(&mut self, slot: Slot, own: Judgement) -> Swing {
        let Some(check) = self.state.checks.get(slot) else { return Swing::None };
        let spec = Arc::clone(&check.spec);
        if spec.flapping && !self.counts_for_flapping(&AlertKey::Check(spec.name.clone()), &spec) {
            return Swing::None;
        }
        let Some(check) = self.state.checks.get_mut(slot) else { return Swing::None };
        if spec.flapping { check.swings.take(own) } else { check.swings.forget() }
    }

    fn judged(&mut self, slot: Slot, own: Judgement, report: &Arc<Report>, swing: Swing, began: Moment) {
        let now = self.now;
        let Some(check) = self.state.checks.get_mut(slot) else { return };
        check.judged_at = now.wall;
        let key = AlertKey::Check(check.spec.name.clone());
        let not_judged = AlertKey::NotJudged(check.spec.name.clone());
        if std::mem::replace(&mut check.not_judged, Standing::Closed) == Standing::Open {
            let judgement = report.state.judgement().unwrap_or(own);
            let summary = report.summary.clone();
            self.close(&not_judged, Closing::Judged { judgement, summary });
        }
        self.judge_findings(slot, report, began);
        self.judge_one(slot, &key, &Said { judgement: own, report, swing, began });
        if own == Judgement::Ok
            && let Some(check) = self.state.checks.get_mut(slot)
        {
            check.last_good = Some(now.wall);
        }
    }

    /// One judgement of one subject: begins a life, or goes on with it.
    pub(crate) fn judge_one(&mut self, slot: Slot, key: &AlertKey, said: &Said<'_>) {
        let Some(check) = self.state.checks.get(slot) else { return };
        match (check.standing(key), said.judgement) {
            (Standing::Closed, Judgement::Ok) => {}
            (Standing::Closed, Judgement::Warning | Judgement::Critical) => {
                self.open_life(slot, key, said);
                self.advance_life(slot, key, said, Age::New);
            }
            (Standing::Open, _) => self.advance_life(slot, key, said, Age::Known),
        }
    }

    fn open_life(&mut self, slot: Slot, key: &AlertKey, said: &Said<'_>) {
        let now = self.now;
        let Some(check) = self.state.checks.get_mut(slot) else { return };
        check.set_standing(key, Standing::Open);
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
        self.state.alerts.insert(key.clone(), Alert::new(AlertRecord::new(key.clone(), begins)));
    }

    fn advance_life(&mut self, slot: Slot, key: &AlertKey, said: &Said<'_>, age: Age) {
        let Some(check) = self.state.checks.get(slot) else { return };
        let spec = Arc::clone(&check.spec);
        let flaps = check.flaps(key);
        let Some(alert) = self.state.alerts.get_mut(key) else { return };
        let record = &mut alert.record;
        let before = (record.phase, record.level, record.judgements.clone());
        let calm = if flaps.is_flapping() { Calm::Flapping } else { Calm::Steady };
        let pace = alert.pace(&spec, said);
        let record = &mut alert.record;
        let progress = advance(record, said.judgement, Thresholds::of(&spec, calm), pace, self.now.wall);
        let mut changed = before != (record.phase, record.level, record.judgements.clone());
        if record.flaps.is_flapping() != flaps.is_flapping() {
            record.flaps = flaps;
            changed = true;
        }
        if progress == Progress::Resolved {
            // The last notice tells how it is now; what it was stood in the ones before.
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
            self.alert_changed(key);
        }
        self.swung(slot, key, said.swing);
        self.progressed(slot, key, progress, age, said);
    }

    /// Says that flapping began or ended; the life goes on below.
    fn swung(&mut self, slot: Slot, key: &AlertKey, swing: Swing) {
        let Some(flaps) = self.state.checks.get(slot).map(|check| check.flaps(key)) else { return };
        let Some(record) = self.state.alerts.get(key).map(|alert| alert.record.clone()) else { return };
        let (kind, reason) = match swing {
            Swing::None => return,
            Swing::Starts => {
                let reason = Reason::Flaps { percent: flaps.percent(), changes: flaps.changes() };
                (TransitionKind::Flapping, reason)
            }
            Swing::Ends => (TransitionKind::Steady, Reason::Steady { percent: flaps.percent() }),
        };
        self.transition(&record, kind, record.level.state());
        self.decide(key, Some(record.id.clone()), reason);
    }

    fn progressed(&mut self, slot: Slot, key: &AlertKey, progress: Progress, age: Age, said: &Said<'_>) {
        let Some(alert) = self.state.alerts.get(key) else { return };
        let record = alert.record.clone();
        // Of what is ok now, history tells what was found now; the alert keeps what was wrong until it is over.
        let better = || AlertRecord { summary: said.report.summary.clone(), ..record.clone() };
        let id = Some(record.id.clone());
        let level = record.level;
        match progress {
            Progress::Same => self.tell_if_rerouted(key),
            Progress::StillPending => {
                if age == Age::New {
                    self.transition(&record, TransitionKind::Pending, level.state());
                    self.decide(key, id, self.below_threshold(slot, &record));
                }
            }
            Progress::Fired => {
                if age == Age::New {
                    self.transition(&record, TransitionKind::Pending, level.state());
                }
                self.transition(&record, TransitionKind::Firing, level.state());
                self.decide(key, id, Reason::Fired { level });
                self.family_changed(key);
                self.tell(key);
            }
            Progress::Worsened { from } => {
                self.transition(&record, TransitionKind::LevelChanged, level.state());
                self.decide(key, id, Reason::Worsened { from, to: level });
                self.clear_acknowledgement(key);
                self.family_changed(key);
                self.tell(key);
            }
            Progress::Eased { from } => {
                self.transition(&record, TransitionKind::LevelChanged, level.state());
                self.decide(key, id, Reason::Eased { from, to: level });
                self.family_changed(key);
                self.tell(key);
            }
            Progress::Recovering => self.transition(&better(), TransitionKind::Recovering, CheckState::Ok),
            Progress::KeptByFlapping { first } => {
                if first {
                    self.transition(&better(), TransitionKind::Recovering, CheckState::Ok);
                    self.decide(key, id, Reason::KeptByFlapping);
                }
                self.tell(key);
            }
            Progress::Relapsed => {
                self.transition(&record, TransitionKind::Firing, level.state());
                self.tell(key);
            }
            Progress::Calmed => {
                self.transition(&better(), TransitionKind::Calmed, CheckState::Ok);
                self.state.alerts.remove(key);
                self.alert_changed(key);
                self.alert_closed(slot, key);
            }
            Progress::Resolved => {
                let oks = self.state.checks.get(slot).map_or(1, |check| check.spec.success_threshold.get());
                self.alert_closed(slot, key);
                self.close(key, Closing::Recovered { oks });
            }
        }
    }

    fn alert_closed(&mut self, slot: Slot, key: &AlertKey) {
        if let Some(check) = self.state.checks.get_mut(slot) {
            check.set_standing(key, Standing::Closed);
        }
    }

    /// A report may bring labels that lead to other receivers, or flapping may have begun or ended.
    fn tell_if_rerouted(&mut self, key: &AlertKey) {
        if self.is_alert_touched(key) {
            self.tell(key);
        }
    }

    fn below_threshold(&self, slot: Slot, record: &AlertRecord) -> Reason {
        let seen = record.judgements.iter().filter(|judgement| **judgement != Judgement::Ok).count();
        let (needed, of) = self
            .state
            .checks
            .get(slot)
            .map_or((1, 1), |check| (check.spec.firing.needed(), check.spec.firing.of()));
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Reason::BelowThreshold { seen: count(seen), needed: count(needed), of: count(of) }
    }
}

impl Alert {
    /// The judgements that make an alert fire are at least a retry interval apart: one that comes sooner, and is bad again, tells
    /// nothing that the one before it did not, whatever started its run.
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
