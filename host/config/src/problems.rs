//! Collects problems while a config is read: each once, with what may only follow from another left out.

use std::collections::HashSet;
use std::fmt;

use crate::problem::{Note, Problem, Severity};
use crate::source::{Sources, Span, Spot};

/// The way to a value: `check.shop.config.url`. Made on the stack, turned into text only for a problem.
#[derive(Clone, Copy, Debug)]
pub(crate) enum KeyPath<'a> {
    Root,
    Key(&'a KeyPath<'a>, &'a str),
}

impl<'a> KeyPath<'a> {
    pub(crate) fn key(&'a self, key: &'a str) -> KeyPath<'a> {
        KeyPath::Key(self, key)
    }
}
impl fmt::Display for KeyPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyPath::Root => Ok(()),
            // Something that has no name.
            KeyPath::Key(parent, "") => write!(f, "{parent}"),
            KeyPath::Key(KeyPath::Root, key) => f.write_str(key),
            KeyPath::Key(parent, key) => write!(f, "{parent}.{key}"),
        }
    }
}

/// Of a problem that does not say yet what to do.
#[derive(Debug)]
pub(crate) struct NoHint;

/// A problem whose places are still spans. Only one that says what to do is taken.
#[derive(Debug)]
pub(crate) struct Draft<Hint = String> {
    severity: Severity,
    spot: Spot,
    key: String,
    message: String,
    hint: Hint,
    notes: Vec<(Spot, String)>,
    /// It may be there only because some text could not be read: a name that is given there, a missing key.
    may_follow: bool,
    is_syntax: bool,
}

impl Draft<NoHint> {
    pub(crate) fn error(spot: impl Into<Spot>, path: &KeyPath<'_>, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, spot.into(), path, message.into())
    }
    pub(crate) fn warning(spot: impl Into<Spot>, path: &KeyPath<'_>, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, spot.into(), path, message.into())
    }
    fn new(severity: Severity, spot: Spot, path: &KeyPath<'_>, message: String) -> Self {
        let key = path.to_string();
        Self {
            severity,
            spot,
            key,
            message,
            hint: NoHint,
            notes: Vec::new(),
            may_follow: false,
            is_syntax: false,
        }
    }
}

impl<Hint> Draft<Hint> {
    pub(crate) fn hint(self, hint: impl Into<String>) -> Draft {
        let Draft { severity, spot, key, message, hint: _, notes, may_follow, is_syntax } = self;
        Draft { severity, spot, key, message, hint: hint.into(), notes, may_follow, is_syntax }
    }
    pub(crate) fn note(mut self, spot: impl Into<Spot>, message: impl Into<String>) -> Self {
        self.notes.push((spot.into(), message.into()));
        self
    }
    /// Left out when some text could not be read.
    pub(crate) fn may_follow(mut self) -> Self {
        self.may_follow = true;
        self
    }
}

#[derive(Debug, Default)]
pub(crate) struct Problems {
    drafts: Vec<Draft>,
    seen: HashSet<(Spot, String)>,
    /// Lines with a syntax error: what else is said of them would be a guess.
    broken: Vec<Span>,
    incomplete: bool,
    masks: Vec<Span>,
    /// Values that must not show, wherever they come from.
    hushed: Vec<String>,
}

/// A shorter secret would hide half of every text.
const HUSHED_LENGTH_MIN: usize = 6;

impl Problems {
    /// The same said of the same place is said once: a template's mistake is not told for each of its checks.
    pub(crate) fn push(&mut self, draft: Draft) {
        if self.seen.insert((draft.spot.clone(), draft.message.clone())) {
            self.drafts.push(draft);
        }
    }
    pub(crate) fn syntax(&mut self, span: Span, draft: Draft) {
        self.incomplete = true;
        self.push(Draft { is_syntax: true, ..draft });
        self.broken.push(span);
    }
    /// Some text could not be read, so what names something in it is not told.
    pub(crate) fn mark_incomplete(&mut self) {
        self.incomplete = true;
    }
    /// What stands at `span` is never shown.
    pub(crate) fn mask(&mut self, span: Span) {
        self.masks.push(span);
    }
    /// This text is never shown, wherever it stands.
    pub(crate) fn hush(&mut self, value: &[u8]) {
        if value.len() >= HUSHED_LENGTH_MIN
            && let Ok(text) = std::str::from_utf8(value)
        {
            self.hushed.push(text.to_owned());
        }
    }
    pub(crate) fn has_errors(&self) -> bool {
        self.drafts.iter().any(|draft| draft.severity == Severity::Error)
    }
    pub(crate) fn len(&self) -> usize {
        self.drafts.len()
    }

    /// Sorted by file, line and column.
    pub(crate) fn finish(self, sources: &Sources) -> Vec<Problem> {
        let Problems { drafts, broken, incomplete, masks, hushed, seen: _ } = self;
        let on_broken_line = |spot: &Spot| match spot {
            Spot::Path(_) => false,
            Spot::Span(span) => broken.iter().any(|other| {
                other.file == span.file
                    && sources.line(other.file, other.start) == sources.line(span.file, span.start)
            }),
        };
        let mut problems: Vec<Problem> = drafts
            .into_iter()
            .filter(|draft| {
                draft.is_syntax || !(incomplete && draft.may_follow || on_broken_line(&draft.spot))
            })
            .map(|draft| Problem {
                severity: draft.severity,
                place: sources.place(&draft.spot, &masks),
                key: draft.key,
                message: draft.message,
                hint: Some(draft.hint),
                notes: draft
                    .notes
                    .into_iter()
                    .map(|(spot, message)| Note { place: sources.place(&spot, &masks), message })
                    .collect(),
            })
            .collect();
        problems.iter_mut().for_each(|problem| hide(problem, &hushed));
        problems.sort_by(|a, b| {
            let key = |p: &Problem| (p.place.file.clone(), p.place.line, p.place.column, p.severity);
            key(a).cmp(&key(b)).then_with(|| a.message.cmp(&b.message))
        });
        problems
    }
}

/// Takes secrets out of all that is said, and controls of a terminal that printing does not show as pictures.
fn hide(problem: &mut Problem, hushed: &[String]) {
    let notes = problem.notes.iter_mut().flat_map(|note| {
        note.place.snippet.iter_mut().map(|snippet| &mut snippet.text).chain([&mut note.message])
    });
    let texts = [&mut problem.key, &mut problem.message]
        .into_iter()
        .chain(problem.hint.as_mut())
        .chain(problem.place.snippet.as_mut().map(|snippet| &mut snippet.text))
        .chain(notes);
    for text in texts {
        for secret in hushed {
            if text.contains(secret) {
                *text = text.replace(secret, &"*".repeat(secret.chars().count()));
            }
        }
        if text.contains(is_c1) {
            *text = text.replace(is_c1, "\u{fffd}");
        }
    }
}

/// The second set of controls: U+009B alone begins a sequence.
fn is_c1(character: char) -> bool {
    ('\u{80}'..='\u{9f}').contains(&character)
}
