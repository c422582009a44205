//! Packs: the rows of one check and hour in one value, compressed. Summaries and metric names repeat from run to run,
//! so a pack is much smaller than its rows.
//!
//! After the version byte: LZ4 (block format, length first) of the rows, each with its length as 4 bytes
//! (little-endian) before it.

use crate::error::ReadError;

const VERSION: u8 = 1;
const TABLE: &str = "packs";

/// The size at which rows make a pack; an hour with more rows becomes several packs.
pub(crate) const PACK_BYTES: usize = 1 << 20;

/// A pack that claims more than this is damaged: one row may exceed `PACK_BYTES`, but not by that much.
const UNPACKED_BYTES_MAX: usize = 1 << 30;

pub(crate) fn pack<'a>(rows: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut plain = Vec::new();
    for row in rows {
        let length = u32::try_from(row.len()).expect("a row is far below 4 GiB");
        plain.extend_from_slice(&length.to_le_bytes());
        plain.extend_from_slice(row);
    }
    let mut bytes = vec![VERSION];
    bytes.extend_from_slice(&lz4_flex::block::compress_prepend_size(&plain));
    bytes
}

/// The rows' bytes, in order.
pub(crate) fn unpack(bytes: &[u8]) -> Result<Unpacked, ReadError> {
    match bytes.split_first() {
        Some((&VERSION, packed)) => {
            let (size, body) = lz4_flex::block::uncompressed_size(packed).map_err(|error| damaged(&error))?;
            if size > UNPACKED_BYTES_MAX {
                return Err(damaged(&format!("it claims {size} bytes")));
            }
            Ok(Unpacked(lz4_flex::block::decompress(body, size).map_err(|error| damaged(&error))?))
        }
        Some((&found, _)) => Err(ReadError::UnknownRow { table: TABLE, found, known: VERSION }),
        None => Err(damaged(&"it is empty")),
    }
}

pub(crate) struct Unpacked(Vec<u8>);

impl Unpacked {
    pub(crate) fn rows(&self) -> impl Iterator<Item = Result<&[u8], ReadError>> {
        let mut rest = self.0.as_slice();
        std::iter::from_fn(move || {
            if rest.is_empty() {
                return None;
            }
            let row = rest
                .split_first_chunk::<4>()
                .and_then(|(length, body)| body.split_at_checked(u32::from_le_bytes(*length) as usize));
            match row {
                Some((row, after)) => {
                    rest = after;
                    Some(Ok(row))
                }
                None => {
                    rest = &[];
                    Some(Err(damaged(&"a row is cut off")))
                }
            }
        })
    }
}

fn damaged(detail: &dyn std::fmt::Display) -> ReadError {
    ReadError::BadRow { table: TABLE, detail: detail.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_back_the_rows_it_was_given() {
        let rows: [&[u8]; 3] = [b"one", b"", b"three"];
        let unpacked = unpack(&pack(rows)).unwrap();
        assert_eq!(unpacked.rows().map(Result::unwrap).collect::<Vec<_>>(), rows);
    }

    #[test]
    fn refuses_what_is_cut_off_of_another_version_or_claims_too_much() {
        let packed = pack([b"row".as_slice()]);
        assert!(unpack(&packed[..packed.len() - 1]).is_err());
        assert!(unpack(&[]).is_err());
        let mut newer = packed.clone();
        newer[0] = 2;
        assert!(matches!(unpack(&newer), Err(ReadError::UnknownRow { found: 2, known: 1, .. })));
        let mut bomb = packed;
        bomb[1..5].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(matches!(unpack(&bomb), Err(ReadError::BadRow { .. })));
    }
}
