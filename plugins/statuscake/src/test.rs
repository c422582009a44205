//! A test, as StatusCake's lists tell of it.

use watchkeep_sdk::clipped;
use watchkeep_sdk::config::Value;
use watchkeep_sdk::wording::from_rfc3339;

use crate::config::Kind;

const TAGS_MAX: usize = 20;

#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Test {
    pub(crate) kind: Kind,
    /// StatusCake's number.
    pub(crate) id: String,
    /// The number alone of an uptime test.
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) paused: bool,
    /// `up`, `down`; of a paused test the last one.
    pub(crate) status: String,
    /// In percent.
    pub(crate) uptime: Option<f64>,
    /// What is tested.
    pub(crate) target: String,
    /// `HTTP`, `PING` and so on, of an uptime test.
    pub(crate) test_type: String,
    pub(crate) tags: Vec<String>,
    /// For a certificate: when it expires, in milliseconds since the Unix epoch.
    pub(crate) valid_until: Option<u64>,
}

impl Test {
    /// None without a number.
    pub(crate) fn read(kind: Kind, item: &Value) -> Option<Self> {
        let id = match &item["id"] {
            Value::String(id) if !id.trim().is_empty() => clipped(id.trim()),
            Value::Number(id) => id.as_u64()?.to_string(),
            Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
                return None;
            }
        };
        let text = |key: &str| item[key].as_str().map(clipped).unwrap_or_default();
        let key = match kind {
            Kind::Uptime => id.clone(),
            Kind::Heartbeat => format!("heartbeat/{id}"),
            Kind::Ssl => format!("ssl/{id}"),
        };
        let target = text("website_url");
        let name = [text("name"), target.clone(), key.clone()].into_iter().find(|name| !name.is_empty());
        let tags = item["tags"].as_array().into_iter().flatten().filter_map(Value::as_str);
        Some(Self {
            kind,
            key,
            name: name.unwrap_or_default(),
            paused: item["paused"].as_bool().unwrap_or_default(),
            status: text("status"),
            uptime: item["uptime"].as_f64().filter(|uptime| (0.0..=100.0).contains(uptime)),
            target,
            test_type: text("test_type"),
            tags: tags.take(TAGS_MAX).map(clipped).collect(),
            valid_until: item["valid_until"].as_str().and_then(from_rfc3339),
            id,
        })
    }

    pub(crate) fn is_up(&self) -> bool {
        self.status == "up"
    }
}
