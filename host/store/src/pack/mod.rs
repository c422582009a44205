//! Packs: many results of one check in one value. `columns` is how they are written, `rows` how they were written
//! before, and how results still are whose numbers fit no column.

mod column;
mod columns;
mod rows;
mod split;
mod text;

pub(crate) use column::{BadColumn, Column};
pub(crate) use columns::{Columns, ShapeColumns};
pub(crate) use split::{Shape, Split};

use std::time::Duration;

use watchkeep_core::commit::ResultRow;
use watchkeep_core::ids::CheckName;
use watchkeep_core::labels::Labels;
use watchkeep_core::outcome::Outcome;
use watchkeep_core::report::Metric;

use crate::error::ReadError;
use crate::index::ResultKey;
use crate::row::{FINDING, ResultRowV1, decode};

const TABLE: &str = "packs";

/// The pack of rows that are in rising order.
pub(crate) fn pack(check: u32, rows: &[Split]) -> Result<Vec<u8>, ReadError> {
    match columns::pack(rows) {
        Some(bytes) => Ok(bytes),
        None => Ok(rows::pack(whole_rows(check, rows)?.iter().map(Vec::as_slice))),
    }
}

fn whole_rows(check: u32, rows: &[Split]) -> Result<Vec<Vec<u8>>, ReadError> {
    rows.iter()
        .map(|row| {
            let shape = Shape::read(&row.shape)?;
            let result = shape.join(unnamed(), &row.head, row.numbers.clone());
            let result = result.ok_or_else(|| damaged(&"a row has too few numbers"))?;
            Ok(crate::row::encode(&ResultRowV1::new(&result, check)))
        })
        .collect()
}

/// The lowest moment among the rows, as far as the pack says it without being unpacked.
pub(crate) fn lowest(bytes: &[u8]) -> Result<Option<i64>, ReadError> {
    match bytes.split_first() {
        Some((&columns::VERSION, body)) => Ok(Some(columns::header(body)?.0.lowest)),
        Some(_) | None => Ok(None),
    }
}

/// A pack that was read.
pub(crate) enum Opened {
    Rows(Vec<(ResultKey, Vec<u8>)>),
    Columns(Columns),
}

impl Opened {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        match bytes.split_first() {
            Some((&rows::VERSION, body)) => {
                let unpacked = rows::unpack(body)?;
                let keyed = unpacked.rows().map(|row| {
                    let bytes = row?;
                    let row = decode::<ResultRowV1<'_>>(bytes)?;
                    Ok(((row.finished_at, row.sequence), bytes.to_vec()))
                });
                Ok(Opened::Rows(keyed.collect::<Result<_, ReadError>>()?))
            }
            Some((&columns::VERSION, body)) => Ok(Opened::Columns(columns::unpack(body)?)),
            Some((&found, _)) => Err(ReadError::UnknownRow { table: TABLE, found, known: columns::VERSION }),
            None => Err(damaged(&"it is empty")),
        }
    }

    pub(crate) fn keys(&self) -> Vec<ResultKey> {
        match self {
            Opened::Rows(rows) => rows.iter().map(|(key, _)| *key).collect(),
            Opened::Columns(columns) => columns.heads.iter().map(split::Head::key).collect(),
        }
    }

    pub(crate) fn result(&self, check: CheckName, row: usize) -> Result<ResultRow, ReadError> {
        match self {
            Opened::Rows(rows) => Ok(decode::<ResultRowV1<'_>>(&rows[row].1)?.into_core(check)),
            Opened::Columns(columns) => columns.result(check, row),
        }
    }

    /// The metrics of a row, of the report and then of its findings: the metric (which may be without its value), its
    /// labels as a sample has them, and its value.
    pub(crate) fn each_metric(
        &self,
        row: usize,
        mut each: impl FnMut(&Metric, &dyn Fn() -> Labels, f64),
    ) -> Result<(), ReadError> {
        match self {
            Opened::Rows(rows) => {
                let outcome = decode::<ResultRowV1<'_>>(&rows[row].1)?.into_core(unnamed()).outcome;
                each_metric(&outcome, |metric, labels| each(metric, labels, metric.value));
            }
            Opened::Columns(columns) => {
                let (shape, nth) = columns.places[row];
                let ShapeColumns { shape, values, .. } = &columns.shapes[shape];
                let mut values = values.iter();
                each_metric(&shape.outcome, |metric, labels| {
                    if let Some(column) = values.next() {
                        each(metric, labels, column[nth]);
                    }
                });
            }
        }
        Ok(())
    }

    /// Whether a row before it in the pack has the same metrics for certain.
    pub(crate) fn repeats_metrics(&self, row: usize) -> bool {
        match self {
            Opened::Rows(_) => false,
            Opened::Columns(columns) => columns.places[row].1 > 0,
        }
    }

    /// What is made of a run: of its outcome, which may be without its numbers, and of how long it took.
    pub(crate) fn run<T>(
        &self,
        row: usize,
        made: impl FnOnce(&Outcome, Duration) -> T,
    ) -> Result<T, ReadError> {
        match self {
            Opened::Rows(rows) => {
                let result = decode::<ResultRowV1<'_>>(&rows[row].1)?.into_core(unnamed());
                Ok(made(&result.outcome, result.took))
            }
            Opened::Columns(columns) => {
                let (shape, _) = columns.places[row];
                Ok(made(&columns.shapes[shape].shape.outcome, columns.heads[row].took))
            }
        }
    }

    /// All rows, taken apart.
    pub(crate) fn splits(&self) -> Result<Vec<Split>, ReadError> {
        match self {
            Opened::Rows(rows) => rows.iter().map(|(_, bytes)| split(bytes)).collect(),
            Opened::Columns(columns) => Ok((0..columns.heads.len()).map(|row| columns.split(row)).collect()),
        }
    }
}

/// A row as it is in `RESULTS`, taken apart.
pub(crate) fn split(row: &[u8]) -> Result<Split, ReadError> {
    Ok(Split::of(decode::<ResultRowV1<'_>>(row)?.into_core(unnamed())))
}

/// Whoever reads a pack knows its check.
fn unnamed() -> CheckName {
    CheckName::new("")
}

/// The metrics of an outcome, of the report and then of its findings. The labels are made when they are asked for: those of
/// a finding's metric are laid over the finding's own, and `finding` is the finding's key.
pub(crate) fn each_metric(outcome: &Outcome, mut each: impl FnMut(&Metric, &dyn Fn() -> Labels)) {
    let Outcome::Report(report) = outcome else { return };
    for metric in &report.metrics {
        each(metric, &|| metric.labels.clone());
    }
    for finding in &report.findings {
        for metric in &finding.metrics {
            let own = || metric.labels.iter().chain([(FINDING, finding.key.as_str())]);
            each(metric, &|| finding.labels.with(own()));
        }
    }
}

pub(super) fn damaged(detail: &dyn std::fmt::Display) -> ReadError {
    ReadError::BadRow { table: TABLE, detail: detail.to_string() }
}

#[cfg(test)]
mod tests;
