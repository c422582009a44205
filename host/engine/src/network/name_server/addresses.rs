//! The addresses of a name, from a name server of the operator's choice.

use std::net::{IpAddr, SocketAddr};

use domain::base::iana::Rcode;
use domain::base::name::{Name, ToName as _};
use domain::base::wire::ParseError;
use domain::base::{Message, RecordSection};
use domain::rdata::{A, Aaaa, Cname};

use super::{Query, over_tcp, over_udp};
use crate::contract::transport::{FailureKind, Family, Phase};
use crate::network::failure::Problem;

/// How many aliases of aliases are followed, as resolvers do.
const ALIASES_MAX: usize = 16;
const ADDRESSES_MAX: usize = 64;

/// The addresses in the order in which they came, IPv6 first if both are asked for. Empty if the name has none of this
/// family.
pub(crate) async fn addresses(
    server: SocketAddr,
    name: &str,
    family: Family,
) -> Result<Vec<IpAddr>, Problem> {
    let (ipv6, ipv4) = match family {
        Family::Any => tokio::join!(of_kind(server, name, "AAAA"), of_kind(server, name, "A")),
        Family::Ipv6 => (of_kind(server, name, "AAAA").await, Ok(Vec::new())),
        Family::Ipv4 => (Ok(Vec::new()), of_kind(server, name, "A").await),
    };
    match (ipv6, ipv4) {
        // One of the two is enough to get there.
        (Ok(mut found), Err(_)) | (Err(_), Ok(mut found)) if !found.is_empty() => {
            found.truncate(ADDRESSES_MAX);
            Ok(found)
        }
        (ipv6, ipv4) => {
            let mut found = ipv6?;
            found.append(&mut ipv4?);
            found.truncate(ADDRESSES_MAX);
            Ok(found)
        }
    }
}

async fn of_kind(server: SocketAddr, name: &str, kind: &str) -> Result<Vec<IpAddr>, Problem> {
    let asked = Query::new(name, kind, true, false).map_err(Problem::invalid)?;
    let bytes = over_udp(&asked, server, &mut 0).await?;
    let is_cut = Message::from_slice(&bytes).is_ok_and(|message| message.header().tc());
    let bytes = if is_cut { over_tcp(&asked, server).await? } else { bytes };
    let message = Message::from_slice(&bytes).map_err(|_| broken(server))?;
    match message.opt_rcode() {
        code if code == Rcode::NOERROR.into() => {
            let answers = message.answer().map_err(|_| broken(server))?;
            told(asked.name(), answers).map_err(|_| broken(server))
        }
        code if code == Rcode::NXDOMAIN.into() => {
            let message = format!("name server `{server}` knows no `{name}`");
            Err(Problem::new(FailureKind::NameNotFound, Phase::Name, message))
        }
        code => {
            let message = format!("name server `{server}` answers {code} when it is asked for `{name}`");
            Err(Problem::new(FailureKind::NameServerFailed, Phase::Name, message))
        }
    }
}

/// The addresses of the name and of what it is an alias for. Others in the answer are ignored.
fn told(name: &Name<Vec<u8>>, answers: RecordSection<'_, [u8]>) -> Result<Vec<IpAddr>, ParseError> {
    let mut names = vec![name.clone()];
    while names.len() <= ALIASES_MAX {
        let last = names.last().expect("it begins with one");
        let mut aliases = answers.limit_to::<Cname<_>>().flatten();
        let Some(alias) = aliases.find(|record| record.owner().name_eq(last)) else { break };
        let target = alias.data().cname().to_name::<Vec<u8>>();
        names.push(target);
    }
    let mut found = Vec::new();
    for record in answers.limit_to::<A>() {
        let record = record?;
        if names.iter().any(|name| record.owner().name_eq(name)) {
            found.push(IpAddr::V4(record.data().addr()));
        }
    }
    for record in answers.limit_to::<Aaaa>() {
        let record = record?;
        if names.iter().any(|name| record.owner().name_eq(name)) {
            found.push(IpAddr::V6(record.data().addr()));
        }
    }
    Ok(found)
}

fn broken(server: SocketAddr) -> Problem {
    let message = format!("name server `{server}` answers with what is not a valid message");
    Problem::new(FailureKind::NameServerFailed, Phase::Name, message)
}
