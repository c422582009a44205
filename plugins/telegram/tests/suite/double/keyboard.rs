//! Buttons under messages, and the updates that tell of presses.

use serde_json::{Value, json};
use watchkeep_doubles::Reply;

use super::{bad, refused};

/// Bytes behind a button.
const DATA_BYTES_MAX: usize = 64;
const SAID_CHARS_MAX: usize = 200;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Key {
    pub label: String,
    /// What a press hands to the bot.
    pub data: Option<String>,
    /// The page that it opens.
    pub url: Option<String>,
}

pub(super) fn read(markup: &Value) -> Result<Vec<Key>, Reply> {
    if markup.is_null() {
        return Ok(Vec::new());
    }
    let rows = markup["inline_keyboard"].as_array().ok_or_else(|| bad("object expected as reply markup"))?;
    let keys = rows.iter().map(|row| row.as_array().ok_or_else(|| bad("row of a keyboard must be an Array")));
    let keys = keys.collect::<Result<Vec<_>, _>>()?;
    keys.into_iter().flatten().map(key).collect()
}

fn key(key: &Value) -> Result<Key, Reply> {
    let text = |name: &str| key[name].as_str().map(str::to_owned);
    let label =
        text("text").filter(|label| !label.is_empty()).ok_or_else(|| bad("text buttons are unallowed"))?;
    let (data, url) = (text("callback_data"), text("url"));
    match (&data, &url) {
        (Some(data), None) if (1..=DATA_BYTES_MAX).contains(&data.len()) => {}
        (Some(_), None) => return Err(bad("BUTTON_DATA_INVALID")),
        // A host without a dot, and this machine, are no addresses of Telegram's.
        (None, Some(url)) if is_reached_by_anybody(url) => {}
        (None, Some(_)) => return Err(bad("BUTTON_URL_INVALID")),
        (_, _) => return Err(bad("BUTTON_TYPE_INVALID")),
    }
    Ok(Key { label, data, url })
}

fn is_reached_by_anybody(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).unwrap_or_default();
    let host = rest.split(['/', ':', '?', '#']).next().unwrap_or_default();
    host.contains('.') && !host.ends_with(".internal") && !host.starts_with("127.")
}

/// What happens to the bot, kept until it is confirmed.
#[derive(Debug, Default)]
pub(super) struct Updates {
    waiting: Vec<(i64, Value)>,
    last_id: i64,
    /// Presses that were not answered yet, by id.
    open: Vec<String>,
    shown: Vec<(String, bool)>,
    is_stolen: bool,
}

impl Updates {
    pub(super) fn press(&mut self, data: &str, person: i64) {
        self.last_id += 1;
        let id = format!("press-{}", self.last_id);
        let press = json!({
            "update_id": self.last_id,
            "callback_query": { "id": id, "from": { "id": person, "is_bot": false, "first_name": "Ada" }, "data": data },
        });
        self.open.push(id);
        self.waiting.push((self.last_id, press));
    }
    pub(super) fn shown(&self) -> &[(String, bool)] {
        &self.shown
    }
    pub(super) fn steal(&mut self) {
        self.is_stolen = true;
    }
    pub(super) fn get(&mut self, body: &Value) -> Result<Value, Reply> {
        if self.is_stolen {
            let said = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
            return Err(refused(409, said));
        }
        let limit = body["limit"].as_u64().unwrap_or(100);
        if !(1..=100).contains(&limit) || body["timeout"].as_u64().is_some_and(|timeout| timeout > 50) {
            return Err(bad("invalid parameter"));
        }
        if let Some(offset) = body["offset"].as_i64() {
            self.waiting.retain(|(id, _)| *id >= offset);
        }
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(self.waiting.iter().take(limit).map(|(_, update)| update.clone()).collect())
    }
    pub(super) fn answer(&mut self, body: &Value) -> Result<Value, Reply> {
        let id = body["callback_query_id"].as_str().unwrap_or_default();
        let Some(place) = self.open.iter().position(|open| open == id) else {
            return Err(bad("query is too old and response timeout expired or query ID is invalid"));
        };
        let text = body["text"].as_str().unwrap_or_default().to_owned();
        if text.chars().count() > SAID_CHARS_MAX {
            return Err(bad("MESSAGE_TOO_LONG"));
        }
        self.open.remove(place);
        self.shown.push((text, body["show_alert"] == true));
        Ok(json!(true))
    }
}
