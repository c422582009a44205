//! `/api`: the document of the API, for people. It is made of the document that programs get, and of the table of who may.

use std::sync::LazyLock;

use askama::Template;
use axum::response::Response;
use serde_json::{Map, Value};

use super::layout::{Here, Layout};
use super::render;
use super::words::{Part, prose};
use crate::api::openapi::DOCUMENT;
use crate::api::query::Params;
use crate::problem::Problem;
use crate::router::{App, State};
use crate::routes::{Right, routes};

#[derive(Template)]
#[template(path = "reference.html")]
struct ReferencePage {
    layout: Layout,
    reference: &'static Reference,
}

static REFERENCE: LazyLock<Reference> = LazyLock::new(|| {
    let document = serde_json::from_str(DOCUMENT).unwrap_or_default();
    Reference::of(&document)
});

struct Reference {
    about: Vec<Part>,
    groups: Vec<Group>,
    shapes: Vec<Shape>,
}

/// Operations whose paths begin alike.
struct Group {
    name: String,
    operations: Vec<Operation>,
}

struct Operation {
    id: String,
    method: String,
    path: String,
    summary: Vec<Part>,
    /// The role that it needs.
    who: &'static str,
    parameters: Vec<Field>,
    body: Vec<Word>,
    answers: Vec<Answer>,
}

struct Answer {
    status: String,
    about: Vec<Part>,
    body: Vec<Word>,
}

/// A type of the bodies.
struct Shape {
    name: String,
    /// What it is, where it has no fields.
    is: Vec<Word>,
    fields: Vec<Field>,
}

struct Field {
    name: String,
    /// Where a parameter stands; empty for a field of a body.
    place: String,
    is_required: bool,
    is: Vec<Word>,
    about: Vec<Part>,
}

/// A part of what a value may be.
struct Word {
    text: Vec<Part>,
    /// The name of a shape, which has its place on the page.
    shape: Option<String>,
}

impl Reference {
    fn of(document: &Value) -> Self {
        let mut groups: Vec<Group> = Vec::new();
        for (path, methods) in entries(&document["paths"]) {
            let named = path.strip_prefix("/api/v1/").map(|rest| rest.split('/').next().unwrap_or(rest));
            let name = named.unwrap_or("other").to_owned();
            let operations = entries(methods).map(|(method, it)| Operation::of(method, path, it));
            match groups.iter_mut().find(|group| group.name == name) {
                Some(group) => group.operations.extend(operations),
                None => groups.push(Group { name, operations: operations.collect() }),
            }
        }
        let shapes = entries(&document["components"]["schemas"]);
        Self {
            about: prose(&text(&document["info"]["description"])),
            groups,
            shapes: shapes.map(|(name, schema)| Shape::of(name, schema)).collect(),
        }
    }
}

impl Operation {
    fn of(method: &str, path: &str, it: &Value) -> Self {
        let method = method.to_ascii_uppercase();
        let right = routes().into_iter().find(|(known, at, _)| *known == *method.as_str() && *at == path);
        let parameters = it["parameters"].as_array().map_or(&[][..], Vec::as_slice);
        Self {
            id: text(&it["operationId"]),
            who: right.map_or("", |(_, _, right)| who(right)),
            path: path.to_owned(),
            summary: prose(&text(&it["summary"])),
            parameters: parameters.iter().map(parameter).collect(),
            body: content(&it["requestBody"]),
            // What is refused is the same everywhere, and said once.
            answers: entries(&it["responses"])
                .filter(|(status, _)| *status != "default")
                .map(|(status, answer)| Answer {
                    status: status.to_owned(),
                    about: prose(&text(&answer["description"])),
                    body: content(answer),
                })
                .collect(),
            method,
        }
    }
}

const fn who(right: Right) -> &'static str {
    match right {
        Right::Anyone => "anyone",
        Right::OwnAccount => "whoever is signed in",
        Right::Viewer => "viewer",
        Right::Operator => "operator",
        Right::Admin => "admin",
    }
}

fn parameter(it: &Value) -> Field {
    Field {
        name: text(&it["name"]),
        place: text(&it["in"]),
        is_required: it["required"] == true,
        is: words(&it["schema"]),
        about: prose(&text(&it["description"])),
    }
}

impl Shape {
    fn of(name: &str, schema: &Value) -> Self {
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let fields: Vec<Field> = entries(&schema["properties"])
            .map(|(name, it)| Field {
                name: name.to_owned(),
                place: String::new(),
                is_required: required.contains(&name),
                is: words(it),
                about: prose(&text(&it["description"])),
            })
            .collect();
        let is = if fields.is_empty() { words(schema) } else { Vec::new() };
        Self { name: name.to_owned(), is, fields }
    }
}

/// What a value that fits the schema may be.
fn words(schema: &Value) -> Vec<Word> {
    let plain = |text: String| vec![Word { text: prose(&text), shape: None }];
    if let Some(shape) = schema["$ref"].as_str().and_then(|it| it.rsplit('/').next()) {
        return vec![Word { text: prose(shape), shape: Some(shape.to_owned()) }];
    }
    if let Some(values) = schema["enum"].as_array() {
        let values: Vec<String> = values.iter().map(|value| format!("`{}`", text(value))).collect();
        return plain(values.join(", "));
    }
    if let Some(ways) = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array()) {
        let mut all = Vec::new();
        for way in ways {
            if !all.is_empty() {
                all.extend(plain(" or ".to_owned()));
            }
            all.extend(words(way));
        }
        return all;
    }
    if schema["items"].is_object() {
        let mut all = plain("list of ".to_owned());
        all.extend(words(&schema["items"]));
        return all;
    }
    if schema["additionalProperties"].is_object() {
        let mut all = plain("table of ".to_owned());
        all.extend(words(&schema["additionalProperties"]));
        return all;
    }
    let kinds = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().map(text).collect::<Vec<_>>().join(" or "),
        kind => text(kind),
    };
    let format = schema["format"].as_str().map(|format| format!(" ({format})"));
    let bounds = bounds(schema).map(|bounds| format!(", {bounds}"));
    plain([Some(kinds), format, bounds].into_iter().flatten().collect())
}

fn bounds(schema: &Value) -> Option<String> {
    let between = |least: &Value, most: &Value, what: &str| match (least.as_i64(), most.as_i64()) {
        (Some(least), Some(most)) => Some(format!("{least} to {most}{what}")),
        (Some(least), None) => Some(format!("at least {least}{what}")),
        (None, Some(most)) => Some(format!("at most {most}{what}")),
        (None, None) => None,
    };
    let all: Vec<String> = [
        between(&schema["minimum"], &schema["maximum"], ""),
        between(&schema["minLength"], &schema["maxLength"], " characters"),
        schema["pattern"].as_str().map(|pattern| format!("as `{pattern}`")),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// What the body of a request or an answer is.
fn content(it: &Value) -> Vec<Word> {
    let Some((media_type, content)) = entries(&it["content"]).next() else { return Vec::new() };
    let mut all = words(&content["schema"]);
    if media_type != "application/json" {
        all.push(Word { text: prose(&format!(" ({media_type})")), shape: None });
    }
    all
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter).map(|(name, it)| (name.as_str(), it))
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| if value.is_null() { String::new() } else { value.to_string() }, str::to_owned)
}

pub(crate) async fn page(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    params.only(&[])?;
    render(&ReferencePage { layout: Layout::new(&app, Here::Api), reference: &REFERENCE })
}
