//! The bytes of attachments: files named by their SHA-256 in `snapshots` below the data folder. They are written before
//! the row that names them, so that no row names a missing file. A file that no row names is removed later.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use watchkeep_core::ids::Digest;
use watchkeep_core::time::Wall;

const FOLDER_NAME: &str = "snapshots";

/// Why an attachment's bytes could not be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    #[error(
        "snapshots take their {max} bytes already; hint: raise `snapshots_max` or lower `snapshots_keep` under [host]"
    )]
    Full { max: u64 },
    #[error(
        "there are no bytes `{digest}`: they were removed, or the data folder was restored without its `snapshots`"
    )]
    Gone { digest: Digest },
    #[error("`{}` is damaged: its bytes are not those that its name says", path.display())]
    Damaged { path: PathBuf },
    #[error("`{}`: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
}

pub(crate) struct Blobs {
    folder: PathBuf,
    /// The most bytes that all files together may have.
    bytes_max: AtomicU64,
    /// The bytes of all files: those that were counted and those that were written since.
    bytes: AtomicU64,
    /// The most bytes that were refused at once since room was last made.
    pressed: AtomicU64,
}

/// The number of one of the 256 folders of files.
pub(crate) type Shard = u8;

impl Blobs {
    pub(crate) fn new(data_dir: &Path) -> Self {
        Self {
            folder: data_dir.join(FOLDER_NAME),
            bytes_max: AtomicU64::new(u64::MAX),
            bytes: AtomicU64::new(0),
            pressed: AtomicU64::new(0),
        }
    }

    pub(crate) fn limit(&self, bytes_max: u64) {
        self.bytes_max.store(bytes_max, Ordering::Relaxed);
    }

    /// Takes the most bytes that were refused at once since the last call.
    pub(crate) fn take_pressed(&self) -> u64 {
        self.pressed.swap(0, Ordering::Relaxed)
    }

    /// Counts the bytes that exist. Reads only names and sizes.
    pub(crate) fn count(&self) {
        let files = (0..=Shard::MAX).flat_map(|shard| files(&self.shard(shard)));
        self.bytes.fetch_add(files.map(|(_, metadata)| metadata.len()).sum(), Ordering::Relaxed);
    }

    /// Writes the bytes, which are on disk when it returns. Bytes that exist already are written anew, because a file
    /// that is about to be removed must not be relied on.
    pub(crate) fn put(&self, digest: Digest, bytes: &[u8]) -> Result<(), BlobError> {
        let path = self.path(digest);
        let known = fs::metadata(&path).map_or(0, |metadata| metadata.len());
        let more = (bytes.len() as u64).saturating_sub(known);
        let max = self.bytes_max.load(Ordering::Relaxed);
        if self.bytes.load(Ordering::Relaxed).saturating_add(more) > max {
            self.pressed.fetch_max(bytes.len() as u64, Ordering::Relaxed);
            return Err(BlobError::Full { max });
        }
        let shard = path.parent().unwrap_or(&self.folder);
        let failed = |source| BlobError::Io { path: path.clone(), source };
        fs::DirBuilder::new().recursive(true).mode(0o700).create(shard).map_err(failed)?;
        let mut file = tempfile::Builder::new().prefix(".new").tempfile_in(shard).map_err(failed)?;
        file.write_all(bytes).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist(&path).map_err(|error| failed(error.error))?;
        fs::File::open(shard).and_then(|folder| folder.sync_all()).map_err(failed)?;
        self.bytes.fetch_add(more, Ordering::Relaxed);
        Ok(())
    }

    pub(crate) fn read(&self, digest: Digest) -> Result<Vec<u8>, BlobError> {
        let path = self.path(digest);
        let bytes = fs::read(&path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => BlobError::Gone { digest },
            _ => BlobError::Io { path: path.clone(), source },
        })?;
        if Digest::of(&bytes) == digest { Ok(bytes) } else { Err(BlobError::Damaged { path }) }
    }

    /// The bytes of all files, and the most that they may have.
    pub(crate) fn filling(&self) -> (u64, u64) {
        (self.bytes.load(Ordering::Relaxed), self.bytes_max.load(Ordering::Relaxed))
    }

    /// How many bytes must go before there is room again for `wanted`; 0 while there is.
    pub(crate) fn excess(&self, wanted: u64) -> u64 {
        // A tenth is freed at once, so that not every new snapshot makes an old one go early.
        let max = self.bytes_max.load(Ordering::Relaxed);
        let room = wanted.max(max / 10);
        self.bytes.load(Ordering::Relaxed).saturating_sub(max.saturating_sub(room))
    }

    /// Removes files that were written before `before` and that `is_named` does not know, and what is left of
    /// interrupted writes.
    pub(crate) fn sweep<E>(
        &self,
        shard: Shard,
        before: Wall,
        mut is_named: impl FnMut(Digest) -> Result<bool, E>,
    ) -> Result<(), E> {
        for (path, metadata) in files(&self.shard(shard)) {
            let written =
                metadata.modified().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
            let is_old =
                written.is_some_and(|at| i64::try_from(at.as_millis()).is_ok_and(|at| at < before.millis()));
            let digest = path.file_name().and_then(|name| Digest::parse(&name.to_string_lossy()));
            let named = digest.map(&mut is_named).transpose()?.unwrap_or(false);
            if is_old && !named && fs::remove_file(&path).is_ok() {
                self.bytes
                    .fetch_sub(metadata.len().min(self.bytes.load(Ordering::Relaxed)), Ordering::Relaxed);
            }
        }
        Ok(())
    }

    /// Removes bytes at once; it is no error if they are gone.
    pub(crate) fn remove(&self, digest: Digest) -> io::Result<()> {
        match fs::remove_file(self.path(digest)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    fn shard(&self, shard: Shard) -> PathBuf {
        self.folder.join(format!("{shard:02x}"))
    }

    fn path(&self, digest: Digest) -> PathBuf {
        self.shard(digest.0[0]).join(digest.to_string())
    }
}

/// The files in a folder. A folder that cannot be read has no files to count or remove.
fn files(folder: &Path) -> impl Iterator<Item = (PathBuf, fs::Metadata)> + use<> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((entry.path(), entry.metadata().ok().filter(fs::Metadata::is_file)?)))
}
