//! How plain Rust types are read.

use super::derived::plain;
use super::{Config, Place, Problems, Schema, Value};

impl Config for String {
    const SCHEMA: Schema = Schema::Text;

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        match value {
            Value::String(text) => Some(text),
            other => problems.add(place, format!("must be a string, not {}", kind(&other))),
        }
    }
}

impl Config for bool {
    const SCHEMA: Schema = Schema::Flag;

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        match value {
            Value::Bool(flag) => Some(flag),
            other => problems.add(place, format!("must be true or false, not {}", kind(&other))),
        }
    }
}

impl Config for f64 {
    const SCHEMA: Schema = Schema::Number { minimum: None, maximum: None };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        match value.as_f64() {
            Some(number) => Some(number),
            None => problems.add(place, format!("must be a number, not {}", kind(&value))),
        }
    }
}

macro_rules! integers {
    ($($integer:ident $minimum:literal $maximum:literal;)*) => {$(
        impl Config for $integer {
            const SCHEMA: Schema = Schema::Integer { minimum: Some($minimum), maximum: Some($maximum) };

            fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
                match whole(&value).and_then(|whole| $integer::try_from(whole).ok()) {
                    Some(number) => Some(number),
                    None => problems.add(place, not_whole(&value, $minimum, $maximum)),
                }
            }
        }
    )*};
}
integers! {
    u8 "0" "255";
    u16 "0" "65535";
    u32 "0" "4294967295";
    u64 "0" "9007199254740991";
    i32 "-2147483648" "2147483647";
    i64 "-9007199254740991" "9007199254740991";
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| {
            // In JSON Schema, `10.0` is an integer.
            let float = number.as_f64()?;
            (float.fract() == 0.0 && float.abs() <= 9_007_199_254_740_991.0).then_some(float as i64)
        }),
        _ => None,
    }
}

#[inline(never)]
fn not_whole(value: &Value, minimum: &str, maximum: &str) -> String {
    match value {
        Value::Number(number) => {
            let number = plain(number.as_f64().unwrap_or_default());
            format!("must be a whole number between {minimum} and {maximum}, not {number}")
        }
        other => format!("must be a whole number, not {}", kind(other)),
    }
}

impl Config for Value {
    const SCHEMA: Schema = Schema::Any;

    fn read(value: Value, _: &Place<'_>, _: &mut Problems) -> Option<Self> {
        Some(value)
    }
}

impl<T: Config> Config for Option<T> {
    const SCHEMA: Schema = T::SCHEMA;
    const OPTIONAL: bool = true;

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        T::read(value, place, problems).map(Some)
    }
    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: Config> Config for Vec<T> {
    const SCHEMA: Schema = Schema::List(&T::SCHEMA);

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let mut all = Vec::new();
        let mut each = |item: Value, place: &Place<'_>, problems: &mut Problems| {
            T::read(item, place, problems).map(|item| all.push(item)).is_some()
        };
        items(value, place, problems, &mut each).then_some(all)
    }
}

/// Reads a list; returns whether it is one, and all of it could be read. One function serves all types: one for each
/// would be half a KiB of a component.
fn items(
    value: Value,
    place: &Place<'_>,
    problems: &mut Problems,
    each: &mut dyn FnMut(Value, &Place<'_>, &mut Problems) -> bool,
) -> bool {
    let Value::Array(items) = value else {
        return problems.add::<()>(place, format!("must be a list, not {}", kind(&value))).is_some();
    };
    let mut is_whole = true;
    for (index, item) in items.into_iter().enumerate() {
        is_whole &= each(item, &place.index(index), problems);
    }
    is_whole
}

/// A table with keys that the operator chooses, such as headers. It is a list, because it is only ever iterated.
///
/// ```
/// use watchkeep_sdk::config::{self, Table};
///
/// let headers: Table<String> = config::parse(r#"{"accept": "text/plain"}"#).unwrap();
/// assert_eq!(headers.0, [("accept".to_owned(), "text/plain".to_owned())]);
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Table<T>(pub Vec<(String, T)>);

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Config> Config for Table<T> {
    const SCHEMA: Schema = Schema::Map(&T::SCHEMA);

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let mut all = Vec::new();
        let mut each = |key: String, member: Value, problems: &mut Problems| {
            T::read(member, &place.key(&key), problems).map(|member| all.push((key, member))).is_some()
        };
        members(value, place, problems, &mut each).then_some(Table(all))
    }
}

/// Reads a table, as [`items`] reads a list.
fn members(
    value: Value,
    place: &Place<'_>,
    problems: &mut Problems,
    each: &mut dyn FnMut(String, Value, &mut Problems) -> bool,
) -> bool {
    let Value::Object(members) = value else {
        return problems.add::<()>(place, format!("must be a table, not {}", kind(&value))).is_some();
    };
    let mut is_whole = true;
    for (key, member) in members {
        is_whole &= each(key, member, problems);
    }
    is_whole
}

pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a table",
    }
}
