//! What an operator can order: to approve a file that asks for more rights, or to go back.

use watchkeep_core::commit::{PluginDecision, PluginDecisionKind};
use watchkeep_core::ids::PluginName;

use super::super::clock::wall;
use super::events::Stage;
use super::ledger::{Waiting, Why};
use super::{PluginReloader, source_of};

/// Why an order is not followed; a sentence with its fix.
pub(crate) enum Refusal {
    NoSuchPlugin,
    Refused(String),
}

impl PluginReloader {
    /// Approves a file by its digest, with exactly these rights. Another build, or the same one asking for something
    /// else by now, has to be approved again.
    pub(crate) async fn approve(
        &self,
        name: &PluginName,
        digest: &str,
        rights: &[String],
    ) -> Result<(), Refusal> {
        let _turn = self.turn.lock().await;
        let waiting = self.ledger().waiting_of(name).cloned();
        let Some(waiting) = waiting else {
            return Err(match self.in_force.load().catalogue.find(name) {
                Some(_) => Refusal::Refused(format!(
                    "plugin `{name}` waits for no approval; hint: `watchkeep plugin list` says what does"
                )),
                None => Refusal::NoSuchPlugin,
            });
        };
        let Waiting { generation, why: Why::Grant(asked), .. } = &waiting else {
            return Err(Refusal::Refused(format!(
                "the new file of plugin `{name}` waits for a config that fits it, not for an approval; hint: change the config and run `watchkeep reload`"
            )));
        };
        let waits = generation.digest;
        if waits.to_string() != digest {
            return Err(Refusal::Refused(format!(
                "what waits is generation {} of plugin `{name}`, not the one to be approved; hint: look at it again with `watchkeep plugin list`",
                waits.short()
            )));
        }
        if asked != rights {
            return Err(Refusal::Refused(format!(
                "generation {} of plugin `{name}` asks for other rights by now: {}; hint: approve exactly these",
                waits.short(),
                asked.join(", ")
            )));
        }
        let kind = PluginDecisionKind::Approved { rights: asked.clone() };
        self.put_plugin_decision(PluginDecision { plugin: name.clone(), digest: waits, at: wall(), kind });
        tracing::info!(plugin = %name, digest = %waits, rights = asked.join(", "), "approved");
        self.take(&waiting.path, &waiting.bytes, &waiting.generation).await;
        Ok(())
    }

    pub(crate) async fn roll_back(&self, name: &PluginName) -> Result<(), Refusal> {
        let _turn = self.turn.lock().await;
        if self.in_force.load().catalogue.find(name).is_none() {
            return Err(Refusal::NoSuchPlugin);
        }
        self.go_back(name, Stage::Operator, "an operator ordered it").map_err(|problem| {
            Refusal::Refused(format!("{problem}; hint: put the file that you want into the plugin folder"))
        })
    }
}

impl Waiting {
    pub(crate) fn source(&self) -> String {
        source_of(&self.path)
    }
}
