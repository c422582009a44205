//! From a name to the addresses that may be connected to. Names are looked up here, and every address is decided on.
//! Whoever connects gets these addresses and no others, so it makes no difference if the name changes meanwhile.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use watchkeep_core::grant::{Access, Host};
use watchkeep_core::limits::Limit;

use super::failure::Problem;
use super::guard::{self, Destination};
use super::lookups::Failed;
use super::name_server;
use super::timeline::Timeline;
use crate::call::CallContext;
use crate::contract::transport::{FailureKind, Family, Phase};

/// What is connected to.
pub(crate) struct Sought<'a> {
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    pub(crate) family: Family,
    /// The name server to ask instead of the system.
    pub(crate) resolver: Option<SocketAddr>,
}

/// The addresses that `call` leads to and that may be connected to; at least one.
pub(crate) async fn addresses(
    state: &mut CallContext,
    timeline: &mut Timeline,
    call: &Access<'_>,
    sought: &Sought<'_>,
) -> Result<Vec<SocketAddr>, Problem> {
    let Sought { host, port, family, resolver } = *sought;
    guard::check_words(state, Destination::Other("a name that is looked up"), &[host.as_bytes()])?;
    let parsed = Host::parse(host)
        .map_err(|error| Problem::new(FailureKind::Invalid, Phase::Policy, error.to_string()))?;
    let found = match parsed {
        Host::Address(ip) => vec![ip],
        Host::Name(name) => {
            timeline.looking_up();
            match resolver {
                None => look_up(state, timeline, &name).await?,
                Some(server) => ask(state, server, &name, family).await?,
            }
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
            timeline.resolved();
            Ok(allowed)
        }
    }
}

/// Whoever may connect to a name may have it looked up. Asking this particular server needs a grant of its own.
async fn ask(
    state: &mut CallContext,
    server: SocketAddr,
    name: &str,
    family: Family,
) -> Result<Vec<IpAddr>, Problem> {
    let to_server = Access::NameServer(server);
    if let Err(denial) = state.permit(&to_server) {
        return Err(Problem::new(FailureKind::Denied, Phase::Policy, denial.to_string()));
    }
    state.count_question()?;
    state.network.sent = true;
    let found = name_server::addresses(server, name, family).await?;
    Ok(found.into_iter().map(|ip| ip.to_canonical()).collect())
}

async fn look_up(
    state: &mut CallContext,
    timeline: &mut Timeline,
    name: &str,
) -> Result<Vec<IpAddr>, Problem> {
    let problem = |failed: Failed| match failed {
        Failed::NotFound(message) => Problem::new(FailureKind::NameNotFound, Phase::Name, message),
        Failed::Unanswered(message) => Problem::new(FailureKind::NameServerFailed, Phase::Name, message),
        Failed::Short(shortage) => Problem::short(shortage, Phase::Name),
    };
    let (network, plugin) = (Arc::clone(&state.network.shared), Arc::clone(&state.subject.plugin));
    // A call that is cut off while it waits for a place has not looked anything up.
    timeline.waits_for_host(Some(network.lookups.crowded()));
    let begun = network.lookups.begin(&plugin, name).await.map_err(problem)?;
    timeline.waits_for_host(None);
    begun.answer().await.map(|found| found.to_vec()).map_err(problem)
}

impl CallContext {
    /// One more to a name server, if it may.
    pub(crate) fn count_question(&mut self) -> Result<(), Problem> {
        let max = self.limits.dns_queries;
        if self.network.questions >= max {
            let message = self
                .meet(Limit::DnsQueries, format!("more than {max} questions to name servers in one call"));
            return Err(Problem::new(FailureKind::Limit, Phase::Policy, message));
        }
        self.network.questions += 1;
        Ok(())
    }
}
