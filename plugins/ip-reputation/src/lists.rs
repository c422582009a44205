//! The lists that there are, and what is known of them.

use std::net::{IpAddr, Ipv4Addr};

use watchkeep_sdk::net::Family;

use crate::config::{IpReputation, KnownList};

/// A list as it is asked and weighed.
pub(crate) struct List {
    /// As the config names it.
    pub(crate) key: String,
    /// For people.
    pub(crate) name: String,
    pub(crate) zone: String,
    /// What a listing takes off the score.
    pub(crate) weight: u8,
    /// What a listing by policy alone does.
    pub(crate) policy_weight: u8,
    /// Answers that say how an address is meant to be used, and nothing of what it did.
    policy: Vec<Ipv4Addr>,
    family: Family,
    is_critical: bool,
    meanings: &'static [(u8, &'static str)],
    delisting: Option<String>,
    /// Where that is done.
    pub(crate) link: Option<&'static str>,
}

/// By the last number of the answer.
const SPAMHAUS: &[(u8, &str)] = &[
    (2, "SBL"),
    (3, "CSS"),
    (4, "XBL"),
    (5, "XBL"),
    (6, "XBL"),
    (7, "XBL"),
    (9, "DROP"),
    (10, "PBL"),
    (11, "PBL"),
];

struct Known {
    key: &'static str,
    name: &'static str,
    zone: &'static str,
    weight: u8,
    family: Family,
    meanings: &'static [(u8, &'static str)],
    policy: &'static [u8],
    /// What to do at `link`.
    delisting: &'static str,
    link: &'static str,
}

const fn known(list: KnownList) -> Known {
    let plain = Known {
        key: "",
        name: "",
        zone: "",
        weight: 0,
        family: Family::Ipv4,
        meanings: &[],
        policy: &[],
        delisting: "",
        link: "",
    };
    match list {
        KnownList::Spamhaus => Known {
            key: "spamhaus",
            name: "Spamhaus ZEN",
            zone: "zen.spamhaus.org",
            weight: 60,
            family: Family::Any,
            meanings: SPAMHAUS,
            policy: &[10, 11],
            delisting: "end the cause, then look the address up and ask for its removal",
            link: "https://check.spamhaus.org/",
        },
        KnownList::Barracuda => Known {
            key: "barracuda",
            name: "Barracuda",
            zone: "b.barracudacentral.org",
            weight: 40,
            delisting: "end the cause, then ask for its removal",
            link: "https://www.barracudacentral.org/rbl/removal-request",
            ..plain
        },
        KnownList::Spamcop => Known {
            key: "spamcop",
            name: "SpamCop",
            zone: "bl.spamcop.net",
            weight: 35,
            delisting: "end the cause: it goes by itself a day after the last report",
            link: "https://www.spamcop.net/bl.shtml",
            ..plain
        },
        KnownList::Uceprotect => Known {
            key: "uceprotect",
            name: "UCEPROTECT 1",
            zone: "dnsbl-1.uceprotect.net",
            weight: 20,
            delisting: "end the cause: it goes by itself after seven days",
            link: "https://www.uceprotect.net/en/rblcheck.php",
            ..plain
        },
        KnownList::Psbl => Known {
            key: "psbl",
            name: "PSBL",
            zone: "psbl.surriel.com",
            weight: 20,
            delisting: "end the cause, then remove the address",
            link: "https://psbl.org/remove",
            ..plain
        },
    }
}

pub(crate) const KEYS: [&str; 5] = [
    known(KnownList::Spamhaus).key,
    known(KnownList::Barracuda).key,
    known(KnownList::Spamcop).key,
    known(KnownList::Uceprotect).key,
    known(KnownList::Psbl).key,
];

pub(crate) const fn key(list: KnownList) -> &'static str {
    known(list).key
}

/// All that the config asks, with its weights.
pub(crate) fn of(config: &IpReputation) -> Vec<List> {
    let is_critical = |key: &str| config.critical_lists.0.iter().any(|critical| critical == key);
    let weight = |key: &str, weight: u8| {
        config.weights.0.iter().find(|(list, _)| list == key).map_or(weight, |(_, weight)| weight.0)
    };
    let known = config.lists.iter().map(|list| {
        let Known { key, name, zone, weight: own, family, meanings, policy, delisting, link } = known(*list);
        List {
            key: key.to_owned(),
            name: name.to_owned(),
            zone: zone.to_owned(),
            weight: weight(key, own),
            policy_weight: config.policy_weight,
            policy: policy.iter().map(|last| Ipv4Addr::new(127, 0, 0, *last)).collect(),
            family,
            is_critical: is_critical(key),
            meanings,
            delisting: Some(format!("{delisting}, at {link}")),
            link: Some(link),
        }
    });
    let own = config.own_lists.iter().map(|list| List {
        key: list.key().to_owned(),
        name: list.key().to_owned(),
        zone: list.zone.0.clone(),
        weight: weight(list.key(), list.weight),
        policy_weight: config.policy_weight,
        policy: list.policy.0.iter().map(|code| code.0).collect(),
        family: list.ip_family,
        is_critical: is_critical(list.key()),
        meanings: &[],
        delisting: list.delisting.clone(),
        link: None,
    });
    known.chain(own).collect()
}

impl List {
    /// Whether it has addresses of this kind at all.
    pub(crate) fn has(&self, address: IpAddr) -> bool {
        match self.family {
            Family::Any => true,
            Family::Ipv4 => address.is_ipv4(),
            Family::Ipv6 => address.is_ipv6(),
        }
    }
    /// Whether a listing says nothing but how the address is meant to be used.
    pub(crate) fn is_policy(&self, codes: &[Ipv4Addr]) -> bool {
        codes.iter().all(|code| self.policy.contains(code))
    }
    /// What such a listing takes off the score.
    pub(crate) fn weighs(&self, codes: &[Ipv4Addr]) -> u8 {
        if self.is_policy(codes) { self.policy_weight } else { self.weight }
    }
    pub(crate) fn is_critical(&self, codes: &[Ipv4Addr]) -> bool {
        self.is_critical && !self.is_policy(codes)
    }
    /// `127.0.0.2 SBL`.
    pub(crate) fn meaning(&self, code: Ipv4Addr) -> String {
        let [_, middle @ .., last] = code.octets();
        let found = self.meanings.iter().find(|(known, _)| *known == last && middle == [0, 0]);
        found.map_or_else(|| code.to_string(), |(_, meaning)| format!("{code} {meaning}"))
    }
    pub(crate) fn delisting(&self) -> Option<&str> {
        self.delisting.as_deref()
    }
}
