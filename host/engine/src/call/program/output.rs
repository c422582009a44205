//! What a Nagios plugin writes on its standard output: one line of text, `|` and performance data, then further
//! lines of text, and behind a `|` in one of them further performance data.

use super::perfdata::{self, Perfdata};

/// The bound of every report's summary. The whole line is shown among the details.
const SUMMARY_BYTES_MAX: usize = 1 << 10;
const DETAILS_BYTES_MAX: usize = 64 << 10;

#[derive(Debug)]
pub(super) struct Parsed {
    /// The first line's text; may be empty.
    pub(super) summary: String,
    pub(super) details: Option<String>,
    pub(super) perfdata: Perfdata,
}

pub(super) fn parse(output: &str) -> Parsed {
    let (first, rest) = output.split_once('\n').unwrap_or((output, ""));
    let (text, first_data) = first.split_once('|').unwrap_or((first, ""));
    let (long, further_data) = rest.split_once('|').unwrap_or((rest, ""));
    let text = text.trim();
    let long = long.trim_end();
    let summary = cut(text, SUMMARY_BYTES_MAX);
    let details = match (summary.len() < text.len(), long.is_empty()) {
        (false, true) => None,
        (false, false) => Some(long.to_owned()),
        (true, true) => Some(text.to_owned()),
        (true, false) => Some(format!("{text}\n{long}")),
    };
    let perfdata = perfdata::parse(&format!("{first_data} {further_data}"));
    Parsed {
        summary: summary.to_owned(),
        details: details.map(|details| cut(&details, DETAILS_BYTES_MAX).to_owned()),
        perfdata,
    }
}

fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

/// The state that a first line names, as plugins begin theirs (`DISK WARNING - free space`): the first word in
/// capitals that is one.
pub(super) fn named_state(summary: &str) -> Option<&'static str> {
    let words = summary.split(|c: char| !c.is_ascii_alphanumeric());
    let mut known = words
        .filter_map(|word| ["OK", "WARNING", "CRITICAL", "UNKNOWN"].into_iter().find(|&state| state == word));
    known.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(output: &str) -> (String, Option<String>, Vec<String>) {
        let Parsed { summary, details, perfdata } = parse(output);
        (summary, details, perfdata.metrics.into_iter().map(|metric| metric.name).collect())
    }

    #[test]
    fn the_first_line_is_the_summary() {
        assert_eq!(parsed("PING OK - 0.2 ms\n"), ("PING OK - 0.2 ms".into(), None, vec![]));
        assert_eq!(parsed(""), (String::new(), None, vec![]));
        assert_eq!(parsed("DISK OK | /=2B\r\n"), ("DISK OK".into(), None, vec!["value".into()]));
    }

    #[test]
    fn further_lines_are_details_and_what_stands_behind_a_bar_is_data() {
        let output = "DISK OK - free | root=1\n/ 15272 MB\n/boot 68 MB | boot=2\nhome=3 \nvar=4\n";
        let names = ["root", "boot", "home", "var"].map(str::to_owned).to_vec();
        assert_eq!(parsed(output), ("DISK OK - free".into(), Some("/ 15272 MB\n/boot 68 MB".into()), names));
    }

    #[test]
    fn a_first_line_that_is_too_long_is_cut_and_stands_in_the_details() {
        let long = "é".repeat(1_000);
        let (summary, details, _) = parsed(&format!("{long}\nmore"));
        assert_eq!(summary.len(), 1_024);
        assert_eq!(details.as_deref(), Some(&*format!("{long}\nmore")));
    }

    #[test]
    fn the_first_word_that_is_a_state_names_it() {
        for (line, state) in [
            ("CRITICAL - no route", Some("CRITICAL")),
            ("DISK WARNING: OK is another word", Some("WARNING")),
            ("OKAY, all is well", None),
            ("critical", None),
            ("HTTP OK", Some("OK")),
        ] {
            assert_eq!(named_state(line), state, "{line}");
        }
    }
}
