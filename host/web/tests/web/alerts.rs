//! Lists of alerts: what is found, in which order, and how fast with very many.

use std::sync::Arc;
use std::time::{Duration, Instant};

use watchkeep_core::alert::{Acknowledgement, AlertKey, Hold, Lasting, Phase};
use watchkeep_core::report::Judgement;

use crate::support::ask::get;
use crate::support::boards::busy;
use crate::support::{Board, FakeHost, alert, labels, seconds_ago};

async fn keys(host: &Arc<FakeHost>, query: &str) -> Vec<String> {
    let answer = get(host, &format!("/api/v1/alerts?{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text);
    let items = answer.json()["items"].as_array().unwrap().clone();
    items.iter().map(|item| item["key"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn filters_narrow_and_combine() {
    let host = FakeHost::new(busy());
    for (query, expected) in [
        ("", vec!["api", "host offline", "disk", "shop", "docker/redis"]),
        ("phase=firing&state=critical", vec!["api", "host offline", "shop"]),
        ("state=warning", vec!["disk", "docker/redis"]),
        ("severity=error&check=api", vec!["api"]),
        ("held=true", vec!["shop"]),
        ("held=maintenance", vec!["shop"]),
        ("held=silenced", vec![]),
        ("held=false&phase=firing", vec!["api", "host offline", "disk"]),
        ("acknowledged=true", vec!["disk"]),
        (
            "acknowledged=false&match=team=%22web%22&match=check!=shop",
            vec!["api", "host offline", "docker/redis"],
        ),
        ("match=check=~%22s.*%22", vec!["shop"]),
        ("q=DATA+clean", vec![]),
        ("q=DATA+full", vec!["disk"]),
        ("sort=oldest", vec!["disk", "shop", "api", "host offline", "docker/redis"]),
        ("sort=newest&limit=2", vec!["docker/redis", "host offline"]),
        ("sort=name", vec!["api", "disk", "docker/redis", "host offline", "shop"]),
    ] {
        assert_eq!(keys(&host, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn a_wrong_filter_is_refused_with_what_there_is() {
    let host = FakeHost::new(busy());
    for (query, words) in [
        ("state=ok", "`critical`"),
        ("severity=bad", "`error`"),
        ("held=maybe", "`notify-hours`"),
        ("acknowledged=ann", "`true` or `false`"),
        ("match=team", "is not a valid matcher"),
        ("match=team%3D~%22(%22", "unclosed group"),
        ("sort=loud", "`oldest`"),
        ("team=web", "hint"),
        ("sort=name&cursor=worst.0.0.x.", "`cursor`"),
    ] {
        let answer = get(&host, &format!("/api/v1/alerts?{query}")).await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.json()["detail"].as_str().unwrap().contains(words), "{query}: {}", answer.text);
    }
}

#[tokio::test]
async fn an_alert_says_who_took_it_and_what_comes_next() {
    let host = FakeHost::new(busy());
    let of = async |check: &str| {
        let list = get(&host, &format!("/api/v1/alerts?check={check}")).await.json();
        let id = list["items"][0]["id"].as_str().unwrap().to_owned();
        let one = get(&host, &format!("/api/v1/alerts/{id}")).await.json();
        assert_eq!(one, list["items"][0]);
        one
    };
    let disk = of("disk").await;
    assert_eq!(disk["acknowledged"]["comment"], "cleaning up");
    assert_eq!(disk["acknowledged"]["until"], "2026-11-21T04:00:00.000Z");
    assert_eq!(
        (&disk["acknowledged"]["sticky"], &disk["assigned"]["to"]),
        (&true.into(), &"data team".into())
    );
    assert_eq!(disk["last_good"], "2026-11-21T01:34:45.000Z");
    let shop = of("shop").await;
    assert_eq!(shop["holds"][0]["reason"], "maintenance");
    assert_eq!(shop["holds"][0]["windows"][0], "m-shop");
    assert_eq!(shop["holds"][0]["until"], "2026-11-21T04:50:00.000Z");
    assert_eq!(shop["held_back_by"][0], "maintenance");
    let api = of("api").await;
    let step = &api["escalation"][0];
    assert_eq!(
        (&step["escalation"], &step["step"], &step["steps"]),
        (&"on-call".into(), &2.into(), &2.into())
    );
    assert_eq!(
        (&step["receivers"][0], &step["next_at"]),
        (&"lead".into(), &"2026-11-21T03:08:20.000Z".into())
    );
    assert_eq!(get(&host, "/api/v1/alerts/nothing").await.status, 404);
    let host_alert = get(&host, "/api/v1/alerts?q=offline").await.json();
    assert_eq!(
        (&host_alert["items"][0]["kind"], &host_alert["items"][0]["host"]),
        (&"host".into(), &"offline".into())
    );
}

fn many(count: u64) -> Board {
    let alerts = (0..count).map(|n| {
        let phase = if n % 7 == 0 { Phase::Pending } else { Phase::Firing { since: seconds_ago(n) } };
        let level = if n % 3 == 0 { Judgement::Warning } else { Judgement::Critical };
        let name = format!("customer-{n:05}-shop");
        let mut alert = alert(
            AlertKey::Check(name.as_str().into()),
            phase,
            level,
            n / 4,
            "connect to shop.example.com:443 timed out after 9.5 s; the last answer was 503 Service Unavailable",
        );
        let customer = format!("c{n}");
        let team = ["web", "data", "platform"][n as usize % 3];
        alert.labels = labels(&[
            ("check", &name), ("plugin", "http"), ("state", level.state().as_str()), ("kind", "check"),
            ("severity", level.state().severity().as_str()), ("team", team), ("customer", &customer), ("env", "prod"),
        ]);
        if n % 11 == 0 {
            alert.holds = vec![Hold::Maintenance];
        }
        if n % 5 == 0 {
            alert.acknowledged = Some(Acknowledgement {
                by: "ann".to_owned(), at: seconds_ago(1), comment: String::new(), until: None,
                lasting: Lasting::UntilWorse,
            });
        }
        Arc::new(alert)
    });
    Board { alerts: alerts.collect(), ..Board::default() }
}

/// Not a benchmark: a guard against work that grows with the square of the alerts, which would take minutes.
#[tokio::test]
async fn ten_thousand_open_alerts_are_filtered_in_good_time() {
    let host = FakeHost::new(many(10_000));
    for query in [
        "",
        "state=critical&acknowledged=false&held=false",
        "match=team=%22web%22&match=customer=~%22c.*9%22",
        "q=customer-099",
        "q=nothing-has-this",
        "sort=name",
        "sort=newest&q=web+timed",
    ] {
        let began = Instant::now();
        let answer = get(&host, &format!("/api/v1/alerts?{query}")).await;
        assert_eq!(answer.status, 200);
        assert!(began.elapsed() < Duration::from_secs(10), "{query}: {:?}", began.elapsed());
    }
    let first = get(&host, "/api/v1/alerts").await.json();
    assert_eq!(first["items"].as_array().unwrap().len(), 200);
    assert!(first["next"].is_string());
}

#[tokio::test]
async fn every_order_pages_without_loss_or_repeats() {
    let host = FakeHost::new(many(700));
    for query in ["sort=worst", "sort=newest", "sort=oldest", "sort=name", "acknowledged=false&sort=name"] {
        let mut found = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = get(&host, &format!("/api/v1/alerts?{query}&limit=150{cursor}")).await.json();
            found.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].to_string()));
            let Some(next) = page["next"].as_str() else { break };
            cursor =
                format!("&cursor={}", form_urlencoded::byte_serialize(next.as_bytes()).collect::<String>());
        }
        let whole = get(&host, &format!("/api/v1/alerts?{query}&limit=1000")).await.json();
        let whole: Vec<_> =
            whole["items"].as_array().unwrap().iter().map(|item| item["id"].to_string()).collect();
        assert_eq!(found, whole, "{query}");
    }
}
