//! A step and its redirects, one by one: cookies that a redirect sets are the journey's.

use std::time::Duration;

use watchkeep_sdk::clipped;
use watchkeep_sdk::http::{
    Address, Ending, Exchange, Failure, FailureKind, Hop, Incomplete, Leg, Phase, REDIRECTS_MAX, Reading,
    Response, Timings,
};

use super::jar::Jar;
use super::location::{is_same_origin, joined};
use crate::config::Ask;
use crate::exchange::{Draft, Turn};

pub(super) fn walk(
    mut draft: Draft<'_>,
    ask: &Ask,
    turn: Turn,
    jar: &mut Jar,
    body_max: u64,
    timeout: Option<Duration>,
) -> Exchange {
    let now = turn.now / 1_000;
    let mut legs: Vec<Leg> = Vec::new();
    let mut leniences = Vec::new();
    let mut used = Duration::ZERO;
    // The redirect that was followed last, and what is known of it.
    let mut last: Option<(Response, Reading)> = None;
    loop {
        let is_late = !legs.is_empty() && timeout.is_some_and(|timeout| used >= timeout);
        let mut exchange = match is_late {
            true => late(),
            false => draft.fetch(turn, used, 0, jar.header(&draft.url, now), body_max),
        };
        used += exchange.elapsed();
        leniences.append(&mut exchange.leniences);
        if let Some(response) = exchange.response() {
            let set = response.headers.iter().filter(|header| header.name.eq_ignore_ascii_case("set-cookie"));
            set.for_each(|header| jar.store(&draft.url, &header.value, now));
        }
        let next = match &exchange.ending {
            Ending::Whole(response) if ask.follow_redirects => next(&draft.url, response, legs.len()),
            Ending::Whole(_) | Ending::Cut(_) | Ending::Stopped(_) | Ending::Unanswered(_) => None,
        };
        let Exchange { ending, reading, path, .. } = exchange;
        match (next, ending) {
            (Some(Ok(to)), Ending::Whole(response)) => {
                let status = response.status;
                let is_same = is_same_origin(&draft.url, &to);
                let hop = Hop {
                    url: response.url.clone(),
                    status,
                    location: to.clone(),
                    timings: response.timings,
                };
                legs.push(Leg { hop, peer: response.peer.clone(), tls: response.tls.clone(), path });
                last = Some((response, reading));
                draft.redirected(status, to, is_same);
            }
            (Some(Err(message)), Ending::Whole(response)) => {
                let failure = failure(FailureKind::Protocol, message, response.peer.clone());
                let ending = Ending::Stopped(Incomplete { response, failure });
                return Exchange { legs, ending, reading, path, leniences };
            }
            // Where a target sends people is its own doing, as the host sees it where it follows itself.
            (_, Ending::Unanswered(denied)) if denied.kind == FailureKind::Denied && last.is_some() => {
                // The query may be a session.
                let to = draft.url.split(['?', '#']).next().unwrap_or_default();
                let message = format!("it redirects to `{}`, which is {}", clipped(to), denied.message);
                return stopped(legs, last, message, leniences).unwrap_or_else(late);
            }
            (_, ending) => return Exchange { legs, ending, reading, path, leniences },
        }
    }
}

/// Where a redirect leads, or why it cannot be followed.
fn next(url: &str, response: &Response, count: usize) -> Option<Result<String, String>> {
    let location = response.header("location")?;
    if !matches!(response.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    if count >= usize::from(REDIRECTS_MAX) {
        return Some(Err(format!("more than {REDIRECTS_MAX} redirects")));
    }
    let nowhere = || format!("it redirects to `{location}`, which is not an HTTP URL");
    Some(joined(url, location).ok_or_else(nowhere))
}

/// The redirect that was followed last, which leads to where nobody may go.
fn stopped(
    mut legs: Vec<Leg>,
    last: Option<(Response, Reading)>,
    message: String,
    leniences: Vec<String>,
) -> Option<Exchange> {
    let (response, reading) = last?;
    let path = legs.pop()?.path;
    let failure = failure(FailureKind::Denied, message, response.peer.clone());
    let ending = Ending::Stopped(Incomplete { response, failure });
    Some(Exchange { legs, ending, reading, path, leniences })
}

fn failure(kind: FailureKind, message: String, peer: Option<Address>) -> Failure {
    Failure { kind, phase: Phase::Wait, message, peer, tls: None, timings: Timings::default() }
}

/// Redirects have taken all the time that the target has.
fn late() -> Exchange {
    let failure = failure(FailureKind::TimedOut, String::new(), None);
    let ending = Ending::Unanswered(failure);
    Exchange { legs: Vec::new(), ending, reading: Reading::All, path: Vec::new(), leniences: Vec::new() }
}
