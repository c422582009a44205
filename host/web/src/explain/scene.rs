//! What alerts are explained against: the config in force, what is open, and what is on its way to receivers.

use std::sync::Arc;

use watchkeep_core::alert::{AlertRecord, Hold};
use watchkeep_core::delivery::{DeliveryRecord, DeliverySubject};
use watchkeep_core::group::{GroupKey, GroupRecord};
use watchkeep_core::ids::CheckName;
use watchkeep_core::recovery::ActionRecord;
use watchkeep_core::route;
use watchkeep_core::setup::{Route, Setup};
use watchkeep_core::telling::{self, Around, Closed, HeldBy, Telling};
use watchkeep_core::time::Wall;
use watchkeep_core::tried;
use watchkeep_core::view::CheckView;
use watchkeep_core::window::Window;

use crate::host::Host;

/// Which hours are open now, looked up once for all alerts of an answer.
pub(crate) struct Hours {
    pub(crate) setup: Arc<Setup>,
    pub(crate) closed: Closed,
}

impl Hours {
    pub(crate) fn of(host: &dyn Host) -> Self {
        let setup = host.setup();
        let closed = Closed::of(&setup, host.now());
        Self { setup, closed }
    }
    /// Every reason for which notifications about the alert are held back, including those of single routes.
    pub(crate) fn holds(&self, alert: &AlertRecord) -> Vec<Hold> {
        telling::holds(alert, &self.setup, &self.closed)
    }
    /// Whether nobody at all may be told about it now.
    pub(crate) fn is_held(&self, alert: &AlertRecord) -> bool {
        telling::is_held(alert, &self.setup, &self.closed)
    }
}

pub(crate) struct Scene {
    pub(crate) now: Wall,
    pub(crate) hours: Hours,
    pub(crate) windows: Vec<Arc<Window>>,
    host: Arc<dyn Host>,
}

impl Scene {
    pub(crate) fn of(host: &Arc<dyn Host>) -> Self {
        let hours = Hours::of(&**host);
        Self { now: host.now(), hours, windows: host.windows(), host: Arc::clone(host) }
    }
    pub(crate) fn setup(&self) -> &Setup {
        &self.hours.setup
    }
    pub(crate) fn check(&self, name: &CheckName) -> Option<CheckView> {
        self.host.check(name)
    }

    /// What happened at each of its receivers. `held` is the result of `held` for the alert.
    pub(crate) fn tellings(&self, alert: &AlertRecord, held: &[HeldBy]) -> Vec<Telling> {
        let keys = self.groups_of(alert);
        let own = DeliverySubject::Alert(alert.key.clone());
        let subjects = keys.iter().cloned().map(DeliverySubject::Group).chain([own]);
        let deliveries: Vec<Arc<DeliveryRecord>> =
            subjects.flat_map(|subject| self.host.deliveries_about(&subject)).collect();
        let groups: Vec<Arc<GroupRecord>> = keys.iter().filter_map(|key| self.host.group(key)).collect();
        let around = Around {
            setup: self.setup(),
            now: self.now,
            held,
            groups: &groups.iter().map(|group| &**group).collect::<Vec<_>>(),
            deliveries: &deliveries.iter().map(|row| &**row).collect::<Vec<_>>(),
        };
        telling::tellings(alert, &around)
    }

    /// The keys of its groups, by the routes that it takes, and those through which somebody was told.
    fn groups_of(&self, alert: &AlertRecord) -> Vec<GroupKey> {
        let taken = route::taken(self.setup(), &alert.labels);
        let told = alert.told.iter().filter_map(|told| route::named(self.setup(), &told.route));
        let mut keys: Vec<GroupKey> = Vec::new();
        let key = |route: &Route| GroupKey {
            route: route.name.clone(),
            labels: route::group_labels(&route.group_by, &alert.labels),
        };
        for key in taken.into_iter().chain(told).map(key) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        keys
    }

    /// What automatic recovery did in this life of the alert, oldest first.
    pub(crate) fn acts(&self, alert: &AlertRecord) -> Vec<Arc<ActionRecord>> {
        let mut acts: Vec<_> =
            self.host.actions().into_iter().filter(|record| record.alert == alert.id).collect();
        acts.sort_by_key(|record| (record.decided_at, record.number));
        acts
    }
    pub(crate) fn tried(&self, alert: &AlertRecord) -> Vec<String> {
        self.acts(alert).iter().filter_map(|record| tried::sentence(record)).collect()
    }
}
