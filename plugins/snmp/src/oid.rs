//! Names of what an agent knows: rows of numbers.

use watchkeep_sdk::config::{Config, Place, Problems, Schema, Value};

/// At most so many numbers, as RFC 2578 has it.
const NUMBERS_MAX: usize = 128;
const FORM: &str = "write it in numbers, such as `1.3.6.1.2.1.1.3.0`; `snmptranslate -On NAME` says them";

/// Ordered as agents order them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Oid(Vec<u32>);

impl Oid {
    pub const fn numbers(&self) -> &[u32] {
        self.0.as_slice()
    }
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for number in &self.0 {
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(&number.to_string());
        }
        text
    }
    /// What comes behind `column`, if it lies below it.
    pub(crate) fn below(&self, column: &Oid) -> Option<Oid> {
        self.0.strip_prefix(column.numbers()).filter(|rest| !rest.is_empty()).map(|rest| Oid(rest.to_vec()))
    }
    pub fn join(&self, rest: &[u32]) -> Oid {
        Oid([self.numbers(), rest].concat())
    }

    pub fn parse(text: &str) -> Option<Oid> {
        let bare = text.strip_prefix('.').unwrap_or(text);
        let mut numbers: Vec<u32> = Vec::new();
        for number in bare.split('.') {
            numbers.push(number.parse().ok()?);
        }
        let is_one = match numbers.as_slice() {
            [0 | 1, second, ..] => *second < 40,
            // The first two are one number on the wire.
            [2, second, ..] => *second <= u32::MAX - 80,
            _ => false,
        };
        (is_one && numbers.len() <= NUMBERS_MAX).then_some(Oid(numbers))
    }

    /// The contents of its BER form.
    pub(crate) fn encoded(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        if let [first, second, rest @ ..] = self.numbers() {
            push(&mut bytes, first * 40 + second);
            rest.iter().for_each(|number| push(&mut bytes, *number));
        }
        bytes
    }

    pub(crate) fn decoded(bytes: &[u8]) -> Result<Oid, &'static str> {
        let mut numbers = Vec::new();
        let mut number: u32 = 0;
        let mut is_open = false;
        for byte in bytes {
            if number > u32::MAX >> 7 {
                return Err("a name has a number of more than 32 bits");
            }
            number = number << 7 | u32::from(byte & 0x7f);
            is_open = byte & 0x80 != 0;
            if is_open {
                continue;
            }
            if numbers.is_empty() {
                let first = (number / 40).min(2);
                numbers.extend([first, number - first * 40]);
            } else {
                numbers.push(number);
            }
            number = 0;
        }
        match numbers.len() {
            _ if is_open => Err("a name ends within a number"),
            0 => Err("a name has no numbers"),
            1..=NUMBERS_MAX => Ok(Oid(numbers)),
            _ => Err("a name has more than 128 numbers"),
        }
    }
}

/// Seven bits a byte, the highest first; all but the last say that there is more.
fn push(bytes: &mut Vec<u8>, number: u32) {
    for shift in [28, 21, 14, 7] {
        if number >> shift != 0 {
            bytes.push(0x80 | (number >> shift & 0x7f) as u8);
        }
    }
    bytes.push((number & 0x7f) as u8);
}

impl Config for Oid {
    const SCHEMA: Schema = Schema::TextLike {
        json: r#""pattern":"^\\.?[012](\\.[0-9]+)+$","x-watchkeep-hint":"write it in numbers, such as `1.3.6.1.2.1.1.3.0`; `snmptranslate -On NAME` says them""#,
    };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let text = String::read(value, place, problems)?;
        match Oid::parse(&text) {
            Some(oid) => Some(oid),
            None => problems.add(place, format!("`{text}` is not a valid OID; hint: {FORM}")),
        }
    }
}
