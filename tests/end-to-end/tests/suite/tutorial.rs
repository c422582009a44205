//! The tutorial, as it stands: every file on its pages is written, every command typed, until the alert is there.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use watchkeep_end_to_end::{binary, closed_port, user_cache};

/// Two builds with an SDK that was never built before.
const DEADLINE: Duration = Duration::from_secs(540);

/// The page's commands in a row; a block with a path is that file.
fn script(page: &str) -> String {
    let mut script = String::from("set -euo pipefail\n");
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(what) = line.strip_prefix("```") else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let block = block.join("\n");
        match what.split_once(' ') {
            None if what == "sh" => {
                let _ = writeln!(script, "{block}");
            }
            Some((_, path)) => {
                let _ = writeln!(script, "cat > {path} <<'END OF FILE'\n{block}\nEND OF FILE");
            }
            None => {}
        }
    }
    script.push_str("wait\n");
    script
}

/// Types what the page says until a line holds all of `until`; gives back everything that was said.
async fn typed_until(page: &str, until: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let port =
        |address: String| address.rsplit(':').next().unwrap_or_default().trim_end_matches('/').to_owned();
    let page = page.replace("8765", &port(closed_port().await)).replace("8686", &port(closed_port().await));
    let script = script(&page);
    assert!(
        script.contains("watchkeep run &") && script.contains("cat > src/lib.rs"),
        "the page was read:\n{script}"
    );
    let path =
        format!("{}:{}", binary().parent().unwrap().display(), std::env::var("PATH").unwrap_or_default());
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("authoring");
    let mut typed = Command::new("bash")
        .args(["-c", &format!("exec 2>&1\n{script}")])
        .current_dir(folder.path())
        .env("PATH", path)
        .env("NO_COLOR", "1")
        .env("CARGO_TARGET_DIR", target)
        .env("XDG_CACHE_HOME", user_cache())
        .env_remove("RUST_LOG")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap();
    let group = typed.id().unwrap();
    let mut said = String::new();
    let mut lines = BufReader::new(typed.stdout.take().unwrap()).lines();
    let alerted = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            let _ = writeln!(said, "{line}");
            if until.iter().all(|part| line.contains(part)) {
                return true;
            }
        }
        false
    };
    let alerted = tokio::time::timeout(DEADLINE, alerted).await;
    // The queue, the host and the shell itself.
    let ended = Command::new("kill").args(["-TERM", "--", &format!("-{group}")]).status().await.unwrap();
    typed.wait().await.unwrap();
    assert!(matches!(alerted, Ok(true)), "no alert:\n{said}");
    assert!(ended.success(), "everything ran until it was ended");
    said
}

#[tokio::test]
async fn the_tutorial_leads_from_nothing_to_an_alert() {
    let page = include_str!("../../../../docs/authoring/tutorial.md");
    let said = typed_until(page, &["orders", "CRITICAL", "5000 jobs wait"]).await;
    for told in ["tests/example.json: ok", "tests/three.json: ok", "OK: 3 jobs wait", "this config grants"] {
        assert!(said.contains(told), "{told} is not in:\n{said}");
    }
}

#[tokio::test]
async fn the_second_page_leads_to_an_alert_of_one_finding() {
    let page = include_str!("../../../../docs/authoring/tutorial-2.md");
    let said = typed_until(page, &["CRITICAL: queues", "orders", "5000 jobs wait"]).await;
    for told in [
        "tests/example.json: ok",
        "the config names the secret `queue-token`, which was not given; hint: add `--secret queue-token=FILE`",
        "was denied http to http://127.0.0.1:",
        "hint: add `--grant http=http://127.0.0.1:",
        "CRITICAL: 1 of 2 critical: 5000 jobs wait in orders",
        "log info: 2 queues",
        "finding mail: OK: 12 jobs wait in mail",
        "    oldest_job = 930.0 seconds",
        "token (secret, required)  What the API knows you by.",
        "    token = { secret = \"NAME\" }",
        "warning (integer, 0 or more, default 100)  More than",
    ] {
        assert!(said.contains(told), "{told} is not in:\n{said}");
    }
}
