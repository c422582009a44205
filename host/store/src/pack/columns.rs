//! Rows by columns: the numbers of many results, and each shape once.
//!
//! After the version byte: how many rows there are, and the lowest moment among them; then, in LZ4 (block format, length
//! first), the shapes and how each column is stored; then what pcodec made of the columns that it
//! stores. The columns come in this order: shape, moment scheduled, moment finished without those spans, sequence, since,
//! took, late, flaps; then for each shape, of its rows alone, the values of metrics and the numbers in texts.

use std::collections::HashMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use watchkeep_core::commit::ResultRow;
use watchkeep_core::ids::CheckName;

use super::column::{BadColumn, Column};
use super::damaged;
use super::split::{Head, Numbers, Shape, Split};
use crate::error::ReadError;

pub(super) const VERSION: u8 = 2;
/// A pack that claims more is damaged.
const ROWS_MAX: u32 = 1 << 20;
/// What shapes and descriptions may take, unpacked.
const PLAIN_BYTES_MAX: usize = 1 << 30;
const NANOS: u64 = 1_000_000_000;

#[derive(Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) rows: u32,
    pub(super) lowest: i64,
}

#[derive(Serialize, Deserialize)]
struct Plain<'a> {
    #[serde(borrow)]
    shapes: Vec<&'a [u8]>,
    columns: Vec<Column>,
}

/// The rows of a pack, by columns.
pub(crate) struct Columns {
    pub(crate) heads: Vec<Head>,
    pub(crate) shapes: Vec<ShapeColumns>,
    /// For each row its shape, and which of that shape's rows it is.
    pub(crate) places: Vec<(usize, usize)>,
}

pub(crate) struct ShapeColumns {
    pub(crate) bytes: Vec<u8>,
    pub(crate) shape: Shape,
    /// For each metric, in the order of the report, its values in the rows of this shape.
    pub(crate) values: Vec<Vec<f64>>,
    in_texts: Vec<Vec<i64>>,
}

/// The pack of rows that are in rising order; `None` if a number does not fit.
pub(super) fn pack(rows: &[Split]) -> Option<Vec<u8>> {
    let mut by_shape: HashMap<&[u8], usize> = HashMap::new();
    let mut shapes: Vec<(&[u8], Vec<&Numbers>)> = Vec::new();
    let mut places = Vec::with_capacity(rows.len());
    for row in rows {
        let place = *by_shape.entry(&row.shape).or_insert_with(|| {
            shapes.push((&row.shape, Vec::new()));
            shapes.len() - 1
        });
        shapes[place].1.push(&row.numbers);
        places.push(place as i64);
    }
    let mut packed = Vec::new();
    let mut columns = vec![Column::of_whole(&places, &mut packed)];
    for values in head_columns(rows)? {
        columns.push(Column::of_whole(&values, &mut packed));
    }
    for (_, numbers) in &shapes {
        for place in 0..numbers.first().map_or(0, |first| first.values.len()) {
            let values: Vec<f64> = numbers.iter().map(|row| row.values[place]).collect();
            columns.push(Column::of_fractions(&values, &mut packed));
        }
        for place in 0..numbers.first().map_or(0, |first| first.in_texts.len()) {
            let values: Vec<i64> = numbers.iter().map(|row| row.in_texts[place]).collect();
            columns.push(Column::of_whole(&values, &mut packed));
        }
    }
    let lowest = rows.iter().map(|row| row.head.finished_at).min()?;
    let header = Header { rows: u32::try_from(rows.len()).ok()?, lowest };
    let plain = Plain { shapes: shapes.into_iter().map(|(bytes, _)| bytes).collect(), columns };
    let plain = lz4_flex::block::compress_prepend_size(&written(&plain, Vec::new()));
    let mut bytes = written(&header, vec![VERSION]);
    bytes.extend_from_slice(&u32::try_from(plain.len()).ok()?.to_le_bytes());
    bytes.extend_from_slice(&plain);
    bytes.extend_from_slice(&packed);
    Some(bytes)
}

fn written(row: &impl Serialize, bytes: Vec<u8>) -> Vec<u8> {
    postcard::to_extend(row, bytes).expect("packs are made of types that postcard writes, into memory")
}

/// The columns of what every row has; `None` if a span is beyond three centuries.
fn head_columns(rows: &[Split]) -> Option<[Vec<i64>; 7]> {
    let mut columns: [Vec<i64>; 7] = Default::default();
    for Split { head, .. } in rows {
        let (took, late) = (nanos(head.took)?, nanos(head.late)?);
        let numbers = [
            head.scheduled_at,
            head.finished_at.wrapping_sub(expected_end(head)),
            head.sequence.cast_signed(),
            head.since,
            took,
            late,
            i64::from(head.flaps),
        ];
        columns.iter_mut().zip(numbers).for_each(|(column, number)| column.push(number));
    }
    Some(columns)
}

/// When a run ends that began late by this much and took so long. Mostly that is when it ended.
fn expected_end(head: &Head) -> i64 {
    let spans = head.took.saturating_add(head.late).as_millis();
    head.scheduled_at.wrapping_add(i64::try_from(spans).unwrap_or(i64::MAX))
}

fn nanos(span: Duration) -> Option<i64> {
    i64::try_from(span.as_nanos()).ok()
}

fn span(nanos: i64) -> Result<Duration, ReadError> {
    let nanos = u64::try_from(nanos).map_err(|_| damaged(&"a span is negative"))?;
    Ok(Duration::new(nanos / NANOS, (nanos % NANOS) as u32))
}

pub(super) fn header(bytes: &[u8]) -> Result<(Header, &[u8]), ReadError> {
    let (header, rest): (Header, &[u8]) =
        postcard::take_from_bytes(bytes).map_err(|error| damaged(&error))?;
    if header.rows > ROWS_MAX {
        return Err(damaged(&format!("it claims {} rows", header.rows)));
    }
    Ok((header, rest))
}

/// Reads what follows the version byte.
pub(super) fn unpack(bytes: &[u8]) -> Result<Columns, ReadError> {
    let (header, rest) = header(bytes)?;
    let rows = header.rows as usize;
    let short = || damaged(&"it is cut off");
    let (length, rest) = rest.split_first_chunk::<4>().ok_or_else(short)?;
    let (plain, mut packed) =
        rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(short)?;
    let plain = super::rows::decompress(plain, PLAIN_BYTES_MAX)?;
    let (Plain { shapes, columns }, _) =
        postcard::take_from_bytes::<Plain<'_>>(&plain).map_err(|error| damaged(&error))?;
    let mut columns = columns.iter();
    let mut next = || columns.next().ok_or_else(short);
    let bad = |BadColumn| damaged(&"a column cannot be read");
    let places = places(next()?.whole(rows, &mut packed).map_err(bad)?, shapes.len())?;
    let mut numbers = Vec::with_capacity(7);
    for _ in 0..7 {
        numbers.push(next()?.whole(rows, &mut packed).map_err(bad)?);
    }
    let heads = (0..rows).map(|row| head(&numbers, row)).collect::<Result<_, _>>()?;
    let mut counts = vec![0_usize; shapes.len()];
    places.iter().for_each(|(shape, _)| counts[*shape] += 1);
    let shapes = shapes.into_iter().zip(counts).map(|(bytes, count)| {
        let shape = Shape::read(bytes)?;
        let (values, in_texts) = shape.holes();
        let values = (0..values).map(|_| next()?.fractions(count, &mut packed).map_err(bad));
        let values = values.collect::<Result<_, ReadError>>()?;
        let in_texts = (0..in_texts).map(|_| next()?.whole(count, &mut packed).map_err(bad));
        let in_texts = in_texts.collect::<Result<_, ReadError>>()?;
        Ok(ShapeColumns { bytes: bytes.to_vec(), shape, values, in_texts })
    });
    Ok(Columns { heads, shapes: shapes.collect::<Result<_, ReadError>>()?, places })
}

fn places(column: Vec<i64>, shapes: usize) -> Result<Vec<(usize, usize)>, ReadError> {
    let mut seen = vec![0_usize; shapes];
    column
        .into_iter()
        .map(|shape| {
            let shape = usize::try_from(shape).ok().filter(|shape| *shape < shapes);
            let shape = shape.ok_or_else(|| damaged(&"a row names a shape that is not there"))?;
            seen[shape] += 1;
            Ok((shape, seen[shape] - 1))
        })
        .collect()
}

fn head(columns: &[Vec<i64>], row: usize) -> Result<Head, ReadError> {
    let at = |column: usize| columns[column][row];
    let mut head = Head {
        finished_at: 0,
        sequence: at(2).cast_unsigned(),
        scheduled_at: at(0),
        since: at(3),
        took: span(at(4))?,
        late: span(at(5))?,
        flaps: u32::try_from(at(6)).map_err(|_| damaged(&"its flaps are none"))?,
    };
    head.finished_at = at(1).wrapping_add(expected_end(&head));
    Ok(head)
}

impl Columns {
    pub(crate) fn result(&self, check: CheckName, row: usize) -> Result<ResultRow, ReadError> {
        let (shape, _) = self.places[row];
        let joined = self.shapes[shape].shape.join(check, &self.heads[row], self.numbers(row));
        joined.ok_or_else(|| damaged(&"a row has too few numbers"))
    }

    pub(crate) fn split(&self, row: usize) -> Split {
        let (shape, _) = self.places[row];
        Split { head: self.heads[row], shape: self.shapes[shape].bytes.clone(), numbers: self.numbers(row) }
    }

    fn numbers(&self, row: usize) -> Numbers {
        let (shape, nth) = self.places[row];
        let ShapeColumns { values, in_texts, .. } = &self.shapes[shape];
        Numbers {
            values: values.iter().map(|column| column[nth]).collect(),
            in_texts: in_texts.iter().map(|column| column[nth]).collect(),
        }
    }
}
