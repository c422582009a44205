//! What a journey captures may be a token: it stands in nothing that the plugin writes.

use std::borrow::Cow;

use watchkeep_sdk::clipped;
use watchkeep_sdk::config::{Value, text};
use watchkeep_sdk::prelude::*;

/// Shorter ones are nobody's secret, and stand in every second word.
const BYTES_MIN: usize = 4;
const MASK: &str = "***";

/// Values that are struck out, in every notation in which the plugin places them.
#[derive(Default)]
pub(crate) struct Veil(Vec<String>);

impl Veil {
    pub(crate) fn add(&mut self, value: &str) {
        if value.len() < BYTES_MIN {
            return;
        }
        let json = text(&Value::from(value));
        let json = json.get(1..json.len() - 1).unwrap_or_default().to_owned();
        let form = crate::journey::template::encoded(value);
        for notation in [value.to_owned(), json, form] {
            // The longest first: one may be the beginning of another.
            let at = self.0.iter().position(|other| other.len() < notation.len());
            self.0.insert(at.unwrap_or(self.0.len()), notation);
        }
    }

    pub(crate) fn over<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        for value in self.0.iter().filter(|value| !MASK.contains(&***value)) {
            if text.contains(&**value) {
                text = Cow::Owned(text.replace(&**value, MASK));
            }
        }
        text
    }

    /// Before it is cut, or the beginning of a value would be left.
    pub(crate) fn clipped(&self, text: &str) -> String {
        clipped(&self.over(text))
    }

    pub(crate) fn over_report(&self, report: &mut Report) {
        let over = |text: &mut String| *text = self.over(text).into_owned();
        over(&mut report.summary);
        report.details.iter_mut().for_each(over);
        for finding in &mut report.findings {
            finding.summary = self.over(&finding.summary).into_owned();
        }
    }
}
