//! What stands behind a question mark.

use serde_json::{Value, json};

use crate::Reply;
use crate::exchange::plain;

#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// What a list may be asked for.
    pub(super) const fn of_list(list: &str) -> &'static [&'static str] {
        match list.as_bytes() {
            b"uptime" => &["page", "limit", "status", "tags", "matchany", "nouptime"],
            _ => &["page", "limit"],
        }
    }
    /// Only with keys that are known, each once.
    pub(super) fn read(text: &str, known: &[&str]) -> Result<Self, Reply> {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
        let query = Self(pairs.map(|(key, value)| (plain(key), plain(value))).collect());
        for (at, (key, _)) in query.0.iter().enumerate() {
            if !known.contains(&key.as_str()) || query.0[..at].iter().any(|(other, _)| other == key) {
                return Err(invalid(key, "is not known here, or stands twice"));
            }
        }
        if query.text("status").is_some_and(|status| !["up", "down"].contains(&status)) {
            return Err(invalid("status", "must be one of up, down"));
        }
        for key in ["before", "after"] {
            if query.text(key).is_some_and(|moment| moment.parse::<u64>().is_err()) {
                return Err(invalid(key, "must be a UNIX timestamp"));
            }
        }
        for key in ["matchany", "nouptime"] {
            query.is_true(key)?;
        }
        query.number("limit", 1, 100, 25)?;
        Ok(query)
    }
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }
    pub(super) fn number(&self, key: &str, least: u64, most: u64, otherwise: u64) -> Result<u64, Reply> {
        let Some(text) = self.text(key) else { return Ok(otherwise) };
        let number = text.parse().ok().filter(|number| (least..=most).contains(number));
        number.ok_or_else(|| invalid(key, &format!("must be between {least} and {most}")))
    }
    pub(super) fn is_true(&self, key: &str) -> Result<bool, Reply> {
        match self.text(key) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(invalid(key, "must be true or false")),
        }
    }
    /// Whether the query selects an uptime test, by its status and its tags.
    pub(super) fn takes(&self, item: &Value) -> bool {
        let has = |tag: &str| item["tags"].as_array().is_some_and(|tags| tags.iter().any(|it| it == tag));
        let is_of_status = self.text("status").is_none_or(|status| item["status"] == status);
        let mut wanted = self.text("tags").into_iter().flat_map(|tags| tags.split(','));
        let is_tagged = match self.text("matchany") {
            Some("true") => self.text("tags").is_none() || wanted.any(has),
            Some(_) | None => wanted.all(has),
        };
        is_of_status && is_tagged
    }
}

fn invalid(key: &str, why: &str) -> Reply {
    let message = "The provided parameters are invalid. Check the errors output for more information.";
    Reply::json(400, &json!({ "message": message, "errors": { key: [format!("{key} {why}")] } }))
}
