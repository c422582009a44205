//! What the store does beside commits, a slice at a time: finishing the index after a start, packing hours that have
//! ended, keeping lists short, removing what is too old. A slice takes some milliseconds and at most one transaction,
//! so that a commit never waits long for it. All of it can be interrupted anywhere.

use std::time::Duration;

use redb::{ReadableTable, WriteTransaction};
use watchkeep_core::time::Wall;

use crate::appender::Appender;
use crate::error::{ReadError, WriteError};
use crate::guard;
use crate::merge::{Merging, file};
use crate::options::Retention;
use crate::pack::{pack, split};
use crate::packing::{self, Packing, Stage};
use crate::retention::{Sweep, prune_decisions};
use crate::row::{LatestRow, encode};
use crate::shared::lock;
use crate::tables::{HOUR, LATEST, PACKING, PACKS, PackKey, RESULTS, UNMERGED, hour_of};
use crate::trust::{Belief, Trust};

/// The size at which rows make a pack; an hour with more becomes several packs.
const PACK_BYTES: usize = 1 << 20;
/// The most checks that are packed in one transaction.
const CHECKS_PER_SLICE: usize = 64;
/// The most rows that are removed, or read for packs, in one transaction.
const ROWS_PER_SLICE: usize = 4096;
/// How long after its end an hour is packed: runs that began in it have been filed by then.
pub(crate) const SETTLE: Duration = Duration::from_mins(10);
/// The places of the newest results are stored after this long or this many, whichever comes first.
const LATEST_EVERY: Duration = Duration::from_mins(5);
const LATEST_EVERY_RESULTS: usize = 50_000;

/// The result of one slice of upkeep.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Upkeep {
    /// Nothing is left to do for now.
    Idle,
    /// There is more.
    More,
}

/// How far upkeep has come. It is lost at a restart, which costs only time.
pub(crate) struct Keeper {
    retention: Retention,
    job: Option<Job>,
    stored_packing: Known,
    pub(crate) merging: Merging,
    latest_stored: Option<Wall>,
    sweep: Sweep,
    swept_hour: Option<i64>,
    pub(crate) trust: Trust,
}

/// Whether the stored `Packing` has been looked for since the file was opened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Known {
    No,
    Yes,
}

struct Job {
    packing: Packing,
    /// When writing: the checks whose packs are not written yet, in falling order.
    checks: Vec<u32>,
    /// When removing: where to continue.
    next: (i64, u64),
}

impl Keeper {
    pub(crate) fn new(retention: Retention) -> Self {
        Self {
            retention,
            job: None,
            stored_packing: Known::No,
            merging: Merging::Done(i64::MIN),
            latest_stored: None,
            sweep: Sweep::Done,
            swept_hour: None,
            trust: Trust::default(),
        }
    }

    /// Forgets what was under way, after the file was opened again; it continues from what the file says.
    pub(crate) fn forget_progress(&mut self) {
        self.job = None;
        self.stored_packing = Known::No;
        self.merging = Merging::Done(i64::MIN);
        self.sweep = Sweep::Done;
        self.swept_hour = None;
        self.trust.forget();
    }
}

impl Appender {
    /// Does one slice. `now` decides which hours have ended and what is too old.
    pub fn upkeep(&mut self, now: Wall) -> Result<Upkeep, WriteError> {
        guard::writing(|| self.slice(now))
    }

    fn slice(&mut self, now: Wall) -> Result<Upkeep, WriteError> {
        let belief = self.believe(now)?;
        if self.finish_index()? == Upkeep::More
            || self.pack_slice(now)? == Upkeep::More
            || self.list_unmerged()? == Upkeep::More
            || self.merge_slice(now)? == Upkeep::More
            || self.prune_slice()? == Upkeep::More
            || self.store_latest(now, belief)? == Upkeep::More
        {
            return Ok(Upkeep::More);
        }
        match belief {
            Belief::Steady | Belief::Doubted => self.sweep_slice(now, belief),
            Belief::Fresh => Ok(Upkeep::Idle),
        }
    }

    fn finish_index(&mut self) -> Result<Upkeep, WriteError> {
        let mut index = lock(&self.shared.index);
        if index.is_complete() {
            return Ok(Upkeep::Idle);
        }
        index.extend(&self.shared.read()?)?;
        Ok(Upkeep::More)
    }

    fn pack_slice(&mut self, now: Wall) -> Result<Upkeep, WriteError> {
        if self.keeper.job.is_none() {
            self.keeper.job = self.next_job(now)?;
        }
        let Some(job) = self.keeper.job.take() else { return Ok(Upkeep::Idle) };
        self.keeper.job = match job.packing.stage {
            Stage::Writing if job.checks.is_empty() => Some(self.turn(job)?),
            Stage::Writing => Some(self.write_packs(job)?),
            Stage::Removing => self.remove_rows(job)?,
        };
        Ok(Upkeep::More)
    }

    /// The packing that was under way, or the oldest hour that has ended.
    fn next_job(&mut self, now: Wall) -> Result<Option<Job>, WriteError> {
        if self.keeper.stored_packing == Known::No {
            let stored = packing::stored(&self.shared.read()?)?;
            self.keeper.stored_packing = Known::Yes;
            if let Some(packing) = stored {
                return Ok(Some(self.job(packing)));
            }
        }
        let open = [hour_of(now.millis()), hour_of((now - SETTLE).millis())];
        let index = lock(&self.shared.index);
        let ended = index.hours().find(|hour| !open.contains(hour));
        let span = ended.and_then(|hour| Some((hour, index.span(hour)?)));
        drop(index);
        let Some((hour, (from, up_to))) = span else { return Ok(None) };
        let packing = Packing { hour, from, up_to, stage: Stage::Writing };
        self.transact(|transaction| put_packing(transaction, &packing))?;
        Ok(Some(self.job(packing)))
    }

    fn job(&self, packing: Packing) -> Job {
        let mut index = lock(&self.shared.index);
        let mut checks = match packing.stage {
            Stage::Writing => index.checks_in(packing.hour),
            Stage::Removing => {
                index.forget(&packing);
                Vec::new()
            }
        };
        checks.reverse();
        Job { packing, checks, next: (packing.hour.saturating_mul(HOUR), 0) }
    }

    fn write_packs(&mut self, mut job: Job) -> Result<Job, WriteError> {
        let mut packs = Vec::new();
        let mut rows = 0;
        let snapshot = self.shared.read()?;
        let results = snapshot.open_table(RESULTS)?;
        for _ in 0..CHECKS_PER_SLICE {
            let Some(check) = job.checks.pop() else { break };
            let keys = lock(&self.shared.index).keys_in(job.packing.hour, check, job.packing.up_to);
            rows += keys.len();
            let mut values = Vec::with_capacity(keys.len());
            for key in keys {
                values.extend(results.get(key)?);
            }
            packs.extend(packs_of(check, &values)?);
            if rows >= ROWS_PER_SLICE {
                break;
            }
        }
        drop(results);
        self.transact(|transaction| {
            let mut table = transaction.open_table(PACKS)?;
            let mut unmerged = transaction.open_table(UNMERGED)?;
            for (key, bytes) in &packs {
                table.insert(key, bytes.as_slice())?;
                unmerged.insert(key, ())?;
            }
            Ok(())
        })?;
        Ok(job)
    }

    /// Makes the packs count and the rows not, from now on. Readers hold the index when they take their snapshot, so
    /// none sees a snapshot from before with an index from after.
    fn turn(&mut self, job: Job) -> Result<Job, WriteError> {
        let packing = Packing { stage: Stage::Removing, ..job.packing };
        let shared = std::sync::Arc::clone(&self.shared);
        let mut index = lock(&shared.index);
        self.transact(|transaction| put_packing(transaction, &packing))?;
        index.forget(&packing);
        drop(index);
        Ok(self.job(packing))
    }

    /// Removes rows; returns `None` when all are removed.
    fn remove_rows(&mut self, job: Job) -> Result<Option<Job>, WriteError> {
        let Job { packing, next, .. } = job;
        let end = (packing.hour.saturating_add(1).saturating_mul(HOUR), 0);
        let last = self.transact(|transaction| {
            let mut table = transaction.open_table(RESULTS)?;
            let keys: Result<Vec<_>, redb::StorageError> =
                table.range(next..end)?.take(ROWS_PER_SLICE).map(|row| Ok(row?.0.value())).collect();
            let keys = keys?;
            for key in keys.iter().filter(|key| packing.hides_row(key.0, key.1)) {
                table.remove(key)?;
            }
            if keys.len() < ROWS_PER_SLICE {
                transaction.open_table(PACKING)?.remove(0)?;
                return Ok(None);
            }
            Ok(keys.last().copied())
        })?;
        Ok(last.map(|(millis, sequence)| Job { next: (millis, sequence.saturating_add(1)), ..job }))
    }

    fn prune_slice(&mut self) -> Result<Upkeep, WriteError> {
        if self.decided.is_empty() {
            return Ok(Upkeep::Idle);
        }
        let keys: Vec<Vec<u8>> = self.decided.iter().take(ROWS_PER_SLICE / 16).cloned().collect();
        let max = self.keeper.retention.decisions_per_alert_max as usize;
        let over = {
            let snapshot = self.shared.read()?;
            let mut over = Vec::new();
            for key in &keys {
                over.extend(prune_decisions(&snapshot, key, max)?);
            }
            over
        };
        if !over.is_empty() {
            self.transact(|transaction| {
                let mut table = transaction.open_table(crate::tables::DECISIONS)?;
                for (key, sequence) in &over {
                    table.remove((key.as_slice(), *sequence))?;
                }
                Ok(())
            })?;
        }
        for key in &keys {
            self.decided.remove(key);
        }
        Ok(Upkeep::More)
    }

    fn store_latest(&mut self, now: Wall, belief: Belief) -> Result<Upkeep, WriteError> {
        let unstored = lock(&self.shared.index).unstored();
        let due = self.keeper.latest_stored.is_none_or(|at| now < at || now.since(at) >= LATEST_EVERY);
        if unstored == 0 || (!due && unstored < LATEST_EVERY_RESULTS) {
            return Ok(Upkeep::Idle);
        }
        let snapshot = self.shared.read()?;
        let mut entries = lock(&self.shared.index).latest(&snapshot)?;
        drop(snapshot);
        if belief == Belief::Steady {
            let oldest = (now - self.keeper.retention.results).millis();
            entries.retain(|entry| entry.millis >= oldest);
        }
        let bytes = encode(&LatestRow { entries });
        self.transact(|transaction| {
            transaction.open_table(LATEST)?.insert(0, bytes.as_slice())?;
            Ok(())
        })?;
        lock(&self.shared.index).stored_latest();
        self.keeper.latest_stored = Some(now);
        Ok(Upkeep::More)
    }

    /// Removes what is too old. While the clock is doubted, only what there is no room for is removed.
    fn sweep_slice(&mut self, now: Wall, belief: Belief) -> Result<Upkeep, WriteError> {
        let hour = hour_of(now.millis());
        if self.keeper.sweep == Sweep::Done {
            if belief == Belief::Steady && self.keeper.swept_hour != Some(hour) {
                self.keeper.swept_hour = Some(hour);
                self.keeper.sweep = Sweep::first();
            } else {
                match self.shared.blobs.take_pressed() {
                    0 => return Ok(Upkeep::Idle),
                    wanted => self.keeper.sweep = self.sweep_of_snapshots(wanted),
                }
            }
        }
        let sweep = self.keeper.sweep.clone();
        self.keeper.sweep = self.sweep(sweep, &self.keeper.retention.clone(), now, belief)?;
        Ok(if self.keeper.sweep == Sweep::Done { Upkeep::Idle } else { Upkeep::More })
    }
}

fn put_packing(transaction: &WriteTransaction, packing: &Packing) -> Result<(), WriteError> {
    transaction.open_table(PACKING)?.insert(0, encode(packing).as_slice())?;
    Ok(())
}

/// The rows of one check and hour as packs: one, unless the rows are large.
fn packs_of(
    check: u32,
    rows: &[redb::AccessGuard<'_, &'static [u8]>],
) -> Result<Vec<(PackKey, Vec<u8>)>, ReadError> {
    let mut packs = Vec::new();
    let mut rest = rows;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fit = rest.iter().take_while(|row| {
            bytes += row.value().len();
            bytes <= PACK_BYTES
        });
        let (here, after) = rest.split_at(fit.count().max(1));
        let splits = here.iter().map(|row| split(row.value())).collect::<Result<Vec<_>, ReadError>>()?;
        let (hour, lowest) = file(&splits);
        packs.push(((check, hour, lowest), pack(check, &splits)?));
        rest = after;
    }
    Ok(packs)
}
