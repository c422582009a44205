//! What a plugin says about itself: asked once per digest, with no rights and a short deadline, and checked.

use std::path::Path;

use serde::{Deserialize, Serialize};
use watchkeep_core::ids::Digest;

use crate::contract::manifest;
use crate::error::{LoadStage, Refusal};

const NAME_BYTES_MAX: usize = 64;
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
        && name.len() <= NAME_BYTES_MAX
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
        refuse(format!("has a config schema that is not JSON: {error}")).hint("give a JSON Schema 2020-12")
    })?;
    if !schema.is_object() {
        return Err(refuse("has a config schema that is not an object").hint("give a JSON Schema 2020-12"));
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

/// The description that the host makes for a program, which cannot describe itself. Its name is that of its file.
pub(super) fn of_program(source: &str, digest: Digest) -> Result<Description, Refusal> {
    let stem = Path::new(source).file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    let name: String = stem
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .take(NAME_BYTES_MAX)
        .collect();
    let name = name.trim_matches('-');
    if name.is_empty() {
        return Err(refuse("is a program, and its file's name is none for a plugin")
            .hint("name the file as checks shall name the plugin, such as `check-disk.wasm`"));
    }
    Ok(Description {
        name: name.to_owned(),
        version: digest.short().to_string(),
        summary: "A program of the Nagios convention".to_owned(),
        schema: serde_json::json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "args": {
                    "type": "array",
                    "description": "Arguments of the program, as on a command line, such as `[\"-w\", \"5\"]`.",
                    "items": { "type": "string" },
                    "maxItems": 100,
                    "default": [],
                },
            },
        }),
        requests: Vec::new(),
    })
}

fn refuse(message: impl Into<String>) -> Refusal {
    Refusal::new(LoadStage::Describe, message)
}

fn shorten(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_BYTES_MAX)]
}
