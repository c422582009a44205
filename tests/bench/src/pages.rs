//! Pages of a host with many checks and a year of history, as somebody with a browser asks for them; and many who watch live.
//! The store's own bench writes the history; its path comes in `WATCHKEEP_HISTORY`, as `run.sh` sets it.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result, ensure};
use watchkeep_end_to_end::{Folder, Host, within};

use crate::report::{Section, quantile_millis, say};
use crate::{crowd, listeners, process, sink::Sink, targets};

const ROUNDS: usize = 100;
/// With more checks, nobody listens.
const LISTENED_MAX: usize = 10_000;
const WARM_UP: usize = 5;
/// One in so many checks is critical.
const FAILING: usize = 100;
/// Between two results in the history of most checks.
const HISTORY_STEP: Duration = Duration::from_mins(30);
const MIB: f64 = 1024.0 * 1024.0;

/// What is asked, and what 95 of 100 should take at most.
const QUESTIONS: [(&str, &str, u32); 16] = [
    ("overview", "/", 50),
    ("overview, filtered by a name", "/?q=site-n77", 50),
    ("overview, what is critical", "/?state=critical", 50),
    ("overview, by team", "/?group=team", 50),
    ("overview, the 20th page", "/?page=20", 50),
    ("wall display", "/?wall=1", 50),
    ("check", "/checks/site-n5", 50),
    ("check, an hour", "/checks/site-n5?range=hour", 50),
    ("check, 30 days", "/checks/site-n5?range=30d", 50),
    ("check, a year", "/checks/site-n5?range=year", 50),
    ("check that is critical", "/checks/site-n7", 50),
    ("feed", "/feed", 30),
    ("alerts", "/alerts", 30),
    ("deliveries", "/deliveries", 50),
    ("API: runs of 30 days by hour", "/api/v1/checks/site-n5/history?step=1h&from=MONTH", 100),
    (
        "API: a metric of 30 days by hour",
        "/api/v1/checks/site-n5/history?metric=probe_http_total&unit=seconds&step=1h&from=MONTH",
        100,
    ),
];

/// A folder whose host has a year behind it.
pub(crate) async fn folder(checks: usize, sink: &Sink) -> Result<(Folder, watchkeep_end_to_end::Nginx)> {
    let nginx = targets::nginx_with_failures().await;
    let folder = crowd::folder(&config(&nginx, checks, sink));
    say(&format!("pages: writing a year of {checks} checks"));
    match std::env::var_os("WATCHKEEP_HISTORY_FOLDER") {
        // Writing takes long: who measures again may keep what was written.
        Some(kept) => {
            std::fs::create_dir_all(folder.data())?;
            let file = "watchkeep.redb";
            std::fs::copy(Path::new(&kept).join(file), folder.data().join(file))?;
        }
        None => write_history(&folder.data(), checks)?,
    }
    Ok((folder, nginx))
}

fn write_history(data: &Path, checks: usize) -> Result<()> {
    let program = std::env::var_os("WATCHKEEP_HISTORY").context(
        "`WATCHKEEP_HISTORY` does not name the store's bench; hint: start this by tests/bench/run.sh",
    )?;
    std::fs::create_dir_all(data)?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let output = Command::new(&program)
        .arg("--bench")
        .arg(data)
        .args([checks.to_string(), HISTORY_STEP.as_secs().to_string(), now.to_string()])
        .output()
        .context("cannot start the store's bench")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    say(String::from_utf8_lossy(&output.stdout).trim());
    Ok(())
}

fn config(nginx: &watchkeep_end_to_end::Nginx, checks: usize, sink: &Sink) -> String {
    let entry = |n: usize| {
        let folder = if n % FAILING == 7 { "down" } else { "up" };
        format!("n{n} = {{ path = \"{folder}/{n}\", team = \"team-{}\", site = \"site-{}\" }}", n % 20, n % 7)
    };
    let entries: Vec<String> = (0..checks).map(entry).collect();
    let services: Vec<String> = (0..12)
        .map(|n| format!("[[service]]\nname = \"service-{n}\"\nmatch = ['team=\"team-{n}\"']\n\n"))
        .collect();
    format!(
        "\n[[check]]\nname = \"site-${{each.key}}\"\nplugin = \"http\"\ninterval = \"5m\"\nfailure_threshold = 1\n\
         labels = {{ team = \"${{each.team}}\", site = \"${{each.site}}\" }}\n\
         config = {{ url = \"http://127.0.0.1:{}/${{each.path}}\" }}\neach = {{ {} }}\n\n{}\
         [[route]]\nname = \"root\"\nreceivers = [\"people\"]\ngroup_by = [\"team\"]\n\n\
         [[receiver]]\nname = \"people\"\nplugin = \"webhook\"\nconfig = {{ url = \"{}/people\" }}\n",
        nginx.port,
        entries.join(", "),
        services.concat(),
        sink.url,
    )
}

/// Until each check has run.
pub(crate) async fn start(folder: &Folder, checks: usize) -> Result<Host> {
    let began = Instant::now();
    let host = Host::start_with(folder, "warn,watchkeep=info", &[]).await;
    say(&format!(
        "pages: ready after {:.1} s; waiting until each check has run",
        began.elapsed().as_secs_f64()
    ));
    let failing = checks.saturating_sub(8) / FAILING + 1;
    within(Duration::from_mins(12), "each failing check is critical", async || {
        let page = host.get("/api/v1/checks?state=critical&limit=1000").await.json();
        (page["items"].as_array()?.len() >= failing.min(1000)).then_some(())
    })
    .await;
    Ok(host)
}

pub(crate) async fn measure(checks: usize) -> Result<Section> {
    let sink = Sink::start().await;
    let (folder, _nginx) = folder(checks, &sink).await?;
    let host = start(&folder, checks).await?;
    let month = chrono::Utc::now() - chrono::TimeDelta::days(30);
    let month = month.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut rows = Vec::new();
    for (what, question, goal) in QUESTIONS {
        let path = question.replace("MONTH", &month);
        rows.push(asked(&host, what, &path, goal).await?);
    }
    let memory = process::resident(host.process().context("the host runs")?)?;
    // With more there are places for fewer than are measured: what is remembered of a listener grows with the checks.
    if checks <= LISTENED_MAX {
        rows.extend(listeners::measure(&host).await?);
    }
    host.signal("TERM").await;
    host.ended().await;
    Ok(Section {
        name: "pages",
        columns: vec!["page", "half at most", "95 of 100 at most", "goal", "bytes", "as sent"],
        rows,
        notes: vec![
            format!(
                "{checks} HTTP checks at 5 min that go on running, one in {FAILING} of them critical; a result every {} min in the \
                 last 30 days and one a day in the rest of a year, of a hundred checks every minute (`site-n5` is one)",
                HISTORY_STEP.as_secs() / 60
            ),
            format!(
                "{ROUNDS} times each, one after the other over loopback, until the whole answer is read, not unpacked"
            ),
            format!("{:.0} MiB of memory at the end", memory as f64 / MIB),
        ],
        ..Section::default()
    })
}

async fn asked(host: &Host, what: &str, path: &str, goal: u32) -> Result<Vec<String>> {
    let mut spans = Vec::new();
    let mut sent = 0;
    for round in 0..WARM_UP + ROUNDS {
        let began = Instant::now();
        let (status, bytes) = host.get_packed(path).await;
        if round >= WARM_UP {
            spans.push(began.elapsed().as_secs_f64() * 1e3);
        }
        ensure!(status == 200, "`{path}`: {status}");
        sent = bytes;
    }
    let whole = host.get(path).await.text.len();
    spans.sort_by(f64::total_cmp);
    Ok(vec![
        what.to_owned(),
        quantile_millis(&spans, 0.5, 1),
        quantile_millis(&spans, 0.95, 1),
        format!("{goal} ms"),
        format!("{:.0} KiB", whole as f64 / 1024.0),
        format!("{:.0} KiB", sent as f64 / 1024.0),
    ])
}
