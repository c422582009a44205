//! Reads a backup: to see whether it is whole, or to make a database of it.

use std::io::{self, Read};
use std::path::Path;

use redb::{Database, Durability};
use sha2::{Digest as _, Sha256};
use watchkeep_core::ids::Digest;

use super::{AnyTable, BLOB, BackupError, BackupFacts, END, MAGIC, PART_BYTES_MAX, ROW, TABLE};
use crate::blobs::Blobs;
use crate::error::WriteError;
use crate::file::Place;
use crate::guard;
use crate::store::Store;
use crate::tables;

/// How much is written in one transaction.
const BYTES_PER_TRANSACTION: usize = 16 << 20;
/// The cache for the database's pages while it is made.
const CACHE_BYTES: usize = 64 << 20;

impl Store {
    /// Whether a backup is whole: reads all of it and compares its hash. Writes nothing.
    pub fn check_backup(backup: impl Read) -> Result<BackupFacts, BackupError> {
        read(backup, &mut |_| Ok(()))
    }

    /// Makes a database of a backup in `data_dir`, which must not have one. If the backup turns out to be damaged, no
    /// database is there. The caller reads it with `audit` before it is relied on.
    pub fn restore(data_dir: &Path, backup: impl Read) -> Result<BackupFacts, BackupError> {
        let place = Place::new(data_dir, CACHE_BYTES, None);
        if place.path.exists() {
            return Err(BackupError::NotEmpty { path: place.path });
        }
        let (unborn, database) = place.unborn()?;
        let blobs = Blobs::new(place.folder());
        let mut restore = Restore { database, blobs, table: None, rows: Vec::new(), bytes: 0 };
        let facts = read(backup, &mut |record| restore.take(record)).and_then(|facts| {
            restore.write()?;
            Ok(facts)
        });
        drop(restore.database);
        match facts {
            Ok(facts) => {
                place.bring_forth(&unborn).map_err(|error| place.refused_by_system(error))?;
                Ok(facts)
            }
            Err(error) => {
                // What is left of it would be overwritten by whoever comes next.
                let _ = std::fs::remove_file(&unborn);
                Err(error)
            }
        }
    }
}

enum Record {
    Table(String),
    Row(Vec<u8>, Vec<u8>),
    Blob(Digest, Vec<u8>),
}

struct Restore {
    database: Database,
    blobs: Blobs,
    table: Option<Box<dyn AnyTable>>,
    rows: Vec<(Vec<u8>, Vec<u8>)>,
    bytes: usize,
}

impl Restore {
    fn take(&mut self, record: Record) -> Result<(), BackupError> {
        match record {
            Record::Table(name) => {
                self.write()?;
                let known = tables::every().into_iter().find(|table| table.name() == name);
                self.table = Some(known.ok_or(BackupError::UnknownTable { table: name })?);
                Ok(())
            }
            Record::Row(key, value) => {
                self.bytes += key.len() + value.len();
                self.rows.push((key, value));
                if self.bytes >= BYTES_PER_TRANSACTION { self.write() } else { Ok(()) }
            }
            Record::Blob(digest, bytes) => {
                if Digest::of(&bytes) != digest {
                    return Err(damaged("an attachment is not what its name says"));
                }
                Ok(self.blobs.put(digest, &bytes)?)
            }
        }
    }

    fn write(&mut self) -> Result<(), BackupError> {
        let rows = std::mem::take(&mut self.rows);
        self.bytes = 0;
        let Some(table) = &self.table else {
            return if rows.is_empty() { Ok(()) } else { Err(damaged("rows come before their table")) };
        };
        let database = &self.database;
        guard::writing(|| {
            let mut transaction = database.begin_write()?;
            transaction.set_durability(Durability::Immediate)?;
            transaction.set_quick_repair(true);
            table.create(&transaction)?;
            table.write(&transaction, &rows)?;
            transaction.commit()?;
            Ok(())
        })
        .map_err(|error| match error {
            WriteError::Panicked(_) => damaged("a row is not one of its table"),
            error => error.into(),
        })
    }
}

/// Reads a stream to its end and gives each record; errors if its hash is another.
fn read(
    stream: impl Read,
    each: &mut dyn FnMut(Record) -> Result<(), BackupError>,
) -> Result<BackupFacts, BackupError> {
    let mut stream = Hashed { stream: io::BufReader::new(stream), hash: Sha256::new(), bytes: 0 };
    let begins = stream.part(MAGIC.len() as u32).map_err(|_| BackupError::NotABackup)?;
    if begins != MAGIC {
        return Err(BackupError::NotABackup);
    }
    let mut facts = BackupFacts::default();
    loop {
        let kind = stream.part(1)?[0];
        if kind == END {
            break;
        }
        let lengths = stream.part(8)?;
        let length = |at: usize| {
            let bytes = [lengths[at], lengths[at + 1], lengths[at + 2], lengths[at + 3]];
            u32::from_le_bytes(bytes)
        };
        let (key, value) = (stream.part(length(0))?, stream.part(length(4))?);
        match kind {
            TABLE => {
                let name = String::from_utf8(key).map_err(|_| damaged("a table has no name"))?;
                each(Record::Table(name))?;
            }
            ROW => {
                facts.rows += 1;
                each(Record::Row(key, value))?;
            }
            BLOB => {
                facts.attachments += 1;
                let digest = key.try_into().map_err(|_| damaged("an attachment has no digest"))?;
                each(Record::Blob(Digest(digest), value))?;
            }
            _ => return Err(damaged("it has a record of an unknown kind")),
        }
    }
    let found = std::mem::take(&mut stream.hash).finalize();
    let stated = stream.part(found.len() as u32)?;
    if stated != found.as_slice() {
        return Err(damaged("its hash is another"));
    }
    if stream.stream.read(&mut [0]).map_err(BackupError::Read)? > 0 {
        return Err(damaged("bytes follow its end"));
    }
    facts.bytes = stream.bytes;
    Ok(facts)
}

fn damaged(detail: &str) -> BackupError {
    BackupError::Damaged { detail: detail.to_owned() }
}

struct Hashed<R> {
    stream: R,
    hash: Sha256,
    bytes: u64,
}

impl<R: Read> Hashed<R> {
    /// So many bytes. Memory is taken as they come, whatever a length claims.
    fn part(&mut self, length: u32) -> Result<Vec<u8>, BackupError> {
        if length > PART_BYTES_MAX {
            return Err(damaged("a row claims to be too long"));
        }
        let mut bytes = Vec::new();
        let mut limited = (&mut self.stream).take(u64::from(length));
        limited.read_to_end(&mut bytes).map_err(BackupError::Read)?;
        if bytes.len() as u64 != u64::from(length) {
            return Err(damaged("it ends too early"));
        }
        self.hash.update(&bytes);
        self.bytes += u64::from(length);
        Ok(bytes)
    }
}
