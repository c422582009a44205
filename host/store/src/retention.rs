//! Removes what is too old, a slice at a time: packs of results, roll-ups, transitions, deliveries that ended, actions that are
//! over, decisions, snapshots.

mod packs;
mod rollups;
mod snapshots;

use std::ops::Bound;
use std::time::Duration;

use redb::{ReadTransaction, ReadableTable};
use watchkeep_core::recovery::ActionRecord;
use watchkeep_core::time::Wall;

use crate::appender::Appender;
use crate::blobs::Shard;
use crate::error::{ReadError, WriteError};
use crate::options::Retention;
use crate::query::{last_moment, subject, table};
use crate::row::{ActionRow, AlertRow, DecisionRow, TransitionRow, alert_key, decode};
use crate::tables::{
    ACTIONS, ALERTS, DECISIONS, DELIVERIES, DELIVERY_ENDS, TRANSITIONS, TRANSITIONS_BY_SUBJECT,
};
use crate::trust::Belief;

const ROWS_PER_SLICE: usize = 2000;
/// How long bytes without a row are kept. They are written before the row that names them, which may wait for a disk
/// that fails.
const UNNAMED_KEPT: Duration = Duration::from_hours(1);

/// The key of a decision.
type DecisionKey = (Vec<u8>, u64);

/// The key of an action.
type ActionKey = (i64, String);

/// How far a walk over everything has come.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Sweep {
    /// Packs, from this check's number on.
    Packs(u32),
    /// Roll-ups, from this check's number on.
    Rollups(u32),
    Transitions,
    Deliveries,
    /// Actions, after this one.
    Actions(Option<ActionKey>),
    /// Decisions, after this one.
    Decisions(Option<DecisionKey>),
    /// Snapshots that are too old, and this many bytes beyond that.
    Snapshots(u64),
    /// Snapshots of checks and series that have too many, after this one.
    Crowded(Option<(String, String)>),
    /// Files that nothing names, from this folder on.
    Blobs(Shard),
    Done,
}

impl Sweep {
    pub(crate) fn first() -> Self {
        Sweep::Packs(0)
    }
}

impl Appender {
    /// Does one slice, and returns where to continue.
    pub(crate) fn sweep(
        &mut self,
        sweep: Sweep,
        retention: &Retention,
        now: Wall,
        belief: Belief,
    ) -> Result<Sweep, WriteError> {
        let before = |kept: Duration| match belief {
            Belief::Steady => now - kept,
            Belief::Fresh | Belief::Doubted => Wall::from_millis(i64::MIN),
        };
        match sweep {
            Sweep::Packs(from) => self.sweep_packs(from, before(retention.results)),
            Sweep::Rollups(from) => self.sweep_rollups(from, retention, before),
            Sweep::Transitions => self.sweep_transitions(before(retention.transitions)),
            Sweep::Deliveries => self.sweep_deliveries(before(retention.deliveries)),
            Sweep::Actions(behind) => self.sweep_actions(behind, before(retention.deliveries)),
            Sweep::Decisions(behind) => self.sweep_decisions(behind, before(retention.decisions)),
            Sweep::Snapshots(excess) => self.sweep_snapshots(excess, before(retention.snapshots)),
            Sweep::Crowded(behind) => self.sweep_crowded(behind, retention.snapshots_each_max),
            Sweep::Blobs(shard) => self.sweep_blobs(shard, now - UNNAMED_KEPT),
            Sweep::Done => Ok(Sweep::Done),
        }
    }

    fn sweep_transitions(&mut self, before: Wall) -> Result<Sweep, WriteError> {
        let mut old = Vec::new();
        {
            let snapshot = self.shared.read()?;
            let table = snapshot.open_table(TRANSITIONS)?;
            for row in table.range(..(before.millis(), 0))?.take(ROWS_PER_SLICE) {
                let (key, value) = row?;
                let transition =
                    watchkeep_core::commit::Transition::from(decode::<TransitionRow<'_>>(value.value())?);
                old.push((key.value(), subject(&transition.key)));
            }
        }
        if old.is_empty() {
            return Ok(Sweep::Deliveries);
        }
        self.transact(|transaction| {
            let mut table = transaction.open_table(TRANSITIONS)?;
            let mut by_subject = transaction.open_table(TRANSITIONS_BY_SUBJECT)?;
            for ((millis, sequence), subject) in &old {
                table.remove((*millis, *sequence))?;
                by_subject.remove((subject.as_str(), *millis, *sequence))?;
            }
            Ok(())
        })?;
        Ok(Sweep::Transitions)
    }

    fn sweep_deliveries(&mut self, before: Wall) -> Result<Sweep, WriteError> {
        let old: Result<Vec<(i64, u64)>, ReadError> = {
            let snapshot = self.shared.read()?;
            let table = snapshot.open_table(DELIVERIES)?;
            table.range(..(before.millis(), 0))?.take(ROWS_PER_SLICE).map(|row| Ok(row?.0.value())).collect()
        };
        let old = old?;
        if old.is_empty() {
            return Ok(Sweep::Actions(None));
        }
        self.transact(|transaction| {
            let mut table = transaction.open_table(DELIVERIES)?;
            let mut ends = transaction.open_table(DELIVERY_ENDS)?;
            for key in &old {
                table.remove(key)?;
                ends.remove(key.1)?;
            }
            Ok(())
        })?;
        Ok(Sweep::Deliveries)
    }

    /// Removes actions that are over and too old. Those of an open alert stay, because they are counted in its life.
    fn sweep_actions(&mut self, behind: Option<ActionKey>, before: Wall) -> Result<Sweep, WriteError> {
        let mut old = Vec::new();
        let mut last = None;
        let mut seen = 0;
        {
            let snapshot = self.shared.read()?;
            let Some(actions) = table(&snapshot, ACTIONS)? else { return Ok(Sweep::Decisions(None)) };
            let alerts = snapshot.open_table(ALERTS)?;
            let low =
                behind.as_ref().map_or(Bound::Unbounded, |(at, id)| Bound::Excluded((*at, id.as_str())));
            for row in actions.range((low, Bound::Unbounded))?.take(ROWS_PER_SLICE) {
                let (key, value) = row?;
                let (at, id) = key.value();
                if at >= before.millis() {
                    break;
                }
                let record = ActionRecord::from(decode::<ActionRow<'_>>(value.value())?);
                if record.is_over() && last_moment(&record) < before && !is_open(&alerts, &record)? {
                    old.push((at, id.to_owned()));
                }
                last = Some((at, id.to_owned()));
                seen += 1;
            }
        }
        if !old.is_empty() {
            self.transact(|transaction| {
                let mut table = transaction.open_table(ACTIONS)?;
                for (at, id) in &old {
                    table.remove((*at, id.as_str()))?;
                }
                Ok(())
            })?;
        }
        Ok(if seen == ROWS_PER_SLICE { Sweep::Actions(last) } else { Sweep::Decisions(None) })
    }

    /// Removes decisions that are too old. They are ordered by alert, so every one is looked at.
    fn sweep_decisions(&mut self, behind: Option<DecisionKey>, before: Wall) -> Result<Sweep, WriteError> {
        let mut old = Vec::new();
        let mut last = None;
        let mut seen = 0;
        {
            let snapshot = self.shared.read()?;
            let table = snapshot.open_table(DECISIONS)?;
            let rows = match &behind {
                Some((key, sequence)) => table.range((key.as_slice(), sequence.saturating_add(1))..)?,
                None => table.iter()?,
            };
            for row in rows.take(ROWS_PER_SLICE) {
                let (key, value) = row?;
                let (alert, sequence) = key.value();
                let key = (alert.to_vec(), sequence);
                if decode::<DecisionRow<'_>>(value.value())?.at < before.millis() {
                    old.push(key.clone());
                }
                last = Some(key);
                seen += 1;
            }
        }
        if !old.is_empty() {
            self.transact(|transaction| {
                let mut table = transaction.open_table(DECISIONS)?;
                for (key, sequence) in &old {
                    table.remove((key.as_slice(), *sequence))?;
                }
                Ok(())
            })?;
        }
        Ok(if seen == ROWS_PER_SLICE {
            Sweep::Decisions(last)
        } else {
            self.sweep_of_snapshots(self.shared.blobs.take_pressed())
        })
    }
}

/// Whether the life of the alert for which it was decided goes on.
fn is_open(
    alerts: &impl ReadableTable<&'static [u8], &'static [u8]>,
    action: &ActionRecord,
) -> Result<bool, ReadError> {
    let Some(row) = alerts.get(alert_key(&action.key).as_slice())? else { return Ok(false) };
    Ok(AlertRow::read(row.value())?.id == action.alert)
}

/// Removes the oldest decisions of an alert key beyond `max`.
pub(crate) fn prune_decisions(
    snapshot: &ReadTransaction,
    key: &[u8],
    max: usize,
) -> Result<Vec<DecisionKey>, ReadError> {
    let table = snapshot.open_table(DECISIONS)?;
    table
        .range((key, 0)..=(key, u64::MAX))?
        .rev()
        .skip(max)
        .map(|row| Ok((key.to_vec(), row?.0.value().1)))
        .collect()
}
