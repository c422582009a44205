//! One request, and what StatusCake's refusals mean. None of them says anything of what a test watches.

use watchkeep_sdk::clipped;
use watchkeep_sdk::config::Value;
use watchkeep_sdk::http::{self, Response};
use watchkeep_sdk::prelude::*;

use crate::config::StatusCake;

/// A page of a hundred tests has some 50 KiB.
const BODY_BYTES_MAX: u64 = 4 << 20;

pub(crate) struct Api<'c> {
    pub(crate) config: &'c StatusCake,
    left: Option<u64>,
}

/// Why there is no answer.
#[derive(Clone, Debug)]
pub(crate) enum No {
    /// The account has no more requests for now.
    Limited(Fault),
    Fault(Fault),
}

impl From<No> for Stop {
    fn from(no: No) -> Self {
        match no {
            No::Limited(fault) | No::Fault(fault) => fault.into(),
        }
    }
}

impl<'c> Api<'c> {
    pub(crate) const fn new(config: &'c StatusCake) -> Self {
        Self { config, left: None }
    }

    /// How many requests the account has left, by the last answer.
    pub(crate) const fn left(&self) -> Option<u64> {
        self.left
    }

    pub(crate) fn get<'f>(
        &mut self,
        path: &str,
        query: impl IntoIterator<Item = (&'f str, &'f str)>,
    ) -> Result<Value, No> {
        let request = http::get(self.config.url.join(path))
            .query(query)
            .bearer(&self.config.token)
            .header("accept", "application/json")
            .redirects_max(0)
            .body_bytes_max(BODY_BYTES_MAX)
            .timeout(self.config.timeout);
        let response = request.send().map_err(|failure| {
            let asked =
                || Fault::inconclusive(format!("StatusCake could not be asked: {}", failure.sentence()));
            No::Fault(failure.as_fault().unwrap_or_else(asked))
        })?;
        let left = response.header("x-ratelimit-remaining").and_then(|text| text.trim().parse().ok());
        self.left = left.or(self.left);
        read(&response, path)
    }
}

fn read(response: &Response, path: &str) -> Result<Value, No> {
    let status = response.status;
    let said = || said(response);
    let no = |fault: Fault| Err(No::Fault(fault));
    match status {
        200 if response.truncated => {
            no(Fault::inconclusive(format!("StatusCake answers more than {BODY_BYTES_MAX} bytes")))
        }
        200 => match response.json() {
            Ok(document) if document["data"].is_array() => Ok(document),
            Ok(_) | Err(_) => no(Fault::inconclusive(format!(
                "StatusCake answers 200 and no JSON of its API: `{}`",
                clipped(response.text().trim())
            ))),
        },
        301 | 302 | 303 | 307 | 308 => no(Fault::config(format!(
            "StatusCake answers {status} and sends to `{}`; hint: write that as `url`, up to `/v1`",
            clipped(response.header("location").unwrap_or_default())
        ))),
        401 => no(Fault::config(format!(
            "StatusCake does not know the token (401){}; hint: make one under *Account settings*, *API keys*",
            said()
        ))),
        403 => no(Fault::config(format!("the token may not read `{path}` (403){}", said()))),
        404 => no(Fault::config(format!(
            "StatusCake has no `{path}` (404){}; hint: `url` ends in `/v1`",
            said()
        ))),
        400 | 405 | 422 => no(Fault::other(format!("StatusCake refuses `{path}` with {status}{}", said()))),
        429 => Err(No::Limited(Fault::inconclusive(limited(response)))),
        _ => no(Fault::inconclusive(format!("StatusCake answers {status}{}", said()))),
    }
}

fn limited(response: &Response) -> String {
    let number = |name: &str| response.header(name).and_then(|text| text.trim().parse::<u64>().ok());
    let span = number("retry-after").or_else(|| number("x-ratelimit-reset"));
    let span = span.map_or_else(String::new, |seconds| format!(" for {seconds} s"));
    let limit = response
        .header("x-ratelimit-limit")
        .map_or_else(String::new, |limit| format!(" (its limit: {})", clipped(limit)));
    format!(
        "StatusCake takes no more requests{span}{limit}; hint: a longer `interval` or a smaller `history_requests_max`; all \
         tokens of an account share the limit"
    )
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
