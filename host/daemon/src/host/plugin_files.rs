//! The plugin folder on the disk: which of its files are plugins, and their bytes, read once and bounded. What becomes
//! of them is decided elsewhere.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use watchkeep_core::plugin_reload::is_plugin_file;

/// The same as the engine's limit. One byte more is read, so that the engine says what is wrong.
const FILE_BYTES_MAX: u64 = 64 << 20;

pub(crate) enum Read {
    Bytes(Arc<[u8]>),
    /// The folder is readable, and it is not there.
    Gone,
    /// It was there a moment ago, so nothing is concluded from this.
    Vanishing,
    Unreadable(String),
}

/// Plugin files in the folder, in the order of their names.
pub(crate) fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if is_plugin_file(&entry.file_name().to_string_lossy()) {
            paths.push(folder.join(entry.file_name()));
        }
    }
    paths.sort();
    Ok(paths)
}

pub(crate) async fn read(path: &Path) -> Read {
    let path = path.to_owned();
    let read = tokio::task::spawn_blocking(move || read_now(&path)).await;
    read.unwrap_or_else(|error| Read::Unreadable(error.to_string()))
}

pub(crate) fn read_now(path: &Path) -> Read {
    let whole = || {
        let mut bytes = Vec::new();
        // Only regular files: opening a pipe would wait for a writer for ever.
        if !std::fs::metadata(path)?.is_file() {
            return Err(std::io::Error::other("it is not a regular file"));
        }
        std::fs::File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    match whole() {
        Ok(bytes) => Read::Bytes(bytes.into()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let listed = path.parent().map(files);
            match listed {
                Some(Ok(files)) if !files.iter().any(|file| file == path) => Read::Gone,
                Some(Ok(_)) | Some(Err(_)) | None => Read::Vanishing,
            }
        }
        Err(error) => Read::Unreadable(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipe_and_a_folder_under_a_plugins_name_are_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let (pipe, inner) = (folder.path().join("pipe.wasm"), folder.path().join("inner.wasm"));
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        std::fs::create_dir(&inner).unwrap();
        for path in [&pipe, &inner] {
            assert!(
                matches!(read_now(path), Read::Unreadable(problem) if problem.contains("not a regular file"))
            );
        }
    }

    #[test]
    fn a_file_is_gone_only_while_its_folder_can_be_listed() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(read_now(&folder.path().join("a.wasm")), Read::Gone));
        assert!(matches!(read_now(&folder.path().join("away/a.wasm")), Read::Vanishing));
    }

    #[test]
    fn of_a_file_that_is_too_large_one_byte_more_than_allowed_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large.wasm");
        std::fs::File::create(&path).unwrap().set_len(FILE_BYTES_MAX * 4).unwrap();
        let Read::Bytes(bytes) = read_now(&path) else { panic!("it can be read") };
        assert_eq!(bytes.len() as u64, FILE_BYTES_MAX + 1);
    }
}
