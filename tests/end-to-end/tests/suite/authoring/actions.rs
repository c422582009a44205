//! Actions: made, tested, run by hand and as a dry run, in each language.

use std::path::Path;

use serde_json::json;
use watchkeep_end_to_end::{Answering, Site};

use super::{good, passes_its_tests_at_once, replaced, typed};

#[tokio::test]
async fn an_action_in_python_passes_its_tests_at_once() {
    let plugin = passes_its_tests_at_once("python", "action").await;
    std::fs::remove_dir_all(plugin.parent().unwrap()).unwrap();
}

#[tokio::test]
async fn an_action_in_javascript_passes_its_tests_at_once_and_its_dry_run_changes_nothing() {
    let plugin = passes_its_tests_at_once("js", "action").await;
    acts_and_looks(&plugin).await;
    // Whatever the plugin's author wrote: in a dry run `fetch` may not post.
    replaced(
        &plugin.join("plugin.js"),
        "await isRunning(url)) ? []",
        "(await ask(url, { method: \"POST\" })).ok) ? []",
    );
    good(typed(&plugin, &["plugin", "build"]).await);
    let site = service_that_is_down().await;
    let config = json!({"url": site.url("")}).to_string();
    let run = ["plugin", "run", "other.wasm", "--timeout", "60", "--config", &config, "--dry-run"];
    let (code, out, _) = typed(&plugin, &run).await;
    assert!(
        code == 2 && out.starts_with("NOT DONE") && out.contains("in a dry run, which may only look"),
        "{out}"
    );
    std::fs::remove_dir_all(plugin.parent().unwrap()).unwrap();
}

#[tokio::test]
async fn an_action_in_rust_passes_its_tests_at_once_and_is_recorded() {
    let plugin = passes_its_tests_at_once("rust", "action").await;
    acts_and_looks(&plugin).await;
    let out = good(typed(&plugin, &["plugin", "inspect", "other.wasm"]).await);
    assert!(out.contains("action"), "{out}");
    let site = service_that_is_down().await;
    let config = json!({"url": site.url("")}).to_string();
    let run =
        ["plugin", "run", "other.wasm", "--config", &config, "--dry-run", "--record", "tests/look.json"];
    good(typed(&plugin, &run).await);
    let out = good(typed(&plugin, &["plugin", "run", "other.wasm", "--replay", "tests/look.json"]).await);
    assert!(out.starts_with("WOULD: restart the service"), "{out}");
    std::fs::remove_dir_all(plugin.parent().unwrap()).unwrap();
}

async fn service_that_is_down() -> Site {
    let site = Site::start().await;
    site.set("/health", Answering::Status(503));
    site
}

/// Against a service that is down: first what would be done, then done.
async fn acts_and_looks(plugin: &Path) {
    let site = service_that_is_down().await;
    let config = json!({"url": site.url("")}).to_string();
    let run = ["plugin", "run", "other.wasm", "--timeout", "60", "--config", &config];
    let out = good(typed(plugin, &[&run[..], &["--dry-run"]].concat()).await);
    assert!(out.starts_with(&format!("WOULD: restart the service ({})", site.url(""))), "{out}");
    assert_eq!(site.requests("/restart").len(), 0);
    let out = good(typed(plugin, &run).await);
    assert!(out.starts_with("DONE: restarted it"), "{out}");
    let restarts = site.requests("/restart");
    let keys: Vec<_> =
        restarts.iter().map(|request| request.headers.get("idempotency-key").unwrap()).collect();
    assert_eq!(keys, ["by-hand-1"]);
}
