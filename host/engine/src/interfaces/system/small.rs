//! Small files of the kernel and of packages. Whatever lies at their place, reading ends: only regular files are read,
//! opening waits for nobody, and of a large file the beginning is taken.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use super::trouble::Trouble;

/// The most bytes that are taken of a file.
const BYTES_MAX: u64 = 64 << 10;
/// The most names that are read of a folder.
const NAMES_MAX: usize = 20_000;
/// The most characters of a name that others chose.
const NAME_CHARS_MAX: usize = 100;

pub(super) fn text(path: &Path) -> io::Result<String> {
    // Without it, opening a FIFO waits for somebody to write.
    let file = OpenOptions::new().read(true).custom_flags(nix::libc::O_NONBLOCK).open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    file.take(BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The trouble when the file cannot be read.
pub(super) fn unread(path: &Path, error: &io::Error) -> Trouble {
    Trouble::of_io(&format!("cannot read `{}`", path.display()), error)
}

/// The trouble when the file has something else in it than is expected.
pub(super) fn odd(path: &Path) -> Trouble {
    Trouble::Other(format!("`{}` does not have in it what this kernel is expected to write", path.display()))
}

/// The names in a folder, those with numbers in the order of these; none if there is no such folder.
pub(super) fn names(folder: &Path) -> Result<Vec<String>, Trouble> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(unread(folder, &error)),
    };
    let mut names = Vec::new();
    for entry in entries.take(NAMES_MAX) {
        let entry = entry.map_err(|error| unread(folder, &error))?;
        names.extend(entry.file_name().into_string().ok());
    }
    names.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    Ok(names)
}

/// A name that others chose, fit for a sentence.
pub(super) fn plain(name: &str) -> String {
    let shown = name.trim().chars().take(NAME_CHARS_MAX);
    shown.map(|letter| if letter.is_control() { char::REPLACEMENT_CHARACTER } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tree::Tree;
    use super::*;

    #[test]
    fn what_is_no_file_is_not_waited_for_and_what_is_large_is_cut() {
        let tree = Tree::new().with_fifo("fifo").with("large", &"7".repeat(1 << 20));
        let told = text(&tree.root().join("fifo")).expect_err("it is a FIFO").to_string();
        assert_eq!(told, "it is not a regular file");
        assert!(text(tree.root()).is_err() && text(Path::new("/dev/zero")).is_err());
        assert_eq!(text(&tree.root().join("large")).expect("it can be read").len(), 64 << 10);
    }

    #[test]
    fn names_are_bounded_and_in_the_order_of_their_numbers() {
        let tree = Tree::new().with("hwmon10", "").with("hwmon2", "").with("a", "");
        assert_eq!(names(tree.root()).expect("it can be read"), ["a", "hwmon2", "hwmon10"]);
        assert!(names(&tree.root().join("none")).expect("it is not there").is_empty());
        assert_eq!(plain(&format!(" a\u{1b}b{} ", "x".repeat(1_000))).chars().count(), 100);
        assert_eq!(plain("a\u{1b}b"), "a\u{fffd}b");
    }
}
