//! What a plugin says of itself, asked once per digest with no rights and a short deadline, and checked.

use serde::{Deserialize, Serialize};

use crate::contract::manifest;
use crate::error::{LoadStage, Refusal};

const SCHEMA_BYTES_MAX: usize = 256 << 10;
const TEXT_BYTES_MAX: usize = 1 << 10;
const REQUESTS_MAX: usize = 100;

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Description {
    pub(super) name: String,
    pub(super) version: String,
    pub(super) summary: String,
    pub(super) schema: serde_json::Value,
    pub(super) requests: Vec<(String, String, String)>,
}

pub(super) fn checked(description: manifest::Description) -> Result<Description, Refusal> {
    let manifest::Description { name, version, summary, config_schema, requests } = description;
    let named = !name.is_empty()
        && name.len() <= 64
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !name.starts_with('-');
    if !named {
        return Err(refuse(format!("describes itself under the name `{}`", shorten(&name)))
            .hint("a name has 1 to 64 of `a-z`, `0-9` and `-`"));
    }
    for (what, text) in [("version", &version), ("summary", &summary)] {
        if text.len() > TEXT_BYTES_MAX {
            return Err(refuse(format!(
                "has a {what} of {} bytes, {TEXT_BYTES_MAX} are allowed",
                text.len()
            )));
        }
    }
    if config_schema.len() > SCHEMA_BYTES_MAX {
        let size = config_schema.len();
        return Err(refuse(format!("has a config schema of {size} bytes, {SCHEMA_BYTES_MAX} are allowed")));
    }
    let schema: serde_json::Value = serde_json::from_str(&config_schema).map_err(|error| {
        refuse(format!("has a config schema that is no JSON: {error}")).hint("give a JSON Schema 2020-12")
    })?;
    if !schema.is_object() {
        return Err(refuse("has a config schema that is no object").hint("give a JSON Schema 2020-12"));
    }
    if requests.len() > REQUESTS_MAX {
        return Err(refuse(format!("asks for {} rights, {REQUESTS_MAX} are allowed", requests.len())));
    }
    let requests = requests
        .into_iter()
        .map(|manifest::Request { capability, target, reason }| {
            (shorten(&capability).to_owned(), shorten(&target).to_owned(), shorten(&reason).to_owned())
        })
        .collect();
    Ok(Description { name, version, summary, schema, requests })
}

fn refuse(message: impl Into<String>) -> Refusal {
    Refusal::new(LoadStage::Describe, message)
}

fn shorten(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_BYTES_MAX)]
}
