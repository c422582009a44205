//! Which checks a list shows: by state, by label, by text. The page and the API share it.

use watchkeep_core::report::State;
use watchkeep_core::view::{CheckStatus, CheckView};

use crate::api::query::Params;
use crate::problem::Problem;

/// A filter for checks. All the given conditions must hold; of several states, one is enough.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct CheckFilter {
    pub(crate) standings: Vec<DisplayState>,
    labels: Vec<(String, Option<String>)>,
    /// Words in lower case, each of which must be in the name, plugin, summary or a label.
    words: Vec<String>,
}

/// A check's state as people sort it: a paused check, and one that has not run yet, is a case of its own. Worst first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum DisplayState {
    Critical,
    Warning,
    Unknown,
    /// It has not run yet.
    Waiting,
    Ok,
    Paused,
}

impl DisplayState {
    pub(crate) const ALL: [DisplayState; 6] = [
        DisplayState::Critical,
        DisplayState::Warning,
        DisplayState::Unknown,
        DisplayState::Waiting,
        DisplayState::Ok,
        DisplayState::Paused,
    ];
    pub(crate) fn of(view: &CheckView) -> Self {
        match (view.status, view.state) {
            (CheckStatus::Paused, _) => DisplayState::Paused,
            (_, State::Critical) => DisplayState::Critical,
            (_, State::Warning) => DisplayState::Warning,
            (_, State::Ok) => DisplayState::Ok,
            (_, State::Unknown) if view.last.is_none() && view.status != CheckStatus::NoPlugin => {
                DisplayState::Waiting
            }
            (_, State::Unknown) => DisplayState::Unknown,
        }
    }
    /// Whether somebody should look at it.
    pub(crate) const fn is_bad(self) -> bool {
        match self {
            DisplayState::Critical | DisplayState::Warning | DisplayState::Unknown => true,
            DisplayState::Waiting | DisplayState::Ok | DisplayState::Paused => false,
        }
    }
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            DisplayState::Critical => "critical",
            DisplayState::Warning => "warning",
            DisplayState::Unknown => "unknown",
            DisplayState::Waiting => "waiting",
            DisplayState::Ok => "ok",
            DisplayState::Paused => "paused",
        }
    }
}

impl CheckFilter {
    /// Reads the filter from `state`, `label` and `q`.
    pub(crate) fn read(params: &Params) -> Result<Self, Problem> {
        let mut filter = CheckFilter::default();
        for word in params.all("state").flat_map(|states| states.split(',')) {
            match DisplayState::ALL.into_iter().find(|standing| standing.as_str() == word) {
                Some(standing) => filter.standings.push(standing),
                None => {
                    return Err(Problem::invalid(format!(
                        "`{word}` is not a state; hint: there is `critical`, `warning`, `unknown`, `waiting`, `ok`, \
                         `paused`"
                    )));
                }
            }
        }
        filter.labels = params
            .all("label")
            .map(|label| match label.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (label.to_owned(), None),
            })
            .collect();
        filter.words = params.one("q").unwrap_or("").split_whitespace().map(str::to_lowercase).collect();
        Ok(filter)
    }

    /// Whether everything but the states matches; the counts are made from these checks.
    pub(crate) fn finds(&self, view: &CheckView) -> bool {
        let labels = &view.spec.labels;
        self.labels.iter().all(|(name, value)| match value {
            Some(value) => labels.get(name) == value,
            None => labels.iter().any(|(given, _)| given == name),
        }) && self.words.iter().all(|word| {
            contains(view.spec.name.as_str(), word)
                || contains(view.spec.plugin.as_str(), word)
                || labels.iter().any(|(_, value)| contains(value, word))
                || view.last.as_ref().is_some_and(|row| contains(row.outcome.summary(), word))
        })
    }
    pub(crate) fn shows(&self, standing: DisplayState) -> bool {
        self.standings.is_empty() || self.standings.contains(&standing)
    }
}

/// Whether the text contains `word`, which is in lower case.
pub(crate) fn contains(text: &str, word: &str) -> bool {
    if let (true, true, Some(first)) = (text.is_ascii(), word.is_ascii(), word.bytes().next()) {
        let (mut text, word) = (text.as_bytes(), word.as_bytes());
        // Most places are ruled out by their first letter.
        while let Some(place) = text.iter().position(|letter| letter.to_ascii_lowercase() == first) {
            text = &text[place..];
            if text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)) {
                return true;
            }
            text = &text[1..];
        }
        return false;
    }
    text.to_lowercase().contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_whatever_their_case() {
        for (text, word, found) in [
            ("Timed out", "out", true),
            ("ABABAC", "abac", true),
            ("aab", "ab", true),
            ("ab", "abc", false),
            ("", "a", false),
            ("Ærø", "ærø", true),
            ("shop", "ø", false),
        ] {
            assert_eq!(contains(text, word), found, "{word} in {text}");
        }
    }
}
