//! What was decided about one file of a plugin.

use serde::{Deserialize, Serialize};
use watchkeep_core::commit::{PluginDecision, PluginDecisionKind};
use watchkeep_core::ids::{Digest, PluginName};
use watchkeep_core::time::Wall;

use super::Row;

#[derive(Serialize, Deserialize)]
pub(crate) struct MarkRow<'a> {
    plugin: &'a str,
    digest: [u8; 32],
    at: i64,
    #[serde(borrow)]
    kind: Kind<'a>,
}

#[derive(Serialize, Deserialize)]
enum Kind<'a> {
    Bad { reason: &'a str },
    Approved { rights: Vec<String> },
}

impl Row for MarkRow<'_> {
    const TABLE: &'static str = "plugin_marks";
    const VERSION: u8 = 1;
}

impl<'a> From<&'a PluginDecision> for MarkRow<'a> {
    fn from(mark: &'a PluginDecision) -> Self {
        let PluginDecision { plugin, digest, at, kind } = mark;
        let kind = match kind {
            PluginDecisionKind::Bad { reason } => Kind::Bad { reason },
            PluginDecisionKind::Approved { rights } => Kind::Approved { rights: rights.clone() },
        };
        Self { plugin: plugin.as_str(), digest: digest.0, at: at.millis(), kind }
    }
}
impl From<MarkRow<'_>> for PluginDecision {
    fn from(row: MarkRow<'_>) -> Self {
        PluginDecision {
            plugin: PluginName::new(row.plugin),
            digest: Digest(row.digest),
            at: Wall::from_millis(row.at),
            kind: match row.kind {
                Kind::Bad { reason } => PluginDecisionKind::Bad { reason: reason.to_owned() },
                Kind::Approved { rights } => PluginDecisionKind::Approved { rights },
            },
        }
    }
}
