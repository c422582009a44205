//! Reads a file or a folder, and what is included. A file is read once, however often it is named.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::problems::{Draft, KeyPath, Problems};
use crate::reader::texts_of;
use crate::source::{FileId, Sources, Span, Spot};
use crate::tree::{self, Node, Table, Value};

const BYTES_MAX: u64 = 64 << 20;

/// A file of the config, as far as it could be read.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) table: Table,
}

/// All files in the order in which they are read: each before what it includes, those of a folder by name.
pub(crate) fn read_all(path: &Path, sources: &mut Sources, problems: &mut Problems) -> Vec<File> {
    let mut reading = Reading { sources, problems, files: Vec::new(), known: BTreeSet::new() };
    if path.is_dir() {
        reading.folder(path);
    } else {
        reading.file(path, Spot::Path(path.to_owned()), &mut Vec::new());
    }
    reading.files
}

/// The bytes of a file, and at most one more than `bytes_max`: a device has no end.
pub(crate) fn read_up_to(path: &Path, bytes_max: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(bytes_max + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The text of a part of the config without its byte-order mark, or a problem at `spot`. If it cannot be read, names
/// that may be given in it are not reported as missing.
pub(crate) fn read_text(
    path: &Path,
    spot: Spot,
    key: &KeyPath<'_>,
    problems: &mut Problems,
) -> Option<String> {
    let text = read_alone(path, spot, key, problems);
    if text.is_none() {
        problems.mark_incomplete();
    }
    text
}

/// Like `read_text`, for a file in which no names are given: without it, nothing else seems to be missing. Line ends of
/// CR LF, which some editors write, have no meaning: a text of several lines is the same on every machine.
pub(crate) fn read_alone(
    path: &Path,
    spot: Spot,
    key: &KeyPath<'_>,
    problems: &mut Problems,
) -> Option<String> {
    let shown = path.display();
    let refuse = |problems: &mut Problems, message: String, hint: &str| {
        problems.push(Draft::error(spot.clone(), key, message).hint(hint));
        None
    };
    let mut bytes = match read_up_to(path, BYTES_MAX) {
        Ok(bytes) if bytes.len() as u64 > BYTES_MAX => {
            return refuse(problems, format!("`{shown}` has more than 64 MiB"), "split it");
        }
        Ok(bytes) => bytes,
        Err(error) => {
            let hint = match error.kind() {
                std::io::ErrorKind::NotFound => {
                    "check the path; a relative one starts at the including file's folder"
                }
                _ => "let the user that runs the host read it",
            };
            return refuse(problems, format!("cannot read `{shown}`: {error}"), hint);
        }
    };
    if bytes.starts_with(b"\xef\xbb\xbf") {
        bytes.drain(..3);
    }
    match String::from_utf8(bytes) {
        Ok(text) => Some(if text.contains('\r') { text.replace("\r\n", "\n") } else { text }),
        Err(error) => {
            let good = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..good].iter().filter(|byte| **byte == b'\n').count() + 1;
            refuse(
                problems,
                format!("`{shown}` is not UTF-8: the first bad byte is on line {line}"),
                "save it as UTF-8",
            )
        }
    }
}

struct Reading<'a> {
    sources: &'a mut Sources,
    problems: &'a mut Problems,
    files: Vec<File>,
    known: BTreeSet<PathBuf>,
}

impl Reading<'_> {
    fn folder(&mut self, path: &Path) {
        let entries = match std::fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => {
                let message = format!("cannot read the folder `{}`: {error}", path.display());
                let draft = Draft::error(Spot::Path(path.to_owned()), &KeyPath::Root, message);
                self.problems.push(draft.hint("let the user that runs the host read it"));
                return;
            }
        };
        let mut paths = Vec::new();
        for entry in entries {
            match entry {
                Ok(entry) => paths.push(entry.path()),
                Err(error) => self.unreadable(path, &error, Spot::Path(path.to_owned())),
            }
        }
        paths.retain(|path| path.extension().is_some_and(|end| end == "toml") && !is_hidden(path));
        paths.retain(|path| self.is_there(path, &Spot::Path(path.clone())));
        paths.sort();
        if paths.is_empty() {
            let message = format!("the folder `{}` has no `.toml` file", path.display());
            let draft = Draft::error(Spot::Path(path.to_owned()), &KeyPath::Root, message);
            self.problems.push(draft.hint("name the config file, or put one into the folder"));
        }
        for path in paths {
            self.file(&path, Spot::Path(path.clone()), &mut Vec::new());
        }
    }

    /// Whether the file exists. A link to nothing is one that was lost: without an error, its checks would silently be
    /// gone.
    fn is_there(&mut self, path: &Path, named: &Spot) -> bool {
        let is_link = path.is_symlink();
        match std::fs::metadata(path) {
            Ok(known) => known.is_file(),
            Err(error) if is_link && error.kind() == std::io::ErrorKind::NotFound => {
                let message = format!("`{}` is a link, and what it leads to is not there", path.display());
                let draft = Draft::error(named.clone(), &KeyPath::Root, message);
                self.problems.push(draft.hint("mend the link, or delete it"));
                self.problems.mark_incomplete();
                false
            }
            Err(error) => {
                self.unreadable(path, &error, named.clone());
                false
            }
        }
    }

    fn unreadable(&mut self, path: &Path, error: &std::io::Error, named: Spot) {
        let draft = Draft::error(named, &KeyPath::Root, format!("cannot read `{}`: {error}", path.display()));
        self.problems.push(draft.hint("let the user that runs the host read it"));
        self.problems.mark_incomplete();
    }

    /// Reads a file. `above` are the files that led here.
    fn file(&mut self, path: &Path, named: Spot, above: &mut Vec<PathBuf>) {
        let canonical = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        if above.contains(&canonical) {
            let message = format!("`{}` includes itself", path.display());
            let draft = Draft::error(named, &KeyPath::Root.key("host").key("include"), message);
            self.problems
                .push(draft.hint("put included files into a folder of their own, such as `conf.d/*.toml`"));
            return;
        }
        if !self.known.insert(canonical.clone()) {
            return;
        }
        let Some(text) = read_text(path, named, &KeyPath::Root, self.problems) else { return };
        let id = self.sources.add(path.to_owned(), text);
        let table = tree::parse(id, self.sources.text(id), self.problems);
        let patterns = includes(&table, self.problems);
        self.files.push(File { table });
        above.push(canonical);
        for (pattern, span) in patterns {
            self.include(id, &pattern, span, above);
        }
        above.pop();
    }

    fn include(&mut self, from: FileId, pattern: &str, span: Span, above: &mut Vec<PathBuf>) {
        let root = KeyPath::Root;
        let host = root.key("host");
        let key = host.key("include");
        let has_wildcard = pattern.contains(['*', '?', '[']);
        let folder = self.sources.folder(from).to_owned();
        if !has_wildcard {
            self.file(&folder.join(pattern), span.into(), above);
            return;
        }
        let escaped = glob::Pattern::escape(&folder.to_string_lossy());
        let whole = Path::new(&escaped).join(pattern);
        // As in a shell, and as a folder that is named is read.
        let options = glob::MatchOptions { require_literal_leading_dot: true, ..glob::MatchOptions::new() };
        let found = match glob::glob_with(&whole.to_string_lossy(), options) {
            Ok(found) => found,
            Err(error) => {
                let message = format!("`{pattern}` is not a valid pattern: {}", error.msg);
                self.problems.push(Draft::error(span, &key, message).hint("write it as `conf.d/*.toml`"));
                return;
            }
        };
        let mut paths = Vec::new();
        for found in found {
            match found {
                Ok(path) if self.is_there(&path, &span.into()) => paths.push(path),
                Ok(_) => {}
                Err(error) => self.unreadable(error.path(), error.error(), span.into()),
            }
        }
        if paths.is_empty() {
            let draft = Draft::warning(span, &key, format!("no file matches `{pattern}`"));
            self.problems.push(draft.hint(format!("it is looked for in `{}`", shown_folder(&folder))));
        }
        for path in paths {
            self.file(&path, span.into(), above);
        }
    }
}

fn shown_folder(folder: &Path) -> String {
    if folder.as_os_str().is_empty() { ".".to_owned() } else { folder.display().to_string() }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'))
}

/// Every text under `host.include`.
fn includes(table: &Table, problems: &mut Problems) -> Vec<(String, Span)> {
    let Some(Node { value: Value::Table(host), .. }) = table.get("host").map(|entry| &entry.node) else {
        return Vec::new();
    };
    let Some(entry) = host.get("include") else { return Vec::new() };
    let root = KeyPath::Root;
    let texts = texts_of(&entry.node, &root.key("host").key("include"), problems).unwrap_or_default();
    texts.into_iter().map(|text| (text.value, text.span)).collect()
}
