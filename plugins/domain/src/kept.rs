//! What is kept of a domain between runs.

use serde_json::Value;
use watchkeep_sdk::kv;

use crate::answer::{Date, Registration};
use crate::config::Name;

const PREFIX: &str = "domain/";

/// What a registry said of a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Found {
    Registered(Box<Registration>),
    NotRegistered,
}

/// Moments are milliseconds since the Unix epoch.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Memory {
    pub(crate) answer: Option<(u64, Found)>,
    /// Not asked again before, and why.
    pub(crate) wait: Option<(u64, String)>,
    /// Who is asked, by the list, and since when that is known.
    pub(crate) server: Option<(u64, String)>,
}

impl Memory {
    pub(crate) fn of(name: &Name) -> Self {
        let text = kv::get_text(&key(name)).unwrap_or_default();
        serde_json::from_slice(text.as_bytes()).map(|value| read(&value)).unwrap_or_default()
    }

    pub(crate) fn keep(&self, name: &Name) {
        let text = serde_json::to_string(&written(self)).unwrap_or_default();
        // Without it the registry is asked once more than need be.
        let _ = kv::set(&key(name), text);
    }

    /// 0: never.
    pub(crate) fn answered_at(&self) -> u64 {
        self.answer.as_ref().map_or(0, |(at, _)| *at)
    }
}

/// Forgets the domains that are no longer in the config.
pub(crate) fn forget_others(names: &[Name]) {
    for found in kv::keys(PREFIX) {
        if !names.iter().any(|name| key(name) == found) {
            // It is looked for again in the next run.
            let _ = kv::delete(&found);
        }
    }
}

fn key(name: &Name) -> String {
    format!("{PREFIX}{}", name.as_str())
}

fn written(kept: &Memory) -> Value {
    let pair = |pair: &Option<(u64, String)>| {
        pair.as_ref()
            .map_or(Value::Null, |(at, text)| vec![Value::from(*at), Value::from(text.as_str())].into())
    };
    let answer = |(at, found): &(u64, Found)| Value::from(vec![Value::from(*at), found_written(found)]);
    object(&mut [
        ("answer", kept.answer.as_ref().map_or(Value::Null, answer)),
        ("wait", pair(&kept.wait)),
        ("server", pair(&kept.server)),
    ])
}

fn found_written(found: &Found) -> Value {
    let Found::Registered(it) = found else { return Value::Null };
    let (expires, unreadable) = match &it.expires {
        Date::At(at) => (Some(*at), None),
        Date::Unreadable(text) => (None, Some(text.clone())),
        Date::Unpublished => (None, None),
    };
    object(&mut [
        ("expires", expires.into()),
        ("unreadable", unreadable.into()),
        ("registered", it.registered.into()),
        ("changed", it.changed.into()),
        ("registrar", it.registrar.clone().into()),
        ("registrar_id", it.registrar_id.clone().into()),
        ("name_servers", it.name_servers.clone().into()),
        ("status", it.status.clone().into()),
    ])
}

/// One by one: collecting them would bring sorting and bulk building into the component.
fn object(members: &mut [(&str, Value)]) -> Value {
    let mut object = serde_json::Map::new();
    for (key, value) in members {
        object.insert((*key).to_owned(), value.take());
    }
    Value::Object(object)
}

fn read(value: &Value) -> Memory {
    let pair = |key: &str| Some((value[key][0].as_u64()?, value[key][1].as_str()?.to_owned()));
    let answer = value["answer"][0].as_u64().map(|at| (at, found(&value["answer"][1])));
    Memory { answer, wait: pair("wait"), server: pair("server") }
}

fn found(value: &Value) -> Found {
    if value.is_null() {
        return Found::NotRegistered;
    }
    let text = |key: &str| value[key].as_str().map(str::to_owned);
    let texts = |key: &str| {
        let list = value[key].as_array()?;
        Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    };
    let expires =
        value["expires"].as_u64().map(Date::At).or_else(|| text("unreadable").map(Date::Unreadable));
    Found::Registered(Box::new(Registration {
        expires: expires.unwrap_or_default(),
        registered: value["registered"].as_u64(),
        changed: value["changed"].as_u64(),
        registrar: text("registrar"),
        registrar_id: text("registrar_id"),
        name_servers: texts("name_servers"),
        status: texts("status").unwrap_or_default(),
    }))
}
