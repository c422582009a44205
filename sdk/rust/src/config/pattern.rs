//! A regular expression.

use std::ops::Range;

use regex_lite::Regex;

use super::needle::{SOME_TEXT, some_text};
use super::{Config, Place, Problems, Schema, Value};

/// A regular expression, which is checked when the config is read. Groups, classes, anchors and repetitions are the
/// usual ones. There are no look-arounds and no back references, so that no text makes it slow. `.` does not match a
/// line end, and `^` is the beginning of the text; `(?s)`, `(?m)` and `(?i)` at the start change that, and whether case
/// matters.
///
/// ```
/// use watchkeep_sdk::config::{self, Pattern};
///
/// let banner: Pattern = config::parse(r#""^SSH-2\\.0-""#).unwrap();
/// assert!(banner.is_in("SSH-2.0-OpenSSH_9.2"));
/// assert!(config::parse::<Pattern>(r#""(""#).is_err());
/// ```
#[derive(Clone, Debug)]
pub struct Pattern(Regex);

impl Pattern {
    pub fn is_in(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
    /// The range of the first match.
    pub fn find(&self, text: &str) -> Option<Range<usize>> {
        self.0.find(text).map(|found| found.range())
    }
    /// The text that the group of this number has in the first match; 0 is the whole match.
    pub fn capture<'t>(&self, text: &'t str, group: usize) -> Option<&'t str> {
        self.0.captures(text)?.get(group).map(|found| found.as_str())
    }
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl Config for Pattern {
    const SCHEMA: Schema = SOME_TEXT;

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let text = some_text(value, place, problems)?;
        match Regex::new(&text) {
            Ok(regex) => Some(Pattern(regex)),
            Err(error) => problems.add(
                place,
                format!(
                    "`{text}` is not a valid regular expression: {error}; hint: in TOML, write it in 'single quotes'"
                ),
            ),
        }
    }
}
