//! The bundled `detectify` against a double that refuses what Detectify refuses, signatures included.

#[allow(dead_code, unreachable_pub, reason = "the plugin's own tests use the other part of it")]
#[path = "../suite/double/mod.rs"]
mod double;

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::Utc;
use watchkeep_doubles::Served;
use watchkeep_end_to_end::cases::{case, checks, judge};
use watchkeep_end_to_end::{Folder, Host, eventually, run_to_end};

use double::{Detectify, finding};

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

fn days_ago(days: i64) -> String {
    (Utc::now() - chrono::Duration::days(days)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

#[tokio::test]
async fn a_scan_is_started_once_followed_and_its_findings_told() {
    let mut double = Detectify::new().signed().by(now);
    double.ended(&days_ago(40), &days_ago(39), vec![]);
    let service = Served::start(double).await;
    let url = format!("{}/rest", service.url);
    let login = "key = { secret = \"key\" }, secret_key = { secret = \"secret-key\" }";
    let at = |more: &str| format!("profile = \"{}\", url = \"{url}\", {login}{more}", Detectify::PROFILE);
    let folder = Folder::new("");
    folder.secret("key", Detectify::KEY);
    folder.secret("secret-key", Detectify::SECRET_KEY);
    let secrets = ["key", "secret-key"]
        .map(|name| format!("{name} = {{ file = \"{name}\", to = [\"{}\"] }}\n", service.url))
        .concat();
    let following = case("following", at(""), "ok", &["`Shop` has no findings, scanned 39 d ago"]);
    let unentitled =
        case("unentitled", at(", entitled = false, scan_every = \"30d\""), "unknown", &["not scanned: "]);
    let dry = case(
        "dry",
        at(", scan_every = \"30d\", dry_run = true"),
        "ok",
        &["would start a scan of `Shop` (shop.example.com)"],
    );
    let starting = case("starting", at(", scan_every = \"30d\""), "ok", &["a scan was asked for"]);
    let config = |cases: &[_]| format!("[secrets]\n{secrets}\n{}", checks("detectify", cases));
    let looking = [following, unentitled, dry];
    folder.config(&config(&looking));
    let host = Host::start(&folder).await;
    judge(&host, &looking).await;
    assert_eq!(service.with(|it| it.started), 0, "nobody was to start one");
    folder.config(&config(&[starting]));
    let (code, _, said) = run_to_end(&folder, &["reload"]).await;
    assert_eq!(code, 0, "{said}");
    eventually("a scan was asked for, and more runs passed", async || {
        let results = host.get("/api/v1/checks/starting/results?limit=3").await.json();
        (results["items"].as_array().is_some_and(|items| items.len() == 3)).then_some(())
    })
    .await;
    assert_eq!(service.with(|it| it.started), 1, "one scan, whatever the number of runs");
    service.with(|it| {
        it.ended(&days_ago(0), &days_ago(0), vec![finding("a", "SQL injection", 8.8)]);
    });
    host.state("starting", "critical").await;
    assert!(service.with(|it| it.wrong.is_empty()));
    assert!(!host.log().contains(Detectify::KEY) && !host.log().contains(Detectify::SECRET_KEY));
}
