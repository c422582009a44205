//! A map whose entries are mostly known to exist. It should never happen that one is missing where it must exist; if it
//! does, that is counted.

use std::borrow::Borrow;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};

#[derive(Debug)]
pub(crate) struct Table<K, V> {
    rows: BTreeMap<K, V>,
    lost: Cell<u64>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), lost: Cell::new(0) }
    }
}

impl<K: Ord, V> Table<K, V> {
    /// An entry that this call of `step` knows to be there.
    pub(crate) fn at_hand<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let row = self.rows.get(key);
        self.count(row.is_none());
        row
    }
    pub(crate) fn at_hand_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.count(!self.rows.contains_key(key));
        self.rows.get_mut(key)
    }
    /// How often an entry that had to be there was missing: each time is a bug of the host.
    pub(crate) fn lost(&self) -> u64 {
        self.lost.get()
    }
    fn count(&self, is_lost: bool) {
        self.lost.set(self.lost.get() + u64::from(is_lost));
    }
}

impl<K, V> Deref for Table<K, V> {
    type Target = BTreeMap<K, V>;

    fn deref(&self) -> &Self::Target {
        &self.rows
    }
}

impl<K, V> DerefMut for Table<K, V> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_should_be_there_and_is_not_is_counted() {
        let mut table = Table::default();
        table.insert(1, "one");
        assert_eq!((table.at_hand(&1), table.get(&2), table.lost()), (Some(&"one"), None, 0));
        assert_eq!((table.at_hand(&2), table.lost()), (None, 1));
        assert_eq!(table.at_hand_mut(&2), None);
        assert_eq!(table.lost(), 2);
    }
}
