//! The alert about a failing plugin (rule A2), which is told by a route of its owner's (`route::of_owner`). It opens
//! when one of the plugin's checks has failed `FAILURES_TO_TELL` times in a row, and resolves when every such check
//! reports again. `inconclusive` runs and failures of the host neither count as failures nor end the alert.

use crate::ids::{CheckName, PluginName};
use crate::model::keys::{AlertKey, Slot};
use crate::model::plugin::{FAILURES_TO_TELL, blames_plugin};
use crate::outcome::Outcome;
use crate::reason::Reason;
use crate::record::Transaction;
use crate::report::{Judgement, State as CheckState};
use crate::rules::ends::Closing;
use crate::rules::notice;
use crate::stages::judge::open::Opening;
use crate::stages::judge::{close, open};
use crate::time::Wall;

/// Takes in what a run says about its plugin.
pub(crate) fn record_plugin_result(tx: &mut Transaction<'_>, slot: Slot, outcome: &Outcome, began: Wall) {
    let Some(check) = tx.state.checks.at_hand_mut(slot) else { return };
    match outcome {
        Outcome::Report(_) => {
            let failures = std::mem::take(&mut check.failures);
            if failures > 0 || tx.state.plugin_alerts > 0 {
                let (plugin, name) = tx.state.plugin_and_name(slot);
                plugin_heals(tx, &plugin, &name, Closing::Well);
            }
        }
        Outcome::Failed(failure) if blames_plugin(failure.reason) => {
            check.failures = check.failures.saturating_add(1);
            if check.failures == FAILURES_TO_TELL {
                let (plugin, name) = tx.state.plugin_and_name(slot);
                // The hint tells the owner what to do: what to grant, which limit to raise.
                let hint = failure.hint.iter().map(|hint| format!("; hint: {hint}")).collect::<String>();
                let summary = format!("plugin `{plugin}` fails in check `{name}`: {}{hint}", failure.message);
                plugin_fails(tx, &plugin, name, summary, began);
            }
        }
        Outcome::Failed(_) => {}
    }
}

fn plugin_fails(
    tx: &mut Transaction<'_>,
    plugin: &PluginName,
    check: CheckName,
    summary: String,
    began: Wall,
) {
    tx.state.plugins.entry(plugin.clone()).or_default().failing.insert(check);
    let key = AlertKey::Plugin(plugin.clone());
    if tx.state.alerts.contains_key(&key) {
        return;
    }
    let level = Judgement::Warning;
    tx.state.plugin_alerts += 1;
    let opening = Opening {
        level,
        state: CheckState::Unknown,
        began,
        since: tx.now.wall,
        reason: Reason::NotJudged { why: summary.clone() },
        summary,
        labels: notice::plugin_labels(&key, &tx.state.setup, level),
    };
    open::open_firing(tx, key, opening);
}

/// The check is no longer one of the plugin's: it is gone, has another plugin, or another name.
pub(crate) fn plugin_rid_of(tx: &mut Transaction<'_>, plugin: &PluginName, check: &CheckName) {
    plugin_heals(tx, plugin, check, Closing::Removed);
}

fn plugin_heals(tx: &mut Transaction<'_>, plugin: &PluginName, check: &CheckName, closing: Closing) {
    let healed = match tx.state.plugins.get_mut(plugin) {
        Some(known) => {
            known.failing.remove(check);
            known.failing.is_empty()
        }
        None => true,
    };
    let key = AlertKey::Plugin(plugin.clone());
    if healed && tx.state.alerts.contains_key(&key) {
        tx.state.plugin_alerts -= 1;
        close::close(tx, &key, closing);
    }
}
