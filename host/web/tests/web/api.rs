//! The read API: what is answered, and what a client that asks wrongly is told.

use std::time::Duration;

use crate::pages::texts;
use crate::support::ask::get;
use crate::support::boards::{HOSTILE, varied};
use crate::support::{Board, FakeHost, metric, ok, report, result, seconds_ago};
use watchkeep_core::report::State;

fn names(answer: &serde_json::Value) -> Vec<&str> {
    answer["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_check_bears_what_every_client_relies_on() {
    let host = FakeHost::new(varied());
    let list = get(&host, "/api/v1/checks?q=shop").await.json();
    let shop = &list["items"][0];
    for field in ["name", "plugin", "state", "since", "last_run", "summary", "labels"] {
        assert!(!shop[field].is_null(), "{field} of {shop}");
    }
    assert_eq!(shop["state"], "critical");
    assert_eq!(shop["latency_seconds"], 0.31);
    assert_eq!(shop["since"], "2026-11-21T02:56:00.000Z");
    assert_eq!(list["next"], serde_json::Value::Null);
}

#[tokio::test]
async fn filters_narrow_and_combine() {
    let host = FakeHost::new(varied());
    for (query, expected) in [
        ("state=critical", vec!["shop"]),
        ("state=critical,warning", vec!["docker", "shop"]),
        ("state=waiting", vec!["new"]),
        ("state=paused", vec!["paused"]),
        ("state=unknown", vec!["trapped"]),
        ("label=team%3Dweb", vec!["blog", "paused", "shop"]),
        ("label=team", vec!["blog", "docker", "paused", "shop"]),
        ("label=team%3Dweb&state=ok", vec!["blog"]),
        ("q=TRAPPED", vec!["trapped"]),
        ("q=containers+platform", vec!["docker"]),
        ("q=nothing-has-this", vec![]),
        ("q=", vec!["blog", "docker", "hostile", "new", "paused", "shop", "trapped"]),
    ] {
        let answer = get(&host, &format!("/api/v1/checks?{query}")).await.json();
        assert_eq!(names(&answer), expected, "{query}");
    }
}

#[tokio::test]
async fn a_wrong_question_gets_a_sentence_and_not_everything() {
    let host = FakeHost::new(varied());
    for (path, status, words) in [
        ("/api/v1/checks?stat=ok", 400, "`state`"),
        ("/api/v1/checks?state=bad", 400, "is not a state"),
        ("/api/v1/checks?limit=0", 400, "1 to 1000"),
        ("/api/v1/checks?limit=x", 400, "1 to 1000"),
        ("/api/v1/checks/nobody", 404, "check `nobody`"),
        ("/api/v1/checks/%FF", 400, "UTF-8"),
        ("/api/v1/checks/nobody/results", 404, "check `nobody`"),
        ("/api/v1/checks/shop/results?from=yesterday", 400, "2026-11-21T09:00:00Z"),
        ("/api/v1/checks/shop/results?cursor=x", 400, "cursor"),
        ("/api/v1/alerts?phase=loud", 400, "pending"),
        ("/api/v1/alerts?cursor=x", 400, "cursor"),
        ("/api/v1/alerts/explain", 400, "`check`"),
        ("/api/v1/alerts/explain?check=nobody", 404, "explained"),
        ("/api/v1/deliveries?status=lost", 400, "dead"),
        ("/api/v1/nothing", 404, "/api/v1/nothing"),
    ] {
        let answer = get(&host, path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.text);
        assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
        let problem = answer.json();
        assert_eq!(problem["status"], status, "{path}");
        assert!(problem["detail"].as_str().unwrap().contains(words), "{path}: {problem}");
    }
}

#[tokio::test]
async fn what_the_host_fails_at_goes_to_its_log_and_not_to_the_client() {
    let host = FakeHost::new(Board { broken: true, ..varied() });
    let answer = get(&host, "/api/v1/checks/shop/results").await;
    assert_eq!(answer.status, 500);
    assert!(!answer.text.contains("s3cret"), "{}", answer.text);
    assert!(answer.json()["detail"].as_str().unwrap().contains("log"));
}

/// The clock went back by ten minutes, and what ran since stood below what had run before. The store has the order.
#[tokio::test]
async fn results_are_listed_as_the_store_has_them_after_the_clock_went_back() {
    let mut board = varied();
    let before = result("shop", 1, seconds_ago(0), 9, ok("before"));
    let mut after = result("shop", 2, seconds_ago(600), 9, ok("after"));
    after.run.scheduled_at = before.run.scheduled_at + Duration::from_millis(1);
    board.results = vec![after, before];
    let host = FakeHost::new(board);
    let answer = get(&host, "/api/v1/checks/shop/results").await.json();
    let summaries: Vec<_> = answer["items"].as_array().unwrap().iter().map(|row| &row["summary"]).collect();
    assert_eq!(summaries, ["after", "before"]);
    let page = get(&host, "/checks/shop").await.text;
    let told = texts(&page, "#results tbody tr");
    assert!(told[0].contains("after") && told[1].contains("before"), "{told:?}");
}

#[tokio::test]
async fn hostile_text_survives_json_unchanged() {
    let host = FakeHost::new(varied());
    let answer = get(&host, "/api/v1/checks/hostile").await;
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.json()["summary"], HOSTILE);
    assert_eq!(answer.json()["labels"]["note"], HOSTILE);
}

#[tokio::test]
async fn a_config_shows_no_password() {
    let host = FakeHost::new(varied());
    for path in ["/api/v1/checks/shop", "/checks/shop"] {
        let answer = get(&host, path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(!answer.text.contains("hunter2"), "{path}");
        assert!(answer.text.contains("***@shop.example.com"), "{path}");
    }
}

#[tokio::test]
async fn an_explanation_says_how_it_stands_and_what_led_there() {
    let host = FakeHost::new(varied());
    let explained = get(&host, "/api/v1/alerts/explain?check=shop").await.json();
    assert_eq!(explained["items"][0]["verdict"], "firing, held back by maintenance; trying chat");
    assert_eq!(explained["items"][0]["decisions"][1]["reason"], "firing: it is critical");
    let calm = get(&host, "/api/v1/alerts/explain?check=blog").await.json();
    assert_eq!(calm["items"][0]["verdict"], "no open alert, and none that the host remembers");
    let finding = get(&host, "/api/v1/alerts/explain?check=docker").await.json();
    assert_eq!(finding["items"][1]["verdict"], "warning, not confirmed yet, so nobody was told");
}

#[tokio::test]
async fn alerts_come_firing_first_and_worst_first() {
    let host = FakeHost::new(varied());
    let alerts = get(&host, "/api/v1/alerts").await.json();
    let keys: Vec<_> = alerts["items"].as_array().unwrap().iter().map(|item| &item["key"]).collect();
    assert_eq!(keys, ["shop", "docker/redis"]);
    let pending = get(&host, "/api/v1/alerts?phase=pending").await.json();
    assert_eq!(pending["items"][0]["finding"], "redis");
    assert_eq!(pending["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn deliveries_are_told_apart_by_status() {
    let host = FakeHost::new(varied());
    for (status, id) in [("open", "d3"), ("delivered", "d2"), ("dead", "d1")] {
        let answer = get(&host, &format!("/api/v1/deliveries?status={status}")).await.json();
        assert_eq!(answer["items"].as_array().unwrap().len(), 1, "{status}");
        assert_eq!(answer["items"][0]["id"], id);
    }
}

#[tokio::test]
async fn what_a_check_said_over_time_is_answered_in_periods() {
    let mut board = varied();
    let measured = report(State::Ok, "up", vec![metric("status_code", 200.0, "", &[])]);
    board.results.push(result("shop", 1, seconds_ago(240), 80, measured));
    let host = FakeHost::new(board);
    let all = get(&host, "/api/v1/checks/shop/series").await.json();
    assert_eq!(all["items"][0]["kind"], "runs");
    let metric = all["items"].as_array().unwrap().iter().find(|series| series["kind"] == "metric");
    let metric = metric.expect("its reports have metrics").clone();
    let hours = get(&host, "/api/v1/checks/shop/history?step=1h").await.json();
    let first = &hours["items"][0];
    let runs: u64 = ["ok", "warning", "critical", "unknown"]
        .iter()
        .map(|state| first["runs"][state].as_u64().unwrap())
        .sum();
    assert_eq!(first["count"].as_u64().unwrap(), runs, "a run, a duration");
    assert!(first["p50"].as_f64() <= first["p95"].as_f64());
    let path = format!(
        "/api/v1/checks/shop/history?step=1h&metric={}&unit={}",
        metric["name"].as_str().unwrap(),
        metric["unit"].as_str().unwrap()
    );
    assert_eq!(get(&host, &path).await.json()["items"][0]["runs"], serde_json::Value::Null);
    for (query, said) in [
        ("step=5", "`step` is a duration"),
        ("step=1ms", "from 1s"),
        ("step=301s", "a whole number of them"),
        ("from=2020-01-01T00:00:00Z", "more than 2000 periods"),
        ("metric=a&label=b", "`label` is `name=value`"),
        ("metrics=a", "is not a parameter here"),
    ] {
        let answer = get(&host, &format!("/api/v1/checks/shop/history?{query}")).await;
        assert!(answer.status == 400 && answer.text.contains(said), "{query}: {}", answer.text);
    }
    for list in ["series", "history"] {
        assert_eq!(get(&host, &format!("/api/v1/checks/nowhere/{list}")).await.status, 404);
    }
}
