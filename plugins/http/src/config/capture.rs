//! A request of a journey, and what is kept of its answer for later ones.

use watchkeep_sdk::config::{Pattern, Place, Pointer, Problems};

use super::{Fetch, FormValue};
use crate::journey::template;

/// Where a value is in the answer: in its JSON, a header, a cookie, or else its text.
#[derive(watchkeep_sdk::Config)]
#[config(check = Capture::consistent)]
pub(crate) struct Capture {
    /// A JSON pointer.
    pub(crate) json: Option<Pointer>,
    /// A header's name.
    pub(crate) header: Option<String>,
    /// A cookie's name.
    pub(crate) cookie: Option<String>,
    /// A regular expression: its first group is the value, or all that it matches.
    #[config(example = "name=\"csrf\" value=\"([^\"]+)\"")]
    pub(crate) pattern: Option<Pattern>,
}

impl Fetch {
    pub(crate) fn name(&self, at: usize) -> String {
        self.name.clone().unwrap_or_else(|| format!("step {}", at + 1))
    }

    /// Whether what is kept stands in the body.
    pub(crate) fn captures_body(&self) -> bool {
        self.capture.0.iter().any(|(_, capture)| capture.reads_body())
    }

    /// All texts in which a captured value may be placed.
    fn templates(&self) -> Vec<(&'static str, &str)> {
        let mut templates = Vec::new();
        for (_, value) in &self.ask.headers.0 {
            templates.push(("headers", &**value));
        }
        for (_, value) in &self.ask.form.0 {
            if let FormValue::Text(text) = value {
                templates.push(("form", text));
            }
        }
        if let Some(body) = &self.ask.body {
            templates.push(("body", body));
        }
        if let Some(url) = &self.url {
            templates.push(("url", &url.0));
        }
        templates
    }

    pub(super) fn follows(&self, at: usize, all: &[Fetch], place: &Place<'_>, problems: &mut Problems) {
        let name = self.name(at);
        if all.iter().take(at).enumerate().any(|(at, other)| other.name(at) == name) {
            problems.add::<()>(&place.key("name"), format!("`{name}` is the name of two steps"));
        }
        let host = self.url.as_ref().and_then(|url| url.0.split_once("://")).map_or("", |(_, rest)| rest);
        if host.split(['/', '?', '#']).next().is_some_and(|host| host.contains(['{', '}'])) {
            let message = "a captured value cannot be the host; hint: write the host out";
            problems.add::<()>(&place.key("url"), message);
        }
        for (key, text) in self.templates() {
            for name in template::names(text) {
                let captures = |step: &Fetch| step.capture.0.iter().any(|(known, _)| known == name);
                if !all.iter().take(at).any(captures) {
                    let message =
                        format!("no earlier step captures `{name}`; hint: add it to `capture` of one");
                    problems.add::<()>(&place.key(key), message);
                }
            }
        }
        for (name, _) in &self.capture.0 {
            let place = place.key("capture");
            if !template::is_name(name) {
                let message = "is not a valid name; hint: write letters, digits and `_`";
                problems.add::<()>(&place.key(name), message);
            }
        }
    }
}

impl Capture {
    fn reads_body(&self) -> bool {
        self.header.is_none() && self.cookie.is_none()
    }

    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        let places = [self.json.is_some(), self.header.is_some(), self.cookie.is_some()];
        let count = places.iter().filter(|is_given| **is_given).count();
        if count > 1 || (count == 0 && self.pattern.is_none()) {
            problems.add::<()>(
                place,
                "has to come from one place; hint: write one of these, or a `pattern` alone",
            );
        }
    }
}
