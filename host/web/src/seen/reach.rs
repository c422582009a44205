//! What a scope reaches. What belongs to a check is there if its check is; what belongs to several is there with the part
//! that does; what belongs to none (the host, its plugins) is not.

use std::collections::HashSet;
use std::sync::Arc;

use watchkeep_core::access::Scope;
use watchkeep_core::alert::AlertKey;
use watchkeep_core::commit::Decision;
use watchkeep_core::delivery::{DeliveryRecord, DeliverySubject, Ended, Notification};
use watchkeep_core::group::GroupRecord;
use watchkeep_core::ids::{CheckName, WindowId};
use watchkeep_core::reason::Reason;
use watchkeep_core::service::labels as labels_of;
use watchkeep_core::setup::{CheckSpec, Setup};
use watchkeep_core::view::{CheckView, Update};
use watchkeep_core::window::Window;

use crate::host::{DeadLetter, DeliveryItem, Host};
use watchkeep_core::status::{components, concerns};

/// The answer of a service may quote the whole message.
const OF_OTHERS_TOO: &str = "it was not accepted";

#[derive(Clone)]
pub(super) struct Reach {
    pub(super) host: Arc<dyn Host>,
    pub(super) scope: Scope,
}

impl Reach {
    pub(super) fn check(&self, name: &CheckName) -> bool {
        self.host.check(name).is_some_and(|view| self.scope.admits(&view.spec))
    }
    /// What no check has is nobody's with a scope.
    pub(super) fn key(&self, key: &AlertKey) -> bool {
        key.check().is_some_and(|check| self.check(check))
    }

    pub(super) fn view(&self, view: CheckView) -> Option<CheckView> {
        self.scope.admits(&view.spec).then(|| CheckView { spec: self.spec(&view.spec), ..view })
    }
    pub(super) fn views(&self) -> Vec<CheckView> {
        self.host.checks().into_iter().filter_map(|view| self.view(view)).collect()
    }
    /// Without parents that are not there.
    fn spec(&self, spec: &Arc<CheckSpec>) -> Arc<CheckSpec> {
        if spec.depends_on.iter().flatten().all(|parent| self.check(parent.check())) {
            return Arc::clone(spec);
        }
        let mut spec = (**spec).clone();
        for group in &mut spec.depends_on {
            group.retain(|parent| self.check(parent.check()));
        }
        spec.depends_on.retain(|group| !group.is_empty());
        Arc::new(spec)
    }

    pub(super) fn setup(&self, setup: &Setup) -> Setup {
        let whole = setup;
        let mut setup = setup.clone();
        setup.checks.retain(|_, spec| self.scope.admits(spec));
        setup.checks.values_mut().for_each(|spec| *spec = self.spec(spec));
        let named: HashSet<_> = setup
            .checks
            .values()
            .flat_map(|spec| spec.remedies.iter().map(|remedy| remedy.action.clone()))
            .collect();
        setup.actions.retain(|name, _| named.contains(name));
        let checks = &setup.checks;
        setup.services.retain(|service| checks.values().any(|spec| service.has(&labels_of(spec))));
        // A page is there for whoever sees everything that it shows.
        setup.status_pages.retain(|page| {
            let shown = components(page, whole);
            let mut checks = shown.iter().flat_map(|component| &component.checks).peekable();
            checks.peek().is_some() && checks.all(|check| setup.checks.contains_key(check))
        });
        setup.windows.clear();
        setup.witness = None;
        setup
    }

    /// A group with those of its members that are there; `None` if none of them is.
    pub(super) fn group(&self, group: &Arc<GroupRecord>) -> Option<Arc<GroupRecord>> {
        if group.members.iter().all(|member| self.key(&member.key)) {
            return (!group.members.is_empty()).then(|| Arc::clone(group));
        }
        let mut group = (**group).clone();
        group.members.retain(|member| self.key(&member.key));
        (!group.members.is_empty()).then(|| Arc::new(group))
    }

    /// A delivery with those of its alerts that are there; `None` if none of them is. A test tells of none.
    pub(super) fn delivery(&self, delivery: &Arc<DeliveryRecord>) -> Option<Arc<DeliveryRecord>> {
        let notification = &delivery.notification;
        match &delivery.subject {
            // A page's name is none of a check.
            DeliverySubject::Subscriber(_) => return None,
            DeliverySubject::Alert(_)
            | DeliverySubject::Group(_)
            | DeliverySubject::Test
            | DeliverySubject::Event(..) => {}
        }
        if let Some(told) = &notification.event
            && !self.check(&told.check)
        {
            return None;
        }
        if self.all_of(notification) {
            return Some(Arc::clone(delivery));
        }
        let alerts: Vec<_> =
            notification.alerts.iter().filter(|notice| self.key(&notice.key)).cloned().collect();
        if alerts.is_empty() {
            return None;
        }
        let reason = notification.kind.as_str().to_owned();
        let narrowed = Notification { alerts, omitted: 0, reason, ..(**notification).clone() };
        let last_error = delivery.last_error.as_ref().map(|_| OF_OTHERS_TOO.to_owned());
        Some(Arc::new(DeliveryRecord {
            notification: Arc::new(narrowed),
            last_error,
            ..(**delivery).clone()
        }))
    }
    /// Whether the message tells of nothing else.
    fn all_of(&self, notification: &Notification) -> bool {
        let some = notification.event.is_some() || !notification.alerts.is_empty();
        some && notification.omitted == 0 && notification.alerts.iter().all(|notice| self.key(&notice.key))
    }
    pub(super) fn delivery_item(&self, item: DeliveryItem) -> Option<DeliveryItem> {
        let delivery = self.delivery(&item.delivery)?;
        let ended = item.ended.map(|ended| self.ended(&item.delivery.notification, ended));
        Some(DeliveryItem { delivery, ended })
    }
    fn ended(&self, notification: &Notification, ended: Ended) -> Ended {
        match ended {
            Ended::Dead { at, .. } if !self.all_of(notification) => {
                Ended::Dead { at, error: OF_OTHERS_TOO.to_owned() }
            }
            Ended::Dead { .. } | Ended::Delivered { .. } | Ended::Superseded { .. } => ended,
        }
    }
    pub(super) fn dead_letter(&self, letter: DeadLetter) -> Option<DeadLetter> {
        let delivery = self.delivery(&letter.delivery)?;
        let whole = self.all_of(&letter.delivery.notification);
        let error = if whole { letter.error } else { OF_OTHERS_TOO.to_owned() };
        Some(DeadLetter { delivery, at: letter.at, error })
    }
    /// Whether the message may be sent again: it tells of nothing that is not there.
    pub(super) fn may_retry(&self, letter: &DeadLetter) -> bool {
        self.delivery(&letter.delivery).is_some() && self.all_of(&letter.delivery.notification)
    }

    /// A window is there if it lies within the scope, or holds back something that is there.
    pub(super) fn window(&self, window: &Window) -> bool {
        self.scope.confines(window)
            || self.host.alerts().iter().any(|alert| self.key(&alert.key) && window.matches(&alert.labels))
            || self.views().iter().any(|view| concerns(window, view))
    }

    /// A decision, without the names of checks that are not there.
    pub(super) fn decision(&self, mut decision: Decision) -> Decision {
        if let Reason::Asks { checks, .. } = &mut decision.reason {
            checks.retain(|check| self.check(&CheckName::from(check.as_str())));
        }
        decision
    }

    /// What narrows updates as they come. A check that is gone has no labels any more, so what was told of is remembered.
    pub(super) fn narrow(self) -> impl FnMut(Arc<Update>) -> Option<Arc<Update>> + Send {
        let mut checks: HashSet<CheckName> =
            self.views().into_iter().map(|view| view.spec.name.clone()).collect();
        let mut windows: HashSet<WindowId> = HashSet::new();
        windows.extend(
            self.host
                .windows()
                .into_iter()
                .filter(|window| self.window(window))
                .map(|window| window.id.clone()),
        );
        let mut groups: HashSet<String> = HashSet::new();
        groups.extend(
            self.host.groups().iter().filter(|group| self.group(group).is_some()).map(|group| group.key.id()),
        );
        move |update| match &*update {
            Update::Check(view) => match self.view(view.clone()) {
                Some(view) => {
                    checks.insert(view.spec.name.clone());
                    Some(Arc::new(Update::Check(view)))
                }
                // It left the scope: from here that is as if it were removed.
                None => {
                    let gone = checks.remove(&view.spec.name);
                    gone.then(|| Arc::new(Update::CheckRemoved(view.spec.name.clone())))
                }
            },
            Update::CheckRemoved(name) => checks.remove(name).then_some(update),
            Update::Alert(alert) => self.key(&alert.key).then_some(update),
            Update::AlertClosed(key) => {
                let known = key.check().is_some_and(|check| checks.contains(check) || self.check(check));
                known.then_some(update)
            }
            Update::Action(record) => self.key(&record.key).then_some(update),
            Update::Window(window) => self.window(window).then(|| {
                windows.insert(window.id.clone());
                update.clone()
            }),
            Update::WindowRemoved(id) => windows.remove(id).then_some(update),
            Update::Group(group) => {
                let group = self.group(group)?;
                groups.insert(group.key.id());
                Some(Arc::new(Update::Group(group)))
            }
            Update::GroupClosed(key) => groups.remove(&key.id()).then_some(update),
            Update::Delivery(delivery) => Some(Arc::new(Update::Delivery(self.delivery(delivery)?))),
            Update::DeliveryEnded { delivery, ended } => Some(Arc::new(Update::DeliveryEnded {
                delivery: self.delivery(delivery)?,
                ended: self.ended(&delivery.notification, ended.clone()),
            })),
        }
    }
}
