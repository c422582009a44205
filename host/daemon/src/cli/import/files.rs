//! Reads sources, and writes the result: completely or not at all, and never over existing files.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use watchkeep_import::{Import, SecretSource};

/// The largest source: larger than any config or backup.
const BYTES_MAX: u64 = 16 << 20;
const STDIN: &str = "-";

/// A text from a file or standard input.
pub(super) fn read(file: &Path) -> Result<String> {
    let mut bytes = Vec::new();
    let read = if file.as_os_str() == STDIN {
        std::io::stdin().lock().take(BYTES_MAX + 1).read_to_end(&mut bytes)
    } else {
        std::fs::File::open(file).and_then(|open| open.take(BYTES_MAX + 1).read_to_end(&mut bytes))
    };
    read.with_context(|| {
        format!(
            "cannot read `{}`; hint: name the other tool's file, or `-` for standard input",
            file.display()
        )
    })?;
    if bytes.len() as u64 > BYTES_MAX {
        bail!("`{}` has more than 16 MiB; hint: import it in parts", file.display());
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        Err(_) => bail!("`{}` is not UTF-8; hint: give the file as the tool wrote it", file.display()),
    }
}

/// The name of a source in the result, without any folder of this machine.
pub(super) fn named(file: &Path) -> String {
    match file.file_name() {
        Some(name) if file.as_os_str() != STDIN => name.to_string_lossy().into_owned(),
        _ => "standard input".to_owned(),
    }
}

/// Writes the config last, so that whoever sees it finds its secrets.
pub(super) fn write(out: &Path, toml: &str, import: &Import) -> Result<()> {
    let folder = out.parent().unwrap_or(Path::new(""));
    let secrets: Vec<(PathBuf, &str)> = import
        .secrets
        .iter()
        .filter_map(|secret| match &secret.source {
            SecretSource::File { path, value } => Some((folder.join(path), value.as_str())),
            SecretSource::Env(_) => None,
        })
        .collect();
    for path in [out].into_iter().chain(secrets.iter().map(|(path, _)| path.as_path())) {
        if path.symlink_metadata().is_ok() {
            bail!("`{}` exists already; hint: choose another `--out`, or move it away", path.display());
        }
    }
    let mut made = Made::default();
    for (path, value) in &secrets {
        if let Some(parent) = path.parent() {
            made.folder(parent)?;
        }
        made.file(path, value.as_bytes(), OWNER_ONLY)?;
    }
    made.file(out, toml.as_bytes(), AS_USUAL)?;
    made.all.clear();
    Ok(())
}

const OWNER_ONLY: u32 = 0o600;
const AS_USUAL: u32 = 0o666;

/// What was made so far. Removed again unless all of it was made.
#[derive(Default)]
struct Made {
    all: Vec<PathBuf>,
}

impl Made {
    fn folder(&mut self, path: &Path) -> Result<()> {
        if path.as_os_str().is_empty() || path.is_dir() {
            return Ok(());
        }
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(path)
            .with_context(|| format!("cannot make the folder `{}`", path.display()))?;
        self.all.push(path.to_owned());
        Ok(())
    }

    fn file(&mut self, path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
        let doing = || format!("cannot write `{}`; hint: is its folder there, and writable?", path.display());
        let opened = std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(path);
        let mut file = opened.with_context(doing)?;
        self.all.push(path.to_owned());
        file.write_all(bytes).and_then(|()| file.sync_all()).with_context(doing)
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        for path in self.all.iter().rev() {
            // What is left is harmless, and the cause is reported.
            let _ = if path.is_dir() { std::fs::remove_dir(path) } else { std::fs::remove_file(path) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import() -> Import {
        let text = "endpoints:\n- name: a\n  url: https://ada:hunter2@a.example/\n  conditions: ['[STATUS] == 200']\n";
        watchkeep_import::gatus(text, &mut String::new).unwrap()
    }

    #[test]
    fn a_config_and_its_secrets_are_written_once_and_for_their_owner() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("watchkeep.toml");
        write(&out, "# a\n", &import()).unwrap();
        let secret = folder.path().join("secrets/a-password");
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&secret), mode(&folder.path().join("secrets"))), (0o600, 0o700));
        assert_eq!(std::fs::read_to_string(&secret).unwrap(), "hunter2");
        let said = write(&out, "# b\n", &import()).unwrap_err().to_string();
        assert!(said.contains("exists already"), "{said}");
        std::fs::remove_file(&out).unwrap();
        let said = write(&out, "# b\n", &import()).unwrap_err().to_string();
        assert!(said.contains("secrets/a-password` exists already"), "{said}");
        assert!(!out.exists(), "nothing of it was written");
    }

    #[test]
    fn what_cannot_be_written_whole_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secrets"), "in the way").unwrap();
        let out = folder.path().join("watchkeep.toml");
        assert!(write(&out, "# a\n", &import()).is_err());
        assert!(!out.exists());
        let nowhere = folder.path().join("none/watchkeep.toml");
        assert!(write(&nowhere, "# a\n", &import()).is_err());
        assert!(!folder.path().join("none").exists());
    }
}
