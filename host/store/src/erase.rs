//! Erasing: everything that is stored of some checks, while no host runs. The file is made smaller afterwards, so that
//! nothing of it stays in pages that are merely free.
//!
//! What is told together with other checks goes as a whole: a delivery whose notice names one of them. Silences and
//! maintenance stay: their matchers are of the operator. What is open stays as well, and keeps its check from being
//! erased: a check that is removed from the config has nothing open.

use std::collections::BTreeSet;
use std::path::Path;

use redb::{Database, Key, ReadableDatabase, ReadableTable, TableDefinition, Value, WriteTransaction};
use watchkeep_core::alert::AlertKey;
use watchkeep_core::delivery::DeliveryRecord;
use watchkeep_core::ids::{CheckName, Digest};

use crate::blobs::Blobs;
use crate::error::{OpenError, ReadError, WriteError};
use crate::file::Place;
use crate::guard;
use crate::names::Names;
use crate::query::{subject, subject_of_check};
use crate::row::{
    ActionRow, AlertRow, DecisionRow, DeliveryRow, EndedDeliveryRow, GroupRow, LatestRow, PlaceRow,
    ReferenceRow, ResultHead, SnapshotRow, TransitionRow, decode, encode,
};
use crate::tables::{
    ACTIONS, ALERTS, CHECK_NAMES, DECISIONS, DELIVERIES, DELIVERY_ENDS, EVENTS, GROUPS, HEARTBEATS, KV,
    KV_FLOORS, LATEST, OUTBOX, PACKS, PAUSED, RESULTS, ROLLUPS, SERIES, SNAPSHOT_DIGESTS, SNAPSHOT_PLACES,
    SNAPSHOT_REFERENCES, SNAPSHOTS, TRANSITIONS, TRANSITIONS_BY_SUBJECT, UNMERGED,
};

const CACHE_BYTES: usize = 64 << 20;

/// What was erased, or would be.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Erased {
    /// The rows of each table that go, where there are any.
    pub rows: Vec<(&'static str, u64)>,
    pub attachments: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EraseMode {
    Apply,
    /// Says what would go, and changes nothing.
    DryRun,
}

#[derive(Debug, thiserror::Error)]
pub enum EraseError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error("cannot erase from the database")]
    Write(#[from] WriteError),
    #[error(
        "check `{check}` has an open alert or a notice on its way; hint: remove the check from the config and reload, or wait until it is told, then stop the host and erase"
    )]
    StillOpen { check: CheckName },
    #[error(
        "cannot make the database smaller; what was to go is gone from it, and may still be in its free pages"
    )]
    Compact(#[source] redb::CompactionError),
    #[error("cannot remove an attachment")]
    Attachment(#[source] std::io::Error),
}

/// Erases all that is stored of these checks. No host may run on the data folder.
pub fn erase(data_dir: &Path, checks: &BTreeSet<CheckName>, mode: EraseMode) -> Result<Erased, EraseError> {
    let place = Place::new(data_dir, CACHE_BYTES, None);
    if !place.path.exists() {
        return Err(OpenError::NoDatabase { path: place.path }.into());
    }
    let mut database = guard::opening(&place, || place.open())?;
    let mut erased = Erased::default();
    let (open, unnamed) = guard::writing(|| transaction(&database, checks, mode, &mut erased))?;
    if let Some(check) = open {
        return Err(EraseError::StillOpen { check });
    }
    erased.attachments = unnamed.len() as u64;
    if mode == EraseMode::Apply {
        let blobs = Blobs::new(place.folder());
        unnamed.into_iter().try_for_each(|digest| blobs.remove(digest)).map_err(EraseError::Attachment)?;
        // Once frees what it can; again what that one set free.
        while database.compact().map_err(EraseError::Compact)? {}
    }
    Ok(erased)
}

/// Removes the rows, unless something of a check is open, which is returned. Also returns the bytes that no row names any
/// more.
fn transaction(
    database: &Database,
    checks: &BTreeSet<CheckName>,
    mode: EraseMode,
    erased: &mut Erased,
) -> Result<(Option<CheckName>, BTreeSet<Digest>), WriteError> {
    let names = Names::load(&database.begin_read()?)?;
    let mut transaction = database.begin_write()?;
    transaction.set_quick_repair(true);
    if let Some(open) = still_open(&transaction, checks)? {
        return Ok((Some(open), BTreeSet::new()));
    }
    let numbers: BTreeSet<u32> = checks.iter().filter_map(|check| names.number(check)).collect();
    let mut going = Going { transaction: &transaction, erased };
    going.by_number(&numbers)?;
    going.by_name(checks)?;
    let digests = going.snapshots(checks)?;
    let unnamed = going.unnamed(digests)?;
    match mode {
        EraseMode::Apply => transaction.commit()?,
        EraseMode::DryRun => transaction.abort()?,
    }
    Ok((None, unnamed))
}

fn still_open(
    transaction: &WriteTransaction,
    checks: &BTreeSet<CheckName>,
) -> Result<Option<CheckName>, WriteError> {
    for row in transaction.open_table(ALERTS)?.iter()? {
        let alert = AlertRow::read(row?.1.value())?;
        if let Some(check) = one_of(checks, &alert.key) {
            return Ok(Some(check));
        }
    }
    for row in transaction.open_table(GROUPS)?.iter()? {
        let group = GroupRow::read(row?.1.value())?;
        if let Some(check) = group.members.iter().find_map(|member| one_of(checks, &member.key)) {
            return Ok(Some(check));
        }
    }
    for row in transaction.open_table(OUTBOX)?.iter()? {
        let delivery = DeliveryRecord::from(DeliveryRow::read(row?.1.value())?);
        if let Some(check) = told_of(checks, &delivery) {
            return Ok(Some(check));
        }
    }
    Ok(None)
}

fn one_of(checks: &BTreeSet<CheckName>, key: &AlertKey) -> Option<CheckName> {
    key.check().filter(|check| checks.contains(*check)).cloned()
}

/// One of the checks that the notice names.
fn told_of(checks: &BTreeSet<CheckName>, delivery: &DeliveryRecord) -> Option<CheckName> {
    let notification = &delivery.notification;
    let event = notification.event.as_ref().map(|event| &event.check).filter(|check| checks.contains(*check));
    event.cloned().or_else(|| notification.alerts.iter().find_map(|notice| one_of(checks, &notice.key)))
}

/// A transaction from which rows go.
struct Going<'a> {
    transaction: &'a WriteTransaction,
    erased: &'a mut Erased,
}

impl Going<'_> {
    /// Removes the rows of which `goes` says so.
    fn out_of<K: Key + 'static, V: Value + 'static>(
        &mut self,
        name: &'static str,
        definition: TableDefinition<'static, K, V>,
        mut goes: impl for<'f> FnMut(K::SelfType<'f>, V::SelfType<'f>) -> Result<bool, ReadError>,
    ) -> Result<(), WriteError> {
        let mut table = self.transaction.open_table(definition)?;
        let (mut count, mut failed) = (0, None);
        table.retain(|key, value| match goes(key, value) {
            Ok(true) => {
                count += 1;
                false
            }
            Ok(false) => true,
            Err(error) => {
                failed.get_or_insert(error);
                true
            }
        })?;
        if count > 0 {
            self.erased.rows.push((name, count));
        }
        match failed {
            Some(error) => Err(error.into()),
            None => Ok(()),
        }
    }

    /// History that names checks by number.
    fn by_number(&mut self, numbers: &BTreeSet<u32>) -> Result<(), WriteError> {
        self.out_of("results", RESULTS, |_, row| Ok(numbers.contains(&ResultHead::read(row)?.check)))?;
        self.out_of("packs", PACKS, |(check, _, _), _| Ok(numbers.contains(&check)))?;
        self.out_of("unmerged", UNMERGED, |(check, _, _), ()| Ok(numbers.contains(&check)))?;
        self.out_of("series", SERIES, |(check, _), _| Ok(numbers.contains(&check)))?;
        self.out_of("rollups", ROLLUPS, |(check, ..), _| Ok(numbers.contains(&check)))?;
        self.out_of("check_names", CHECK_NAMES, |check, _| Ok(numbers.contains(&check)))?;
        let mut table = self.transaction.open_table(LATEST)?;
        let stored = table.get(0)?.map(|row| decode::<LatestRow>(row.value())).transpose()?;
        if let Some(LatestRow { mut entries }) = stored {
            entries.retain(|entry| !numbers.contains(&entry.check));
            table.insert(0, encode(&LatestRow { entries }).as_slice())?;
        }
        Ok(())
    }

    /// Everything that names a check.
    fn by_name(&mut self, checks: &BTreeSet<CheckName>) -> Result<(), WriteError> {
        let subjects: BTreeSet<String> = checks.iter().map(subject_of_check).collect();
        let named = |name: &str| checks.contains(&CheckName::from(name));
        self.out_of("transitions", TRANSITIONS, |_, row| {
            let transition = watchkeep_core::commit::Transition::from(decode::<TransitionRow<'_>>(row)?);
            Ok(subjects.contains(&subject(&transition.key)))
        })?;
        self.out_of("transitions_by_subject", TRANSITIONS_BY_SUBJECT, |(subject, _, _), ()| {
            Ok(subjects.contains(subject))
        })?;
        self.out_of("decisions", DECISIONS, |_, row| {
            let decision = watchkeep_core::commit::Decision::from(decode::<DecisionRow<'_>>(row)?);
            Ok(one_of(checks, &decision.key).is_some())
        })?;
        let mut told = BTreeSet::new();
        self.out_of("deliveries", DELIVERIES, |(_, id), row| {
            let (delivery, _) = EndedDeliveryRow::read(row)?.into_core();
            let goes = told_of(checks, &delivery).is_some();
            if goes {
                told.insert(id);
            }
            Ok(goes)
        })?;
        self.out_of("delivery_ends", DELIVERY_ENDS, |id, _| Ok(told.contains(&id)))?;
        self.out_of("actions", ACTIONS, |_, row| {
            let action = watchkeep_core::recovery::ActionRecord::from(decode::<ActionRow<'_>>(row)?);
            Ok(one_of(checks, &action.key).is_some())
        })?;
        self.out_of("events", EVENTS, |(check, _), _| Ok(named(check)))?;
        self.out_of("heartbeats", HEARTBEATS, |check, _| Ok(named(check)))?;
        self.out_of("paused", PAUSED, |check, _| Ok(named(check)))?;
        self.out_of("kv", KV, |(scope, _), _| Ok(subjects.contains(scope)))?;
        self.out_of("kv_floors", KV_FLOORS, |scope, _| Ok(subjects.contains(scope)))
    }

    /// Snapshots and accepted ones; returns the digests of their bytes.
    fn snapshots(&mut self, checks: &BTreeSet<CheckName>) -> Result<BTreeSet<Digest>, WriteError> {
        let named = |name: &str| checks.contains(&CheckName::from(name));
        let mut digests = BTreeSet::new();
        self.out_of("snapshots", SNAPSHOTS, |(check, ..), row| {
            if named(check) {
                digests.insert(decode::<SnapshotRow<'_>>(row)?.digest());
            }
            Ok(named(check))
        })?;
        let mut places = BTreeSet::new();
        self.out_of("snapshot_places", SNAPSHOT_PLACES, |place, row| {
            let goes = named(decode::<PlaceRow<'_>>(row)?.check);
            if goes {
                places.insert(place);
            }
            Ok(goes)
        })?;
        self.out_of("snapshot_digests", SNAPSHOT_DIGESTS, |(_, sequence, index), ()| {
            Ok(places.contains(&(sequence, index)))
        })?;
        self.out_of("snapshot_references", SNAPSHOT_REFERENCES, |(check, _), row| {
            if named(check) {
                digests.insert(decode::<ReferenceRow<'_>>(row)?.snapshot.digest());
            }
            Ok(named(check))
        })?;
        Ok(digests)
    }

    /// Those of the bytes that nothing names any more.
    fn unnamed(&mut self, mut digests: BTreeSet<Digest>) -> Result<BTreeSet<Digest>, WriteError> {
        for row in self.transaction.open_table(SNAPSHOT_REFERENCES)?.iter()? {
            digests.remove(&decode::<ReferenceRow<'_>>(row?.1.value())?.snapshot.digest());
        }
        let named = self.transaction.open_table(SNAPSHOT_DIGESTS)?;
        let mut unnamed = BTreeSet::new();
        for digest in digests {
            if named.range((digest.0, 0, 0)..=(digest.0, u64::MAX, u32::MAX))?.next().is_none() {
                unnamed.insert(digest);
            }
        }
        Ok(unnamed)
    }
}
