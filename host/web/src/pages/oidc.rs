//! `/login/oidc`: out to the OpenID provider, and back.

use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, Uri, header};

use super::acts::see;
use super::login::{again, give, local, refused_page};
use super::words::escaped;
use crate::access::is_of;
use crate::accounts::oidc::{self, FLOW_MOST, Flow, Returned};
use crate::api::query::Params;
use crate::caller::{Https, cookie_named};
use crate::problem::Problem;
use crate::router::{App, State};

/// How many parameters of the provider are read.
const PARAMETERS_MAX: usize = 32;

pub(crate) async fn begin(
    State(app): State<App>,
    headers: HeaderMap,
    params: Params,
) -> Result<Response, Problem> {
    params.only(&["next", "moved"])?;
    let next = local(params.one("next"));
    let access = app.host.access();
    let Some(provider) = &access.oidc else {
        return Err(Problem::not_found("a sign-in by way of a provider"));
    };
    // The cookie must belong to the name that the provider sends back to.
    if !is_of(&provider.external_url, &headers) {
        if params.one("moved").is_some() {
            return Err(Problem::invalid(format!(
                "this host is asked by another name than that of its `external_url`, `{}`; hint: let the proxy in front \
                 of it pass on the `Host` header",
                provider.external_url
            )));
        }
        return Ok(see(&format!("{}/login/oidc?next={}&moved=yes", provider.external_url, escaped(&next))));
    }
    match oidc::begin(&app, &next).await {
        Ok((url, flow)) => {
            let mut response = see(&url);
            keep(&mut response, app.caller.way.https, &flow.cookie(), FLOW_MOST.as_secs());
            Ok(response)
        }
        Err(problem) => refused_page(&app, "", next, &problem),
    }
}

pub(crate) async fn finish(
    State(app): State<App>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Problem> {
    let https = app.caller.way.https;
    let flow = cookie_named(cookie_name(https), &headers).and_then(Flow::of_cookie);
    // Providers add what they like, and codes may be long.
    let query = uri.query().unwrap_or_default();
    let given: Vec<_> = form_urlencoded::parse(query.as_bytes()).take(PARAMETERS_MAX).collect();
    let one = |name: &str| given.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_ref());
    let returned =
        Returned { state: one("state"), code: one("code"), error: one("error"), issuer: one("iss") };
    let finished = oidc::finish(&app, flow.as_ref(), returned).await;
    let next = local(flow.as_ref().map(|flow| flow.next.as_str()));
    let mut response = match finished {
        Ok(begun) => {
            // The browser comes from the provider: only with a second step does it send the new cookie.
            let mut response = again(next);
            give(&mut response, https, &begun.cookie);
            response
        }
        Err(problem) => refused_page(&app, "", next, &problem)?.into_response(),
    };
    keep(&mut response, https, "", 0);
    Ok(response)
}

const fn cookie_name(https: Https) -> &'static str {
    match https {
        Https::Yes => "__Host-watchkeep-oidc",
        Https::No => "watchkeep-oidc",
    }
}

/// Lets the browser keep a sign-in that is under way. It is sent when the provider sends the browser back, which
/// `SameSite=Strict` would prevent.
fn keep(response: &mut Response, https: Https, cookie: &str, seconds: u64) {
    let secure = match https {
        Https::Yes => "; Secure",
        Https::No => "",
    };
    let name = cookie_name(https);
    let text = format!("{name}={cookie}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    if let Ok(mut value) = HeaderValue::try_from(text) {
        value.set_sensitive(true);
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}
