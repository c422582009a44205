//! A request, built step by step.

use std::time::Duration;

use super::{
    Credential, Detailed, Exchange, Extras, Failure, Family, Header, Hmac, Placement, Response, Sent,
    Sigv4Placement, TlsOptions, Trust, challenges,
};
use crate::backend;
use crate::config::{Endpoint, Secret};

/// How many redirects are followed by default.
pub const REDIRECTS_MAX: u8 = 10;
/// How many bytes of a decoded body are kept by default.
pub const BODY_BYTES_MAX: u64 = 1 << 20;

/// A request that has not been sent yet.
///
/// ```no_run
/// use watchkeep_sdk::prelude::*;
///
/// fn login(key: &Secret) -> Result<u16, Box<http::Failure>> {
///     let answer = http::post("https://api.example.com/login")
///         .header("accept", "application/json")
///         .bearer(key)
///         .json(r#"{"user": "watchkeep"}"#)
///         .timeout(Duration::from_secs(5))
///         .send()?;
///     Ok(answer.status)
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is sent before `send`"]
pub struct Request {
    request: Sent,
}

/// A GET request for a URL.
pub fn get(url: impl Into<String>) -> Request {
    request("GET", url)
}

/// A POST request to a URL.
pub fn post(url: impl Into<String>) -> Request {
    request("POST", url)
}

/// A request with any method.
pub fn request(method: impl Into<String>, url: impl Into<String>) -> Request {
    Request {
        request: Sent {
            method: method.into(),
            url: url.into(),
            headers: Vec::new(),
            body: Vec::new(),
            credentials: Vec::new(),
            timeout: None,
            redirects_max: REDIRECTS_MAX,
            body_max: BODY_BYTES_MAX,
            decompress: true,
            family: Family::Any,
            tls: None,
        },
    }
}

/// A request to a URL that is secret as a whole, such as a chat's webhook.
pub fn to_secret(method: impl Into<String>, url: &Secret) -> Request {
    request(method, "").credential(url.placed(Placement::Url))
}

/// A request to a URL that is either written in the config or a secret.
pub fn to(method: impl Into<String>, endpoint: &Endpoint) -> Request {
    match endpoint {
        Endpoint::Url(url) => request(method, url.as_str()),
        Endpoint::Secret(url) => to_secret(method, url),
    }
}

impl Request {
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.request.headers.push(Header { name: name.into(), value: value.into() });
        self
    }
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.request.body = body.into();
        self
    }
    /// Sets a body that is already JSON text.
    pub fn json(self, body: impl Into<Vec<u8>>) -> Self {
        self.header("content-type", "application/json").body(body)
    }
    /// Sets a body as forms send it; a key may occur several times.
    ///
    /// ```
    /// use watchkeep_sdk::prelude::*;
    ///
    /// let request = http::post("https://api.example.com/").form([("query", "up == 0"), ("tags[]", "a&b")]);
    /// assert_eq!(request.body_text(), "query=up+%3D%3D+0&tags%5B%5D=a%26b");
    /// ```
    pub fn form<'f>(self, pairs: impl IntoIterator<Item = (&'f str, &'f str)>) -> Self {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        self.header("content-type", "application/x-www-form-urlencoded").body(body)
    }
    /// Appends parameters to the URL, after those that it has; a key may occur several times.
    ///
    /// ```
    /// use watchkeep_sdk::prelude::*;
    ///
    /// let request = http::get("https://api.example.com/tests?page=2").query([("tags", "a&b"), ("limit", "100")]);
    /// assert_eq!(request.url(), "https://api.example.com/tests?page=2&tags=a%26b&limit=100");
    /// ```
    pub fn query<'f>(mut self, pairs: impl IntoIterator<Item = (&'f str, &'f str)>) -> Self {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        if !query.is_empty() {
            self.request.url.push(if self.request.url.contains('?') { '&' } else { '?' });
            self.request.url.push_str(&query);
        }
        self
    }
    /// The URL that it would be sent to; empty if a secret contains it.
    pub fn url(&self) -> &str {
        &self.request.url
    }
    /// The body that would be sent, as text.
    pub fn body_text(&self) -> String {
        String::from_utf8_lossy(&self.request.body).into_owned()
    }
    /// Adds `Authorization: Bearer` with the secret.
    pub fn bearer(self, secret: &Secret) -> Self {
        self.credential(secret.placed(Placement::Bearer))
    }
    /// Adds `Authorization: Basic` with the secret as the password.
    pub fn basic(self, user: &str, password: &Secret) -> Self {
        self.credential(password.placed(Placement::Basic(user.to_owned())))
    }
    /// Adds a header whose value is the secret.
    pub fn secret_header(self, name: &str, secret: &Secret) -> Self {
        self.credential(secret.placed(Placement::Header(name.to_owned())))
    }
    /// Adds a query parameter whose value is the secret.
    pub fn secret_query(self, name: &str, secret: &Secret) -> Self {
        self.credential(secret.placed(Placement::Query(name.to_owned())))
    }
    /// Puts the secret in place of `holder` (at least 4 bytes) in path, query, header values and body, escaped for
    /// each.
    pub fn placeholder(self, holder: &str, secret: &Secret) -> Self {
        self.credential(secret.placed(Placement::Placeholder(holder.to_owned())))
    }
    /// Adds a header with a digest whose key is the secret.
    pub fn hmac(self, key: &Secret, hmac: Hmac) -> Self {
        self.credential(key.placed(hmac.placement()))
    }
    /// Signs with AWS Signature Version 4. The secret is an access key as in AWS's credentials file; `region` is for
    /// example `eu-west-1`, `service` for example `s3`.
    pub fn sigv4(self, access_key: &Secret, region: &str, service: &str) -> Self {
        let placement = Sigv4Placement { region: region.to_owned(), service: service.to_owned() };
        self.credential(access_key.placed(Placement::Sigv4(placement)))
    }
    /// Adds any placement of the contract.
    pub fn credential(mut self, credential: Credential) -> Self {
        self.request.credentials.push(credential);
        self
    }
    /// Sets the timeout. It is never longer than what remains of the run.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.request.timeout = Some(crate::transport::millis(timeout));
        self
    }
    /// Sets how many redirects are followed. With 0, a redirect is the response.
    pub fn redirects_max(mut self, redirects_max: u8) -> Self {
        self.request.redirects_max = redirects_max;
        self
    }
    /// Sets how many decoded bytes of the body are kept; 0 leaves the body unread.
    pub fn body_bytes_max(mut self, body_bytes_max: u64) -> Self {
        self.request.body_max = body_bytes_max;
        self
    }
    /// Leaves the body as it arrives.
    pub fn raw_body(mut self) -> Self {
        self.request.decompress = false;
        self
    }
    pub fn family(mut self, family: Family) -> Self {
        self.request.family = family;
        self
    }
    /// Accepts a certificate that is not trusted. The operator must grant it, and no secret is sent.
    pub fn ignore_certificate(self) -> Self {
        self.tls(|tls| tls.trust = Trust::Ignore)
    }
    /// Sets the name for the TLS handshake, if it differs from the URL's host.
    pub fn server_name(self, name: impl Into<String>) -> Self {
        self.tls(|tls| tls.server_name = Some(name.into()))
    }
    /// Shows a client certificate: the secret contains its chain and key.
    pub fn client_certificate(self, secret: &Secret) -> Self {
        self.tls(|tls| tls.client_certificate = Some(secret.name().to_owned()))
    }
    /// Sets all TLS options at once, in place of those that were set before.
    pub fn tls_options(mut self, options: TlsOptions) -> Self {
        self.request.tls = Some(options);
        self
    }
    fn tls(mut self, change: impl FnOnce(&mut TlsOptions)) -> Self {
        change(self.request.tls.get_or_insert_default());
        self
    }
    /// Sends it. Any status is a response; a failure means that there was none.
    pub fn send(self) -> Result<Response, Box<Failure>> {
        backend::http_send(&self.request).map_err(Box::new)
    }
    /// Sends it, and returns everything that is certain, however it ends: the status of an answer that broke off, a
    /// redirect that leads nowhere, the way to a host that did not answer. For checks that judge the target itself.
    pub fn fetch(self) -> Exchange {
        backend::http_fetch(&self.request)
    }
    /// Like [`fetch`](Self::fetch), with options that few requests need; also returns what came after the body.
    ///
    /// ```no_run
    /// use watchkeep_sdk::http::{self, Extras};
    ///
    /// let told = http::post("http://127.0.0.1:50051/grpc.health.v1.Health/Check")
    ///     .header("content-type", "application/grpc")
    ///     .body([0; 5])
    ///     .fetch_with(&Extras::default().http2());
    /// let status = told.trailers.iter().find(|trailer| trailer.name == "grpc-status");
    /// ```
    pub fn fetch_with(self, extras: &Extras) -> Detailed {
        backend::http_fetch_with(&self.request, extras)
    }
    /// Like [`fetch`](Self::fetch), with the login that the server asks for: a digest, whose password is never sent, or
    /// the password itself if the server asks for nothing else.
    pub fn fetch_as(self, user: &str, password: &Secret) -> Exchange {
        let exchange = self.clone().fetch_with(&Extras::default().digest(user, password)).exchange;
        match exchange.response() {
            Some(response) if response.status == 401 && asks_only_for_basic(response) => {
                // As above, so that a component has one way to the host and not two.
                self.basic(user, password).fetch_with(&Extras::default()).exchange
            }
            Some(_) | None => exchange,
        }
    }
    /// Sends it over a stream socket of this machine that the operator named; the URL may be only a path. Granted by
    /// socket, method and path.
    pub fn send_local(self, socket: &str) -> Result<Response, Box<Failure>> {
        backend::http_send_local(socket, &self.request).map_err(Box::new)
    }
}

fn asks_only_for_basic(response: &Response) -> bool {
    let own = response.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("www-authenticate"));
    let schemes: Vec<String> =
        own.flat_map(|header| challenges(&header.value)).map(|challenge| challenge.scheme).collect();
    let has = |scheme: &str| schemes.iter().any(|known| known == scheme);
    has("basic") && !has("digest")
}
