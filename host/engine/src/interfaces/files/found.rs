//! What a path below a folder leads to. The kernel itself keeps the path inside the folder (`openat2`), and what was
//! found is held by descriptors from then on: if something else is put under its name meanwhile, that is not read.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags, ResolveFlags, Stat, fstat, fstatfs, open, openat, openat2, stat};
use rustix::io::{Errno, pread};
use watchkeep_core::grant::holds_files;

use crate::shortage::Shortage;

/// How often to try: the kernel gives up if something is renamed on the way.
const TRIES: u32 = 16;
/// How many folders to go up towards the machine's root.
const DEPTH_MAX: usize = 512;
/// How many files of the host's own folders are compared with a file that has several names.
const OWN_FILES_MAX: usize = 10_000;

/// Why a file cannot be read.
pub(super) enum Problem {
    Leaves(PathBuf),
    NoRight(PathBuf),
    /// The file is on a file system in which the kernel shows its own workings.
    NoFiles(PathBuf),
    NotFound,
    NotAFile,
    Changed,
    TimeIsOver,
    TooMany(String),
    Short(Shortage),
    Other(String),
}

/// The identity of a file, whatever its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Identity {
    pub(super) device: u64,
    pub(super) inode: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Moment {
    pub(super) seconds: i64,
    pub(super) nanos: i64,
}

impl Moment {
    /// Milliseconds since the epoch; 0 for earlier times.
    pub(super) fn millis(self) -> u64 {
        let millis = i128::from(self.seconds) * 1_000 + i128::from(self.nanos) / 1_000_000;
        u64::try_from(millis).unwrap_or(0)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Facts {
    pub(super) identity: Identity,
    pub(super) kind: FileType,
    pub(super) size: u64,
    pub(super) modified: Moment,
    /// The time of the last change of the inode, which no program can set back.
    pub(super) altered: Moment,
    links: u64,
}

impl Facts {
    #[allow(
        clippy::unnecessary_cast,
        clippy::useless_conversion,
        reason = "the fields' types differ by platform"
    )]
    pub(super) fn of(stat: &Stat) -> Self {
        Self {
            identity: Identity { device: stat.st_dev as u64, inode: stat.st_ino as u64 },
            kind: FileType::from_raw_mode(stat.st_mode),
            size: u64::try_from(stat.st_size).unwrap_or(0),
            modified: Moment { seconds: stat.st_mtime as i64, nanos: stat.st_mtime_nsec as i64 },
            altered: Moment { seconds: stat.st_ctime as i64, nanos: stat.st_ctime_nsec as i64 },
            links: stat.st_nlink as u64,
        }
    }
}

/// A file that was found, and is not yet open for reading.
pub(super) struct Found {
    /// The folder that contains the file. `name` is its name there.
    parent: OwnedFd,
    name: String,
    pub(super) facts: Facts,
    /// The file's path. For a closed file that was found under another name, the path of the closed file.
    pub(super) path: PathBuf,
    closed: Vec<Identity>,
}

impl Found {
    /// Finds the file at `path` below `folder`. `path` is plain: relative, without `..`.
    pub(super) fn find(folder: &Path, path: &str, closed: &[PathBuf]) -> Result<Self, Problem> {
        let whole = folder.join(path);
        let at = |error: Errno| problem(error, &whole);
        let root = open(folder, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
            .map_err(|error| of_root(error, folder))?;
        let (above, name) = split(path);
        let parent =
            beneath(&root, above, OFlags::PATH | OFlags::DIRECTORY, ResolveFlags::empty()).map_err(at)?;
        let itself =
            beneath(&parent, name, OFlags::PATH | OFlags::NOFOLLOW, ResolveFlags::empty()).map_err(at)?;
        let facts = Facts::of(&fstat(&itself).map_err(at)?);
        if !lies_among_files(&itself).map_err(at)? {
            return Err(Problem::NoFiles(whole));
        }
        let known: Vec<(&PathBuf, Identity)> =
            closed.iter().filter_map(|path| Some((path, Facts::of(&stat(path).ok()?).identity))).collect();
        let closed_as = closed_as(&parent, &facts, &known).map_err(at)?;
        Ok(Self {
            name: name.to_owned(),
            facts,
            path: closed_as.unwrap_or(whole),
            closed: known.into_iter().map(|(_, identity)| identity).collect(),
            parent,
        })
    }

    /// Whether an entry of the folder is one of the host's own files, which are not listed.
    pub(super) fn is_closed(&self, identity: Identity) -> bool {
        self.closed.contains(&identity)
    }

    /// Opens the file if it is of this kind. The kind is checked first, because opening a device may have effects
    /// already.
    pub(super) fn open(&self, kind: FileType) -> Result<OwnedFd, Problem> {
        if self.facts.kind != kind {
            return Err(Problem::NotAFile);
        }
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        let opened = beneath(&self.parent, &self.name, flags, ResolveFlags::NO_SYMLINKS)
            .map_err(|error| problem(error, &self.path))?;
        // Something may have been mounted over it meanwhile, and need not be a file at all.
        if !lies_among_files(&opened).map_err(|error| problem(error, &self.path))? {
            return Err(Problem::NoFiles(self.path.clone()));
        }
        let facts = self.facts_of(&opened)?;
        match facts.identity == self.facts.identity && facts.kind == kind {
            true => Ok(opened),
            false => Err(Problem::Changed),
        }
    }

    pub(super) fn facts_of(&self, opened: &OwnedFd) -> Result<Facts, Problem> {
        fstat(opened).map(|stat| Facts::of(&stat)).map_err(|error| problem(error, &self.path))
    }

    /// Reads from `offset` until `bytes` is full, and returns how much was read: less only at the end of the file.
    pub(super) fn fill(&self, opened: &OwnedFd, offset: u64, bytes: &mut [u8]) -> Result<usize, Problem> {
        let mut size = 0;
        while size < bytes.len() {
            match pread(opened, &mut bytes[size..], offset.saturating_add(size as u64)) {
                Ok(0) => break,
                Ok(read) => size += read,
                Err(Errno::INTR) => {}
                // An offset that the kernel cannot count is past the end of any file.
                Err(Errno::INVAL | Errno::OVERFLOW) if offset > i64::MAX as u64 => break,
                Err(error) => return Err(problem(error, &self.path)),
            }
        }
        Ok(size)
    }
}

/// Whether the file is on a file system that holds ordinary files.
#[allow(clippy::unnecessary_cast, reason = "the field's type differs by platform")]
fn lies_among_files(file: &OwnedFd) -> Result<bool, Errno> {
    // The kernel's numbers have 32 bits, however wide the field is.
    Ok(holds_files(fstatfs(file)?.f_type as u64 & 0xffff_ffff))
}

/// The folder of a path, and its last part there.
fn split(path: &str) -> (&str, &str) {
    let path = path.trim_end_matches('/');
    match path.rsplit_once('/') {
        Some((above, name)) => (above, name),
        None if path.is_empty() => (".", "."),
        None => (".", path),
    }
}

fn beneath(folder: &OwnedFd, path: &str, flags: OFlags, more: ResolveFlags) -> Result<OwnedFd, Errno> {
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS | more;
    let mut last = Errno::AGAIN;
    for _ in 0..TRIES {
        match openat2(folder, path, flags | OFlags::CLOEXEC, Mode::empty(), resolve) {
            Err(error @ (Errno::AGAIN | Errno::INTR)) => last = error,
            done => return done,
        }
    }
    Err(last)
}

/// The closed file that this file is, or the closed folder that contains it, under whatever name: a hard link, or a
/// folder that is mounted twice.
fn closed_as(
    parent: &OwnedFd,
    facts: &Facts,
    closed: &[(&PathBuf, Identity)],
) -> Result<Option<PathBuf>, Errno> {
    let is = |identity: Identity| {
        closed.iter().find(|(_, known)| *known == identity).map(|(path, _)| (*path).clone())
    };
    if let Some(path) = is(facts.identity) {
        return Ok(Some(path));
    }
    let up = |from: &OwnedFd| {
        openat(from.as_fd(), "..", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
    };
    let mut above = Facts::of(&fstat(parent)?).identity;
    let mut folder = up(parent)?;
    for _ in 0..DEPTH_MAX {
        if let Some(path) = is(above) {
            return Ok(Some(path));
        }
        let next = Facts::of(&fstat(&folder)?).identity;
        if next == above {
            break;
        }
        above = next;
        folder = up(&folder)?;
    }
    if facts.kind == FileType::RegularFile && facts.links > 1 {
        let mut left = OWN_FILES_MAX;
        for (path, _) in closed {
            if let Some(found) = holding(path, facts.identity, &mut left)? {
                return Ok(Some(found));
            }
        }
    }
    Ok(None)
}

/// The file below `folder` with this identity. A folder that cannot be read counts as one without that file, unless
/// descriptors have run out.
fn holding(folder: &Path, identity: Identity, left: &mut usize) -> Result<Option<PathBuf>, Errno> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            let code = Errno::from_io_error(&error);
            return code.filter(|code| Shortage::of_errno(*code).is_some()).map_or(Ok(None), Err);
        }
    };
    for entry in entries.filter_map(Result::ok) {
        let Some(fewer) = left.checked_sub(1) else { return Ok(None) };
        *left = fewer;
        let path = entry.path();
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            if let Some(found) = holding(&path, identity, left)? {
                return Ok(Some(found));
            }
        } else if rustix::fs::lstat(&path).is_ok_and(|stat| Facts::of(&stat).identity == identity) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

fn of_root(error: Errno, folder: &Path) -> Problem {
    match error {
        Errno::NOENT | Errno::NOTDIR => {
            Problem::Other(format!("the root is not there: no folder `{}`", folder.display()))
        }
        error => problem(error, folder),
    }
}

pub(super) fn problem(error: Errno, path: &Path) -> Problem {
    match error {
        Errno::NOENT => Problem::NotFound,
        Errno::NOTDIR | Errno::NXIO | Errno::ISDIR => Problem::NotAFile,
        Errno::XDEV => Problem::Leaves(path.to_owned()),
        Errno::LOOP => Problem::NotAFile,
        Errno::ACCESS | Errno::PERM => Problem::NoRight(path.to_owned()),
        Errno::AGAIN | Errno::INTR => Problem::Changed,
        Errno::NAMETOOLONG => Problem::NotFound,
        Errno::NOSYS => Problem::Other(
            "this kernel cannot hold a path to a folder; hint: Linux has `openat2` since 5.6".to_owned(),
        ),
        error => match Shortage::of_errno(error) {
            Some(shortage) => Problem::Short(shortage),
            None => Problem::Other(format!("`{}`: {}", path.display(), io::Error::from(error))),
        },
    }
}
