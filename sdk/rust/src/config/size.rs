//! Sizes such as `512KiB` and `1MiB`.

use super::{Config, Place, Problems, Schema, Value};

/// A number of bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Size {
    bytes: u64,
}

impl Size {
    pub const fn bytes(self) -> u64 {
        self.bytes
    }
}

impl Config for Size {
    const SCHEMA: Schema = Schema::TextLike {
        json: r#""pattern":"^[0-9]+(B|KiB|MiB|GiB)$","examples":["512KiB","1MiB"],"x-watchkeep-hint":"write a whole number with `B`, `KiB`, `MiB` or `GiB`: `512KiB`""#,
    };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        match value {
            Value::String(text) => match parse(&text) {
                Some(bytes) => Some(Size { bytes }),
                None => {
                    problems.add(place, format!("`{text}` is not a size; hint: write `512KiB` or `1MiB`"))
                }
            },
            _ => problems.add(place, "must be a size such as `1MiB`"),
        }
    }
}

fn parse(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let factor = match &text[digits..] {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    text[..digits].parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_a_count_of_units() {
        assert_eq!(parse("1MiB"), Some(1_048_576));
        assert_eq!(parse("7B"), Some(7));
        for wrong in ["", "1", "MiB", "1MB", "-1B", "1.5KiB", "99999999999GiB"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
