//! Collects problems while a config is read: each once, and without those that may only follow from others.

use std::collections::HashSet;
use std::fmt;

use crate::problem::{Note, Problem, Severity};
use crate::source::{Sources, Span, Spot};

/// The path of a value: `check.shop.config.url`. It is made on the stack, and turned into text only for a problem.
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
            // Something without a name.
            KeyPath::Key(parent, "") => write!(f, "{parent}"),
            KeyPath::Key(KeyPath::Root, key) => f.write_str(key),
            KeyPath::Key(parent, key) => write!(f, "{parent}.{key}"),
        }
    }
}

/// Marks a problem that does not say yet what to do.
#[derive(Debug)]
pub(crate) struct NoHint;

/// A problem whose places are still spans. It is accepted only once it says what to do.
#[derive(Debug)]
pub(crate) struct Draft<Hint = String> {
    severity: Severity,
    spot: Spot,
    key: String,
    message: String,
    hint: Hint,
    notes: Vec<(Spot, String)>,
    /// Whether it may exist only because some text could not be read: a name that is given there, a missing key.
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
    /// Marks it as a problem that is left out if some text could not be read.
    pub(crate) fn may_follow(mut self) -> Self {
        self.may_follow = true;
        self
    }
}

#[derive(Debug, Default)]
pub(crate) struct Problems {
    drafts: Vec<Draft>,
    seen: HashSet<(Spot, String)>,
    /// Lines with a syntax error: anything else about them would be a guess.
    broken: Vec<Span>,
    incomplete: bool,
    masks: Vec<Span>,
    /// Values that must not be shown, wherever they come from.
    hushed: Vec<String>,
}

/// The shortest secret that is hidden in texts: a shorter one would hide half of every text.
const HUSHED_LENGTH_MIN: usize = 6;

impl Problems {
    /// Adds a problem. The same message about the same place is added once, so that a mistake in a template is not
    /// reported for each of its checks.
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
    /// Notes that some text could not be read, so that names which may be given in it are not reported as missing.
    pub(crate) fn mark_incomplete(&mut self) {
        self.incomplete = true;
    }
    /// Never shows what is at `span`.
    pub(crate) fn mask(&mut self, span: Span) {
        self.masks.push(span);
    }
    /// Never shows this text, wherever it is.
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

    /// The problems, sorted by file, line and column.
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

/// Removes secrets from a problem, and those terminal controls that printing does not replace with symbols.
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

/// Whether a character is one of the second set of controls, of which U+009B alone begins a sequence.
fn is_c1(character: char) -> bool {
    ('\u{80}'..='\u{9f}').contains(&character)
}
