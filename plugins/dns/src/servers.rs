//! The name servers of a zone and their addresses, as the host's resolver finds them.

use std::collections::BTreeSet;
use std::net::IpAddr;

use watchkeep_sdk::dns::Answer;
use watchkeep_sdk::net::Family;
use watchkeep_sdk::prelude::*;

use crate::config::Dns;
use crate::{question, values};

/// The most name servers of a zone; the root has 13.
const NAME_SERVERS_MAX: usize = 20;
/// The most addresses of one server that are asked: a zone that names thousands must not use up the host's limits.
const ADDRESSES_MAX: usize = 8;

/// A name server with its addresses.
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) addresses: Vec<String>,
    /// Why an address could not be looked up.
    why: Option<String>,
}

pub(crate) enum Found {
    Servers(Vec<Server>),
    /// There are none: it is no zone.
    None(String),
    /// Nobody knows, and why.
    Unknown(String),
}

impl Server {
    /// By its address.
    pub(crate) fn named(address: &str) -> Server {
        Server { name: address.to_owned(), addresses: vec![address.to_owned()], why: None }
    }
    /// Why it has no address.
    pub(crate) fn lack(&self) -> String {
        match &self.why {
            Some(why) => format!("its address cannot be found: {why}"),
            None => "it has no address".to_owned(),
        }
    }
}

pub(crate) fn of(config: &Dns, zone: &str) -> Result<Found, Stop> {
    let answer = match question::of_resolver(config, zone, "NS") {
        Ok(answer) => answer,
        Err(none) => return Ok(Found::Unknown(none.told()?)),
    };
    if !matches!(&*answer.status, "NOERROR" | "NXDOMAIN") {
        let why = format!(
            "the name servers of `{zone}` cannot be found: the host's resolver says {}",
            answer.status
        );
        return Ok(Found::Unknown(why));
    }
    let names = names(&answer, zone);
    if names.is_empty() {
        return Ok(Found::None(format!("`{zone}` has no name servers ({})", answer.status)));
    }
    let mut servers = Vec::new();
    for name in names.into_iter().take(NAME_SERVERS_MAX) {
        servers.push(found(config, name)?);
    }
    Ok(Found::Servers(servers))
}

fn found(config: &Dns, name: String) -> Result<Server, Stop> {
    let kinds: &[&str] = match config.ip_family {
        Family::Any => &["A", "AAAA"],
        Family::Ipv4 => &["A"],
        Family::Ipv6 => &["AAAA"],
    };
    let mut server = Server { name, addresses: Vec::new(), why: None };
    for kind in kinds {
        match question::of_resolver(config, &server.name, kind) {
            Ok(answer) if matches!(&*answer.status, "NOERROR" | "NXDOMAIN") => {
                server.addresses.extend(answer.records(kind).filter_map(|record| address(&record.data)));
            }
            Ok(answer) => server.why = Some(format!("the host's resolver says {}", answer.status)),
            Err(none) => server.why = Some(none.told()?),
        }
    }
    let mut seen = BTreeSet::new();
    server.addresses.retain(|address| seen.insert(address.clone()));
    server.addresses.truncate(ADDRESSES_MAX);
    Ok(server)
}

/// In the form in which servers are named.
fn address(data: &str) -> Option<String> {
    data.trim().parse::<IpAddr>().ok().map(|address| address.to_string())
}

/// The name servers of this zone in an answer, or in a referral to it. Whoever does not know it may refer to another.
pub(crate) fn names(answer: &Answer, zone: &str) -> Vec<String> {
    let zone = values::plain("NS", zone);
    let mut names: Vec<String> = answer
        .answers
        .iter()
        .chain(&answer.authorities)
        .filter(|record| record.kind.eq_ignore_ascii_case("NS") && values::plain("NS", &record.name) == zone)
        .map(|record| values::plain("NS", &record.data))
        .collect();
    names.sort();
    names.dedup();
    names
}
