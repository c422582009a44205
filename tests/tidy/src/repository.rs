//! The repository's own text files: everything below its root but what is built, fetched or left by a run.

use std::path::{Path, PathBuf};

const SKIPPED_FOLDERS: [&str; 7] =
    ["target", "run", "node_modules", "__pycache__", ".git", ".venv", ".tools"];

/// A text file, by its path from the root with `/` between the parts.
pub struct File {
    pub path: String,
    pub text: String,
}

/// The root that this crate was built from.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).expect("this crate lies two folders below the root").to_owned()
}

/// Every text file, in path order. Files that are no UTF-8 are left out.
pub fn files(root: &Path) -> std::io::Result<Vec<File>> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            let kind = entry.file_type()?;
            if kind.is_dir() {
                if !SKIPPED_FOLDERS.contains(&name.as_str()) {
                    folders.push(path);
                }
            // In a second working tree `.git` is a file that says where the first one lies.
            } else if kind.is_file()
                && name != ".git"
                && let Ok(text) = std::fs::read_to_string(&path)
            {
                let path = path.strip_prefix(root).expect("it was found below the root");
                found.push(File { path: path.to_string_lossy().replace('\\', "/"), text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}
