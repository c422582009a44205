//! Rows as they were stored one by one, each with its length as 4 bytes (little-endian) before it, compressed as LZ4
//! (block format, length first). Packs were so until there were columns, and rows whose numbers fit no column still are.

use super::damaged;
use crate::error::ReadError;

pub(super) const VERSION: u8 = 1;

/// Rows that claim more than this are damaged: one may exceed `PACK_BYTES`, but not by that much.
const UNPACKED_BYTES_MAX: usize = 1 << 30;

pub(super) fn pack<'a>(rows: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
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

/// Reads what follows the version byte.
pub(super) fn unpack(packed: &[u8]) -> Result<Unpacked, ReadError> {
    Ok(Unpacked(decompress(packed, UNPACKED_BYTES_MAX)?))
}

/// Decompresses LZ4 that begins with its length.
pub(super) fn decompress(packed: &[u8], bytes_max: usize) -> Result<Vec<u8>, ReadError> {
    let (size, body) = lz4_flex::block::uncompressed_size(packed).map_err(|error| damaged(&error))?;
    if size > bytes_max {
        return Err(damaged(&format!("it claims {size} bytes")));
    }
    let plain = lz4_flex::block::decompress(body, size).map_err(|error| damaged(&error))?;
    // A block that is cut off between two of its parts makes less, and no error.
    if plain.len() == size { Ok(plain) } else { Err(damaged(&"it is cut off")) }
}

pub(crate) struct Unpacked(Vec<u8>);

impl Unpacked {
    /// The rows' bytes, in order.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_back_the_rows_it_was_given() {
        let rows: [&[u8]; 3] = [b"one", b"", b"three"];
        let unpacked = unpack(&pack(rows)[1..]).unwrap();
        assert_eq!(unpacked.rows().map(Result::unwrap).collect::<Vec<_>>(), rows);
    }

    #[test]
    fn refuses_what_is_cut_off_or_claims_too_much() {
        let packed = pack([b"row".as_slice()]);
        assert!(unpack(&packed[1..packed.len() - 1]).is_err());
        assert!(unpack(&[]).is_err());
        let mut bomb = packed;
        bomb[1..5].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(matches!(unpack(&bomb[1..]), Err(ReadError::BadRow { .. })));
    }
}
