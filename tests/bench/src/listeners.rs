//! A thousand who watch live: how soon each has a change on its line, and what all of them cost the host.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use tokio::sync::mpsc;
use watchkeep_end_to_end::Host;

use crate::crowd::TOKEN;
use crate::process;
use crate::report::{quantile_millis, say};

const LISTENERS: usize = 1000;
const ROUNDS: usize = 10;
const WATCHED: Duration = Duration::from_secs(10);
const CHECK: &str = "site-n42";
/// From the wish to the last listener.
const PATIENCE: Duration = Duration::from_secs(30);
const MIB: f64 = 1024.0 * 1024.0;

pub(crate) async fn measure(host: &Host) -> Result<Vec<Vec<String>>> {
    let id = host.process().context("the host runs")?;
    let (memory_before, quiet) = (process::resident(id)?, used(id).await?);
    say(&format!("{LISTENERS} listeners"));
    let client = reqwest::Client::builder().no_proxy().build()?;
    let (heard, mut hears) = mpsc::unbounded_channel::<Instant>();
    let mut listening = tokio::task::JoinSet::new();
    for number in 0..LISTENERS {
        let url = format!("{}/api/v1/stream?changes=true", host.url);
        let mut answer = client.get(url).bearer_auth(TOKEN).send().await?;
        ensure!(answer.status().is_success(), "listener {number}: {}", answer.status());
        let heard = heard.clone();
        listening.spawn(async move {
            while let Ok(Some(chunk)) = answer.chunk().await {
                let text = String::from_utf8_lossy(&chunk);
                // The receiver is gone when all is measured.
                let told = text.matches(&format!("\"name\":\"{CHECK}\"")).count();
                for _ in 0..told {
                    let _ = heard.send(Instant::now());
                }
            }
        });
    }
    let mut spans = Vec::new();
    for round in 0..ROUNDS {
        let act = if round % 2 == 0 { "pause" } else { "resume" };
        let url = format!("{}/api/v1/checks/{CHECK}/{act}", host.url);
        let began = Instant::now();
        let asked = tokio::spawn(client.post(url).bearer_auth(TOKEN).send());
        for _ in 0..LISTENERS {
            let at = tokio::time::timeout(PATIENCE, hears.recv()).await.context("not all have heard")?;
            spans.push(at.context("all listen")?.duration_since(began).as_secs_f64() * 1e3);
        }
        ensure!(asked.await??.status().is_success(), "{act} was refused");
        // What the check says beside that has come before the next round begins.
        tokio::time::sleep(Duration::from_millis(500)).await;
        while hears.try_recv().is_ok() {}
    }
    let (memory, busy) = (process::resident(id)?, used(id).await?);
    listening.abort_all();
    spans.sort_by(f64::total_cmp);
    let row = |what: &str, half: String, most: String, goal: &str| {
        vec![what.to_owned(), half, most, goal.to_owned(), String::new(), String::new()]
    };
    let each = (memory.saturating_sub(memory_before)) as f64 / LISTENERS as f64 / 1024.0;
    Ok(vec![
        row(
            "a change at each of 1,000 listeners",
            quantile_millis(&spans, 0.5, 1),
            quantile_millis(&spans, 0.95, 1),
            "500 ms",
        ),
        row(
            "memory of a listener",
            format!("{each:.0} KiB"),
            format!("{:.0} MiB in all", memory as f64 / MIB),
            "",
        ),
        row("processor without and with them", format!("{quiet:.1} %"), format!("{busy:.1} % of a core"), ""),
    ])
}

/// Percent of a core.
async fn used(id: u32) -> Result<f64> {
    let (began, before) = (Instant::now(), process::processor_time(id)?);
    tokio::time::sleep(WATCHED).await;
    let used = process::processor_time(id)?.saturating_sub(before);
    Ok(100.0 * used.as_secs_f64() / began.elapsed().as_secs_f64())
}
