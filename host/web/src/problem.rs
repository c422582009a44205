//! Errors as clients see them: problem details (RFC 9457), each with a sentence that says how to fix it.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::host::HostError;
use crate::router::BODY_BYTES_MAX;

/// An error for a client. `code` is stable and made for programs, `detail` is one sentence for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) code: &'static str,
    pub(crate) detail: String,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    code: &'static str,
    detail: &'a str,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into() }
    }
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", format!("{what} is not there"))
    }
    pub(crate) fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid-request", detail)
    }
    /// The problem with a request that makes sense, but not now.
    pub(crate) fn refused(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "refused", detail)
    }
    pub(crate) fn too_large() -> Self {
        let detail = format!("a body has at most {BODY_BYTES_MAX} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", detail)
    }
    pub(crate) fn title(&self) -> &'static str {
        self.status.canonical_reason().unwrap_or("Error")
    }
}

impl From<HostError> for Problem {
    fn from(error: HostError) -> Self {
        let (status, code) = match &error {
            HostError::NotFound { .. } => (StatusCode::NOT_FOUND, "not-found"),
            HostError::Invalid { .. } => (StatusCode::BAD_REQUEST, "invalid-request"),
            HostError::Refused { .. } => (StatusCode::CONFLICT, "refused"),
            HostError::Forbidden { .. } => (StatusCode::FORBIDDEN, "not-allowed"),
            HostError::Unavailable { .. } => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
            HostError::Internal(cause) => {
                log_chain(cause.as_ref());
                (StatusCode::INTERNAL_SERVER_ERROR, "internal")
            }
        };
        Self::new(status, code, error.to_string())
    }
}

/// Logs the causes. The client learns only that the host failed.
fn log_chain(cause: &(dyn std::error::Error + 'static)) {
    let mut chain = cause.to_string();
    let mut next = cause.source();
    while let Some(source) = next {
        chain.push_str(": ");
        chain.push_str(&source.to_string());
        next = source.source();
    }
    tracing::error!(cause = %chain, "a request could not be answered");
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = Body {
            r#type: "about:blank",
            title: self.title(),
            status: self.status.as_u16(),
            code: self.code,
            detail: &self.detail,
        };
        let mut response = (self.status, Json(body)).into_response();
        let needs_token = self.status == StatusCode::UNAUTHORIZED;
        // Kept for the outermost layer, which shows it as a page to clients that asked for one.
        response.extensions_mut().insert(self);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if needs_token {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"watchkeep\""));
        }
        response
    }
}
