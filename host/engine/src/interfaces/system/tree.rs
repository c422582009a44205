//! A made machine for tests: a folder with what is read of `/proc`, `/sys` and the like.

use std::fs;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

pub(super) struct Tree(TempDir);

impl Tree {
    pub(super) fn new() -> Self {
        Self(tempfile::tempdir().expect("there is room"))
    }
    pub(super) fn root(&self) -> &Path {
        self.0.path()
    }
    /// With this text in a file.
    pub(super) fn with(self, path: &str, text: &str) -> Self {
        fs::write(self.place(path), text).expect("there is room");
        self
    }
    /// With a FIFO that nobody writes into.
    pub(super) fn with_fifo(self, path: &str) -> Self {
        mknodat(CWD, self.place(path), FileType::Fifo, Mode::RWXU, 0).expect("a FIFO can be made");
        self
    }
    fn place(&self, path: &str) -> PathBuf {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("there is room");
        path
    }
}
