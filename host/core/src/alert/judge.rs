//! A run finished: its result is history, and if it judged the target (rule A2) the alert's life goes on.

use std::sync::Arc;

use crate::alert::close::Closing;
use crate::alert::life::{Progress, Thresholds, advance};
use crate::alert::{Alert, AlertKey, AlertRecord, Begins, Phase, notice};
use crate::check::{Running, Slot, Standing};
use crate::commit::{Change, ResultRow, TransitionKind};
use crate::ids::AlertId;
use crate::input::RunFinished;
use crate::outcome::Outcome;
use crate::reason::Reason;
use crate::report::{Judgement, Report, State as CheckState};
use crate::time::Wall;
use crate::turn::Turn;
use crate::view::Update;

impl Turn<'_> {
    pub(crate) fn run_finished(&mut self, finished: RunFinished) {
        let Some(slot) = self.state.checks.ended(&finished.run) else { return };
        let sequence = self.state.next_sequence;
        let now = self.now;
        let Some(check) = self.state.checks.get_mut(slot) else { return };
        let Running::Yes { scheduled_at, began } = check.running else { return };
        if scheduled_at != finished.run.scheduled_at {
            return;
        }
        check.running = Running::No;
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
            outcome: finished.outcome.clone(),
            flaps: check.flaps,
        };
        check.last = Some(Arc::new(row.clone()));
        self.state.next_sequence += 1;
        self.note(Change::Result(row));
        for write in finished.kv {
            self.note(Change::Kv(write));
        }
        match (&finished.outcome, finished.outcome.judgement()) {
            (Outcome::Report(report), Some(judgement)) => {
                self.judged(slot, judgement, report, scheduled_at);
                self.plan_retry(slot, began.mono);
                self.expect_judgement(slot);
            }
            (Outcome::Report(_) | Outcome::Failed(_), _) => {
                self.plan_retry(slot, began.mono);
                self.still_not_judged(slot);
            }
        }
        self.plugin_did(slot, &finished.outcome, scheduled_at);
        self.publish_check(slot);
    }

    pub(crate) fn publish_check(&mut self, slot: Slot) {
        let Some(check) = self.state.checks.get(slot) else { return };
        let view = check.view(self.state.presence(&check.spec.plugin));
        self.publish(Update::Check(view));
    }

    fn judged(&mut self, slot: Slot, judgement: Judgement, report: &Arc<Report>, began: Wall) {
        let now = self.now;
        let Some(check) = self.state.checks.get_mut(slot) else { return };
        check.judged_at = now.wall;
        let not_judged = check.not_judged;
        if not_judged == Standing::Open {
            check.not_judged = Standing::Closed;
            let key = AlertKey::NotJudged(check.spec.name.clone());
            self.close(&key, Closing::Over);
        }
        let Some(check) = self.state.checks.get_mut(slot) else { return };
        match (check.alert, judgement) {
            (Standing::Closed, Judgement::Ok) => {}
            (Standing::Closed, Judgement::Warning | Judgement::Critical) => {
                check.alert = Standing::Open;
                self.open_life(slot, judgement, report, began);
                self.advance_life(slot, judgement, report, Age::New);
            }
            (Standing::Open, _) => self.advance_life(slot, judgement, report, Age::Known),
        }
    }

    fn open_life(&mut self, slot: Slot, level: Judgement, report: &Arc<Report>, began: Wall) {
        let Some(check) = self.state.checks.get(slot) else { return };
        let key = AlertKey::Check(check.spec.name.clone());
        let begins = Begins {
            id: AlertId::derive(&key.to_string(), began),
            phase: Phase::Pending,
            level,
            since: self.now.wall,
            summary: report.summary.clone(),
            report: Some(Arc::clone(report)),
            labels: notice::labels(&key, &check.spec, Some(&report.labels), level),
            last_good: check.last_good,
        };
        let record = AlertRecord::new(key.clone(), begins);
        self.state.alerts.insert(key, Alert::new(record));
    }

    fn advance_life(&mut self, slot: Slot, judgement: Judgement, report: &Arc<Report>, age: Age) {
        let Some(check) = self.state.checks.get(slot) else { return };
        let spec = Arc::clone(&check.spec);
        let key = AlertKey::Check(spec.name.clone());
        let Some(alert) = self.state.alerts.get_mut(&key) else { return };
        let record = &mut alert.record;
        let before = (record.phase, record.level, record.judgements.clone());
        let progress = advance(record, judgement, Thresholds::of(&spec), self.now.wall);
        let mut changed = before != (record.phase, record.level, record.judgements.clone());
        if progress == Progress::Resolved {
            // The last notice tells how it is now; what it was stood in the ones before.
            record.summary.clone_from(&report.summary);
            record.report = Some(Arc::clone(report));
        }
        if judgement != Judgement::Ok {
            changed |= record.summary != report.summary;
            record.summary.clone_from(&report.summary);
            record.report = Some(Arc::clone(report));
            let labels = notice::labels(&key, &spec, Some(&report.labels), record.level);
            if labels != record.labels {
                record.labels = labels;
                changed = true;
            }
        }
        if changed {
            self.alert_changed(&key);
        }
        self.progressed(slot, &key, progress, age);
    }

    fn progressed(&mut self, slot: Slot, key: &AlertKey, progress: Progress, age: Age) {
        let Some(alert) = self.state.alerts.get(key) else { return };
        let record = alert.record.clone();
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
                self.tell(key);
            }
            Progress::Worsened { from } => {
                self.transition(&record, TransitionKind::LevelChanged, level.state());
                self.decide(key, id, Reason::Worsened { from, to: level });
                self.tell(key);
            }
            Progress::Eased { from } => {
                self.transition(&record, TransitionKind::LevelChanged, level.state());
                self.decide(key, id, Reason::Eased { from, to: level });
                self.tell(key);
            }
            Progress::Recovering => self.transition(&record, TransitionKind::Recovering, CheckState::Ok),
            Progress::Relapsed => {
                self.transition(&record, TransitionKind::Firing, level.state());
                self.tell(key);
            }
            Progress::Calmed => {
                self.transition(&record, TransitionKind::Calmed, CheckState::Ok);
                self.state.alerts.remove(key);
                self.alert_changed(key);
                self.alert_closed(slot);
            }
            Progress::Resolved => {
                let oks = self.state.checks.get(slot).map_or(1, |check| check.spec.success_threshold.get());
                self.alert_closed(slot);
                self.close(key, Closing::Recovered { oks });
            }
        }
    }

    fn alert_closed(&mut self, slot: Slot) {
        if let Some(check) = self.state.checks.get_mut(slot) {
            check.alert = Standing::Closed;
        }
    }

    /// A report may bring labels that lead to other receivers.
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

/// Whether a life begins with this judgement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Age {
    New,
    Known,
}
