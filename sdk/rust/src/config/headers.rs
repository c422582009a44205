//! Headers of a request.

use super::{Place, Problems};

/// The characters that a name may contain beside letters and digits.
const MARKS: &[u8] = b"!#$%&'*+-.^_`|~";

/// They frame the request or the connection, and the host sets them itself: for [`headers`].
pub const FRAMING_HEADERS: [&str; 9] = [
    "connection",
    "content-length",
    "expect",
    "keep-alive",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Checks headers that an operator writes, and reports those that could not be sent. `own` are the headers that are set
/// for the request, in lower case. The value of a header is `None` if it is a secret, which the host checks itself.
///
/// ```
/// use watchkeep_sdk::config::{Place, Problems, headers};
///
/// let mut problems = Problems::default();
/// let written = [("x-team", Some("web")), ("x team", Some("web")), ("Host", None)];
/// headers(&written, &["host"], &Place::ROOT, &mut problems);
/// let places: Vec<_> = problems.into_vec().into_iter().map(|problem| problem.path).collect();
/// assert_eq!(places, ["/x team", "/Host"]);
/// ```
pub fn headers(headers: &[(&str, Option<&str>)], own: &[&str], place: &Place<'_>, problems: &mut Problems) {
    for (at, (name, value)) in headers.iter().enumerate() {
        let place = place.key(name);
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || MARKS.contains(&byte);
        let is_this = |other: &str| other.eq_ignore_ascii_case(name);
        if name.is_empty() || !name.bytes().all(is_token) {
            problems.add::<()>(
                &place,
                "is not a header name; hint: write letters, digits and `-`, without blanks",
            );
        } else if own.iter().any(|own| is_this(own)) {
            problems.add::<()>(&place, "is set by the host itself; hint: leave it out");
        } else if headers[..at].iter().any(|(earlier, _)| is_this(earlier)) {
            problems.add::<()>(&place, "is set twice; hint: names differ by more than capitals: keep one");
        }
        // RFC 9110 allows a tab in a value.
        if value.is_some_and(|value| value.chars().any(|c| c.is_control() && c != '\t')) {
            problems.add::<()>(&place, "has a line end or another control in its value; hint: take it out");
        }
    }
}
