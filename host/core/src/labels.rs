//! Labels: what routes, scopes and groups go by.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Name to value, in name order. Cheap to clone. A missing label reads as empty.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Labels(Arc<BTreeMap<String, String>>);

impl Labels {
    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
    pub fn len(&self) -> usize {
        self.0.len()
    }
    /// These labels, then `over`, whose values win where both name one.
    pub fn with<'a>(&self, over: impl IntoIterator<Item = (&'a str, &'a str)>) -> Labels {
        let mut all = (*self.0).clone();
        all.extend(over.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())));
        Labels(Arc::new(all))
    }
}
impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Labels {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(Arc::new(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect()))
    }
}
