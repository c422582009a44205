//! Why there is no answer. A daemon that cannot be asked says nothing of its containers: each of these is a fault.

use super::daemon::Daemon;
use crate::http::{Failure, FailureKind, Phase, Response};
use crate::{Fault, clipped};

/// Why there is no answer, and what can be done about it.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub cause: Cause,
    pub sentence: String,
    /// What to do about it; empty if nothing is known to help.
    pub hint: &'static str,
    /// Whether the daemon may have got the request, and may have done what it says or a part of it.
    pub may_have_arrived: bool,
}

/// What kind of refusal it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// The host lacks a right for the request, or a limit is used up.
    Denied,
    /// The operator has to change something first.
    Config,
    /// There is no such thing, or no longer (404).
    Gone,
    /// The answer is longer than [`ANSWER_BYTES_MAX`](super::ANSWER_BYTES_MAX).
    TooLong,
    /// The daemon failed at this request, or did not answer in time: the next one may succeed.
    Failed,
    /// What is said there is not the API of Docker, or nobody says anything.
    Foreign,
}

impl Refusal {
    pub(super) fn new(cause: Cause, sentence: impl Into<String>) -> Self {
        Self { cause, sentence: sentence.into(), hint: "", may_have_arrived: false }
    }
    pub(super) fn hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }

    /// As a fault; `came`, if there is any, stands between the sentence and the hint: what an action has done so far.
    pub fn fault(self, came: &str) -> Fault {
        let said = self.said(came);
        match self.cause {
            Cause::Denied => Fault::Denied(self.sentence),
            Cause::Config | Cause::Gone => Fault::Config(said),
            Cause::TooLong | Cause::Failed | Cause::Foreign => Fault::Inconclusive(said),
        }
    }

    /// As a text.
    pub fn said(&self, came: &str) -> String {
        let mut said = self.sentence.clone();
        for (before, more) in [("; ", came), ("; hint: ", self.hint)] {
            if !more.is_empty() {
                said.push_str(before);
                said.push_str(more);
            }
        }
        said
    }
}

/// A request that was not answered.
pub(super) fn failed(daemon: &Daemon, failure: &Failure, method: &str) -> Refusal {
    match failure.as_fault() {
        Some(Fault::Denied(said)) => return Refusal::new(Cause::Denied, said),
        Some(fault) => return Refusal::new(Cause::Config, fault.message()),
        None => {}
    }
    let shows_certificate = daemon.peer.client_certificate.is_some();
    let hint = match (failure.kind, failure.phase) {
        (FailureKind::Refused, _) => "is Docker running, and listening there?",
        (FailureKind::Tls, _) if !shows_certificate => {
            "a daemon with `--tlsverify` demands a `client_certificate`"
        }
        (FailureKind::Tls, _) if failure.message.contains("client certificate") => {
            "is the `client_certificate` one of the authority in the daemon's `--tlscacert`?"
        }
        (FailureKind::Protocol, _) if daemon.socket.is_none() => {
            "is it Docker, and does it use TLS (`https://`)?"
        }
        (FailureKind::TimedOut, Phase::Wait) if method == "POST" => "raise `timeout`",
        (FailureKind::TimedOut, Phase::Wait) => "does `docker ps` answer on that machine?",
        (_, _) => "",
    };
    // Of a socket, the host's own words name the file.
    let said = match (&daemon.socket, failure.kind) {
        (Some(_), FailureKind::Refused) if !failure.message.is_empty() => failure.message.clone(),
        (_, _) => failure.sentence(),
    };
    let cause = if failure.kind == FailureKind::TimedOut { Cause::Failed } else { Cause::Foreign };
    let refusal = Refusal::new(cause, format!("Docker could not be asked: {said}")).hint(hint);
    Refusal { may_have_arrived: failure.may_have_arrived(), ..refusal }
}

/// A request that was answered with another status than that of success.
pub(super) fn refused(daemon: &Daemon, response: &Response, method: &str, path: &str) -> Refusal {
    let status = response.status;
    let said = said(response);
    let (cause, hint) = match status {
        301 | 302 | 303 | 307 | 308 => (Cause::Config, "write the `url` to which it redirects"),
        400 if said.contains("HTTPS server") => (Cause::Config, "write `https://` in `url`"),
        400 if daemon.api_version.is_some() && said.contains("client version") => {
            (Cause::Config, "leave `api_version` out")
        }
        401 => (Cause::Config, "the API asks for a login, which Docker's own does not"),
        403 => (
            Cause::Config,
            "a proxy in front of the API, or an authorization plugin, refuses it: allow this request",
        ),
        404 if path.contains("/containers/") && path.matches('/').count() > 3 => {
            (Cause::Gone, "it was removed, or renamed")
        }
        404 => (Cause::Gone, "is it the API of Docker?"),
        409 => (Cause::Failed, ""),
        500..=599 => (Cause::Failed, ""),
        _ => (Cause::Foreign, ""),
    };
    // Of a single question the id in the path tells nobody anything.
    let to = match (status, method) {
        (500..=599, "GET") => String::new(),
        (_, _) => format!(" to `{method} {path}`"),
    };
    let why = if status == 409 { ": something else is being done to it" } else { "" };
    let refusal = Refusal::new(cause, format!("Docker answers {status}{to}{said}{why}")).hint(hint);
    Refusal { may_have_arrived: status >= 500, ..refusal }
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
