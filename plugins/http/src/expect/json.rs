//! What the answer's JSON must say at one place.

use std::cmp::Ordering;

use watchkeep_sdk::config::{Pattern, Place, Pointer, Problems, Value, text};

use super::number::Number;
use crate::veil::Veil;

/// A place in the answer's JSON and what is expected there. By pointer alone, it must exist.
#[derive(watchkeep_sdk::Config)]
#[config(check = JsonExpected::consistent)]
pub(crate) struct JsonExpected {
    /// A JSON pointer such as "/status" or "/queues/0/length".
    #[config(example = "/status")]
    pub(crate) pointer: Pointer,
    /// There must be no value.
    #[config(default = false)]
    pub(crate) absent: bool,
    /// The expected type.
    #[config(name = "type")]
    pub(crate) kind: Option<Kind>,
    /// Must be this value.
    pub(crate) equals: Option<Value>,
    /// Must be one of these values.
    #[config(default)]
    pub(crate) one_of: Vec<Value>,
    /// Must not be this value.
    pub(crate) differs: Option<Value>,
    /// Must be a text that contains this, or a list that holds it.
    pub(crate) contains: Option<Value>,
    /// Must match this regular expression.
    pub(crate) matches: Option<Pattern>,
    /// Must be a number not below this.
    pub(crate) at_least: Option<Number>,
    /// Must be a number not above this.
    pub(crate) at_most: Option<Number>,
    /// Must have at least this many items or characters.
    pub(crate) length_at_least: Option<u32>,
    /// Must have at most this many items or characters.
    pub(crate) length_at_most: Option<u32>,
    /// A text that is a number is compared as that number.
    #[config(default = false)]
    pub(crate) number_in_text: bool,
}

/// The type of a JSON value.
#[derive(Clone, Copy, PartialEq, Eq, Debug, watchkeep_sdk::Config)]
pub(crate) enum Kind {
    String,
    Number,
    Boolean,
    Array,
    Object,
    Null,
}

impl Kind {
    fn of(value: &Value) -> Self {
        match value {
            Value::Null => Kind::Null,
            Value::Bool(_) => Kind::Boolean,
            Value::Number(_) => Kind::Number,
            Value::String(_) => Kind::String,
            Value::Array(_) => Kind::Array,
            Value::Object(_) => Kind::Object,
        }
    }
    const fn word(self) -> &'static str {
        ["string", "number", "boolean", "array", "object", "null"][self as usize]
    }
}

impl JsonExpected {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        if let (Some(low), Some(high)) = (self.at_least, self.at_most)
            && high.compare(low) == Some(Ordering::Less)
        {
            problems.add::<()>(&place.key("at_most"), "must not be less than `at_least`");
        }
        if let (Some(low), Some(high)) = (self.length_at_least, self.length_at_most)
            && high < low
        {
            problems.add::<()>(&place.key("length_at_most"), "must not be less than `length_at_least`");
        }
        if matches!(&self.contains, Some(Value::String(part)) if part.is_empty()) {
            problems.add::<()>(&place.key("contains"), "an empty text is in every text; hint: leave it out");
        }
        if self.absent && self.says_something() {
            let message = "says nothing where it stands; hint: leave out what else is said of the value";
            problems.add::<()>(&place.key("absent"), message);
        }
    }

    fn says_something(&self) -> bool {
        let of_value = self.kind.is_some()
            || self.equals.is_some()
            || self.differs.is_some()
            || self.contains.is_some()
            || self.matches.is_some();
        let bounds = self.at_least.is_some() || self.at_most.is_some();
        let lengths = self.length_at_least.is_some() || self.length_at_most.is_some();
        of_value || bounds || lengths || !self.one_of.is_empty()
    }

    /// What is wrong with the document, in a sentence.
    pub(crate) fn judge(&self, document: &Value, veil: &Veil) -> Result<(), String> {
        let at = self.pointer.as_str();
        let Some(found) = self.pointer.look(document) else {
            return if self.absent { Ok(()) } else { Err(format!("`{at}` is not in the answer")) };
        };
        let said = short(found, veil);
        if self.absent {
            return Err(format!("`{at}` is {said}, and must not be there"));
        }
        match self.wrong(found, veil) {
            None => Ok(()),
            Some(Wrong::Is) => Err(format!("`{at}` is {said}")),
            Some(Wrong::Not(wanted)) => Err(format!("`{at}` is {said}, not {wanted}")),
            Some(Wrong::Length(length, wanted)) => Err(format!("`{at}` has length {length}, not {wanted}")),
        }
    }

    fn wrong(&self, found: &Value, veil: &Veil) -> Option<Wrong> {
        let is = Kind::of(found);
        if let Some(kind) = self.kind.filter(|kind| is != *kind) {
            return Some(Wrong::Not(format!("of type {} but {}", kind.word(), is.word())));
        }
        let in_text = if self.number_in_text { number_in(found) } else { None };
        let found = in_text.as_ref().unwrap_or(found);
        if let Some(equals) = self.equals.as_ref().filter(|equals| !same(found, equals)) {
            return Some(Wrong::Not(short(equals, veil)));
        }
        if !self.one_of.is_empty() && !self.one_of.iter().any(|one| same(found, one)) {
            let mut all = String::new();
            for one in &self.one_of {
                all.push_str(if all.is_empty() { "one of " } else { ", " });
                all.push_str(&short(one, veil));
            }
            return Some(Wrong::Not(all));
        }
        if self.differs.as_ref().is_some_and(|differs| same(found, differs)) {
            return Some(Wrong::Is);
        }
        if let Some(contains) = self.contains.as_ref().filter(|contains| !holds(found, contains)) {
            return Some(Wrong::Not(format!("something that contains {}", short(contains, veil))));
        }
        if let Some(pattern) = self.matches.as_ref().filter(|pattern| !fits(found, pattern)) {
            return Some(Wrong::Not(format!("what matches `{}`", veil.clipped(pattern.as_str()))));
        }
        self.bounds(found).or_else(|| self.lengths(found))
    }

    fn bounds(&self, found: &Value) -> Option<Wrong> {
        let beyond = |bound: Number, worse: Ordering| Number::of(found)?.compare(bound).map(|is| is == worse);
        for (bound, worse, words) in
            [(self.at_least, Ordering::Less, "at least"), (self.at_most, Ordering::Greater, "at most")]
        {
            match bound.map(|bound| (bound, beyond(bound, worse))) {
                None | Some((_, Some(false))) => {}
                Some((bound, Some(true))) => return Some(Wrong::Not(format!("{words} {}", bound.text()))),
                Some((_, None)) => return Some(Wrong::Not("a number".to_owned())),
            }
        }
        None
    }

    fn lengths(&self, found: &Value) -> Option<Wrong> {
        if self.length_at_least.is_none() && self.length_at_most.is_none() {
            return None;
        }
        let length = match found {
            Value::String(text) => text.chars().count(),
            Value::Array(items) => items.len(),
            Value::Object(members) => members.len(),
            Value::Null | Value::Bool(_) | Value::Number(_) => {
                return Some(Wrong::Not("a list, a table or a text".to_owned()));
            }
        };
        match (self.length_at_least, self.length_at_most) {
            (Some(low), _) if length < low as usize => Some(Wrong::Length(length, format!("at least {low}"))),
            (_, Some(high)) if length > high as usize => {
                Some(Wrong::Length(length, format!("at most {high}")))
            }
            (_, _) => None,
        }
    }
}

/// How a value is not as it should be.
enum Wrong {
    /// It is what it must not be.
    Is,
    Not(String),
    Length(usize, String),
}

/// The number that a text is, written as JSON has it.
fn number_in(found: &Value) -> Option<Value> {
    let Value::String(text) = found else { return None };
    watchkeep_sdk::config::parse::<Value>(text).ok().filter(Value::is_number)
}

fn fits(found: &Value, pattern: &Pattern) -> bool {
    match found {
        Value::String(found) => pattern.is_in(found),
        Value::Number(_) => pattern.is_in(&text(found)),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => false,
    }
}

/// `1` and `1.0` are the same number.
fn same(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len() && found.iter().zip(wanted).all(|(found, wanted)| same(found, wanted))
        }
        (Value::Object(found), Value::Object(wanted)) => {
            found.len() == wanted.len()
                && wanted.iter().all(|(key, wanted)| found.get(key).is_some_and(|found| same(found, wanted)))
        }
        (found, wanted) => match (Number::of(found), Number::of(wanted)) {
            (Some(found), Some(wanted)) => found.compare(wanted) == Some(Ordering::Equal),
            (_, _) => found == wanted,
        },
    }
}

fn holds(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::String(text), Value::String(part)) => text.contains(part),
        (Value::Array(items), wanted) => items.iter().any(|item| same(item, wanted)),
        (_, _) => false,
    }
}

/// A value for a sentence: the whole of a small one, the beginning of a large one.
fn short(value: &Value, veil: &Veil) -> String {
    const CHARS_MAX: usize = 60;
    let text = veil.over(&text(value)).into_owned();
    match text.char_indices().nth(CHARS_MAX) {
        None => text,
        Some((at, _)) => format!("{}...", &text[..at]),
    }
}
