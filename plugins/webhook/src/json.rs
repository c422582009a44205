//! Objects built member by member. `json!` would bring a serializer for every type and a tree's insertion for every
//! member along: 27 KiB of the component.

use serde_json::{Map, Value};

pub(crate) type Object = Map<String, Value>;

pub(crate) fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Object(collect(&mut members.into_iter()))
}

#[inline(never)]
pub(crate) fn collect(members: &mut dyn Iterator<Item = (&str, Value)>) -> Object {
    let mut object = Object::new();
    for (name, value) in members {
        set(&mut object, name, value);
    }
    object
}

#[inline(never)]
pub(crate) fn set(object: &mut Object, name: &str, value: Value) {
    object.insert(name.to_owned(), value);
}

#[inline(never)]
pub(crate) fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

pub(crate) fn text_or_null(optional: Option<&str>) -> Value {
    optional.map_or(Value::Null, text)
}

/// Null if it is not finite, which JSON cannot say.
pub(crate) fn number_or_null(number: Option<f64>) -> Value {
    number.map_or(Value::Null, Value::from)
}

pub(crate) fn list<T>(items: &[T], one: fn(&T) -> Value) -> Value {
    let mut values = Vec::with_capacity(items.len());
    values.extend(items.iter().map(one));
    Value::Array(values)
}
