//! What a guest is told about a walk: a response or a failure, or all that is certain. What a server said is told
//! without the secrets that the guest may not read.

use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use http::{StatusCode, Version};

use super::exchange;
use super::leniences::Leniences;
use super::mask::{Audience, Mask};
use super::request::Plan;
use super::shown::{self, Altered, Codings, Form, Shown, Wish};
use super::walk::{Heard, Past, Stop, Walk};
use crate::call::CallContext;
use crate::contract::http::{Ending, Exchange, Header, Hop, Incomplete, Leg, Reading, Response};
use crate::contract::transport::{Failure, FailureKind, Phase};
use crate::network::failure::Problem;
use crate::network::guard;
use crate::network::timeline::Timeline;

/// A response that came completely, or why there is none.
pub(super) async fn response(
    state: &mut CallContext,
    plan: &Plan,
    walk: Walk,
    ended: Result<(), Stop>,
) -> Result<Response, Failure> {
    let Walk { timeline, heard, url, past, leniences, .. } = walk;
    let heard = match (heard, ended) {
        (Some(heard), Ok(())) => heard,
        (_, Err(Stop::Broken(problem) | Stop::Redirect(problem))) => {
            return Err(problem.told(state, &timeline));
        }
        (None, Ok(())) => return Err(unanswered().told(state, &timeline)),
    };
    let (head, shown) = opened(state, plan, heard, Form::Bytes, &leniences).await;
    match shown.broken {
        Some(problem) => Err(problem.told(state, &timeline)),
        None => Ok(told(head, shown, Way { url, past: &past, timeline: &timeline }, &state.mask)),
    }
}

/// All that is certain.
pub(super) async fn exchange(
    state: &mut CallContext,
    plan: &Plan,
    walk: Walk,
    ended: Result<(), Stop>,
) -> Exchange {
    let Walk { timeline, heard, url, past, leniences, .. } = walk;
    let (ending, reading) = match (heard, ended) {
        (None, Err(Stop::Broken(problem) | Stop::Redirect(problem))) => {
            (Ending::Unanswered(problem.told(state, &timeline)), Reading::All)
        }
        (None, Ok(())) => (Ending::Unanswered(unanswered().told(state, &timeline)), Reading::All),
        (Some(heard), ended) => {
            let (head, mut shown) = opened(state, plan, heard, Form::Text, &leniences).await;
            let broken = shown.broken.take();
            let reading = std::mem::replace(&mut shown.reading, Reading::All);
            let response = told(head, shown, Way { url, past: &past, timeline: &timeline }, &state.mask);
            let ending = match (ended, broken) {
                (Err(Stop::Redirect(problem)), _) => {
                    Ending::Stopped(Incomplete { response, failure: problem.told(state, &timeline) })
                }
                (Err(Stop::Broken(problem)), _) | (Ok(()), Some(problem)) => {
                    Ending::Cut(Incomplete { response, failure: problem.told(state, &timeline) })
                }
                (Ok(()), None) => Ending::Whole(response),
            };
            (ending, reading)
        }
    };
    let mask = &state.mask;
    Exchange {
        legs: past.iter().map(|past| leg(past, mask)).collect(),
        ending,
        reading: match reading {
            Reading::All => Reading::All,
            Reading::Ascii(why) => Reading::Ascii(mask.for_guest(why)),
            Reading::Nothing(why) => Reading::Nothing(mask.for_guest(why)),
        },
        path: timeline.trusted_path(),
        leniences: leniences.noted().into_iter().map(|sentence| mask.for_guest(sentence)).collect(),
    }
}

/// The trailers, if they came.
pub(super) fn trailers(walk: &Walk, mask: &Mask) -> Vec<Header> {
    let all = walk.heard.iter().flat_map(|heard| &heard.trailers);
    all.map(|field| header(field, mask)).collect()
}

/// The result for a request that could not be sent at all.
pub(super) fn unsent(state: &mut CallContext, problem: Problem, timeline: &Timeline) -> Exchange {
    Exchange {
        legs: Vec::new(),
        ending: Ending::Unanswered(problem.told(state, timeline)),
        reading: Reading::All,
        path: Vec::new(),
        leniences: Vec::new(),
    }
}

/// How a walk came to its last answer.
struct Way<'a> {
    url: String,
    past: &'a [Past],
    timeline: &'a Timeline,
}

/// An answer but for its body.
struct Head {
    status: StatusCode,
    version: Version,
    headers: HeaderMap,
}

/// The last answer, with its body as the guest gets it.
async fn opened(
    state: &mut CallContext,
    plan: &Plan,
    heard: Heard,
    form: Form,
    leniences: &Leniences,
) -> (Head, Shown) {
    let Heard { status, version, headers, body, trailers: _ } = heard;
    let codings = if plan.decompress { Codings::Undone } else { Codings::Kept };
    let wish = Wish { cap: plan.cap(), codings, form };
    let (mask, mut pace, span) = (state.mask.clone(), state.pace(), state.clocks.telling());
    let showing = shown::shown(body, &headers, &wish, (&mask, leniences), &mut pace);
    let shown = match tokio::time::timeout(span, showing).await {
        Ok(Ok(shown)) => shown,
        Ok(Err(_)) => unseen(guard::over_budget(state)),
        Err(_) => {
            let message = "there was no time left to look through the body";
            unseen(Problem::new(FailureKind::TimedOut, Phase::Transfer, message))
        }
    };
    (Head { status, version, headers }, shown)
}

fn told(head: Head, shown: Shown, way: Way<'_>, mask: &Mask) -> Response {
    let Head { status, version, headers } = head;
    let Way { url, past, timeline } = way;
    let is_told = |name: &HeaderName| match shown.altered {
        Altered::No => true,
        Altered::Masked => name != CONTENT_LENGTH,
        Altered::Decoded => name != CONTENT_LENGTH && name != CONTENT_ENCODING,
    };
    Response {
        status: status.as_u16(),
        version: exchange::version(version).to_owned(),
        headers: headers.iter().filter(|(name, _)| is_told(name)).map(|field| header(field, mask)).collect(),
        body: shown.bytes,
        truncated: shown.truncated,
        wire_bytes: shown.wire_bytes,
        url: mask.for_guest(url),
        redirects: past.iter().map(|past| hop(past, mask)).collect(),
        peer: timeline.address(),
        tls: timeline.tls_facts(mask),
        timings: timeline.timings(),
    }
}

fn header((name, value): (&HeaderName, &HeaderValue), mask: &Mask) -> Header {
    let value = mask.bytes(value.as_bytes().to_vec(), Audience::Guest);
    Header { name: mask.for_guest(name.as_str().to_owned()), value: text(value) }
}

/// Bytes that are no UTF-8 become U+FFFD; others are not copied.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn unseen(problem: Problem) -> Shown {
    let why = problem.message.clone();
    Shown::withheld(Reading::Nothing(why), Some(problem))
}

fn hop(past: &Past, mask: &Mask) -> Hop {
    Hop {
        url: mask.for_guest(past.url.clone()),
        status: past.heard.status.as_u16(),
        location: mask.for_guest(past.location.clone()),
        timings: past.timeline.timings(),
    }
}

fn leg(past: &Past, mask: &Mask) -> Leg {
    Leg {
        hop: hop(past, mask),
        peer: past.timeline.address(),
        tls: past.timeline.tls_facts(mask),
        path: past.timeline.trusted_path(),
    }
}

/// The problem of a walk without an answer, which cannot happen: a walk ends with an answer or a problem.
fn unanswered() -> Problem {
    Problem::new(FailureKind::Other, Phase::Wait, "there was no answer")
}
