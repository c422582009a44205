//! The sandbox's tax: what one null check costs through the whole engine path. The engine's own bench measures
//! it; its path comes in `WATCHKEEP_TAX`, as `run.sh` sets it.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::report::{Section, median, say};

/// What the bench's lines begin with, and the goal in microseconds of CPU a run.
const ROWS: [(&str, f64); 2] = [("1 task", 20.0), ("32 tasks on 2 threads", 32.0)];

pub(crate) fn measure(turns: usize) -> Result<Section> {
    let program = std::env::var_os("WATCHKEEP_TAX").context(
        "`WATCHKEEP_TAX` does not name the engine's bench; hint: start this by tests/bench/run.sh",
    )?;
    let mut micros: [Vec<f64>; ROWS.len()] = Default::default();
    let mut allocation = String::new();
    for number in 1..=turns {
        say(&format!("sandbox tax, turn {number} of {turns}"));
        let output =
            Command::new(&program).arg("--bench").output().context("cannot start the engine's bench")?;
        ensure!(
            output.status.success(),
            "the engine's bench failed: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let text = String::from_utf8_lossy(&output.stdout);
        allocation = text.lines().next().unwrap_or_default().to_owned();
        for ((what, _), found) in ROWS.iter().zip(&mut micros) {
            found.push(
                figure(&text, what).with_context(|| format!("the bench printed no `{what}`:\n{text}"))?,
            );
        }
    }
    let rows = ROWS.iter().zip(&mut micros).map(|((what, goal), found)| {
        vec![(*what).to_owned(), format!("{:.1} µs", median(found)), format!("{goal} µs")]
    });
    Ok(Section {
        name: "tax",
        columns: vec!["null check", "CPU a run", "goal"],
        rows: rows.collect(),
        notes: vec![
            format!("memory for guests: {allocation}; medians of {turns}"),
            "the guest is built without the SDK and grows its memory, which changes page protections twice a run: two \
             threads wait for each other there"
                .to_owned(),
        ],
        ..Section::default()
    })
}

/// The number in `WHAT: NUMBER us CPU a run, ...`.
fn figure(text: &str, what: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(what)?.strip_prefix(": "))?;
    line.split(' ').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_the_cpu_time_of_the_named_line() {
        let text = "Pool\n1 task: 19.7 us CPU a run, 20.0 us wall\n32 tasks on 2 threads: 19.3 us CPU a run, 9.9 us wall\n";
        assert_eq!(figure(text, "32 tasks on 2 threads"), Some(19.3));
        assert_eq!(figure(text, "2 tasks"), None);
    }
}
