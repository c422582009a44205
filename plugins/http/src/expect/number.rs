//! Numbers as they are written: a counter beyond 2^53 is no float.

use std::cmp::Ordering;

use watchkeep_sdk::config::{Config, Place, Problems, Schema, Value, text};

/// A bound, whole or not.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Number {
    Whole(i128),
    Float(f64),
}

impl Number {
    pub(crate) fn of(value: &Value) -> Option<Self> {
        let Value::Number(number) = value else { return None };
        let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
        whole.map(Number::Whole).or_else(|| number.as_f64().map(Number::Float))
    }

    /// None only for what is no number; JSON has none of those.
    pub(crate) fn compare(self, other: Number) -> Option<Ordering> {
        match (self, other) {
            (Number::Whole(left), Number::Whole(right)) => Some(left.cmp(&right)),
            (Number::Float(left), Number::Float(right)) => left.partial_cmp(&right),
            (Number::Whole(left), Number::Float(right)) => whole_and_float(left, right),
            (Number::Float(left), Number::Whole(right)) => {
                whole_and_float(right, left).map(Ordering::reverse)
            }
        }
    }
}

/// Neither is rounded to the other's kind.
fn whole_and_float(whole: i128, float: f64) -> Option<Ordering> {
    /// Beyond all that JSON's whole numbers are read as.
    const LARGE: f64 = 1e30;
    if float.is_nan() || float.abs() > LARGE {
        return 0.0.partial_cmp(&float);
    }
    let floor = float.floor();
    let ordering = whole.cmp(&(floor as i128));
    Some(if ordering == Ordering::Equal && float > floor { Ordering::Less } else { ordering })
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Number::Whole(whole) => write!(f, "{whole}"),
            Number::Float(float) => f.write_str(&watchkeep_sdk::config::plain(*float)),
        }
    }
}

impl Config for Number {
    const SCHEMA: Schema = Schema::Number { minimum: None, maximum: None };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        match Number::of(&value) {
            Some(number) => Some(number),
            None => problems.add(place, format!("must be a number, not {}", text(&value))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(json: &str) -> Number {
        Number::of(&serde_json::from_str(json).unwrap()).unwrap()
    }

    #[test]
    fn numbers_compare_as_they_are_written() {
        use Ordering::{Equal, Greater, Less};
        for (left, right, wanted) in [
            ("9007199254740993", "9007199254740992", Greater),
            ("18446744073709551615", "18446744073709551614", Greater),
            ("-9007199254740993", "-9007199254740992", Less),
            ("9007199254740993", "9007199254740992.0", Greater),
            ("9007199254740992", "9007199254740992.0", Equal),
            ("1", "1.0", Equal),
            ("1", "1.5", Less),
            ("-1", "-1.5", Greater),
            ("-2", "-1.5", Less),
            ("5", "1e300", Less),
            ("5", "-1e300", Greater),
            ("0.1", "0.10", Equal),
        ] {
            assert_eq!(number(left).compare(number(right)), Some(wanted), "{left} {right}");
            assert_eq!(number(right).compare(number(left)), Some(wanted.reverse()), "{right} {left}");
        }
    }
}
