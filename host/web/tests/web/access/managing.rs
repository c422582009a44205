//! What admins do, and what the audit log says of it and of everything else.

use http::Method;
use serde_json::json;
use watchkeep_core::access::Role;

use super::{Browser, PASSWORD, bearer, put_token, put_user, token, user};
use crate::pages::texts;
use crate::support::FakeHost;
use crate::support::ask::{ask, control, tell};
use crate::support::boards::{busy, recovering, varied};

#[tokio::test]
async fn users_are_added_changed_and_removed() {
    let host = FakeHost::new(varied());
    let post = async |path: &str, body: serde_json::Value| tell(&host, Method::POST, path, body).await;
    let made = post("/api/v1/users", json!({"name": " Kari Nordmann ", "role": "viewer"})).await;
    assert_eq!(made.status, 201);
    assert!(made.json()["password"].as_str().unwrap().len() > 20);
    assert_eq!(post("/api/v1/users", json!({"name": "Kari Nordmann", "role": "viewer"})).await.status, 409);
    for (body, why) in [
        (json!({"name": "", "role": "viewer"}), "1 to 64 letters"),
        (json!({"name": "<b>", "role": "viewer"}), "1 to 64 letters"),
        (json!({"name": "host", "role": "viewer"}), "audit log"),
        (json!({"name": "ola", "role": "root"}), "there is `viewer`"),
        (json!({"name": "ola", "role": "viewer", "scope": ["team"]}), "matcher"),
        (json!({"name": "ola", "role": "admin", "scope": ["team=\"web\""]}), "an admin has no scope"),
        (json!({"name": "ola", "role": "viewer", "password": "short"}), "at least 12"),
    ] {
        let answer = post("/api/v1/users", body.clone()).await;
        assert!(answer.status == 400 && answer.text.contains(why), "{body}: {}", answer.text);
    }
    let path = "/api/v1/users/Kari%20Nordmann";
    let changed = post(&format!("{path}/role"), json!({"role": "operator", "scope": ["team=\"web\""]})).await;
    assert_eq!(
        (changed.json()["role"].clone(), changed.json()["scope"][0].clone()),
        ("operator".into(), "team=\"web\"".into())
    );
    assert_eq!(post(&format!("{path}/disable"), json!({})).await.status, 200);
    assert_eq!(post(&format!("{path}/disable"), json!({})).await.status, 409);
    assert_eq!(post(&format!("{path}/enable"), json!({})).await.status, 200);
    assert_eq!(control(&host, Method::DELETE, path).await.status, 204);
    assert_eq!(control(&host, Method::DELETE, path).await.status, 404);
    let said: Vec<(String, String, String)> = host.with(|board| {
        board.audit_log.iter().map(|e| (e.what.clone(), e.before.clone(), e.after.clone())).collect()
    });
    let said: Vec<String> =
        said.into_iter().map(|(what, before, after)| format!("{what}: {before} -> {after}")).collect();
    assert_eq!(
        said,
        [
            "user.add:  -> viewer",
            "user.role: viewer -> operator of team=\"web\"",
            "user.disable: enabled -> disabled",
            "user.enable: disabled -> enabled",
            "user.remove: operator of team=\"web\" -> "
        ]
    );
}

#[tokio::test]
async fn nobody_locks_themselves_out() {
    let host = FakeHost::new(varied());
    put_user(&host, user("root", Role::Admin, &[]));
    let mut browser = Browser::new(&host);
    browser.sign_in("root", PASSWORD).await;
    let csrf = browser.csrf().await;
    for what in ["disable", "remove", "role"] {
        let fields = [("csrf", &*csrf), ("role", "viewer")];
        let answer = browser.post(&format!("/people/users/root/{what}"), &fields).await;
        assert!(answer.status == 409 && answer.text.contains("is you"), "{what}");
    }
    assert_eq!(browser.get("/people").await.status, 200);
}

/// An answer that is remembered is given to whoever asked, and to nobody else who sends the same key.
#[tokio::test]
async fn a_repeated_key_of_somebody_else_shows_nothing() {
    let host = FakeHost::new(varied());
    put_user(&host, user("root", Role::Admin, &[]));
    for name in ["one", "two"] {
        put_token(&host, token(name, Role::Admin, &[], None));
    }
    let mut browser = Browser::new(&host);
    let mut make = async |name: &str| {
        let authorization = bearer(name);
        let headers = [
            ("authorization", &*authorization),
            ("content-type", "application/json"),
            ("idempotency-key", "k"),
        ];
        let body = "{\"name\":\"grafana\",\"role\":\"viewer\"}";
        browser.ask(Method::POST, "/api/v1/tokens", &headers, body).await
    };
    let first = make("one").await;
    assert_eq!(first.status, 201);
    assert_eq!(make("one").await.json()["token"], first.json()["token"], "sent again by the same");
    let other = make("two").await;
    assert!(other.status == 409 && !other.text.contains("wk_"), "{}", other.text);
}

/// Every write of the API leaves an entry that says who, how, from where and what.
#[tokio::test]
async fn every_write_is_in_the_audit_log() {
    let host = FakeHost::new(recovering());
    put_token(&host, token("bot", Role::Admin, &[], None));
    let authorization = bearer("bot");
    let alert = host.with(|board| board.alerts.iter().find(|a| a.key.to_string() == "api").unwrap().clone());
    let group = host.with(|board| board.groups[0].key.id());
    let occasion = host.with(|board| board.actions[0].id.clone());
    let writes = [
        (
            format!("/api/v1/alerts/{}/acknowledge", alert.id),
            json!({"comment": "on it", "by": "eve"}),
            "alert.acknowledge",
        ),
        (format!("/api/v1/alerts/{}/unacknowledge", alert.id), json!({}), "alert.unacknowledge"),
        (format!("/api/v1/alerts/{}/hand-over", alert.id), json!({"to": "web"}), "alert.hand-over"),
        (format!("/api/v1/groups/{group}/acknowledge"), json!({}), "alert.acknowledge"),
        ("/api/v1/checks/shop/run".to_owned(), json!({}), "check.run"),
        ("/api/v1/checks/shop/pause".to_owned(), json!({}), "check.pause"),
        ("/api/v1/checks/shop/resume".to_owned(), json!({}), "check.resume"),
        ("/api/v1/checks/docker/snapshots/accept?series=a.png".to_owned(), json!({}), "snapshot.accept"),
        ("/api/v1/receivers/chat/test".to_owned(), json!({}), "receiver.test"),
        ("/api/v1/silences".to_owned(), json!({"matchers": ["check=\"shop\""], "for": "1h"}), "silence.open"),
        (
            format!("/api/v1/alerts/{}/act", alert.id),
            json!({"action": "restart", "dry_run": true}),
            "action.begin",
        ),
        (format!("/api/v1/occasions/{occasion}/approve"), json!({}), "action.approve"),
        ("/api/v1/plugins/http/rollback".to_owned(), json!({}), "plugin.roll-back"),
        ("/-/reload".to_owned(), json!({}), "config.reload"),
    ];
    for (path, body, what) in writes {
        let before = host.with(|board| board.audit_log.len());
        let mut browser = Browser::new(&host);
        let headers = [("authorization", &*authorization), ("content-type", "application/json")];
        let answer = browser.ask(Method::POST, &path, &headers, &body.to_string()).await;
        assert!(answer.status.is_success(), "{path}: {} {}", answer.status, answer.text);
        // The first use of a token in a day is an entry of its own.
        let entries = host.with(|board| board.audit_log[before..].to_vec());
        let entry =
            entries.iter().find(|entry| entry.what == what).unwrap_or_else(|| panic!("{path}: {entries:?}"));
        assert_eq!(
            (&*entry.who.name, &*entry.who.role, &*entry.who.by_way_of),
            ("bot", "admin", "token bot"),
            "{path}"
        );
        assert_eq!(entry.who.from, "127.0.0.1", "{path}");
        assert!(!entry.on.is_empty(), "{path}");
        assert!(!format!("{entry:?}").contains("eve"), "a token writes under its own name");
    }
    let log = control(&host, Method::GET, "/api/v1/audit?what=alert.&limit=2").await.json();
    assert_eq!(log["items"].as_array().unwrap().len(), 2);
    let next = log["next"].as_str().unwrap();
    let rest = control(&host, Method::GET, &format!("/api/v1/audit?what=alert.&cursor={next}")).await.json();
    assert_eq!((rest["items"].as_array().unwrap().len(), rest["next"].is_null()), (2, true));
    assert_eq!(rest["items"][1]["what"], "alert.acknowledge");
}

#[tokio::test]
async fn the_control_socket_and_the_admin_token_may_say_who_writes() {
    let host = FakeHost::new(busy());
    let alert =
        host.with(|board| board.alerts.iter().find(|a| a.key.to_string() == "api").unwrap().id.clone());
    let path = format!("/api/v1/alerts/{alert}/acknowledge");
    assert_eq!(
        tell(&host, Method::POST, &path, json!({"by": "kari"})).await.json()["acknowledged"]["by"],
        "kari"
    );
    let entry = host.with(|board| board.audit_log.last().unwrap().clone());
    assert_eq!((&*entry.who.name, &*entry.who.by_way_of), ("admin", "control socket"));
    assert!(entry.after.starts_with("by kari"), "{entry:?}");
    let answer = ask(&host, Method::GET, "/api/v1/users", &[("authorization", "Bearer s3cret")]).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn an_admin_has_the_log_checked_and_reads_what_is_wrong_with_it() {
    let host = FakeHost::new(varied());
    let check = async |query: &str| control(&host, Method::GET, &format!("/api/v1/audit/check{query}")).await;
    let empty = check("").await.json();
    assert_eq!(empty, json!({"is_whole": true, "problems": [], "newest_number": null, "newest_hash": null}));
    tell(&host, Method::POST, "/api/v1/users", json!({"name": "kari", "role": "viewer"})).await;
    let first = check("").await.json();
    let (number, hash) = (&first["newest_number"], first["newest_hash"].as_str().unwrap());
    assert_eq!((number, hash.len()), (&json!(1), 64));
    control(&host, Method::DELETE, "/api/v1/users/kari").await;
    let same = check(&format!("?expect=1:{}", hash.to_ascii_uppercase())).await.json();
    assert_eq!((&same["is_whole"], &same["newest_number"]), (&json!(true), &json!(2)));
    for query in [format!("?expect=2:{hash}"), format!("?expect=99:{hash}")] {
        let other = check(&query).await.json();
        assert_eq!(other["is_whole"], false, "{query}");
        assert!(
            other["problems"][0].as_str().unwrap().contains("is not the one that had this hash"),
            "{other}"
        );
    }
    let long = format!("?expect=00000000000000000001:{hash}");
    for wrong in [&long, "?expect=", "?expect=1", "?expect=1:ab", "?expect=x:ab", "?number=1", "?more=1"] {
        assert_eq!(check(wrong).await.status, 400, "{wrong}");
    }
    let page = control(&host, Method::GET, "/audit").await.text;
    assert!(page.contains("Check that no entry was changed"), "{page}");
    let page = control(&host, Method::GET, "/audit?check=yes").await.text;
    assert!(texts(&page, "[role=status]").concat().contains("The log is whole up to entry 2"), "{page}");
    host.with(|board| board.audit_problems = vec!["entry 1 was <b>changed</b>".to_owned()]);
    let page = control(&host, Method::GET, "/audit?check=yes").await.text;
    assert!(texts(&page, "main [role=alert]").concat().contains("entry 1 was <b>changed</b>"), "{page}");
    assert_eq!(check("").await.json()["is_whole"], false);
}
