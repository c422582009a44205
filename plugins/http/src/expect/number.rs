//! Numbers as they are written: a counter beyond 2^53 is no float.

use std::cmp::Ordering;

use watchkeep_sdk::config::{Config, Place, Problems, Schema, Value, text};

/// A bound, whole or not.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Number {
    Whole(i64),
    /// Beyond that.
    Large(u64),
    Float(f64),
}

impl Number {
    pub(crate) fn of(value: &Value) -> Option<Self> {
        let Value::Number(number) = value else { return None };
        let whole = number.as_i64().map(Number::Whole);
        whole.or_else(|| number.as_u64().map(Number::Large)).or_else(|| number.as_f64().map(Number::Float))
    }

    /// None only for what is no number; JSON has none of those.
    pub(crate) fn compare(self, other: Number) -> Option<Ordering> {
        match (self, other) {
            (Number::Whole(left), Number::Whole(right)) => Some(left.cmp(&right)),
            (Number::Large(left), Number::Large(right)) => Some(left.cmp(&right)),
            (Number::Whole(_), Number::Large(_)) => Some(Ordering::Less),
            (Number::Float(left), Number::Float(right)) => left.partial_cmp(&right),
            (Number::Whole(_) | Number::Large(_), Number::Float(float)) => self.beside(float),
            (Number::Large(_) | Number::Float(_), _) => other.compare(self).map(Ordering::reverse),
        }
    }

    /// A whole number beside one that need not be: neither is rounded to the other's kind.
    fn beside(self, float: f64) -> Option<Ordering> {
        let floor = float.floor();
        // What is beyond the whole numbers becomes the last of them, with something left.
        let (ordering, is_less) = match self {
            Number::Whole(whole) => (whole.cmp(&(floor as i64)), float > floor || floor >= i64::MAX as f64),
            Number::Large(large) => (large.cmp(&(floor as u64)), float > floor || floor >= u64::MAX as f64),
            Number::Float(own) => return own.partial_cmp(&float),
        };
        match ordering {
            Ordering::Equal if is_less => Some(Ordering::Less),
            Ordering::Equal if floor < i64::MIN as f64 => Some(Ordering::Greater),
            other => Some(other).filter(|_| !float.is_nan()),
        }
    }
}

impl Number {
    /// For a sentence.
    pub(crate) fn text(self) -> String {
        match self {
            Number::Whole(whole) => whole.to_string(),
            Number::Large(large) => large.to_string(),
            Number::Float(float) => watchkeep_sdk::config::plain(float),
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
            ("9223372036854775807", "9223372036854775808", Less),
            ("9223372036854775807", "9223372036854775808.0", Less),
            ("18446744073709551615", "18446744073709551616.0", Less),
            ("18446744073709551615", "-0.5", Greater),
            ("-9223372036854775808", "-9223372036854775809.0", Equal),
            ("-9223372036854775808", "-1e19", Greater),
        ] {
            assert_eq!(number(left).compare(number(right)), Some(wanted), "{left} {right}");
            assert_eq!(number(right).compare(number(left)), Some(wanted.reverse()), "{right} {left}");
        }
    }
}
