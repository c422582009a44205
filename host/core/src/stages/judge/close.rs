//! Ends a life (rules A4, A11, D4). Everybody to whom an attempt was begun is owed the resolve, whatever holds, routes
//! or reloads come in between. The others are told nothing, unless the check asks that short lives be told.

use std::sync::Arc;

use crate::model::alert::{EndedLife, Phase, ShortLife};
use crate::model::commit::TransitionKind;
use crate::model::keys::AlertKey;
use crate::reason::Reason;
use crate::record::Transaction;
use crate::report::State as CheckState;
use crate::rules::ends::Closing;
use crate::rules::notice::Over;
use crate::rules::{ends, notice};
use crate::stages::act;
use crate::stages::tell::healed;

/// Ends a life that fired. A pending one merely calms.
pub(crate) fn close(tx: &mut Transaction<'_>, key: &AlertKey, closing: Closing) {
    let Some(mut alert) = tx.state.alerts.remove(key) else { return };
    tx.alert_changed(key);
    tx.dependants_look_again(key);
    let (kind, reason) = match &closing {
        Closing::Recovered { oks } => (TransitionKind::Resolved, Some(Reason::Recovered { oks: *oks })),
        Closing::Judged { judgement, .. } => {
            (TransitionKind::Resolved, Some(Reason::JudgedAgain { judgement: *judgement }))
        }
        Closing::Well | Closing::FindingGone | Closing::Paused => (TransitionKind::Resolved, None),
        Closing::Removed => (TransitionKind::Removed, Some(Reason::CheckRemoved)),
    };
    act::life_ended(tx, &alert.record.id);
    let state = ends::ends_as(&mut alert.record, closing);
    tx.transition(&alert.record, kind, state);
    if let Some(reason) = reason {
        tx.decide(key, Some(alert.record.id.clone()), reason);
    }
    if alert.record.phase == Phase::Pending {
        if state == CheckState::Ok {
            healed::tell_if_healed(tx, &alert.record);
        }
        return;
    }
    let setup = Arc::clone(&tx.state.setup);
    let told = notice::notice(tx.state, &alert.record, Some(Over { at: tx.now.wall, state }));
    let short = match key.check().and_then(|name| setup.checks.get(name)) {
        Some(spec) if spec.send_short => ShortLife::Combined,
        Some(_) | None => ShortLife::Silent,
    };
    tx.ended.push_back(EndedLife { alert, notice: told, short });
}
