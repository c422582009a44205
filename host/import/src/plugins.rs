//! What the bundled plugins do not take yet. Mappings are written as if they did; here is the one place that takes out what
//! would be refused, and says so.

use crate::value::Value;

/// Keys of `http`.
const HTTP: [&str; 8] = [
    "do_not_find_pattern",
    "expect_header",
    "expect_http_version",
    "expect_url",
    "expect_url_pattern",
    "find_pattern",
    "placeholders",
    "resolver",
];

/// Keys of a line of its `json`.
const HTTP_JSON: [&str; 5] = ["absent", "length_at_least", "length_at_most", "matches", "one_of"];

/// The keys that were taken out.
pub(crate) fn take_out(plugin: &str, config: &mut Vec<(String, Value)>) -> Vec<String> {
    if plugin != "http" {
        return Vec::new();
    }
    let mut taken = Vec::new();
    config.retain(|(key, _)| {
        let stays = !HTTP.contains(&key.as_str());
        if !stays {
            taken.push(key.clone());
        }
        stays
    });
    for (key, value) in config.iter_mut() {
        if let ("json", Value::List(lines)) = (key.as_str(), value) {
            lines.retain_mut(|line| takes_line(line, &mut taken));
        }
    }
    config.retain(|(key, value)| key != "json" || *value != Value::List(Vec::new()));
    taken
}

fn takes_line(line: &mut Value, taken: &mut Vec<String>) -> bool {
    let Value::Table(entries) = line else { return true };
    entries.retain(|(key, _)| key != "number_in_text");
    let place = entries.iter().find_map(|(key, value)| match value {
        Value::Text(place) if key == "pointer" => Some(place.clone()),
        _ => None,
    });
    let odd = entries.iter().find(|(key, _)| HTTP_JSON.contains(&key.as_str())).map(|(key, _)| key.clone());
    if let Some(key) = &odd {
        taken.push(format!("json {} {key}", place.unwrap_or_default()));
    }
    odd.is_none()
}
