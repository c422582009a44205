//! What somebody sends with a request, such as a link that was made to be followed, and what comes back of it.

use axum::body::Body;
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use watchkeep_web::routes;

use super::answers::{ADMIN, asked, is_inert};
use super::canary::SENT;
use super::world::World;

fn sent() -> String {
    utf8_percent_encode(SENT, NON_ALPHANUMERIC).to_string()
}

/// The names of the parameters that a route takes: its refusal of one that it does not know lists them.
fn listed(refusal: &str) -> Vec<String> {
    let hint = refusal.split_once("there is `").map_or("", |(_, hint)| hint);
    let names = hint.split('`').filter(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[tokio::test]
async fn what_stands_in_an_address_comes_back_as_text() {
    let World { router, .. } = World::new();
    let mut named = 0;
    for (method, path, _) in routes().into_iter().filter(|(_, path, _)| !path.ends_with("stream")) {
        let path = path.replace("{name}", &sent()).replace("{id}", &sent()).replace("{file}", &sent());
        let there = asked(&router, &method, &path, &ADMIN, Body::empty()).await;
        is_inert(&path, &there);
        let unknown = format!("{path}?{}=x", sent());
        is_inert(&unknown, &asked(&router, &method, &unknown, &ADMIN, Body::empty()).await);
        let refusal = asked(&router, &method, &format!("{path}?zz=1"), &ADMIN, Body::empty()).await;
        let names = listed(&refusal.text.replace("<code>", "`").replace("</code>", "`"));
        named += names.len();
        for name in names {
            let with = format!("{path}?{name}={}", sent());
            let answer = asked(&router, &method, &with, &ADMIN, Body::empty()).await;
            assert!(answer.status.as_u16() < 500, "{with}: {}", answer.status);
            is_inert(&with, &answer);
        }
    }
    assert!(named > 40, "only {named} parameters were found");
    let nowhere = format!("/nothing/{}", sent());
    let answer = asked(&router, &Method::GET, &nowhere, &ADMIN, Body::empty()).await;
    is_inert(&nowhere, &answer);
    assert_eq!(answer.status, 404);
}

/// All fields that any form has: what one does not know is left aside.
const FIELDS: [&str; 24] = [
    "action",
    "again",
    "apply",
    "by",
    "comment",
    "digest",
    "due_in",
    "dry_run",
    "everything",
    "for",
    "from",
    "id",
    "lasts",
    "matchers",
    "name",
    "new",
    "next",
    "old",
    "password",
    "right",
    "role",
    "scope",
    "series",
    "what",
];

#[tokio::test]
async fn what_stands_in_a_form_comes_back_as_text() {
    let World { host, router, .. } = World::new();
    let fields = FIELDS.map(|name| (name, SENT));
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let form = [&ADMIN[..], &[("content-type", "application/x-www-form-urlencoded")]].concat();
    let mut echoed = 0;
    for (method, path, _) in routes().into_iter().filter(|(method, ..)| method == Method::POST) {
        for path in super::stored::filled(&host, path).into_iter().take(2) {
            let answer = asked(&router, &method, &path, &form, Body::from(body.clone())).await;
            assert!(answer.status.as_u16() < 500, "{path}: {}", answer.status);
            is_inert(&path, &answer);
            echoed += usize::from(answer.text.contains("zzsentzz"));
        }
    }
    assert!(echoed > 3, "only {echoed} answers say what was sent");
}
