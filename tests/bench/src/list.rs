//! The API's list of alerts while ten thousand are open: pages of 200, every filter and order, page after page.

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use watchkeep_end_to_end::within;

use crate::crowd::{ALERTS, Crowd, Grouped};
use crate::report::{Section, quantile_millis, say};
use crate::sink::Sink;

const LIMIT: usize = 200;
const ROUNDS: usize = 40;
/// What is asked, and whether anything is found.
const QUESTIONS: [(&str, bool); 16] = [
    ("", true),
    ("phase=firing", true),
    ("state=critical", true),
    ("severity=error,warning", true),
    ("held=false", true),
    ("held=silenced", false),
    ("acknowledged=false", true),
    ("acknowledged=true", false),
    ("match=check=~%22crowd-n1.*%22", true),
    ("match=check!=%22crowd-n1%22&match=finding=~%22.*7%22", true),
    ("check=crowd-n77", true),
    ("q=disk-31", true),
    ("q=nothing-has-this", false),
    ("sort=newest", true),
    ("sort=name&q=full", true),
    ("sort=oldest&state=critical&acknowledged=false", true),
];

pub(crate) async fn measure() -> Result<Section> {
    let sink = Sink::start().await;
    let crowd = Crowd::start(Grouped::ByCheck, &sink).await?;
    crowd.fall().await?;
    within(std::time::Duration::from_secs(120), "every alert is told", async || {
        (sink.count() == ALERTS).then_some(())
    })
    .await;
    say(&format!("list: {} questions, {ROUNDS} times each", QUESTIONS.len()));
    let mut rows = Vec::new();
    let mut all = Vec::new();
    for (question, finds) in QUESTIONS {
        let mut spans = Vec::new();
        for _ in 0..ROUNDS {
            let began = Instant::now();
            let answer = crowd.host.get(&format!("/api/v1/alerts?limit={LIMIT}&{question}")).await;
            spans.push(began.elapsed().as_secs_f64() * 1e3);
            ensure!(answer.status == 200, "`{question}`: {}", answer.text);
            let found = answer.json()["items"].as_array().map_or(0, Vec::len);
            ensure!((found > 0) == finds, "`{question}` found {found}");
        }
        let shown = if question.is_empty() { "no filter" } else { question };
        rows.push(row(&shown.replace("%22", "\""), &spans));
        all.extend(spans);
    }
    let mut pages = Vec::new();
    let mut seen = 0;
    let mut cursor = String::new();
    loop {
        let began = Instant::now();
        let answer = crowd.host.get(&format!("/api/v1/alerts?limit={LIMIT}{cursor}")).await;
        pages.push(began.elapsed().as_secs_f64() * 1e3);
        let page = answer.json();
        seen += page["items"].as_array().context("a page has items")?.len();
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    ensure!(seen == ALERTS, "the pages show {seen} of {ALERTS}");
    rows.push(row("page after page", &pages));
    all.extend(pages);
    rows.push(row("all of them (goal: 95 of 100 below 50 ms)", &all));
    crowd.stop().await;
    Ok(Section {
        name: "list",
        columns: vec!["question", "half at most", "95 of 100 at most", "longest"],
        rows,
        notes: vec![format!(
            "{ALERTS} open alerts, {LIMIT} of them on a page, asked over loopback one after the other; until the whole answer is read"
        )],
        ..Section::default()
    })
}

fn row(what: &str, spans: &[f64]) -> Vec<String> {
    let mut spans = spans.to_vec();
    spans.sort_by(f64::total_cmp);
    let share = |share: f64| quantile_millis(&spans, share, 1);
    vec![what.to_owned(), share(0.5), share(0.95), share(1.0)]
}
