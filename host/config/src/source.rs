//! The texts that were read, and where something is in them.

use std::path::{Path, PathBuf};

use crate::problem::{Place, Snippet};

/// The index of a text in `Sources`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct FileId(u32);

/// The bytes from `start` to before `end` of one text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Span {
    pub(crate) file: FileId,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// What a problem is about.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Spot {
    Span(Span),
    /// A file as a whole, read or not.
    Path(PathBuf),
}
impl From<Span> for Spot {
    fn from(span: Span) -> Self {
        Spot::Span(span)
    }
}

#[derive(Debug)]
struct Source {
    path: PathBuf,
    text: String,
    line_starts: Vec<u32>,
}

/// All texts that spans point into.
#[derive(Debug, Default)]
pub(crate) struct Sources(Vec<Source>);

/// The longest line that is shown.
const SNIPPET_BYTES_MAX: usize = 4_000;

impl Sources {
    pub(crate) fn add(&mut self, path: PathBuf, text: String) -> FileId {
        let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0).chain(ends.map(|(at, _)| at as u32 + 1)).collect();
        self.0.push(Source { path, text, line_starts });
        FileId(self.0.len() as u32 - 1)
    }
    pub(crate) fn path(&self, file: FileId) -> &Path {
        &self.source(file).path
    }
    pub(crate) fn text(&self, file: FileId) -> &str {
        &self.source(file).text
    }
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.0.iter().map(|source| source.path.as_path())
    }
    /// The folder that relative paths in this file start from.
    pub(crate) fn folder(&self, file: FileId) -> &Path {
        self.path(file).parent().unwrap_or(Path::new(""))
    }
    /// The line of a byte, from 0.
    pub(crate) fn line(&self, file: FileId, at: u32) -> usize {
        self.source(file).line_starts.partition_point(|start| *start <= at).saturating_sub(1)
    }

    /// The place of `spot`; what `masks` cover is not shown.
    pub(crate) fn place(&self, spot: &Spot, masks: &[Span]) -> Place {
        let span = match spot {
            Spot::Path(path) => return Place { file: path.clone(), line: 0, column: 0, snippet: None },
            Spot::Span(span) => *span,
        };
        let source = self.source(span.file);
        let line = self.line(span.file, span.start);
        let line_start = source.line_starts[line] as usize;
        let rest = &source.text[line_start..];
        let text = rest.split('\n').next().unwrap_or(rest);
        let text = text.strip_suffix('\r').unwrap_or(text);
        let line_end = line_start + text.len();
        let start = floor(&source.text, (span.start as usize).clamp(line_start, line_end));
        let end = floor(&source.text, (span.end as usize).clamp(start, line_end));
        let chars = |from: usize, to: usize| source.text[from..to].chars().count() as u32;
        let masked: String = text
            .char_indices()
            .map(|(at, char)| {
                let at = (line_start + at) as u32;
                let hidden =
                    masks.iter().any(|mask| mask.file == span.file && (mask.start..mask.end).contains(&at));
                if hidden { '*' } else { char }
            })
            .collect();
        Place {
            file: source.path.clone(),
            line: line as u32 + 1,
            column: chars(line_start, start) + 1,
            snippet: (text.len() <= SNIPPET_BYTES_MAX)
                .then(|| Snippet { text: masked, length: chars(start, end).max(1) }),
        }
    }

    fn source(&self, file: FileId) -> &Source {
        &self.0[file.0 as usize]
    }
}

/// The start of the character that contains `at`.
fn floor(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str, start: u32, end: u32) -> (u32, u32, String, u32) {
        let mut sources = Sources::default();
        let file = sources.add("a.toml".into(), text.to_owned());
        let place = sources.place(&Span { file, start, end }.into(), &[]);
        let snippet = place.snippet.unwrap();
        (place.line, place.column, snippet.text, snippet.length)
    }

    #[test]
    fn counts_columns_in_characters() {
        assert_eq!(place("a\r\nå = \"ø\"\r\n", 8, 12), (2, 5, "å = \"ø\"".to_owned(), 3));
    }

    #[test]
    fn a_span_over_several_lines_is_shown_on_its_first() {
        assert_eq!(place("a = [\n1]", 4, 8), (1, 5, "a = [".to_owned(), 1));
    }

    #[test]
    fn the_end_of_the_text_is_a_place() {
        assert_eq!(place("a =", 3, 3), (1, 4, "a =".to_owned(), 1));
        assert_eq!(place("", 0, 0), (1, 1, String::new(), 1));
    }

    #[test]
    fn what_is_masked_is_not_shown() {
        let mut sources = Sources::default();
        let file = sources.add("a.toml".into(), "key = \"hush\"".to_owned());
        let mask = Span { file, start: 7, end: 11 };
        let place = sources.place(&Span { file, start: 0, end: 3 }.into(), &[mask]);
        assert_eq!(place.snippet.unwrap().text, "key = \"****\"");
    }
}
