//! What a guest wrote on its standard error before it trapped: an interpreter's traceback, or a program's panic. Finds
//! the line that says what is wrong, and the place in the source. Pure, and made for hostile text: if it is not
//! understood, its last line is reported.

use std::fmt;

/// How many lines are kept: the newest ones.
const LINES_MAX: usize = 60;
/// How much is kept with a failure.
const TRACE_BYTES_MAX: usize = 16 << 10;
/// Rust ends a panic with a note on backtraces, which says nothing about it.
const NOTE: &str = "note: ";

/// The last lines of a guest's standard error, secrets taken out.
#[derive(Debug, Default)]
pub(crate) struct LastWords(std::collections::VecDeque<String>);

impl LastWords {
    pub(crate) fn hear(&mut self, line: String) {
        if self.0.len() == LINES_MAX {
            self.0.pop_front();
        }
        self.0.push_back(line);
    }
    pub(super) fn exception(&self) -> Option<Exception> {
        let lines: Vec<&str> = self.0.iter().map(String::as_str).collect();
        Exception::read(&lines)
    }
}

/// Why a guest gave up, in its own words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Exception {
    message: String,
    /// Such as "plugin.py line 44".
    place: Option<String>,
    /// All that belongs to it, line by line.
    pub(super) trace: String,
}

impl fmt::Display for Exception {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{} ({place})", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl Exception {
    fn read(lines: &[&str]) -> Option<Self> {
        python(lines).or_else(|| javascript(lines)).or_else(|| panic(lines)).or_else(|| last_line(lines))
    }
    fn of(message: &str, place: Option<String>, lines: &[&str]) -> Option<Self> {
        let message = message.trim();
        let mut trace = lines.join("\n");
        trace.truncate(trace.floor_char_boundary(TRACE_BYTES_MAX));
        (!message.is_empty()).then(|| Self { message: message.to_owned(), place, trace })
    }
}

/// Python: `Traceback (most recent call last):`, two lines per frame, and at the left edge what was raised. In a chain
/// of exceptions the last counts.
fn python(lines: &[&str]) -> Option<Exception> {
    let from = lines.iter().rposition(|line| line.starts_with("Traceback (most recent call last)"))?;
    let trace = &lines[from..];
    let is_told = |line: &&&str| !line.starts_with(' ') && !line.trim().is_empty();
    let message = trace[1..].iter().find(is_told)?;
    let place = trace.iter().rev().find_map(|line| {
        let (file, rest) = line.trim_start().strip_prefix("File \"")?.split_once("\", line ")?;
        let number = rest.split([',', ' ']).next()?;
        Some(place(file, number))
    });
    Exception::of(message, place, trace)
}

/// SpiderMonkey in componentize-js: the exception, `Stack:`, and `NAME@FILE:LINE:COLUMN` for each frame.
fn javascript(lines: &[&str]) -> Option<Exception> {
    let mut stacks =
        lines.iter().enumerate().filter(|(at, line)| *at > 0 && line.trim() == "Stack:").map(|(at, _)| at);
    let first_frame = |at: usize| lines[at + 1..].iter().find_map(|line| frame(line));
    // What the glue code of componentize-js prints about an exception comes after it, and says less.
    let is_glue = |at: &usize| first_frame(*at).is_some_and(|place| place.contains(GLUE));
    match stacks.clone().find(|at| !is_glue(at)) {
        Some(at) => Exception::of(lines[at - 1], first_frame(at), &lines[at - 1..]),
        None => {
            let at = stacks.next_back()?;
            let told = lines[at - 1];
            let received = told.split_once("(received `").and_then(|(_, rest)| rest.split_once("`)"));
            Exception::of(received.map_or(told, |(received, _)| received), None, &lines[at - 1..])
        }
    }
}

/// How the glue code of componentize-js appears in a frame.
const GLUE: &str = "/initializer.js ";

fn frame(line: &str) -> Option<String> {
    let (_, whole) = line.trim().split_once('@')?;
    let (rest, column) = whole.rsplit_once(':')?;
    let (file, number) = rest.rsplit_once(':')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    (is_number(column) && is_number(number)).then(|| place(file, number))
}

/// Rust's `thread 'main' panicked at FILE:LINE:COLUMN:` and its message below.
fn panic(lines: &[&str]) -> Option<Exception> {
    const AT: &str = "panicked at ";
    let from = lines.iter().rposition(|line| line.contains(AT))?;
    let (_, at) = lines[from].split_once(AT)?;
    let mut parts = at.trim_end_matches(':').rsplitn(3, ':');
    let (_, number, file) = (parts.next()?, parts.next()?, parts.next()?);
    let message = lines[from + 1..].iter().find(|line| !line.trim().is_empty())?;
    Exception::of(message, Some(place(file, number)), &lines[from..])
}

fn last_line(lines: &[&str]) -> Option<Exception> {
    let line = lines.iter().rev().find(|line| !line.trim().is_empty() && !line.starts_with(NOTE))?;
    Exception::of(line, None, &[])
}

fn place(file: &str, number: &str) -> String {
    format!("{} line {number}", file.trim_start_matches("/0/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn says(text: &str, wanted: &str) {
        let mut words = LastWords::default();
        text.lines().for_each(|line| words.hear(line.to_owned()));
        assert_eq!(
            words.exception().map(|exception| exception.to_string()).as_deref(),
            Some(wanted),
            "{text}"
        );
    }

    #[test]
    fn a_traceback_of_python_is_its_exception_with_the_line_that_raised_it() {
        says(
            "about to fail\n\
             Traceback (most recent call last):\n  File \"/0/plugin.py\", line 44, in execute\n    \
             judge(config)\n  File \"/0/plugin.py\", line 51, in judge\n    raise ValueError(\"no shop\")\n\
             ValueError: no shop\n",
            "ValueError: no shop (plugin.py line 51)",
        );
        says(
            "Traceback (most recent call last):\n  File \"/0/plugin.py\", line 4, in a\nKeyError: 'x'\n\n\
             During handling of the above exception, another exception occurred:\n\n\
             Traceback (most recent call last):\n  File \"/0/plugin.py\", line 6, in b\n\
             RuntimeError: two lines\nof it\n",
            "RuntimeError: two lines (plugin.py line 6)",
        );
    }

    #[test]
    fn an_exception_of_javascript_is_told_with_its_line_and_not_with_that_of_the_glue() {
        let glue = "invalid variant tag value `undefined` (received `TypeError: x is undefined`) specified for `Fault`\n\
                    Stack:\n  export_check$execute@/tmp/b/sources/initializer.js:937:17\n\
                    Redirecting call to abort() to mozalloc_abort\n";
        says(glue, "TypeError: x is undefined");
        let own = "about to fail\nTypeError: x is undefined\nStack:\njudge@plugin.js:12:5\nexecute@plugin.js:38:11\n";
        says(&format!("{own}{glue}"), "TypeError: x is undefined (plugin.js line 12)");
        says("Stack:\n", "Stack:");
        says("Error: a\nStack:\n", "Error: a");
    }

    #[test]
    fn a_panic_is_its_message_with_its_line() {
        says(
            "\nthread 'main' (1) panicked at src/lib.rs:12:5:\nthe sky fell\nnote: run with `RUST_BACKTRACE=1`\n",
            "the sky fell (src/lib.rs line 12)",
        );
    }

    #[test]
    fn what_is_not_understood_is_its_last_line() {
        says("first\nlast\n\nnote: run with a backtrace\n", "last");
        says("Traceback (most recent call last):\n", "Traceback (most recent call last):");
        says("Traceback (most recent call last):\n  File \"x\", line \nE\n", "E (x line )");
        says("panicked at \n", "panicked at");
        assert_eq!(LastWords::default().exception(), None);
    }

    #[test]
    fn of_a_flood_the_newest_lines_are_kept() {
        let mut words = LastWords::default();
        (0..10_000).for_each(|at| words.hear(format!("line {at}")));
        assert_eq!(words.0.len(), LINES_MAX);
        assert_eq!(words.exception().unwrap().to_string(), "line 9999");
    }
}
