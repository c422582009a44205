//! The bytes of generations that ran well, by digest, in a folder of the host's own. A restart uses them if the file in
//! the plugin folder is broken by then.

use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use watchkeep_core::ids::Digest;

const FOLDER: &str = "last-good";
const TEMPORARY: &str = ".tmp-";

pub(crate) struct Keep {
    folder: PathBuf,
}

impl Keep {
    pub(crate) fn open(data_dir: &Path) -> io::Result<Keep> {
        let folder = data_dir.join(FOLDER);
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder)?;
        // Left by a host that was killed: the data folder's lock says that no other one runs.
        for path in std::fs::read_dir(&folder)?.flatten().map(|entry| entry.path()) {
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(TEMPORARY)) {
                std::fs::remove_file(path)?;
            }
        }
        Ok(Keep { folder })
    }

    /// Opens it for reading, while a host may be running.
    pub(crate) fn of_another(data_dir: &Path) -> Keep {
        Keep { folder: data_dir.join(FOLDER) }
    }

    /// Stores bytes. Durable when it returns; at any moment the file is complete or not there.
    pub(crate) fn put(&self, digest: Digest, bytes: &[u8]) -> io::Result<()> {
        let path = self.path(digest);
        if path.exists() {
            return Ok(());
        }
        let mut file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(&self.folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        std::fs::File::open(&self.folder)?.sync_all()
    }

    /// `None` if the bytes are not there, or not what their name says.
    pub(crate) fn get(&self, digest: Digest) -> Option<Arc<[u8]>> {
        let bytes = std::fs::read(self.path(digest)).ok()?;
        (Digest::of(&bytes) == digest).then(|| bytes.into())
    }

    /// Removes what is not needed. A file that cannot be removed now is removed another time.
    pub(crate) fn prune(&self, needed: &[Digest]) {
        let kept: Vec<PathBuf> = needed.iter().map(|digest| self.path(*digest)).collect();
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return };
        for path in entries.flatten().map(|entry| entry.path()) {
            let is_ours = path.extension().is_some_and(|extension| extension == "wasm");
            if is_ours && !kept.contains(&path) {
                let _ = std::fs::remove_file(path);
            }
        }
    }

    fn path(&self, digest: Digest) -> PathBuf {
        self.folder.join(format!("{digest}.wasm"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_back_what_was_put_and_nothing_that_was_changed_since() {
        let folder = tempfile::tempdir().unwrap();
        let keep = Keep::open(folder.path()).unwrap();
        let (a, b) = (Digest::of(b"a"), Digest::of(b"b"));
        keep.put(a, b"a").unwrap();
        keep.put(b, b"b").unwrap();
        assert_eq!(keep.get(a).as_deref(), Some(&b"a"[..]));
        std::fs::write(keep.path(b), b"x").unwrap();
        assert_eq!(keep.get(b), None);
        std::fs::write(folder.path().join("last-good/.tmp-torn"), b"h").unwrap();
        let keep = Keep::open(folder.path()).unwrap();
        assert!(!folder.path().join("last-good/.tmp-torn").exists());
        keep.prune(&[b]);
        assert_eq!(keep.get(a), None);
        assert!(keep.path(b).exists());
    }
}
