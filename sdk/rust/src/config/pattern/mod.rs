//! A regular expression. An engine of its own, since the smallest that there is costs a component 50 KiB.

mod class;
mod parse;
mod search;

use std::ops::Range;

use parse::Program;
use search::search;

use super::needle::{SOME_TEXT, some_text};
use super::{Config, Place, Problems, Schema, Value};

/// Found when the config is read, if it is none. Groups, classes, anchors and counts are as everywhere; there is no looking
/// around and no back reference, so that no text makes it slow. `.` takes no line end, `^` is the beginning of the text:
/// `(?s)`, `(?m)` and `(?i)` at its front change that, and whether case counts.
///
/// ```
/// use watchkeep_sdk::config::{self, Pattern};
///
/// let banner: Pattern = config::parse(r#""^SSH-2\\.0-""#).unwrap();
/// assert!(banner.is_in("SSH-2.0-OpenSSH_9.2"));
/// assert!(config::parse::<Pattern>(r#""(""#).is_err());
/// ```
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    program: Program,
}

impl Pattern {
    pub fn is_in(&self, text: &str) -> bool {
        search(&self.program, text, 0).is_some()
    }
    /// Where it stands first.
    pub fn find(&self, text: &str) -> Option<Range<usize>> {
        let found = search(&self.program, text, 2)?;
        Some(*found.first()?..*found.get(1)?)
    }
    /// What the group of that number took, where it stands first; 0 is all of it.
    pub fn capture<'t>(&self, text: &'t str, group: usize) -> Option<&'t str> {
        let found = search(&self.program, text, 2 * self.program.groups)?;
        text.get(*found.get(2 * group)?..*found.get(2 * group + 1)?)
    }
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl Config for Pattern {
    const SCHEMA: Schema = SOME_TEXT;

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let text = some_text(value, place, problems)?;
        match parse::program(&text) {
            Ok(program) => Some(Pattern { text, program }),
            Err(error) => problems.add(
                place,
                format!(
                    "`{text}` is no regular expression: {error}; hint: in TOML, write it in 'single quotes'"
                ),
            ),
        }
    }
}
