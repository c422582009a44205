//! Findings have alerts of their own (rule A9), by the thresholds of their check. The check's own state then makes no
//! extra page: it counts as ok as long as its findings are at least as bad.
//!
//! Two kinds of reports would lose or multiply pages, and are handled differently. A report with more bad findings than
//! may have alerts makes the check itself at least a warning. Where every report has findings under new keys, no
//! finding would ever reach a threshold; so the check's own state counts again, and new findings do not.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::ids::FindingKey;
use crate::model::alert::AlertRecord;
use crate::model::check::{AlertStatus, Check, FindingMemory};
use crate::model::clock::Moment;
use crate::model::commit::TransitionKind;
use crate::model::flapping::Swing;
use crate::model::keys::{AlertKey, Slot};
use crate::model::setup::Absent;
use crate::reason::Reason;
use crate::record::Transaction;
use crate::report::{Finding, Judgement, Report, State as CheckState};
use crate::rules::ends::Closing;
use crate::rules::{notice, windows};
use crate::stages::judge::life::Said;
use crate::stages::judge::{close, life};

/// How many findings of one check may have alerts at once.
pub(crate) const FINDINGS_MAX: usize = 500;

/// After this many reports in a row with only new findings, keys are taken to change in every run.
const CHURN_MAX: u32 = 2;

/// What the check's own state counts as, beside its findings.
pub(crate) fn own_judgement(
    tx: &mut Transaction<'_>,
    slot: Slot,
    own: Judgement,
    report: &Arc<Report>,
) -> Judgement {
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return own };
    if report.findings.is_empty() && check.findings.is_empty() {
        check.churn = 0;
        return own;
    }
    let bad = report.findings.iter().filter(|finding| is_bad(finding)).count();
    let known = report.findings.iter().any(|finding| check.findings.contains_key(&finding.key));
    check.churn = if bad == 0 || known || check.findings.is_empty() { 0 } else { check.churn + 1 };
    let said = if check.churn >= CHURN_MAX { Judgement::Ok } else { check.said_by_findings(report) };
    let key = AlertKey::Check(check.spec.name.clone());
    let first = check.alert == AlertStatus::Closed;
    // Decided when it becomes so, not at every run.
    let turned = check.last.is_none() || check.state() != own.state();
    let capped = check.findings_wanted(report, bad) > FINDINGS_MAX;
    if capped && first {
        let found = u32::try_from(bad).unwrap_or(u32::MAX);
        let max = u32::try_from(FINDINGS_MAX).unwrap_or(u32::MAX);
        tx.decide(&key, None, Reason::FindingsCapped { found, max });
    }
    match own {
        _ if capped => own.max(Judgement::Warning),
        Judgement::Warning | Judgement::Critical if own <= said => {
            if turned {
                tx.decide(&key, None, Reason::SaidByFindings);
            }
            Judgement::Ok
        }
        Judgement::Ok | Judgement::Warning | Judgement::Critical => own,
    }
}

pub(crate) fn judge_findings(tx: &mut Transaction<'_>, slot: Slot, report: &Arc<Report>, began: Moment) {
    let Some(check) = tx.state.checks.at_hand(slot) else { return };
    if report.findings.is_empty() && check.findings.is_empty() {
        return;
    }
    let present = keys(report);
    let gone: Vec<FindingKey> = check.findings.keys().filter(|key| !present.contains(key)).cloned().collect();
    let churns = check.churn >= CHURN_MAX;
    let name = check.spec.name.clone();
    for finding in watched(check, report) {
        let key = AlertKey::Finding(name.clone(), finding.key.clone());
        let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
        let new = !check.findings.contains_key(&finding.key);
        if new && !check.has_room_for_a_finding() {
            continue;
        }
        let seen = check.findings.entry(finding.key.clone()).or_insert_with(FindingMemory::new);
        seen.present = true;
        let Some(judgement) = finding.state.judgement() else { continue };
        if new && churns && judgement != Judgement::Ok {
            continue;
        }
        judge_finding(tx, slot, &key, judgement, &notice::told_of(report, finding), began);
    }
    for finding in gone {
        finding_gone(tx, slot, AlertKey::Finding(name.clone(), finding.clone()), &finding, report, began);
    }
}

fn judge_finding(
    tx: &mut Transaction<'_>,
    slot: Slot,
    key: &AlertKey,
    judgement: Judgement,
    report: &Arc<Report>,
    began: Moment,
) {
    let Some(check) = tx.state.checks.at_hand(slot) else { return };
    let spec = Arc::clone(&check.spec);
    let counts = spec.flapping && windows::counts_for_flapping(tx.state, tx.now, key, &spec);
    let now = tx.now.wall;
    let AlertKey::Finding(_, finding) = key else { return };
    let Some(seen) = tx.state.checks.at_hand_mut(slot).and_then(|check| check.findings.get_mut(finding))
    else {
        return;
    };
    let swing = match (spec.flapping, counts) {
        (true, true) => seen.swings.take(judgement),
        (true, false) => Swing::None,
        (false, _) => seen.swings.forget(),
    };
    if judgement == Judgement::Ok {
        seen.last_good = Some(now);
    }
    life::judge_one(tx, slot, key, &Said { judgement, report, swing, began });
}

fn finding_gone(
    tx: &mut Transaction<'_>,
    slot: Slot,
    key: AlertKey,
    finding: &FindingKey,
    report: &Arc<Report>,
    began: Moment,
) {
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    let absent = check.spec.absent;
    let Some(seen) = check.findings.get_mut(finding) else { return };
    let just_now = std::mem::replace(&mut seen.present, false);
    let open = seen.alert == AlertStatus::Open;
    let id = tx.state.alerts.get(&key).map(|alert| alert.record.id.clone());
    if just_now && (open || absent == Absent::Critical) {
        tx.decide(&key, id, Reason::FindingGone { absent });
    }
    match absent {
        Absent::Keep if open => {}
        Absent::Critical => {
            let report = Arc::new(Report {
                state: CheckState::Critical,
                summary: "gone from the report".to_owned(),
                details: None,
                metrics: Vec::new(),
                findings: Vec::new(),
                events: Vec::new(),
                attachments: Vec::new(),
                labels: report.labels.clone(),
            });
            judge_finding(tx, slot, &key, Judgement::Critical, &report, began);
        }
        Absent::Keep | Absent::Resolve => {
            end_finding(tx, &key);
            if let Some(check) = tx.state.checks.at_hand_mut(slot) {
                check.findings.remove(finding);
            }
        }
    }
}

/// Ends the life of a finding that is gone: one that fired resolves, one that was pending calms.
fn end_finding(tx: &mut Transaction<'_>, key: &AlertKey) {
    let Some(alert) = tx.state.alerts.get(key) else { return };
    if alert.record.phase != crate::model::alert::Phase::Pending {
        close::close(tx, key, Closing::FindingGone);
        return;
    }
    let record = AlertRecord { summary: "gone from the report".to_owned(), ..alert.record.clone() };
    tx.transition(&record, TransitionKind::Calmed, CheckState::Ok);
    tx.state.alerts.remove(key);
    tx.alert_changed(key);
}

impl Check {
    /// The worst state among its findings, including those that are gone and still count.
    fn said_by_findings(&self, report: &Report) -> Judgement {
        let reported = report.findings.iter().filter_map(|finding| finding.state.judgement());
        let gone = match self.spec.absent {
            Absent::Critical => {
                let present = keys(report);
                self.findings.keys().any(|key| !present.contains(key))
            }
            Absent::Keep | Absent::Resolve => false,
        };
        let gone = gone.then_some(Judgement::Critical);
        reported.chain(gone).max().unwrap_or(Judgement::Ok)
    }
    /// How many findings have an alert or should have one.
    fn findings_wanted(&self, report: &Report, bad: usize) -> usize {
        let open = self.findings.iter().filter(|(_, seen)| seen.alert == AlertStatus::Open);
        let present = keys(report);
        bad + open.filter(|(key, _)| !present.contains(key)).count()
    }
    /// Makes room by forgetting a finding that has no alert.
    fn has_room_for_a_finding(&mut self) -> bool {
        if self.findings.len() < FINDINGS_MAX {
            return true;
        }
        let idle = self.findings.iter().find(|(_, seen)| seen.alert == AlertStatus::Closed && !seen.present);
        let Some(key) = idle.map(|(key, _)| key.clone()) else { return false };
        self.findings.remove(&key).is_some()
    }
}

fn keys(report: &Report) -> BTreeSet<&FindingKey> {
    report.findings.iter().map(|finding| &finding.key).collect()
}

/// The findings that are judged: all of them, or, if there are too many, those with an open alert and then the worst.
fn watched<'a>(check: &Check, report: &'a Report) -> Vec<&'a Finding> {
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    if findings.len() > FINDINGS_MAX {
        let open = |finding: &Finding| {
            check.findings.get(&finding.key).is_some_and(|seen| seen.alert == AlertStatus::Open)
        };
        findings.sort_by_key(|finding| {
            (!open(finding), std::cmp::Reverse(finding.state.judgement()), finding.key.clone())
        });
        findings.truncate(FINDINGS_MAX);
    }
    findings
}

fn is_bad(finding: &Finding) -> bool {
    match finding.state {
        CheckState::Warning | CheckState::Critical => true,
        CheckState::Ok | CheckState::Unknown => false,
    }
}
