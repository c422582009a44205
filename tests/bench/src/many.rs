//! Many checks once a minute, as a large site would have them: what the host takes while it keeps up easily.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use watchkeep_end_to_end::{Folder, Host, eventually};

use crate::metrics::{Scrape, within};
use crate::report::{Section, say};
use crate::{process, targets};

const MIB: f64 = 1024.0 * 1024.0;
const BETWEEN_SAMPLES: Duration = Duration::from_secs(5);

pub(crate) async fn measure(checks: usize, watched: Duration) -> Result<Section> {
    let nginx = targets::nginx().await;
    let folder = Folder::new(&targets::checks(&nginx, "", checks, "60s"));
    let host = Host::start_with(&folder, "warn,watchkeep=info", &[]).await;
    let id = host.process().context("the host runs")?;
    let scrape = async || Scrape::read(&host.get("/metrics").await.text);
    say(&format!("{checks} checks: waiting until each has run once"));
    let runs = "watchkeep_runs_total";
    eventually("the host has run checks", async || (scrape().await.sum(runs) > 0.0).then_some(())).await;
    tokio::time::sleep(Duration::from_secs(60)).await;

    say(&format!("{checks} checks: watching for {} s", watched.as_secs()));
    let (began, before, used) = (Instant::now(), scrape().await, process::processor_time(id)?);
    let (mut resident, mut resident_max) = (0, 0);
    while began.elapsed() < watched {
        tokio::time::sleep(BETWEEN_SAMPLES).await;
        resident = process::resident(id)?;
        resident_max = resident_max.max(resident);
    }
    let (took, after) = (began.elapsed().as_secs_f64(), scrape().await);
    let used = process::processor_time(id)?.saturating_sub(used).as_secs_f64();
    let done = after.sum(runs) - before.sum(runs);
    let skipped = after.sum("watchkeep_runs_skipped_total") - before.sum("watchkeep_runs_skipped_total");
    let late = |share: f64| {
        let late = within(&before, &after, "watchkeep_run_lateness_seconds", share);
        late.map_or("none".to_owned(), |seconds| format!("{:.0} ms", seconds * 1e3))
    };
    let asked = Instant::now();
    let bytes = host.get("/metrics").await.text.len();
    let scraped = asked.elapsed();
    host.signal("TERM").await;
    host.ended().await;

    let row = |what: &str, value: String, goal: &str| vec![what.to_owned(), value, goal.to_owned()];
    Ok(Section {
        name: "many-checks",
        columns: vec!["what", "measured", "goal"],
        rows: vec![
            row(
                "resident memory, highest",
                format!("{:.0} MiB", resident_max as f64 / MIB),
                "800 MiB with 100,000",
            ),
            row("resident memory, at the end", format!("{:.0} MiB", resident as f64 / MIB), ""),
            row("start lateness, 99 of 100 within", late(0.99), "20 ms with 100,000"),
            row("start lateness, 999 of 1,000 within", late(0.999), "100 ms with 100,000"),
            row("processor", format!("{:.1} % of a core", 100.0 * used / took), ""),
            row("processor, a run", format!("{:.0} µs", 1e6 * used / done.max(1.0)), ""),
            row(
                "`/metrics`, all of it",
                format!("{:.1} MiB in {} ms", bytes as f64 / MIB, scraped.as_millis()),
                "",
            ),
            row("runs", format!("{done:.0} ({:.1} a second), {skipped:.0} skipped", done / took), ""),
        ],
        notes: vec![
            format!(
                "{checks} HTTP checks at 60 s against nginx, watched for {watched:?} after the first minute"
            ),
            "lateness from a histogram, by interpolation within its bucket as Prometheus does it".to_owned(),
        ],
        ..Section::default()
    })
}
