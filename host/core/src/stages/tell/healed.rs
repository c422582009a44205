//! A problem that automatic recovery may have healed before anybody was told of it is told all the same (rule X6), as an event:
//! it is over, so there is nothing to acknowledge, and nobody is paged for it.

use crate::action::Effect;
use crate::labels::Labels;
use crate::model::alert::AlertRecord;
use crate::model::keys::AlertKey;
use crate::model::recovery::{ActionRecord, ActionResult, ActionStatus, Helped};
use crate::record::Transaction;
use crate::report::{Event, Severity};
use crate::rules::{notice, recovery, tried};
use crate::stages::tell::events;

/// The alert is over, and nobody was told of it. If anything acted on it, that is told.
pub(crate) fn tell_if_healed(tx: &mut Transaction<'_>, alert: &AlertRecord) {
    let Some(check) = recovery::check_of(tx.state, &alert.key).cloned() else { return };
    let acts = tx.state.actions.of_alert(&alert.id).map(|act| &*act.record);
    let acted: Vec<&ActionRecord> = acts.filter(|record| record.has_acted()).collect();
    let Some(last) = acted.last() else { return };
    let event = Event {
        id: format!("recovered-{}", alert.id),
        thread: String::new(),
        severity: Severity::Info,
        title: title(alert, last),
        body: tried::sentences(tx.state, alert).join("\n"),
        link: Some(notice::link(&alert.key, &tx.state.setup)),
        at: tx.now.wall,
        labels: Labels::default(),
    };
    let reported = alert.labels.clone();
    events::tell_own_event(tx, &check, &reported, event);
}

/// Notifiers write the check's name before it.
fn title(alert: &AlertRecord, last: &ActionRecord) -> String {
    let finding = match &alert.key {
        AlertKey::Finding(_, finding) => format!("{finding}: "),
        AlertKey::Check(_) | AlertKey::NotJudged(_) | AlertKey::Plugin(_) | AlertKey::Host(_) => {
            String::new()
        }
    };
    match &last.status {
        ActionStatus::Ended {
            result: ActionResult::Done(Effect { summary, changed: true, .. }),
            helped: Helped::Yes,
            ..
        } => format!("{finding}{summary}, and it recovered"),
        _ => format!("{finding}it recovered after `{}` was tried", last.action),
    }
}
