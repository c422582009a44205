//! What a starting host needs: open alerts, groups, the outbox, which checks are paused, silences and maintenance, the
//! known heartbeats and events, and the newest result of each check.

use redb::{ReadTransaction, ReadableTable, TableDefinition};
use watchkeep_core::ids::CheckName;
use watchkeep_core::restore::Restored;
use watchkeep_core::time::Wall;

use crate::error::ReadError;
use crate::guard;
use crate::meta;
use crate::query::newest_first;
use crate::row::{AlertRow, DeliveryRow, GroupRow, KnownEventRow, WindowRow, decode, heartbeat};
use crate::shared::lock;
use crate::store::Store;
use crate::tables::{ALERTS, EVENTS, GROUPS, HEARTBEATS, META, OUTBOX, PAUSED, WINDOWS};

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
            Ok(Restored {
                alerts: all(&snapshot, ALERTS, |_, bytes| AlertRow::read(bytes))?,
                groups: all(&snapshot, GROUPS, |_, bytes| Ok(decode::<GroupRow<'_>>(bytes)?.into()))?,
                outbox: all(&snapshot, OUTBOX, |_, bytes| Ok(decode::<DeliveryRow<'_>>(bytes)?.into()))?,
                paused: paused?,
                latest,
                windows: all(&snapshot, WINDOWS, |_, bytes| decode::<WindowRow<'_>>(bytes)?.into_core())?,
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
