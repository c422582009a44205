//! Header fields of a guest's request.

use http::header::{HOST, HeaderMap, HeaderName, HeaderValue};
use http::uri::Authority;
use watchkeep_core::framing::is_framing;

use crate::contract::http::Header;
use crate::network::failure::Problem;

const HEADERS_MAX: usize = 100;

pub(super) fn refuse_framing(name: &HeaderName) -> Result<(), Problem> {
    if is_framing(name.as_str()) {
        return Err(Problem::invalid(format!("the header `{name}` is the host's own business")));
    }
    Ok(())
}

/// Checks all header fields that the guest wrote.
pub(super) fn checked(headers: Vec<Header>) -> Result<HeaderMap, Problem> {
    if headers.len() > HEADERS_MAX {
        return Err(Problem::invalid(format!("{} headers, {HEADERS_MAX} are allowed", headers.len())));
    }
    let mut checked = HeaderMap::with_capacity(headers.len() + 2);
    for Header { name, value } in headers {
        let parsed = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| Problem::invalid("a header has an invalid name"))?;
        refuse_framing(&parsed)?;
        let value = HeaderValue::from_str(&value).map_err(|_| {
            Problem::invalid(format!("the value of header `{parsed}` has characters that cannot be sent"))
        })?;
        if parsed == HOST {
            // Exactly one is decided on, so exactly one is sent, and it says only what was decided.
            if checked.contains_key(HOST) {
                return Err(Problem::invalid("two `host` headers; hint: a request has one"));
            }
            if !value.to_str().is_ok_and(names_a_host) {
                return Err(Problem::invalid("the `host` header is not a name with or without a port"));
            }
        }
        checked.append(parsed, value);
    }
    Ok(checked)
}

/// `name` or `name:port`, an address in place of the name, and nothing else.
fn names_a_host(text: &str) -> bool {
    let Ok(authority) = text.parse::<Authority>() else { return false };
    let is_port = |port: &str| {
        let is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        is_number && port.parse::<u16>().is_ok_and(|port| port > 0)
    };
    if authority.host().is_empty() {
        return false;
    }
    match text.strip_prefix(authority.host()) {
        Some("") => true,
        Some(rest) => rest.strip_prefix(':').is_some_and(is_port),
        // A user name stands before it.
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(headers: &[(&str, &str)]) -> Result<HeaderMap, Problem> {
        let header = |(name, value): &(&str, &str)| Header { name: (*name).into(), value: (*value).into() };
        super::checked(headers.iter().map(header).collect())
    }

    #[test]
    fn one_host_that_is_one_goes_out() {
        for host in
            ["example.com", "example.com:8080", "192.0.2.1:1", "[2001:db8::1]", "[2001:db8::1]:443", "a_b"]
        {
            assert!(checked(&[("Host", host)]).is_ok(), "{host}");
        }
        for host in [
            "",
            ":80",
            "example.com:",
            "example.com:http",
            "example.com:0",
            "example.com:65536",
            "example.com:+80",
            "example.com:80:80",
            "user@example.com",
            "example.com/",
            "example.com other.example",
            "a,b/c",
            "[::1",
            "x?y",
        ] {
            assert!(checked(&[("host", host)]).is_err(), "{host}");
        }
        assert!(checked(&[("host", "a.example"), ("HOST", "a.example")]).is_err());
        assert!(checked(&[("x-a", "1"), ("x-a", "2")]).is_ok(), "others may come twice");
    }
}
