//! What the config needs to know of a plugin. Data: the engine is not asked.

use serde_json::Value;
use watchkeep_core::ids::{Digest, PluginName};
use watchkeep_core::kind::PluginKind;

#[derive(Clone, PartialEq, Debug)]
pub struct PluginFacts {
    pub name: PluginName,
    pub kind: PluginKind,
    /// JSON Schema 2020-12 of the plugin's config. Properties may be marked `x-watchkeep-grant` (`http`, `net`,
    /// `tcp`, `dns`, `icmp`: a literal value is its own grant) and `x-watchkeep-secret: true` (takes
    /// `{ secret = "NAME" }` and nothing else).
    pub schema: Value,
    pub digest: Digest,
}
