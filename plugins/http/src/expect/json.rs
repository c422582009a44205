//! What the answer's JSON must say at one place.

use std::cmp::Ordering;

use watchkeep_sdk::config::{Place, Problems, Value, text};

use crate::number::Number;
use crate::pointer::Pointer;

/// A place in the answer's JSON and what must stand there. With a pointer alone, something must.
#[derive(watchkeep_sdk::Config)]
#[config(check = Assertion::consistent)]
pub(crate) struct Assertion {
    /// A JSON pointer such as "/status" or "/queues/0/length".
    #[config(example = "/status")]
    pub(crate) pointer: Pointer,
    /// Must be this value.
    pub(crate) equals: Option<Value>,
    /// Must not be this value.
    pub(crate) differs: Option<Value>,
    /// Must be a text that contains this, or a list that holds it.
    pub(crate) contains: Option<Value>,
    /// Must be a number that is not less.
    pub(crate) at_least: Option<Number>,
    /// Must be a number that is not more.
    pub(crate) at_most: Option<Number>,
}

impl Assertion {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        if let (Some(low), Some(high)) = (self.at_least, self.at_most)
            && high.compare(low) == Some(Ordering::Less)
        {
            problems.add::<()>(&place.key("at_most"), "must not be less than `at_least`");
        }
        if matches!(&self.contains, Some(Value::String(part)) if part.is_empty()) {
            problems
                .add::<()>(&place.key("contains"), "an empty text stands in every text; hint: leave it out");
        }
    }

    /// What is wrong with the document, in a sentence.
    pub(crate) fn judge(&self, document: &Value) -> Result<(), String> {
        let Some(found) = self.pointer.look(document) else {
            return Err(format!("`{}` is not in the answer", self.pointer.as_str()));
        };
        let wrong =
            |wanted: String| Err(format!("`{}` is {}, not {wanted}", self.pointer.as_str(), short(found)));
        if let Some(equals) = self.equals.as_ref().filter(|equals| !same(found, equals)) {
            return wrong(short(equals));
        }
        if self.differs.as_ref().is_some_and(|differs| same(found, differs)) {
            return Err(format!("`{}` is {}", self.pointer.as_str(), short(found)));
        }
        if let Some(contains) = self.contains.as_ref().filter(|contains| !holds(found, contains)) {
            return wrong(format!("something that contains {}", short(contains)));
        }
        let beyond = |bound: Number, worse: Ordering| Number::of(found)?.compare(bound).map(|is| is == worse);
        for (bound, worse, words) in
            [(self.at_least, Ordering::Less, "at least"), (self.at_most, Ordering::Greater, "at most")]
        {
            match bound.map(|bound| (bound, beyond(bound, worse))) {
                None | Some((_, Some(false))) => {}
                Some((bound, Some(true))) => return wrong(format!("{words} {bound}")),
                Some((_, None)) => return wrong("a number".to_owned()),
            }
        }
        Ok(())
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
fn short(value: &Value) -> String {
    const CHARS_MAX: usize = 60;
    let text = text(value);
    match text.char_indices().nth(CHARS_MAX) {
        None => text,
        Some((at, _)) => format!("{}...", &text[..at]),
    }
}
