//! Tokens, passwords and cookies, wherever somebody puts them: in no line that is logged, and in no answer.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use axum::body::Body;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use watchkeep_core::access::Role;
use watchkeep_web::{AdminToken, routes};

use super::answers::asked;
use super::stored::filled;
use super::world::World;
use crate::access::{Browser, PASSWORD, put_token, put_user, token, user};

/// Hears everything that is logged, at every level, by every crate.
#[derive(Clone, Default)]
struct Ear(Arc<Mutex<String>>);

impl Visit for Ear {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = writeln!(self.0.lock().unwrap(), "{field}={value:?}");
    }
}

impl Subscriber for Ear {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.clone());
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Each begins with what is looked for.
const ADMIN_TOKEN: &str = "qqadmin-token-of-32-letters-4711";
const API_TOKEN: &str = "qqapi";
const TYPED: &str = "qqtyped-into-the-wrong-field";

#[tokio::test]
async fn what_is_secret_is_neither_logged_nor_said_back() {
    let ear = Ear::default();
    let _heard = tracing::subscriber::set_default(ear.clone());
    tracing::info!("the ear hears");
    let World { host, router, .. } = World::new();
    host.with(|board| board.access.admin_token = Some(AdminToken::new(ADMIN_TOKEN)));
    put_token(&host, token(API_TOKEN, Role::Operator, &[], None));
    put_user(&host, user("kari", Role::Admin, &[]));
    let mut browser = Browser::new(&host);
    assert_eq!(browser.sign_in("kari", PASSWORD).await.status, 303);
    let cookie = browser.cookie.clone().unwrap();
    let (admin, api) = (format!("Bearer {ADMIN_TOKEN}"), format!("Bearer wk_{API_TOKEN}_{API_TOKEN}"));
    let wrong = [
        format!("Bearer {ADMIN_TOKEN}x"),
        format!("Bearer wk_{API_TOKEN}_{TYPED}"),
        format!("Basic {TYPED}"),
    ];
    let ways: Vec<Vec<(&str, &str)>> = vec![
        vec![("authorization", &admin)],
        vec![("authorization", &api)],
        vec![("authorization", &wrong[0])],
        vec![("authorization", &wrong[1])],
        vec![("authorization", &wrong[2])],
        vec![("cookie", &cookie)],
        vec![("x-api-key", TYPED), ("x-csrf-token", TYPED)],
        vec![("idempotency-key", TYPED), ("authorization", &admin)],
    ];
    let form = format!("token={TYPED}&password={TYPED}&old={TYPED}&csrf={TYPED}&new={TYPED}1&again={TYPED}2");
    let json = format!("{{\"token\":\"{TYPED}\",\"password\":\"{TYPED}\"}}");
    let all: Vec<_> = routes()
        .into_iter()
        .filter(|(_, path, _)| !path.ends_with("stream"))
        .map(|(method, path, _)| (method, filled(&host, path).remove(0)))
        .collect();
    // Faults are logged, and with them no request.
    for broken in [false, true] {
        host.with(|board| board.broken = broken);
        for (method, path) in &all {
            for way in &ways {
                for (kind, body) in
                    [("application/x-www-form-urlencoded", &form), ("application/json", &json)]
                {
                    let mut headers = vec![("origin", "http://localhost:8686"), ("content-type", kind)];
                    headers.extend(way);
                    let with = format!("{path}?token={TYPED}&access_token={TYPED}");
                    let mut said = String::new();
                    for path in [path, &with] {
                        let body = Body::from(body.clone());
                        let answer = asked(&router, method, path, &headers, body).await;
                        said.push_str(&format!("{} {:?}", answer.text, answer.headers));
                    }
                    let cookie = cookie.split_once('=').unwrap().1;
                    // A page that one is sent to the door from is named there, with what was asked of it.
                    let said = said.replace(&format!("token%3D{TYPED}"), "");
                    for secret in [ADMIN_TOKEN, &api[7..], TYPED, cookie] {
                        assert!(!said.contains(secret), "{method} {path} {way:?} says {secret}: {said}");
                    }
                }
            }
        }
    }
    let heard = ear.0.lock().unwrap().clone();
    assert!(heard.contains("the ear hears") && heard.contains("could not be answered"), "{heard}");
    for secret in ["qqadmin", "qqapi", "qqtyped", PASSWORD, cookie.split_once('=').unwrap().1] {
        assert!(!heard.contains(secret), "{secret} is logged: {heard}");
    }
}
