//! What Slack refuses in a message.

use serde_json::{Value, json};

use watchkeep_doubles::Request;
use watchkeep_doubles::message::{is_page, items};

const TEXT_CHARS_MAX: usize = 40_000;
const BLOCKS_MAX: usize = 50;
const SECTION_CHARS_MAX: usize = 3_000;
const CONTEXT_ELEMENTS_MAX: usize = 10;

pub(super) struct Refused {
    pub(super) word: &'static str,
    /// Further members of the answer.
    pub(super) more: Value,
}

impl Refused {
    pub(super) fn word(word: &'static str) -> Self {
        Self { word, more: Value::Null }
    }
    fn because(word: &'static str, message: String) -> Self {
        Self { word, more: json!({ "response_metadata": { "messages": [message] } }) }
    }
    /// As a webhook says it.
    pub(super) fn told(&self) -> String {
        match self.more["response_metadata"]["messages"][0].as_str() {
            Some(message) => format!("{}: {message}", self.word),
            None => self.word.to_owned(),
        }
    }
}

pub(super) fn field(request: &Request, name: &str) -> Option<String> {
    request.form().into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

pub(super) fn json(request: &Request) -> Result<Value, Refused> {
    if request.media_type() != "application/json" {
        return Err(Refused::because(
            "invalid_payload",
            format!("content type is `{}`", request.media_type()),
        ));
    }
    match serde_json::from_slice::<Value>(&request.body) {
        Ok(value) if value.is_object() => Ok(value),
        Ok(_) => Err(Refused::word("json_not_object")),
        Err(error) => Err(Refused::because("invalid_payload", error.to_string())),
    }
}

pub(super) fn message(message: Value) -> Result<Value, Refused> {
    // It is what a phone shows, and what is read aloud: blocks alone would do for Slack, not for people.
    let text = message["text"].as_str().filter(|text| !text.trim().is_empty());
    let text = text.ok_or_else(|| Refused::word("no_text"))?;
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(Refused::word("msg_too_long"));
    }
    // Who is called stands in front, where no target's words come.
    let said = text.strip_prefix('<').and_then(|rest| rest.split_once('>'));
    let said = said.filter(|(who, _)| who.starts_with(['!', '@'])).map_or(text, |(_, said)| said);
    escaped(said)?;
    let of_attachments =
        items(&message["attachments"]).iter().filter_map(|attachment| attachment["blocks"].as_array());
    for blocks in message["blocks"].as_array().into_iter().chain(of_attachments) {
        if blocks.len() > BLOCKS_MAX {
            return Err(Refused::because("invalid_blocks", format!("{} blocks", blocks.len())));
        }
        blocks.iter().try_for_each(block)?;
    }
    Ok(message)
}

fn block(block: &Value) -> Result<(), Refused> {
    match block["type"].as_str() {
        Some("section") => text_object(&block["text"]),
        Some("context") => {
            let elements = items(&block["elements"]);
            if elements.is_empty() || elements.len() > CONTEXT_ELEMENTS_MAX {
                return Err(Refused::because("invalid_blocks", format!("{} elements", elements.len())));
            }
            elements.iter().try_for_each(text_object)
        }
        Some("divider") => Ok(()),
        Some("actions") => {
            let elements = items(&block["elements"]);
            let ids: std::collections::BTreeSet<_> =
                elements.iter().map(|button| button["action_id"].as_str()).collect();
            if elements.is_empty() || elements.len() > 25 || ids.len() != elements.len() {
                return Err(Refused::because("invalid_blocks", format!("{} actions", elements.len())));
            }
            elements.iter().try_for_each(button)
        }
        other => Err(Refused::because("invalid_blocks", format!("unsupported type {other:?}"))),
    }
}

fn button(button: &Value) -> Result<(), Refused> {
    let chars = |value: &Value| value.as_str().map_or(0, |text| text.chars().count());
    let text = &button["text"];
    let is_good = button["type"] == "button"
        && text["type"] == "plain_text"
        && (1..=75).contains(&chars(&text["text"]))
        && (1..=255).contains(&chars(&button["action_id"]))
        && chars(&button["value"]) <= 2_000;
    if is_good { Ok(()) } else { Err(Refused::because("invalid_blocks", format!("a button {button}"))) }
}

fn text_object(object: &Value) -> Result<(), Refused> {
    let text = object["text"].as_str().unwrap_or_default();
    let chars = text.chars().count();
    if object["type"] != "mrkdwn" || chars == 0 || chars > SECTION_CHARS_MAX {
        return Err(Refused::because("invalid_blocks", format!("a text of {chars} characters")));
    }
    escaped(text)
}

/// Every `<` opens a link, every `&` an escape. Slack itself would take the rest, and call people.
fn escaped(text: &str) -> Result<(), Refused> {
    let wrong = |what: &str| Err(Refused::because("invalid_payload", format!("{what} in `{text}`")));
    for (at, _) in text.match_indices('&') {
        if !["&amp;", "&lt;", "&gt;"].iter().any(|escape| text[at..].starts_with(escape)) {
            return wrong("an unescaped `&`");
        }
    }
    let mut rest = text;
    while let Some((before, link)) = rest.split_once('<') {
        let Some((link, after)) = link.split_once('>') else { return wrong("an unescaped `<`") };
        if before.contains('>') || !is_page(link.split('|').next().unwrap_or_default()) {
            return wrong("a control sequence");
        }
        rest = after;
    }
    if rest.contains('>') { wrong("an unescaped `>`") } else { Ok(()) }
}
