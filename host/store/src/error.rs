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
        "row of table `{table}` has version {found}, this watchkeep knows {known}; hint: run the version that wrote it"
    )]
    NewerRow { table: &'static str, found: u8, known: u8 },
    #[error("row of table `{table}` is damaged: {detail}")]
    BadRow { table: &'static str, detail: String },
    #[error("`{0}` is not a cursor; hint: take it from `next` of the page before")]
    BadCursor(String),
}

/// A synchronous commit failed; nothing of it was written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("cannot write the database")]
    Storage(#[from] redb::Error),
    #[error("cannot write the database")]
    Read(#[from] ReadError),
    #[error("cannot open the database again after a failure")]
    Reopen(#[from] OpenError),
}
