//! A result, taken apart: what it says in words (its shape, which few results of a check do not share), and its numbers.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use watchkeep_core::commit::ResultRow;
use watchkeep_core::flapping::Flaps;
use watchkeep_core::ids::{CheckName, Digest, RunId};
use watchkeep_core::outcome::Outcome;
use watchkeep_core::report::{Finding, Report};
use watchkeep_core::time::Wall;

use super::text::{cut, fill};
use crate::error::ReadError;
use crate::row::{OutcomeRow, Row, decode, encode};

/// The numbers that every result has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Head {
    pub(crate) finished_at: i64,
    pub(crate) sequence: u64,
    pub(crate) scheduled_at: i64,
    pub(crate) since: i64,
    pub(crate) took: Duration,
    pub(crate) late: Duration,
    pub(crate) flaps: u32,
}

impl Head {
    pub(crate) fn key(&self) -> (i64, u64) {
        (self.finished_at, self.sequence)
    }
}

/// The numbers of one outcome, in the order in which `visit` comes to them.
#[derive(Clone, PartialEq, Default, Debug)]
pub(crate) struct Numbers {
    /// The values of metrics.
    pub(crate) values: Vec<f64>,
    /// The numbers in texts.
    pub(crate) in_texts: Vec<i64>,
}

/// A result taken apart. `shape` is a `ShapeRow`.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Split {
    pub(crate) head: Head,
    pub(crate) shape: Vec<u8>,
    pub(crate) numbers: Numbers,
}

/// What is left of a result without its numbers and moments.
#[derive(Serialize, Deserialize)]
struct ShapeRow<'a> {
    location: &'a str,
    generation: Option<[u8; 32]>,
    #[serde(borrow)]
    outcome: OutcomeRow<'a>,
}

impl Row for ShapeRow<'_> {
    const TABLE: &'static str = "packs";
    const VERSION: u8 = 1;
}

/// A shape as it is used: decoded once, for many rows.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    location: Arc<str>,
    generation: Option<Digest>,
    /// Its metrics have no values and its texts no numbers.
    pub(crate) outcome: Outcome,
}

impl Split {
    pub(crate) fn of(result: ResultRow) -> Self {
        let ResultRow { run, sequence, location, finished_at, since, took, late, generation, outcome, flaps } =
            result;
        let head = Head {
            finished_at: finished_at.millis(),
            sequence,
            scheduled_at: run.scheduled_at.millis(),
            since: since.millis(),
            took,
            late,
            flaps: flaps.bits(),
        };
        let mut outcome = outcome;
        let mut numbers = Numbers::default();
        visit(&mut outcome, &mut |slot| match slot {
            Slot::Value(value) => numbers.values.push(std::mem::take(value)),
            Slot::Text(text) => *text = cut(text, &mut numbers.in_texts),
        });
        let row = ShapeRow {
            location: &location,
            generation: generation.map(|digest| digest.0),
            outcome: (&outcome).into(),
        };
        Split { head, shape: encode(&row), numbers }
    }
}

impl Shape {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        let ShapeRow { location, generation, outcome } = decode(bytes)?;
        let (location, generation) = (Arc::from(location), generation.map(Digest));
        Ok(Shape { location, generation, outcome: outcome.into() })
    }

    /// How many numbers a row of this shape has: values of metrics, and numbers in texts.
    pub(crate) fn holes(&self) -> (usize, usize) {
        let (mut values, mut in_texts) = (0, 0);
        visit(&mut self.outcome.clone(), &mut |slot| match slot {
            Slot::Value(_) => values += 1,
            Slot::Text(text) => in_texts += super::text::holes(text),
        });
        (values, in_texts)
    }

    /// Puts a result together again; `None` if it has too few numbers.
    pub(crate) fn join(&self, check: CheckName, head: &Head, numbers: Numbers) -> Option<ResultRow> {
        let mut outcome = self.outcome.clone();
        let (mut values, mut in_texts) = (numbers.values.into_iter(), numbers.in_texts.into_iter());
        let mut complete = true;
        visit(&mut outcome, &mut |slot| match slot {
            Slot::Value(value) => match values.next() {
                Some(number) => *value = number,
                None => complete = false,
            },
            Slot::Text(text) => match fill(text, &mut in_texts) {
                Some(filled) => *text = filled,
                None => complete = false,
            },
        });
        complete.then(|| ResultRow {
            run: RunId { check, scheduled_at: Wall::from_millis(head.scheduled_at) },
            sequence: head.sequence,
            location: Arc::clone(&self.location),
            finished_at: Wall::from_millis(head.finished_at),
            since: Wall::from_millis(head.since),
            took: head.took,
            late: head.late,
            generation: self.generation,
            outcome,
            flaps: Flaps::from_bits(head.flaps),
        })
    }
}

/// A place in an outcome that differs from run to run.
enum Slot<'a> {
    Value(&'a mut f64),
    Text(&'a mut String),
}

/// Goes through an outcome. The order is part of the format: metrics come as `each_metric` has them.
fn visit(outcome: &mut Outcome, each: &mut impl FnMut(Slot<'_>)) {
    match outcome {
        Outcome::Failed(failure) => each(Slot::Text(&mut Arc::make_mut(failure).message)),
        Outcome::Report(report) => {
            let Report { summary, details, metrics, findings, .. } = Arc::make_mut(report);
            each(Slot::Text(summary));
            if let Some(details) = details {
                each(Slot::Text(details));
            }
            metrics.iter_mut().for_each(|metric| each(Slot::Value(&mut metric.value)));
            for Finding { summary, metrics, .. } in findings {
                each(Slot::Text(summary));
                metrics.iter_mut().for_each(|metric| each(Slot::Value(&mut metric.value)));
            }
        }
    }
}
