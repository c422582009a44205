//! Why notifications about an alert are held back, and until when, as far as that is known.

use watchkeep_core::alert::{AlertRecord, Hold};
use watchkeep_core::outcome::Outcome;
use watchkeep_core::report::State;
use watchkeep_core::setup::Parent;
use watchkeep_core::telling::{HeldBy, held_by_hours};
use watchkeep_core::window::{WindowKind, WindowStatus};

use super::{Scene, named, parent_text};

impl Scene {
    /// What holds the alert back, in the order of `Hold`; hours come last, those of single routes among them.
    pub(crate) fn held(&self, alert: &AlertRecord) -> Vec<HeldBy> {
        let beside_hours = alert.holds.iter().filter(|hold| **hold != Hold::NotifyHours);
        let mut held: Vec<HeldBy> = beside_hours.map(|hold| self.hold(alert, *hold)).collect();
        held.extend(held_by_hours(alert, &self.hours.setup, &self.hours.closed));
        held
    }

    fn hold(&self, alert: &AlertRecord, hold: Hold) -> HeldBy {
        let plain =
            |why: &str| HeldBy { hold, why: why.to_owned(), until: None, windows: Vec::new(), route: None };
        match hold {
            Hold::Silenced => self.windows(alert, hold, WindowKind::Silence),
            Hold::Maintenance => self.windows(alert, hold, WindowKind::Maintenance),
            Hold::Dependency => plain(&self.parents(alert)),
            Hold::Flapping => match self.flapping_percent(alert) {
                Some(percent) => plain(&format!("its state changes too often ({percent} %)")),
                None => plain("its state changes too often"),
            },
            Hold::NotifyHours => plain("it is outside its hours"),
            Hold::HostOffline => plain("this host is cut off"),
        }
    }

    /// The open windows of one kind that match the alert. If there are several, it is held until the last of them
    /// closes.
    fn windows(&self, alert: &AlertRecord, hold: Hold, kind: WindowKind) -> HeldBy {
        let mut held = HeldBy { hold, why: String::new(), until: None, windows: Vec::new(), route: None };
        let mut whys = Vec::new();
        for window in &self.windows {
            if window.kind != kind || !window.matches(&alert.labels) {
                continue;
            }
            match window.standing(self.now) {
                WindowStatus::Open { until } => {
                    held.until = held.until.max(Some(until));
                    held.windows.push(window.id.clone());
                    whys.push(window.to_string());
                }
                WindowStatus::Closed { .. } => {}
            }
        }
        held.why = whys.join("; ");
        held
    }

    /// What the alert depends on and is down: the members of each redundancy group that is down as a whole (rule A7).
    fn parents(&self, alert: &AlertRecord) -> String {
        let Some(view) = alert.key.check().and_then(|check| self.check(check)) else { return String::new() };
        let down = |parent: &Parent| {
            let Some(view) = self.check(parent.check()) else { return false };
            match parent {
                Parent::Check(_) => view.state == State::Critical,
                Parent::Finding(_, key) => match view.last.as_ref().map(|row| &row.outcome) {
                    Some(Outcome::Report(report)) => report
                        .findings
                        .iter()
                        .any(|finding| finding.key == *key && finding.state == State::Critical),
                    Some(Outcome::Failed(_)) | None => false,
                },
            }
        };
        let groups = view.spec.depends_on.iter().filter(|group| !group.is_empty() && group.iter().all(down));
        let names: Vec<String> = groups.flatten().map(parent_text).collect();
        match names.as_slice() {
            [] => "something that it depends on is down".to_owned(),
            [one] => format!("it depends on `{one}`, which is down"),
            many => format!("it depends on {}, which are down", named(many.iter().map(String::as_str))),
        }
    }

    /// The percentage of the finding itself, or of its check.
    fn flapping_percent(&self, alert: &AlertRecord) -> Option<u32> {
        if alert.flaps.is_flapping() {
            return Some(alert.flaps.percent());
        }
        let last = self.check(alert.key.check()?)?.last?;
        last.flaps.is_flapping().then(|| last.flaps.percent())
    }
}
