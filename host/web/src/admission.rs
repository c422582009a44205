//! Whether a caller may use a route, and whether a write of a session comes from one of our pages.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State as Held};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Redirect, Response};
use http::{HeaderName, Method, StatusCode, header};
use subtle::ConstantTimeEq as _;
use watchkeep_core::access::Role;

use crate::access::nobody_can;
use crate::api::body::whole;
use crate::caller::{Caller, Credential, can_sign_in};
use crate::host::Host;
use crate::pages;
use crate::problem::Problem;
use crate::routes::Right;

/// The header and the field of a form that carry the proof.
const CSRF_HEADER: HeaderName = HeaderName::from_static("x-csrf-token");
pub(crate) const CSRF_FIELD: &str = "csrf";

/// The route that is asked for.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) host: Arc<dyn Host>,
    pub(crate) right: Right,
}

/// Lets a caller pass who has the right that the route needs.
pub(crate) async fn admitted(Held(asked): Held<Asked>, request: Request, next: Next) -> Response {
    let caller = request.extensions().get::<Arc<Caller>>().cloned();
    let caller = caller.unwrap_or_else(|| Arc::new(Caller::nobody(None)));
    match has(asked.right, &caller) {
        Ok(()) => next.run(request).await,
        Err(Missing::PasswordChange) if pages::wants_page(&request) => {
            Redirect::to("/password").into_response()
        }
        Err(Missing::PasswordChange) => Problem::new(
            StatusCode::FORBIDDEN,
            "password-must-be-changed",
            "this password is good for one thing, which is to choose another; hint: open `/password`",
        )
        .into_response(),
        Err(Missing::Role(needed)) => {
            if caller.is_signed_in() || !pages::wants_page(&request) {
                return refused(&*asked.host, &caller, request.method(), Some(needed)).into_response();
            }
            if !can_sign_in(&asked.host.access(), &asked.host.directory()) {
                return nobody_can(&asked.host.access(), request.method(), caller.way.route).into_response();
            }
            pages::to_sign_in(&request)
        }
    }
}

/// What a caller lacks.
enum Missing {
    Role(Role),
    /// The password is a one-time one.
    PasswordChange,
}

fn has(right: Right, caller: &Caller) -> Result<(), Missing> {
    let Some(needed) = right.role() else { return Ok(()) };
    if caller.role.is_none_or(|role| role < needed) {
        return Err(Missing::Role(needed));
    }
    // What admins do concerns the whole host.
    if right == Right::Admin && !caller.scope.is_everything() {
        return Err(Missing::Role(needed));
    }
    if caller.must_change_password() && right != Right::OwnAccount {
        return Err(Missing::PasswordChange);
    }
    Ok(())
}

/// The refusal, in words that say what to do.
pub(crate) fn refused(host: &dyn Host, caller: &Caller, method: &Method, needed: Option<Role>) -> Problem {
    let access = host.access();
    if let (Some(role), Some(needed)) = (caller.role, needed)
        && caller.credential != Credential::Open
    {
        let scope = if caller.scope.is_everything() { "" } else { " of a part of it" };
        return Problem::new(
            StatusCode::FORBIDDEN,
            "not-allowed",
            format!(
                "this needs the role `{}` on the whole host, and you are `{}`{scope}; hint: ask an admin of this host",
                needed.as_str(),
                role.as_str()
            ),
        );
    }
    if !can_sign_in(&access, &host.directory()) {
        return nobody_can(&access, method, caller.way.route);
    }
    Problem::new(
        StatusCode::UNAUTHORIZED,
        "token-needed",
        "this needs a token or somebody who has signed in; hint: send `Authorization: Bearer TOKEN`, with an API token \
         or the admin token, or sign in at `/login`",
    )
}

/// Whatever a browser does with a session's cookie must carry what only our pages know. Takes the body apart where the proof
/// is a field of it.
pub(crate) async fn with_proof(request: Request, caller: &Caller) -> Result<Request, Problem> {
    let Credential::Session { csrf, .. } = &caller.credential else { return Ok(request) };
    if request.method().is_safe() {
        return Ok(request);
    }
    let same = |given: &str| bool::from(given.as_bytes().ct_eq(csrf.as_bytes()));
    let refused = || {
        Problem::new(
            StatusCode::FORBIDDEN,
            "no-csrf-token",
            "the form is not one of this session; hint: load the page again, and send it once more. Programs use an API \
             token in place of a cookie",
        )
    };
    if let Some(given) = request.headers().get(&CSRF_HEADER) {
        return if given.to_str().is_ok_and(same) { Ok(request) } else { Err(refused()) };
    }
    let is_form = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|given| given.to_str().ok())
        .is_some_and(|given| given.starts_with("application/x-www-form-urlencoded"));
    if !is_form {
        return Err(refused());
    }
    let (parts, body) = request.into_parts();
    let bytes = whole(body).await?;
    let given = form_urlencoded::parse(&bytes).find(|(name, _)| name == CSRF_FIELD);
    if !given.is_some_and(|(_, value)| same(&value)) {
        return Err(refused());
    }
    Ok(Request::from_parts(parts, Body::from(bytes)))
}
