//! What the command line prints: tables on a terminal, JSON when asked, errors with their whole chain.

use std::fmt::Write as _;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;

use anyhow::Result;
use serde_json::Value;

use super::Global;

/// `1 check`, `2 checks`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// Writes to standard output; a closed pipe ends quietly.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| anyhow::Error::new(error).context("cannot write to standard output")),
    }
}

pub(crate) fn print_line(line: &str) -> Result<()> {
    print(&format!("{line}\n"))
}

pub(crate) fn print_json(value: &Value) -> Result<()> {
    print_line(&serde_json::to_string_pretty(value)?)
}

/// Prints a list: JSON if asked for, or else a table with a row for each item.
pub(crate) fn print_list(
    global: &Global,
    items: Vec<Value>,
    head: &[&str],
    row: impl Fn(&Value) -> Vec<String>,
) -> Result<ExitCode> {
    if global.json {
        print_json(&Value::Array(items))?;
    } else {
        let rows: Vec<Vec<String>> = items.iter().map(row).collect();
        print(&table(head, &rows))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints progress and remarks to standard error, so that a pipe gets only the answer.
pub(crate) fn remark(line: &str) {
    // A remark that cannot be written has nobody to read it.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Prints the whole chain of an error, one cause on each line.
pub(crate) fn failed(error: &anyhow::Error) -> ExitCode {
    let mut text = format!("watchkeep: {error}");
    for cause in error.chain().skip(1) {
        let _ = write!(text, "\n  because: {cause}");
    }
    // Quoted text may be a stranger's. Line ends are kept, because the host writes them too.
    let text: String = text.chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).collect();
    remark(&text);
    ExitCode::FAILURE
}

/// Columns as wide as their widest cell; the last one is never padded.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = head.iter().map(|cell| cell.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(plain(cell).chars().count());
        }
    }
    let mut text = String::new();
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    for row in std::iter::once(&head).chain(rows) {
        let mut line = String::new();
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let cell = plain(cell);
            if column > 0 {
                line.push_str("  ");
            }
            line.push_str(&cell);
            if column + 1 < row.len() {
                line.extend(std::iter::repeat_n(' ', width - cell.chars().count()));
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    if std::io::stdout().is_terminal() { coloured(&text) } else { text }
}

/// Text from plugins and targets may be hostile: removes control characters before it is shown on a terminal.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn coloured(table: &str) -> String {
    const COLOURS: [(&str, &str); 4] =
        [("critical", "31"), ("warning", "33"), ("unknown", "35"), ("ok", "32")];
    let mut text = String::new();
    for line in table.split_inclusive('\n') {
        let word = COLOURS.iter().find_map(|(word, colour)| {
            let at = line.find(&format!(" {word} ")).map(|at| at + 1)?;
            Some((at, word.len(), colour))
        });
        match word {
            Some((at, length, colour)) => {
                let _ = write!(
                    text,
                    "{}\u{1b}[{colour}m{}\u{1b}[0m{}",
                    &line[..at],
                    &line[at..at + length],
                    &line[at + length..]
                );
            }
            None => text.push_str(line),
        }
    }
    text
}

/// A field of a JSON object as text; empty if it is not there.
pub(crate) fn field(item: &Value, name: &str) -> String {
    match item.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_lines_up_and_shows_no_control_characters() {
        let text = table(&["NAME", "SUMMARY"], &[vec!["a-long-name".into(), "up\u{1b}[31m".into()]]);
        assert_eq!(text, "NAME         SUMMARY\na-long-name  up [31m\n");
    }
}
