//! What a check looks at: those values of its config that its plugin marked as targets.

use serde_json::Value;
use watchkeep_core::grant::Target;
use watchkeep_core::setup::CheckSpec;

use super::words::{shortened, web_link};
use crate::api::json::config;
use crate::router::App;

const SHOWN_MAX: usize = 4;
const CHARACTERS_MAX: usize = 200;
/// What a field of a plugin's config may grant.
const CAPABILITIES: [&str; 6] = ["http", "net", "tcp", "udp", "dns", "icmp"];

pub(super) struct TargetLine {
    pub(super) text: String,
    pub(super) link: Option<String>,
}

/// In the order of their keys, each once. What stands in a secret is not among them, because it is not in the config.
pub(super) fn targets(app: &App, spec: &CheckSpec) -> Vec<TargetLine> {
    let granted = app.host.targets(&spec.name);
    let mut found = Vec::new();
    gather(&config(spec), &granted, &mut found);
    let line = |text: String| TargetLine { link: web_link(&text), text: shortened(&text, CHARACTERS_MAX) };
    found.into_iter().take(SHOWN_MAX).map(line).collect()
}

fn gather(value: &Value, granted: &[Target], found: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            let is_granted = CAPABILITIES.iter().any(|capability| {
                Target::from_config(capability, text).is_ok_and(|target| granted.contains(&target))
            });
            if is_granted && !found.contains(text) {
                found.push(text.clone());
            }
        }
        Value::Array(values) => values.iter().for_each(|value| gather(value, granted, found)),
        Value::Object(values) => values.values().for_each(|value| gather(value, granted, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
