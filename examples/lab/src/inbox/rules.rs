//! What Slack refuses, in its own words (`invalid_payload`, `no_text`, `invalid_blocks`), with the place added:
//! a notifier's author should not have to guess. Limits are those of Slack's documentation of blocks; unknown
//! block types are refused, since Slack would.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

const TEXT_MAX: usize = 40_000;
const BLOCKS_MAX: usize = 50;
const ATTACHMENTS_MAX: usize = 100;
const SECTION_TEXT_MAX: usize = 3_000;
const SECTION_FIELDS_MAX: usize = 10;
const FIELD_TEXT_MAX: usize = 2_000;
const HEADER_TEXT_MAX: usize = 150;
const CONTEXT_ELEMENTS_MAX: usize = 10;
const ACTIONS_ELEMENTS_MAX: usize = 25;
const BUTTON_TEXT_MAX: usize = 75;
const URL_MAX: usize = 3_000;
const MARKDOWN_TEXT_MAX: usize = 12_000;
const BLOCK_ID_MAX: usize = 255;

/// Why a message was not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    #[error("invalid_payload: {0}")]
    Payload(String),
    #[error("no_text: the message has neither `text` nor blocks nor attachments")]
    NoText,
    #[error("invalid_blocks: {0}")]
    Blocks(String),
    #[error("too_many_attachments: {0} of at most {ATTACHMENTS_MAX}")]
    TooManyAttachments(usize),
    #[error("msg_too_long: `text` has {0} characters of at most {TEXT_MAX}")]
    TooLong(usize),
}

pub(super) fn accept(content_type: Option<&str>, body: &[u8]) -> Result<Value, Refusal> {
    let media_type = content_type.and_then(|text| text.split(';').next()).map(str::trim).unwrap_or("");
    if !media_type.eq_ignore_ascii_case("application/json") {
        return Err(Refusal::Payload(format!("content type is `{media_type}`, not `application/json`")));
    }
    let payload: Value = serde_json::from_slice(body).map_err(|error| Refusal::Payload(error.to_string()))?;
    let Value::Object(message) = &payload else {
        return Err(Refusal::Payload("the body is not a JSON object".to_owned()));
    };

    let text = optional_text(message, "text").map_err(Refusal::Payload)?;
    if let Some(text) = text
        && text.chars().count() > TEXT_MAX
    {
        return Err(Refusal::TooLong(text.chars().count()));
    }
    let blocks = optional_list(message, "blocks").map_err(Refusal::Payload)?;
    check_blocks("blocks", blocks)?;
    let attachments = optional_list(message, "attachments").map_err(Refusal::Payload)?;
    if attachments.len() > ATTACHMENTS_MAX {
        return Err(Refusal::TooManyAttachments(attachments.len()));
    }
    for (index, attachment) in attachments.iter().enumerate() {
        check_attachment(&format!("attachments[{index}]"), attachment)?;
    }
    if text.is_none_or(str::is_empty) && blocks.is_empty() && attachments.is_empty() {
        return Err(Refusal::NoText);
    }
    Ok(payload)
}

fn check_attachment(at: &str, attachment: &Value) -> Result<(), Refusal> {
    let Value::Object(attachment) = attachment else {
        return Err(Refusal::Payload(format!("`{at}` is not an object")));
    };
    for key in ["color", "text", "fallback", "title", "pretext"] {
        optional_text(attachment, key).map_err(|problem| Refusal::Payload(format!("`{at}`: {problem}")))?;
    }
    let blocks = optional_list(attachment, "blocks")
        .map_err(|problem| Refusal::Payload(format!("`{at}`: {problem}")))?;
    check_blocks(&format!("{at}.blocks"), blocks)?;
    let says_something =
        ["text", "fallback", "title", "pretext"].iter().any(|key| attachment.contains_key(*key));
    if blocks.is_empty() && !says_something {
        return Err(Refusal::NoText);
    }
    Ok(())
}

fn check_blocks(at: &str, blocks: &[Value]) -> Result<(), Refusal> {
    if blocks.len() > BLOCKS_MAX {
        return Err(Refusal::Blocks(format!("`{at}` has {} blocks of at most {BLOCKS_MAX}", blocks.len())));
    }
    let mut ids = BTreeSet::new();
    for (index, block) in blocks.iter().enumerate() {
        let at = format!("{at}[{index}]");
        let refused = |problem: String| Refusal::Blocks(format!("`{at}`: {problem}"));
        let Value::Object(block) = block else { return Err(refused("is not an object".to_owned())) };
        check_block(block).map_err(refused)?;
        if let Some(id) = optional_text(block, "block_id").map_err(refused)? {
            if id.chars().count() > BLOCK_ID_MAX {
                return Err(refused(format!("`block_id` is longer than {BLOCK_ID_MAX} characters")));
            }
            if !ids.insert(id) {
                return Err(refused(format!("`block_id` `{id}` is used twice")));
            }
        }
    }
    Ok(())
}

fn check_block(block: &Map<String, Value>) -> Result<(), String> {
    match optional_text(block, "type")? {
        Some("section") => check_section(block),
        Some("header") => match block.get("text") {
            Some(text) => check_text("text", text, HEADER_TEXT_MAX, &["plain_text"]),
            None => Err("`text` is missing".to_owned()),
        },
        Some("context") => check_context(block),
        Some("actions") => check_actions(block),
        Some("markdown") => {
            check_length("text", optional_text(block, "text")?.unwrap_or(""), MARKDOWN_TEXT_MAX)
        }
        Some("image") => match (optional_text(block, "image_url")?, optional_text(block, "alt_text")?) {
            (Some(url), Some(_)) => check_length("image_url", url, URL_MAX),
            _ => Err("`image_url` or `alt_text` is missing".to_owned()),
        },
        Some("divider" | "rich_text") => Ok(()),
        Some(other) => Err(format!("unsupported type `{other}`")),
        None => Err("`type` is missing".to_owned()),
    }
}

fn check_section(block: &Map<String, Value>) -> Result<(), String> {
    let fields = optional_list(block, "fields")?;
    match block.get("text") {
        Some(text) => check_text("text", text, SECTION_TEXT_MAX, &["mrkdwn", "plain_text"])?,
        None if fields.is_empty() => return Err("neither `text` nor `fields`".to_owned()),
        None => {}
    }
    if fields.len() > SECTION_FIELDS_MAX {
        return Err(format!("{} fields of at most {SECTION_FIELDS_MAX}", fields.len()));
    }
    fields.iter().enumerate().try_for_each(|(index, field)| {
        check_text(&format!("fields[{index}]"), field, FIELD_TEXT_MAX, &["mrkdwn", "plain_text"])
    })
}

fn check_context(block: &Map<String, Value>) -> Result<(), String> {
    let elements = optional_list(block, "elements")?;
    if elements.is_empty() || elements.len() > CONTEXT_ELEMENTS_MAX {
        return Err(format!("{} elements; 1 to {CONTEXT_ELEMENTS_MAX} are allowed", elements.len()));
    }
    elements.iter().enumerate().try_for_each(|(index, element)| {
        match element.get("type").and_then(Value::as_str) {
            Some("image") => Ok(()),
            _ => check_text(
                &format!("elements[{index}]"),
                element,
                SECTION_TEXT_MAX,
                &["mrkdwn", "plain_text"],
            ),
        }
    })
}

fn check_actions(block: &Map<String, Value>) -> Result<(), String> {
    let elements = optional_list(block, "elements")?;
    if elements.is_empty() || elements.len() > ACTIONS_ELEMENTS_MAX {
        return Err(format!("{} elements; 1 to {ACTIONS_ELEMENTS_MAX} are allowed", elements.len()));
    }
    elements.iter().enumerate().try_for_each(|(index, element)| {
        if element.get("type").and_then(Value::as_str) != Some("button") {
            return Ok(());
        }
        let text = element.get("text").ok_or_else(|| format!("elements[{index}]: `text` is missing"))?;
        check_text(&format!("elements[{index}].text"), text, BUTTON_TEXT_MAX, &["plain_text"])?;
        check_length("url", element.get("url").and_then(Value::as_str).unwrap_or(""), URL_MAX)
    })
}

/// A text object: 1 to `max` characters, of one of `types`.
fn check_text(at: &str, text: &Value, max: usize, types: &[&str]) -> Result<(), String> {
    let kind = text.get("type").and_then(Value::as_str).unwrap_or("");
    if !types.contains(&kind) {
        return Err(format!("`{at}` has type `{kind}`, not {}", types.join(" or ")));
    }
    match text.get("text").and_then(Value::as_str) {
        None | Some("") => Err(format!("`{at}` is empty")),
        Some(text) => check_length(at, text, max),
    }
}

fn check_length(at: &str, text: &str, max: usize) -> Result<(), String> {
    let length = text.chars().count();
    if length > max { Err(format!("`{at}` has {length} characters of at most {max}")) } else { Ok(()) }
}

fn optional_text<'a>(object: &'a Map<String, Value>, key: &str) -> Result<Option<&'a str>, String> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("`{key}` is not text")),
    }
}

fn optional_list<'a>(object: &'a Map<String, Value>, key: &str) -> Result<&'a [Value], String> {
    match object.get(key) {
        None | Some(Value::Null) => Ok(&[]),
        Some(Value::Array(list)) => Ok(list),
        Some(_) => Err(format!("`{key}` is not a list")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(payload: Value) -> Result<Value, String> {
        accept(Some("application/json; charset=utf-8"), payload.to_string().as_bytes())
            .map_err(|refusal| refusal.to_string())
    }
    fn section(length: usize) -> Value {
        json!({"type": "section", "text": {"type": "mrkdwn", "text": "é".repeat(length)}})
    }

    #[test]
    fn takes_text_blocks_or_attachments() {
        for payload in [
            json!({"text": "hello"}),
            json!({"blocks": [section(3000)]}),
            json!({"text": "", "attachments": [{"color": "#ff0000", "blocks": [section(1)]}]}),
            json!({"blocks": (0..50).map(|_| section(1)).collect::<Vec<_>>()}),
            json!({"text": "x", "blocks": [{"type": "header", "text": {"type": "plain_text", "text": "Down"}},
                {"type": "divider"}, {"type": "context", "elements": [{"type": "mrkdwn", "text": "a"}]}]}),
        ] {
            assert_eq!(check(payload.clone()), Ok(payload));
        }
    }

    #[test]
    fn refuses_what_slack_refuses_and_names_the_place() {
        let button = json!({"type": "button", "text": {"type": "plain_text", "text": "x".repeat(76)}});
        let cases = [
            (json!(["text"]), "invalid_payload: the body is not a JSON object"),
            (json!({"text": 3}), "invalid_payload: `text` is not text"),
            (json!({"text": ""}), "no_text: the message has neither `text` nor blocks nor attachments"),
            (
                json!({"attachments": [{"color": "red"}]}),
                "no_text: the message has neither `text` nor blocks nor attachments",
            ),
            (
                json!({"text": "x".repeat(40_001)}),
                "msg_too_long: `text` has 40001 characters of at most 40000",
            ),
            (
                json!({"attachments": vec![json!({"text": "x"}); 101]}),
                "too_many_attachments: 101 of at most 100",
            ),
            (json!({"blocks": vec![section(1); 51]}), "invalid_blocks: `blocks` has 51 blocks of at most 50"),
            (
                json!({"blocks": [section(1), section(3001)]}),
                "invalid_blocks: `blocks[1]`: `text` has 3001 characters of at most 3000",
            ),
            (json!({"blocks": [section(0)]}), "invalid_blocks: `blocks[0]`: `text` is empty"),
            (
                json!({"blocks": [{"type": "section"}]}),
                "invalid_blocks: `blocks[0]`: neither `text` nor `fields`",
            ),
            (json!({"blocks": [{"type": "table"}]}), "invalid_blocks: `blocks[0]`: unsupported type `table`"),
            (
                json!({"blocks": [{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}]}),
                "invalid_blocks: `blocks[0]`: `text` has type `mrkdwn`, not plain_text",
            ),
            (
                json!({"blocks": [{"type": "actions", "elements": [button]}]}),
                "invalid_blocks: `blocks[0]`: `elements[0].text` has 76 characters of at most 75",
            ),
            (
                json!({"blocks": [{"type": "divider", "block_id": "a"}, {"type": "divider", "block_id": "a"}]}),
                "invalid_blocks: `blocks[1]`: `block_id` `a` is used twice",
            ),
        ];
        for (payload, expected) in cases {
            assert_eq!(check(payload), Err(expected.to_owned()));
        }
    }

    #[test]
    fn refuses_another_content_type_and_broken_json() {
        let form = accept(Some("application/x-www-form-urlencoded"), b"payload={}").unwrap_err();
        assert_eq!(
            form,
            Refusal::Payload(
                "content type is `application/x-www-form-urlencoded`, not `application/json`".into()
            )
        );
        assert!(matches!(accept(None, b"{}"), Err(Refusal::Payload(_))));
        assert!(matches!(accept(Some("application/json"), b"{\"text\":"), Err(Refusal::Payload(_))));
    }
}
