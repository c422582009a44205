//! The first tick after `restore`: plans everything, and deals with what the config changed while the host was down.

use std::sync::Arc;

use crate::ids::{CheckName, ReceiverName};
use crate::inputs::{config, rename, windows};
use crate::model::keys::AlertKey;
use crate::model::view::Update;
use crate::record::Transaction;
use crate::stages::act;
use crate::stages::judge::host;
use crate::stages::start::plan;
use crate::stages::start::plan::FirstRun;

/// The first tick after `restore`.
pub(crate) fn start_up(tx: &mut Transaction<'_>) {
    settle_alerts_of_missing_checks(tx);
    let mut first = FirstRun::from(tx.now.mono);
    for slot in tx.state.checks.slots() {
        plan::plan(tx, slot);
        plan::plan_first_run(tx, slot, &mut first);
    }
    act::settle_interrupted(tx);
    config::relabel_all(tx);
    windows::windows_changed(tx);
    let receivers: Vec<ReceiverName> = tx.state.outbox.receivers().cloned().collect();
    receivers.iter().for_each(|receiver| tx.receiver_woken(receiver));
    host::watch_itself(tx);
    publish_all(tx);
}

fn publish_all(tx: &mut Transaction<'_>) {
    for slot in tx.state.checks.slots() {
        tx.publish_check(slot);
    }
    let alerts: Vec<_> = tx.state.alerts().cloned().map(Arc::new).map(Update::Alert).collect();
    let deliveries: Vec<_> = tx.state.outbox().cloned().map(Update::Delivery).collect();
    let groups: Vec<_> = tx.state.groups().cloned().map(Arc::new).map(Update::Group).collect();
    let windows: Vec<_> = tx.state.windows().cloned().map(Update::Window).collect();
    let actions: Vec<_> = tx.state.actions().cloned().map(Update::Action).collect();
    let all = alerts.into_iter().chain(groups).chain(windows).chain(deliveries).chain(actions);
    all.for_each(|update| tx.publish(update));
}

/// Deals with alerts of checks that were renamed, removed or disabled while the host was down.
fn settle_alerts_of_missing_checks(tx: &mut Transaction<'_>) {
    let setup = Arc::clone(&tx.state.setup);
    let renames: Vec<(CheckName, CheckName)> = setup
        .checks
        .values()
        .filter_map(|spec| Some((spec.name.clone(), spec.renamed_from.clone()?)))
        .filter(|(_, old)| !setup.checks.contains_key(old))
        .collect();
    for (new, old) in renames {
        rename::rename_alerts(tx, &old, &new);
    }
    let orphans: Vec<AlertKey> = tx
        .state
        .alerts
        .keys()
        .filter(|key| match key.check() {
            Some(name) => setup.checks.get(name).is_none_or(|spec| !spec.enabled),
            None => false,
        })
        .cloned()
        .collect();
    for key in orphans {
        config::close_removed(tx, &key);
    }
}
