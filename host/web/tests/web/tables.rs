//! The pages that are tables of one kind of check: addresses that mail is sent from, and jobs.

use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::heartbeat::{Expects, HeartbeatSpec};
use watchkeep_core::report::State;
use watchkeep_core::setup::Work;

use crate::pages::{attributes, texts};
use crate::support::ask::get;
use crate::support::{Board, FakeHost, address_report, ok, report, result, seconds_ago, spec, view};

const DAY: u64 = 86_400;

fn addresses() -> Board {
    let bad =
        |score| address_report("192.0.2.25", "=HYPERLINK(\"x\")", State::Critical, score, &["spamhaus"]);
    let good = || address_report("192.0.2.26", "Example", State::Ok, 100.0, &[]);
    let results = vec![
        result("bad", 3, seconds_ago(60), 9, bad(40.0)),
        result("good", 3, seconds_ago(70), 9, good()),
        result("bad", 2, seconds_ago(DAY), 9, bad(55.0)),
        result("bad", 1, seconds_ago(120 * DAY), 9, bad(10.0)),
    ];
    Board {
        checks: vec![
            view(spec("good", "ip-reputation", "{}", &[]), Some((good(), 9)), 60),
            view(spec("bad", "ip-reputation", "{}", &[]), Some((bad(40.0), 9)), 60),
            view(spec("other", "http", "{}", &[]), Some((ok("fine"), 9)), 60),
        ],
        results,
        ..Board::default()
    }
}

#[tokio::test]
async fn each_address_is_a_row_with_its_score_lists_volume_and_days() {
    let host = FakeHost::new(addresses());
    let page = get(&host, "/reputation").await.text;
    let keys = texts(&page, "#addresses .c-key a");
    assert_eq!(keys, ["192.0.2.25", "192.0.2.26"], "worst first");
    assert_eq!(texts(&page, "#addresses tbody .c-state"), ["Critical", "Good"]);
    assert_eq!(texts(&page, "#addresses .c-score"), ["40", "100"]);
    assert_eq!(texts(&page, "#addresses .c-lists .tag"), ["spamhaus"]);
    assert_eq!(texts(&page, "#addresses .c-volume"), ["12 k", "12 k"]);
    assert_eq!(attributes(&page, "#addresses .c-lists a", "href"), ["https://check.spamhaus.org/"]);
    let days = attributes(&page, "#addresses tbody tr:first-child .day-score", "height");
    assert_eq!(days, ["55", "40"], "ninety days, and none of before");
    let chart = attributes(&page, "#addresses .c-key a", "href")[0].split('#').next().unwrap().to_owned();
    assert!(texts(&get(&host, &chart).await.text, "#metric-title")[0].starts_with("ip_reputation_score{"));
    assert_eq!(attributes(&get(&host, "/").await.text, "nav a[href='/reputation']", "href").len(), 1);
}

#[tokio::test]
async fn the_csv_has_ninety_days_and_no_formulas() {
    let answer = get(&FakeHost::new(addresses()), "/reputation.csv").await;
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    assert!(answer.header("content-disposition").starts_with("attachment"));
    let provider = "\"'=HYPERLINK(\"\"x\"\")\"";
    assert_eq!(
        answer.text.lines().collect::<Vec<_>>(),
        [
            "day,check,address,provider,score_min,block_lists,daily_volume_mean".to_owned(),
            format!("2026-11-20,\"bad\",\"192.0.2.25\",{provider},55,\"spamhaus\",12000"),
            format!("2026-11-21,\"bad\",\"192.0.2.25\",{provider},40,\"spamhaus\",12000"),
            "2026-11-21,\"good\",\"192.0.2.26\",\"Example\",100,\"\",12000".to_owned(),
        ]
    );
}

#[tokio::test]
async fn jobs_are_listed_with_their_last_runs_and_never_with_their_keys() {
    let mut own = spec("etl", "heartbeat", "{}", &[]);
    own.work = Work::Heartbeat(Arc::new(HeartbeatSpec {
        key: "s3cret-key".to_owned(),
        expects: Expects::Every(Duration::from_secs(3600)),
        lasts_max: Duration::from_secs(600),
    }));
    let failed = || report(State::Critical, "exit 3", Vec::new());
    let results = vec![
        result("etl", 3, seconds_ago(60), 5_000, failed()),
        result("etl", 2, seconds_ago(3_660), 4_000, ok("done")),
        result("etl", 1, seconds_ago(7_260), 4_000, ok("done")),
    ];
    let checks = vec![
        view(own, Some((failed(), 5_000)), 60),
        view(spec("other", "http", "{}", &[]), Some((ok("fine"), 9)), 60),
    ];
    let page = get(&FakeHost::new(Board { checks, results, ..Board::default() }), "/pipelines").await.text;
    assert_eq!(texts(&page, "#pipelines .c-key a"), ["etl"]);
    assert_eq!(attributes(&page, ".runs li svg", "aria-label"), ["ok", "ok", "critical"], "newest right");
    assert_eq!(attributes(&page, ".runs li", "title")[2], "critical, took 5.00 s, exit 3");
    assert!(
        texts(&page, "#pipelines .c-key .sub")[0].contains("a ping every 1 h")
            && !page.contains("s3cret-key")
    );
}

#[tokio::test]
async fn empty_tables_say_how_they_are_filled() {
    let host = FakeHost::new(Board::default());
    for (path, key) in [("/pipelines", "[[heartbeat]]"), ("/reputation", "[[check]]")] {
        let page = get(&host, path).await.text;
        assert_eq!(texts(&page, "main p.quiet code")[0], key, "{path}");
        assert!(attributes(&page, &format!("nav a[href='{path}']"), "href").is_empty(), "{path}");
    }
}
