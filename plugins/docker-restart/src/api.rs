//! One request, and what the daemon's refusals mean.

use watchkeep_sdk::clipped;
use watchkeep_sdk::config::Value;
use watchkeep_sdk::http::{self, Failure, FailureKind, Phase, Response};
use watchkeep_sdk::prelude::*;

use crate::config::Docker;

const BODY_BYTES_MAX: u64 = 4 << 20;
/// The newest version whose answers are known.
const NEWEST: Version = (1, 44);
const OLDEST: Version = (1, 24);

/// Major and minor number.
pub(crate) type Version = (u32, u32);

pub(crate) struct Api<'c> {
    pub(crate) config: &'c Docker,
    /// Such as `/v1.41`.
    prefix: String,
}

/// What came of a request that acts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Posted {
    Done,
    NothingToDo,
}

impl<'c> Api<'c> {
    /// Agrees on a version, unless the operator chose one.
    pub(crate) fn open(config: &'c Docker) -> Result<Self, Unable> {
        let mut api = Self { config, prefix: String::new() };
        let (major, minor) = match config.api_version.as_deref().and_then(version) {
            Some(version) => version,
            None => chosen(&api.get("/version", &[])?)?,
        };
        api.prefix = format!("/v{major}.{minor}");
        Ok(api)
    }

    pub(crate) fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Unable> {
        let path = format!("{}{path}", self.prefix);
        let response = self.send("GET", &path, query, self.config.timeout)?;
        if response.status != 200 {
            return Err(Unable(self.refusal(&response, "GET", &path)));
        }
        if response.truncated {
            let told =
                format!("Docker answers more than {BODY_BYTES_MAX} bytes to `GET {path}`; nothing was done");
            return Err(Unable(Fault::inconclusive(told)));
        }
        let said = |_| {
            let said = clipped(response.text().trim());
            Unable(Fault::inconclusive(format!(
                "Docker answers 200 and no JSON of its API: `{said}`; nothing was done"
            )))
        };
        response.json().map_err(said)
    }

    /// `restart` or `start`, by the container's name, so that the grant can name it too.
    pub(crate) fn post(&self, name: &str, verb: &str) -> Result<Posted, Unable> {
        let path = format!("{}/containers/{name}/{verb}", self.prefix);
        let seconds = self.config.stop_timeout.as_secs().to_string();
        let (query, extra): (&[(&str, &str)], _) = match verb {
            "restart" => (&[("t", &seconds)], self.config.stop_timeout),
            _ => (&[], Duration::ZERO),
        };
        let response = self.send("POST", &path, query, self.config.timeout.saturating_add(extra))?;
        match response.status {
            204 => Ok(Posted::Done),
            304 => Ok(Posted::NothingToDo),
            _ => Err(Unable(self.refusal(&response, "POST", &path))),
        }
    }

    fn send(
        &self,
        method: &str,
        path: &str,
        query: &[(&str, &str)],
        timeout: Duration,
    ) -> Result<Response, Unable> {
        let config = self.config;
        let request = |url: String| {
            http::request(method, url)
                .query(query.iter().copied())
                .header("accept", "application/json")
                .redirects_max(0)
                .body_bytes_max(BODY_BYTES_MAX)
                .timeout(timeout)
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
            (None, None) => return Err(Unable(Fault::config("no daemon is named"))),
        };
        sent.map_err(|failure| Unable(self.unreached(&failure, method)))
    }

    fn unreached(&self, failure: &Failure, method: &str) -> Fault {
        if let Some(fault) = failure.as_fault() {
            return fault;
        }
        let hint = match (failure.kind, failure.phase) {
            (FailureKind::Refused, _) => "; hint: is Docker running, and listening there?",
            (FailureKind::Tls, _) if self.config.peer.client_certificate.is_none() => {
                "; hint: a daemon with `--tlsverify` demands a `client_certificate`"
            }
            (FailureKind::Protocol, _) if self.config.socket.is_none() => {
                "; hint: is it Docker, and does it use TLS (`https://`)?"
            }
            (FailureKind::TimedOut, Phase::Wait) if method == "POST" => "; hint: raise `timeout`",
            (_, _) => "",
        };
        // Of a socket, the host's own words name the file.
        let said = match (&self.config.socket, failure.kind) {
            (Some(_), FailureKind::Refused) if !failure.message.is_empty() => failure.message.clone(),
            (_, _) => failure.sentence(),
        };
        let may_have_acted = method == "POST" && failure.may_have_arrived();
        let came = if may_have_acted { "it may have acted" } else { "nothing was done" };
        Fault::inconclusive(format!("Docker could not be asked: {said}; {came}{hint}"))
    }

    fn refusal(&self, response: &Response, method: &str, path: &str) -> Fault {
        let status = response.status;
        let said = said(response);
        let answers = format!("Docker answers {status} to `{method} {path}`{said}");
        let config = |hint: &str| Fault::config(format!("{answers}; nothing was done{hint}"));
        match status {
            301 | 302 | 303 | 307 | 308 => config("; hint: write the `url` to which it redirects"),
            400 if said.contains("HTTPS server") => config("; hint: write `https://` in `url`"),
            400 if self.config.api_version.is_some() && said.contains("client version") => {
                config("; hint: leave `api_version` out")
            }
            401 => config("; hint: the API asks for a login, which Docker's own does not"),
            403 => config(
                "; hint: a proxy in front of the API, or an authorization plugin, refuses it: allow this one request",
            ),
            404 if path.contains("/containers/") => config("; hint: it was removed, or renamed"),
            404 => config("; hint: is it the API of Docker?"),
            409 => Fault::inconclusive(format!(
                "{answers}: something else is being done to it; nothing was done"
            )),
            500..=599 if method == "POST" => Fault::inconclusive(format!("{answers}; it may be stopped now")),
            _ => Fault::inconclusive(format!("{answers}; nothing was done")),
        }
    }
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
fn chosen(document: &Value) -> Result<Version, Unable> {
    let named = |key: &str| document[key].as_str().and_then(version);
    let Some(newest) = named("ApiVersion") else {
        let told =
            "Docker names no `ApiVersion` in its answer to `GET /version`; hint: is it the API of Docker?";
        return Err(Unable(Fault::inconclusive(told)));
    };
    if newest < OLDEST {
        let (major, minor) = newest;
        let told = format!(
            "this Docker speaks version {major}.{minor} of the API, and 1.24 is needed; hint: update Docker"
        );
        return Err(Unable(Fault::config(told)));
    }
    Ok(newest.min(NEWEST).max(named("MinAPIVersion").unwrap_or(OLDEST)))
}
