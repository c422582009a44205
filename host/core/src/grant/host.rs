//! A host as in a URL or an address, in a normal form: names in lower case without a trailing dot, addresses as
//! addresses however they were written (`0x7f.1` and `2130706433` are `127.0.0.1`).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use super::GrantError;

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Host {
    /// A name in lower case, without a trailing dot. Never something that a resolver would read as an address.
    Name(Arc<str>),
    /// An address. Never an IPv4-mapped IPv6 address, which becomes the IPv4 address.
    Address(IpAddr),
}

impl Host {
    /// Parses a name, an IPv4 address in any notation, or an IPv6 address with or without brackets.
    pub fn parse(text: &str) -> Result<Self, GrantError> {
        // How nearly all of them are spelled.
        if let Ok(ip) = text.parse::<Ipv4Addr>() {
            return Ok(Host::Address(ip.into()));
        }
        if let Some(inner) = text.strip_prefix('[') {
            let inner = inner.strip_suffix(']').ok_or_else(|| {
                GrantError::new(text, "the bracket is not closed", "write IPv6 addresses as `[2001:db8::1]`")
            })?;
            return parse_ipv6(text, inner);
        }
        if text.contains(':') {
            return parse_ipv6(text, text);
        }
        let name = parse_name(text)?;
        if ends_in_number(&name) {
            return parse_ipv4(&name).map(|ip| Host::Address(ip.into())).ok_or_else(|| {
                GrantError::new(
                    text,
                    "it ends like an IPv4 address but is not one",
                    "write four numbers from 0 to 255, such as `192.0.2.1`",
                )
            });
        }
        Ok(Host::Name(name.into()))
    }

    pub fn address(&self) -> Option<IpAddr> {
        match self {
            Host::Name(_) => None,
            Host::Address(ip) => Some(*ip),
        }
    }
    /// Whether this is the name by which people mean their own machine.
    pub(super) fn is_localhost(&self) -> bool {
        match self {
            Host::Name(name) => &**name == "localhost",
            Host::Address(_) => false,
        }
    }
}

impl fmt::Display for Host {
    /// Writes the host as in a URL: IPv6 addresses in brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Host::Name(name) => f.write_str(name),
            Host::Address(IpAddr::V4(ip)) => write!(f, "{ip}"),
            Host::Address(IpAddr::V6(ip)) => write!(f, "[{ip}]"),
        }
    }
}

impl From<IpAddr> for Host {
    fn from(ip: IpAddr) -> Self {
        Host::Address(ip.to_canonical())
    }
}

fn parse_ipv6(whole: &str, inner: &str) -> Result<Host, GrantError> {
    inner.parse::<Ipv6Addr>().map(|ip| IpAddr::V6(ip).into()).map_err(|_| {
        let problem =
            if inner.contains('%') { "zones are not supported" } else { "it is not an IPv6 address" };
        GrantError::new(whole, problem, "write IPv6 addresses as `[2001:db8::1]`")
    })
}

/// A name in lower case and without the trailing dot; an error if it is not an ASCII host name.
pub(super) fn parse_name(text: &str) -> Result<String, GrantError> {
    let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
    let refuse = |problem: &str, hint: &str| Err(GrantError::new(text, problem, hint));
    if name.is_empty() {
        return refuse("the host is empty", "name a host, such as `api.example.com`");
    }
    if !name.is_ascii() {
        return refuse("it has letters outside ASCII", "write the name in its `xn--` form");
    }
    if name.contains('@') {
        return refuse("it carries a user name", "leave it out and place the credential as a secret");
    }
    if let Some(odd) = name.chars().find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '_' | '.')) {
        return refuse(
            &format!("`{odd}` cannot be in a host name"),
            "name a host, such as `api.example.com`",
        );
    }
    if name.len() > 253 || name.split('.').any(|label| label.is_empty() || label.len() > 63) {
        return refuse(
            "a part between dots is empty or too long",
            "parts have 1 to 63 characters, the whole at most 253",
        );
    }
    Ok(name)
}

/// Whether a resolver or a URL parser would read it as an IPv4 address, valid or not: its last part is a number.
fn ends_in_number(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    last.bytes().all(|b| b.is_ascii_digit())
        || last.strip_prefix("0x").is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Parses one to four parts, each decimal, octal (`0`) or hexadecimal (`0x`); the last fills the remaining bytes.
fn parse_ipv4(name: &str) -> Option<Ipv4Addr> {
    let parts = name.split('.').map(parse_number).collect::<Option<Vec<u32>>>()?;
    let (last, first) = parts.split_last()?;
    if first.len() > 3 || first.iter().any(|&part| part > 255) {
        return None;
    }
    let bits_left = 32 - 8 * first.len();
    if u64::from(*last) >= 1 << bits_left {
        return None;
    }
    let high = first.iter().enumerate().fold(0, |sum, (i, part)| sum | part << (24 - 8 * i));
    Some((high | last).into())
}

fn parse_number(part: &str) -> Option<u32> {
    match part.strip_prefix("0x") {
        Some("") => Some(0),
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None if part.len() > 1 && part.starts_with('0') => u32::from_str_radix(part, 8).ok(),
        None => part.parse().ok(),
    }
}
