//! `files`: reads what is below the folders that the operator named, and never writes. Calls are decided by the
//! folder's name and the path, then by the file that was found. Work on disks is done on threads of its own.

mod found;
mod hash;
mod list;

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::fs::FileType;
use wasmtime::component::Linker;
use watchkeep_core::grant::{Access, Denial};
use watchkeep_core::limits::Limit;

use super::gate::{Gate, Gated};
use crate::call::CallState;
use crate::contract::files::{self, Entry, FileError, FileKind, Hashing, Host};
use crate::http::mask::Mask;
use crate::machine::Machine;
use found::{Facts, Found, Problem};

/// The most that one `read` returns, whatever the guest asks for.
const READ_BYTES_MAX: u32 = 4 << 20;
/// The most entries of one page.
const ENTRIES_MAX: u32 = 1_000;
/// How much later than its deadline work may arrive that was finished in time.
const LATE: Duration = Duration::from_millis(100);

#[derive(Debug, Default)]
pub(crate) struct FilesState {
    read_bytes: u64,
}

gate! {
    files {
        fn stat(root: String, path: String) -> Result<Entry, FileError>;
        fn entries(root: String, path: String, after: Option<String>, max: u32) -> Result<Vec<Entry>, FileError>;
        fn read(root: String, path: String, offset: u64, max: u32) -> Result<Vec<u8>, FileError>;
        fn sha256(root: String, path: String, resume: Option<Hashing>, budget: u64) -> Result<Hashing, FileError>;
    }
}

pub(super) fn add_to_linker(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    files::add_to_linker::<_, Gated>(linker, |state| Gate(state))
}

impl Host for CallState {
    async fn stat(&mut self, root: String, path: String) -> wasmtime::Result<Result<Entry, FileError>> {
        self.enter()?;
        let found = find(self, &root, &path).await;
        Ok(found.map(|found| entry(path, &found.facts)))
    }

    async fn entries(
        &mut self,
        root: String,
        path: String,
        after: Option<String>,
        max: u32,
    ) -> wasmtime::Result<Result<Vec<Entry>, FileError>> {
        self.enter()?;
        Ok(match find(self, &root, &path).await {
            Ok(found) => {
                let max = max.min(ENTRIES_MAX) as usize;
                let work = move |deadline| list::page(&found, &path, after.as_deref(), max, deadline);
                on_disk(self, Duration::MAX, work).await
            }
            Err(error) => Err(error),
        })
    }

    async fn read(
        &mut self,
        root: String,
        path: String,
        offset: u64,
        max: u32,
    ) -> wasmtime::Result<Result<Vec<u8>, FileError>> {
        self.enter()?;
        Ok(read(self, &root, &path, offset, max).await)
    }

    async fn sha256(
        &mut self,
        root: String,
        path: String,
        resume: Option<Hashing>,
        budget: u64,
    ) -> wasmtime::Result<Result<Hashing, FileError>> {
        self.enter()?;
        Ok(match find(self, &root, &path).await {
            Ok(found) => {
                let mask = self.mask.clone();
                let work = move |deadline| hash::go_on(&found, resume.as_ref(), deadline, &mask);
                on_disk(self, Duration::from_millis(budget), work).await
            }
            Err(error) => Err(error),
        })
    }
}

async fn read(
    state: &mut CallState,
    root: &str,
    path: &str,
    offset: u64,
    max: u32,
) -> Result<Vec<u8>, FileError> {
    let found = find(state, root, path).await?;
    let left = state.limits.file_bytes.saturating_sub(state.own.files.read_bytes);
    if left == 0 && max > 0 {
        let message = format!("more than {} bytes of files in one call", state.limits.file_bytes);
        return Err(FileError::Limit(state.meet(Limit::FileBytes, message)));
    }
    let max = u64::from(max.min(READ_BYTES_MAX)).min(left);
    let max = usize::try_from(max).unwrap_or(usize::MAX);
    let mask = state.mask.clone();
    let work = move |_| {
        let opened = found.open(FileType::RegularFile)?;
        struck_out(&found, &opened, (offset, max), &mask)
    };
    let bytes = on_disk(state, Duration::MAX, work).await?;
    state.own.files.read_bytes += bytes.len() as u64;
    Ok(bytes)
}

/// Reads a part of a file with secrets struck out, also those that cross its edges. What follows a secret does not
/// move.
fn struck_out(
    found: &Found,
    opened: &OwnedFd,
    (offset, max): (u64, usize),
    mask: &Mask,
) -> Result<Vec<u8>, Problem> {
    let beyond = mask.longest();
    let before = usize::try_from(offset).unwrap_or(usize::MAX).min(beyond);
    // The file's size is not asked for: the file may be growing, and files of the kernel say that they are empty.
    let mut bytes = vec![0; before + max + beyond];
    let size = found.fill(opened, offset - before as u64, &mut bytes)?;
    bytes.truncate(size);
    mask.strike_out(&mut bytes);
    bytes.drain(..before.min(size));
    bytes.truncate(max);
    Ok(bytes)
}

/// The file that the path leads to, if the grants allow it.
async fn find(state: &mut CallState, root: &str, path: &str) -> Result<Found, FileError> {
    let call = Access::File { root, path };
    permit(state, &call)?;
    let Some(ceiling) = state.rights.as_ref().map(|rights| Arc::clone(&rights.ceiling)) else {
        return Err(FileError::Other(format!("there is no root `{root}`")));
    };
    let asked = path.to_owned();
    let folder = ceiling.roots.get(root).cloned();
    // A name without a folder was denied above.
    let folder = folder.ok_or_else(|| FileError::Other(format!("there is no root `{root}`")))?;
    let found = on_disk(state, Duration::MAX, move |_| Found::find(&folder, &asked, &ceiling.closed)).await?;
    permit(state, &Access::FoundFile { call: &call, path: &found.path })?;
    Ok(found)
}

fn permit(state: &mut CallState, access: &Access<'_>) -> Result<(), FileError> {
    state.permit(access).map_err(|denial| FileError::Denied(denial.to_string()))
}

/// Does `work` on a thread where waiting blocks nothing else. The work gets its deadline. The caller waits no longer
/// than the call has time, whatever the disk does.
async fn on_disk<T: Send + 'static>(
    state: &mut CallState,
    span: Duration,
    work: impl FnOnce(Instant) -> Result<T, Problem> + Send + 'static,
) -> Result<T, FileError> {
    let place = Machine::file_work(state).await;
    let place = place.map_err(|lacking| FileError::Limit(state.refusals.short(lacking)))?;
    let span = state.clocks.span(span);
    let deadline = Instant::now() + span;
    let task = tokio::task::spawn_blocking(move || {
        let done = work(deadline);
        drop(place);
        done
    });
    match tokio::time::timeout(span + LATE, task).await {
        Ok(Ok(done)) => done.map_err(|problem| told(state, problem)),
        Ok(Err(stopped)) => Err(FileError::Other(format!("the work on the file was broken off: {stopped}"))),
        Err(_) => Err(told(state, Problem::TimeIsOver)),
    }
}

fn told(state: &mut CallState, problem: Problem) -> FileError {
    let mut deny = |message: String, hint: &str| {
        let denial = state.refusals.deny(Denial { message, hint: hint.to_owned() });
        FileError::Denied(denial.to_string())
    };
    match problem {
        Problem::Leaves(path) => deny(
            format!("`{}`, since a link leads out of its folder", path.display()),
            "name the folder that it leads to under [roots] as well",
        ),
        // The host's own rights are too small, which says nothing about the target.
        Problem::NoRight(path) => deny(
            format!("`{}`, since the host itself may not read it", path.display()),
            "let the host's user read it, such as by the group that owns it",
        ),
        Problem::NoFiles(path) => deny(
            format!("`{}`, which is not a file of a disk but a view into this machine", path.display()),
            "name a folder of files under [roots]; what this machine does is read through `system`",
        ),
        Problem::NotFound => FileError::NotFound,
        Problem::NotAFile => FileError::NotAFile,
        Problem::Changed => FileError::Changed,
        Problem::TimeIsOver => {
            FileError::Limit(state.refusals.limit("no time is left for work on files".to_owned()))
        }
        Problem::TooMany(message) => FileError::Limit(state.refusals.limit(message)),
        Problem::Short(shortage) => FileError::Limit(state.refusals.short(shortage)),
        Problem::Other(message) => FileError::Other(message),
    }
}

fn entry(path: String, facts: &Facts) -> Entry {
    Entry {
        path,
        kind: match facts.kind {
            FileType::RegularFile => FileKind::File,
            FileType::Directory => FileKind::Directory,
            FileType::Symlink => FileKind::Symlink,
            _ => FileKind::Other,
        },
        size: facts.size,
        modified: facts.modified.millis(),
        device: facts.identity.device,
        inode: facts.identity.inode,
    }
}
