//! Automatic recovery: what people see of it, decide about it and begin by hand.

use std::sync::Arc;

use http::Method;
use serde_json::{Value, json};
use watchkeep_core::input::Command;
use watchkeep_core::recovery::Mode;

use crate::pages::{attributes, texts};
use crate::support::FakeHost;
use crate::support::ask::{control, form, get, tell};
use crate::support::boards::recovering;

async fn occasions(host: &Arc<FakeHost>) -> Vec<Value> {
    get(host, "/api/v1/occasions").await.json()["items"].as_array().unwrap().clone()
}

async fn id_of(host: &Arc<FakeHost>, what: &str) -> String {
    let list = get(host, &format!("/api/v1/alerts?{what}")).await.json();
    list["items"][0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_actions_of_the_config_say_how_often_they_may_act() {
    let items = get(&FakeHost::new(recovering()), "/api/v1/actions").await.json()["items"].clone();
    assert_eq!(items[0]["name"], "restart");
    assert_eq!(items[0]["most"], json!({"count": 1, "within": 3600.0}));
    assert_eq!((&items[0]["level"], &items[0]["hours"]), (&json!("critical"), &Value::Null));
}

#[tokio::test]
async fn whoever_approves_is_named_and_nothing_is_approved_twice() {
    let host = FakeHost::new(recovering());
    let id = occasions(&host).await[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/occasions/{id}/approve");
    let answer = tell(&host, Method::POST, &path, json!({"by": "bo"})).await;
    assert_eq!((answer.status.as_u16(), &answer.json()["status"]), (200, &json!("under-way")));
    assert_eq!(answer.json()["by"], "bo");
    for (path, why) in
        [(path, "it is under way already"), ("/api/v1/occasions/o-failed/decline".into(), "it is over")]
    {
        let again = control(&host, Method::POST, &path).await;
        assert_eq!(again.status, 409, "{}", again.text);
        assert!(again.text.contains(why), "{}", again.text);
    }
    let gone = control(&host, Method::POST, "/api/v1/occasions/none/approve").await;
    assert_eq!(gone.status, 404);
    assert_eq!(host.commands.lock().unwrap().len(), 1, "what is refused reaches nobody");
}

#[tokio::test]
async fn what_failed_is_told_in_its_own_words_and_whose_they_are_stands_beside_it() {
    let items = occasions(&FakeHost::new(recovering())).await;
    let failed = items.iter().find(|item| item["id"] == "o-failed").unwrap();
    assert!(failed["result"].as_str().unwrap().starts_with("failed: <script>"), "{failed}");
    assert_eq!(failed["details"], "plugin `command` (generation 0123456789ab)");
}

#[tokio::test]
async fn by_hand_an_action_acts_on_an_alert_about_a_target() {
    let host = FakeHost::new(recovering());
    let path = format!("/api/v1/alerts/{}/act", id_of(&host, "check=api").await);
    let body = json!({"action": "restart", "by": "bo", "dry_run": true});
    let answer = tell(&host, Method::POST, &format!("{path}?wait=5"), body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let result = &answer.json()["result"];
    assert_eq!((&result["result"], &result["by_hand"]), (&json!("restarted it"), &json!(true)));
    let commands = host.commands.lock().unwrap().clone();
    let [Command::Act { action, by, mode, .. }] = commands.as_slice() else { panic!("{commands:?}") };
    assert_eq!((action.as_str(), by.as_str(), *mode), ("restart", "bo", Mode::DryRun));
    let unknown = tell(&host, Method::POST, &path, json!({"action": "reboot"})).await;
    assert_eq!(unknown.status, 400);
    assert!(unknown.text.contains("`reboot` is not an action; hint: there is `restart`"), "{}", unknown.text);
    let offline = format!("/api/v1/alerts/{}/act", id_of(&host, "q=cut").await);
    let refused = tell(&host, Method::POST, &offline, json!({"action": "restart"})).await;
    assert!(refused.text.contains("`host offline` is about no target"), "{}", refused.text);
    assert_eq!(host.commands.lock().unwrap().len(), 1, "what is refused reaches nobody");
}

#[tokio::test]
async fn the_page_of_an_alert_says_what_was_tried_and_lets_people_decide() {
    let host = FakeHost::new(recovering());
    let id = id_of(&host, "check=api").await;
    let page = get(&host, &format!("/alerts/{id}")).await.text;
    let told = texts(&page, "#recovery li");
    assert!(told[0].starts_with("`restart` after 40 s: failed: <script>"), "{told:?}");
    assert!(!page.contains("<script>alert"), "what a plugin says is text");
    let waiting: Vec<String> =
        occasions(&host).await.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect();
    let approve = format!("/occasions/{}/approve", waiting[0]);
    assert!(attributes(&page, "#recovery form", "action").contains(&approve), "{page}");
    let answer = form(&host, &approve, &[("by", "bo")]).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let answer = form(&host, &format!("/occasions/{}/decline", waiting[1]), &[]).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    assert!(attributes(&page, "form", "action").contains(&format!("/alerts/{id}/act")));
    let answer = form(&host, &format!("/alerts/{id}/act"), &[("action", "restart")]).await;
    // It is under way: that was approved a moment ago.
    assert_eq!(answer.status, 409, "{}", answer.text);
    let told = texts(&get(&host, &format!("/alerts/{id}")).await.text, "#recovery li");
    assert!(told.iter().any(|text| text.contains("was declined by admin")), "{told:?}");
    assert!(told.iter().any(|text| text.contains("for bo") && text.contains("under way")), "{told:?}");
}

#[tokio::test]
async fn an_explanation_tells_what_was_tried() {
    let host = FakeHost::new(recovering());
    let id = id_of(&host, "check=api").await;
    let explained = get(&host, &format!("/api/v1/alerts/{id}/explain")).await.text;
    assert!(explained.contains("`restart` waits for approval: `watchkeep action approve "), "{explained}");
    let alert = get(&host, &format!("/api/v1/alerts/{id}")).await.json();
    assert_eq!(alert["actions"].as_array().unwrap().len(), 3);
}
