//! From a name to the addresses that may be connected to: names are looked up here and every address is decided.
//! Whoever connects is given these addresses and no other, so that a name which changes meanwhile changes nothing.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use watchkeep_core::grant::{Access, Host};

use super::failure::Problem;
use super::guard::{self, Destination};
use super::lookups::Failed;
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
            look_up(state, marks, &name).await?
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

async fn look_up(state: &mut CallState, marks: &mut Marks, name: &str) -> Result<Vec<IpAddr>, Problem> {
    let problem = |failed: Failed| match failed {
        Failed::NotFound(message) => Problem::new(FailureKind::NameNotFound, Phase::Name, message),
        Failed::Unanswered(message) => Problem::new(FailureKind::NameServerFailed, Phase::Name, message),
        Failed::Short(shortage) => Problem::short(shortage, Phase::Name),
    };
    let (network, plugin) = (Arc::clone(&state.network.shared), Arc::clone(&state.subject.plugin));
    // Whoever is cut off while it waits for a place has not been looking anything up.
    marks.waits_for_host(Some(network.lookups.crowded()));
    let begun = network.lookups.begin(&plugin, name).await.map_err(problem)?;
    marks.waits_for_host(None);
    begun.answer().await.map(|found| found.to_vec()).map_err(problem)
}
