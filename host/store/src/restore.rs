//! What a starting host needs: open alerts, groups, the outbox, which checks are paused, the actions that still matter,
//! silences and maintenance, the known heartbeats and events, and the newest result of each check.

use std::time::Duration;

use redb::{ReadTransaction, ReadableTable, TableDefinition};
use watchkeep_core::ids::CheckName;
use watchkeep_core::restore::Restored;
use watchkeep_core::time::Wall;

use crate::error::ReadError;
use crate::guard;
use crate::meta;
use crate::query::{needed, newest_first};
use crate::row::{AlertRow, DeliveryRow, GroupRow, KnownEventRow, decode, heartbeat, window};
use crate::shared::lock;
use crate::store::Store;
use crate::tables::{ALERTS, EVENTS, GROUPS, HEARTBEATS, META, OUTBOX, PAUSED, WINDOWS};

/// How long an action may count towards a limit, and a day more: limits look back at most 31 days.
const ACTIONS_COUNT: Duration = Duration::from_hours(32 * 24);

impl Store {
    pub fn restored(&self) -> Result<Restored, ReadError> {
        guard::reading(|| {
            let mut index = lock(&self.shared.index);
            let snapshot = self.shared.read()?;
            let places = index.latest(&snapshot)?;
            drop(index);
            let mut latest = Vec::with_capacity(places.len());
            for place in places {
                latest.extend(self.result_at(&snapshot, place.check, (place.millis, place.sequence))?);
            }
            newest_first(&mut latest);
            let meta = snapshot.open_table(META)?;
            let paused = snapshot.open_table(PAUSED)?;
            let paused: Result<Vec<CheckName>, ReadError> =
                paused.iter()?.map(|row| Ok(CheckName::from(row?.0.value()))).collect();
            let alerts = all(&snapshot, ALERTS, |_, bytes| AlertRow::read(bytes))?;
            Ok(Restored {
                actions: needed(&snapshot, &alerts, actions_count_since(&meta)?)?,
                alerts,
                groups: all(&snapshot, GROUPS, |_, bytes| GroupRow::read(bytes))?,
                outbox: all(&snapshot, OUTBOX, |_, bytes| Ok(DeliveryRow::read(bytes)?.into()))?,
                paused: paused?,
                latest,
                windows: all(&snapshot, WINDOWS, |_, bytes| window(bytes))?,
                heartbeats: all(&snapshot, HEARTBEATS, |check, bytes| {
                    Ok((CheckName::from(check), heartbeat(bytes)?))
                })?,
                events: all(&snapshot, EVENTS, |(check, id), bytes| {
                    let at = Wall::from_millis(decode::<KnownEventRow>(bytes)?.at);
                    Ok((CheckName::from(check), id.to_owned(), at))
                })?,
                next_delivery: meta::get(&meta, meta::NEXT_DELIVERY)?.unwrap_or(0),
                next_sequence: meta::get(&meta, meta::NEXT_SEQUENCE)?.unwrap_or(0),
            })
        })
    }
}

/// Since when an action may still count towards a limit. Nothing here reads a clock, so it goes by the last look at it.
/// While that is doubted, or nobody looked yet, any action may count: one that is left out is one more that may be done.
fn actions_count_since(meta: &impl ReadableTable<&'static str, &'static [u8]>) -> Result<Wall, ReadError> {
    let doubted = meta::moment(meta, meta::CLOCK_DOUBTED_UNTIL)?.is_some();
    let seen = meta::moment(meta, meta::CLOCK_SEEN)?.filter(|_| !doubted);
    Ok(seen.map_or(Wall::from_millis(i64::MIN), |seen| seen - ACTIONS_COUNT))
}

fn all<K: redb::Key + 'static, T>(
    snapshot: &ReadTransaction,
    table: TableDefinition<'static, K, &'static [u8]>,
    read: impl for<'a> Fn(K::SelfType<'a>, &[u8]) -> Result<T, ReadError>,
) -> Result<Vec<T>, ReadError> {
    let table = snapshot.open_table(table)?;
    let rows = table.iter()?.map(|row| {
        let (key, bytes) = row?;
        read(key.value(), bytes.value())
    });
    rows.collect()
}
