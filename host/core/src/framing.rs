//! HTTP header fields that frame a message or bind it to a connection: only the sender of the message may set them.

/// The fields, in lower case.
const FRAMING: [&str; 9] = [
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

pub fn is_framing(header: &str) -> bool {
    FRAMING.iter().any(|framing| framing.eq_ignore_ascii_case(header))
}
