//! Alerts that fire as soon as they open. They need no threshold, because they open at the end of a wait.

use crate::ids::AlertId;
use crate::labels::Labels;
use crate::model::alert::{Alert, AlertRecord, Begins, Phase};
use crate::model::commit::TransitionKind;
use crate::model::keys::AlertKey;
use crate::reason::Reason;
use crate::record::Transaction;
use crate::report::{Judgement, State as CheckState};
use crate::time::Wall;

/// An alert that is to open.
pub(crate) struct Opening {
    pub(crate) level: Judgement,
    pub(crate) state: CheckState,
    /// The moment by which the life is named.
    pub(crate) began: Wall,
    pub(crate) since: Wall,
    pub(crate) summary: String,
    pub(crate) labels: Labels,
    pub(crate) reason: Reason,
}

pub(crate) fn open_firing(tx: &mut Transaction<'_>, key: AlertKey, opening: Opening) {
    let Opening { level, state, began, since, summary, labels, reason } = opening;
    let begins = Begins {
        id: AlertId::derive(&key.to_string(), began),
        phase: Phase::Firing { since: tx.now.wall },
        level,
        since,
        summary,
        report: None,
        labels,
        last_good: None,
    };
    let record = AlertRecord::new(key.clone(), begins);
    tx.transition(&record, TransitionKind::Firing, state);
    tx.decide(&key, Some(record.id.clone()), reason);
    tx.state.alerts.insert(key.clone(), Alert::new(record, tx.now));
    tx.alert_changed(&key);
    tx.mark_to_tell(&key);
}
