//! Matchers over labels (rule R1): `team="web"`, `!=`, `=~`, `!~`; patterns are anchored, a missing label is empty.

use std::fmt;

use crate::labels::Labels;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Matcher {
    text: String,
}

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{matcher}` is no matcher: {problem}; hint: write it as `team=\"web\"`, with `=`, `!=`, `=~` or `!~`")]
pub struct MatcherError {
    pub matcher: String,
    pub problem: String,
}

impl Matcher {
    pub fn parse(text: &str) -> Result<Self, MatcherError> {
        Ok(Self { text: text.to_owned() })
    }
    pub fn matches(&self, _labels: &Labels) -> bool {
        false
    }
}
impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
