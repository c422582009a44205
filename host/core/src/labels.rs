//! Labels: what routes, scopes and groups are based on.

use std::sync::Arc;

/// Names with their values, ordered by name. Cheap to clone, and an empty list takes no memory. A missing label reads as
/// empty.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Labels(
    /// `None` if there are none, never an empty slice.
    Option<Arc<[Label]>>,
);

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Label {
    name: Box<str>,
    value: Box<str>,
}

impl Labels {
    pub fn get(&self, name: &str) -> &str {
        let labels = self.sorted();
        match labels.binary_search_by(|label| (*label.name).cmp(name)) {
            Ok(at) => &labels[at].value,
            Err(_) => "",
        }
    }
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.sorted().iter().map(|label| (&*label.name, &*label.value))
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }
    pub fn len(&self) -> usize {
        self.sorted().len()
    }
    /// These labels, then `over`, whose values win where both name one.
    pub fn with<'a>(&self, over: impl IntoIterator<Item = (&'a str, &'a str)>) -> Labels {
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        self.iter().map(owned).chain(over.into_iter().map(owned)).collect()
    }

    fn sorted(&self) -> &[Label] {
        self.0.as_deref().unwrap_or_default()
    }
}

/// Of several values for one name the last is kept.
impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Labels {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let label = |(name, value): (N, V)| Label { name: name.into().into(), value: value.into().into() };
        let mut labels: Vec<Label> = pairs.into_iter().map(label).collect();
        // The sort is stable, so that the last of equal names comes last.
        labels.sort_by(|one, other| one.name.cmp(&other.name));
        labels.dedup_by(|later, earlier| {
            let is_same = later.name == earlier.name;
            if is_same {
                std::mem::swap(&mut later.value, &mut earlier.value);
            }
            is_same
        });
        Self((!labels.is_empty()).then(|| labels.into()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn labels_are_a_sorted_map_in_which_the_last_value_counts(
            pairs in prop::collection::vec(("[a-d]{0,2}", "[x-z]{0,2}"), 0..8),
            over in prop::collection::vec(("[a-d]{0,2}", "[x-z]{0,2}"), 0..4),
        ) {
            let (labels, mut map): (Labels, BTreeMap<_, _>) =
                (pairs.iter().cloned().collect(), pairs.into_iter().collect());
            let same = |labels: &Labels, map: &BTreeMap<String, String>| {
                labels.iter().eq(map.iter().map(|(name, value)| (name.as_str(), value.as_str())))
                    && (labels.len(), labels.is_empty()) == (map.len(), map.is_empty())
                    && map.iter().all(|(name, value)| labels.get(name) == value)
            };
            prop_assert!(same(&labels, &map), "{labels:?} {map:?}");
            prop_assert_eq!(labels.get("none"), "");
            let with = labels.with(over.iter().map(|(name, value)| (name.as_str(), value.as_str())));
            map.extend(over);
            prop_assert!(same(&with, &map), "{with:?} {map:?}");
        }
    }
}
