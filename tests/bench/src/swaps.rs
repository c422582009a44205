//! Plugins swapped while their checks run: what a swap takes, and that no run is lost, late or done twice.
//!
//! Every file is another one (a custom section), so every swap checks, compiles and tries a component. Four plugins are
//! replaced side by side; one of them carries all checks.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use watchkeep_end_to_end::{Folder, Host, digest, eventually, numbered, within};

use crate::metrics::{Scrape, at_most};
use crate::report::{Section, quantile_millis, say};
use crate::targets;

const SWAPS: u32 = 200;
const PLUGINS: [&str; 4] = ["console", "http", "slack", "webhook"];
/// At 200 ms each: 500 a second.
const CHECKS: usize = 100;
const INTERVAL: Duration = Duration::from_millis(200);
const SETTLE: &str = "plugin_settle = \"50ms\"\nplugin_settle_max = \"500ms\"\nplugin_canary = \"1s\"\n";
const LONGEST: Duration = Duration::from_secs(60);

/// What became of the runs.
#[derive(Default, PartialEq, Eq, Debug)]
pub(crate) struct Runs {
    pub(crate) done: usize,
    pub(crate) lost: usize,
    pub(crate) twice: usize,
    pub(crate) not_ok: usize,
}

impl Runs {
    /// The runs of one check, which starts every interval: a gap is a lost run. Moments are in milliseconds. Only the
    /// very first run is off the grid, because a host that starts runs each check soon.
    pub(crate) fn of(mut moments: Vec<i64>, interval: Duration) -> Self {
        moments.sort_unstable();
        let mut runs = Runs { done: moments.len(), ..Runs::default() };
        let interval = interval.as_millis() as i64;
        for pair in moments.windows(2).skip(1) {
            let step = pair[1] - pair[0];
            // The wall clock may be set by some milliseconds between two starts.
            runs.lost += usize::try_from((step + interval / 2) / interval - 1).unwrap_or(0);
            runs.twice += usize::from(step < interval / 2);
        }
        runs
    }

    pub(crate) fn merge(&mut self, other: Runs) {
        self.done += other.done;
        self.lost += other.lost;
        self.twice += other.twice;
        self.not_ok += other.not_ok;
    }
}

pub(crate) async fn measure() -> Result<Section> {
    let nginx = targets::nginx().await;
    let interval = format!("{}ms", INTERVAL.as_millis());
    let receivers: String = PLUGINS
        .iter()
        .filter(|name| **name == "console")
        .map(|name| format!("[[receiver]]\nname = \"{name}\"\nplugin = \"{name}\"\n[[route]]\nname = \"root\"\nreceivers = [\"{name}\"]\n"))
        .collect();
    let folder = Folder::new(&(targets::checks(&nginx, SETTLE, CHECKS, &interval) + &receivers));
    std::fs::create_dir_all(folder.path().join("plugins"))?;
    let host = Host::start_with(&folder, "warn,watchkeep=info", &[]).await;
    let scrape = async || Scrape::read(&host.get("/metrics").await.text);
    eventually("every check has run", async || {
        (scrape().await.sum("watchkeep_runs_total") >= 2.0 * CHECKS as f64).then_some(())
    })
    .await;

    let (began, before) = (Instant::now(), scrape().await);
    let (mut took, mut sizes) = (Vec::new(), BTreeMap::new());
    for round in 0..SWAPS / PLUGINS.len() as u32 {
        if round % 10 == 0 {
            say(&format!("swaps, round {round}"));
        }
        let mut dropped = Vec::new();
        for name in PLUGINS {
            let bytes = numbered(bundled(name)?, round);
            sizes.insert(name, bytes.len());
            let temporary = folder.path().join(format!("plugins/.{name}.new"));
            std::fs::write(&temporary, &bytes)?;
            std::fs::rename(&temporary, folder.path().join(format!("plugins/{name}.wasm")))?;
            dropped.push((digest(&bytes), Instant::now()));
        }
        took.extend(live(&host, dropped).await);
    }
    let (elapsed, after) = (began.elapsed(), scrape().await);
    let late = at_most(&before, &after, "watchkeep_run_lateness_seconds", 0.99);
    let skipped = after.sum("watchkeep_runs_skipped_total") - before.sum("watchkeep_runs_skipped_total");
    let mut runs = Runs::default();
    for check in 0..CHECKS {
        count(&host, &format!("site-n{check}"), &mut runs).await?;
    }
    host.signal("TERM").await;
    host.ended().await;
    ensure!(took.len() == SWAPS as usize, "every file was live");
    Ok(section(took, elapsed, late, skipped, &runs, &sizes))
}

fn bundled(name: &str) -> Result<&'static [u8]> {
    let found = watchkeep_bundle::BUNDLED.iter().find(|plugin| plugin.name == name);
    found.map(|plugin| plugin.bytes).with_context(|| format!("`{name}` is bundled"))
}

/// From each file's last byte until the host says that it runs; seen by asking, which adds some milliseconds.
async fn live(host: &Host, mut dropped: Vec<(String, Instant)>) -> Vec<Duration> {
    let mut took = Vec::new();
    within(LONGEST, "all files of the round are live", async || {
        let plugins = host.get("/api/v1/plugins").await.json();
        let items = plugins["items"].as_array()?;
        dropped.retain(|(digest, at)| {
            let is_live = items.iter().any(|plugin| plugin["generation"]["digest"] == **digest);
            if is_live {
                took.push(at.elapsed());
            }
            !is_live
        });
        dropped.is_empty().then_some(())
    })
    .await;
    took
}

async fn count(host: &Host, check: &str, runs: &mut Runs) -> Result<()> {
    let mut moments = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = host.get(&format!("/api/v1/checks/{check}/results?limit=1000{cursor}")).await.json();
        for item in page["items"].as_array().context("results are a list")? {
            let at = item["scheduled_at"].as_str().context("a result has its moment")?;
            moments.push(chrono::DateTime::parse_from_rfc3339(at)?.timestamp_millis());
            runs.not_ok += usize::from(item["state"] != "ok");
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    runs.merge(Runs::of(moments, INTERVAL));
    Ok(())
}

fn section(
    took: Vec<Duration>,
    elapsed: Duration,
    late: Option<f64>,
    skipped: f64,
    runs: &Runs,
    sizes: &BTreeMap<&str, usize>,
) -> Section {
    let mut took: Vec<f64> = took.iter().map(|span| span.as_secs_f64() * 1e3).collect();
    took.sort_by(f64::total_cmp);
    let share = |share: f64| quantile_millis(&took, share, 0);
    let row = |what: &str, value: String, goal: &str| vec![what.to_owned(), value, goal.to_owned()];
    let sizes: Vec<String> =
        sizes.iter().map(|(name, bytes)| format!("{name} {} KiB", bytes.div_ceil(1024))).collect();
    let rate = |count: f64| count / elapsed.as_secs_f64();
    Section {
        name: "swaps",
        columns: vec!["what", "measured", "goal"],
        rows: vec![
            row("last byte to live, half at most", share(0.5), ""),
            row("last byte to live, 90 of 100 at most", share(0.9), ""),
            row("last byte to live, 99 of 100 at most", share(0.99), "1 s"),
            row("last byte to live, longest", share(1.0), ""),
            row("swaps a second", format!("{:.1}", rate(f64::from(SWAPS))), ""),
            row(
                "start lateness, 99 of 100 at most",
                late.map_or("none".to_owned(), |s| format!("{:.0} ms", s * 1e3)),
                "250 ms",
            ),
            row("runs", format!("{}, {} of them not ok", runs.done, runs.not_ok), "0 not ok"),
            row("runs lost", format!("{}, {skipped:.0} skipped", runs.lost), "0"),
            row("runs done twice", runs.twice.to_string(), "0"),
        ],
        notes: vec![
            format!(
                "{SWAPS} swaps of {} plugins side by side, each file compiled anew, under {CHECKS} HTTP checks every {INTERVAL:?}",
                PLUGINS.len()
            ),
            format!("files: {}; settled after 50 ms", sizes.join(", ")),
            "of the four files of a round two are compiled at once".to_owned(),
        ],
        ..Section::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(moments: &[i64]) -> Runs {
        Runs::of(moments.to_vec(), INTERVAL)
    }

    #[test]
    fn gaps_are_lost_runs_and_what_comes_too_soon_was_done_twice() {
        let whole = Runs { done: 4, ..Runs::default() };
        assert_eq!(
            counted(&[1_000, 1_200, 1_403, 1_599]),
            whole,
            "a clock that is set a little loses nothing"
        );
        assert_eq!(counted(&[1_403, 1_000, 1_599, 1_200]), whole, "pages come newest first");
        assert_eq!(counted(&[1_000, 1_200, 1_800]), Runs { done: 3, lost: 2, ..Runs::default() });
        assert_eq!(counted(&[1_000, 1_200, 1_200, 1_400]), Runs { done: 4, twice: 1, ..Runs::default() });
        let soon = Runs { done: 3, ..Runs::default() };
        assert_eq!(counted(&[1_000, 1_040, 1_240]), soon, "a start runs each check soon, then on its grid");
        assert_eq!(counted(&[]), Runs::default());
    }

    #[test]
    fn files_of_every_round_are_different_ones() {
        let bytes = bundled("http").unwrap();
        let mut digests = vec![digest(bytes)];
        digests.extend((0..SWAPS / PLUGINS.len() as u32).map(|round| digest(&numbered(bytes, round))));
        let all = digests.len();
        digests.sort();
        digests.dedup();
        assert_eq!(digests.len(), all);
        assert_eq!(SWAPS as usize % PLUGINS.len(), 0, "every round swaps every plugin");
    }
}
