//! A folder with a config and whatever a host leaves beside it; it goes away with the test.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::compiled;

pub struct Folder(TempDir);

/// The host of every test: any free port, small and quick.
const HOST: &str = r#"
[host]
data_dir = "data"
plugin_dir = "plugins"
listen = "127.0.0.1:0"
"#;

impl Folder {
    /// With a config of a host and of `rest`.
    pub fn new(rest: &str) -> Folder {
        let folder = Folder(tempfile::tempdir().expect("a temporary folder can be made"));
        folder.config(rest);
        folder
    }
    pub fn path(&self) -> &Path {
        self.0.path()
    }
    pub fn config_path(&self) -> PathBuf {
        self.path().join("watchkeep.toml")
    }
    pub fn data(&self) -> PathBuf {
        self.path().join("data")
    }
    /// Its host compiles every plugin itself, as one that was just installed.
    pub fn compiles_itself(&self) {
        compiled::make_private(&self.data().join("cache"));
    }
    /// Replaces the config.
    pub fn config(&self, rest: &str) {
        self.write("watchkeep.toml", &format!("{HOST}{rest}"));
    }
    pub fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("it lies in the folder")).expect("folders can be made");
        std::fs::write(path, text).expect("a file can be written");
    }
    /// A file that only its owner can read.
    pub fn secret(&self, name: &str, text: &str) {
        self.write(name, text);
        let owner_only = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(self.path().join(name), owner_only).expect("a file's mode can be set");
    }
    /// The token in the file `admin`, if there is one.
    pub fn admin_token(&self) -> Option<String> {
        std::fs::read_to_string(self.path().join("admin")).ok().map(|token| token.trim_end().to_owned())
    }
    /// Every file below the folder, with its bytes.
    pub fn contents(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut found = Vec::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).expect("the folder can be read").flatten() {
                let path = entry.path();
                if path.is_dir() {
                    folders.push(path);
                } else if let Ok(bytes) = std::fs::read(&path) {
                    found.push((path, bytes));
                }
            }
        }
        found
    }
}
