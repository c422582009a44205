//! Holds a JSON value against a schema of the API's document, strictly: nothing missing, nothing extra.

use serde_json::Value;

/// Panics with the path of the first difference.
pub(crate) fn must_fit(document: &Value, schema: &Value, value: &Value) {
    if let Err(problem) = fit(document, schema, value, "$") {
        panic!("{problem}\nin {value:#}");
    }
}

fn fit(document: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    if let Some(name) = schema.get("$ref").and_then(Value::as_str) {
        let target = document.pointer(name.trim_start_matches('#')).ok_or(format!("{name} is not there"))?;
        return fit(document, target, value, at);
    }
    if let Some(choices) = schema.get("oneOf").and_then(Value::as_array) {
        let fitting = choices.iter().filter(|choice| fit(document, choice, value, at).is_ok()).count();
        if fitting == 1 {
            return Ok(());
        }
        return match choices.first() {
            Some(first) if fitting == 0 => fit(document, first, value, at),
            _ => Err(format!("{at} fits {fitting} of the choices")),
        };
    }
    let Some(types) = schema.get("type") else { return Ok(()) };
    let types: Vec<&str> = match types {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        single => single.as_str().into_iter().collect(),
    };
    let is = |name: &&str| match *name {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_u64() || value.is_i64(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the document has a type `{other}`"),
    };
    if !types.iter().any(is) {
        return Err(format!("{at} is no {types:?} but {value}"));
    }
    if let (Some(allowed), Value::String(_)) = (schema.get("enum").and_then(Value::as_array), value)
        && !allowed.contains(value)
    {
        return Err(format!("{at} is {value}, which is none of {allowed:?}"));
    }
    if schema.get("format").and_then(Value::as_str) == Some("date-time")
        && let Some(text) = value.as_str()
        && chrono::DateTime::parse_from_rfc3339(text).is_err()
    {
        return Err(format!("{at} is not a time: {text}"));
    }
    match value {
        Value::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(index, item)| fit(document, &schema["items"], item, &format!("{at}[{index}]"))),
        Value::Object(fields) => fit_object(document, schema, fields, at),
        _ => Ok(()),
    }
}

fn fit_object(
    document: &Value,
    schema: &Value,
    fields: &serde_json::Map<String, Value>,
    at: &str,
) -> Result<(), String> {
    for required in schema.get("required").and_then(Value::as_array).into_iter().flatten() {
        if !fields.contains_key(required.as_str().unwrap()) {
            return Err(format!("{at} lacks {required}"));
        }
    }
    for (name, field) in fields {
        let known = schema.get("properties").and_then(|properties| properties.get(name));
        match (known, schema.get("additionalProperties")) {
            (Some(known), _) => fit(document, known, field, &format!("{at}.{name}"))?,
            (None, Some(Value::Bool(false))) => return Err(format!("{at}.{name} is not in the document")),
            (None, Some(other)) => fit(document, other, field, &format!("{at}.{name}"))?,
            (None, None) => {}
        }
    }
    Ok(())
}
