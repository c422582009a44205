//! HTTP checks a second along the whole way: schedule, fresh sandbox, request, outcome, alert, stored result.
//!
//! The host is given more checks than it can do, at the shortest interval, and what it does in a turn is counted
//! by its own metrics.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use watchkeep_end_to_end::{Folder, Host, Nginx, eventually};

use crate::metrics::Scrape;
use crate::peers::{Blackbox, Rate, check_http, reqwest_loop};
use crate::report::{Section, median, say};
use crate::{machine, targets};

/// At 100 ms each, twice what any of the contenders reaches.
const CHECKS: usize = 3_000;
/// Requests under way at once, for every contender that has a choice.
const AT_ONCE: usize = 64;
/// A process each; more only makes them wait for one another.
const PROCESSES: usize = 4;

#[derive(Default)]
struct Rates {
    watchkeep: Vec<f64>,
    reqwest: Vec<f64>,
    blackbox: Vec<f64>,
    check_http: Vec<f64>,
}

pub(crate) async fn measure(turn: Duration, turns: usize) -> Result<Section> {
    let nginx = targets::nginx().await;
    let url = format!("http://127.0.0.1:{}/", nginx.port);
    let host = format!("concurrency = {AT_ONCE}");
    let folder = Folder::new(&targets::checks(&nginx, &host, CHECKS, "100ms"));
    let blackbox = Blackbox::start().await?;
    let mut rates = Rates::default();
    for number in 1..=turns {
        say(&format!("whole path, turn {number} of {turns}"));
        rates.reqwest.push(reqwest_loop(&url, AT_ONCE, turn).await?);
        rates.watchkeep.push(watchkeep(&folder, &nginx, turn).await?);
        rates.blackbox.push(blackbox.turn(&url, AT_ONCE, turn).await?);
        rates.check_http.push(check_http(nginx.port, PROCESSES, turn)?);
    }
    Ok(section(rates))
}

async fn watchkeep(folder: &Folder, _nginx: &Nginx, turn: Duration) -> Result<Rate> {
    let host = Host::start_with(folder, "warn,watchkeep=info", &[]).await;
    let scrape = async || Scrape::read(&host.get("/metrics").await.text);
    // Every check has run once: compiling, starting and the first rush are over.
    eventually("every check has run", async || {
        (scrape().await.sum("watchkeep_runs_total") >= CHECKS as f64).then_some(())
    })
    .await;
    let (began, before) = (Instant::now(), scrape().await);
    tokio::time::sleep(turn).await;
    let (took, after) = (began.elapsed(), scrape().await);
    let between = |outcome: &str| {
        after.sum_with("watchkeep_runs_total", outcome) - before.sum_with("watchkeep_runs_total", outcome)
    };
    let (all, well) = (between(""), between("outcome=\"ok\""));
    ensure!(all == well, "{} of {all} runs did not end well", all - well);
    host.signal("TERM").await;
    host.ended().await;
    Ok(all / took.as_secs_f64())
}

fn section(mut rates: Rates) -> Section {
    let ours = median(&mut rates.watchkeep);
    let row = |name: &str, rate: f64, goal: &str| {
        vec![name.to_owned(), format!("{rate:.0}"), format!("{:.2}", ours / rate), goal.to_owned()]
    };
    Section {
        name: "whole-path",
        columns: vec!["contender", "checks a second", "Watchkeep to it", "goal"],
        rows: vec![
            row("Watchkeep: scheduled, sandboxed, judged, stored", ours, ""),
            row("bare reqwest loop, fresh connections", median(&mut rates.reqwest), "0.6"),
            row("blackbox exporter, driven by wrk", median(&mut rates.blackbox), "4.5"),
            row("check_http, a process each", median(&mut rates.check_http), "12"),
        ],
        notes: vec![
            format!(
                "nginx on the same machine, {AT_ONCE} requests at once ({PROCESSES} processes), turns interleaved, medians"
            ),
            machine::version("prometheus-blackbox-exporter", &["--version"]),
            machine::version("/usr/lib/nagios/plugins/check_http", &["--version"]),
        ],
        ..Section::default()
    }
}
