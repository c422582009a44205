//! What the answer's headers must say.

use watchkeep_sdk::config::{Needle, Pattern, Place, Problems};
use watchkeep_sdk::http::Response;

use crate::veil::Veil;

/// A header, one of those with that name, and what is expected of it. By name alone, it must exist.
#[derive(watchkeep_sdk::Config)]
#[config(check = HeaderExpected::consistent)]
pub(crate) struct HeaderExpected {
    /// The header's name, in any case.
    #[config(example = "strict-transport-security", non_empty)]
    pub(crate) name: String,
    /// The header must be absent.
    #[config(default = false)]
    pub(crate) absent: bool,
    /// The header may be absent.
    #[config(default = false)]
    pub(crate) optional: bool,
    /// Its value must equal this.
    pub(crate) equals: Option<String>,
    /// Its value must contain this.
    pub(crate) contains: Option<Needle>,
    /// Its value must match this regular expression.
    pub(crate) matches: Option<Pattern>,
    /// Its value must not match this regular expression.
    pub(crate) does_not_match: Option<Pattern>,
}

impl HeaderExpected {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        let says = self.equals.is_some()
            || self.contains.is_some()
            || self.matches.is_some()
            || self.does_not_match.is_some();
        if self.absent && (says || self.optional) {
            let message = "says nothing where it stands; hint: leave out what else is said of the header";
            problems.add::<()>(&place.key("absent"), message);
        }
    }

    /// What is wrong with the answer, in a sentence.
    pub(crate) fn judge(&self, response: &Response, veil: &Veil) -> Result<(), String> {
        let named = response.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(&self.name));
        let values: Vec<&str> = named.map(|header| header.value.as_str()).collect();
        let name = &self.name;
        let Some(first) = values.first() else {
            return match self.absent || self.optional {
                true => Ok(()),
                false => Err(format!("header `{name}` is not in the answer")),
            };
        };
        let first = veil.clipped(first);
        if self.absent {
            return Err(format!("header `{name}` is `{first}`, and must not be there"));
        }
        let wrong = |wanted: &str, what: &str| {
            Err(format!("header `{name}` is `{first}`, not {wanted}`{}`", veil.clipped(what)))
        };
        let any = |fits: &dyn Fn(&str) -> bool| values.iter().any(|value| fits(value));
        if let Some(equals) =
            self.equals.as_ref().filter(|equals| !any(&|value| value.trim() == equals.trim()))
        {
            return wrong("", equals);
        }
        if let Some(contains) = self.contains.as_ref().filter(|text| !any(&|value| text.stands_in(value))) {
            return wrong("something that contains ", contains.as_str());
        }
        if let Some(matches) = self.matches.as_ref().filter(|pattern| !any(&|value| pattern.is_in(value))) {
            return wrong("what matches ", matches.as_str());
        }
        let unwanted = self.does_not_match.as_ref();
        match unwanted.and_then(|pattern| Some((pattern, values.iter().find(|value| pattern.is_in(value))?)))
        {
            Some((pattern, value)) => {
                let value = veil.clipped(value);
                Err(format!(
                    "header `{name}` is `{value}`, which matches `{}`",
                    veil.clipped(pattern.as_str())
                ))
            }
            None => Ok(()),
        }
    }
}
