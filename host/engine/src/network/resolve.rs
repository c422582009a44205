//! From a name to the addresses that may be connected to: names are looked up here and every address is decided.
//! Whoever connects is given these addresses and no other, so that a name which changes meanwhile changes nothing.

use std::net::{IpAddr, SocketAddr};

use watchkeep_core::grant::{Access, Host};

use super::failure::Problem;
use super::guard::{self, Destination};
use super::marks::Marks;
use crate::call::CallState;
use crate::contract::transport::{FailureKind, Family, Phase};

/// The addresses that `call` leads to and that may be connected to; at least one.
pub(crate) async fn addresses(
    state: &mut CallState,
    marks: &mut Marks,
    call: &Access<'_>,
    host: &str,
    port: u16,
    family: Family,
) -> Result<Vec<SocketAddr>, Problem> {
    guard::check_words(state, Destination::Other("a name that is looked up"), &[host.as_bytes()])?;
    let parsed = Host::parse(host)
        .map_err(|error| Problem::new(FailureKind::Invalid, Phase::Policy, error.to_string()))?;
    let found = match parsed {
        Host::Address(ip) => vec![ip],
        Host::Name(name) => {
            marks.looking_up();
            look_up(&name).await?
        }
    };
    let of_family = |ip: &IpAddr| match family {
        Family::Any => true,
        Family::Ipv4 => ip.is_ipv4(),
        Family::Ipv6 => ip.is_ipv6(),
    };
    let mut allowed = Vec::with_capacity(found.len());
    let mut denied = None;
    for ip in found.into_iter().filter(of_family) {
        match state.decide(&Access::Resolved { call, ip }) {
            Ok(()) => allowed.push(SocketAddr::new(ip, port)),
            Err(denial) => denied = Some(denial),
        }
    }
    match (allowed.is_empty(), denied) {
        (true, Some(denial)) => {
            let denial = state.refusals.deny(denial);
            Err(Problem::new(FailureKind::Denied, Phase::Policy, denial.to_string()))
        }
        (true, None) => {
            let message = format!("`{host}` has no address of this family");
            Err(Problem::new(FailureKind::NameNotFound, Phase::Name, message))
        }
        (false, _) => {
            marks.resolved();
            Ok(allowed)
        }
    }
}

async fn look_up(name: &str) -> Result<Vec<IpAddr>, Problem> {
    match tokio::net::lookup_host((name, 0)).await {
        Ok(addresses) => {
            let mut found: Vec<IpAddr> = Vec::new();
            for ip in addresses.map(|address| address.ip().to_canonical()) {
                if !found.contains(&ip) {
                    found.push(ip);
                }
            }
            Ok(found)
        }
        Err(error) => {
            let text = error.to_string();
            // The C library's own words: no code of getaddrinfo reaches us.
            let kind = if text.contains("emporary failure") || text.contains("recoverable") {
                FailureKind::NameServerFailed
            } else {
                FailureKind::NameNotFound
            };
            let text = text.strip_prefix("failed to lookup address information: ").unwrap_or(&text);
            Err(Problem::new(kind, Phase::Name, format!("`{name}` cannot be looked up: {text}")))
        }
    }
}
