//! Decisions to act, and what came of them.
//!
//! A page may be shorter than its limit: filters are applied while reading, and one query looks at a bounded number of
//! rows. `next` says whether there is more.

use std::collections::BTreeSet;

use redb::{ReadTransaction, ReadableTable as _};
use watchkeep_core::alert::AlertRecord;
use watchkeep_core::recovery::ActionRecord;
use watchkeep_core::time::Wall;

use super::{ActionsQuery, Cursor, Page, Pager, table};
use crate::error::ReadError;
use crate::guard;
use crate::row::{ActionRow, decode};
use crate::store::Store;
use crate::tables::ACTIONS;

/// The most rows that one query looks at.
const LOOK_MAX: usize = 20_000;

/// How many digits of an occasion's id a cursor holds: two of one moment do not begin alike.
const DIGITS: usize = 16;

impl Store {
    /// Decisions to act by the moment they were decided, newest first.
    pub fn actions(&self, query: &ActionsQuery) -> Result<Page<ActionRecord>, ReadError> {
        guard::reading(|| {
            let mut page = Pager::new(query.limit);
            let snapshot = self.shared.read()?;
            let Some(table) = table(&snapshot, ACTIONS)? else { return Ok(page.finish()) };
            let low = query.between.start.millis();
            let end = (query.between.end.millis(), String::new());
            let high = query.after.map_or(end.clone(), |cursor| end.min(before(cursor)));
            if (low, "") >= (high.0, high.1.as_str()) {
                return Ok(page.finish());
            }
            let rows = table.range((low, "")..(high.0, high.1.as_str()))?.rev();
            for (row, looked) in rows.zip(1..) {
                let (key, value) = row?;
                if page.is_full() {
                    break;
                }
                let record = ActionRecord::from(decode::<ActionRow<'_>>(value.value())?);
                let at = cursor(key.value());
                if query.takes(&record) {
                    page.push(at, record);
                }
                if looked == LOOK_MAX {
                    page.next = Some(at);
                    break;
                }
            }
            Ok(page.finish())
        })
    }
}

impl ActionsQuery {
    fn takes(&self, record: &ActionRecord) -> bool {
        self.alert.as_ref().is_none_or(|alert| *alert == record.alert)
            && self.action.as_ref().is_none_or(|action| *action == record.action)
            && self.check.as_ref().is_none_or(|check| Some(check) == record.key.check())
    }
}

fn cursor((millis, id): (i64, &str)) -> Cursor {
    let sequence = id.get(..DIGITS).and_then(|digits| u64::from_str_radix(digits, 16).ok());
    Cursor { millis, sequence: sequence.unwrap_or(0) }
}

/// The key below which the rows after the cursor lie: an id sorts above its own first digits.
fn before(cursor: Cursor) -> (i64, String) {
    (cursor.millis, format!("{:0DIGITS$x}", cursor.sequence))
}

/// What a starting host needs of actions: those not known to be over, those of open alerts, and those that something
/// happened to since `since`.
pub(crate) fn needed(
    snapshot: &ReadTransaction,
    open: &[AlertRecord],
    since: Wall,
) -> Result<Vec<ActionRecord>, ReadError> {
    let Some(table) = table(snapshot, ACTIONS)? else { return Ok(Vec::new()) };
    let open: BTreeSet<_> = open.iter().map(|alert| &alert.id).collect();
    let mut needed = Vec::new();
    for row in table.iter()? {
        let (_, value) = row?;
        let record = ActionRecord::from(decode::<ActionRow<'_>>(value.value())?);
        if !record.is_over() || open.contains(&record.alert) || last_moment(&record) >= since {
            needed.push(record);
        }
    }
    Ok(needed)
}

/// When it ended, or was decided if that is later: ends move with a clock that jumps, decisions do not.
pub(crate) fn last_moment(record: &ActionRecord) -> Wall {
    record.ended_at().map_or(record.decided_at, |ended| ended.max(record.decided_at))
}
