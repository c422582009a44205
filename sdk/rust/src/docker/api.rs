//! Requests, by a version of the API that both sides know.

use std::time::Duration;

use super::daemon::Daemon;
use super::refusal::{Cause, Refusal, failed, refused};
use crate::clipped;
use crate::config::Value;
use crate::http::{self, Response};

/// As much of an answer as the host hands over by default.
pub const ANSWER_BYTES_MAX: u64 = 8 << 20;
/// The newest version whose answers are known.
const NEWEST: Version = (1, 44);
/// The oldest that tells the health of a container.
const OLDEST: Version = (1, 24);

/// Major and minor number.
type Version = (u32, u32);

/// A daemon, asked by one version of its API.
pub struct Api<'d> {
    daemon: &'d Daemon,
    timeout: Duration,
    /// Such as `/v1.41`.
    prefix: String,
}

impl<'d> Api<'d> {
    /// Agrees on a version, unless the operator chose one. The timeout is that of each answer.
    pub fn open(daemon: &'d Daemon, timeout: Duration) -> Result<Self, Refusal> {
        let mut api = Self { daemon, timeout, prefix: String::new() };
        let (major, minor) = match daemon.api_version.as_deref().and_then(version) {
            Some(version) => version,
            None => chosen(&api.get("/version", &[])?)?,
        };
        api.prefix = format!("/v{major}.{minor}");
        Ok(api)
    }

    /// The JSON that answers a GET of this path, which begins behind the version.
    pub fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Refusal> {
        let path = format!("{}{path}", self.prefix);
        let response = self.send("GET", &path, query, self.timeout)?;
        if response.truncated {
            let said = format!("Docker answers more than {ANSWER_BYTES_MAX} bytes to `GET {path}`");
            return Err(Refusal::new(Cause::TooLong, said));
        }
        if response.status != 200 {
            return Err(refused(self.daemon, &response, "GET", &path));
        }
        response.json().map_err(|_| {
            let said = clipped(response.text().trim());
            Refusal::new(Cause::Foreign, format!("Docker answers 200 and no JSON of its API: `{said}`"))
        })
    }

    /// Acts, by a POST without a body, which may take this much longer than a question. False if there was nothing to do (304).
    pub fn post(&self, path: &str, query: &[(&str, &str)], more: Duration) -> Result<bool, Refusal> {
        let path = format!("{}{path}", self.prefix);
        let response = self.send("POST", &path, query, self.timeout.saturating_add(more))?;
        match response.status {
            204 => Ok(true),
            304 => Ok(false),
            _ => Err(refused(self.daemon, &response, "POST", &path)),
        }
    }

    fn send(
        &self,
        method: &str,
        path: &str,
        query: &[(&str, &str)],
        timeout: Duration,
    ) -> Result<Response, Refusal> {
        let daemon = self.daemon;
        let request = |url: String| {
            http::request(method, url)
                .query(query.iter().copied())
                .header("accept", "application/json")
                .redirects_max(0)
                .body_bytes_max(ANSWER_BYTES_MAX)
                .timeout(timeout)
        };
        let sent = match (&daemon.socket, &daemon.url) {
            (Some(socket), _) => request(path.to_owned()).send_local(socket),
            (None, Some(url)) => {
                let request = request(url.join(path));
                match daemon.peer.said().next() {
                    Some(_) => request.tls_options(daemon.peer.options()).send(),
                    None => request.send(),
                }
            }
            (None, None) => return Err(Refusal::new(Cause::Config, "no daemon is named")),
        };
        sent.map_err(|failure| failed(daemon, &failure, method))
    }
}

/// `1.41`.
pub(super) fn version(text: &str) -> Option<Version> {
    let (major, minor) = text.split_once('.')?;
    let number = |text: &str| match text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => text.parse::<u16>().ok().map(u32::from),
        false => None,
    };
    Some((number(major)?, number(minor)?))
}

/// The newest that both know.
fn chosen(document: &Value) -> Result<Version, Refusal> {
    let named = |key: &str| document[key].as_str().and_then(version);
    let Some(newest) = named("ApiVersion") else {
        let said = "Docker names no `ApiVersion` in its answer to `GET /version`";
        return Err(Refusal::new(Cause::Foreign, said).hint("is it the API of Docker?"));
    };
    if newest < OLDEST {
        let (major, minor) = newest;
        let said = format!(
            "this Docker speaks version {major}.{minor} of the API, and 1.24 is needed (Docker 1.12)"
        );
        return Err(Refusal::new(Cause::Config, said).hint("update Docker"));
    }
    Ok(newest.min(NEWEST).max(named("MinAPIVersion").unwrap_or(OLDEST)))
}
