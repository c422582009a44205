//! One request, and what StatusCake's refusals mean. None of them says anything of what a test watches.

use watchkeep_sdk::clipped;
use watchkeep_sdk::config::Value;
use watchkeep_sdk::http::{self, Response};
use watchkeep_sdk::prelude::*;

use crate::config::StatusCake;
use crate::pace::Pace;

/// A page of a hundred tests has some 50 KiB.
const BODY_BYTES_MAX: u64 = 4 << 20;
/// Most come sooner.
const ANSWER: Duration = Duration::from_secs(1);

pub(crate) struct Api<'c> {
    pub(crate) config: &'c StatusCake,
    pace: Pace,
}

/// Why there is no answer.
#[derive(Clone, Debug)]
pub(crate) enum No {
    /// The account has no more requests for as long as the run could wait, in words.
    Limited(String),
    Fault(Fault),
}

impl From<No> for Stop {
    fn from(no: No) -> Self {
        match no {
            No::Limited(said) => limited(&said).into(),
            No::Fault(fault) => fault.into(),
        }
    }
}

/// What to do about it.
pub(crate) fn limited(said: &str) -> Fault {
    Fault::inconclusive(format!(
        "{said}; hint: a longer `timeout` and `interval` of the check, or a smaller `history_requests_max`; more tests than that \
         are divided by `tags` into several checks; all tokens of an account share the limit"
    ))
}

impl<'c> Api<'c> {
    pub(crate) fn new(config: &'c StatusCake) -> Self {
        Self { config, pace: Pace::default() }
    }

    /// How many requests the account has left, by the last answer.
    pub(crate) const fn left(&self) -> Option<u64> {
        self.pace.left
    }

    /// Whether there is room for what is not needed in every run.
    pub(crate) fn is_free(&self) -> bool {
        self.pace.is_free(self.rest())
    }

    /// What has to remain for an answer.
    fn rest(&self) -> Duration {
        self.config.timeout.min(ANSWER)
    }

    /// Waits as StatusCake's limits want it, and asks again what was refused because of them.
    pub(crate) fn get(&mut self, path: &str, query: &[(&str, &str)]) -> Result<Value, No> {
        loop {
            if self.pace.is_hopeless() || !self.pace.waited(self.rest()) {
                return Err(No::Limited(self.pace.said()));
            }
            let response = self.send(path, query)?;
            self.pace.hear(&response);
            if response.status != 429 {
                return read(&response, path).map_err(No::Fault);
            }
        }
    }

    fn send(&self, path: &str, query: &[(&str, &str)]) -> Result<Response, No> {
        let request = http::get(self.config.url.join(path))
            .query(query.iter().copied())
            .bearer(&self.config.token)
            .header("accept", "application/json")
            .redirects_max(0)
            .body_bytes_max(BODY_BYTES_MAX)
            .timeout(self.config.timeout);
        request.send().map_err(|failure| {
            let asked =
                || Fault::inconclusive(format!("StatusCake could not be asked: {}", failure.sentence()));
            No::Fault(failure.as_fault().unwrap_or_else(asked))
        })
    }
}

fn read(response: &Response, path: &str) -> Result<Value, Fault> {
    let status = response.status;
    let said = || said(response);
    match status {
        200 if response.truncated => {
            Err(Fault::inconclusive(format!("StatusCake answers more than {BODY_BYTES_MAX} bytes")))
        }
        200 => match response.json() {
            Ok(document) if document["data"].is_array() => Ok(document),
            Ok(_) | Err(_) => Err(Fault::inconclusive(format!(
                "StatusCake answers 200 and no JSON of its API: `{}`",
                clipped(response.text().trim())
            ))),
        },
        301 | 302 | 303 | 307 | 308 => Err(Fault::config(format!(
            "StatusCake answers {status} and sends to `{}`; hint: write that as `url`, up to `/v1`",
            clipped(response.header("location").unwrap_or_default())
        ))),
        401 => Err(Fault::config(format!(
            "StatusCake does not know the token (401){}; hint: make one under *Account settings*, *API keys*",
            said()
        ))),
        403 => Err(Fault::config(format!("the token may not read `{path}` (403){}", said()))),
        404 => Err(Fault::config(format!(
            "StatusCake has no `{path}` (404){}; hint: `url` ends in `/v1`",
            said()
        ))),
        400 | 405 | 422 => Err(Fault::other(format!("StatusCake refuses `{path}` with {status}{}", said()))),
        _ => Err(Fault::inconclusive(format!("StatusCake answers {status}{}", said()))),
    }
}

/// What StatusCake says of its refusal, in its own form or any other.
fn said(response: &Response) -> String {
    let document = response.json().unwrap_or_default();
    let errors = document["errors"].as_object();
    let fields = errors.into_iter().flatten().flat_map(|(_, said)| said.as_array()).flatten();
    let words: Vec<&str> =
        document["message"].as_str().into_iter().chain(fields.filter_map(Value::as_str)).take(5).collect();
    let words = if words.is_empty() { response.text().trim().to_owned() } else { words.join("; ") };
    if words.is_empty() { String::new() } else { format!(": `{}`", clipped(&words)) }
}
