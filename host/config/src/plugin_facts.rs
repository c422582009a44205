//! What the config needs to know about a plugin, as data: the engine is not called.

use serde_json::Value;
use watchkeep_core::ids::{Digest, PluginName};
use watchkeep_core::kind::PluginKind;

#[derive(Clone, PartialEq, Debug)]
pub struct PluginFacts {
    pub name: PluginName,
    pub kind: PluginKind,
    /// The JSON Schema 2020-12 of the plugin's config. Properties may be marked `x-watchkeep-grant` (`http`, `net`,
    /// `tcp`, `dns`, `icmp`: a literal value is its own grant) and `x-watchkeep-secret: true` (accepts `{ secret =
    /// "NAME" }` and nothing else).
    pub schema: Value,
    pub digest: Digest,
}
