//! `#[derive(Config)]`: what is read, what is refused, and the schema that says so beforehand.

use watchkeep_sdk::config::{self, OneOrMany, Size, Table, Value};
use watchkeep_sdk::prelude::*;

/// A place to look at.
///
/// With "quotes" and a \ in its words.
#[derive(Config, PartialEq, Debug)]
struct Target {
    /// Where it is.
    #[config(grants = "http", non_empty)]
    url: String,
    #[config(default = 3, min = 1, max = 9)]
    attempts: u8,
    #[config(default = -0.5, min = -1.5)]
    offset: f64,
    #[config(default = "10s")]
    timeout: Duration,
    #[config(default = ["a", "b"])]
    parts: OneOrMany<String>,
    #[config(default = "fast")]
    mode: Mode,
    #[config(name = "type")]
    kind: Option<String>,
    key: Option<Secret>,
    #[config(default)]
    headers: Table<String>,
    body_max: Option<Size>,
    login: Option<Login>,
}

#[derive(Config, PartialEq, Debug)]
struct Login {
    user: String,
    password: Secret,
}

#[derive(Config, PartialEq, Clone, Copy, Debug)]
enum Mode {
    Fast,
    VerySlow,
}

#[track_caller]
fn problems(json: &str) -> Vec<String> {
    let problems = config::parse::<Target>(json).expect_err("the config is wrong");
    problems.into_iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect()
}

fn schema() -> Value {
    serde_json::from_str(watchkeep_sdk::schema_text!(Target)).expect("a schema is JSON")
}

#[test]
fn a_missing_key_is_its_default() {
    let read: Target = config::parse(r#"{"url": "x"}"#).expect("the rest has defaults");
    assert_eq!((read.attempts, read.offset, read.timeout), (3, -0.5, Duration::from_secs(10)));
    assert_eq!(
        (read.parts.0.as_slice(), read.mode),
        (["a".to_owned(), "b".to_owned()].as_slice(), Mode::Fast)
    );
    assert_eq!((read.kind, read.key, read.headers.0.len()), (None, None, 0));
}

#[test]
fn every_kind_of_value_is_read() {
    let read: Target = config::parse(
        r#"{"url": "x", "attempts": 9.0, "offset": 2, "timeout": "1m30s", "parts": "one", "mode": "very_slow",
            "type": "t", "key": {"secret": "k"}, "headers": {"a": "b"}, "body_max": "2KiB",
            "login": {"user": "u", "password": {"secret": "p"}}}"#,
    )
    .expect("all of it is right");
    assert_eq!((read.attempts, read.offset, read.timeout), (9, 2.0, Duration::from_secs(90)));
    assert_eq!(
        (read.mode, read.kind.as_deref(), read.key),
        (Mode::VerySlow, Some("t"), Some(Secret::named("k")))
    );
    assert_eq!(read.body_max.map(Size::bytes), Some(2048));
    assert_eq!(read.login, Some(Login { user: "u".to_owned(), password: Secret::named("p") }));
}

#[test]
fn all_problems_are_found_at_once_with_their_places() {
    assert_eq!(
        problems(
            r#"{"url": "", "attempts": 10, "offset": -2, "timeout": 5, "parts": [1, "b"], "mode": "slow", "key": {"secert": "k"},
                "headers": {"a/b": 1}, "login": {"user": 1}, "urk": 1, "zzz": 1}"#
        ),
        [
            "/url: must not be empty",
            "/attempts: must be at most 9, not 10",
            "/offset: must be at least -1.5, not -2",
            "/timeout: must be a span such as `10s`",
            "/parts/0: must be a string, not a number",
            "/mode: `slow` is none of `fast`, `very_slow`",
            "/key: must be `{ secret = \"NAME\" }`",
            "/headers/a~1b: must be a string, not a number",
            "/login/user: must be a string, not a number",
            "/login: `password` is missing",
            "/urk: no such key; hint: did you mean `url`?",
            "/zzz: no such key",
        ]
    );
    assert_eq!(problems("{}"), [": `url` is missing"]);
    assert_eq!(problems("[]"), [": must be a table, not a list"]);
    assert!(problems("{")[0].starts_with(": not JSON"));
}

#[test]
fn numbers_outside_their_type_are_refused() {
    for wrong in ["-1", "256", "1.5", "1e40", "\"1\""] {
        assert!(config::parse::<u8>(wrong).is_err(), "{wrong}");
    }
    assert_eq!(config::parse::<u8>("255").ok(), Some(255));
}

#[test]
fn the_schema_says_the_same() {
    let schema = schema();
    let of = |key: &str| &schema["properties"][key];
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["description"], "A place to look at.\n\nWith \"quotes\" and a \\ in its words.");
    assert_eq!(schema["required"], serde_json::json!(["url"]));
    assert_eq!(schema["additionalProperties"], false);
    assert_eq!(
        *of("url"),
        serde_json::json!({ "type": "string", "minLength": 1, "description": "Where it is.", "x-watchkeep-grant": "http" })
    );
    assert_eq!(
        *of("attempts"),
        serde_json::json!({ "type": "integer", "minimum": 1, "maximum": 9, "default": 3 })
    );
    assert_eq!(*of("offset"), serde_json::json!({ "type": "number", "minimum": -1.5, "default": -0.5 }));
    assert_eq!(of("mode")["enum"], serde_json::json!(["fast", "very_slow"]));
    assert_eq!(of("parts")["default"], serde_json::json!(["a", "b"]));
    assert_eq!(of("key")["x-watchkeep-secret"], true);
    assert_eq!(of("login")["required"], serde_json::json!(["user", "password"]));
    assert!(of("type").is_object() && of("kind").is_null());
}

#[test]
fn a_default_satisfies_its_own_field() {
    // A default outside of the bounds would be found at the first run of a check that leaves the key out.
    assert!(config::parse::<Target>(r#"{"url": "x"}"#).is_ok());
}
