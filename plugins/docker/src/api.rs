//! One request, and what the daemon's refusals mean. None of them says anything of a container.

use watchkeep_sdk::clipped;
use watchkeep_sdk::config::Value;
use watchkeep_sdk::http::{self, Failure, FailureKind, Phase, Response};
use watchkeep_sdk::prelude::*;

use crate::config::Docker;

/// As much as the host hands over by default.
const BODY_BYTES_MAX: u64 = 8 << 20;
/// The newest version whose answers are known.
const NEWEST: Version = (1, 44);
/// The oldest that tells the health of a container.
const OLDEST: Version = (1, 24);

/// Major and minor number.
pub(crate) type Version = (u32, u32);

pub(crate) struct Api<'c> {
    pub(crate) config: &'c Docker,
    /// Such as `/v1.41`.
    prefix: String,
}

/// Why there is no answer.
#[derive(Clone, Debug)]
pub(crate) enum No {
    /// 404: there is no such thing, or no longer.
    Gone(Fault),
    /// The answer is longer than a host hands over.
    TooLong,
    /// It failed for this container, and may succeed for another.
    Failed(String),
    Fault(Fault),
}

impl No {
    pub(crate) fn fault(self) -> Fault {
        match self {
            No::Gone(fault) | No::Fault(fault) => fault,
            No::Failed(said) => Fault::inconclusive(said),
            No::TooLong => Fault::inconclusive(format!("Docker answers more than {BODY_BYTES_MAX} bytes")),
        }
    }
}

impl<'c> Api<'c> {
    /// Agrees on a version, unless the operator chose one.
    pub(crate) fn open(config: &'c Docker) -> Result<Self, Fault> {
        let mut api = Self { config, prefix: String::new() };
        let (major, minor) = match config.api_version.as_deref().and_then(version) {
            Some(version) => version,
            None => chosen(&api.get("/version", &[]).map_err(No::fault)?)?,
        };
        api.prefix = format!("/v{major}.{minor}");
        Ok(api)
    }

    pub(crate) fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, No> {
        let path = format!("{}{path}", self.prefix);
        let response = self.send(&path, query)?;
        if response.truncated {
            return Err(No::TooLong);
        }
        if response.status != 200 {
            return Err(self.refusal(&response, &path));
        }
        response.json().map_err(|_| No::Fault(foreign(&response)))
    }

    fn send(&self, path: &str, query: &[(&str, &str)]) -> Result<Response, No> {
        let config = self.config;
        let request = |url: String| {
            http::get(url)
                .query(query.iter().copied())
                .header("accept", "application/json")
                .redirects_max(0)
                .body_bytes_max(BODY_BYTES_MAX)
                .timeout(config.timeout)
        };
        let sent = match (&config.socket, &config.url) {
            (Some(socket), _) => request(path.to_owned()).send_local(socket),
            (None, Some(url)) => {
                let request = request(url.join(path));
                match config.peer.said().next() {
                    Some(_) => request.tls_options(config.peer.options()).send(),
                    None => request.send(),
                }
            }
            (None, None) => return Err(No::Fault(Fault::config("no daemon is named"))),
        };
        sent.map_err(|failure| self.unreached(&failure))
    }

    fn unreached(&self, failure: &Failure) -> No {
        if let Some(fault) = failure.as_fault() {
            return No::Fault(fault);
        }
        let hint = match (failure.kind, failure.phase) {
            (FailureKind::Refused, _) => "; hint: is Docker running, and listening there?",
            (FailureKind::Tls, _) if self.config.peer.client_certificate.is_none() => {
                "; hint: a daemon with `--tlsverify` demands a `client_certificate`"
            }
            (FailureKind::Protocol, _) if self.config.socket.is_none() => {
                "; hint: is it Docker, and does it use TLS (`https://`)?"
            }
            (FailureKind::TimedOut, Phase::Wait) => "; hint: does `docker ps` answer on that machine?",
            (_, _) => "",
        };
        // Of a socket, the host's own words name the file.
        let said = match (&self.config.socket, failure.kind) {
            (Some(_), FailureKind::Refused) if !failure.message.is_empty() => failure.message.clone(),
            (_, _) => failure.sentence(),
        };
        let said = format!("Docker could not be asked: {said}{hint}");
        match failure.kind {
            FailureKind::TimedOut => No::Failed(said),
            _ => No::Fault(Fault::inconclusive(said)),
        }
    }

    fn refusal(&self, response: &Response, path: &str) -> No {
        let status = response.status;
        let said = said(response);
        let config = |hint: &str| {
            No::Fault(Fault::config(format!("Docker answers {status} to `GET {path}`{said}{hint}")))
        };
        match status {
            301 | 302 | 303 | 307 | 308 => config("; hint: write the `url` to which it redirects"),
            400 if said.contains("HTTPS server") => config("; hint: write `https://` in `url`"),
            400 if self.config.api_version.is_some() && said.contains("client version") => {
                config("; hint: leave `api_version` out")
            }
            401 => config("; hint: the API asks for a login, which Docker's own does not"),
            403 => config(
                "; hint: a proxy in front of the API, or an authorization plugin, refuses it: allow GET below \
                 `/containers` and `/version`",
            ),
            404 => No::Gone(Fault::config(format!(
                "Docker has no `{path}` (404){said}; hint: is it the API of Docker?"
            ))),
            500..=599 => No::Failed(format!("Docker answers {status}{said}")),
            _ => No::Fault(Fault::inconclusive(format!("Docker answers {status} to `GET {path}`{said}"))),
        }
    }
}

/// An answer that is not of Docker's form.
pub(crate) fn foreign(response: &Response) -> Fault {
    Fault::inconclusive(format!(
        "Docker answers {} and no JSON of its API: `{}`",
        response.status,
        clipped(response.text().trim())
    ))
}

/// What the daemon says of its refusal, in its own form or any other.
fn said(response: &Response) -> String {
    let document = response.json().unwrap_or_default();
    let words = match document["message"].as_str() {
        Some(message) => message.to_owned(),
        None => response.text().trim().to_owned(),
    };
    if words.is_empty() { String::new() } else { format!(": `{}`", clipped(&words)) }
}

/// `1.41`.
pub(crate) fn version(text: &str) -> Option<Version> {
    let (major, minor) = text.split_once('.')?;
    let number = |text: &str| match text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => text.parse::<u16>().ok().map(u32::from),
        false => None,
    };
    Some((number(major)?, number(minor)?))
}

/// The newest that both know.
fn chosen(document: &Value) -> Result<Version, Fault> {
    let named = |key: &str| document[key].as_str().and_then(version);
    let Some(newest) = named("ApiVersion") else {
        return Err(Fault::inconclusive(
            "Docker names no `ApiVersion` in its answer to `GET /version`; hint: is it the API of Docker?",
        ));
    };
    if newest < OLDEST {
        let (major, minor) = newest;
        return Err(Fault::config(format!(
            "this Docker speaks version {major}.{minor} of the API, and 1.24 is needed (Docker 1.12); hint: update Docker"
        )));
    }
    let oldest = named("MinAPIVersion").unwrap_or(OLDEST);
    Ok(newest.min(NEWEST).max(oldest))
}
