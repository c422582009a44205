//! Another site's page in the browser of somebody who has signed in: no write there is, by a form or by a script.

use std::sync::Arc;

use http::Method;
use watchkeep_core::access::Role;
use watchkeep_web::routes;

use super::stored::filled;
use super::world::World;
use crate::access::{Browser, PASSWORD, put_user, user};
use crate::support::FakeHost;

fn state(host: &FakeHost) -> String {
    host.with(|board| {
        let entries = board.audit_log.iter().filter(|entry| !entry.what.starts_with("session."));
        format!("{} {:?} {:?}", entries.count(), board.directory.users.keys(), board.directory.tokens.keys())
    })
}

#[tokio::test]
async fn no_write_is_done_for_a_page_of_another_site() {
    let World { host, .. } = World::new();
    put_user(&host, user("kari", Role::Admin, &[]));
    let mut browser = signed_in(&host).await;
    let before = state(&host);
    let ours = "http://localhost:8686";
    // Who answers a message or a letter is known by its link, and by nothing that a browser sends by itself. Whoever asks
    // for letters gets one that asks back.
    let writes = routes().into_iter().filter(|(method, ..)| method != Method::GET);
    for (method, path, _) in
        writes.filter(|(_, path, _)| !path.starts_with("/reply/") && !path.starts_with("/status/"))
    {
        let path = filled(&host, path).remove(0);
        for kind in [
            "application/x-www-form-urlencoded",
            "text/plain",
            "application/json",
            "multipart/form-data; boundary=x",
        ] {
            // What tells a page of another site: its origin, or that the proof is missing.
            let ways: [&[(&str, &str)]; 6] = [
                &[("origin", "https://evil.example")],
                &[("origin", "null")],
                &[("sec-fetch-site", "cross-site")],
                &[("origin", ours), ("x-csrf-token", "0000")],
                &[("origin", ours)],
                &[("origin", ours), ("sec-fetch-site", "same-origin"), ("referer", "http://localhost:8686/")],
            ];
            for way in ways {
                let headers = [way, &[("content-type", kind)]].concat();
                let answer = browser.ask(method.clone(), &path, &headers, "csrf=&name=x&apply=yes").await;
                assert_eq!(answer.status, 403, "{method} {path} {headers:?}: {}", answer.text);
            }
        }
    }
    assert_eq!(state(&host), before);
    assert!(host.commands.lock().unwrap().is_empty());
    assert_eq!(browser.get("/people").await.status, 200, "the session is as it was");
}

async fn signed_in(host: &Arc<FakeHost>) -> Browser {
    let mut browser = Browser::new(host);
    assert_eq!(browser.sign_in("kari", PASSWORD).await.status, 303);
    browser
}

/// What was a GET stays one, whatever a header says; and looking changes nothing.
#[tokio::test]
async fn looking_changes_nothing() {
    let World { host, .. } = World::new();
    put_user(&host, user("kari", Role::Admin, &[]));
    let mut browser = signed_in(&host).await;
    let before = state(&host);
    let overrides =
        [("accept", "text/html"), ("x-http-method-override", "DELETE"), ("x-method-override", "POST")];
    for (_, path, _) in routes().into_iter().filter(|(_, path, _)| !path.ends_with("stream")) {
        for path in filled(&host, path) {
            browser.ask(Method::GET, &path, &overrides, "").await;
            browser.ask(Method::HEAD, &format!("{path}?_method=DELETE&apply=yes"), &overrides, "").await;
        }
    }
    assert_eq!(state(&host), before);
    assert!(host.commands.lock().unwrap().is_empty());
}
