//! Who may use the host, and what each sees of it.

mod managing;
mod oidc;
mod scope;
mod sessions;
mod who_may;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{Method, Request};
use watchkeep_core::access::{AccessChange, ApiToken, PasswordLife, Role, Scope, User};
use watchkeep_core::ids::Digest;
use watchkeep_core::time::Wall;
use watchkeep_web::router;

use crate::support::ask::{Answer, request, send};
use crate::support::{FakeHost, NOW};

/// `correct horse battery`, hashed at no cost.
const HASH: &str = "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA$";
pub(crate) const PASSWORD: &str = "correct horse battery";

pub(crate) fn user(name: &str, role: Role, scope: &[&str]) -> User {
    User {
        name: name.to_owned(),
        role,
        scope: Scope::parse(scope.iter().copied()).unwrap(),
        password_hash: hash(),
        password: PasswordLife::Chosen,
        created_at: NOW,
        disabled_at: None,
    }
}

fn hash() -> String {
    use argon2::password_hash::{PasswordHasher as _, SaltString};
    let params = argon2::Params::new(8, 1, 1, None).unwrap();
    let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let salt = SaltString::encode_b64(b"saltsaltsaltsalt").unwrap();
    let hash = argon2.hash_password(PASSWORD.as_bytes(), &salt).unwrap().to_string();
    assert!(hash.starts_with(HASH), "{hash}");
    hash
}

/// The token whose id and secret are this name.
pub(crate) fn token(name: &str, role: Role, scope: &[&str], expires_at: Option<Wall>) -> ApiToken {
    ApiToken {
        id: name.to_owned(),
        name: name.to_owned(),
        secret_hash: Digest::of(name.as_bytes()),
        role,
        scope: Scope::parse(scope.iter().copied()).unwrap(),
        created_at: NOW,
        by: "admin".to_owned(),
        expires_at,
        used_at: None,
    }
}

pub(crate) fn bearer(name: &str) -> String {
    format!("Bearer wk_{name}_{name}")
}

pub(crate) fn put_user(host: &FakeHost, user: User) {
    host.change_access(&[AccessChange::PutUser(user)]);
}

pub(crate) fn put_token(host: &FakeHost, token: ApiToken) {
    host.change_access(&[AccessChange::PutToken(token)]);
}

/// A browser: it keeps its cookie, and asks one and the same router.
pub(crate) struct Browser {
    pub(crate) host: Arc<FakeHost>,
    router: Router,
    pub(crate) name: &'static str,
    pub(crate) cookie: Option<String>,
    peer: &'static str,
}

impl Browser {
    pub(crate) fn new(host: &Arc<FakeHost>) -> Self {
        let router = router(Arc::clone(host) as Arc<dyn watchkeep_web::Host>);
        Self { host: Arc::clone(host), router, name: "localhost:8686", cookie: None, peer: "127.0.0.1:50000" }
    }
    /// Another browser with a cookie of its own, on the same host, from another address.
    pub(crate) fn another(&self, peer: &'static str) -> Self {
        Self { host: self.host.clone(), router: self.router.clone(), name: self.name, cookie: None, peer }
    }
    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        self.ask(Method::GET, path, &[("accept", "text/html")], "").await
    }
    /// Sends a form from a page of the host, with these fields alone.
    pub(crate) async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let origin = format!("http://{}", self.name);
        self.post_from(path, fields, &origin).await
    }
    pub(crate) async fn post_from(&mut self, path: &str, fields: &[(&str, &str)], origin: &str) -> Answer {
        let headers = [
            ("accept", "text/html"),
            ("origin", origin),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.ask(Method::POST, path, &headers, &body).await
    }
    pub(crate) async fn ask(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut headers = headers.to_vec();
        headers.push(("host", self.name));
        let cookie = self.cookie.clone().unwrap_or_default();
        if !cookie.is_empty() {
            headers.push(("cookie", &cookie));
        }
        let mut request: Request<Body> = request(method, path, &headers);
        let peer: SocketAddr = self.peer.parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(peer));
        *request.body_mut() = Body::from(body.to_owned());
        let answer = send(self.router.clone(), request).await;
        if let Some(set) = answer.headers.get("set-cookie") {
            self.cookie = Some(set.to_str().unwrap().split(';').next().unwrap().to_owned());
        }
        answer
    }
    pub(crate) async fn sign_in(&mut self, name: &str, password: &str) -> Answer {
        self.post("/login", &[("name", name), ("password", password)]).await
    }
    /// The proof that the forms of the page carry.
    pub(crate) async fn csrf(&mut self) -> String {
        let page = self.get("/silences").await.text;
        let rest = page.split_once("name=\"csrf\" value=\"").expect("a form with the proof").1;
        rest.split('"').next().unwrap().to_owned()
    }
}
