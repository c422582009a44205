//! Problems for a terminal, in the manner of a good compiler, and as JSON.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde_json::{Value, json};

use crate::problem::{Note, Place, Problem, Severity};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Colour {
    Plain,
    /// With ANSI escapes, which are only for a terminal.
    Ansi,
}

/// All problems as text: place, line with the relevant part underlined, key and hint. The number of problems is at the
/// end.
pub fn render(problems: &[Problem], colour: Colour) -> String {
    let renderer = match colour {
        Colour::Plain => Renderer::plain(),
        Colour::Ansi => Renderer::styled(),
    };
    let mut text = String::new();
    for problem in problems {
        text.push_str(&renderer.render(&groups(problem)));
        text.push_str("\n\n");
    }
    text.push_str(&summary(problems));
    text
}

/// The number of problems, as in `3 errors, 1 warning`; empty if nothing is wrong.
fn summary(problems: &[Problem]) -> String {
    let count = |severity: Severity| problems.iter().filter(|problem| problem.severity == severity).count();
    let words =
        [Severity::Error, Severity::Warning].into_iter().filter_map(|severity| match count(severity) {
            0 => None,
            1 => Some(format!("1 {}", severity.as_str())),
            several => Some(format!("{several} {}s", severity.as_str())),
        });
    let words: Vec<String> = words.collect();
    if words.is_empty() { String::new() } else { format!("{}\n", words.join(", ")) }
}

fn groups(problem: &Problem) -> Vec<Group<'_>> {
    let level = match problem.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = level.primary_title(plain(&problem.message)).elements(snippet(&problem.place, None));
    for note in &problem.notes {
        group = group.elements(snippet(&note.place, Some(&note.message)));
    }
    if !problem.key.is_empty() {
        group = group.element(Level::NOTE.with_name("key").message(plain(&problem.key)));
    }
    if let Some(hint) = &problem.hint {
        group = group.element(Level::HELP.with_name("hint").message(plain(hint)));
    }
    vec![group]
}

fn snippet<'p>(
    place: &'p Place,
    label: Option<&'p str>,
) -> Option<Snippet<'p, annotate_snippets::Annotation<'p>>> {
    let shown = place.snippet.as_ref()?;
    let at = |character: u32| {
        let found = shown.text.char_indices().nth(character as usize);
        found.map_or(shown.text.len(), |(at, _)| at)
    };
    let start = at(place.column - 1);
    let end = at(place.column - 1 + shown.length);
    let kind = if label.is_some() { AnnotationKind::Context } else { AnnotationKind::Primary };
    let annotation = kind.span(start..end).label(label);
    let snippet = Snippet::source(shown.text.as_str()).line_start(place.line as usize);
    Some(snippet.path(plain(&place.file.to_string_lossy())).annotation(annotation))
}

/// A text without line breaks and terminal controls: what a plugin says, and the name of a file, must neither control
/// the terminal nor begin a line.
fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// An array with one object for each problem.
pub fn to_json(problems: &[Problem]) -> Value {
    problems.iter().map(problem_json).collect()
}

fn problem_json(problem: &Problem) -> Value {
    let mut object = place_json(&problem.place);
    object["severity"] = json!(problem.severity.as_str());
    object["key"] = json!(problem.key);
    object["message"] = json!(problem.message);
    object["hint"] = json!(problem.hint);
    object["notes"] = problem.notes.iter().map(note_json).collect();
    object
}

fn note_json(note: &Note) -> Value {
    let mut object = place_json(&note.place);
    object["message"] = json!(note.message);
    object
}

fn place_json(place: &Place) -> Value {
    json!({
        "file": place.file.display().to_string(),
        "line": place.line,
        "column": place.column,
        "snippet": place.snippet.as_ref().map(|snippet| &snippet.text),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_of_a_problem_drives_no_terminal_and_forges_no_line() {
        let hostile = "a\u{1b}[2J\nerror: forged\r\u{7}";
        let snippet = crate::problem::Snippet { text: "key = 1".to_owned(), length: 3 };
        let place = Place { file: hostile.into(), line: 1, column: 1, snippet: Some(snippet) };
        let problem = Problem {
            severity: Severity::Error,
            place,
            key: hostile.to_owned(),
            message: hostile.to_owned(),
            hint: Some(hostile.to_owned()),
            notes: Vec::new(),
        };
        let text = render(&[problem], Colour::Plain);
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
        assert!(!text.lines().any(|line| line.starts_with("error: forged")), "{text}");
    }
}
