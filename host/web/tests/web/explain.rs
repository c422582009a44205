//! Why people were told or not, in the sentences that all see.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use watchkeep_core::alert::{AlertKey, Hold};
use watchkeep_core::flapping::Flaps;
use watchkeep_core::report::State;
use watchkeep_core::setup::Parent;

use crate::support::ask::{control, get};
use crate::support::boards::busy;
use crate::support::{Board, FakeHost, NOW, check};

async fn sentences(host: &Arc<FakeHost>, check: &str) -> Vec<String> {
    let answer = get(host, &format!("/api/v1/checks/{check}/explain")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let answer = answer.json();
    let items = answer["items"].as_array().unwrap();
    let all = items.iter().flat_map(|item| item["sentences"].as_array().unwrap());
    all.map(|sentence| sentence.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn it_says_who_was_told_and_what_comes_next() {
    let host = FakeHost::new(busy());
    assert_eq!(
        sentences(&host, "api").await,
        [
            "firing since 2026-11-21 02:58:20 UTC: it is critical",
            "it was last ok at 2026-11-21 02:57:35 UTC",
            "`pager` by route `urgent`: not yet: step 1 of escalation `on-call` has gone by without it",
            "`lead` by route `urgent`: not yet, until 2026-11-21 03:08:20 UTC: step 2 of escalation `on-call` comes \
             unless somebody acknowledges it",
            "`chat` was told by route `root` at 2026-11-21 02:58:31 UTC that it is critical",
            "`chat` is reminded at 2026-11-21 06:58:30 UTC unless somebody acknowledges it",
        ]
    );
}

#[tokio::test]
async fn it_says_what_holds_it_until_when_and_then_what_was_decided() {
    let host = FakeHost::new(busy());
    let shop = sentences(&host, "shop").await;
    assert_eq!(shop[0], "firing since 2026-11-21 02:56:40 UTC: it is critical");
    assert!(
        shop[2].starts_with("held back (maintenance): maintenance `m-shop` by ann: <script>"),
        "{shop:?}"
    );
    assert!(shop[2].ends_with(", until 2026-11-21 04:50:00 UTC"), "{shop:?}");
    assert_eq!(
        shop[3..5],
        [
            "`pager` by route `urgent`: held (maintenance), until 2026-11-21 04:50:00 UTC",
            "`lead` by route `urgent`: held (maintenance), until 2026-11-21 04:50:00 UTC",
        ]
    );
    assert_eq!(
        shop[5],
        "`chat` by route `root`: trying since 2026-11-21 02:56:50 UTC, next at 2026-11-21 03:00:40 UTC: 503; it was told at \
         2026-11-21 02:56:51 UTC that it is critical"
    );
    assert_eq!(
        shop[6..],
        [
            "2026-11-21 02:56:00 UTC: not told yet: 1 of the last 3 judgements are bad, 3 are needed",
            "2026-11-21 02:56:40 UTC: firing: it is critical",
        ]
    );
}

#[tokio::test]
async fn it_says_who_has_it_and_announces_no_reminder_then() {
    let host = FakeHost::new(busy());
    let disk = sentences(&host, "disk").await;
    assert!(
        disk[2].starts_with("acknowledged by <script>")
            && disk[2].contains("until 2026-11-21 04:00:00 UTC, even if it gets worse: cleaning up"),
        "{disk:?}"
    );
    assert!(disk[3].starts_with("handed over to data team by ann at 2026-11-21 02:10:00 UTC"), "{disk:?}");
    assert!(!disk.iter().any(|sentence| sentence.contains("reminded")), "{disk:?}");
    let list = get(&host, "/api/v1/alerts?check=api").await.json();
    let id = list["items"][0]["id"].as_str().unwrap();
    control(&host, Method::POST, &format!("/api/v1/alerts/{id}/acknowledge")).await;
    let api = sentences(&host, "api").await;
    assert_eq!(api.last().unwrap(), "escalation `on-call` stopped at step 2 of 2: admin has it", "{api:?}");
}

#[tokio::test]
async fn a_parent_that_is_down_is_named() {
    let mut board = busy();
    let mut shop = board.checks.iter().position(|view| view.spec.name.as_str() == "shop").unwrap();
    let spec = Arc::make_mut(&mut board.checks[shop].spec);
    spec.depends_on = vec![
        vec![Parent::Check("gateway".into())],
        vec![Parent::Check("gateway".into()), Parent::Check("blog".into())],
    ];
    board.checks.push(check("gateway", State::Critical));
    shop = board.alerts.iter().position(|alert| alert.key == AlertKey::Check("shop".into())).unwrap();
    Arc::make_mut(&mut board.alerts[shop]).holds = vec![Hold::Dependency];
    let host = FakeHost::new(board);
    let shop = sentences(&host, "shop").await;
    assert_eq!(shop[2], "held back (dependency): it depends on `gateway`, which is down");
    let page = get(&host, "/checks/shop").await.text;
    assert!(page.contains("Depends on <a href=\"/checks/gateway\">gateway</a>"), "{page}");
}

#[tokio::test]
async fn what_is_quiet_says_why() {
    let mut board: Board = busy();
    let flapping = board.checks.iter_mut().find(|view| view.spec.name.as_str() == "blog").unwrap();
    // The newest 8 of its last 20 judgements differ from the one before.
    let row = Arc::make_mut(flapping.last.as_mut().unwrap());
    row.flaps = Flaps::from_bits(0xff | 20 << 20 | 1 << 25 | 1 << 27);
    let host = FakeHost::new(board);
    let blog = sentences(&host, "blog").await;
    assert_eq!(blog[0], "no open alert, and none that the host remembers");
    assert_eq!(blog[1], "ok since 2026-11-21 02:55:00 UTC");
    assert!(blog[2].contains("weigh 44 %"), "{blog:?}");
    assert!(get(&host, "/checks/blog").await.text.contains("<strong>44 %</strong>"));
    assert_eq!(get(&host, "/api/v1/checks/blog").await.json()["flapping"], true);
    let paused = sentences(&host, "paused").await;
    assert_eq!(paused[1], "it is paused, so nothing can alert");
    let new = sentences(&host, "new").await;
    assert_eq!(new[1], "it has not run yet");
    assert_eq!(get(&host, "/api/v1/checks/nobody/explain").await.status, 404);
}

#[tokio::test]
async fn one_alert_is_explained_by_its_id() {
    let host = FakeHost::new(busy());
    host.with(|board| board.now = Some(NOW + Duration::from_secs(86_400)));
    let list = get(&host, "/api/v1/alerts?q=redis").await.json();
    let id = list["items"][0]["id"].as_str().unwrap();
    let explained = get(&host, &format!("/api/v1/alerts/{id}/explain")).await.json();
    assert_eq!(explained["finding"], "redis");
    assert!(
        explained["sentences"][0]
            .as_str()
            .unwrap()
            .starts_with("warning since 2026-11-21 02:59:40 UTC, not confirmed yet")
    );
    assert_eq!(get(&host, "/api/v1/alerts/nothing/explain").await.status, 404);
}
