//! Results as an HTTP check brings them: spans, moments and texts differ from run to run.

use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::commit::{Change, Commit, ResultRow, Urgency};
use watchkeep_core::flapping::Flaps;
use watchkeep_core::ids::{CheckName, CommitId, Digest, RunId};
use watchkeep_core::labels::Labels;
use watchkeep_core::outcome::Outcome;
use watchkeep_core::report::{Metric, Report, State};
use watchkeep_core::time::Wall;

/// The phases of a request, with the middle of their spans in seconds.
const PHASES: [(&str, f64); 7] = [
    ("total", 0.038),
    ("dns", 0.0003),
    ("connect", 0.005),
    ("tls", 0.010),
    ("send", 0.000_05),
    ("wait", 0.020),
    ("receive", 0.001),
];

/// Numbers that look random, the same in each run (splitmix64).
pub(crate) struct Noise(pub(crate) u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
    /// From 0 to 1.
    fn part(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
    /// Around `middle`, mostly within a fifth of it, seldom far above; in whole nanoseconds.
    fn span(&mut self, middle: f64) -> f64 {
        let bell: f64 = (0..6).map(|_| self.part()).sum::<f64>() / 3.0 - 1.0;
        let tail = if self.next().is_multiple_of(200) { 5.0 } else { 1.0 };
        (middle * (1.0 + 0.4 * bell) * tail * 1e9).round() / 1e9
    }
}

pub(crate) fn result(check: &CheckName, nth: u64, scheduled: i64, noise: &mut Noise) -> ResultRow {
    let spans: Vec<f64> = PHASES.iter().map(|(_, middle)| noise.span(*middle)).collect();
    let metric = |(phase, value): (&str, f64), unit: &str| Metric {
        name: format!("probe_http_{phase}"),
        value,
        unit: unit.to_owned(),
        bounds: None,
        labels: Labels::default(),
    };
    let mut metrics: Vec<Metric> =
        PHASES.iter().zip(&spans).map(|((phase, _), span)| metric((phase, *span), "seconds")).collect();
    metrics.push(metric(("status_code", 200.0), ""));
    metrics.push(metric(("uncompressed_body_length", (12_000 + nth) as f64), "bytes"));
    let took = Duration::from_micros(((spans[0] + 0.000_4) * 1e6) as u64 + noise.next() % 300);
    let late = Duration::from_micros(100 + noise.next() % 900);
    let report = Report {
        state: State::Ok,
        summary: format!("200 OK in {:.0} ms, {} bytes", spans[0] * 1e3, 12_000 + nth),
        details: None,
        metrics,
        findings: Vec::new(),
        events: Vec::new(),
        attachments: Vec::new(),
        labels: Labels::default(),
    };
    let end = scheduled + (took + late).as_millis() as i64;
    ResultRow {
        run: RunId { check: check.clone(), scheduled_at: Wall::from_millis(scheduled) },
        sequence: 0,
        location: Arc::from("local"),
        finished_at: Wall::from_millis(end),
        since: Wall::from_millis(0),
        took,
        late,
        generation: Some(Digest([7; 32])),
        outcome: Outcome::Report(Arc::new(report)),
        flaps: Flaps::default(),
    }
}

/// What the writer's thread collects.
const BATCH: usize = 2000;

/// Results in the order in which they end, numbered on from `sequence`, as the writer's thread commits them.
pub(crate) fn commits(mut rows: Vec<ResultRow>, sequence: &mut u64) -> Vec<Commit> {
    rows.sort_by_key(|row| row.finished_at);
    for row in &mut rows {
        *sequence += 1;
        row.sequence = *sequence;
    }
    let mut rows = rows.into_iter().peekable();
    let mut commits = Vec::new();
    while let Some(first) = rows.peek() {
        let id = CommitId(first.sequence);
        let changes = rows.by_ref().take(BATCH).map(Change::Result).collect();
        commits.push(Commit { id, epoch: 0, urgency: Urgency::Batch, changes });
    }
    commits
}
