//! From the process's start to its first finished run: with nothing cached, and again.

use std::time::Instant;

use anyhow::Result;
use watchkeep_end_to_end::{Folder, Host, eventually};

use crate::metrics::Scrape;
use crate::report::{Section, median, say};
use crate::targets;

/// Enough that one is due at once, whatever its place in the interval.
const CHECKS: usize = 50;

pub(crate) async fn measure(turns: usize) -> Result<Section> {
    let nginx = targets::nginx().await;
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for number in 1..=turns {
        say(&format!("start, turn {number} of {turns}"));
        let folder = Folder::new(&targets::checks(&nginx, "", CHECKS, "100ms"));
        folder.compiles_itself();
        first.push(to_first_run(&folder).await);
        second.push(to_first_run(&folder).await);
    }
    let row = |what: &str, seconds: f64, goal: &str| {
        vec![what.to_owned(), format!("{:.0} ms", seconds * 1e3), goal.to_owned()]
    };
    Ok(Section {
        name: "start",
        columns: vec!["start", "to the first finished run", "goal"],
        rows: vec![
            row("first, nothing cached", median(&mut first), "5 s"),
            row("second", median(&mut second), "300 ms"),
        ],
        notes: vec![format!(
            "{CHECKS} HTTP checks; seen by asking `/metrics`, which adds up to 10 ms; medians of {turns}"
        )],
        ..Section::default()
    })
}

async fn to_first_run(folder: &Folder) -> f64 {
    let began = Instant::now();
    let host = Host::start_with(folder, "warn,watchkeep=info", &[]).await;
    eventually("a run has finished", async || {
        let scrape = Scrape::read(&host.get("/metrics").await.text);
        (scrape.sum("watchkeep_runs_total") > 0.0).then_some(())
    })
    .await;
    let took = began.elapsed().as_secs_f64();
    host.signal("TERM").await;
    host.ended().await;
    took
}
