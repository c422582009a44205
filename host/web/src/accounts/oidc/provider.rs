//! What the host asks the provider itself: how it is asked (discovery), its keys, what a code stands for, and what it knows of
//! somebody. The first two are kept for an hour; keys are asked for again when a token names one that is not known.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;
use watchkeep_core::grant::{Origin, Scheme};
use watchkeep_core::time::Wall;

use super::flow::Flow;
use super::signature::{Key, Keys};
use super::{Oidc, refused};
use crate::host::Host;
use crate::problem::Problem;

const KEPT_FOR: Duration = Duration::from_secs(3600);
/// How often keys are asked for again at most, whatever tokens name.
const KEYS_EVERY: Duration = Duration::from_secs(10);
/// How long a failure counts for all who wait: they do not wait one after another.
const FAILED_FOR: Duration = Duration::from_secs(3);

#[derive(Default)]
pub(super) struct Provider(Mutex<Known>);

#[derive(Default)]
struct Known {
    metadata: Option<(Wall, Metadata)>,
    keys: Option<(Wall, Vec<Key>)>,
    failed: Option<(Wall, String, Problem)>,
}

/// What it says about itself (OpenID Connect Discovery 1.0).
#[derive(Clone, Deserialize, Debug)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
}

/// What a code stood for.
#[derive(Deserialize)]
pub(super) struct Tokens {
    pub(super) id_token: String,
    pub(super) access_token: Option<String>,
}

#[derive(Deserialize)]
struct TokenError {
    error: String,
}

impl Provider {
    pub(super) async fn authorization_url(
        &self,
        host: &dyn Host,
        oidc: &Oidc,
        flow: &Flow,
    ) -> Result<String, Problem> {
        let metadata = self.metadata(host, oidc).await?;
        let endpoint = metadata.authorization_endpoint;
        let joint = if endpoint.contains('?') { '&' } else { '?' };
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", &oidc.client_id)
            .append_pair("redirect_uri", &oidc.redirect_uri())
            .append_pair("scope", &oidc.scopes.join(" "))
            .append_pair("state", &flow.state())
            .append_pair("nonce", &flow.nonce())
            .append_pair("code_challenge", &flow.challenge())
            .append_pair("code_challenge_method", "S256")
            .finish();
        Ok(format!("{endpoint}{joint}{query}"))
    }

    pub(super) async fn tokens(
        &self,
        host: &dyn Host,
        oidc: &Oidc,
        flow: &Flow,
        code: &str,
    ) -> Result<Tokens, Problem> {
        let metadata = self.metadata(host, oidc).await?;
        let request = token_request(oidc, &metadata, flow, code)?;
        let answer = asked(host, oidc, request).await?;
        if answer.status().is_success() {
            return parsed(oidc, &answer);
        }
        let error = serde_json::from_slice::<TokenError>(answer.body()).map(|said| said.error);
        Err(match error.as_deref() {
            Ok("invalid_client" | "unauthorized_client") => refused(format!(
                "{} does not take this host for the client `{}`; hint: compare `client_id` and `client_secret` under \
                 [host.oidc] with what is registered there",
                oidc.name, oidc.client_id
            )),
            Ok("invalid_grant") => refused(format!(
                "{} does not take the code: it is used, or too old; hint: begin again",
                oidc.name
            )),
            Ok(_) | Err(_) => refused(format!(
                "{} gave nothing for the code and answered {}; hint: begin again, and see its log if that does not help",
                oidc.name,
                answer.status().as_u16()
            )),
        })
    }

    /// What it knows of the bearer of a token beside the ID token; `None` if it tells nothing.
    pub(super) async fn about(
        &self,
        host: &dyn Host,
        oidc: &Oidc,
        access_token: &str,
    ) -> Result<Option<Bytes>, Problem> {
        let Some(endpoint) = self.metadata(host, oidc).await?.userinfo_endpoint else { return Ok(None) };
        let request = Request::get(&endpoint)
            .header(header::AUTHORIZATION, sensitive(&format!("Bearer {access_token}"))?)
            .header(header::ACCEPT, "application/json")
            .body(String::new())
            .map_err(|_| unusable(oidc, "userinfo_endpoint"))?;
        let answer = asked(host, oidc, request).await?;
        Ok(answer.status().is_success().then(|| answer.into_body()))
    }

    /// Its keys. With `KeysOf::Now`, asked for again, unless that was just done.
    pub(super) async fn keys(&self, host: &dyn Host, oidc: &Oidc, of: KeysOf) -> Result<Vec<Key>, Problem> {
        let metadata = self.metadata(host, oidc).await?;
        let mut known = self.0.lock().await;
        let kept_for = match of {
            KeysOf::LastHour => KEPT_FOR,
            KeysOf::Now => KEYS_EVERY,
        };
        if let Some((_, keys)) = known.keys.as_ref().filter(|(at, _)| is_within(*at, kept_for, host.now())) {
            return Ok(keys.clone());
        }
        let keys: Keys = fetched(host, oidc, &metadata.jwks_uri).await?;
        let keys = keys.usable();
        known.keys = Some((host.now(), keys.clone()));
        Ok(keys)
    }

    async fn metadata(&self, host: &dyn Host, oidc: &Oidc) -> Result<Metadata, Problem> {
        let mut known = self.0.lock().await;
        if let Some((_, metadata)) = known
            .metadata
            .as_ref()
            .filter(|(at, metadata)| is_within(*at, KEPT_FOR, host.now()) && metadata.issuer == oidc.issuer)
        {
            return Ok(metadata.clone());
        }
        if let Some((_, _, problem)) = known
            .failed
            .as_ref()
            .filter(|(at, issuer, _)| is_within(*at, FAILED_FOR, host.now()) && *issuer == oidc.issuer)
        {
            return Err(problem.clone());
        }
        match discovered(host, oidc).await {
            Ok(metadata) => {
                *known = Known { metadata: Some((host.now(), metadata.clone())), ..Known::default() };
                Ok(metadata)
            }
            Err(problem) => {
                known.failed = Some((host.now(), oidc.issuer.clone(), problem.clone()));
                Err(problem)
            }
        }
    }
}

/// Whether something of `at` is still good. Where the clock went back it is not.
fn is_within(at: Wall, span: Duration, now: Wall) -> bool {
    at <= now && now < at + span
}

/// Of when keys must be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum KeysOf {
    LastHour,
    Now,
}

/// Asks for what the code stands for. The secret goes only where it may.
fn token_request(
    oidc: &Oidc,
    metadata: &Metadata,
    flow: &Flow,
    code: &str,
) -> Result<Request<String>, Problem> {
    let secret = &oidc.client_secret;
    let endpoint = origin(&metadata.token_endpoint).ok_or_else(|| unusable(oidc, "token_endpoint"))?;
    if !secret.to.iter().any(|to| to.covers(endpoint.scheme, &endpoint.host, endpoint.port)) {
        return Err(refused(format!(
            "{} takes codes at `{endpoint}`, to which the secret `{}` may not be sent; hint: add `to = [\"{endpoint}\"]` \
             to it under [secrets], if that is where the provider is",
            oidc.name, secret.name
        )));
    }
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code")
        .append_pair("code", code)
        .append_pair("redirect_uri", &oidc.redirect_uri())
        .append_pair("code_verifier", &flow.verifier());
    let mut request = Request::builder().method(Method::POST).uri(&metadata.token_endpoint);
    let methods = &metadata.token_endpoint_auth_methods_supported;
    let takes = |method: &str| methods.iter().any(|taken| taken == method);
    if takes("client_secret_post") && !takes("client_secret_basic") {
        form.append_pair("client_id", &oidc.client_id).append_pair("client_secret", &secret.value);
    } else {
        let part = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let pair = STANDARD.encode(format!("{}:{}", part(&oidc.client_id), part(&secret.value)));
        request = request.header(header::AUTHORIZATION, sensitive(&format!("Basic {pair}"))?);
    }
    request
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "application/json")
        .body(form.finish())
        .map_err(|_| unusable(oidc, "token_endpoint"))
}

async fn discovered(host: &dyn Host, oidc: &Oidc) -> Result<Metadata, Problem> {
    let url = format!("{}/.well-known/openid-configuration", oidc.issuer.trim_end_matches('/'));
    let metadata: Metadata = fetched(host, oidc, &url).await?;
    if metadata.issuer != oidc.issuer {
        let said: String =
            metadata.issuer.chars().filter(|c| !c.is_control() && *c != '`').take(200).collect();
        return Err(refused(format!(
            "the provider calls itself `{said}`, and not `{}`; hint: write `issuer` under [host.oidc] as it does",
            oidc.issuer
        )));
    }
    let may_be_plain = origin(&oidc.issuer).is_some_and(|issuer| issuer.scheme == Scheme::Http);
    let is_good =
        |url: &str| origin(url).is_some_and(|origin| origin.scheme == Scheme::Https || may_be_plain);
    for (name, url) in [
        ("authorization_endpoint", Some(&metadata.authorization_endpoint)),
        ("token_endpoint", Some(&metadata.token_endpoint)),
        ("jwks_uri", Some(&metadata.jwks_uri)),
        ("userinfo_endpoint", metadata.userinfo_endpoint.as_ref()),
    ] {
        if url.is_some_and(|url| !is_good(url)) {
            return Err(unusable(oidc, name));
        }
    }
    Ok(metadata)
}

fn origin(url: &str) -> Option<Origin> {
    Origin::of_url(url).ok().filter(|origin| matches!(origin.scheme, Scheme::Http | Scheme::Https))
}

async fn fetched<T: DeserializeOwned>(host: &dyn Host, oidc: &Oidc, url: &str) -> Result<T, Problem> {
    let request = Request::get(url)
        .header(header::ACCEPT, "application/json")
        .body(String::new())
        .map_err(|_| unusable(oidc, "issuer"))?;
    let answer = asked(host, oidc, request).await?;
    if !answer.status().is_success() {
        tracing::warn!(url, status = answer.status().as_u16(), "the OpenID provider does not answer as one");
        return Err(unreachable(oidc));
    }
    parsed(oidc, &answer)
}

fn parsed<T: DeserializeOwned>(oidc: &Oidc, answer: &Response<Bytes>) -> Result<T, Problem> {
    serde_json::from_slice(answer.body()).map_err(|_| {
        // What came may hold a token.
        tracing::warn!(issuer = oidc.issuer, "the OpenID provider's answer is not what its protocol says");
        unreachable(oidc)
    })
}

async fn asked(host: &dyn Host, oidc: &Oidc, request: Request<String>) -> Result<Response<Bytes>, Problem> {
    host.ask_provider(request).await.map_err(|error| {
        tracing::warn!(issuer = oidc.issuer, "the OpenID provider cannot be asked: {error}");
        unreachable(oidc)
    })
}

fn sensitive(text: &str) -> Result<HeaderValue, Problem> {
    let mut value = HeaderValue::try_from(text)
        .map_err(|_| refused("the provider sent a token that no header can carry; hint: begin again"))?;
    value.set_sensitive(true);
    Ok(value)
}

fn unreachable(oidc: &Oidc) -> Problem {
    Problem::new(
        http::StatusCode::BAD_GATEWAY,
        "provider-unreachable",
        format!(
            "{} cannot be asked, or does not answer as it should; hint: the host's log says why. Whoever has a password \
             here signs in with it meanwhile",
            oidc.name
        ),
    )
}

fn unusable(oidc: &Oidc, what: &str) -> Problem {
    tracing::warn!(issuer = oidc.issuer, "`{what}` of the OpenID provider is not a URL that can be used");
    unreachable(oidc)
}
