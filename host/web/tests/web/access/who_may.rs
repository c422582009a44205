//! The table of routes: each role, and nobody, on every one of them.

use http::Method;
use watchkeep_core::access::{PasswordLife, Role, User};
use watchkeep_web::{AdminToken, Right, routes};

use super::{Browser, bearer, put_token, put_user, token, user};
use crate::support::ask::{Answer, ask, get};
use crate::support::boards::varied;
use crate::support::{Board, FakeHost};

/// The whole table, as it is meant to be. Whoever adds a route, or changes a right, says so here as well.
const TABLE: &str = include_str!("table.txt");

#[test]
fn every_route_has_the_right_that_is_meant() {
    let lines = routes().into_iter().map(|(method, path, right)| format!("{right:?} {method} {path}"));
    let mut lines: Vec<String> = lines.collect();
    lines.sort();
    assert_eq!(lines.join("\n"), TABLE.trim_end(), "\n{}", lines.join("\n"));
}

/// Routes are made of the table alone: nothing else in this crate calls `route`, but the pings, and status pages and answers
/// to messages, which `routes` lists as for anyone.
#[test]
fn no_route_stands_outside_the_table() {
    fn count(folder: &std::path::Path) -> usize {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries
            .map(|path| match path.is_dir() {
                true if path.ends_with("ping")
                    || path.ends_with("src/status")
                    || path.ends_with("src/reply") =>
                {
                    0
                }
                true => count(&path),
                false => std::fs::read_to_string(&path).unwrap().matches(".route(").count(),
            })
            .sum()
    }
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    assert_eq!(count(&source), 1, "the one in `router.rs` that walks the table");
}

fn filled(path: &str) -> String {
    path.replace("{name}", "nobody")
        .replace("{id}", "nothing")
        .replace("{file}", "nothing")
        .replace("{component}", "nothing")
}

/// Whether the answer is one of somebody who was let in; that what is asked for is not there has been said by then.
fn let_in(answer: &Answer) -> bool {
    let code = serde_json::from_str::<serde_json::Value>(&answer.text)
        .ok()
        .and_then(|body| Some(body.get("code")?.as_str()?.to_owned()))
        .unwrap_or_default();
    !["not-allowed", "token-needed", "no-admin-token", "password-must-be-changed"].contains(&code.as_str())
}

#[tokio::test]
async fn each_role_gets_in_where_the_table_says_and_nowhere_else() {
    let host = FakeHost::new(varied());
    let callers = [
        ("viewer", Some(Role::Viewer), &[][..]),
        ("operator", Some(Role::Operator), &[]),
        ("admin", Some(Role::Admin), &[]),
        ("scoped-viewer", Some(Role::Viewer), &["team=\"web\""]),
        ("scoped-operator", Some(Role::Operator), &["team=\"web\""]),
        ("scoped-admin", Some(Role::Admin), &["team=\"web\""]),
        ("nobody", None, &[]),
    ];
    for (name, role, scope) in callers {
        if let Some(role) = role {
            put_token(&host, token(name, role, scope, None));
        }
    }
    put_user(&host, user("kari", Role::Admin, &[]));
    for (method, path, right) in routes() {
        if path == "/api/v1/stream" {
            continue;
        }
        for (name, role, scope) in callers {
            let authorization = bearer(name);
            let mut headers = vec![("origin", "http://localhost:8686"), ("content-type", "application/json")];
            if role.is_some() {
                headers.push(("authorization", &authorization));
            }
            let answer = ask(&host, method.clone(), &filled(path), &headers).await;
            let whole = right != Right::Admin || scope.is_empty();
            let expected = right.role().is_none_or(|needed| role >= Some(needed)) && whole;
            assert_eq!(
                let_in(&answer),
                expected,
                "{name}: {method} {path}: {} {}",
                answer.status,
                answer.text
            );
            if !expected {
                let status = if role.is_none() { 401 } else { 403 };
                assert_eq!(answer.status, status, "{name}: {method} {path}");
            }
        }
    }
    assert!(host.commands.lock().unwrap().is_empty(), "nothing of this was there to be changed");
}

#[tokio::test]
async fn a_one_time_password_opens_nothing_but_the_way_to_another() {
    let host = FakeHost::new(varied());
    put_user(&host, User { password: PasswordLife::OneTime, ..user("kari", Role::Admin, &[]) });
    let mut browser = Browser::new(&host);
    let answer = browser.sign_in("kari", super::PASSWORD).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/password"));
    for (method, path, right) in routes() {
        if method != Method::GET
            || matches!(right, Right::Anyone | Right::OwnAccount)
            || path == "/api/v1/stream"
        {
            continue;
        }
        let answer = browser.ask(Method::GET, &filled(path), &[], "").await;
        assert_eq!(answer.json()["code"], "password-must-be-changed", "{path}");
    }
    let answer = browser.get("/").await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/password"));
    assert_eq!(browser.get("/password").await.status, 200);
}

#[tokio::test]
async fn a_host_is_open_until_somebody_can_sign_in_and_says_so() {
    let host = FakeHost::new(varied());
    for path in ["/", "/alerts", "/silences", "/deliveries", "/plugins", "/checks/shop"] {
        assert!(get(&host, path).await.text.contains("id=\"open-host\""), "{path}");
    }
    assert_eq!(ask(&host, Method::POST, "/-/reload", &[]).await.json()["code"], "no-admin-token");
    put_user(&host, user("kari", Role::Viewer, &[]));
    assert_eq!(get(&host, "/api/v1/checks").await.status, 401);
    let page = ask(&host, Method::GET, "/alerts?q=a%20b", &[("accept", "text/html")]).await;
    assert_eq!((page.status.as_u16(), page.header("location")), (303, "/login?next=%2Falerts%3Fq%3Da%2520b"));
    let mut board = varied();
    board.access.admin_token = Some(AdminToken::new("s3cret"));
    let host = FakeHost::new(board);
    assert_eq!(ask(&host, Method::GET, "/api/v1/checks", &[]).await.status, 401);
    assert!(!get(&host, "/").await.text.contains("open-host"));
    let mut board = Board::default();
    board.access.sign_in = watchkeep_web::SignIn::Always;
    assert_eq!(get(&FakeHost::new(board), "/api/v1/checks").await.status, 401);
}

/// A link in a message of a chat comes from elsewhere, and such a request has no cookie.
#[tokio::test]
async fn whoever_comes_from_another_site_is_asked_to_come_again_from_here() {
    let host = FakeHost::new(varied());
    put_user(&host, user("kari", Role::Viewer, &[]));
    let headers = [("accept", "text/html"), ("sec-fetch-site", "cross-site")];
    let page = ask(&host, Method::GET, "/alerts/%22%3E%3Cb%3E", &headers).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("http-equiv=\"refresh\"") && !page.text.contains("<b>"), "{}", page.text);
}
