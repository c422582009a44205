//! What the answer's JSON must say at one place.

use watchkeep_sdk::config::{Place, Problems, Value, plain, text};

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
    pub(crate) at_least: Option<f64>,
    /// Must be a number that is not more.
    pub(crate) at_most: Option<f64>,
}

impl Assertion {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        if let (Some(low), Some(high)) = (self.at_least, self.at_most)
            && high < low
        {
            problems.add::<()>(&place.key("at_most"), "must not be less than `at_least`");
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
        match (self.at_least, self.at_most, found.as_f64()) {
            (None, None, _) => Ok(()),
            (_, _, None) => wrong("a number".to_owned()),
            (Some(low), _, Some(number)) if number < low => wrong(format!("at least {}", plain(low))),
            (_, Some(high), Some(number)) if number > high => wrong(format!("at most {}", plain(high))),
            (_, _, Some(_)) => Ok(()),
        }
    }
}

/// `1` and `1.0` are the same number.
fn same(found: &Value, wanted: &Value) -> bool {
    found == wanted
        || matches!((found.as_f64(), wanted.as_f64()), (Some(found), Some(wanted)) if found == wanted)
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
