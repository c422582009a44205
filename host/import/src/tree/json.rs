//! JSON.

use serde_json::Value;

use super::{BYTES_MAX, DEPTH_MAX, NODES_MAX, Node, Scalar};
use crate::error::ImportError;

pub(crate) fn parse(text: &str) -> Result<Node, ImportError> {
    let mut all = parse_several(text)?;
    match all.len() {
        1 => Ok(all.swap_remove(0)),
        count => Err(ImportError::new(
            format!("the file holds {count} JSON texts, not one"),
            "give the file as the tool wrote it",
        )),
    }
}

/// Parses several JSON texts, one after another.
pub(crate) fn parse_several(text: &str) -> Result<Vec<Node>, ImportError> {
    if text.len() > BYTES_MAX {
        return Err(too_much());
    }
    let mut left = NODES_MAX;
    let mut all = Vec::new();
    for value in serde_json::Deserializer::from_str(text.trim_start_matches('\u{feff}')).into_iter::<Value>()
    {
        let value = value.map_err(|error| {
            ImportError::new(
                format!("it is not JSON at line {}, column {}", error.line(), error.column()),
                "give the file as the tool wrote it",
            )
        })?;
        all.push(node(value, &mut left, DEPTH_MAX)?);
    }
    Ok(all)
}

fn too_much() -> ImportError {
    ImportError::new(
        "the file is larger, or nested deeper, than any config is",
        "import it in parts, of at most 16 MiB each",
    )
}

fn node(value: Value, left: &mut usize, depth: usize) -> Result<Node, ImportError> {
    *left = left.checked_sub(1).ok_or_else(too_much)?;
    let depth = depth.checked_sub(1).ok_or_else(too_much)?;
    let value = match value {
        Value::Null => Scalar::Null,
        Value::Bool(flag) => Scalar::Flag(flag),
        Value::Number(number) => Scalar::Number(number.to_string()),
        Value::String(text) => Scalar::Text(text),
        Value::Array(items) => {
            Scalar::List(items.into_iter().map(|item| node(item, left, depth)).collect::<Result<_, _>>()?)
        }
        Value::Object(entries) => Scalar::Table(
            entries
                .into_iter()
                .map(|(key, value)| Ok((key, node(value, left, depth)?)))
                .collect::<Result<_, ImportError>>()?,
        ),
    };
    Ok(Node { line: 0, value })
}
