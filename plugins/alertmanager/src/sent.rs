//! Under which labels each life stands in Alertmanager. Kept with the delivery, and forgotten with the life.

use serde_json::Value;
use watchkeep_sdk::config::text;
use watchkeep_sdk::kv::KvError;
use watchkeep_sdk::prelude::*;

use crate::json::Object;

#[derive(Default)]
pub(crate) struct Sent {
    /// By key; none is forgotten.
    changes: Vec<(String, Option<String>)>,
}

impl Sent {
    pub(crate) fn before(&self, alert: &Alert) -> Option<Object> {
        match serde_json::from_slice(&kv::get(&key(alert))?.value) {
            Ok(Value::Object(labels)) => Some(labels),
            Ok(_) | Err(_) => None,
        }
    }

    pub(crate) fn now(&mut self, alert: &Alert, labels: &Object) {
        let kept = alert.until.is_none().then(|| text(&Value::Object(labels.clone())));
        self.changes.push((key(alert), kept));
    }

    /// Once they are told. Without it an alert whose labels change lasts until its time is over.
    pub(crate) fn keep(self) {
        for (key, kept) in self.changes {
            let done: Result<(), KvError> = match kept {
                Some(labels) => kv::set(&key, labels).map(|_| ()),
                None => kv::delete(&key),
            };
            if done.is_err() {
                log::warn(&format!("under which labels `{key}` stands could not be kept"));
            }
        }
    }
}

fn key(alert: &Alert) -> String {
    format!("labels/{}", alert.id)
}
