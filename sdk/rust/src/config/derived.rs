//! What `#[derive(Config)]` calls. The generated code is small; this part is shared by all of it.

use super::values::kind;
use super::{Config, Place, Problems, Value};

/// An object whose values are taken out one by one. The keys stay until the end, because taking them out would cost a
/// plugin the code that rebalances trees.
pub struct Object<'a> {
    members: serde_json::Map<String, Value>,
    place: &'a Place<'a>,
    known: &'static [&'static str],
}

impl<'a> Object<'a> {
    pub fn open(
        value: Value,
        place: &'a Place<'a>,
        known: &'static [&'static str],
        problems: &mut Problems,
    ) -> Option<Self> {
        match value {
            Value::Object(members) => Some(Self { members, place, known }),
            other => problems.add(place, format!("must be a table, not {}", kind(&other))),
        }
    }
    /// Reads a key that must be given, unless its type may be absent.
    pub fn required<T: Config>(&mut self, key: &str, problems: &mut Problems) -> Option<T> {
        match self.take(key) {
            Some(value) => T::read(value, &self.place.key(key), problems),
            None => match T::absent() {
                Some(value) => Some(value),
                None => problems.add(self.place, format!("`{key}` is missing")),
            },
        }
    }
    pub fn or_else<T: Config>(
        &mut self,
        key: &str,
        problems: &mut Problems,
        default: impl FnOnce() -> T,
    ) -> Option<T> {
        match self.take(key) {
            Some(value) => T::read(value, &self.place.key(key), problems),
            None => Some(default()),
        }
    }
    /// Reads a key with a default that is JSON in the schema. The default is read like a value.
    pub fn or_value<T: Config>(
        &mut self,
        key: &str,
        problems: &mut Problems,
        default: impl FnOnce() -> Value,
    ) -> Option<T> {
        let value = self.take(key).unwrap_or_else(default);
        T::read(value, &self.place.key(key), problems)
    }
    #[inline(never)]
    fn take(&mut self, key: &str) -> Option<Value> {
        self.members.get_mut(key).map(Value::take)
    }
    pub fn close(self, problems: &mut Problems) {
        for key in self.members.keys().filter(|key| !self.known.contains(&key.as_str())) {
            let place = self.place.key(key);
            match nearest(key, self.known) {
                Some(near) => {
                    problems.add::<()>(&place, format!("no such key; hint: did you mean `{near}`?"))
                }
                None => problems.add(&place, "no such key"),
            };
        }
    }
    /// Adds a problem at one of the keys.
    pub fn problem(&self, key: &str, message: String, problems: &mut Problems) {
        problems.add::<()>(&self.place.key(key), message);
    }
}

/// The values that `min`, `max` and `non_empty` look at.
pub trait Bounds {
    /// The number; `None` if there is nothing to compare.
    fn number(&self) -> Option<f64> {
        None
    }
    fn is_blank(&self) -> bool {
        false
    }
}

macro_rules! numbers {
    ($($number:ident)*) => {$(
        impl Bounds for $number {
            fn number(&self) -> Option<f64> {
                Some(*self as f64)
            }
        }
    )*};
}
numbers!(u8 u16 u32 u64 i32 i64 f64);

impl Bounds for String {
    fn is_blank(&self) -> bool {
        self.is_empty()
    }
}
impl<T> Bounds for Vec<T> {
    fn is_blank(&self) -> bool {
        self.is_empty()
    }
}
impl<T> Bounds for super::Table<T> {
    fn is_blank(&self) -> bool {
        self.0.is_empty()
    }
}
impl<T: Bounds> Bounds for Option<T> {
    fn number(&self) -> Option<f64> {
        self.as_ref().and_then(Bounds::number)
    }
    fn is_blank(&self) -> bool {
        self.as_ref().is_some_and(Bounds::is_blank)
    }
}

/// Checks the `min` and `max` of a field.
pub fn within(value: &impl Bounds, minimum: Option<f64>, maximum: Option<f64>) -> Result<(), String> {
    let Some(number) = value.number() else { return Ok(()) };
    match (minimum, maximum) {
        (Some(low), _) if number < low => {
            Err(format!("must be at least {}, not {}", plain(low), plain(number)))
        }
        (_, Some(high)) if number > high => {
            Err(format!("must be at most {}, not {}", plain(high), plain(number)))
        }
        (_, _) => Ok(()),
    }
}

/// A number for a sentence, with at most six decimals. The standard library's own formatting of floats takes 18 KB of a
/// component, and an exact one 8 KB.
///
/// ```
/// use watchkeep_sdk::config::plain;
///
/// let said = [3.0, -0.25, 21.5, 1e20, 0.1 + 0.2, 1e-9, f64::MAX].map(plain);
/// assert_eq!(said, ["3", "-0.25", "21.5", "100000000000000000000", "0.3", "less than 0.000001", "10^30 or more"]);
/// ```
#[inline(never)]
pub fn plain(number: f64) -> String {
    let size = number.abs();
    let sign = if number < 0.0 { "-" } else { "" };
    if size >= 1e30 {
        return format!("{sign}10^30 or more");
    }
    if size.fract() == 0.0 {
        return format!("{sign}{}", size as u128);
    }
    let millionths = (size * 1e6).round() as u128;
    if millionths == 0 {
        return format!("{}less than 0.000001", if number < 0.0 { "minus " } else { "" });
    }
    let (whole, part) = (millionths / 1_000_000, millionths % 1_000_000);
    let decimals = format!("{part:06}");
    match decimals.trim_end_matches('0') {
        "" => format!("{sign}{whole}"),
        decimals => format!("{sign}{whole}.{decimals}"),
    }
}

/// A value as compact JSON. `Display` would add the pretty writer to the component.
#[inline(never)]
pub fn text(value: &Value) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Reads one of an enum's names, and returns its index.
pub fn one_of(value: Value, place: &Place<'_>, names: &[&str], problems: &mut Problems) -> Option<usize> {
    let list = || names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match value {
        Value::String(text) => match names.iter().position(|name| *name == text) {
            Some(at) => Some(at),
            None => problems.add(place, format!("`{text}` is none of {}", list())),
        },
        other => problems.add(place, format!("must be one of {}, not {}", list(), kind(&other))),
    }
}

/// The most similar known key, if it is similar enough to be meant.
fn nearest<'k>(key: &str, known: &[&'k str]) -> Option<&'k str> {
    let near = known.iter().map(|name| (distance(key, name), *name)).min()?;
    (near.0 <= 1 + key.len() / 4).then_some(near.1)
}

/// The Levenshtein distance, in bytes: keys are ASCII.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, l) in left.bytes().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, r) in right.bytes().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(l != r)).min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    row[right.len()]
}
