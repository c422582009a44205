//! Lines of an iCalendar text, unfolded, and their contents.

use chrono::NaiveDate;

use super::IcsError;

pub(super) struct Line {
    pub(super) number: usize,
    /// The name, in upper case.
    pub(super) name: String,
    /// Each parameter as `KEY=VALUE`, in upper case.
    pub(super) parameters: Vec<String>,
    pub(super) value: String,
}

/// Joins lines that begin with a blank to the line before.
pub(super) fn unfold(text: &str) -> Vec<Line> {
    let mut whole: Vec<(usize, String)> = Vec::new();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        match (line.strip_prefix([' ', '\t']), whole.last_mut()) {
            (Some(more), Some((_, begun))) => begun.push_str(more),
            _ => whole.push((index + 1, line.to_owned())),
        }
    }
    whole
        .into_iter()
        .filter_map(|(number, line)| {
            let (head, value) = split_value(&line)?;
            let mut parts = head.split(';').map(|part| part.trim().to_ascii_uppercase());
            let name = parts.next()?;
            Some(Line { number, name, parameters: parts.collect(), value: value.trim().to_owned() })
        })
        .collect()
}

/// Splits a line at the first colon that is not in a quoted parameter.
fn split_value(line: &str) -> Option<(&str, &str)> {
    let mut is_quoted = false;
    let at = line.find(|c: char| {
        is_quoted ^= c == '"';
        c == ':' && !is_quoted
    })?;
    Some((&line[..at], &line[at + 1..]))
}

impl Line {
    pub(super) fn refusal(&self, problem: String, hint: &str) -> IcsError {
        IcsError { line: self.number, problem, hint: hint.to_owned() }
    }
    pub(super) fn date(&self) -> Result<NaiveDate, IcsError> {
        self.read_date(&self.value)
    }
    /// The dates of the value, which are separated by commas.
    pub(super) fn dates(&self) -> Result<Vec<NaiveDate>, IcsError> {
        self.value.split(',').map(|value| self.read_date(value.trim())).collect()
    }
    fn read_date(&self, value: &str) -> Result<NaiveDate, IcsError> {
        parse_date(value).ok_or_else(|| {
            let problem = format!("`{}:{value}` is not a date", self.name);
            self.refusal(problem, "holidays are all-day events, such as `DTSTART;VALUE=DATE:20261225`")
        })
    }
    /// A duration in days, such as `P1D` or `P2W`.
    pub(super) fn days(&self) -> Result<u64, IcsError> {
        let text = self.value.to_ascii_uppercase();
        let number = |unit: char| text.strip_prefix('P')?.strip_suffix(unit)?.parse::<u64>().ok();
        number('D').or_else(|| number('W').map(|weeks| weeks.saturating_mul(7))).ok_or_else(|| {
            let problem = format!("`{}:{}` is not a number of days", self.name, self.value);
            self.refusal(problem, "holidays last whole days, such as `DURATION:P1D`")
        })
    }
}

pub(super) fn parse_date(text: &str) -> Option<NaiveDate> {
    let is_date = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    is_date.then(|| NaiveDate::parse_from_str(text, "%Y%m%d").ok()).flatten()
}
