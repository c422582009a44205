//! Columns: the same number of many rows. Most are the same in every row and take a byte or two. The others are stored
//! by pcodec, which finds out how they grow and spread. Fractions are mostly whole multiples of a billionth (spans that
//! were measured in nanoseconds), so they are stored as whole numbers where that gives the very same fraction.

use pco::ChunkConfig;
use pco::data_types::Number;
use pco::wrapped::{FileCompressor, FileDecompressor};
use serde::{Deserialize, Serialize};

/// Below this many values, the description that pcodec needs is larger than what it saves.
const PACKED_FROM: usize = 12;
/// The powers of ten by which fractions are tried as whole numbers.
const SCALES: [u8; 5] = [0, 3, 6, 9, 12];
/// Up to here every whole number has a fraction of its own.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

/// How a column is stored. `Packed` names bytes that lie elsewhere, by their number.
#[derive(Serialize, Deserialize, Clone, PartialEq, Debug)]
pub(crate) enum Column {
    /// The same number in every row.
    Same(i64),
    /// A number for each row.
    Each(Vec<i64>),
    /// So many bytes of pcodec.
    Packed(u32),
    /// Whole numbers, each to be divided by ten to this power.
    Scaled(u8, Box<Column>),
    /// Bits of fractions, the same in every row.
    SameBits(u64),
    /// So many bytes of pcodec, of fractions.
    Fractions(u32),
    /// Bits of fractions.
    EachBits(Vec<u64>),
}

/// A column that cannot be read.
#[derive(Debug)]
pub(crate) struct BadColumn;

impl Column {
    /// Stores whole numbers; bytes of pcodec are appended to `packed`.
    pub(crate) fn of_whole(values: &[i64], packed: &mut Vec<u8>) -> Column {
        match values.split_first() {
            None => Column::Same(0),
            Some((first, rest)) if rest.iter().all(|value| value == first) => Column::Same(*first),
            Some(_) if values.len() < PACKED_FROM => Column::Each(values.to_vec()),
            Some(_) => Column::Packed(pack(values, packed)),
        }
    }

    /// Stores fractions, exactly.
    pub(crate) fn of_fractions(values: &[f64], packed: &mut Vec<u8>) -> Column {
        let scaled = SCALES.into_iter().find_map(|scale| Some((scale, whole(values, scale)?)));
        match (scaled, values.split_first()) {
            (Some((scale, whole)), _) => Column::Scaled(scale, Box::new(Column::of_whole(&whole, packed))),
            (None, Some((first, rest))) if rest.iter().all(|value| value.to_bits() == first.to_bits()) => {
                Column::SameBits(first.to_bits())
            }
            (None, _) if values.len() < PACKED_FROM => {
                Column::EachBits(values.iter().map(|value| value.to_bits()).collect())
            }
            (None, _) => Column::Fractions(pack(values, packed)),
        }
    }

    /// The column's numbers, `count` of them. `packed` is what `of_whole` appended to, and goes on behind them.
    pub(crate) fn whole(&self, count: usize, packed: &mut &[u8]) -> Result<Vec<i64>, BadColumn> {
        match self {
            Column::Same(value) => Ok(vec![*value; count]),
            Column::Each(values) if values.len() == count => Ok(values.clone()),
            Column::Packed(bytes) => unpack(*bytes, count, packed),
            Column::Each(_)
            | Column::Scaled(..)
            | Column::SameBits(_)
            | Column::Fractions(_)
            | Column::EachBits(_) => Err(BadColumn),
        }
    }

    pub(crate) fn fractions(&self, count: usize, packed: &mut &[u8]) -> Result<Vec<f64>, BadColumn> {
        match self {
            Column::Scaled(scale, whole) if SCALES.contains(scale) => {
                let factor = factor(*scale);
                Ok(whole.whole(count, packed)?.into_iter().map(|value| value as f64 / factor).collect())
            }
            Column::SameBits(bits) => Ok(vec![f64::from_bits(*bits); count]),
            Column::Fractions(bytes) => unpack(*bytes, count, packed),
            Column::EachBits(bits) if bits.len() == count => {
                Ok(bits.iter().map(|bits| f64::from_bits(*bits)).collect())
            }
            Column::Same(_)
            | Column::Each(_)
            | Column::Packed(_)
            | Column::Scaled(..)
            | Column::EachBits(_) => Err(BadColumn),
        }
    }
}

/// The whole numbers that give back the very same fractions when they are divided.
fn whole(values: &[f64], scale: u8) -> Option<Vec<i64>> {
    let factor = factor(scale);
    values
        .iter()
        .map(|value| {
            let whole = (value * factor).round();
            let exact =
                whole.abs() <= WHOLE_MAX && (whole as i64 as f64 / factor).to_bits() == value.to_bits();
            exact.then_some(whole as i64)
        })
        .collect()
}

fn factor(scale: u8) -> f64 {
    10_f64.powi(i32::from(scale))
}

fn pack<T: Number>(values: &[T], packed: &mut Vec<u8>) -> u32 {
    const MEMORY: &str = "writing to memory does not fail, and the configuration is the default one";
    let before = packed.len();
    let file = FileCompressor::default();
    file.write_header(&mut *packed).expect(MEMORY);
    let mut chunk = file.chunk_compressor(values, &ChunkConfig::default()).expect(MEMORY);
    chunk.write_meta(&mut *packed).expect(MEMORY);
    for page in 0..chunk.n_per_page().len() {
        chunk.write_page(page, &mut *packed).expect(MEMORY);
    }
    u32::try_from(packed.len() - before).expect("a pack is far below 4 GiB")
}

fn unpack<T: Number>(bytes: u32, count: usize, packed: &mut &[u8]) -> Result<Vec<T>, BadColumn> {
    let (here, rest) = packed.split_at_checked(bytes as usize).ok_or(BadColumn)?;
    *packed = rest;
    let (file, src) = FileDecompressor::new(here).map_err(|_| BadColumn)?;
    let (mut chunk, src) = file.chunk_decompressor::<T, _>(src).map_err(|_| BadColumn)?;
    let mut page = chunk.page_decompressor(src, count).map_err(|_| BadColumn)?;
    let mut values = vec![T::default(); count];
    let progress = page.read(&mut values).map_err(|_| BadColumn)?;
    if progress.n_processed == count { Ok(values) } else { Err(BadColumn) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn through_whole(values: &[i64]) -> Vec<i64> {
        let mut packed = Vec::new();
        let column = Column::of_whole(values, &mut packed);
        let mut rest = packed.as_slice();
        let found = column.whole(values.len(), &mut rest).unwrap();
        assert!(rest.is_empty());
        found
    }

    fn through_fractions(values: &[f64]) -> Vec<u64> {
        let mut packed = Vec::new();
        let column = Column::of_fractions(values, &mut packed);
        let mut rest = packed.as_slice();
        column.fractions(values.len(), &mut rest).unwrap().into_iter().map(f64::to_bits).collect()
    }

    proptest! {
        #[test]
        fn whole_numbers_come_back(values in prop::collection::vec(prop_oneof![any::<i64>(), 0..100_i64], 0..200)) {
            prop_assert_eq!(through_whole(&values), values);
        }

        #[test]
        fn fractions_come_back_to_the_bit(
            values in prop::collection::vec(
                prop_oneof![any::<f64>(), (0..9_000_000_000_u64).prop_map(|nanos| nanos as f64 / 1e9), Just(-0.0)],
                0..200,
            ),
            same in any::<f64>(),
        ) {
            let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(through_fractions(&values), bits(&values));
            prop_assert_eq!(through_fractions(&[same; 3]), bits(&[same; 3]));
        }

        #[test]
        fn damaged_bytes_are_an_error_or_numbers(bytes in prop::collection::vec(any::<u8>(), 0..80), count in 0..300_usize) {
            let length = bytes.len() as u32;
            for column in [Column::Packed(length), Column::Fractions(length), Column::Packed(length + 1)] {
                let _ = column.whole(count, &mut bytes.as_slice());
                let _ = column.fractions(count, &mut bytes.as_slice());
            }
        }
    }

    #[test]
    fn spans_in_nanoseconds_are_stored_as_whole_numbers() {
        let spans = [0.038_123_456, 0.000_000_001, 1.5, 12.0];
        assert!(matches!(Column::of_fractions(&spans, &mut Vec::new()), Column::Scaled(9, _)));
        assert!(matches!(Column::of_fractions(&[200.0; 3], &mut Vec::new()), Column::Scaled(0, _)));
    }
}
