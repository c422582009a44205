//! The truth about telling, on every surface: an attempt is never called told, what holds back is listed with its end,
//! what was given up is seen, and moments are in one zone.

use std::sync::Arc;

use scraper::{Html, Selector};
use serde_json::Value;
use watchkeep_core::alert::{AlertKey, AlertRecord, Answer, GaveUp, Hold, Phase};
use watchkeep_core::calendar::{Calendar, Opening};
use watchkeep_core::delivery::{DeliverySubject, Ended, NotificationKind};
use watchkeep_core::ids::DeliveryId;
use watchkeep_core::input::Command;
use watchkeep_core::report::{Judgement, State};
use watchkeep_core::setup::{Parent, Setup};
use watchkeep_core::view::Update;
use watchkeep_core::window::When;

use crate::pages::{attributes, texts};
use crate::support::ask::{form, get};
use crate::support::boards::{busy, setup};
use crate::support::{Board, FakeHost, NOW, alert, check, delivery, labels, seconds_ago, told, took};

fn shop() -> AlertRecord {
    let firing = Phase::Firing { since: seconds_ago(200) };
    let mut shop = alert(AlertKey::Check("shop".into()), firing, Judgement::Critical, 240, "down");
    shop.labels = labels(&[("check", "shop"), ("state", "critical"), ("severity", "error")]);
    shop
}

fn refused(receiver: &str, delivery: u64) -> Answer {
    let gave_up = GaveUp {
        at: seconds_ago(100),
        error: "403 channel is gone".to_owned(),
        delivery: DeliveryId(delivery),
    };
    Answer { receiver: receiver.into(), took: None, gave_up: Some(gave_up) }
}

/// Chat and pager were sent notices, and refused both for good.
fn refused_by_all() -> Board {
    let mut shop = shop();
    shop.told = vec![told("chat", 190), told("pager", 190)];
    shop.answers = vec![refused("chat", 4), refused("pager", 5)];
    let dead = |id, to: &str| {
        let ended = Ended::Dead { at: seconds_ago(100), error: "403 channel is gone".to_owned() };
        delivery(id, to, NotificationKind::Firing, &[&shop], 190, Some(ended))
    };
    let deliveries = vec![dead(4, "chat"), dead(5, "pager")];
    let mut routes = setup();
    let root = Arc::make_mut(routes.root.as_mut().unwrap());
    root.receivers = vec!["chat".into(), "pager".into()];
    Board {
        checks: vec![check("shop", State::Critical)],
        alerts: vec![Arc::new(shop)],
        deliveries,
        setup: Arc::new(routes),
        ..Board::default()
    }
}

async fn item(host: &Arc<FakeHost>) -> Value {
    get(host, "/api/v1/alerts?check=shop").await.json()["items"][0].clone()
}

#[tokio::test]
async fn what_every_receiver_refused_was_told_to_nobody_on_any_surface() {
    let host = FakeHost::new(refused_by_all());
    let item = item(&host).await;
    assert_eq!(item["told"], serde_json::json!([]));
    let receiver = &item["receivers"][0];
    assert_eq!(
        (&receiver["became"], &receiver["error"]),
        (&"not-reached".into(), &"403 channel is gone".into())
    );
    assert!(receiver["hint"].as_str().unwrap().contains("watchkeep delivery retry d4"), "{receiver}");
    let id = item["id"].as_str().unwrap();
    for path in ["/", "/alerts", "/checks/shop", &format!("/alerts/{id}")] {
        let page = get(&host, path).await.text;
        assert!(!page.contains("told chat") && !page.contains("was told by"), "{path}: {page}");
        assert!(page.contains("ot reached"), "{path}");
    }
    let page = get(&host, "/").await.text;
    assert_eq!(texts(&page, ".alert .became.not-reached"), ["not reached chat, pager"]);
    let explained = get(&host, &format!("/api/v1/alerts/{id}/explain")).await.json();
    assert_eq!(explained["verdict"], "firing; not reached chat, pager");
    let sentences = explained["sentences"].to_string();
    assert!(
        !sentences.contains("was told") && sentences.contains("403 channel is gone; hint:"),
        "{sentences}"
    );
}

#[tokio::test]
async fn what_was_told_before_a_refusal_stays_known_with_its_moment() {
    let mut board = refused_by_all();
    let shop = Arc::make_mut(&mut board.alerts[0]);
    shop.answers[0].took = took("chat", 180).took;
    let host = FakeHost::new(board);
    let item = item(&host).await;
    assert_eq!(item["told"][0]["at"], "2026-11-21T02:57:00.000Z", "the answer's moment, not the attempt's");
    assert_eq!(item["receivers"][0]["became"], "not-reached");
    assert_eq!(item["receivers"][0]["told_at"], "2026-11-21T02:57:00.000Z");
}

#[tokio::test]
async fn dead_letters_have_a_badge_on_every_page_and_a_banner_on_the_first() {
    let host = FakeHost::new(refused_by_all());
    for path in ["/", "/alerts", "/deliveries", "/silences", "/plugins", "/checks/shop"] {
        let page = get(&host, path).await.text;
        assert_eq!(texts(&page, "#nav-dead .bubble"), ["2 given up"], "{path}");
    }
    let page = get(&host, "/").await.text;
    assert!(texts(&page, "#dead-letters")[0].contains("2 notices did not reach their receivers"), "{page}");
    assert_eq!(attributes(&page, "#dead-letters a", "href"), ["/deliveries?status=dead"]);
    assert!(get(&host, "/metrics").await.text.contains("\nwatchkeep_dead_letters 2\n"));
    let calm = get(&FakeHost::new(Board::default()), "/").await.text;
    assert!(texts(&calm, "#nav-dead .bubble").is_empty() && texts(&calm, "#dead-letters .banner").is_empty());
}

#[tokio::test]
async fn a_clock_that_is_doubted_is_told_on_the_first_page_and_in_the_metrics() {
    let host = FakeHost::new(Board {
        clock_doubted_until: Some(NOW + std::time::Duration::from_hours(24)),
        ..Board::default()
    });
    let page = get(&host, "/").await.text;
    assert!(texts(&page, "#clock .banner")[0].contains("nothing is removed from history until"), "{page}");
    assert_eq!(attributes(&page, "#clock time", "datetime"), ["2026-11-22T03:00:00Z"]);
    assert!(get(&host, "/metrics").await.text.contains("\nwatchkeep_clock_doubted 1\n"));
    let sure = FakeHost::new(Board::default());
    assert!(texts(&get(&sure, "/").await.text, "#clock .banner").is_empty());
    assert!(get(&sure, "/metrics").await.text.contains("\nwatchkeep_clock_doubted 0\n"));
}

/// Open 08-18 on no day but 2026-11-23, a Monday: closed now, a Saturday at 03:00.
fn office() -> Arc<Calendar> {
    let day = vec![Opening::parse("08:00-18:00").unwrap()];
    let weekly = [day, vec![], vec![], vec![], vec![], vec![], vec![]];
    Arc::new(Calendar::new("office".into(), chrono_tz::UTC, weekly, [].into()).unwrap())
}

fn with_hours(only_urgent: bool) -> Setup {
    let mut routes = setup();
    let root = Arc::make_mut(routes.root.as_mut().unwrap());
    root.receivers = vec!["chat".into()];
    root.children.clear();
    if only_urgent {
        let mut page = root.clone();
        page.name = "page".into();
        page.receivers = vec!["pager".into()];
        page.notify_hours = Some(office());
        page.continues = true;
        let mut talk = root.clone();
        talk.name = "talk".into();
        root.children = vec![page, talk];
    } else {
        root.notify_hours = Some(office());
    }
    routes
}

#[tokio::test]
async fn a_hold_by_a_routes_hours_is_listed_counted_and_says_when_it_ends() {
    for only_urgent in [false, true] {
        let board = Board {
            checks: vec![check("shop", State::Critical)],
            alerts: vec![Arc::new(shop())],
            setup: Arc::new(with_hours(only_urgent)),
            ..Board::default()
        };
        let host = FakeHost::new(board);
        let item = item(&host).await;
        let route = if only_urgent { "page" } else { "root" };
        assert_eq!(item["held_back_by"], serde_json::json!(["notify-hours"]));
        assert_eq!(item["holds"][0]["route"], route);
        assert_eq!(item["holds"][0]["until"], "2026-11-23T08:00:00.000Z");
        assert_eq!(item["receivers"][0]["became"], "held");
        assert_eq!(item["receivers"][0]["until"], "2026-11-23T08:00:00.000Z");
        for (query, found) in [("held=true", 1), ("held=notify-hours", 1), ("held=false", 0)] {
            let list = get(&host, &format!("/api/v1/alerts?{query}")).await.json();
            assert_eq!(list["items"].as_array().unwrap().len(), found, "{query}");
        }
        let metrics = get(&host, "/metrics").await.text;
        assert!(metrics.contains("watchkeep_alerts{state=\"held\"} 1\n"), "{metrics}");
        assert!(metrics.contains("watchkeep_alerts_held{reason=\"notify-hours\"} 1\n"), "{metrics}");
        let page = get(&host, "/alerts").await.text;
        assert!(
            texts(&page, ".hold")[0].contains(&format!("route {route} is outside office, until 2026-11-23")),
            "{page}"
        );
        // Held for one route only, it is told by the other and waits for somebody: it is not folded away.
        assert_eq!(texts(&page, ".fold .alert").len(), usize::from(!only_urgent));
        let explained = get(&host, "/api/v1/checks/shop/explain").await.json().to_string();
        assert!(!explained.contains("looks after its group"), "{explained}");
    }
}

#[tokio::test]
async fn what_is_held_back_is_folded_under_what_holds_it_and_comes_last() {
    let mut board = Board { setup: Arc::new(setup()), ..Board::default() };
    let mut gateway = shop();
    gateway.key = AlertKey::Check("gateway".into());
    gateway.level = Judgement::Warning;
    gateway.told = vec![told("chat", 100)];
    gateway.answers = vec![took("chat", 100)];
    board.alerts.push(Arc::new(gateway));
    board.checks.push(check("gateway", State::Critical));
    for name in ["a", "b", "c"] {
        let mut child = shop();
        child.key = AlertKey::Check(name.into());
        child.id = watchkeep_core::ids::AlertId::derive(name, NOW);
        child.holds = vec![Hold::Dependency];
        board.alerts.push(Arc::new(child));
        let mut view = check(name, State::Critical);
        Arc::make_mut(&mut view.spec).depends_on = vec![vec![Parent::Check("gateway".into())]];
        board.checks.push(view);
    }
    let host = FakeHost::new(board);
    let list = get(&host, "/api/v1/alerts").await.json();
    assert_eq!(list["items"][0]["key"], "gateway", "a warning that waits for somebody, before what is held");
    for path in ["/", "/alerts"] {
        let page = get(&host, path).await.text;
        assert_eq!(texts(&page, ".alerts:not(.fold .alerts) .alert-name"), ["gateway"], "{path}");
        let folds = texts(&page, ".fold > summary");
        assert_eq!(folds, ["3 held back by dependency: it depends on gateway, which is down"], "{path}");
        assert_eq!(texts(&page, ".fold .alert").len(), 3, "{path}");
    }
}

#[tokio::test]
async fn every_moment_of_a_page_is_one_that_the_script_can_put_into_the_viewers_zone() {
    let mut board = busy();
    for alert in &mut board.alerts {
        Arc::make_mut(alert).summary = "the plugin says: expired at 2026-11-21 02:00 UTC".to_owned();
    }
    let host = FakeHost::new(board);
    let list = get(&host, "/api/v1/alerts").await.json();
    let ids = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| format!("/alerts/{}", item["id"].as_str().unwrap()));
    let paths = ["/", "/alerts", "/checks/shop", "/silences", "/deliveries", "/plugins"].map(str::to_owned);
    for path in paths.into_iter().chain(ids) {
        let page = Html::parse_document(&get(&host, &path).await.text);
        let everything = Selector::parse("body *").unwrap();
        for node in page.select(&everything) {
            let own: String =
                node.children().filter_map(|child| child.value().as_text()).map(|text| &**text).collect();
            let element = node.value();
            let known = element.name() == "time" || element.attr("data-at").is_some();
            let names_the_zone = element.name() == "strong" && own == "UTC";
            assert!(!own.contains("UTC") || known || names_the_zone, "{path}: <{}> {own}", element.name());
        }
        assert_eq!(texts(&page.html(), "#zone"), ["Times are in UTC"], "{path}");
    }
}

#[tokio::test]
async fn a_silence_is_made_in_the_zone_that_its_form_names() {
    for (zone, starts, from) in [
        ("Europe/Oslo", "2026-11-22T10:00", "2026-11-22T09:00:00Z"),
        ("America/New_York", "2026-11-22T10:00:30", "2026-11-22T15:00:30Z"),
        ("UTC", "2026-11-22T10:00", "2026-11-22T10:00:00Z"),
        ("", "2026-11-22T10:00", "2026-11-22T10:00:00Z"),
        // The clock shows it twice: the first counts.
        ("Europe/Oslo", "2027-10-31T02:30", "2027-10-31T00:30:00Z"),
    ] {
        let host = FakeHost::new(busy());
        let fields = [
            ("matchers", "check=shop"),
            ("for", "2h"),
            ("starts_at", starts),
            ("time_zone", zone),
            ("what", "make"),
        ];
        let answer = form(&host, "/silences", &fields).await;
        assert_eq!(answer.status, 303, "{zone}: {}", answer.text);
        let commands = host.commands.lock().unwrap();
        let Some(Command::OpenWindow(window)) = commands.last() else { panic!("{commands:?}") };
        let When::Once { from: opens, .. } = window.when else { panic!("{window:?}") };
        assert_eq!(opens.utc().unwrap().to_rfc3339_opts(chrono::SecondsFormat::Secs, true), from, "{zone}");
    }
    let host = FakeHost::new(busy());
    let fields =
        [("matchers", "check=shop"), ("for", "2h"), ("starts_at", "2026-11-22T10:00"), ("time_zone", "Oslo")];
    let answer = form(&host, "/silences", &fields).await;
    assert!(answer.status == 400 && answer.text.contains("unknown time zone"), "{}", answer.text);
    let page = get(&host, "/silences").await.text;
    assert_eq!(
        attributes(&page, "input[name=time_zone]", "value"),
        ["UTC"],
        "one, and it says so without a script"
    );
}

#[tokio::test]
async fn nothing_is_open_is_not_said_below_what_is() {
    let mut board = busy();
    let mut not_judged = shop();
    not_judged.key = AlertKey::NotJudged("blog".into());
    not_judged.level = Judgement::Warning;
    not_judged.told = vec![told("chat", 100)];
    not_judged.answers = vec![took("chat", 100)];
    board.alerts.push(Arc::new(not_judged));
    let host = FakeHost::new(board);
    let items = get(&host, "/api/v1/checks/blog/explain").await.json();
    let verdicts = items["items"].to_string();
    assert!(!verdicts.contains("no open alert"), "{verdicts}");
    assert!(verdicts.contains("no alert of its own; open beside it: `blog (not judged)`"), "{verdicts}");
    assert!(verdicts.contains("that it is unknown") && !verdicts.contains("it is warning"), "{verdicts}");
    let told = get(&host, "/api/v1/alerts?check=blog").await.json();
    assert_eq!(told["items"][0]["told"][0]["state"], "unknown");
}

#[tokio::test]
async fn a_test_of_a_receiver_waits_for_its_own_end() {
    let mut board = busy();
    let mut before = delivery(70, "chat", NotificationKind::Test, &[], 500, None);
    Arc::make_mut(&mut before.delivery).subject = DeliverySubject::Test;
    Arc::make_mut(&mut before.delivery).last_error = Some("an older error".to_owned());
    board.deliveries.insert(0, before.clone());
    let host = FakeHost::new(board);
    // What becomes of the older one is published first.
    host.with(|board| board.before_test = Some(Update::Delivery(before.delivery)));
    let answer =
        crate::support::ask::control(&host, http::Method::POST, "/api/v1/receivers/chat/test?wait=30").await;
    assert_eq!(answer.json()["result"]["id"], "d77", "{}", answer.text);
}

#[tokio::test]
async fn a_group_says_apart_who_was_told_and_to_whom_something_was_sent() {
    let mut board = busy();
    for alert in board.alerts.iter_mut().filter(|alert| alert.key == AlertKey::Check("api".into())) {
        Arc::make_mut(alert).answers.clear();
    }
    let host = FakeHost::new(board);
    let group = get(&host, "/api/v1/groups").await.json()["items"][0].clone();
    assert_eq!(group["told"], serde_json::json!([]));
    assert_eq!(group["last_told"], Value::Null);
    assert_eq!(group["attempted"][0]["receiver"], "chat");
    let host = FakeHost::new(busy());
    let group = get(&host, "/api/v1/groups").await.json()["items"][0].clone();
    assert_eq!(group["told"][0]["at"], group["last_told"]);
    assert_eq!(group["last_told"], "2026-11-21T02:58:31.000Z");
}
