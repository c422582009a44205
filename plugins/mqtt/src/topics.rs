//! Names of topics and filters for them, checked when the config is read.

use watchkeep_sdk::config::{Config, Needle, Place, Problems, Schema, Value};

/// More than any broker takes of levels that somebody thought of.
const BYTES_MAX: usize = 1 << 10;

const SOME_TEXT: Schema = <Needle as Config>::SCHEMA;

/// One topic, without wildcards.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Topic(String);

/// One topic, or many by `+` and `#`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Filter(String);

impl Topic {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Filter {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
    pub(crate) fn takes(&self, topic: &str) -> bool {
        fits(&self.0, topic)
    }
}

impl Config for Topic {
    const SCHEMA: Schema = SOME_TEXT;

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let text = some_levels(value, place, problems)?;
        if text.bytes().any(is_wildcard) {
            return problems.add(
                place,
                format!("`{text}` stands for many topics; hint: name the one that is published to"),
            );
        }
        if text.starts_with('$') {
            return problems.add(place, format!("`{text}` is the broker's own; hint: take another topic"));
        }
        Some(Topic(text))
    }
}

impl Config for Filter {
    const SCHEMA: Schema = SOME_TEXT;

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let text = some_levels(value, place, problems)?;
        if text.starts_with("$share/") {
            return problems.add(
                place,
                "a shared subscription would take messages from those who share it; hint: write the topic alone",
            );
        }
        if !is_filter(&text) {
            return problems.add(
                place,
                format!(
                    "`{text}` is not a valid topic filter: `+` stands for a whole level, `#` for all that follow, at the end; hint: \
                     `plant/+/temperature`, `plant/#`"
                ),
            );
        }
        Some(Filter(text))
    }
}

fn some_levels(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<String> {
    let text = String::read(value, place, problems)?;
    match () {
        () if text.is_empty() => problems.add(place, "a topic has at least one letter"),
        () if text.len() > BYTES_MAX => {
            problems.add(place, format!("is longer than {BYTES_MAX} bytes; hint: shorten it"))
        }
        () if text.chars().any(char::is_control) => {
            problems.add(place, "has a control character in it; hint: take it out")
        }
        () => Some(text),
    }
}

fn is_wildcard(byte: u8) -> bool {
    matches!(byte, b'+' | b'#')
}

/// Each wildcard is a whole level, and `#` the last one.
fn is_filter(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().filter(|(_, byte)| is_wildcard(**byte)).all(|(at, byte)| {
        let begins = at == 0 || bytes.get(at - 1) == Some(&b'/');
        begins
            && match bytes.get(at + 1) {
                None => true,
                Some(next) => *byte == b'+' && *next == b'/',
            }
    })
}

/// Whether a filter stands for this topic. One that begins with a wildcard does not stand for the broker's own.
pub fn fits(filter: &str, topic: &str) -> bool {
    if topic.starts_with('$') && filter.bytes().next().is_some_and(is_wildcard) {
        return false;
    }
    let (mut filter, mut topic) = (Some(filter), Some(topic));
    while let Some(levels) = filter {
        let (wanted, more) = first(levels);
        // The level above as well: `plant/#` stands for `plant`.
        if wanted == "#" {
            return true;
        }
        let Some(levels) = topic else { return false };
        let (found, left) = first(levels);
        if wanted != "+" && wanted != found {
            return false;
        }
        (filter, topic) = (more, left);
    }
    topic.is_none()
}

/// The first level, and those below it.
fn first(levels: &str) -> (&str, Option<&str>) {
    levels.split_once('/').map_or((levels, None), |(first, below)| (first, Some(below)))
}
