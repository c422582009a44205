//! What an action came to, and what people decide about actions (rules X1, X5).

use crate::ids::{ActionName, AlertId};
use crate::model::commit::Change;
use crate::model::input::ActionFinished;
use crate::model::keys::AlertKey;
use crate::model::recovery::{ActionStatus, Mode};
use crate::record::Transaction;
use crate::stages::act;

/// The result of an occasion that is under way; any other says nothing new.
pub(crate) fn action_finished(tx: &mut Transaction<'_>, finished: ActionFinished) {
    let ActionFinished { occasion, result, kv } = finished;
    let act = tx.state.actions.get(&occasion);
    if !act.is_some_and(|act| matches!(act.record.status, ActionStatus::Begun { .. })) {
        return;
    }
    for write in kv {
        tx.note(Change::Kv(write));
    }
    act::ended(tx, &occasion, result);
}

pub(crate) fn act_by_hand(
    tx: &mut Transaction<'_>,
    action: &ActionName,
    alert: &AlertId,
    mode: Mode,
    by: &str,
) {
    let named = tx.state.alerts.iter().find(|(_, open)| open.record.id == *alert);
    let Some(key) = named.map(|(key, _)| key.clone()) else { return };
    match key {
        AlertKey::Check(_) | AlertKey::Finding(..) => act::act_by_hand(tx, &key, action, mode, by),
        AlertKey::NotJudged(_) | AlertKey::Plugin(_) | AlertKey::Host(_) => {}
    }
}
