//! How much virtual time the simulation of random worlds lives through. The core's own bench measures it; its path comes
//! in `WATCHKEEP_YEARS`, as `run.sh` sets it.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::report::{Section, median, say};

const ROWS: [(&str, &str); 2] =
    [("watched", "every promise looked at after every input"), ("alone", "nobody looks")];

pub(crate) fn measure(turns: usize) -> Result<Section> {
    let program = std::env::var_os("WATCHKEEP_YEARS").context(
        "`WATCHKEEP_YEARS` does not name the core's bench; hint: start this by tests/bench/run.sh",
    )?;
    let mut found: [[Vec<f64>; 2]; ROWS.len()] = Default::default();
    for number in 1..=turns {
        say(&format!("simulated years, turn {number} of {turns}"));
        let output =
            Command::new(&program).arg("--bench").output().context("cannot start the core's bench")?;
        let text = String::from_utf8_lossy(&output.stdout);
        ensure!(
            output.status.success(),
            "the core's bench failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        for ((what, _), found) in ROWS.iter().zip(&mut found) {
            let figures =
                figures(&text, what).with_context(|| format!("the bench printed no `{what}`:\n{text}"))?;
            for (figure, found) in figures.into_iter().zip(found) {
                found.push(figure);
            }
        }
    }
    let rows = ROWS.iter().zip(&mut found).map(|((_, what), [years, inputs])| {
        vec![(*what).to_owned(), format!("{:.2}", median(years)), format!("{:.0}", median(inputs))]
    });
    Ok(Section {
        name: "years",
        columns: vec!["random worlds", "years a second", "inputs a second"],
        rows: rows.collect(),
        notes: vec![format!(
            "8 worlds of 100 days each with 8 checks, a heartbeat and 4 receivers, on one core; medians of {turns}"
        )],
        ..Section::default()
    })
}

/// The numbers in `WHAT: NUMBER years a second, NUMBER inputs a second`.
fn figures(text: &str, what: &str) -> Option<[f64; 2]> {
    let line = text.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(": "))?;
    let (years, inputs) = line.split_once(", ")?;
    let number = |text: &str| text.split(' ').next()?.parse().ok();
    Some([number(years)?, number(inputs)?])
}
