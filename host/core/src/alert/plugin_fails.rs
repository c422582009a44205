//! A plugin's own failing as an alert of its owner (rule A2), told by a route of its own (`route::of_owner`). It opens when one of its checks failed
//! `FAILURES_TO_TELL` times in a row, and resolves when every check that did so reports again. An `inconclusive`
//! run and the host's own failing neither count nor heal.

use crate::alert::close::Closing;
use crate::alert::open::Opening;
use crate::alert::{AlertKey, notice};
use crate::check::Slot;
use crate::ids::{CheckName, PluginName};
use crate::outcome::Outcome;
use crate::plugin::{FAILURES_TO_TELL, blames_plugin};
use crate::reason::Reason;
use crate::report::{Judgement, State as CheckState};
use crate::time::Wall;
use crate::turn::Turn;

impl Turn<'_> {
    /// What a run says about the plugin.
    pub(crate) fn plugin_did(&mut self, slot: Slot, outcome: &Outcome, began: Wall) {
        let Some(check) = self.state.checks.get_mut(slot) else { return };
        match outcome {
            Outcome::Report(_) => {
                let failures = std::mem::take(&mut check.failures);
                if failures > 0 || self.state.plugin_alerts > 0 {
                    let (plugin, name) = self.state.plugin_and_name(slot);
                    self.plugin_heals(&plugin, &name, Closing::Well);
                }
            }
            Outcome::Failed(failure) if blames_plugin(failure.reason) => {
                check.failures = check.failures.saturating_add(1);
                if check.failures == FAILURES_TO_TELL {
                    let (plugin, name) = self.state.plugin_and_name(slot);
                    // The hint says what its owner can do: what to grant, which limit to raise.
                    let hint = failure.hint.iter().map(|hint| format!("; hint: {hint}")).collect::<String>();
                    let summary =
                        format!("plugin `{plugin}` fails in check `{name}`: {}{hint}", failure.message);
                    self.plugin_fails(&plugin, name, summary, began);
                }
            }
            Outcome::Failed(_) => {}
        }
    }

    fn plugin_fails(&mut self, plugin: &PluginName, check: CheckName, summary: String, began: Wall) {
        self.state.plugins.entry(plugin.clone()).or_default().failing.insert(check);
        let key = AlertKey::Plugin(plugin.clone());
        if self.state.alerts.contains_key(&key) {
            return;
        }
        let level = Judgement::Warning;
        self.state.plugin_alerts += 1;
        let opening = Opening {
            level,
            state: CheckState::Unknown,
            began,
            since: self.now.wall,
            reason: Reason::NotJudged { why: summary.clone() },
            summary,
            labels: notice::plugin_labels(&key, &self.state.setup, level),
        };
        self.open_firing(key, opening);
    }

    /// The check is gone, has another plugin, or another name.
    pub(crate) fn plugin_rid_of(&mut self, plugin: &PluginName, check: &CheckName) {
        self.plugin_heals(plugin, check, Closing::Removed);
    }

    fn plugin_heals(&mut self, plugin: &PluginName, check: &CheckName, closing: Closing) {
        let healed = match self.state.plugins.get_mut(plugin) {
            Some(known) => {
                known.failing.remove(check);
                known.failing.is_empty()
            }
            None => true,
        };
        let key = AlertKey::Plugin(plugin.clone());
        if healed && self.state.alerts.contains_key(&key) {
            self.state.plugin_alerts -= 1;
            self.close(&key, closing);
        }
    }
}
