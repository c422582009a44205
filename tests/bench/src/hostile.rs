//! Honest checks beside every hostile guest that the tests know, each run again as soon as it ends: what the honest
//! ones lose, how late they are, and whether the host's memory returns.
//!
//! The engine's own bench writes the guests as plugin files; its path comes in `WATCHKEEP_PROGRAMS`, as `run.sh` sets
//! it. Those that are refused at load are dropped in anew all the time.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use watchkeep_end_to_end::{Folder, Host, eventually, numbered};

use crate::process;
use crate::report::{Section, quantile_millis, say};
use crate::swaps::Runs;

const HONEST: usize = 200;
const INTERVAL: Duration = Duration::from_secs(1);
/// The shortest that there is: a guest that ended runs again.
const AGAIN: &str = "100ms";
const HONEST_PLUGIN: &str = "null";
/// Told apart from those that judge their target.
const NOT_HOSTILE: [&str; 4] = ["null", "steady", "notifier", "picture_reader"];
const MIB: f64 = 1024.0 * 1024.0;

struct Guests {
    /// By the name that they state.
    running: Vec<String>,
    refused: Vec<PathBuf>,
}

pub(crate) async fn measure(watched: Duration) -> Result<Section> {
    let written = tempfile::tempdir()?;
    write_programs(written.path())?;
    let folder = Folder::new(&honest());
    let plugins = folder.path().join("plugins");
    std::fs::create_dir_all(&plugins)?;
    std::fs::copy(written.path().join("null.wasm"), plugins.join("null.wasm"))?;
    let host = Host::start_with(&folder, "error,watchkeep=info", &[]).await;
    let id = host.process().context("the host runs")?;
    let honest_run = async || {
        let results = host.get("/api/v1/checks/honest-n199/results?limit=1").await.json();
        (results["items"][0]["state"] == "ok").then_some(())
    };
    eventually("honest checks run", honest_run).await;
    tokio::time::sleep(watched / 4).await;
    let alone = process::resident(id)?;

    say("loading the hostile guests");
    let guests = drop_in(&host, written.path(), &plugins).await?;
    folder.config(&format!("{}{}", honest(), hostile(&guests.running)));
    host.signal("HUP").await;
    say(&format!("{} guests run, {} are loaded again and again", guests.running.len(), guests.refused.len()));
    let (began, mut most, mut round) = (Instant::now(), 0, 0);
    let from = chrono::Utc::now();
    while began.elapsed() < watched {
        round += 1;
        for refused in &guests.refused {
            let name = refused.file_name().context("a file has a name")?;
            std::fs::write(plugins.join(name), numbered(&std::fs::read(refused)?, round))?;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        most = most.max(process::resident(id)?);
    }
    let to = chrono::Utc::now();
    let hostile_runs = ended_runs(&host, &guests.running).await?;

    say("the hostile guests leave");
    folder.config(&honest());
    for name in std::fs::read_dir(written.path())?.flatten().map(|entry| entry.file_name()) {
        if name != "null.wasm" {
            // One that was never dropped in is gone already.
            let _ = std::fs::remove_file(plugins.join(name));
        }
    }
    host.signal("HUP").await;
    tokio::time::sleep(watched / 4).await;
    let after = process::resident(id)?;
    let mut runs = Runs::default();
    let mut late = Vec::new();
    for n in 0..HONEST {
        let (own, lateness) = honest_runs(&host, &format!("honest-n{n}"), from, to).await?;
        runs.merge(own);
        late.extend(lateness);
    }
    host.signal("TERM").await;
    host.ended().await;
    Ok(section(&guests, watched, hostile_runs, &runs, late, [alone, most, after]))
}

fn write_programs(folder: &Path) -> Result<()> {
    let program = std::env::var_os("WATCHKEEP_PROGRAMS").context(
        "`WATCHKEEP_PROGRAMS` does not name the engine's bench; hint: start this by tests/bench/run.sh",
    )?;
    let output = Command::new(&program)
        .arg("--bench")
        .arg(folder)
        .output()
        .context("cannot start the engine's bench")?;
    ensure!(
        output.status.success(),
        "the engine's bench failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

fn honest() -> String {
    let entries: Vec<String> = (0..HONEST).map(|n| format!("n{n} = {{}}")).collect();
    format!(
        "plugin_settle = \"50ms\"\nplugin_settle_max = \"500ms\"\n\n[[check]]\nname = \"honest-${{each.key}}\"\n\
         plugin = \"{HONEST_PLUGIN}\"\ninterval = \"{}s\"\nconfig = {{}}\neach = {{ {} }}\n",
        INTERVAL.as_secs(),
        entries.join(", ")
    )
}

/// Each with the rights and the config that let it do its worst without a peer.
fn hostile(names: &[String]) -> String {
    let check = |name: &String| {
        format!(
            "\n[[check]]\nname = \"hostile-{name}\"\nplugin = \"{name}\"\ninterval = \"{AGAIN}\"\nretry_interval = \"{AGAIN}\"\n\
             timeout = \"2s\"\nconfig = {{ url = \"http://127.0.0.1:9/\" }}\n"
        )
    };
    names.iter().map(check).collect()
}

/// Drops all in, and tells those that load from those that do not.
async fn drop_in(host: &Host, written: &Path, plugins: &Path) -> Result<Guests> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(written)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    files.retain(|file| {
        let stem = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        !NOT_HOSTILE.contains(&stem.as_str())
    });
    files.sort();
    for file in &files {
        std::fs::copy(file, plugins.join(file.file_name().context("a file has a name")?))?;
    }
    let settled = eventually("every file is taken or refused", async || {
        let live = host.get("/api/v1/plugins").await.json();
        let refused = host.get("/api/v1/plugins/events").await.json();
        let live: Vec<(String, String, String)> = live["items"]
            .as_array()?
            .iter()
            .filter(|item| item["generation"].is_object())
            .map(|item| {
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                (text(&item["name"]), text(&item["generation"]["source"]), text(&item["generation"]["kind"]))
            })
            .collect();
        let named = serde_json::to_string(&refused).ok()?;
        let known = |file: &PathBuf| {
            let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            live.iter().any(|(_, source, _)| source.ends_with(&name)) || named.contains(&name)
        };
        files.iter().all(known).then_some(live)
    })
    .await;
    let mut guests = Guests { running: Vec::new(), refused: Vec::new() };
    for file in files {
        let name = file.file_name().context("a file has a name")?.to_string_lossy().into_owned();
        match settled.iter().find(|(_, source, _)| source.ends_with(&name)) {
            Some((plugin, _, kind)) if kind == "check" => guests.running.push(plugin.clone()),
            // Notifiers run when somebody is told; the checks are what is measured.
            Some(_) => {}
            None => guests.refused.push(file),
        }
    }
    Ok(guests)
}

async fn ended_runs(host: &Host, names: &[String]) -> Result<usize> {
    let mut ended = 0;
    for name in names {
        let page = host.get(&format!("/api/v1/checks/hostile-{name}/results?limit=1000")).await.json();
        let count = page["items"].as_array().map_or(0, Vec::len);
        ensure!(count > 0, "`{name}` never ran");
        ended += count;
    }
    Ok(ended)
}

/// Runs that were due between two moments, and how late each began, in seconds.
async fn honest_runs(
    host: &Host,
    check: &str,
    from: chrono::DateTime<chrono::Utc>,
    to: chrono::DateTime<chrono::Utc>,
) -> Result<(Runs, Vec<f64>)> {
    let page = host.get(&format!("/api/v1/checks/{check}/results?limit=1000")).await.json();
    let (mut moments, mut late, mut not_ok) = (Vec::new(), Vec::new(), 0);
    for item in page["items"].as_array().context("results are a list")? {
        let at = item["scheduled_at"].as_str().context("a result has its moment")?;
        let at = chrono::DateTime::parse_from_rfc3339(at)?;
        if at < from || at >= to {
            continue;
        }
        moments.push(at.timestamp_millis());
        late.push(item["late_seconds"].as_f64().context("a result says how late it was")?);
        not_ok += usize::from(item["state"] != "ok");
    }
    let expected =
        usize::try_from((to - from).num_milliseconds()).unwrap_or(0) / INTERVAL.as_millis() as usize;
    let mut runs = Runs::of(moments, INTERVAL);
    runs.not_ok = not_ok;
    // Gaps at the ends are no gaps between two runs.
    runs.lost = runs.lost.max(expected.saturating_sub(runs.done));
    Ok((runs, late))
}

fn section(
    guests: &Guests,
    watched: Duration,
    hostile_runs: usize,
    runs: &Runs,
    mut late: Vec<f64>,
    [alone, most, after]: [u64; 3],
) -> Section {
    late.iter_mut().for_each(|seconds| *seconds *= 1e3);
    late.sort_by(f64::total_cmp);
    let share = |share: f64| quantile_millis(&late, share, 0);
    let row = |what: &str, value: String, goal: &str| vec![what.to_owned(), value, goal.to_owned()];
    let mib = |bytes: u64| format!("{:.0} MiB", bytes as f64 / MIB);
    Section {
        name: "hostile",
        columns: vec!["what", "measured", "goal"],
        rows: vec![
            row("honest runs", format!("{}, {} of them not ok", runs.done, runs.not_ok), "0 not ok"),
            row("honest runs lost", runs.lost.to_string(), "0"),
            row("start lateness, half at most", share(0.5), ""),
            row("start lateness, 99 of 100 at most", share(0.99), "100 ms"),
            row("start lateness, longest", share(1.0), ""),
            row("hostile runs that ended", hostile_runs.to_string(), ""),
            row("resident memory before", mib(alone), ""),
            row("resident memory, highest", mib(most), ""),
            row("resident memory after", mib(after), "as before"),
        ],
        notes: vec![
            format!(
                "{HONEST} honest checks every {INTERVAL:?} for {watched:?} beside {} hostile checks, each run again {AGAIN} after it began or as soon as it ended",
                guests.running.len()
            ),
            format!(
                "{} files that are refused at load were dropped in anew every second",
                guests.refused.len()
            ),
        ],
        ..Section::default()
    }
}
