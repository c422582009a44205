//! What can go wrong, in sentences. Each variant says what was being done to which file.

use std::path::PathBuf;

/// The database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "cannot create data folder `{}`; hint: create it, or set `data_dir` under [host] to a folder whose parent exists",
        path.display()
    )]
    CreateFolder { path: PathBuf, source: std::io::Error },
    #[error("data folder `{}` is not a folder; hint: set `data_dir` under [host] to a folder", path.display())]
    NotAFolder { path: PathBuf },
    #[error(
        "cannot read or write `{}`: permission denied; hint: run watchkeep as the owner of the data folder, or change its owner",
        path.display()
    )]
    PermissionDenied { path: PathBuf },
    #[error(
        "cannot write `{}`: it is on a read-only file system; hint: mount it for writing, or set `data_dir` under [host] to another folder",
        path.display()
    )]
    ReadOnly { path: PathBuf },
    #[error(
        "database `{}` is already open; hint: another watchkeep runs on this data folder: stop it, or give this one a `data_dir` of its own",
        path.display()
    )]
    AlreadyOpen { path: PathBuf },
    #[error("there is no database at `{}`; hint: start a host on this data folder first, or check `data_dir`", path.display())]
    NoDatabase { path: PathBuf },
    #[error(
        "database `{}` was written by a newer watchkeep (format {found}, this one knows {known}); hint: run that version, or restore a backup made before the upgrade",
        path.display()
    )]
    NewerFormat { path: PathBuf, found: u32, known: u32 },
    #[error(
        "database `{}` is damaged: {detail}; hint: move the file away to start afresh, or restore a backup",
        path.display()
    )]
    Corrupted { path: PathBuf, detail: String },
    #[error(
        "database `{}` was not closed and must be repaired by writing; hint: start the host on this data folder once",
        path.display()
    )]
    NeedsRepair { path: PathBuf },
    #[error("cannot open database `{}`", path.display())]
    Other { path: PathBuf, source: redb::Error },
}

/// A query failed.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("cannot read the database")]
    Storage(#[from] redb::Error),
    /// The file is closed because of an earlier failure and is being opened again.
    #[error("the database is not open; hint: the host keeps trying to open it, its log says why it cannot")]
    Closed,
    #[error(
        "the database is damaged: a page of it is not what was written; hint: stop the host, and restore a backup or move the file away to start afresh"
    )]
    Damaged,
    #[error(
        "row of table `{table}` has version {found}, this watchkeep knows {known}; hint: run the version that wrote it"
    )]
    UnknownRow { table: &'static str, found: u8, known: u8 },
    #[error("row of table `{table}` is damaged: {detail}")]
    BadRow { table: &'static str, detail: String },
    #[error("`{0}` is not a cursor; hint: take it from `next` of the page before")]
    BadCursor(String),
}

/// A transaction failed. Its commits may be sent again: writing twice is the same as writing once.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("cannot write the database")]
    Storage(#[from] redb::Error),
    #[error("cannot read the database while writing it")]
    Read(#[from] ReadError),
    #[error("cannot open the database again after a failure")]
    Reopen(#[from] OpenError),
    /// The file was opened for reading, or the writer has been closed.
    #[error("the database is not open for writing")]
    NotOpen,
    #[error("the database library panicked: {0}")]
    Panicked(String),
}

/// `Writer::close` gave up, because the database kept failing.
#[derive(Debug, thiserror::Error)]
#[error("{commits} commits could not be written before the store closed")]
pub struct Unwritten {
    pub commits: usize,
    pub source: WriteError,
}

/// redb has an error type for each operation; to a caller of this crate, all of them are one.
macro_rules! from_redb {
    ($($error:ty),+) => {$(
        impl From<$error> for ReadError {
            fn from(error: $error) -> Self {
                ReadError::Storage(error.into())
            }
        }
        impl From<$error> for WriteError {
            fn from(error: $error) -> Self {
                WriteError::Storage(error.into())
            }
        }
    )+};
}

from_redb!(
    redb::StorageError,
    redb::TableError,
    redb::TransactionError,
    redb::CommitError,
    redb::SetDurabilityError
);

/// An error and its causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}
