//! What stays of an alert when it is over, and the feed of the last day.

use std::sync::Arc;

use watchkeep_core::alert::{AlertKey, Phase};
use watchkeep_core::commit::{Decision, Transition, TransitionKind};
use watchkeep_core::delivery::{Ended, NotificationKind};
use watchkeep_core::ids::AlertId;
use watchkeep_core::matcher::Matcher;
use watchkeep_core::reason::Reason;
use watchkeep_core::report::{Judgement, State};
use watchkeep_core::service::{ServiceMetrics, ServiceSpec};
use watchkeep_core::setup::Setup;

use crate::pages::{attributes, texts};
use crate::support::ask::get;
use crate::support::boards::busy;
use crate::support::{Board, FakeHost, alert, check, decision, delivery, seconds_ago, transition};

fn key() -> AlertKey {
    AlertKey::Check("shop".into())
}

fn change(id: &AlertId, seconds: u64, kind: TransitionKind, state: State, summary: &str) -> Transition {
    Transition { alert: id.clone(), ..transition(key(), seconds, kind, state, summary) }
}

fn about(id: &AlertId, decided: Decision) -> Decision {
    Decision { alert: Some(id.clone()), ..decided }
}

/// An alert that is over, with a notice that arrived and one that did not, and one of the same check that is open.
fn board() -> (Board, AlertId) {
    let record =
        alert(key(), Phase::Firing { since: seconds_ago(900) }, Judgement::Critical, 1000, "timed out");
    let id = record.id.clone();
    let back =
        alert(key(), Phase::Firing { since: seconds_ago(20) }, Judgement::Critical, 30, "timed out again");
    let told = Ended::Delivered { at: seconds_ago(898), service_id: Some("msg-7<b>".into()) };
    let dead = Ended::Dead { at: seconds_ago(850), error: "status 403: no such key".into() };
    let board = Board {
        checks: vec![check("shop", State::Critical)],
        transitions: vec![
            change(&back.id, 20, TransitionKind::Firing, State::Critical, "timed out again"),
            change(&id, 600, TransitionKind::Resolved, State::Ok, "200 OK"),
            change(&id, 900, TransitionKind::Firing, State::Critical, "timed out <i>"),
            change(&id, 1000, TransitionKind::Pending, State::Critical, "timed out"),
        ],
        decisions: vec![
            about(&id, decision(&key(), 900, Reason::Fired { level: Judgement::Critical })),
            about(&back.id, decision(&key(), 20, Reason::Fired { level: Judgement::Critical })),
        ],
        deliveries: vec![
            delivery(9, "chat", NotificationKind::Firing, &[&back], 19, None),
            delivery(8, "pager", NotificationKind::Firing, &[&record], 899, Some(dead)),
            delivery(7, "chat", NotificationKind::Firing, &[&record], 899, Some(told)),
        ],
        alerts: vec![Arc::new(back)],
        access: busy().access,
        ..Board::default()
    };
    (board, id)
}

#[tokio::test]
async fn the_page_of_an_alert_stays_when_it_is_over() {
    let (board, id) = board();
    let back = board.alerts[0].id.clone();
    let host = FakeHost::new(board);
    let page = get(&host, &format!("/alerts/{id}?check=shop")).await;
    assert_eq!(page.status, 200);
    let page = page.text;
    assert!(texts(&page, ".standing")[0].starts_with("over was critical for 6 min"), "{page}");
    let steps = texts(&page, ".steps li .step-word");
    assert_eq!(
        steps,
        ["pending", "firing", "decided", "notice", "notice", "answer", "answer", "resolved"],
        "from what was found to what the receivers answered"
    );
    let said = texts(&page, ".steps .step-text");
    assert!(said.iter().any(|text| text == "chat took it, which calls it msg-7<b>"), "{said:?}");
    assert!(said.iter().any(|text| text == "pager was given up: status 403: no such key"), "{said:?}");
    assert!(!page.contains("<i>") && !page.contains("msg-7<b>"), "what a target says stays text");
    assert_eq!(
        attributes(&page, "#now p > a[href^='/alerts/']", "href"),
        [format!("/alerts/{back}?check=shop")]
    );
    assert!(
        attributes(&page, "form[method=post]", "action").is_empty(),
        "nothing can be done about it any more"
    );
    let unknown = get(&host, "/alerts/0123456789abcdef").await;
    assert_eq!(unknown.status, 404);
}

#[tokio::test]
async fn an_open_alert_has_its_life_as_well_and_nothing_of_the_one_before() {
    let (board, _) = board();
    let id = board.alerts[0].id.clone();
    let page = get(&FakeHost::new(board), &format!("/alerts/{id}")).await.text;
    assert_eq!(texts(&page, ".steps .step-word"), ["firing", "decided", "notice", "answer"]);
    assert!(texts(&page, ".steps .step-text")[3].contains("chat has not answered yet"));
}

#[tokio::test]
async fn the_feed_has_a_day_with_severities_services_and_what_can_be_done() {
    let (mut board, id) = board();
    let old = change(&id, 90_000, TransitionKind::Firing, State::Critical, "of the day before");
    board.transitions.push(old);
    let matchers = vec![Matcher::parse(r#"check="shop""#).unwrap()];
    let service = ServiceSpec {
        name: "Shop".into(),
        display: None,
        matchers,
        down_at: None,
        metrics: ServiceMetrics::default(),
    };
    board.setup = Arc::new(Setup { services: vec![Arc::new(service)], ..Setup::default() });
    let open = board.alerts[0].id.clone();
    let host = FakeHost::new(board);
    let page = get(&host, "/feed").await.text;
    assert_eq!(texts(&page, "#feed .c-state"), ["ERROR", "INFO", "ERROR", "ERROR"]);
    assert_eq!(texts(&page, "#feed .c-service"), ["Shop"; 4]);
    assert_eq!(texts(&page, "#feed .c-key .tag"), ["firing", "resolved", "firing", "pending"]);
    let link = &attributes(&page, "#feed .c-key a", "href")[1];
    assert_eq!(*link, format!("/alerts/{id}?check=shop"));
    // Of an open alert, its newest row offers what can be done; the others only look.
    assert_eq!(attributes(&page, "#feed form", "action"), [format!("/alerts/{open}/acknowledge")]);
    assert_eq!(texts(&page, "#feed .with-runbook > a"), ["Runbook", "Hand over", "Silence"]);
    assert_eq!(attributes(&page, "#feed[data-live]", "id"), ["feed"]);
    let info = get(&host, "/feed?severity=info").await.text;
    assert_eq!(texts(&info, "#feed .c-key .tag"), ["resolved"]);
    assert_eq!(get(&host, "/feed?severity=loud").await.status, 400);
}

#[tokio::test]
async fn an_empty_feed_says_what_will_stand_there() {
    let page = get(&FakeHost::new(Board::default()), "/feed").await.text;
    assert!(texts(&page, "#feed .quiet")[0].starts_with("A row stands here"));
}
