//! One value or a list of them.

use super::{Config, Place, Problems, Schema, Value};

/// One value or several, written `"x"` or `["x", "y"]`; empty by default.
///
/// ```
/// use watchkeep_sdk::config::{self, OneOrMany};
///
/// assert_eq!(config::parse::<OneOrMany<u8>>("[1, 2]").unwrap().0, [1, 2]);
/// assert_eq!(config::parse::<OneOrMany<u8>>("1").unwrap().0, [1]);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Config> Config for OneOrMany<T> {
    const SCHEMA: Schema = Schema::AnyOf(&[&T::SCHEMA, &Schema::List(&T::SCHEMA)]);

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        match value {
            list @ Value::Array(_) => Vec::read(list, place, problems).map(Self),
            one => T::read(one, place, problems).map(|one| Self(vec![one])),
        }
    }
}
