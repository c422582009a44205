//! A zone as a whole: whether its name servers agree on its serial number.

use std::collections::BTreeMap;
use std::time::Duration;

use watchkeep_sdk::dns::Answer;
use watchkeep_sdk::http::span;
use watchkeep_sdk::prelude::*;

use crate::config::Dns;
use crate::servers::{Found, Server};
use crate::{delegation, question, servers};

/// A serial number and how long it took to get it, or why there is none.
type Serial = Result<(u32, Duration), String>;

pub(crate) fn look(config: &Dns, findings: &mut Vec<Finding>) -> Result<(), Stop> {
    if !(config.serials || config.delegation) {
        return Ok(());
    }
    let servers = match &*config.server.0 {
        [] => match servers::of(config, &config.name)? {
            Found::Servers(servers) => servers,
            Found::None(why) | Found::Unknown(why) => {
                findings.push(Finding::new("name servers", State::Critical, why));
                return Ok(());
            }
        },
        named => named.iter().map(|address| Server::named(address)).collect(),
    };
    if config.serials {
        serials(config, &servers, findings)?;
    }
    if config.delegation {
        findings.push(delegation::judge(config, &servers)?);
    }
    Ok(())
}

/// Each server is a finding: whether it answers for the zone, and with the newest serial number of all.
fn serials(config: &Dns, servers: &[Server], findings: &mut Vec<Finding>) -> Result<(), Stop> {
    let mut asked: Vec<(String, Serial)> = Vec::new();
    for server in servers {
        if server.addresses.is_empty() {
            asked.push((server.name.clone(), Err(server.lack())));
        }
        for address in &server.addresses {
            let who = if *address == server.name {
                address.clone()
            } else {
                format!("{} ({address})", server.name)
            };
            let said = match question::of_zone(config, &config.name, "SOA", address) {
                Ok(answer) => serial(&answer),
                Err(none) => Err(none.told()?),
            };
            asked.push((who, said));
        }
    }
    let mut counts: BTreeMap<u32, usize> = BTreeMap::new();
    for (_, said) in &asked {
        if let Ok((serial, _)) = said {
            *counts.entry(*serial).or_default() += 1;
        }
    }
    // Whoever is behind the newest has not got it yet.
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
        return Err(format!("it says {}; expected NOERROR", answer.status));
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
