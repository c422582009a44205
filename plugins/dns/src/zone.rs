//! A zone as a whole: whether its name servers agree, and whether the zone above names the same ones.

use std::collections::BTreeMap;

use watchkeep_sdk::dns::{self, Answer, Failure};
use watchkeep_sdk::http::span;
use watchkeep_sdk::prelude::*;

use crate::answer::shown;
use crate::config::Dns;
use crate::{question, values};

/// Of a zone; none of the root's has more than 13.
const NAME_SERVERS_MAX: usize = 20;

/// A name server with its addresses.
struct Server {
    name: String,
    addresses: Vec<String>,
}

/// A serial number and how long it took to get it, or why there is none.
type Serial = Result<(u32, Duration), String>;

pub(crate) fn look(config: &Dns, findings: &mut Vec<Finding>) -> Result<(), Stop> {
    if !(config.serials || config.delegation) {
        return Ok(());
    }
    let servers = match &*config.server.0 {
        [] => match name_servers(config, &config.name)? {
            Ok(servers) => servers,
            Err(why) => {
                findings.push(Finding::new("name servers", State::Critical, why));
                return Ok(());
            }
        },
        named => named
            .iter()
            .map(|address| Server { name: address.clone(), addresses: vec![address.clone()] })
            .collect(),
    };
    if config.serials {
        serials(config, &servers, findings)?;
    }
    if config.delegation {
        findings.push(delegation(config, &servers)?);
    }
    Ok(())
}

/// What a call ends with: a fault ends the run, all else is said.
fn told<T>(called: Result<T, Box<Failure>>) -> Result<Result<T, String>, Stop> {
    match called {
        Ok(value) => Ok(Ok(value)),
        Err(failure) => match failure.as_fault() {
            Some(fault) => Err(fault.into()),
            None => Ok(Err(failure.sentence())),
        },
    }
}

/// Those that the zone names, as the host's resolver finds them.
fn name_servers(config: &Dns, zone: &str) -> Result<Result<Vec<Server>, String>, Stop> {
    let answer = match told(dns::question(zone, "NS").timeout(config.timeout).ask())? {
        Ok(answer) => answer,
        Err(why) => return Ok(Err(why)),
    };
    let names = names(&answer);
    if names.is_empty() {
        return Ok(Err(format!("`{zone}` has no name servers ({})", answer.status)));
    }
    let mut servers = Vec::new();
    for name in names.into_iter().take(NAME_SERVERS_MAX) {
        let mut addresses = Vec::new();
        for kind in ["A", "AAAA"] {
            if let Ok(answer) = told(dns::question(&*name, kind).timeout(config.timeout).ask())? {
                addresses.extend(answer.records(kind).map(|record| values::plain(kind, &record.data)));
            }
        }
        servers.push(Server { name, addresses });
    }
    Ok(Ok(servers))
}

/// The name servers in an answer, or in a referral.
fn names(answer: &Answer) -> Vec<String> {
    let mut names: Vec<String> = answer
        .answers
        .iter()
        .chain(&answer.authorities)
        .filter(|record| record.kind.eq_ignore_ascii_case("NS"))
        .map(|record| values::plain("NS", &record.data))
        .collect();
    names.sort();
    names.dedup();
    names
}

/// Each server is a finding: whether it answers for the zone, and with the serial number that most others have.
fn serials(config: &Dns, servers: &[Server], findings: &mut Vec<Finding>) -> Result<(), Stop> {
    let mut asked: Vec<(String, Serial)> = Vec::new();
    for server in servers {
        if server.addresses.is_empty() {
            asked.push((server.name.clone(), Err("it has no address".to_owned())));
        }
        for address in &server.addresses {
            let who = if *address == server.name {
                address.clone()
            } else {
                format!("{} ({address})", server.name)
            };
            let said = told(question::of_zone(config, &config.name, "SOA", address))?;
            asked.push((who, said.and_then(|answer| serial(&answer))));
        }
    }
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    for (_, said) in &asked {
        if let Ok((serial, _)) = said {
            *counts.entry(*serial).or_default() += 1;
        }
    }
    // The newest: whoever is behind it has not got it yet.
    let newest = counts.keys().copied().reduce(newer);
    for (who, said) in asked {
        let key = format!("serial of {who}");
        findings.push(match said {
            Err(why) => Finding::new(key, State::Critical, format!("{who}: {why}")),
            Ok((serial, took)) => {
                let mut finding = match newest {
                    Some(newest) if newest != serial => Finding::new(
                        key,
                        State::Warning,
                        format!("{who} has serial {serial}, others have {newest}"),
                    ),
                    Some(_) | None => {
                        Finding::new(key, State::Ok, format!("{who} has serial {serial}, in {}", span(took)))
                    }
                };
                finding.metrics.push(Metric::new("dns_serial", f64::from(serial), ""));
                finding
            }
        });
    }
    Ok(())
}

/// By RFC 1982, in which numbers go round.
const fn newer(one: u32, other: u32) -> u32 {
    if other.wrapping_sub(one) < 1 << 31 { other } else { one }
}

fn serial(answer: &Answer) -> Serial {
    if answer.status != "NOERROR" {
        return Err(format!("it says {}", answer.status));
    }
    let Some(record) = answer.records("SOA").next() else {
        return Err("it does not answer for the zone".to_owned());
    };
    if !answer.authoritative {
        return Err("it answers from its memory, not for the zone".to_owned());
    }
    let serial = record.data.split_ascii_whitespace().nth(2).and_then(|word| word.parse().ok());
    serial
        .map(|serial| (serial, answer.elapsed()))
        .ok_or_else(|| "its SOA record has no serial number".to_owned())
}

/// What the zone above says of this one, against what the zone says of itself.
fn delegation(config: &Dns, servers: &[Server]) -> Result<Finding, Stop> {
    const KEY: &str = "delegation";
    let critical = |why: String| Ok(Finding::new(KEY, State::Critical, why));
    let zone = values::plain("NS", &config.name);
    let Some((_, above)) = zone.split_once('.') else {
        return critical(format!("`{zone}` is a zone of the root, whose delegation is not looked at"));
    };
    let mut above = above;
    // A zone may lie several names below the one above it.
    let parents = loop {
        match name_servers(config, above)? {
            Ok(parents) => break parents,
            Err(why) => match above.split_once('.') {
                Some((_, next)) => above = next,
                None => return critical(format!("no zone above `{zone}` was found: {why}")),
            },
        }
    };
    let own = match own_names(config, servers)? {
        Ok(own) => own,
        Err(why) => return critical(format!("the zone itself cannot be asked: {why}")),
    };
    let mut last = "it has no name server with an address".to_owned();
    for address in parents.iter().flat_map(|parent| &parent.addresses) {
        match told(question::of_zone(config, &zone, "NS", address))? {
            Ok(answer) => {
                let above_says = names(&answer);
                if above_says.is_empty() {
                    return critical(format!("`{above}` does not delegate `{zone}` ({})", answer.status));
                }
                return Ok(compared(above, &above_says, &own));
            }
            Err(why) => last = why,
        }
    }
    critical(format!("`{above}` cannot be asked: {last}"))
}

fn own_names(config: &Dns, servers: &[Server]) -> Result<Result<Vec<String>, String>, Stop> {
    let mut last = "it has no name server with an address".to_owned();
    for address in servers.iter().flat_map(|server| &server.addresses) {
        match told(question::of_zone(config, &config.name, "NS", address))? {
            Ok(answer) if answer.authoritative => return Ok(Ok(names(&answer))),
            Ok(answer) => last = format!("{address} does not answer for it ({})", answer.status),
            Err(why) => last = why,
        }
    }
    Ok(Err(last))
}

fn compared(above: &str, above_says: &[String], own: &[String]) -> Finding {
    let missing = |these: &[String], there: &[String]| -> Vec<String> {
        these.iter().filter(|one| !there.contains(one)).cloned().collect()
    };
    let (lost, forgotten) = (missing(above_says, own), missing(own, above_says));
    if lost.is_empty() && forgotten.is_empty() {
        return Finding::new("delegation", State::Ok, format!("`{above}` delegates to {}", shown(own)));
    }
    let mut said = Vec::new();
    if !lost.is_empty() {
        said.push(format!("`{above}` delegates to {}, which the zone does not name", shown(&lost)));
    }
    if !forgotten.is_empty() {
        said.push(format!("the zone names {}, to which `{above}` does not delegate", shown(&forgotten)));
    }
    Finding::new("delegation", State::Warning, said.join("; "))
}
