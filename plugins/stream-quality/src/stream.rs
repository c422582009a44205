//! A stream of JPEGs over HTTP, received for a while. The host hands a body over at once: it is read until time or room are
//! over, so rates are those of the whole, not from picture to picture.

use watchkeep_sdk::http::{Exchange, FailureKind, Response, picture};
use watchkeep_sdk::picture::Missing;
use watchkeep_sdk::prelude::*;

use crate::config::{Quality, Stream};
use crate::multipart::{Parts, boundary, first_line, parts};

/// The host reads 8 MiB at most.
const BODY_BYTES_MAX: u64 = 6 << 20;
/// What comes in a shorter time is what the camera had stored.
const SPAN_MIN: Duration = Duration::from_millis(500);

pub(crate) struct Received {
    /// The last whole picture.
    pub(crate) bytes: Vec<u8>,
    /// From the request to the first bytes of the body.
    pub(crate) took: Duration,
    pub(crate) rates: Option<Rates>,
    /// Pictures that came whole.
    pub(crate) pictures: usize,
    /// Parts that are no pictures, and what the first of them is.
    pub(crate) others: Option<(usize, String)>,
    /// Why the stream stopped before time and room were over.
    pub(crate) stopped: Option<String>,
}

#[derive(Clone, Copy)]
pub(crate) struct Rates {
    /// Pictures per second.
    pub(crate) frames: f64,
    /// Bits per second.
    pub(crate) bits: f64,
}

pub(crate) fn receive(config: &Quality, stream: &Stream) -> Result<Received, Missing> {
    let exchange = config.access.fetch(
        &stream.url,
        "multipart/x-mixed-replace, image/jpeg",
        stream.listen,
        BODY_BYTES_MAX,
    );
    let failure = exchange.failure();
    if let Some(fault) = failure.and_then(http::Failure::as_fault) {
        return Err(Missing::Fault(fault));
    }
    let Some(response) = exchange.response() else {
        let sentence = failure.map_or_else(|| "there is no answer".to_owned(), |failure| failure.sentence());
        return Err(Missing::Camera(sentence));
    };
    if let Some(sentence) = picture::refusal(response.status, config.access.user.as_deref()) {
        return Err(Missing::Camera(sentence));
    }
    let boundary = named(response).map_err(Missing::Camera)?;
    let parts = parts(&response.body, &boundary);
    let is_picture = |part: &&&[u8]| picture::look(part).is_ok();
    let Some(last) = parts.whole.iter().rev().find(is_picture) else {
        return Err(Missing::Camera(without(response, &parts, &boundary, stream.listen)));
    };
    let pictures = parts.whole.iter().filter(is_picture).count();
    let (took, span) = times(response);
    let others = parts.whole.iter().find_map(|part| picture::look(part).err());
    let others = others.map(|first| (parts.whole.len() - pictures, first));
    Ok(Received {
        bytes: last.to_vec(),
        took,
        rates: rates(response, span, pictures),
        pictures,
        others,
        stopped: stopped(&exchange, response, &parts),
    })
}

fn named(response: &Response) -> Result<String, String> {
    boundary(response.header("content-type").unwrap_or_default()).or_else(|sentence| {
        // Some servers send such a body and do not say so.
        if let Some(boundary) = first_line(&response.body) {
            return Ok(boundary);
        }
        Err(match picture::look(&response.body) {
            Ok(_) => {
                "it answers with one picture, not with a stream; hint: put the URL into `camera`".to_owned()
            }
            Err(page) if page.contains("web page") => page,
            Err(_) => sentence,
        })
    })
}

/// Why there is not one picture.
fn without(response: &Response, parts: &Parts<'_>, boundary: &str, listen: Duration) -> String {
    let bytes = response.body.len();
    let within = net::span(listen);
    match (parts.whole.first(), parts.begun) {
        (Some(first), _) => match picture::look(first) {
            Err(sentence) => format!("its stream has no picture: {sentence}"),
            Ok(_) => "its stream has no picture".to_owned(),
        },
        (None, Some(_)) if response.truncated => {
            format!("its first picture does not end within {bytes} bytes; no more are read")
        }
        (None, Some(0)) => format!("its stream begins, and no picture came within {within}"),
        (None, Some(begun)) => format!(
            "{begun} bytes of its first picture came within {within}; hint: raise `listen`, or is the network slow?"
        ),
        (None, None) if bytes == 0 => format!("it accepts the request, and sends nothing within {within}"),
        (None, None) => format!(
            "the boundary `{}` that it names does not come in {bytes} bytes",
            watchkeep_sdk::clipped(boundary)
        ),
    }
}

/// Until the body began, and how long it came. A body that is cut off has no time of its own.
fn times(response: &Response) -> (Duration, Duration) {
    let timings = &response.timings;
    let phases = [timings.name, timings.connect, timings.tls, timings.send, timings.wait];
    let before: u64 = phases.into_iter().flatten().sum();
    (Duration::from_nanos(before), Duration::from_nanos(timings.total.saturating_sub(before)))
}

/// Of all that came in that time; the first picture comes at once, and the last is under way.
fn rates(response: &Response, span: Duration, pictures: usize) -> Option<Rates> {
    let seconds = span.as_secs_f64();
    (span >= SPAN_MIN).then(|| Rates {
        frames: pictures as f64 / seconds,
        bits: response.wire_bytes as f64 * 8.0 / seconds,
    })
}

fn stopped(exchange: &Exchange, response: &Response, parts: &Parts<'_>) -> Option<String> {
    match exchange.failure() {
        Some(failure) if failure.kind == FailureKind::TimedOut => None,
        Some(failure) => Some(format!("its stream breaks off: {}", failure.sentence())),
        None if response.truncated && !parts.has_ended => None,
        None => Some("its stream ends by itself".to_owned()),
    }
}
