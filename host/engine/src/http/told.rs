//! What a guest is told of a walk: a response or a failure, or all that is certain.

use http::header::{HeaderName, HeaderValue};

use super::body;
use super::exchange;
use super::leniences::Leniences;
use super::mask::Mask;
use super::request::Plan;
use super::text;
use super::walk::{Heard, Past, Stop, Walk};
use crate::contract::http::{Ending, Exchange, Header, Hop, Incomplete, Leg, Reading, Response};
use crate::contract::transport::{Failure, FailureKind, Phase};
use crate::network::failure::Problem;
use crate::network::marks::Marks;

/// A response that came whole, or why there is none.
#[expect(clippy::result_large_err, reason = "the contract's own form")]
pub(super) fn response(
    plan: &Plan,
    walk: Walk,
    ended: Result<(), Stop>,
    mask: &Mask,
) -> Result<Response, Failure> {
    let Walk { marks, heard, url, past, .. } = walk;
    let heard = match (heard, ended) {
        (Some(heard), Ok(())) => heard,
        (_, Err(Stop::Broken(problem) | Stop::Redirect(problem))) => {
            return Err(failure(problem, &marks, mask));
        }
        (None, Ok(())) => return Err(failure(unanswered(), &marks, mask)),
    };
    let hops = past.into_iter().map(|past| hop(&past)).collect();
    let (body, broken) = decoded(plan, heard, Coming::Whole);
    match broken {
        Some(problem) => Err(failure(problem, &marks, mask)),
        None => Ok(masked(told(body, hops, url, &marks), mask)),
    }
}

/// All that is certain.
pub(super) fn exchange(plan: &Plan, walk: Walk, ended: Result<(), Stop>, mask: &Mask) -> Exchange {
    let Walk { marks, heard, url, past, leniences, .. } = walk;
    let legs = past.iter().map(|past| leg(past, mask)).collect();
    let hops = past.iter().map(hop).collect();
    let (ending, reading) = match (heard, ended) {
        (None, Err(Stop::Broken(problem) | Stop::Redirect(problem))) => {
            (Ending::Unanswered(failure(problem, &marks, mask)), Reading::All)
        }
        (None, Ok(())) => (Ending::Unanswered(failure(unanswered(), &marks, mask)), Reading::All),
        (Some(heard), ended) => {
            let coming = if ended.is_ok() { Coming::Whole } else { Coming::Part };
            let (mut body, broken) = decoded(plan, heard, coming);
            let reading = body.read(&leniences);
            let response = masked(told(body, hops, url, &marks), mask);
            let incomplete =
                |response, problem| Incomplete { response, failure: failure(problem, &marks, mask) };
            let ending = match (ended, broken) {
                (Err(Stop::Redirect(problem)), _) => Ending::Stopped(incomplete(response, problem)),
                (Err(Stop::Broken(problem)), _) | (Ok(()), Some(problem)) => {
                    Ending::Cut(incomplete(response, problem))
                }
                (Ok(()), None) => Ending::Whole(response),
            };
            (ending, reading)
        }
    };
    let leniences = leniences.noted().into_iter().map(|sentence| mask.text(sentence)).collect();
    let reading = match reading {
        Reading::All => Reading::All,
        Reading::Ascii(why) => Reading::Ascii(mask.text(why)),
        Reading::Nothing(why) => Reading::Nothing(mask.text(why)),
    };
    Exchange { legs, ending, reading, path: marks.trusted_path(), leniences }
}

/// Of a request that could not be sent at all.
pub(super) fn unsent(problem: Problem, walk: &Walk, mask: &Mask) -> Exchange {
    Exchange {
        legs: Vec::new(),
        ending: Ending::Unanswered(failure(problem, &walk.marks, mask)),
        reading: Reading::All,
        path: Vec::new(),
        leniences: Vec::new(),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Coming {
    Whole,
    /// It broke off.
    Part,
}

/// What was heard, with its body out of its codings.
struct Decoded {
    heard: Heard,
    wire_bytes: u64,
    /// A coding that it is still in.
    left: Option<String>,
    coming: Coming,
}

fn decoded(plan: &Plan, heard: Heard, coming: Coming) -> (Decoded, Option<Problem>) {
    let wire_bytes = heard.body.bytes.len() as u64;
    if !plan.decompress {
        return (Decoded { heard, wire_bytes, left: None, coming }, None);
    }
    let Heard { status, version, headers, body } = heard;
    let is_part = coming == Coming::Part;
    let body::Body { bytes, truncated, broken, left } = body::decoded(body, &headers, plan.body_max, is_part);
    let coming = if broken.is_some() { Coming::Part } else { coming };
    let heard = Heard { status, version, headers, body: body::Wire { bytes, truncated } };
    (Decoded { heard, wire_bytes, left, coming }, broken)
}

impl Decoded {
    /// Makes text of the body.
    fn read(&mut self, leniences: &Leniences) -> Reading {
        if let Some(coding) = &self.left {
            let coding: String = coding.chars().filter(|c| !c.is_control()).take(60).collect();
            return Reading::Nothing(format!("it is coded as `{coding}`, which was not asked for"));
        }
        let Heard { headers, body, .. } = &mut self.heard;
        let is_part = body.truncated || self.coming == Coming::Part;
        let (bytes, reading) = text::read(std::mem::take(&mut body.bytes), headers, is_part, leniences);
        body.bytes = bytes;
        reading
    }
}

fn told(decoded: Decoded, redirects: Vec<Hop>, url: String, marks: &Marks) -> Response {
    let header = |(name, value): (&HeaderName, &HeaderValue)| Header {
        name: name.as_str().to_owned(),
        value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
    };
    let Decoded { heard: Heard { status, version, headers, body }, wire_bytes, .. } = decoded;
    Response {
        status: status.as_u16(),
        version: exchange::version(version).to_owned(),
        headers: headers.iter().map(header).collect(),
        body: body.bytes,
        truncated: body.truncated,
        wire_bytes,
        url,
        redirects,
        peer: marks.address(),
        tls: marks.tls_facts(),
        timings: marks.timings(),
    }
}

fn hop(past: &Past) -> Hop {
    Hop {
        url: past.url.clone(),
        status: past.heard.status.as_u16(),
        location: past.location.clone(),
        timings: past.marks.timings(),
    }
}

fn leg(past: &Past, mask: &Mask) -> Leg {
    Leg {
        hop: masked_hop(hop(past), mask),
        peer: past.marks.address(),
        tls: past.marks.tls_facts(),
        path: past.marks.trusted_path(),
    }
}

pub(super) fn failure(problem: Problem, marks: &Marks, mask: &Mask) -> Failure {
    let mut failure = problem.with(marks);
    failure.message = mask.text(failure.message);
    failure
}

/// A walk ends with an answer or a problem.
fn unanswered() -> Problem {
    Problem::new(FailureKind::Other, Phase::Wait, "there was no answer")
}

fn masked(response: Response, mask: &Mask) -> Response {
    if mask.is_empty() {
        return response;
    }
    Response {
        headers: response
            .headers
            .into_iter()
            .map(|Header { name, value }| Header { name: mask.text(name), value: mask.text(value) })
            .collect(),
        body: mask.bytes(response.body),
        url: mask.text(response.url),
        redirects: response.redirects.into_iter().map(|hop| masked_hop(hop, mask)).collect(),
        ..response
    }
}

fn masked_hop(hop: Hop, mask: &Mask) -> Hop {
    Hop { url: mask.text(hop.url), location: mask.text(hop.location), ..hop }
}
