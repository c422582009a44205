//! Backups: everything that a database holds, as one stream of bytes. It is written from one snapshot while the host goes
//! on, needs no room on the host's disk, and ends with a hash over all of it: a backup that was cut off or changed is
//! known as such before anything is made of it.
//!
//! The stream: `watchkeep backup`, a zero and the number of this layout; then records, each a byte that says what it is,
//! the lengths of key and value (4 bytes each, little-endian), the key and the value as the file has them. Record 1 names
//! a table, whose rows follow; 2 is a row; 3 are the bytes of an attachment under their digest; 0 ends the stream, and the
//! SHA-256 of everything before it follows.

mod any_table;
mod load;
mod write;

use std::io;
use std::path::PathBuf;

pub(crate) use any_table::{AnyTable, Kept};

use crate::error::{OpenError, ReadError, WriteError};

const MAGIC: &[u8] = b"watchkeep backup\0\x01";
const END: u8 = 0;
const TABLE: u8 = 1;
const ROW: u8 = 2;
const BLOB: u8 = 3;
/// No row is so large; a stream that says so is damaged.
const PART_BYTES_MAX: u32 = 1 << 30;

/// What a backup holds.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct BackupFacts {
    pub rows: u64,
    pub attachments: u64,
    pub bytes: u64,
}

/// A backup could not be written, or nothing could be made of it.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("cannot write the backup")]
    Write(#[source] io::Error),
    #[error("cannot read the backup")]
    Read(#[source] io::Error),
    #[error("cannot read the database for a backup")]
    Database(#[from] ReadError),
    #[error("this is not a backup that this watchkeep can read; hint: `watchkeep backup FILE` writes one")]
    NotABackup,
    #[error("the backup is cut off or damaged: {detail}; hint: take an earlier one, nothing was changed")]
    Damaged { detail: String },
    #[error(
        "the backup has a table `{table}` that this watchkeep does not know; hint: restore it with the version that wrote it"
    )]
    UnknownTable { table: String },
    #[error(
        "there is a database at `{}` already; hint: name an empty `data_dir` under [host], or move the database away",
        path.display()
    )]
    NotEmpty { path: PathBuf },
    #[error("cannot make the database of the backup")]
    Open(#[from] OpenError),
    #[error("cannot write the database of the backup")]
    Restore(#[from] WriteError),
    #[error("cannot keep an attachment of the backup")]
    Attachment(#[from] crate::blobs::BlobError),
}
