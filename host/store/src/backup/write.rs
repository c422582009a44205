//! Writes a backup.

use std::collections::BTreeSet;
use std::io::{self, Write};

use redb::{ReadTransaction, ReadableTable, TableHandle};
use sha2::{Digest as _, Sha256};
use watchkeep_core::ids::Digest;

use super::any_table::Going;
use super::{BLOB, BackupError, BackupFacts, END, MAGIC, ROW, TABLE};
use crate::blobs::BlobError;
use crate::error::ReadError;
use crate::guard;
use crate::query::table;
use crate::row::{ReferenceRow, decode};
use crate::store::Store;
use crate::tables::{self, SESSIONS, SNAPSHOT_DIGESTS, SNAPSHOT_REFERENCES};

impl Store {
    /// Writes everything to `out`, as it is at this moment; commits go on meanwhile. Pages that they free are free again
    /// when it is done. Sessions are left out: one that has ended since must not come back to life.
    pub fn backup(&self, out: impl Write) -> Result<BackupFacts, BackupError> {
        let mut out = Hashed { out, hash: Sha256::new(), facts: BackupFacts::default() };
        let snapshot = guard::reading(|| {
            let snapshot = self.shared.read()?;
            known(&snapshot)?;
            Ok(snapshot)
        })?;
        out.all(MAGIC).map_err(BackupError::Write)?;
        for table in tables::every().into_iter().filter(|table| table.name() != SESSIONS.name()) {
            out.record(TABLE, table.name().as_bytes(), &[]).map_err(BackupError::Write)?;
            let mut written = Ok(());
            guard::reading(|| {
                table.read(&snapshot, &mut |key, value| {
                    written = out.record(ROW, key, value);
                    if written.is_ok() { Going::On } else { Going::NoFurther }
                })
            })?;
            written.map_err(BackupError::Write)?;
        }
        for digest in guard::reading(|| digests(&snapshot))? {
            match self.shared.blobs.read(digest) {
                Ok(bytes) => out.record(BLOB, &digest.0, &bytes).map_err(BackupError::Write)?,
                // Removed since the snapshot was taken; or long gone, which a backup cannot mend.
                Err(BlobError::Gone { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        out.end().map_err(BackupError::Write)
    }
}

/// Whether each table of the file is one that is copied.
fn known(snapshot: &ReadTransaction) -> Result<(), ReadError> {
    let names: BTreeSet<&str> = tables::every().iter().map(|table| table.name()).collect();
    match snapshot.list_tables()?.find(|table| !names.contains(table.name())) {
        Some(_) => Err(ReadError::BadRow {
            table: "meta",
            detail: "the file has a table that this watchkeep does not know".to_owned(),
        }),
        None => Ok(()),
    }
}

/// The bytes that rows name, each once.
fn digests(snapshot: &ReadTransaction) -> Result<BTreeSet<Digest>, ReadError> {
    let mut found = BTreeSet::new();
    if let Some(digests) = table(snapshot, SNAPSHOT_DIGESTS)? {
        for row in digests.iter()? {
            let (digest, _, _) = row?.0.value();
            found.insert(Digest(digest));
        }
    }
    if let Some(references) = table(snapshot, SNAPSHOT_REFERENCES)? {
        for row in references.iter()? {
            let (_, bytes) = row?;
            found.insert(decode::<ReferenceRow<'_>>(bytes.value())?.snapshot.digest());
        }
    }
    Ok(found)
}

struct Hashed<W> {
    out: W,
    hash: Sha256,
    facts: BackupFacts,
}

impl<W: Write> Hashed<W> {
    fn all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.facts.bytes += bytes.len() as u64;
        self.out.write_all(bytes)
    }

    fn record(&mut self, kind: u8, key: &[u8], value: &[u8]) -> io::Result<()> {
        let length = |bytes: &[u8]| {
            u32::try_from(bytes.len()).map_err(|_| io::Error::other("a row of more than 4 GiB"))
        };
        let mut head = [kind; 9];
        head[1..5].copy_from_slice(&length(key)?.to_le_bytes());
        head[5..].copy_from_slice(&length(value)?.to_le_bytes());
        self.all(&head)?;
        self.all(key)?;
        self.all(value)?;
        self.facts.rows += u64::from(kind == ROW);
        self.facts.attachments += u64::from(kind == BLOB);
        Ok(())
    }

    fn end(mut self) -> io::Result<BackupFacts> {
        self.all(&[END])?;
        let hash = self.hash.finalize();
        self.out.write_all(&hash)?;
        self.out.flush()?;
        self.facts.bytes += hash.len() as u64;
        Ok(self.facts)
    }
}
