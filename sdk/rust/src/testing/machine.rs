//! The script's side of `files` and `commands`.

use std::collections::BTreeMap;

use super::reply::Kind;
use super::script::{Script, with};
use crate::commands::{CommandError, Output};
use crate::files::{Entry, FileError, FileKind, Hashing};

impl Script {
    /// The failure that the script has for this very path, if it has one.
    fn file_fails(&mut self, root: &str, path: &str) -> Option<FileError> {
        let route = format!("file {root} {path}");
        if !self.holds(&route) {
            return None;
        }
        match self.take(&route).0 {
            Kind::FileError(error) => Some(error),
            other => panic!("`{route}` is answered with a file's failure, and the script holds {other:?}"),
        }
    }

    /// The files below a root by their paths; a root that the script does not know fails the test.
    fn below(&self, root: &str, path: &str) -> BTreeMap<&str, &[u8]> {
        let files: BTreeMap<&str, &[u8]> = self
            .files
            .iter()
            .filter(|((of, _), _)| of == root)
            .map(|((_, path), bytes)| (path.as_str(), bytes.as_slice()))
            .collect();
        assert!(
            !files.is_empty(),
            "unexpected call: `file {root} {path}`; the script has no file in `{root}`; hint: `.file(\"{root}\", \
             \"{path}\", \"...\")`"
        );
        files
    }

    fn entry(&self, root: &str, path: &str) -> Result<Entry, FileError> {
        let entry = |kind, size: usize, inode: usize| Entry {
            path: path.to_owned(),
            kind,
            size: size as u64,
            modified: self.now,
            device: 1,
            inode: inode as u64,
        };
        let files = self.below(root, path);
        if let Some(inode) = files.keys().position(|name| *name == path) {
            return Ok(entry(FileKind::File, files[path].len(), inode + 1));
        }
        let above = if path.is_empty() { String::new() } else { format!("{path}/") };
        match files.keys().any(|name| name.starts_with(&above)) {
            true => Ok(entry(FileKind::Directory, 0, 0)),
            false => Err(FileError::NotFound),
        }
    }
}

pub(crate) fn files_stat(root: &str, path: &str) -> Result<Entry, FileError> {
    with(|script| match script.file_fails(root, path) {
        Some(error) => Err(error),
        None => script.entry(root, path),
    })
}

pub(crate) fn files_entries(
    root: &str,
    path: &str,
    after: Option<&str>,
    max: u32,
) -> Result<Vec<Entry>, FileError> {
    with(|script| {
        if let Some(error) = script.file_fails(root, path) {
            return Err(error);
        }
        if script.entry(root, path)?.kind != FileKind::Directory {
            return Err(FileError::NotAFile);
        }
        let above = if path.is_empty() { String::new() } else { format!("{path}/") };
        let mut paths: Vec<String> = script
            .below(root, path)
            .keys()
            .filter_map(|name| name.strip_prefix(&above)?.split('/').next())
            .map(|name| format!("{above}{name}"))
            .collect();
        paths.dedup();
        let behind = paths.iter().filter(|path| after.is_none_or(|after| path.as_str() > after));
        behind.take(max as usize).map(|path| script.entry(root, path)).collect()
    })
}

pub(crate) fn files_read(root: &str, path: &str, offset: u64, max: u32) -> Result<Vec<u8>, FileError> {
    with(|script| {
        if let Some(error) = script.file_fails(root, path) {
            return Err(error);
        }
        if script.entry(root, path)?.kind != FileKind::File {
            return Err(FileError::NotAFile);
        }
        let files = script.below(root, path);
        let rest = usize::try_from(offset).ok().and_then(|offset| files[path].get(offset..));
        let rest = rest.unwrap_or_default();
        Ok(rest[..rest.len().min(max as usize)].to_vec())
    })
}

pub(crate) fn files_sha256(
    root: &str,
    path: &str,
    _resume: Option<&Hashing>,
    _budget: u64,
) -> Result<Hashing, FileError> {
    let route = format!("sha256 {root} {path}");
    with(|script| match script.file_fails(root, path) {
        Some(error) => Err(error),
        None => match script.take(&route).0 {
            Kind::Hashing(hashing) => Ok(hashing),
            other => panic!("`{route}` is answered with a hashing, and the script holds {other:?}"),
        },
    })
}

pub(crate) fn commands_run(
    name: &str,
    parameters: &[(String, String)],
    _timeout: u64,
) -> Result<Output, CommandError> {
    let given: String = parameters.iter().map(|(name, value)| format!(" {name}={value}")).collect();
    let route = format!("command {name}{given}");
    with(|script| match script.take(&route).0 {
        Kind::Output(output) => {
            script.elapsed += output.elapsed();
            Ok(output)
        }
        Kind::CommandError(error) => Err(error),
        other => panic!("`{route}` is answered with an output, and the script holds {other:?}"),
    })
}
