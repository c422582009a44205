//! The file below the data folder: creating, locking and opening it, and the number of its format.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use redb::{
    Database, DatabaseError, ReadOnlyDatabase, ReadableDatabase, StorageError, TableError, TableHandle,
};

use crate::error::{OpenError, ReadError};
use crate::meta;
use crate::options::Backend;
use crate::tables::{FORMAT, META};

const FILE_NAME: &str = "watchkeep.redb";
/// The file's name until it is a database: if a host is killed while it creates one, it leaves nothing that it would
/// refuse to open.
const UNBORN_NAME: &str = "watchkeep.redb.new";

/// Where the database is and how it is opened; kept, so that it can be opened again after a failure.
pub(crate) struct Place {
    pub(crate) path: PathBuf,
    cache_bytes: usize,
    backend: Option<Backend>,
}

impl Place {
    pub(crate) fn new(data_dir: &Path, cache_bytes: usize, backend: Option<Backend>) -> Self {
        Self { path: data_dir.join(FILE_NAME), cache_bytes, backend }
    }

    pub(crate) fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("."))
    }

    /// Opens or creates the database for writing, and refuses a format that this crate does not know.
    pub(crate) fn open(&self) -> Result<Database, OpenError> {
        let mut builder = Database::builder();
        builder.set_cache_size(self.cache_bytes);
        if let Some(backend) = &self.backend {
            let backend = backend().map_err(|error| self.refused_by_system(error))?;
            return self.checked(builder.create_with_backend(AnyBackend(backend)));
        }
        self.make_folder()?;
        let is_there = || self.path.try_exists().map_err(|error| self.refused_by_system(error));
        if !is_there()? {
            let unborn = self.folder().join(UNBORN_NAME);
            let file = self.open_file(&unborn)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(fs::TryLockError::WouldBlock) => {
                    return Err(OpenError::AlreadyOpen { path: self.path.clone() });
                }
                Err(fs::TryLockError::Error(error)) => return Err(self.refused_by_system(error)),
            }
            // The previous holder of the lock may have created it meanwhile.
            if !is_there()? {
                file.set_len(0).map_err(|error| self.refused_by_system(error))?;
                let database = self.checked(builder.create_file(file))?;
                self.bring_forth(&unborn).map_err(|error| self.refused_by_system(error))?;
                return Ok(database);
            }
        }
        self.checked(builder.create_file(self.open_file(&self.path)?))
    }

    /// A file without tables under a name that is not its own yet, for `bring_forth`. What was left there is overwritten.
    pub(crate) fn unborn(&self) -> Result<(PathBuf, Database), OpenError> {
        self.make_folder()?;
        let path = self.folder().join(UNBORN_NAME);
        let file = self.open_file(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                return Err(OpenError::AlreadyOpen { path: self.path.clone() });
            }
            Err(fs::TryLockError::Error(error)) => return Err(self.refused_by_system(error)),
        }
        file.set_len(0).map_err(|error| self.refused_by_system(error))?;
        let mut builder = Database::builder();
        builder.set_cache_size(self.cache_bytes);
        let database = builder.create_file(file).map_err(|error| self.refused(error))?;
        Ok((path, database))
    }

    fn checked(&self, opened: Result<Database, DatabaseError>) -> Result<Database, OpenError> {
        let database = opened.map_err(|error| self.refused(error))?;
        self.check_format(&database)?;
        Ok(database)
    }

    /// Gives the file its final name, in a way that survives a power failure.
    pub(crate) fn bring_forth(&self, unborn: &Path) -> io::Result<()> {
        fs::rename(unborn, &self.path)?;
        fs::File::open(self.folder())?.sync_all()
    }

    pub(crate) fn open_read_only(&self) -> Result<ReadOnlyDatabase, OpenError> {
        if !self.path.exists() {
            return Err(OpenError::NoDatabase { path: self.path.clone() });
        }
        let mut builder = Database::builder();
        builder.set_cache_size(self.cache_bytes);
        let database = builder.open_read_only(&self.path).map_err(|error| self.refused(error))?;
        match self.stored_format(&database)? {
            Some(found) => self.accept(found)?,
            None => return Err(OpenError::NoDatabase { path: self.path.clone() }),
        }
        Ok(database)
    }

    pub(crate) fn file_bytes(&self) -> u64 {
        fs::metadata(&self.path).map_or(0, |metadata| metadata.len())
    }

    pub(crate) fn disk_bytes(&self) -> u64 {
        #[cfg(unix)]
        let bytes = |metadata: fs::Metadata| std::os::unix::fs::MetadataExt::blocks(&metadata) * 512;
        #[cfg(not(unix))]
        let bytes = |metadata: fs::Metadata| metadata.len();
        fs::metadata(&self.path).map_or(0, bytes)
    }

    /// The error for something that could not be read right after opening.
    pub(crate) fn unreadable(&self, error: ReadError) -> OpenError {
        match error {
            ReadError::Storage(error) => self.other(error),
            ReadError::Damaged => self.damaged("a page of it is not what was written"),
            error => self.damaged(error.to_string()),
        }
    }

    /// Creates the last folder of the path. If its parent is missing too, that is more likely a mistake in the config.
    fn make_folder(&self) -> Result<(), OpenError> {
        let folder = self.folder();
        match fs::metadata(folder) {
            Ok(metadata) if metadata.is_dir() => Ok(()),
            Ok(_) => Err(OpenError::NotAFolder { path: folder.to_owned() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut maker = fs::DirBuilder::new();
                #[cfg(unix)]
                std::os::unix::fs::DirBuilderExt::mode(&mut maker, 0o700);
                maker.create(folder).map_err(|source| match source.kind() {
                    io::ErrorKind::PermissionDenied => {
                        OpenError::PermissionDenied { path: folder.to_owned() }
                    }
                    io::ErrorKind::ReadOnlyFilesystem => OpenError::ReadOnly { path: folder.to_owned() },
                    _ => OpenError::CreateFolder { path: folder.to_owned(), source },
                })
            }
            Err(error) => Err(self.refused_by_system(error)),
        }
    }

    fn open_file(&self, path: &Path) -> Result<fs::File, OpenError> {
        let mut options = fs::OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(path).map_err(|error| self.refused_by_system(error))
    }

    fn check_format(&self, database: &Database) -> Result<(), OpenError> {
        match self.stored_format(database)? {
            Some(found) => {
                self.accept(found)?;
                // From now on, rows of this format are written into the file, which an older program cannot read.
                if found < FORMAT {
                    meta::raise_format(database).map_err(|error| self.other(error))
                } else {
                    Ok(())
                }
            }
            None => meta::initialise(database).map_err(|error| self.other(error)),
        }
    }

    fn accept(&self, found: u32) -> Result<(), OpenError> {
        if found > FORMAT {
            return Err(OpenError::NewerFormat { path: self.path.clone(), found, known: FORMAT });
        }
        Ok(())
    }

    /// The format of the file; `None` if the file is new.
    fn stored_format(&self, database: &impl ReadableDatabase) -> Result<Option<u32>, OpenError> {
        let transaction = database.begin_read().map_err(|error| self.other(error.into()))?;
        let table = match transaction.open_table(META) {
            Ok(table) => table,
            Err(TableError::TableDoesNotExist(_)) => {
                let mut tables = transaction.list_tables().map_err(|error| self.other(error.into()))?;
                return match tables.next() {
                    None => Ok(None),
                    Some(table) => {
                        Err(self.damaged(format!("it has a table `{}` and no format number", table.name())))
                    }
                };
            }
            Err(error) => return Err(self.other(error.into())),
        };
        match meta::get(&table, meta::FORMAT_KEY) {
            Ok(Some(found)) => Ok(Some(u32::try_from(found).unwrap_or(u32::MAX))),
            Ok(None) => Err(self.damaged("it has no format number".to_owned())),
            Err(error) => Err(self.unreadable(error)),
        }
    }

    fn refused(&self, error: DatabaseError) -> OpenError {
        match error {
            DatabaseError::DatabaseAlreadyOpen => OpenError::AlreadyOpen { path: self.path.clone() },
            DatabaseError::RepairAborted => OpenError::NeedsRepair { path: self.path.clone() },
            DatabaseError::UpgradeRequired(version) => {
                self.damaged(format!("its pages have the old layout {version}"))
            }
            DatabaseError::Storage(StorageError::Io(error)) if error.kind() == io::ErrorKind::InvalidData => {
                self.damaged("it is not a database".to_owned())
            }
            DatabaseError::Storage(StorageError::Io(error)) => self.refused_by_system(error),
            DatabaseError::Storage(StorageError::Corrupted(detail)) => self.damaged(detail),
            error => self.other(error.into()),
        }
    }

    pub(crate) fn refused_by_system(&self, error: io::Error) -> OpenError {
        let path = self.path.clone();
        match error.kind() {
            io::ErrorKind::PermissionDenied => OpenError::PermissionDenied { path },
            io::ErrorKind::ReadOnlyFilesystem => OpenError::ReadOnly { path },
            _ => OpenError::Other { path, source: redb::Error::Io(error) },
        }
    }

    pub(crate) fn damaged(&self, detail: impl Into<String>) -> OpenError {
        OpenError::Corrupted { path: self.path.clone(), detail: detail.into() }
    }

    fn other(&self, source: redb::Error) -> OpenError {
        match source {
            redb::Error::Corrupted(detail) => self.damaged(detail),
            source => OpenError::Other { path: self.path.clone(), source },
        }
    }
}

/// A boxed backend is not itself a backend for redb.
#[derive(Debug)]
struct AnyBackend(Box<dyn redb::StorageBackend>);

impl redb::StorageBackend for AnyBackend {
    fn len(&self) -> io::Result<u64> {
        self.0.len()
    }
    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, out)
    }
    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }
    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }
    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(offset, data)
    }
    fn close(&self) -> io::Result<()> {
        self.0.close()
    }
}
