//! Exports that a spreadsheet opens: what a target wrote is computed by none.

use std::sync::Arc;

use http::Method;
use watchkeep_core::outcome::Outcome;
use watchkeep_core::report::{Finding, Report, State};

use crate::support::ask::{ask, get};
use crate::support::{Board, FakeHost, labels, metric, ok, result, seconds_ago, spec, view};

const FORMULAS: [&str; 12] = [
    "=cmd|' /C calc'!A0",
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    "＝1",
    "\u{feff}=1",
    "a\";=1;\"",
    "a\",=1,\"\r\n=1",
];

/// The fields of a table with commas, as RFC 4180 has it.
fn fields(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '"' if quoted && chars.peek() == Some(&'"') => field.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            other => field.push(other),
        }
    }
    assert!(!quoted && row.is_empty() && field.is_empty(), "the last line is whole");
    rows
}

fn board() -> Board {
    let mut board = Board::default();
    for formula in FORMULAS {
        let finding = Finding {
            key: formula.into(),
            state: State::Critical,
            summary: "listed".to_owned(),
            labels: labels(&[("provider", formula)]),
            metrics: vec![
                metric("ip_reputation_score", 40.0, "", &[("address", formula)]),
                metric("ip_reputation_listed", 1.0, "", &[("address", formula), ("list", formula)]),
            ],
            link: None,
        };
        let Outcome::Report(plain) = ok("said") else { unreachable!() };
        let outcome = Outcome::Report(Arc::new(Report { findings: vec![finding], ..(*plain).clone() }));
        board.results.push(result(formula, 1, seconds_ago(60), 9, outcome.clone()));
        board.checks.push(view(spec(formula, "ip-reputation", "{}", &[]), Some((outcome, 9)), 60));
    }
    board
}

#[tokio::test]
async fn an_export_holds_no_formula() {
    let host = FakeHost::new(board());
    let answer = get(&host, "/reputation.csv").await;
    assert!(answer.header("content-type").starts_with("text/csv"));
    assert!(answer.header("content-disposition").starts_with("attachment"));
    let rows = fields(&answer.text);
    assert_eq!(rows.len(), 1 + FORMULAS.len(), "{}", answer.text);
    for row in &rows {
        assert_eq!(row.len(), 7, "{row:?}");
        for field in row {
            // What a spreadsheet passes over before it looks whether a field is a formula.
            let shown =
                field.trim_start_matches(|c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}');
            let begins = shown.chars().next().unwrap_or(' ');
            assert!(!"=+-@＝＋－＠|".contains(begins), "{field:?}");
        }
    }
    // Browsers guess no other type of it, and show it in no frame.
    let head = ask(&host, Method::HEAD, "/reputation.csv", &[]).await;
    super::answers::is_guarded("/reputation.csv", &head.headers);
}
