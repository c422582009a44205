//! Objects built member by member: a component is smaller without a serializer for every type.

use serde_json::{Map, Value};

pub(crate) type Object = Map<String, Value>;

pub(crate) fn set(object: &mut Object, name: &str, value: impl Into<Value>) {
    object.insert(name.to_owned(), value.into());
}
