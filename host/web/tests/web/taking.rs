//! People take alerts: what is handed to the core, what is answered, what is refused.

use std::sync::Arc;
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use watchkeep_core::alert::{Acknowledgement, Lasting};
use watchkeep_core::input::{AlertsOf, Command};

use crate::pages::{attributes, texts};
use crate::support::ask::{ask, control, form, get, tell};
use crate::support::boards::busy;
use crate::support::{FakeHost, NOW};

async fn id_of(host: &Arc<FakeHost>, check: &str) -> String {
    let list = get(host, &format!("/api/v1/alerts?check={check}")).await.json();
    list["items"][0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_acknowledgement_says_by_whom_why_and_until_when() {
    let host = FakeHost::new(busy());
    let id = id_of(&host, "api").await;
    let path = format!("/api/v1/alerts/{id}/acknowledge");
    let body = json!({"by": "bo", "comment": "on it", "for": "2h", "sticky": true});
    let answer = tell(&host, Method::POST, &path, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["acknowledged"]["by"], "bo");
    assert_eq!(answer.json()["acknowledged"]["until"], "2026-11-21T05:00:00.000Z");
    let commands = host.commands.lock().unwrap().clone();
    let Command::Acknowledge(AlertsOf::Alert(alert), taken) = &commands[0] else { panic!("{commands:?}") };
    assert_eq!(alert.as_str(), id);
    let expected = Acknowledgement {
        by: "bo".to_owned(),
        at: NOW,
        comment: "on it".to_owned(),
        until: Some(NOW + Duration::from_secs(7200)),
        lasting: Lasting::Sticky,
    };
    assert_eq!(*taken, expected);
}

#[tokio::test]
async fn without_a_body_it_is_the_admin_s_until_it_is_over() {
    let host = FakeHost::new(busy());
    let id = id_of(&host, "api").await;
    let answer = control(&host, Method::POST, &format!("/api/v1/alerts/{id}/acknowledge")).await.json();
    assert_eq!(answer["acknowledged"]["by"], "admin");
    assert!(answer["acknowledged"]["until"].is_null() && answer["acknowledged"]["sticky"] == false);
    let back = control(&host, Method::POST, &format!("/api/v1/alerts/{id}/unacknowledge")).await;
    assert!(back.json()["acknowledged"].is_null());
    let again = control(&host, Method::POST, &format!("/api/v1/alerts/{id}/unacknowledge")).await;
    assert_eq!((again.status.as_u16(), &again.json()["code"]), (409, &"refused".into()));
}

#[tokio::test]
async fn a_hand_over_names_to_whom() {
    let host = FakeHost::new(busy());
    let path = format!("/api/v1/alerts/{}/hand-over", id_of(&host, "api").await);
    let answer = tell(&host, Method::POST, &path, json!({"to": "web team", "comment": "yours"})).await.json();
    assert_eq!((&answer["assigned"]["to"], &answer["assigned"]["by"]), (&"web team".into(), &"admin".into()));
    assert_eq!((&answer["assigned"]["due"], &answer["assigned"]["overdue"]), (&Value::Null, &false.into()));
    let nobody = tell(&host, Method::POST, &path, json!({"comment": "yours"})).await;
    assert!(nobody.status == 400 && nobody.text.contains("a person or a team"), "{}", nobody.text);
    let pending = format!("/api/v1/alerts/{}/hand-over", id_of(&host, "docker").await);
    let early = tell(&host, Method::POST, &pending, json!({"to": "web team"})).await;
    assert_eq!(early.status, 409, "nobody was told of it: {}", early.text);
}

#[tokio::test]
async fn work_that_is_handed_over_may_be_due() {
    let host = FakeHost::new(busy());
    let path = format!("/api/v1/alerts/{}/hand-over", id_of(&host, "api").await);
    let given = tell(&host, Method::POST, &path, json!({"to": "bo", "due_in": "2d"})).await.json();
    let given = (&given["assigned"]["due"], &given["assigned"]["overdue"]);
    assert_eq!(given, (&"2026-11-23T03:00:00.000Z".into(), &false.into()));
    for (body, fix) in [
        (json!({"to": "bo", "due": "2020-01-01T00:00:00Z"}), "passed already"),
        (json!({"to": "bo", "due": "on Friday"}), "`due`"),
        (json!({"to": "bo", "due": "2099-01-01T00:00:00Z", "due_in": "2d"}), "give one"),
        (json!({"to": "bo", "due_in": "soon"}), "`soon` is not a duration"),
    ] {
        let refused = tell(&host, Method::POST, &path, body).await;
        assert!(refused.status == 400 && refused.text.contains(fix), "{}", refused.text);
    }
}

#[tokio::test]
async fn a_group_is_taken_with_all_its_open_members() {
    let host = FakeHost::new(busy());
    let groups = get(&host, "/api/v1/groups").await.json();
    let id = groups["items"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(groups["items"][0]["labels"]["check"], "api");
    assert_eq!(groups["items"][0]["next_at"], "2026-11-21T03:00:20.000Z");
    for what in ["acknowledge", "hand-over", "unacknowledge"] {
        let path = format!("/api/v1/groups/{id}/{what}");
        let body = if what == "hand-over" { json!({"to": "bo"}) } else { json!({"by": "bo"}) };
        let answer = tell(&host, Method::POST, &path, body).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.json()["id"]),
            (200, &id.as_str().into()),
            "{}",
            answer.text
        );
    }
    let commands = host.commands.lock().unwrap().clone();
    assert!(matches!(&commands[0], Command::Acknowledge(AlertsOf::Group(key), _) if key.id() == id));
    assert!(matches!(&commands[1], Command::HandOver(AlertsOf::Group(_), given) if given.to == "bo"));
    assert!(matches!(&commands[2], Command::Unacknowledge { of: AlertsOf::Group(_), by } if by == "bo"));
    assert_eq!(get(&host, "/api/v1/groups/nothing").await.status, 404);
    assert_eq!(get(&host, "/api/v1/groups?route=other").await.json()["items"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_in_a_sentence() {
    let host = FakeHost::new(busy());
    let api = id_of(&host, "api").await;
    let pending = id_of(&host, "docker").await;
    for (id, body, status, words) in [
        (&pending, json!({}), 409, "not confirmed yet"),
        (&api, json!({"until": "2026-11-21T02:00:00Z"}), 400, "over already"),
        (&api, json!({"until": "tomorrow"}), 400, "2026-11-21T09:00:00Z"),
        (&api, json!({"until": "2026-11-22T02:00:00Z", "for": "2h"}), 400, "give one"),
        (&api, json!({"for": "soon"}), 400, "`soon` is not a duration"),
        (&api, json!({"comment": "a\nb"}), 400, "one line"),
        (&api, json!({"by": "x".repeat(101)}), 400, "longer than 100"),
        (&api, json!({"commment": "x"}), 400, "unknown field `commment`"),
        (&"nothing".to_owned(), json!({}), 404, "open alert `nothing`"),
    ] {
        let answer = tell(&host, Method::POST, &format!("/api/v1/alerts/{id}/acknowledge"), body).await;
        assert_eq!(answer.status.as_u16(), status, "{words}: {}", answer.text);
        assert!(answer.json()["detail"].as_str().unwrap().contains(words), "{words}: {}", answer.text);
    }
    assert!(host.commands.lock().unwrap().is_empty());
}

#[tokio::test]
async fn over_tcp_taking_needs_the_token_and_our_origin() {
    let host = FakeHost::new(busy());
    let path = format!("/api/v1/alerts/{}/acknowledge", id_of(&host, "api").await);
    assert_eq!(ask(&host, Method::POST, &path, &[]).await.status, 401);
    let token = ("authorization", "Bearer s3cret");
    let foreign = ask(&host, Method::POST, &path, &[token, ("origin", "https://evil.example")]).await;
    assert_eq!(foreign.status, 403);
    assert_eq!(ask(&host, Method::GET, &path, &[token]).await.status, 405, "a link never acts");
    assert!(host.commands.lock().unwrap().is_empty());
    assert_eq!(ask(&host, Method::POST, &path, &[token]).await.status, 200);
}

#[tokio::test]
async fn one_idempotency_key_with_another_body_is_another_request() {
    let host = FakeHost::new(busy());
    let router = watchkeep_web::router(host.clone());
    let path = format!("/api/v1/alerts/{}/acknowledge", id_of(&host, "api").await);
    let send = async |comment: &str| {
        let headers = [
            ("authorization", "Bearer s3cret"),
            ("idempotency-key", "k1"),
            ("content-type", "application/json"),
        ];
        let mut request = crate::support::ask::request(Method::POST, &path, &headers);
        *request.body_mut() = json!({ "comment": comment }).to_string().into();
        crate::support::ask::send(router.clone(), request).await
    };
    assert_eq!(send("one").await.json()["acknowledged"]["comment"], "one");
    assert_eq!(send("one").await.status, 200);
    assert_eq!(send("two").await.status, 409);
    assert_eq!(host.commands.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_body_is_json_and_not_too_long() {
    let host = FakeHost::new(busy());
    let path = format!("/api/v1/alerts/{}/acknowledge", id_of(&host, "api").await);
    let send = async |body: String, media_type: &str| {
        let mut request = crate::support::ask::request(Method::POST, &path, &[("content-type", media_type)]);
        *request.body_mut() = body.into();
        request.extensions_mut().insert(watchkeep_web::LocalControl);
        crate::support::ask::send(watchkeep_web::router(host.clone()), request).await.status.as_u16()
    };
    assert_eq!(send("{}".to_owned(), "text/plain").await, 415);
    assert_eq!(send("{".to_owned(), "application/json").await, 400);
    assert_eq!(send(format!("{{\"comment\":\"{}\"}}", "x".repeat(70_000)), "application/json").await, 413);
    assert_eq!(send(" \n".to_owned(), "application/json").await, 200);
}

#[tokio::test]
async fn a_dead_letter_is_tried_again_and_nothing_else_is() {
    let host = FakeHost::new(busy());
    let dead = get(&host, "/api/v1/deliveries?status=dead").await.json();
    assert_eq!(dead["items"][0]["id"], "d1");
    assert_eq!(control(&host, Method::POST, "/api/v1/deliveries/d1/retry").await.status, 202);
    for (id, status) in [("d2", 409), ("d99", 404), ("x", 404), ("d", 404)] {
        let answer = control(&host, Method::POST, &format!("/api/v1/deliveries/{id}/retry")).await;
        assert_eq!(answer.status.as_u16(), status, "{id}: {}", answer.text);
    }
    let commands = host.commands.lock().unwrap().clone();
    assert!(matches!(&commands[..], [Command::RetryDelivery(record)] if record.id.0 == 1), "{commands:?}");
}

#[tokio::test]
async fn a_group_has_a_place_on_a_page_where_all_of_it_is_taken_at_once() {
    let host = FakeHost::new(busy());
    let page = get(&host, "/groups").await.text;
    let head = texts(&page, "#groups .alert-head").concat();
    assert!(head.contains("check=api") && head.contains("root") && head.contains("1 of 1 open"), "{head}");
    let said = texts(&page, "#groups .group > p.quiet").concat();
    assert!(said.contains("Told to chat") && said.contains("Next at"), "{said}");
    let alert = get(&host, "/api/v1/alerts?check=api").await.json()["items"][0]["id"].clone();
    assert_eq!(attributes(&page, ".members a", "href"), [format!("/alerts/{}", alert.as_str().unwrap())]);
    let action = attributes(&page, "#groups form", "action").remove(0);
    let answer = form(&host, &action, &[("by", "bo"), ("for", "2h"), ("comment", "mine")]).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let commands = host.commands.lock().unwrap().clone();
    let [Command::Acknowledge(AlertsOf::Group(key), taken)] = &commands[..] else { panic!("{commands:?}") };
    assert!(action.contains(&key.id()) && taken.by == "bo" && taken.comment == "mine", "{taken:?}");
    // Without the right, there is nothing to press.
    assert!(attributes(&ask(&host, Method::GET, "/groups", &[]).await.text, "form.do", "action").is_empty());
    host.with(|board| board.groups.clear());
    assert!(get(&host, "/groups").await.text.contains("no group is open"));
}
