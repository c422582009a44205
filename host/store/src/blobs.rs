//! Bytes of attachments: files named by their SHA-256 in `snapshots` below the data folder. They are there before the
//! row that names them, so that no row leads nowhere; a file that no row names is removed later.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use watchkeep_core::ids::Digest;
use watchkeep_core::time::Wall;

const FOLDER_NAME: &str = "snapshots";

/// How attachments' bytes could not be kept or read.
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
    /// Of all files together.
    bytes_max: AtomicU64,
    /// Of all files, as counted and as written since.
    bytes: AtomicU64,
    /// The most that was refused since room was made last.
    pressed: AtomicU64,
}

/// One of 256 folders of files.
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

    /// The most bytes that were refused since this was asked last.
    pub(crate) fn take_pressed(&self) -> u64 {
        self.pressed.swap(0, Ordering::Relaxed)
    }

    /// Counts what is there. Reads only names and sizes.
    pub(crate) fn count(&self) {
        let files = (0..=Shard::MAX).flat_map(|shard| files(&self.shard(shard)));
        self.bytes.fetch_add(files.map(|(_, metadata)| metadata.len()).sum(), Ordering::Relaxed);
    }

    /// On disk when it returns. Bytes that are there already are written anew: a file that is about to be removed
    /// must not be counted on.
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

    /// How many bytes must go before there is room again for `wanted`; 0 while there is.
    pub(crate) fn excess(&self, wanted: u64) -> u64 {
        // A tenth is made free at once, so that not every new snapshot costs an old one its turn.
        let max = self.bytes_max.load(Ordering::Relaxed);
        let room = wanted.max(max / 10);
        self.bytes.load(Ordering::Relaxed).saturating_sub(max.saturating_sub(room))
    }

    /// Removes files that were written before `before` and that `is_named` does not know, and leftovers of writes that
    /// were broken off.
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

    fn shard(&self, shard: Shard) -> PathBuf {
        self.folder.join(format!("{shard:02x}"))
    }

    fn path(&self, digest: Digest) -> PathBuf {
        self.shard(digest.0[0]).join(digest.to_string())
    }
}

/// A folder that cannot be read has no files to count or remove.
fn files(folder: &Path) -> impl Iterator<Item = (PathBuf, fs::Metadata)> + use<> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((entry.path(), entry.metadata().ok().filter(fs::Metadata::is_file)?)))
}
