//! Problems for a terminal, like a good compiler's, and as JSON.

use serde_json::{Value, json};

use crate::problem::{Note, Place, Problem};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Colour {
    Plain,
    Ansi,
}

/// All problems as text, with the line of each and what is meant in it underlined.
pub fn render(problems: &[Problem], colour: Colour) -> String {
    let _ = colour;
    problems.iter().map(|problem| format!("{}: {}\n", problem.severity.as_str(), problem.message)).collect()
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
