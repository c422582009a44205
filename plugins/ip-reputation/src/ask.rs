//! Questions to a list: its test, and the addresses.

use std::net::{IpAddr, Ipv4Addr};

use watchkeep_sdk::clipped;
use watchkeep_sdk::dns::{self, Answer};
use watchkeep_sdk::prelude::*;

use crate::config::IpReputation;
use crate::lists::List;
use crate::names;

/// The most codes of one listing.
const CODES_MAX: usize = 10;
const REASONS_MAX: usize = 3;

/// What a list says of one address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Said {
    /// By these answers, with the reasons that the list gives.
    Listed {
        codes: Vec<Ipv4Addr>,
        reasons: Vec<String>,
    },
    NotListed,
    /// Neither, for this reason.
    Unjudged(String),
    /// It has no addresses of this kind.
    NotAsked,
}

/// What it says of each address of the config, in their order. A fault is none of the list's.
pub(crate) fn list(config: &IpReputation, list: &List) -> Result<Vec<Said>, Fault> {
    // The results of its tests for IPv4 and IPv6, once each was made.
    let mut tests: [Option<Option<String>>; 2] = [None, None];
    let mut all = Vec::new();
    for address in config.addresses.0.iter().map(|address| address.0) {
        if !list.has(address) {
            all.push(Said::NotAsked);
            continue;
        }
        let test = &mut tests[usize::from(address.is_ipv6())];
        let failed = match test {
            Some(failed) => failed,
            None => test.insert(failed_test(config, list, address.is_ipv6())?),
        };
        all.push(match failed {
            Some(why) => Said::Unjudged(why.clone()),
            None => listed(config, list, address)?,
        });
    }
    Ok(all)
}

/// Why it is not believed, if it is not: it has to have one address and must not have another.
fn failed_test(config: &IpReputation, list: &List, is_sixth: bool) -> Result<Option<String>, Fault> {
    let [has, has_not] = names::tests(is_sixth);
    let why = match address(config, list, has)? {
        Said::Listed { .. } => match address(config, list, has_not)? {
            Said::NotListed | Said::NotAsked => return Ok(None),
            Said::Listed { .. } => format!("it lists {has_not}, as one that lists everything does"),
            Said::Unjudged(why) => why,
        },
        Said::NotListed | Said::NotAsked => {
            format!("it does not list {has}, which every list has for a test")
        }
        Said::Unjudged(why) => why,
    };
    Ok(Some(why))
}

/// With the reasons, if it is.
fn listed(config: &IpReputation, list: &List, of: IpAddr) -> Result<Said, Fault> {
    let said = address(config, list, of)?;
    let Said::Listed { codes, .. } = said else { return Ok(said) };
    // Why it is there is for people: whether it is there is certain without it.
    let texts = asked(config, &names::of(of, &list.zone), "TXT")?;
    let reasons = texts.iter().flat_map(|answer| answer.records("TXT")).map(|record| reason(&record.data));
    Ok(Said::Listed { codes, reasons: reasons.take(REASONS_MAX).collect() })
}

fn address(config: &IpReputation, list: &List, of: IpAddr) -> Result<Said, Fault> {
    Ok(match asked(config, &names::of(of, &list.zone), "A")? {
        Ok(answer) => read(&answer),
        Err(why) => Said::Unjudged(why),
    })
}

fn asked(config: &IpReputation, name: &str, kind: &str) -> Result<Result<Answer, String>, Fault> {
    let mut question = dns::question(name, kind).timeout(config.timeout);
    if let Some(server) = &config.server {
        question = question.server(server);
    }
    let answer = match question.ask() {
        // What does not fit into a datagram comes over TCP.
        Ok(answer) if answer.truncated => question.tcp().ask(),
        answer => answer,
    };
    match answer {
        Ok(answer) => Ok(Ok(answer)),
        Err(failure) => match failure.as_fault() {
            Some(fault) => Err(fault),
            None => Ok(Err(failure.sentence())),
        },
    }
}

/// What stands in the answer to a question for an address.
pub fn read(answer: &Answer) -> Said {
    match answer.status.as_str() {
        "NXDOMAIN" => return Said::NotListed,
        "NOERROR" => {}
        other => return Said::Unjudged(format!("it says {}", clipped(other))),
    }
    let mut codes = Vec::new();
    for record in answer.records("A") {
        let Ok(code) = record.data.parse::<Ipv4Addr>() else {
            return Said::Unjudged(format!("it answers `{}`", clipped(&record.data)));
        };
        if let Some(why) = no_listing(code) {
            return Said::Unjudged(why);
        }
        // In one order whatever the server's is. Sorting by the library is 6 KB of a component.
        if let Err(at) = codes.binary_search(&code) {
            codes.insert(at, code);
        }
        codes.truncate(CODES_MAX);
    }
    // A name without an address of its own may stand above those of others.
    if codes.is_empty() { Said::NotListed } else { Said::Listed { codes, reasons: Vec::new() } }
}

/// Lists say that they do not answer in the place of an answer.
fn no_listing(code: Ipv4Addr) -> Option<String> {
    let why = match code.octets() {
        [127, 255, 255, 252] => "it refuses: the zone's name is wrong",
        [127, 255, 255, 254] => {
            "it refuses: the question came through a public resolver; hint: name a `server` of your own"
        }
        [127, 255, 255, 255] => "it refuses: too many questions",
        [127, 255, 255, _] => "it refuses",
        [127, 0, 0, 1] => "that is not a block list's answer",
        [127, ..] => return None,
        _ => "that is not a block list's answer; its zone may have lapsed, or the resolver makes answers up",
    };
    Some(format!("{why} ({code})"))
}

/// What a TXT record says, which is anybody's text.
pub fn reason(data: &str) -> String {
    let text = data.trim();
    let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    // Several strings are one text.
    clipped(&bare.replace("\" \"", ""))
}
