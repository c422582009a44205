//! Ends an acknowledgement: the alert got worse than told, its time is up, or somebody took it back (rules A3, R4).

use crate::model::alert::Lasting;
use crate::model::keys::AlertKey;
use crate::reason::Reason;
use crate::record::Transaction;

/// Ends it because the alert got worse than told, and whoever took it may not know (rule A3).
pub(crate) fn clear_acknowledgement(tx: &mut Transaction<'_>, key: &AlertKey) {
    let taken = tx.state.alerts.get(key).and_then(|alert| alert.record.acknowledged.as_ref());
    match taken.map(|taken| taken.lasting) {
        Some(Lasting::UntilWorse) => end_acknowledgement(tx, key, Reason::AcknowledgementCleared),
        Some(Lasting::Sticky) | None => {}
    }
}

pub(crate) fn expire_acknowledgement(tx: &mut Transaction<'_>, key: &AlertKey) {
    let now = tx.now.wall;
    let taken = tx.state.alerts.get(key).and_then(|alert| alert.record.acknowledged.as_ref());
    if taken.and_then(|taken| taken.until).is_some_and(|until| until <= now) {
        end_acknowledgement(tx, key, Reason::AcknowledgementExpired);
    }
}

/// Nobody has the alert any more: escalations start at their first step again (rule R4).
pub(crate) fn end_acknowledgement(tx: &mut Transaction<'_>, key: &AlertKey, reason: Reason) {
    let Some(alert) = tx.state.alerts.at_hand_mut(key) else { return };
    if alert.record.acknowledged.take().is_none() {
        return;
    }
    alert.restart_escalations();
    let id = alert.record.id.clone();
    tx.alert_changed_at_once(key);
    tx.decide(key, Some(id), reason);
}
