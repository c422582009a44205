//! Alerts that fire as they open: what needs no threshold, since it is itself the end of a wait.

use crate::alert::{Alert, AlertKey, AlertRecord, Begins, Phase};
use crate::commit::TransitionKind;
use crate::ids::AlertId;
use crate::labels::Labels;
use crate::reason::Reason;
use crate::report::{Judgement, State as CheckState};
use crate::time::Wall;
use crate::turn::Turn;

/// What opens.
pub(crate) struct Opening {
    pub(crate) level: Judgement,
    pub(crate) state: CheckState,
    /// The moment that names the life.
    pub(crate) began: Wall,
    pub(crate) since: Wall,
    pub(crate) summary: String,
    pub(crate) labels: Labels,
    pub(crate) reason: Reason,
}

impl Turn<'_> {
    pub(crate) fn open_firing(&mut self, key: AlertKey, opening: Opening) {
        let Opening { level, state, began, since, summary, labels, reason } = opening;
        let begins = Begins {
            id: AlertId::derive(&key.to_string(), began),
            phase: Phase::Firing { since: self.now.wall },
            level,
            since,
            summary,
            report: None,
            labels,
            last_good: None,
        };
        let record = AlertRecord::new(key.clone(), begins);
        self.transition(&record, TransitionKind::Firing, state);
        self.decide(&key, Some(record.id.clone()), reason);
        self.state.alerts.insert(key.clone(), Alert::new(record));
        self.alert_changed(&key);
        self.tell(&key);
    }
}
