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
            // `10.0` is an integer to JSON Schema.
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
        let Value::Array(items) = value else {
            return problems.add(place, format!("must be a list, not {}", kind(&value)));
        };
        let count = items.len();
        let read: Vec<T> = items
            .into_iter()
            .enumerate()
            .filter_map(|(index, item)| T::read(item, &place.index(index), problems))
            .collect();
        (read.len() == count).then_some(read)
    }
}

/// Keys of the operator's choice, such as headers. A list, because it is only ever walked.
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
        let Value::Object(members) = value else {
            return problems.add(place, format!("must be a table, not {}", kind(&value)));
        };
        let mut read = Vec::new();
        let mut whole = Some(());
        for (key, member) in members {
            match T::read(member, &place.key(&key), problems) {
                Some(member) => read.push((key, member)),
                None => whole = None,
            }
        }
        whole.map(|()| Table(read))
    }
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
