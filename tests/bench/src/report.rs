//! Tables for people: on the terminal, and between markers in a document, so that what stands around them stays.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Result, ensure};

/// One measured part.
#[derive(Default)]
pub(crate) struct Section {
    /// Names its markers in the document.
    pub(crate) name: &'static str,
    pub(crate) columns: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<String>>,
    /// What one must know to read the table.
    pub(crate) notes: Vec<String>,
    /// When and on what.
    pub(crate) taken: String,
}

pub(crate) fn print(section: &Section) {
    // Nobody is left to read it if standard output is gone.
    let _ = writeln!(std::io::stdout(), "\n{}\n{}", section.name, render(section));
}

/// Progress, apart from the tables.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "== {line}");
}

fn render(section: &Section) -> String {
    let widths: Vec<usize> = (0..section.columns.len())
        .map(|column| {
            let cells = section.rows.iter().map(|row| row[column].chars().count());
            cells.chain([section.columns[column].len()]).max().unwrap_or(0)
        })
        .collect();
    let line = |cells: &[String]| -> String {
        let padded: Vec<String> =
            cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("| {} |\n", padded.join(" | "))
    };
    let head: Vec<String> = section.columns.iter().map(|column| (*column).to_owned()).collect();
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    let mut text = line(&head) + &line(&rule);
    text.extend(section.rows.iter().map(|row| line(row)));
    text.push('\n');
    text.extend(section.notes.iter().map(|note| format!("- {note}\n")));
    text + &format!("\nTaken {}.\n", section.taken)
}

/// Replaces what stands between `<!-- NAME -->` and `<!-- /NAME -->`.
pub(crate) fn write(file: &Path, section: &Section) -> Result<()> {
    let document = std::fs::read_to_string(file)?;
    std::fs::write(file, replaced(&document, section)?)?;
    Ok(())
}

fn replaced(document: &str, section: &Section) -> Result<String> {
    let (begin, end) = (format!("<!-- {} -->\n", section.name), format!("<!-- /{} -->", section.name));
    let (from, to) = (document.find(&begin).map(|at| at + begin.len()), document.find(&end));
    ensure!(from.is_some() && to >= from, "it has no place for `{}`; hint: add {begin}{end}", section.name);
    let (from, to) = (from.unwrap_or(0), to.unwrap_or(0));
    Ok(format!("{}\n{}\n{}", &document[..from], render(section), &document[to..]))
}

/// The middle one, so that one odd turn does not count.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => values[odd / 2],
        even => (values[even / 2 - 1] + values[even / 2]) / 2.0,
    }
}

/// The value that this share of the sorted values does not exceed; `None` if there are no values.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(place.max(1) - 1).copied()
}

/// The same for milliseconds, as text for people.
pub(crate) fn quantile_millis(sorted: &[f64], share: f64, decimals: usize) -> String {
    quantile(sorted, share).map_or("none".to_owned(), |millis| format!("{millis:.decimals$} ms"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section() -> Section {
        Section {
            name: "speed",
            columns: vec!["who", "rate"],
            rows: vec![vec!["we".into(), "10".into()]],
            notes: vec!["more is better".into()],
            taken: "today".into(),
        }
    }

    #[test]
    fn replaces_its_own_table_and_leaves_the_rest() {
        let document = "# A\n<!-- speed -->\nold\n<!-- /speed -->\nrest\n";
        let new = replaced(document, &section()).unwrap();
        assert!(
            new.starts_with("# A\n<!-- speed -->\n\n| who | rate |\n| --- | ---- |\n| we  | 10   |\n"),
            "{new}"
        );
        assert!(new.ends_with("<!-- /speed -->\nrest\n") && !new.contains("old"), "{new}");
        assert_eq!(replaced(&new, &section()).unwrap(), new);
    }

    #[test]
    fn a_document_without_the_place_is_told() {
        assert!(replaced("# A\n", &section()).is_err());
    }

    #[test]
    fn a_share_of_values_lies_at_most_at_one_of_them() {
        let hundred: Vec<f64> = (1..=100).map(f64::from).collect();
        assert_eq!(
            [0.5, 0.99, 1.0].map(|share| quantile(&hundred, share)),
            [Some(50.0), Some(99.0), Some(100.0)]
        );
        assert_eq!(quantile(&[3.0], 0.01), Some(3.0));
        assert_eq!(quantile_millis(&[], 0.5, 1), "none");
        assert_eq!(quantile_millis(&[1.26], 0.5, 1), "1.3 ms");
    }

    #[test]
    fn the_median_ignores_one_odd_turn() {
        assert_eq!(median(&mut [900.0, 10.0, 11.0]), 11.0);
        assert_eq!(median(&mut [4.0, 2.0]), 3.0);
    }
}
