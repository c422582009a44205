//! Signing in and out, as people and as attackers do.

use std::time::Duration;

use http::Method;
use watchkeep_core::access::{AccessChange, PasswordLife, Role, User};
use watchkeep_core::input::Command;
use watchkeep_web::AdminToken;

use super::{Browser, PASSWORD, bearer, put_token, put_user, token, user};
use crate::pages::attributes;
use crate::support::ask::ask;
use crate::support::boards::{busy, varied};
use crate::support::{Board, FakeHost, NOW};

fn host() -> std::sync::Arc<FakeHost> {
    let mut board = busy();
    board.access.admin_token = None;
    let host = FakeHost::new(board);
    put_user(&host, user("kari", Role::Operator, &[]));
    host
}

async fn signed_in(host: &std::sync::Arc<FakeHost>) -> Browser {
    let mut browser = Browser::new(host);
    let answer = browser.sign_in("kari", PASSWORD).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/"), "{}", answer.text);
    browser
}

#[tokio::test]
async fn somebody_signs_in_looks_acts_and_signs_out() {
    let host = host();
    let mut browser = signed_in(&host).await;
    let page = browser.get("/").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("Signed in as <strong>kari</strong>") && !page.text.contains("open-host"));
    let csrf = browser.csrf().await;
    let alert = host
        .with(|board| board.alerts.iter().find(|a| a.key.to_string().contains("api")).unwrap().id.clone());
    let path = format!("/alerts/{alert}/acknowledge");
    let answer = browser.post(&path, &[("csrf", &csrf), ("by", "somebody else")]).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let commands = host.commands.lock().unwrap().clone();
    let Command::Acknowledge(_, taken) = &commands[0] else { panic!("{commands:?}") };
    assert_eq!(taken.by, "kari", "the name is that of the session, whatever the form says");
    let kept = browser.cookie.clone();
    assert_eq!(browser.post("/logout", &[("csrf", &csrf)]).await.header("location"), "/login");
    browser.cookie = kept;
    assert_eq!(browser.get("/").await.status, 303, "the session is over, not only its cookie");
    assert!(host.with(|board| board.directory.sessions.is_empty()));
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let host = host();
    let mut browser = Browser::new(&host);
    let answer = browser.sign_in("kari", PASSWORD).await;
    let set = answer.header("set-cookie");
    assert!(set.starts_with("watchkeep=") && set.contains("; HttpOnly; SameSite=Strict"), "{set}");
    assert!(!set.contains("Secure") && !set.contains("Domain"), "{set}");
    host.with(|board| board.access.external_url = Some("https://watch.example.com".to_owned()));
    let mut https = Browser::new(&host);
    https.name = "watch.example.com";
    let answer = https
        .post_from("/login", &[("name", "kari"), ("password", PASSWORD)], "https://watch.example.com")
        .await;
    let set = answer.header("set-cookie");
    assert!(
        set.starts_with("__Host-watchkeep=") && set.ends_with("; Secure") && set.contains("Path=/;"),
        "{set}"
    );
    assert_eq!(https.get("/").await.status, 200);
    // One that somebody on the network planted over plain HTTP counts for nothing there.
    https.cookie = browser.cookie.clone();
    assert_eq!(https.get("/").await.status, 303);
}

/// Session fixation: an attacker who knows the cookie from before the sign-in knows nothing after it.
#[tokio::test]
async fn a_sign_in_begins_a_session_that_nobody_knew_before() {
    let host = host();
    let mut victim = Browser::new(&host);
    victim.cookie =
        Some("watchkeep=0000000000000000000000000000000000000000000000000000000000000000".to_owned());
    let planted = victim.cookie.clone();
    victim.sign_in("kari", PASSWORD).await;
    assert_ne!(victim.cookie, planted);
    assert_eq!(victim.get("/").await.status, 200);
    let mut attacker = victim.another("192.0.2.66:1");
    attacker.cookie = planted;
    assert_eq!(attacker.get("/").await.status, 303);
    // And a second sign-in ends the session before it.
    let first = victim.cookie.clone();
    let csrf = victim.csrf().await;
    victim.post("/login", &[("name", "kari"), ("password", PASSWORD), ("csrf", &csrf)]).await;
    assert_ne!(victim.cookie, first);
    attacker.cookie = first;
    assert_eq!(attacker.get("/").await.status, 303);
}

#[tokio::test]
async fn a_form_without_the_proof_or_from_elsewhere_changes_nothing() {
    let host = host();
    let mut browser = signed_in(&host).await;
    let mut other = browser.another("192.0.2.1:1");
    other.sign_in("kari", PASSWORD).await;
    let (csrf, of_other) = (browser.csrf().await, other.csrf().await);
    assert_ne!(csrf, of_other);
    let silence = [("matchers", "team=\"web\""), ("for", "1h"), ("what", "make"), ("everything", "yes")];
    for fields in [vec![], vec![("csrf", "")], vec![("csrf", "x")], vec![("csrf", &*of_other)]] {
        let answer = browser.post("/silences", &[&silence[..], &fields].concat()).await;
        assert_eq!(answer.status, 403, "{fields:?}");
        assert!(answer.text.contains("not one of this session"), "{}", answer.text);
    }
    let with = [&silence[..], &[("csrf", &*csrf)]].concat();
    for origin in ["https://evil.example", "null", "http://localhost:9999"] {
        assert_eq!(browser.post_from("/silences", &with, origin).await.status, 403, "{origin}");
    }
    let json = [("content-type", "application/json"), ("origin", "http://localhost:8686")];
    let body = "{\"matchers\":[\"team=\\\"web\\\"\"],\"for\":\"1h\",\"everything\":true}";
    assert_eq!(browser.ask(Method::POST, "/api/v1/silences", &json, body).await.status, 403);
    assert!(host.commands.lock().unwrap().is_empty());
    let json = [json[0], json[1], ("x-csrf-token", &*csrf)];
    assert_eq!(browser.ask(Method::POST, "/api/v1/silences", &json, body).await.status, 201);
    assert_eq!(browser.post("/silences", &with).await.status, 303);
    assert_eq!(host.commands.lock().unwrap().len(), 2);
}

/// Pages of whoever has signed in: each form that changes something carries the proof, whatever page it is on.
#[tokio::test]
async fn every_form_that_changes_something_carries_the_proof() {
    let host = host();
    put_user(&host, user("root", Role::Admin, &[]));
    put_token(&host, token("grafana", Role::Viewer, &[], None));
    let mut browser = Browser::new(&host);
    browser.sign_in("root", PASSWORD).await;
    let ids = host.with(|board| board.alerts.iter().map(|a| format!("/alerts/{}", a.id)).collect::<Vec<_>>());
    let pages = [
        "/",
        "/alerts",
        "/silences",
        "/deliveries",
        "/plugins",
        "/people",
        "/audit",
        "/password",
        "/checks/docker",
    ];
    let mut forms = 0;
    for path in pages.iter().map(|path| (*path).to_owned()).chain(ids) {
        let page = browser.get(&path).await.text;
        let posts = attributes(&page, "form[method=post]", "action").len();
        let proofs = attributes(&page, "form[method=post] > input[name=csrf]", "value").len();
        assert_eq!(posts, proofs, "{path}");
        assert_eq!(attributes(&page, "form:not([method=post]) input[name=csrf]", "value").len(), 0, "{path}");
        forms += posts;
    }
    assert!(forms > 20, "{forms}");
}

#[tokio::test]
async fn one_goes_back_to_where_one_was_sent_from_and_never_to_another_host() {
    let host = host();
    for (next, goes) in [
        ("/alerts?q=x", "/alerts?q=x"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
    ] {
        let mut browser = Browser::new(&host);
        let fields = [("name", "kari"), ("password", PASSWORD), ("next", next)];
        assert_eq!(browser.post("/login", &fields).await.header("location"), goes, "{next}");
        let escaped: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        let page = Browser::new(&host).get(&format!("/login?next={escaped}")).await.text;
        assert_eq!(attributes(&page, "input[name=next]", "value"), [goes], "{next}");
    }
}

/// The same sentence and the same status, whoever it is; the same work is tested beside the hashing.
#[tokio::test]
async fn a_refusal_tells_nothing_about_who_there_is() {
    let host = host();
    put_user(&host, User { disabled_at: Some(NOW), ..user("gone", Role::Admin, &[]) });
    let mut answers = Vec::new();
    for (name, password) in [("kari", "wrong"), ("nobody", "wrong"), ("gone", PASSWORD), ("admin", "wrong")] {
        let answer = Browser::new(&host).sign_in(name, password).await;
        assert_eq!(answer.status, 403);
        assert_eq!(answer.header("set-cookie"), "");
        answers.push(answer.text.replace(&format!("value=\"{name}\""), ""));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:#?}");
}

#[tokio::test]
async fn whoever_guesses_is_stopped_even_with_the_right_password() {
    let host = host();
    let mut attacker = Browser::new(&host);
    for _ in 0..10 {
        assert_eq!(attacker.sign_in("kari", "wrong").await.status, 403);
    }
    let answer = attacker.sign_in("kari", PASSWORD).await;
    assert_eq!(answer.status, 429);
    assert_eq!(answer.header("retry-after"), "30");
    assert_eq!(attacker.sign_in("other", PASSWORD).await.status, 429, "the address, whatever the name");
    let mut elsewhere = attacker.another("192.0.2.7:1");
    assert_eq!(elsewhere.sign_in("kari", PASSWORD).await.status, 429, "the name, whatever the address");
    let refused = host.with(|board| board.audit_log.iter().filter(|e| e.what == "session.refuse").count());
    assert_eq!(refused, 10, "each failure is in the audit log, and what was not tried is not");
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used_and_after_a_week_in_any_case() {
    let host = host();
    let mut browser = signed_in(&host).await;
    let at = |hours: u64| NOW + Duration::from_secs(hours * 3600);
    host.with(|board| board.now = Some(at(11)));
    assert_eq!(browser.get("/").await.status, 200);
    host.with(|board| board.now = Some(at(22)));
    assert_eq!(browser.get("/").await.status, 200, "it was used since");
    host.with(|board| board.now = Some(at(35)));
    assert_eq!(browser.get("/").await.status, 303);
    host.with(|board| board.now = Some(NOW));
    let mut browser = signed_in(&host).await;
    for hours in (0..24 * 7).step_by(10) {
        host.with(|board| board.now = Some(at(hours)));
        assert_eq!(browser.get("/").await.status, 200, "{hours}");
    }
    host.with(|board| board.now = Some(at(24 * 7)));
    assert_eq!(browser.get("/").await.status, 303);
}

#[tokio::test]
async fn a_new_password_ends_every_session_and_begins_one() {
    let host = host();
    put_user(&host, User { password: PasswordLife::OneTime, ..user("kari", Role::Operator, &[]) });
    let mut browser = Browser::new(&host);
    browser.sign_in("kari", PASSWORD).await;
    let mut other = browser.another("192.0.2.1:1");
    other.sign_in("kari", PASSWORD).await;
    let page = browser.get("/password").await.text;
    let csrf = attributes(&page, "form[action='/password'] input[name=csrf]", "value").remove(0);
    let before = browser.cookie.clone();
    let new = "battery staple horse";
    for (fields, why) in [
        ([("old", "wrong"), ("new", new), ("again", new)], "the present password is wrong"),
        ([("old", PASSWORD), ("new", new), ("again", "x")], "not the same"),
        ([("old", PASSWORD), ("new", "short"), ("again", "short")], "at least 12"),
        ([("old", PASSWORD), ("new", PASSWORD), ("again", PASSWORD)], "is the old one"),
    ] {
        let fields = [&fields[..], &[("csrf", &*csrf)]].concat();
        let answer = browser.post("/password", &fields).await;
        assert!(answer.status.is_client_error() && answer.text.contains(why), "{why}: {}", answer.text);
    }
    let fields = [("old", PASSWORD), ("new", new), ("again", new), ("csrf", &*csrf)];
    assert_eq!(browser.post("/password", &fields).await.header("location"), "/");
    assert_ne!(browser.cookie, before);
    assert_eq!(browser.get("/").await.status, 200);
    assert_eq!(other.get("/").await.status, 303, "the other session is over");
    assert_eq!(other.sign_in("kari", PASSWORD).await.status, 403);
    assert_eq!(other.sign_in("kari", new).await.header("location"), "/");
}

#[tokio::test]
async fn whoever_is_disabled_removed_or_has_an_expired_token_is_refused_at_once() {
    let host = host();
    let mut browser = signed_in(&host).await;
    put_user(&host, User { disabled_at: Some(NOW), ..user("kari", Role::Operator, &[]) });
    assert_eq!(browser.get("/").await.status, 303);
    put_user(&host, user("kari", Role::Operator, &[]));
    assert_eq!(browser.get("/").await.status, 200);
    put_user(&host, user("kari", Role::Viewer, &[]));
    let csrf = browser.csrf().await;
    assert_eq!(
        browser.post("/silences/x/end", &[("csrf", &csrf)]).await.status,
        403,
        "the new role holds at once"
    );
    host.change_access(&[AccessChange::RemoveUser("kari".to_owned())]);
    put_user(&host, user("ola", Role::Viewer, &[]));
    assert_eq!(browser.get("/").await.status, 303);

    put_token(&host, token("t", Role::Viewer, &[], Some(NOW + Duration::from_secs(60))));
    let authorization = bearer("t");
    let with = [("authorization", &*authorization)];
    assert_eq!(ask(&host, Method::GET, "/api/v1/checks", &with).await.status, 200);
    for wrong in ["Bearer wk_t_x", "Bearer wk_x_t", "Bearer wk_t", "Bearer t", "Bearer "] {
        assert_eq!(
            ask(&host, Method::GET, "/api/v1/checks", &[("authorization", wrong)]).await.status,
            401,
            "{wrong}"
        );
    }
    host.with(|board| board.now = Some(NOW + Duration::from_secs(60)));
    let answer = ask(&host, Method::GET, "/api/v1/checks", &with).await;
    assert!(answer.status == 401 && answer.text.contains("expired"), "{}", answer.text);
    host.with(|board| board.now = Some(NOW));
    host.change_access(&[AccessChange::RemoveToken("t".to_owned())]);
    assert_eq!(ask(&host, Method::GET, "/api/v1/checks", &with).await.status, 401);
}

#[tokio::test]
async fn the_admin_token_signs_in_as_admin_and_its_sessions_end_with_it() {
    let mut board = varied();
    board.access.admin_token = Some(AdminToken::new("s3cret"));
    let host = FakeHost::new(board);
    let mut browser = Browser::new(&host);
    assert_eq!(browser.sign_in("admin", "wrong").await.status, 403);
    assert_eq!(browser.sign_in("kari", "s3cret").await.status, 403);
    assert_eq!(browser.sign_in("admin", "s3cret").await.status, 303);
    assert_eq!(browser.get("/people").await.status, 200);
    host.with(|board| board.access.admin_token = Some(AdminToken::new("another")));
    assert_eq!(browser.get("/people").await.status, 303);
}

/// Neither the audit log nor what is stored of accounts has a secret in it; and no answer has one but that which makes it.
#[tokio::test]
async fn no_secret_is_kept_in_clear_or_shown_twice() {
    let host = host();
    put_user(&host, user("root", Role::Admin, &[]));
    let mut browser = Browser::new(&host);
    browser.sign_in("root", "a-wrong-password-zz9").await;
    browser.sign_in("password-typed-as-name-zz9", "x").await;
    browser.sign_in("root", PASSWORD).await;
    let csrf = browser.csrf().await;
    let made = browser.post("/people/users", &[("csrf", &csrf), ("name", "ola"), ("role", "viewer")]).await;
    let one_time = crate::pages::texts(&made.text, "[role=status] code").remove(0);
    let made =
        browser.post("/people/tokens", &[("csrf", &csrf), ("name", "grafana"), ("role", "viewer")]).await;
    let token = crate::pages::texts(&made.text, "[role=status] code").remove(0);
    assert!(token.starts_with("wk_") && one_time.len() > 20, "{token} {one_time}");
    let authorization = format!("Bearer {token}");
    assert_eq!(
        ask(&host, Method::GET, "/api/v1/checks", &[("authorization", &authorization)]).await.status,
        200
    );
    let cookie = browser.cookie.clone().unwrap().split_once('=').unwrap().1.to_owned();
    let secret = token.rsplit('_').next().unwrap().to_owned();
    let kept = host.with(|board| {
        let users = board.directory.users.values().map(|user| user.password_hash.clone()).collect::<String>();
        format!("{:?} {:?} {users}", board.audit_log, board.directory)
    });
    let mut seen = kept;
    for path in ["/people", "/audit", "/api/v1/users", "/api/v1/tokens", "/api/v1/audit", "/", "/metrics"] {
        seen.push_str(&browser.ask(Method::GET, path, &[], "").await.text);
    }
    for secret in [PASSWORD, &one_time, &secret, &cookie, "zz9"] {
        assert!(!seen.contains(secret), "{secret} in {seen}");
    }
    assert!(!browser.get("/api/v1/users").await.text.contains("argon2"));
}

#[tokio::test]
async fn first_admin_is_made_once_where_people_must_sign_in() {
    let mut board = Board::default();
    board.access.sign_in = watchkeep_web::SignIn::Always;
    let host = FakeHost::new(board);
    let password = watchkeep_web::first_admin(&*host).await.unwrap().expect("there is nobody yet");
    assert_eq!(watchkeep_web::first_admin(&*host).await.unwrap(), None);
    let mut browser = Browser::new(&host);
    assert_eq!(browser.sign_in("admin", &password).await.header("location"), "/password");
    assert_eq!(watchkeep_web::first_admin(&*FakeHost::new(Board::default())).await.unwrap(), None);
}

#[tokio::test]
async fn the_admin_token_is_only_spoken_of_where_there_is_one() {
    let without = FakeHost::new(varied());
    put_user(&without, user("kari", Role::Viewer, &[]));
    assert!(!ask(&without, Method::GET, "/login", &[]).await.text.contains("admin token"));
    assert!(ask(&FakeHost::new(busy()), Method::GET, "/login", &[]).await.text.contains("admin token"));
}
