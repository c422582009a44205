//! The host's own requests to the OpenID provider that the config names: no plugin's, and bound by no grant.

use std::error::Error as _;
use std::path::Path;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Request, Response};

/// How long to wait for an answer: somebody sits in front of the page.
const ANSWER_TIME: Duration = Duration::from_secs(10);
/// The most bytes of an answer; keys and tokens are short.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// Sends the request, and follows no redirect. The file of authorities is read each time: sign-ins are rare, and it may have
/// changed.
pub(crate) async fn ask(ca_file: Option<&Path>, request: Request<String>) -> Result<Response<Bytes>, String> {
    let mut client = reqwest::Client::builder()
        .timeout(ANSWER_TIME)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .user_agent(concat!("watchkeep/", env!("CARGO_PKG_VERSION")));
    if let Some(file) = ca_file {
        let pem = tokio::fs::read(file)
            .await
            .map_err(|error| format!("cannot read `{}`, which `ca_file` names: {error}", file.display()))?;
        let roots = reqwest::Certificate::from_pem_bundle(&pem)
            .map_err(|error| format!("`{}` holds no certificates: {error}", file.display()))?;
        client = client.tls_certs_merge(roots);
    }
    let client = client.build().map_err(told)?;
    let request = reqwest::Request::try_from(request).map_err(told)?;
    let mut answer = client.execute(request).await.map_err(told)?;
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(told)? {
        if body.len() + piece.len() > ANSWER_BYTES_MAX {
            return Err(format!("its answer has more than {} KiB", ANSWER_BYTES_MAX >> 10));
        }
        body.extend_from_slice(&piece);
    }
    Response::builder()
        .status(answer.status())
        .body(Bytes::from(body))
        .map_err(|error| format!("its answer cannot be passed on: {error}"))
}

/// The whole chain, without the URL.
fn told(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(&format!(": {inner}"));
        cause = inner.source();
    }
    text
}
