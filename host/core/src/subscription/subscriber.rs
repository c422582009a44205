//! Who asked for letters of which page. Only data: what they are told is decided elsewhere.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Address, Told};
use crate::ids::{StatusPageName, SubscriberId};
use crate::time::Wall;

/// The most subscribers of one page.
pub const SUBSCRIBERS_MAX: usize = 1000;
/// The most addresses of one page that nobody has confirmed.
pub const UNCONFIRMED_MAX: usize = 200;
/// An address that is not confirmed within this time is forgotten.
pub const CONFIRM_WITHIN: Duration = Duration::from_secs(86_400);
/// While there are too many of these, one that is older gives way: whoever fills the table keeps nobody out for long.
const GIVES_WAY_AFTER: Duration = Duration::from_secs(3_600);

/// One address at one page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Subscriber {
    /// Drawn at random: whoever has it can confirm, or unsubscribe. It is part of the links in letters.
    pub id: SubscriberId,
    pub page: StatusPageName,
    pub address: Address,
    pub asked_at: Wall,
    /// When whoever reads the mailbox agreed. Until then it gets no letter but the one that asks.
    pub confirmed_at: Option<Wall>,
}

/// A change to them. Each says how the row is afterwards, so that it can be applied twice.
#[derive(Clone, PartialEq, Debug)]
pub enum SubscriberChange {
    Put(Subscriber),
    Remove(SubscriberId),
    /// What the subscribers of a page have been told, as far as it goes.
    Told(StatusPageName, Told),
}

/// All subscribers of all pages, as they are now.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Subscribers {
    all: BTreeMap<SubscriberId, Arc<Subscriber>>,
    told: BTreeMap<StatusPageName, Arc<Told>>,
}

/// What becomes of a request for letters.
#[derive(Clone, PartialEq, Debug)]
pub enum Asked {
    /// Somebody who is not there yet, after these.
    New(Vec<SubscriberChange>),
    /// Asked already.
    Again(Arc<Subscriber>),
    /// There is no room.
    Full,
}

impl Subscribers {
    pub fn apply(&mut self, change: &SubscriberChange) {
        match change {
            SubscriberChange::Put(subscriber) => {
                self.all.insert(subscriber.id.clone(), Arc::new(subscriber.clone()));
            }
            SubscriberChange::Remove(id) => {
                self.all.remove(id);
            }
            SubscriberChange::Told(page, told) => {
                self.told.insert(page.clone(), Arc::new(told.clone()));
            }
        }
    }
    pub fn find(&self, id: &SubscriberId) -> Option<&Arc<Subscriber>> {
        self.all.get(id)
    }
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Subscriber>> {
        self.all.values()
    }
    pub fn told(&self, page: &StatusPageName) -> Option<&Arc<Told>> {
        self.told.get(page)
    }
    /// Those of a page who agreed.
    pub fn confirmed(&self, page: &StatusPageName) -> impl Iterator<Item = &Arc<Subscriber>> {
        self.all.values().filter(move |it| it.page == *page && it.confirmed_at.is_some())
    }
    /// What becomes of a request for the letters of a page.
    pub fn ask(&self, page: &StatusPageName, address: &Address, now: Wall) -> Asked {
        let of_page = || self.all.values().filter(|it| it.page == *page);
        if let Some(known) = of_page().find(|it| it.address.is_same_mailbox(address)) {
            return Asked::Again(Arc::clone(known));
        }
        self.room(page, now).map_or(Asked::Full, Asked::New)
    }
    /// Whether a page has no room for one more who agrees.
    pub fn is_full(&self, page: &StatusPageName) -> bool {
        self.confirmed(page).count() >= SUBSCRIBERS_MAX
    }
    /// What gives way to one more who asks; `None` if there is no room.
    pub fn room(&self, page: &StatusPageName, now: Wall) -> Option<Vec<SubscriberChange>> {
        if self.is_full(page) {
            return None;
        }
        let waiting = self.all.values().filter(|it| it.page == *page && it.confirmed_at.is_none());
        if waiting.clone().count() < UNCONFIRMED_MAX {
            return Some(Vec::new());
        }
        let oldest = waiting.min_by_key(|it| it.asked_at)?;
        let gives_way = now >= oldest.asked_at + GIVES_WAY_AFTER;
        gives_way.then(|| vec![SubscriberChange::Remove(oldest.id.clone())])
    }
    /// Those whose time to confirm is over.
    pub fn overdue(&self, now: Wall) -> Vec<SubscriberChange> {
        let late = self.all.values().filter(|it| it.is_overdue(now));
        late.map(|it| SubscriberChange::Remove(it.id.clone())).collect()
    }
}

impl Subscriber {
    pub fn is_overdue(&self, now: Wall) -> bool {
        self.confirmed_at.is_none() && now >= self.asked_at + CONFIRM_WITHIN
    }
}

impl FromIterator<SubscriberChange> for Subscribers {
    fn from_iter<I: IntoIterator<Item = SubscriberChange>>(changes: I) -> Self {
        let mut all = Self::default();
        changes.into_iter().for_each(|change| all.apply(&change));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subscriber(number: usize, confirmed_at: Option<Wall>) -> SubscriberChange {
        SubscriberChange::Put(Subscriber {
            id: format!("s-{number:04}").as_str().into(),
            page: "shop".into(),
            address: address(number),
            asked_at: Wall::from_millis(1_000),
            confirmed_at,
        })
    }
    fn address(number: usize) -> Address {
        Address::parse(&format!("ann{number}@example.org")).unwrap()
    }
    const AGREED: Option<Wall> = Some(Wall::from_millis(2_000));

    #[test]
    fn a_page_has_room_for_so_many_and_knows_who_asked_before() {
        let mut all: Subscribers = (0..UNCONFIRMED_MAX).map(|number| subscriber(number, None)).collect();
        let (now, new) = (Wall::from_millis(3_000), Asked::New(Vec::new()));
        assert_eq!(all.ask(&"shop".into(), &address(999), now), Asked::Full);
        assert_eq!(all.ask(&"blog".into(), &address(999), now), new, "another page");
        // One that waits for an hour gives way.
        let room = Asked::New(vec![SubscriberChange::Remove("s-0000".into())]);
        assert_eq!(all.ask(&"shop".into(), &address(999), now + GIVES_WAY_AFTER), room);
        let again = Address::parse("ANN7@Example.org").unwrap();
        let known = all.ask(&"shop".into(), &again, now);
        assert!(matches!(&known, Asked::Again(known) if known.id.as_str() == "s-0007"), "{known:?}");
        (0..UNCONFIRMED_MAX).for_each(|number| all.apply(&subscriber(number, AGREED)));
        assert_eq!(all.ask(&"shop".into(), &address(999), now), new);
        (0..SUBSCRIBERS_MAX).for_each(|number| all.apply(&subscriber(number, AGREED)));
        assert_eq!(all.ask(&"shop".into(), &address(5_000), now + GIVES_WAY_AFTER), Asked::Full);
        all.apply(&SubscriberChange::Remove("s-0000".into()));
        assert_eq!(all.ask(&"shop".into(), &address(5_000), now), new);
    }

    #[test]
    fn who_does_not_confirm_within_a_day_is_forgotten_and_nobody_else() {
        let all: Subscribers = [subscriber(1, None), subscriber(2, AGREED)].into_iter().collect();
        let end = Wall::from_millis(1_000) + CONFIRM_WITHIN;
        assert_eq!(all.overdue(Wall::from_millis(end.millis() - 1)), []);
        assert_eq!(all.overdue(end), [SubscriberChange::Remove("s-0001".into())]);
        assert_eq!(all.confirmed(&"shop".into()).count(), 1);
    }
}
