//! Reads the body of a write: JSON with known fields, durations and times as people write them, and text that is
//! bounded and of one kind.

use std::fmt;
use std::time::Duration;

use axum::extract::{FromRequest, FromRequestParts, Request};
use chrono::DateTime;
use http::request::Parts;
use http::{StatusCode, header};
use serde::de::{DeserializeOwned, Error, Visitor};
use serde::{Deserialize, Deserializer};
use watchkeep_core::time::Wall;

use crate::caller::{Caller, NamedBy, Writer};
use crate::problem::Problem;
use crate::router::BODY_BYTES_MAX;

/// The most characters of a person's or a team's name.
const NAME_MAX: usize = 100;
/// The time for a whole body, which is short.
const BODY_TIME: Duration = Duration::from_secs(20);
/// The most characters of a comment.
const COMMENT_MAX: usize = 1000;

/// A JSON body. An empty one is read as one without fields.
pub(crate) struct Body<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let is_json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|given| given.to_str().ok())
            .is_some_and(|given| given.to_ascii_lowercase().starts_with("application/json"));
        let bytes = whole(request.into_body()).await?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self(T::default()));
        }
        if !is_json {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not-json",
                "the body is JSON; hint: send it with `Content-Type: application/json`",
            ));
        }
        // A list would be taken for the fields in their order.
        if bytes.trim_ascii_start().first() != Some(&b'{') {
            return Err(Problem::invalid("the body is a JSON object, such as `{\"comment\": \"on it\"}`"));
        }
        match serde_json::from_slice(&bytes) {
            Ok(body) => Ok(Self(body)),
            Err(error) => Err(Problem::invalid(format!("the body cannot be read: {error}"))),
        }
    }
}

/// Reads the whole body, if it is not too long and comes in time: nobody keeps a connection, and what is kept for it, by
/// sending a byte now and then. Every body is read here but those of pings.
pub(crate) async fn whole(body: axum::body::Body) -> Result<bytes::Bytes, Problem> {
    whole_within(BODY_TIME, body).await
}

async fn whole_within(limit: Duration, body: axum::body::Body) -> Result<bytes::Bytes, Problem> {
    match tokio::time::timeout(limit, axum::body::to_bytes(body, BODY_BYTES_MAX)).await {
        Ok(read) => read.map_err(|_| Problem::too_large()),
        Err(_) => Err(Problem::new(
            StatusCode::REQUEST_TIMEOUT,
            "too-slow",
            format!("the body did not come within {} s; hint: send it again", limit.as_secs()),
        )),
    }
}

/// Who writes, unless the body says it.
impl<S: Sync> FromRequestParts<S> for Writer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let nobody = || Writer::of(&Caller::nobody(None));
        Ok(parts.extensions.get::<Writer>().cloned().unwrap_or_else(nobody))
    }
}

/// `1h30m` or `500ms`, or a number of seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Span(pub(crate) Duration);

const UNITS: [(&str, u64); 6] =
    [("w", 7 * 86_400_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
/// The longest duration, a thousand years: beyond it, arithmetic on times means nothing.
const SECONDS_MAX: u64 = 1000 * 366 * 86_400;

impl Span {
    /// Parses units in falling order, each at most once, as the config does.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut rest = text.trim();
        let (mut millis, mut below) = (0_u64, u64::MAX);
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let number: u64 = rest[..digits].parse().ok()?;
            rest = &rest[digits..];
            let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
            let (_, unit) = UNITS.into_iter().find(|(name, _)| *name == &rest[..letters])?;
            if unit >= below {
                return None;
            }
            below = unit;
            millis = millis.checked_add(number.checked_mul(unit)?)?;
            rest = &rest[letters..];
        }
        (below < u64::MAX && millis <= SECONDS_MAX * 1000).then(|| Self(Duration::from_millis(millis)))
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;
        impl Visitor<'_> for Read {
            type Value = Span;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a span such as \"2h\" or \"1h30m\", or a number of seconds")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Span, E> {
                Span::parse(text).ok_or_else(|| {
                    E::custom(format_args!("`{text}` is not a duration; hint: write it as `2h` or `1h30m`"))
                })
            }
            /// As some write whole numbers.
            fn visit_f64<E: Error>(self, seconds: f64) -> Result<Span, E> {
                if seconds.fract() != 0.0 || !(0.0..=SECONDS_MAX as f64).contains(&seconds) {
                    return Err(E::custom(format_args!("{seconds} is not a whole number of seconds")));
                }
                self.visit_u64(seconds as u64)
            }
            fn visit_u64<E: Error>(self, seconds: u64) -> Result<Span, E> {
                match seconds {
                    0..=SECONDS_MAX => Ok(Span(Duration::from_secs(seconds))),
                    _ => Err(E::custom(format_args!("{seconds} seconds are too many"))),
                }
            }
        }
        deserializer.deserialize_any(Read)
    }
}

/// A duration from a query string.
pub(crate) fn span(name: &str, text: &str) -> Result<Duration, Problem> {
    Span::parse(text)
        .map(|span| span.0)
        .ok_or_else(|| Problem::invalid(format!("`{name}` is a duration such as `5m` or `1h`, not `{text}`")))
}

pub(crate) fn moment(name: &str, text: &str) -> Result<Wall, Problem> {
    DateTime::parse_from_rfc3339(text).map(|at| Wall::from_millis(at.timestamp_millis())).map_err(|_| {
        Problem::invalid(format!("`{name}` is a time such as 2026-11-21T09:00:00Z, not `{text}`"))
    })
}

/// The name of whoever acts or is assigned: one line.
pub(crate) fn name(field: &str, given: &str) -> Result<String, Problem> {
    if given.trim().is_empty() {
        return Err(Problem::invalid(format!("`{field}` is empty; hint: name a person or a team")));
    }
    bounded(field, given, NAME_MAX)
}

pub(crate) fn by(given: Option<&str>, writer: &Writer) -> Result<String, Problem> {
    match (writer.named_by, given.filter(|given| !given.trim().is_empty())) {
        (NamedBy::Request, Some(given)) => name("by", given),
        (NamedBy::Request, None) | (NamedBy::Credential, _) => Ok(writer.name.to_string()),
    }
}

/// A comment. It is one line as well, because it is shown in notifications and sentences.
pub(crate) fn comment(given: Option<&str>) -> Result<String, Problem> {
    bounded("comment", given.unwrap_or_default(), COMMENT_MAX)
}

/// A text that everybody may read. It may have several lines; an empty one is empty.
pub(crate) fn public_text(field: &str, text: &str, max: usize) -> Result<String, Problem> {
    let text = text.trim().replace("\r\n", "\n");
    if text.chars().count() > max {
        return Err(Problem::invalid(format!("`{field}` is longer than {max} characters")));
    }
    if text.chars().any(|letter| letter.is_control() && letter != '\n') {
        return Err(Problem::invalid(format!("`{field}` has control characters")));
    }
    Ok(text)
}

/// One line that everybody may read, which is not empty.
pub(crate) fn public_line(field: &str, text: &str, max: usize) -> Result<String, Problem> {
    if text.trim().is_empty() {
        return Err(Problem::invalid(format!(
            "`{field}` is empty; hint: say in a few words what it is about"
        )));
    }
    bounded(field, text, max)
}

/// The text without blanks around it.
fn bounded(field: &str, text: &str, max: usize) -> Result<String, Problem> {
    if text.chars().count() > max {
        return Err(Problem::invalid(format!("`{field}` is longer than {max} characters")));
    }
    if text.chars().any(char::is_control) {
        return Err(Problem::invalid(format!("`{field}` is one line, without control characters")));
    }
    Ok(text.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A form of a session was once read before any limit of time held.
    #[tokio::test]
    async fn a_body_that_never_ends_is_given_up() {
        let never =
            axum::body::Body::from_stream(futures::stream::pending::<Result<bytes::Bytes, fmt::Error>>());
        let refused = whole_within(Duration::from_millis(20), never).await.unwrap_err();
        assert_eq!((refused.status, refused.code), (StatusCode::REQUEST_TIMEOUT, "too-slow"));
        let whole = whole_within(Duration::from_secs(20), axum::body::Body::from("ab")).await;
        assert_eq!(whole.unwrap(), "ab");
    }

    #[test]
    fn spans_are_read_as_the_config_reads_them() {
        let read = |text: &str| Span::parse(text).map(|span| span.0.as_millis());
        assert_eq!(read("1h30m"), Some(5_400_000));
        assert_eq!(read("500ms"), Some(500));
        assert_eq!(read(" 2d "), Some(172_800_000));
        for wrong in ["", "2", "h", "30m1h", "1h1h", "2 h", "-1h", "99999999999w", "60000w"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
