//! How much a count grew lately, over several runs.

use std::time::Duration;

/// How many counts are kept.
const KEPT_MAX: usize = 16;

/// What a count was in earlier runs, such as how often a service was restarted: a count that begins anew at 0 when somebody
/// starts the service by hand. Fits on a line of text, so that it can be kept in [`kv`](crate::kv).
///
/// ```
/// use std::time::Duration;
/// use watchkeep_sdk::{Counts, Growth};
///
/// let window = Duration::from_secs(900);
/// let mut counts = Counts::default();
/// assert_eq!(counts.note(1_000, 40, window), None, "nothing is known of what was before");
/// let growth = counts.note(1_060, 42, window).unwrap();
/// assert_eq!(growth, Growth { by: 2, within: Duration::from_secs(60) });
/// let mut counts = Counts::parse(&counts.text());
/// assert_eq!(counts.note(1_120, 1, window).unwrap().by, 1, "it began anew");
/// assert_eq!(counts.note(9_000, 1, window).unwrap().by, 0, "that was long ago");
/// ```
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Counts(Vec<(u64, u64)>);

/// By how much a count grew, and over what time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Growth {
    pub by: u64,
    pub within: Duration,
}

impl Counts {
    /// Takes a count as it is now, in seconds since the Unix epoch, and returns by how much it grew within the window; `None`
    /// if it is the first one.
    pub fn note(&mut self, now: u64, count: u64, window: Duration) -> Option<Growth> {
        let counts = &mut self.0;
        match *counts.as_slice() {
            [] => {
                counts.push((now, count));
                return None;
            }
            // While nothing happens, only the last look counts.
            [(_, only)] if only == count => *counts = vec![(now, count)],
            [.., (_, last)] if last > count && count == 0 => *counts = vec![(now, count)],
            // Whatever there is now came after it began anew.
            [.., (at, last)] if last > count => *counts = vec![(at, 0), (now, count)],
            [.., (_, last)] if last == count => {}
            [..] => counts.push((now, count)),
        }
        // Those from before the window are forgotten but for the newest, with which the others are compared.
        let start = now.saturating_sub(window.as_secs());
        while counts.get(1).is_some_and(|(at, _)| *at <= start) {
            counts.remove(0);
        }
        if counts.len() > KEPT_MAX {
            counts.remove(1);
        }
        let &(at, first) = counts.first()?;
        let within = Duration::from_secs(now.saturating_sub(at));
        Some(Growth { by: count.saturating_sub(first), within })
    }
    /// The counts as a text without blanks and line ends.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (at, count) in &self.0 {
            text.push_str(&format!("{at}:{count},"));
        }
        text
    }
    /// Reads what [`text`](Self::text) has written. Anything else is left out.
    pub fn parse(text: &str) -> Self {
        let pair = |text: &str| {
            let (at, count) = text.split_once(':')?;
            Some((at.parse().ok()?, count.parse().ok()?))
        };
        Counts(text.split(',').filter_map(pair).collect())
    }
}
