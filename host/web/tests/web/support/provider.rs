//! A double of an OpenID provider that signs what a test wants it to sign. (The real one is in `tests/end-to-end`.)

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Request, Response, header};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

pub(crate) const ISSUER: &str = "https://id.example.com";

pub(crate) struct Provider {
    key: EcdsaKeyPair,
    pub(crate) kid: &'static str,
    /// The claims of the next token, beside those that every token has.
    pub(crate) claims: Value,
    pub(crate) about: Value,
    pub(crate) header: Value,
    pub(crate) nonce: String,
    /// What it publishes; `None` for what it signs with.
    pub(crate) published: Option<Value>,
    pub(crate) token_endpoint: String,
    pub(crate) token_answer: Option<(u16, Value)>,
    pub(crate) is_down: bool,
    pub(crate) requests: Vec<(String, String, String)>,
}

impl Provider {
    pub(crate) fn new() -> Self {
        Self {
            key: new_key(),
            kid: "k1",
            claims: json!({ "groups": ["sre"], "preferred_username": "ola" }),
            about: json!({}),
            header: json!({}),
            nonce: String::new(),
            published: None,
            token_endpoint: format!("{ISSUER}/token"),
            token_answer: None,
            is_down: false,
            requests: Vec::new(),
        }
    }
    pub(crate) fn change_key(&mut self) {
        self.key = new_key();
        self.kid = "k2";
    }
    pub(crate) fn published_now(&self) -> Value {
        let point = self.key.public_key().as_ref();
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({ "keys": [
            { "kty": "oct", "k": "c2VjcmV0" },
            { "kty": "EC", "crv": "P-256", "use": "sig", "kid": self.kid, "x": part(&point[1..33]), "y": part(&point[33..]) },
        ] })
    }
    fn token(&self) -> String {
        let mut header = json!({ "alg": "ES256", "kid": self.kid });
        merge(&mut header, &self.header);
        let now = super::NOW.millis() / 1_000;
        let mut claims = json!({
            "iss": ISSUER, "aud": "watchkeep", "sub": "u-1", "iat": now, "exp": now + 300, "nonce": self.nonce,
        });
        merge(&mut claims, &self.claims);
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = match header["alg"].as_str() {
            Some("ES256") => {
                self.key.sign(&SystemRandom::new(), signed.as_bytes()).unwrap().as_ref().to_vec()
            }
            // With the public key as if it were a secret.
            Some("HS256") => {
                let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, self.key.public_key().as_ref());
                ring::hmac::sign(&key, signed.as_bytes()).as_ref().to_vec()
            }
            _ => Vec::new(),
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    pub(crate) fn answer(&mut self, request: &Request<String>) -> Result<Response<Bytes>, String> {
        let authorization = request.headers().get(header::AUTHORIZATION);
        let authorization = authorization.map_or("", |value| value.to_str().unwrap()).to_owned();
        let url = request.uri().to_string();
        self.requests.push((url.clone(), authorization, request.body().clone()));
        if self.is_down {
            return Err("connection refused".to_owned());
        }
        let (status, body) = match url.strip_prefix(ISSUER).unwrap_or(&url) {
            "/.well-known/openid-configuration" => (
                200,
                json!({
                    "issuer": ISSUER,
                    "authorization_endpoint": format!("{ISSUER}/auth?realm=x"),
                    "token_endpoint": self.token_endpoint,
                    "jwks_uri": format!("{ISSUER}/keys"),
                    "userinfo_endpoint": format!("{ISSUER}/me"),
                }),
            ),
            "/keys" => (200, self.published.clone().unwrap_or_else(|| self.published_now())),
            "/token" => self.token_answer.clone().unwrap_or_else(|| {
                (200, json!({ "id_token": self.token(), "access_token": "at", "token_type": "Bearer" }))
            }),
            "/me" => (200, self.about.clone()),
            other => panic!("`{other}` is not asked"),
        };
        Ok(Response::builder().status(status).body(Bytes::from(body.to_string())).unwrap())
    }
}

fn new_key() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, made.as_ref(), &random).unwrap()
}

/// Puts the second object into the first; what is null there is taken out.
fn merge(into: &mut Value, from: &Value) {
    for (name, value) in from.as_object().unwrap() {
        match value {
            Value::Null => drop(into.as_object_mut().unwrap().remove(name)),
            value => into[name] = value.clone(),
        }
    }
}
