//! Figures of the file as a whole, and the numbers of checks.

use redb::{Database, ReadableTable, Table};
use watchkeep_core::time::Wall;

use crate::error::{ReadError, WriteError};
use crate::tables::{self, FORMAT, META};

pub(crate) const FORMAT_KEY: &str = "format";
pub(crate) const NEXT_DELIVERY: &str = "next_delivery";
pub(crate) const NEXT_SEQUENCE: &str = "next_sequence";
pub(crate) const EPOCH: &str = "epoch";
/// The highest moment of the newest stretch (`stretches`), in milliseconds since 1970, stored as the bits of a signed
/// number.
pub(crate) const STRETCH_TOP: &str = "stretch_top";
/// When the clock was last looked at (see `trust`), in milliseconds since 1970.
pub(crate) const CLOCK_SEEN: &str = "clock_seen";
pub(crate) const CLOCK_DOUBTED_UNTIL: &str = "clock_doubted_until";

/// The version byte of every value in `META`. It never changes, so that any version can read the format's number.
const VERSION: u8 = 1;

pub(crate) fn figure(value: u64) -> [u8; 9] {
    let mut bytes = [VERSION; 9];
    bytes[1..].copy_from_slice(&value.to_le_bytes());
    bytes
}

pub(crate) fn parse_figure(table: &'static str, bytes: &[u8]) -> Result<u64, ReadError> {
    match bytes {
        [VERSION, number @ ..] => number.try_into().ok(),
        _ => None,
    }
    .map(u64::from_le_bytes)
    .ok_or_else(|| ReadError::BadRow { table, detail: "it is not a figure".to_owned() })
}

pub(crate) fn get(
    table: &impl ReadableTable<&'static str, &'static [u8]>,
    key: &str,
) -> Result<Option<u64>, ReadError> {
    table.get(key)?.map(|bytes| parse_figure("meta", bytes.value())).transpose()
}

/// A figure that is a moment; `None` for one before 1970, which is not stored.
pub(crate) fn moment(
    table: &impl ReadableTable<&'static str, &'static [u8]>,
    key: &str,
) -> Result<Option<Wall>, ReadError> {
    Ok(get(table, key)?.and_then(|at| i64::try_from(at).ok()).map(Wall::from_millis))
}

/// Writes `value` if it is higher than what is stored.
pub(crate) fn raise(
    table: &mut Table<'_, &'static str, &'static [u8]>,
    key: &str,
    value: u64,
) -> Result<(), WriteError> {
    if get(table, key)?.is_none_or(|stored| stored < value) {
        table.insert(key, figure(value).as_slice())?;
    }
    Ok(())
}

/// Makes a new file one of this format, with all its tables.
pub(crate) fn initialise(database: &Database) -> Result<(), redb::Error> {
    let mut transaction = database.begin_write()?;
    transaction.set_quick_repair(true);
    transaction.open_table(META)?.insert(FORMAT_KEY, figure(u64::from(FORMAT)).as_slice())?;
    tables::create_all(&transaction)?;
    transaction.commit()?;
    Ok(())
}

/// Marks a file of an older format as one that has rows of this format from now on.
pub(crate) fn raise_format(database: &Database) -> Result<(), redb::Error> {
    let mut transaction = database.begin_write()?;
    transaction.set_quick_repair(true);
    transaction.open_table(META)?.insert(FORMAT_KEY, figure(u64::from(FORMAT)).as_slice())?;
    transaction.commit()?;
    Ok(())
}
