//! The last good generation of a plugin.

use serde::{Deserialize, Serialize};
use watchkeep_core::commit::GenerationRow;
use watchkeep_core::ids::{Digest, PluginName};
use watchkeep_core::time::Wall;

use super::Row;

#[derive(Serialize, Deserialize)]
pub(crate) struct GenerationRowV1<'a> {
    plugin: &'a str,
    digest: [u8; 32],
    version: &'a str,
    source: &'a str,
    since: i64,
}

impl Row for GenerationRowV1<'_> {
    const TABLE: &'static str = "generations";
    const VERSION: u8 = 1;
}

impl<'a> From<&'a GenerationRow> for GenerationRowV1<'a> {
    fn from(row: &'a GenerationRow) -> Self {
        let GenerationRow { plugin, digest, version, source, since } = row;
        Self { plugin: plugin.as_str(), digest: digest.0, version, source, since: since.millis() }
    }
}
impl From<GenerationRowV1<'_>> for GenerationRow {
    fn from(row: GenerationRowV1<'_>) -> Self {
        GenerationRow {
            plugin: PluginName::new(row.plugin),
            digest: Digest(row.digest),
            version: row.version.to_owned(),
            source: row.source.to_owned(),
            since: Wall::from_millis(row.since),
        }
    }
}
