//! Somebody who sees a part of the host: nothing else is in any list, page, number or stream, and nothing else is changed.
//! Everything of others on this board has `zzother` in it.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use futures::StreamExt as _;
use http::Method;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use watchkeep_core::access::{AccessChange, Role};
use watchkeep_core::alert::{AlertKey, AlertRecord, Phase};
use watchkeep_core::commit::TransitionKind;
use watchkeep_core::delivery::{Ended, NotificationKind};
use watchkeep_core::group::{GroupKey, GroupRecord, Member};
use watchkeep_core::ids::{Digest, WindowId};
use watchkeep_core::input::{AlertsOf, Command};
use watchkeep_core::matcher::Matcher;
use watchkeep_core::reason::Reason;
use watchkeep_core::report::{Judgement, State};
use watchkeep_core::setup::{CheckSpec, Parent, Setup};
use watchkeep_core::view::{CheckView, Update};
use watchkeep_core::window::{When, Window, WindowKind};
use watchkeep_web::{DeliveryItem, NotReady, PluginEvent, PluginKind, PluginLife, SnapshotFacts, routes};

use super::{bearer, put_token, token};
use crate::support::ask::{Answer, ask, request, send};
use crate::support::{
    Board, FakeHost, NOW, alert, decision, delivery, labels, plugin, receiver, report, result, seconds_ago,
    spec, transition, view,
};

const OTHER: &str = "zzother";

fn check(name: &str, team: &str, plugin: &str) -> CheckView {
    let outcome = report(
        State::Critical,
        &format!("{name} is down"),
        vec![crate::support::metric(&format!("{team}_size"), 1.0, "", &[])],
    );
    let spec = CheckSpec { runbook: None, ..spec(name, plugin, "{}", &[("team", team)]) };
    view(spec, Some((outcome, 12)), 300)
}

fn firing(key: AlertKey, team: &str) -> Arc<AlertRecord> {
    let summary = format!("{key} fails");
    let record = alert(key, Phase::Firing { since: seconds_ago(60) }, Judgement::Critical, 90, &summary);
    Arc::new(AlertRecord {
        labels: labels(&[("team", team), ("severity", "error"), ("check", team)]),
        ..record
    })
}

fn window(id: &str, matchers: &[&str], comment: &str) -> Arc<Window> {
    Arc::new(Window {
        id: WindowId::from(id),
        kind: WindowKind::Silence,
        matchers: matchers.iter().map(|text| Matcher::parse(text).unwrap()).collect(),
        when: When::Once { from: seconds_ago(10), until: NOW + Duration::from_secs(3600) },
        author: "ann".to_owned(),
        comment: comment.to_owned(),
        announcement: None,
        made_at: seconds_ago(10),
    })
}

fn group(labels_of: &[(&str, &str)], members: &[&Arc<AlertRecord>]) -> Arc<GroupRecord> {
    let member = |alert: &&Arc<AlertRecord>| Member {
        key: alert.key.clone(),
        alert: alert.id.clone(),
        resolved: None,
        owed: Vec::new(),
    };
    Arc::new(GroupRecord {
        key: GroupKey { route: "root".into(), labels: labels(labels_of) },
        began: seconds_ago(60),
        flush_at: None,
        last_flush: None,
        members: members.iter().map(member).collect(),
        told: Vec::new(),
    })
}

fn picture(check: &str) -> (watchkeep_core::ids::CheckName, SnapshotFacts, Vec<u8>) {
    let bytes = format!("picture of {check}").into_bytes();
    let facts = SnapshotFacts {
        series: Some("a.png".to_owned()),
        at: seconds_ago(9),
        name: format!("{check}.png"),
        media_type: "image/png".to_owned(),
        size_bytes: bytes.len() as u64,
        digest: Digest::of(&bytes),
    };
    (check.into(), facts, bytes)
}

fn dead(id: u64, about: &[&AlertRecord]) -> DeliveryItem {
    let others = about.iter().any(|alert| alert.key.to_string().contains(OTHER));
    let error = if others { format!("refused: {OTHER} among others") } else { "refused".to_owned() };
    let mut item = delivery(
        id,
        "chat",
        NotificationKind::Firing,
        about,
        30,
        Some(Ended::Dead { at: seconds_ago(5), error: error.clone() }),
    );
    let record = Arc::make_mut(&mut item.delivery);
    record.last_error = Some(error.clone());
    Arc::make_mut(&mut record.notification).reason = error;
    item
}

/// `shop` is of the team `web`; everything with `zzother` in its name is not.
fn board() -> Board {
    let mut shop = check("shop", "web", "http");
    let other = check("zzother-pay", OTHER, "zzother-plugin");
    Arc::make_mut(&mut shop.spec).depends_on = vec![vec![Parent::Check("zzother-pay".into())]];
    let (mine, theirs) =
        (firing(AlertKey::Check("shop".into()), "web"), firing(AlertKey::Check("zzother-pay".into()), OTHER));
    let of_plugin = firing(AlertKey::Plugin("zzother-plugin".into()), "");
    let setup = Setup {
        checks: [&shop, &other].map(|view| (view.spec.name.clone(), Arc::clone(&view.spec))).into(),
        receivers: [("zzother-chat".into(), receiver("zzother-chat", "slack"))].into(),
        actions: [(
            "zzother-restart".into(),
            Arc::new(watchkeep_core::recovery::ActionSpec::plain("zzother-restart".into(), "command".into())),
        )]
        .into(),
        ..Setup::default()
    };
    let mut only_theirs = dead(2, &[&theirs]);
    only_theirs.ended = None;
    Board {
        groups: vec![group(&[("both", "yes")], &[&mine, &theirs]), group(&[("team", OTHER)], &[&theirs])],
        windows: vec![
            window("s-mine", &["team=\"web\"", "check!=\"\""], "mine"),
            window("s-theirs", &[&format!("team=\"{OTHER}\"")], "zzother secret"),
            window("s-all", &["team=~\".+\""], "everybody"),
        ],
        transitions: vec![
            transition(theirs.key.clone(), 5, TransitionKind::Firing, State::Critical, "zzother fails"),
            transition(mine.key.clone(), 6, TransitionKind::Firing, State::Critical, "shop fails"),
            transition(of_plugin.key.clone(), 7, TransitionKind::Firing, State::Critical, "zzother plugin"),
        ],
        decisions: vec![
            decision(
                &mine.key,
                6,
                Reason::Asks { checks: vec!["zzother-pay".to_owned()], wait: Duration::from_secs(1) },
            ),
            decision(&theirs.key, 6, Reason::Fired { level: Judgement::Critical }),
        ],
        deliveries: vec![dead(1, &[&mine, &theirs]), only_theirs, dead(3, &[&mine])],
        results: vec![
            result("shop", 1, seconds_ago(9), 10, report(State::Ok, "fine", Vec::new())),
            result("zzother-pay", 2, seconds_ago(9), 10, report(State::Ok, "zzother fine", Vec::new())),
        ],
        plugins: vec![
            plugin("zzother-plugin", PluginKind::Check, PluginLife::Live),
            plugin("http", PluginKind::Check, |mut live| {
                live.grants = vec!["http: https://zzother.example".to_owned()];
                PluginLife::Kept { live, problem: "check `zzother-pay` does not fit".to_owned() }
            }),
        ],
        plugin_events: vec![PluginEvent {
            at: NOW,
            file: "zzother.wasm".into(),
            digest: None,
            stage: "read",
            message: OTHER.into(),
            hint: None,
        }],
        receivers: vec![receiver("zzother-chat", "slack")],
        snapshots: vec![picture("shop"), picture("zzother-pay")],
        not_ready: vec![NotReady { part: "config", message: "check `zzother-pay` is wrong".to_owned() }],
        checks: vec![shop, other],
        alerts: vec![mine, theirs, of_plugin],
        setup: Arc::new(setup),
        ..Board::default()
    }
}

fn host() -> Arc<FakeHost> {
    let host = FakeHost::new(board());
    put_token(&host, token("whole", Role::Operator, &[], None));
    put_token(&host, token("part", Role::Operator, &["team=\"web\""], None));
    super::put_user(&host, super::user("root", Role::Admin, &[]));
    host
}

async fn as_part(host: &Arc<FakeHost>, method: Method, path: &str, body: Value) -> Answer {
    as_token(host, "part", method, path, body).await
}

async fn as_token(host: &Arc<FakeHost>, name: &str, method: Method, path: &str, body: Value) -> Answer {
    let authorization = bearer(name);
    let headers = [("authorization", &*authorization), ("content-type", "application/json")];
    let mut request = request(method, path, &headers);
    *request.body_mut() = Body::from(body.to_string());
    send(watchkeep_web::router(Arc::clone(host) as Arc<dyn watchkeep_web::Host>), request).await
}

/// Every way to fill a path with what there is on the board.
fn ways(host: &FakeHost, path: &str) -> Vec<String> {
    let mut ways = Vec::new();
    let names = ["shop", "zzother-pay", "zzother-chat", "zzother-plugin", "http"];
    let ids: Vec<String> = host.with(|board| {
        let alerts = board.alerts.iter().map(|alert| alert.id.to_string());
        let groups = board.groups.iter().map(|group| group.key.id());
        let windows = board.windows.iter().map(|window| window.id.to_string());
        let pictures = board.snapshots.iter().map(|(_, facts, _)| facts.digest.to_string());
        alerts
            .chain(groups)
            .chain(windows)
            .chain(pictures)
            .chain(["d1".to_owned(), "d2".to_owned()])
            .collect()
    });
    for name in names {
        for id in &ids {
            ways.push(path.replace("{name}", name).replace("{id}", id).replace("{file}", "x"));
        }
    }
    if path == "/api/v1/alerts/explain" {
        ways.extend(names.map(|name| format!("{path}?check={name}")));
        ways.extend(names.map(|name| format!("{path}?plugin={name}")));
    }
    ways.sort();
    ways.dedup();
    ways
}

#[tokio::test]
async fn nothing_outside_the_scope_is_read_by_any_route() {
    let host = host();
    let (mut shown, mut of_whole) = (0, 0);
    for (method, path, _) in routes().into_iter().filter(|(method, ..)| method == Method::GET) {
        if path == "/api/v1/stream" {
            continue;
        }
        for way in ways(&host, path) {
            for way in [way.clone(), format!("{way}?limit=1"), format!("{way}?q=zz")] {
                let answer = as_part(&host, method.clone(), &way, json!({})).await;
                // What was asked for is said again: the path, and the words of a filter.
                let said = answer.text.replace(&way, "").replace("zzother-pay` is not there", "");
                let said = match answer.status.as_u16() {
                    404 | 400 => said.replace("zzother-", "zz"),
                    _ => said,
                };
                assert!(!said.contains(OTHER), "{way}: {said}");
                shown += usize::from(answer.status == 200);
                let whole = as_token(&host, "whole", method.clone(), &way, json!({})).await;
                of_whole += usize::from(whole.text.contains(OTHER));
            }
        }
    }
    assert!(shown > 40 && of_whole > 40, "{shown} {of_whole}");
}

/// What is not there and what may not be seen are told in the same words.
#[tokio::test]
async fn what_is_outside_is_as_what_is_not_there() {
    let host = host();
    let theirs = host.with(|board| board.alerts[1].id.to_string());
    for (real, made_up) in [
        ("/api/v1/checks/zzother-pay", "/api/v1/checks/zzother-xxx"),
        ("/api/v1/checks/zzother-pay/results", "/api/v1/checks/zzother-xxx/results"),
        ("/api/v1/checks/zzother-pay/explain", "/api/v1/checks/zzother-xxx/explain"),
        ("/api/v1/checks/zzother-pay/transitions", "/api/v1/checks/zzother-xxx/transitions"),
        ("/api/v1/checks/zzother-pay/snapshots", "/api/v1/checks/zzother-xxx/snapshots"),
        ("/checks/zzother-pay", "/checks/zzother-xxx"),
        ("/api/v1/silences/s-theirs", "/api/v1/silences/s-xxxxxx"),
        (
            &*format!("/api/v1/alerts/{theirs}"),
            &*format!("/api/v1/alerts/{}", theirs.replace(|c: char| c.is_ascii_hexdigit(), "x")),
        ),
    ] {
        let one = as_part(&host, Method::GET, real, json!({})).await;
        let other = as_part(&host, Method::GET, made_up, json!({})).await;
        let plain = |answer: &Answer, path: &str| {
            answer.text.replace(path.rsplit('/').next().unwrap(), "").replace("zzother-pay", "zzother-xxx")
        };
        assert_eq!((one.status, plain(&one, real)), (other.status, plain(&other, made_up)), "{real}");
    }
}

#[tokio::test]
async fn counts_are_of_what_is_seen() {
    let host = host();
    let page = as_part(&host, Method::GET, "/", json!({})).await.text;
    assert_eq!(crate::pages::texts(&page, "a.count.critical .number"), ["1"]);
    assert_eq!(crate::pages::texts(&page, "#nav-alerts .bubble"), ["1"]);
    let metrics = as_part(&host, Method::GET, "/metrics", json!({})).await.text;
    assert!(metrics.contains("watchkeep_checks{state=\"critical\"} 1"), "{metrics}");
    assert!(metrics.contains("watchkeep_alerts{state=\"firing\"} 1"), "{metrics}");
    assert!(
        metrics.contains("watchkeep_dead_letters 2\n") && metrics.contains("watchkeep_outbox_depth 0"),
        "{metrics}"
    );
    let groups = as_part(&host, Method::GET, "/api/v1/groups", json!({})).await.json();
    assert_eq!(
        (groups["items"].as_array().unwrap().len(), groups["items"][0]["members_total"].clone()),
        (1, 1.into())
    );
    let deliveries = as_part(&host, Method::GET, "/api/v1/deliveries?limit=1", json!({})).await.json();
    assert_eq!(deliveries["items"][0]["id"], "d1");
    let next = deliveries["next"].as_str().unwrap();
    let rest = as_part(&host, Method::GET, &format!("/api/v1/deliveries?limit=1&cursor={next}"), json!({}))
        .await
        .json();
    assert_eq!(rest["items"][0]["id"], "d3", "what is between is left out");
}

#[tokio::test]
async fn nothing_outside_the_scope_is_changed() {
    let host = host();
    let (theirs, occasion) = host.with(|board| (board.alerts[1].id.to_string(), "o-x"));
    let digest = host.with(|board| board.snapshots[1].1.digest.to_string());
    for (method, path, body) in [
        (Method::POST, "/api/v1/checks/zzother-pay/run".to_owned(), json!({})),
        (Method::POST, "/api/v1/checks/zzother-pay/pause".to_owned(), json!({})),
        (Method::POST, "/api/v1/checks/zzother-pay/resume".to_owned(), json!({})),
        (
            Method::POST,
            format!("/api/v1/checks/zzother-pay/snapshots/accept?series=a.png&id={digest}"),
            json!({}),
        ),
        (Method::POST, "/api/v1/receivers/zzother-chat/test".to_owned(), json!({})),
        (Method::POST, format!("/api/v1/alerts/{theirs}/acknowledge"), json!({})),
        (Method::POST, format!("/api/v1/alerts/{theirs}/hand-over"), json!({"to": "me"})),
        (Method::POST, format!("/api/v1/alerts/{theirs}/act"), json!({"action": "zzother-restart"})),
        (Method::POST, format!("/api/v1/occasions/{occasion}/approve"), json!({})),
        (Method::POST, "/api/v1/deliveries/d1/retry".to_owned(), json!({})),
        (Method::POST, "/api/v1/deliveries/d2/retry".to_owned(), json!({})),
        (Method::DELETE, "/api/v1/silences/s-theirs".to_owned(), json!({})),
    ] {
        let answer = as_part(&host, method.clone(), &path, body).await;
        assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text);
    }
    let answer = as_part(&host, Method::DELETE, "/api/v1/silences/s-all", json!({})).await;
    assert_eq!((answer.status.as_u16(), answer.json()["code"].clone()), (403, "not-allowed".into()));
    assert!(host.commands.lock().unwrap().is_empty(), "{:?}", host.commands.lock().unwrap());
    assert_eq!(as_part(&host, Method::DELETE, "/api/v1/silences/s-mine", json!({})).await.status, 200);
    assert_eq!(as_part(&host, Method::POST, "/api/v1/deliveries/d3/retry", json!({})).await.status, 202);
}

#[tokio::test]
async fn a_silence_is_narrowed_to_the_scope() {
    let host = host();
    let asked = json!({"matchers": ["severity=\"error\""], "for": "1h", "everything": true});
    let shown = as_part(&host, Method::POST, "/api/v1/silences?dry_run=true", asked.clone()).await.json();
    assert_eq!((shown["checks"].clone(), shown["alerts_total"].clone()), (json!(["shop"]), 1.into()));
    let made = as_part(&host, Method::POST, "/api/v1/silences", asked).await;
    assert_eq!(made.status, 201);
    assert_eq!(made.json()["matchers"], json!(["severity=\"error\"", "team=\"web\"", "check!=\"\""]));
    let commands = host.commands.lock().unwrap().clone();
    let [Command::OpenWindow(window)] = &commands[..] else { panic!("{commands:?}") };
    let hidden = host.with(|board| board.alerts.iter().filter(|alert| window.matches(&alert.labels)).count());
    assert_eq!(hidden, 1);
}

/// A group may hold others' alerts, or will in a moment: each of one's own is taken by itself.
#[tokio::test]
async fn of_a_group_only_ones_own_alerts_are_taken() {
    let host = host();
    let (id, mine) = host.with(|board| (board.groups[0].key.id(), board.alerts[0].id.clone()));
    let answer = as_part(&host, Method::POST, &format!("/api/v1/groups/{id}/acknowledge"), json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let commands = host.commands.lock().unwrap().clone();
    let [Command::Acknowledge(AlertsOf::Alert(taken), by)] = &commands[..] else { panic!("{commands:?}") };
    assert_eq!((taken, &*by.by), (&mine, "part"));
}

struct Listener {
    body: axum::body::BodyDataStream,
}

impl Listener {
    async fn begin(host: &Arc<FakeHost>, name: &str) -> Self {
        let authorization = bearer(name);
        let mut request = request(Method::GET, "/api/v1/stream", &[("authorization", &*authorization)]);
        let peer: std::net::SocketAddr = "192.0.2.1:5".parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        let router = watchkeep_web::router(Arc::clone(host) as Arc<dyn watchkeep_web::Host>);
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), 200);
        let mut listener = Self { body: Body::into_data_stream(response.into_body()) };
        assert!(listener.next().await.unwrap().contains("hello"));
        listener
    }
    /// What comes next; `None` when the stream has ended.
    async fn next(&mut self) -> Option<String> {
        let chunk =
            tokio::time::timeout(Duration::from_secs(10), self.body.next()).await.expect("in time")?;
        Some(String::from_utf8(chunk.unwrap().to_vec()).unwrap())
    }
}

#[tokio::test]
async fn the_stream_tells_nothing_of_others() {
    let host = host();
    let mut listener = Listener::begin(&host, "part").await;
    let (theirs, group, both) =
        host.with(|board| (board.alerts[1].clone(), board.groups[1].clone(), board.groups[0].clone()));
    let deliveries = host.with(|board| board.deliveries.clone());
    host.publish(Update::Check(check("zzother-pay", OTHER, "http")));
    host.publish(Update::CheckRemoved("zzother-gone".into()));
    host.publish(Update::Alert(theirs.clone()));
    host.publish(Update::AlertClosed(theirs.key.clone()));
    host.publish(Update::AlertClosed(AlertKey::Plugin("zzother-plugin".into())));
    host.publish(Update::Group(group.clone()));
    host.publish(Update::GroupClosed(group.key.clone()));
    host.publish(Update::Window(window("s-zzother", &[&format!("team=\"{OTHER}\"")], OTHER)));
    host.publish(Update::WindowRemoved("s-theirs".into()));
    host.publish(Update::Delivery(deliveries[1].delivery.clone()));
    host.publish(Update::Group(both));
    let Some(ended) = deliveries[0].ended.clone() else { panic!("it ended") };
    host.publish(Update::DeliveryEnded { delivery: deliveries[0].delivery.clone(), ended });
    host.publish(Update::WindowRemoved("s-mine".into()));
    let mut heard = String::new();
    while !heard.contains("window-removed") {
        heard.push_str(&listener.next().await.unwrap());
    }
    // It leaves the scope: for this listener it is gone.
    host.publish(Update::Check(check("shop", OTHER, "http")));
    while !heard.contains("check-removed") {
        heard.push_str(&listener.next().await.unwrap());
    }
    let names: Vec<&str> = heard.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
    assert_eq!(names, ["group", "delivery", "window-removed", "check-removed"], "{heard}");
    assert!(!heard.contains(OTHER), "{heard}");
}

/// On an open stream too: expired, revoked, given another role, disabled.
#[tokio::test]
async fn a_stream_ends_with_the_right_to_it() {
    let revoke = |host: &FakeHost| host.change_access(&[AccessChange::RemoveToken("part".to_owned())]);
    let other_scope = |host: &FakeHost| put_token(host, token("part", Role::Operator, &["team=\"x\""], None));
    let expire = |host: &FakeHost| host.with(|board| board.now = Some(NOW + Duration::from_secs(61)));
    type End<'a> = (&'a str, &'a dyn Fn(&FakeHost));
    let ends: [End<'_>; 3] = [("revoked", &revoke), ("another scope", &other_scope), ("expired", &expire)];
    for (what, end) in ends {
        let host = host();
        put_token(
            &host,
            token("part", Role::Operator, &["team=\"web\""], Some(NOW + Duration::from_secs(60))),
        );
        let mut listener = Listener::begin(&host, "part").await;
        end(&host);
        host.publish(Update::Check(check("shop", "web", "http")));
        while let Some(heard) = listener.next().await {
            // What was let through a moment before the clock went on.
            assert!(what == "expired", "{what}: {heard}");
        }
        let authorization = bearer("part");
        let answer = ask(&host, Method::GET, "/api/v1/checks", &[("authorization", &*authorization)]).await;
        assert!(answer.status == 401 || what == "another scope", "{what}: {}", answer.status);
    }
}
