//! What an operator writes for the reputation of addresses.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use watchkeep_sdk::config::{Config, OneOrMany, Place, Problems, Schema, Secret, Table, Value, read_url};
use watchkeep_sdk::net::Family;

use crate::lists;

/// The most addresses. Every pair of a list and an address is a metric, and a report has room for a thousand.
const ADDRESSES_MAX: usize = 50;
const OWN_LISTS_MAX: usize = 10;
/// Stands for the address in the URL and the pointer of `volume`.
pub(crate) const ADDRESS: &str = "{address}";

/// Queries block lists about addresses and scores the answers.
#[derive(watchkeep_sdk::Config)]
#[config(check = IpReputation::consistent)]
pub struct IpReputation {
    /// IP addresses that mail is sent from, each a finding of its own.
    #[config(example = ["192.0.2.25", "2001:db8::25"])]
    pub(crate) addresses: OneOrMany<Address>,
    /// The provider of the addresses, for display: a label, and part of the summary.
    #[config(example = "Example Hosting")]
    pub(crate) provider: Option<String>,
    /// The built-in lists to query. Their names must be granted (`dns`).
    #[config(default = ["spamhaus", "barracuda", "spamcop", "uceprotect", "psbl"])]
    pub(crate) lists: Vec<KnownList>,
    /// Further lists, your own or others; their names must be granted too.
    #[config(default)]
    pub(crate) own_lists: Vec<OwnList>,
    /// How much a listing lowers the score of 100, by list, to override the list's own weight.
    #[config(default)]
    pub(crate) weights: Table<Weight>,
    /// How much a policy listing, such as Spamhaus PBL, lowers the score: one that says how an address is meant to be
    /// used, not what it did.
    #[config(default = 40, max = 100)]
    pub(crate) policy_weight: u8,
    /// A listing by one of these is critical, whatever the score; a policy listing alone is not.
    #[config(default = ["spamhaus", "barracuda"])]
    pub(crate) critical_lists: OneOrMany<String>,
    /// A score below this is a warning.
    #[config(default = 70, max = 100)]
    pub(crate) score_warning: u8,
    /// A score below this is critical.
    #[config(max = 100, example = 40)]
    pub(crate) score_critical: Option<u8>,
    /// The effect of lists that could not be judged: `told` only mentions them, `warning` and `unknown` are the state
    /// of a finding that would be ok. If none could be judged, it is always a fault.
    #[config(default = "told")]
    pub(crate) unjudged: Unjudged,
    /// The name server to query, by address, with `:port` if that is not 53. Default: the host's resolver. Lists refuse
    /// resolvers that many share.
    #[config(grants = "dns", example = "192.0.2.53")]
    pub(crate) server: Option<String>,
    /// How long to wait for each answer; never longer than the check's timeout.
    #[config(default = "3s")]
    pub(crate) timeout: Duration,
    /// Where to read the daily volume of mail sent from an address.
    pub(crate) volume: Option<Volume>,
}

/// A built-in list.
#[derive(Clone, Copy, PartialEq, Eq, watchkeep_sdk::Config)]
pub(crate) enum KnownList {
    Spamhaus,
    Barracuda,
    Spamcop,
    Uceprotect,
    Psbl,
}

/// The effect of lists that could not be judged.
#[derive(Clone, Copy, PartialEq, Eq, watchkeep_sdk::Config)]
pub(crate) enum Unjudged {
    Told,
    Warning,
    Unknown,
}

/// A DNS list according to RFC 5782.
#[derive(watchkeep_sdk::Config)]
pub(crate) struct OwnList {
    /// The list's zone, which follows the reversed address in a query.
    #[config(example = "dnsbl.example.com")]
    pub(crate) zone: Zone,
    /// The list's name here, in `weights` and in `critical_lists`; default: the zone.
    #[config(non_empty, example = "ours")]
    pub(crate) name: Option<String>,
    /// How much a listing lowers the score of 100.
    #[config(default = 30, max = 100)]
    pub(crate) weight: u8,
    /// Which addresses the list covers. One without IPv6 addresses cannot pass its test for them.
    #[config(default = "any", example = "ipv4")]
    pub(crate) ip_family: Family,
    /// Answers that mean a policy listing.
    #[config(default, example = ["127.0.0.10"])]
    pub(crate) policy: OneOrMany<Code>,
    /// What to do about a listing, for display.
    #[config(example = "ask at https://dnsbl.example.com/remove")]
    pub(crate) delisting: Option<String>,
}

impl OwnList {
    pub(crate) fn key(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.zone.0)
    }
}

/// A JSON document with a number in it, fetched over HTTP.
#[derive(watchkeep_sdk::Config)]
pub(crate) struct Volume {
    /// The URL to fetch; `{address}` stands for the address. A Prometheus API query works.
    #[config(grants = "http", example = "https://stats.example.com/sent?ip={address}")]
    pub(crate) url: Url,
    /// Where in the answer the number is, as a JSON pointer; `{address}` stands for the address.
    #[config(default = "", example = "/data/result/0/value/1")]
    pub(crate) pointer: Pointer,
    /// A bearer token.
    pub(crate) bearer: Option<Secret>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address(pub(crate) IpAddr);

impl Config for Address {
    const SCHEMA: Schema = Schema::TextLike { json: r#""minLength":2,"maxLength":64"# };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let text = String::read(value, place, problems)?;
        match text.parse::<IpAddr>() {
            // However it is written, it is one address.
            Ok(address) => Some(Address(address.to_canonical())),
            Err(_) => {
                let message = format!(
                    "`{text}` is not an IP address; hint: write `192.0.2.25` or `2001:db8::25`, not a name"
                );
                problems.add(place, message)
            }
        }
    }
}

/// An answer of a list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Code(pub(crate) Ipv4Addr);

impl Config for Code {
    const SCHEMA: Schema = Schema::TextLike { json: r#""pattern":"^127\\.[0-9.]+$""# };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let text = String::read(value, place, problems)?;
        match text.parse::<Ipv4Addr>() {
            Ok(code) if code.octets()[0] == 127 => Some(Code(code)),
            Ok(_) | Err(_) => problems
                .add(place, format!("`{text}` is not a block list's answer; hint: write `127.0.0.10`")),
        }
    }
}

pub(crate) struct Zone(pub(crate) String);

impl Config for Zone {
    const SCHEMA: Schema = Schema::TextLike { json: r#""minLength":1,"maxLength":180"# };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let text = String::read(value, place, problems)?;
        let name = text.trim_end_matches('.');
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        };
        // An address of IPv6 takes 64 characters of the 253 that a name has.
        if name.len() > 180 || !name.split('.').all(is_label) {
            return problems.add(place, format!("`{text}` is not a zone; hint: write `dnsbl.example.com`"));
        }
        Some(Zone(name.to_ascii_lowercase()))
    }
}

/// What a listing takes off.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Weight(pub(crate) u8);

impl Config for Weight {
    const SCHEMA: Schema = Schema::Integer { minimum: Some("0"), maximum: Some("100") };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        match u8::read(value, place, problems)? {
            weight @ 0..=100 => Some(Weight(weight)),
            more => problems.add(place, format!("must be at most 100, not {more}")),
        }
    }
}

pub(crate) struct Url(pub(crate) String);

impl Config for Url {
    const SCHEMA: Schema = Schema::TextLike { json: r#""pattern":"^https?://[^/?#\\s]+[^\\s]*$""# };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let url = read_url(String::read(value, place, problems)?, place, problems)?;
        let host = url.split_once("://").map_or("", |(_, rest)| rest);
        if host.split(['/', '?', '#']).next().is_some_and(|host| host.contains(ADDRESS)) {
            return problems.add(place, "`{address}` belongs in the path or the query, not in the host");
        }
        Some(Url(url))
    }
}

pub(crate) struct Pointer(pub(crate) String);

impl Config for Pointer {
    const SCHEMA: Schema = Schema::TextLike { json: r#""pattern":"^(/.*)?$""# };

    fn read(value: Value, place: &Place<'_>, problems: &mut Problems) -> Option<Self> {
        let text = String::read(value, place, problems)?;
        if !text.is_empty() && !text.starts_with('/') {
            let message = format!(
                "`{text}` is not a JSON pointer; hint: write `/sent/today`, or nothing for the whole answer"
            );
            return problems.add(place, message);
        }
        Some(Pointer(text))
    }
}

impl IpReputation {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        let mut told = |key: &str, message: String| {
            problems.add::<()>(&place.key(key), message);
        };
        let addresses = &self.addresses.0;
        match addresses.len() {
            0 => told("addresses", "names none".to_owned()),
            1..=ADDRESSES_MAX => {}
            many => {
                told("addresses", format!("names {many}; hint: {ADDRESSES_MAX} at most, make checks of them"))
            }
        }
        if let Some(twice) = twice(addresses) {
            told("addresses", format!("`{}` is listed twice", twice.0));
        }
        if let Some(at) = twice(&self.lists) {
            told("lists", format!("`{}` is listed twice", lists::key(*at)));
        }
        if self.lists.is_empty() && self.own_lists.is_empty() {
            told(
                "lists",
                "there is none to ask; hint: leave `lists` out, or name some in `own_lists`".to_owned(),
            );
        }
        if self.own_lists.len() > OWN_LISTS_MAX {
            told("own_lists", format!("names {}; {OWN_LISTS_MAX} at most", self.own_lists.len()));
        }
        if self.lists.is_empty() && self.own_lists.is_empty() {
            return;
        }
        let own: Vec<&str> = self.own_lists.iter().map(OwnList::key).collect();
        if let Some(twice) = twice(&own).or_else(|| own.iter().find(|own| lists::KEYS.contains(own))) {
            told(
                "own_lists",
                format!("`{twice}` is the name of another list; hint: give it a `name` of its own"),
            );
        }
        let is_known = |name: &str| lists::KEYS.contains(&name) || own.contains(&name);
        let weighed = self.weights.0.iter().map(|(name, _)| ("weights", name));
        let critical = self.critical_lists.0.iter().map(|name| ("critical_lists", name));
        for (key, name) in weighed.chain(critical).filter(|(_, name)| !is_known(name)) {
            let all: Vec<&str> = lists::KEYS.into_iter().chain(own.iter().copied()).collect();
            told(key, format!("`{name}` is not a known list; hint: one of `{}`", all.join("`, `")));
        }
        let lists = lists::of(self);
        if let Some(odd) = addresses.iter().find(|one| !lists.iter().any(|list| list.has(one.0))) {
            told("addresses", format!("no list that is asked has addresses such as `{}`", odd.0));
        }
        if self.score_critical.is_some_and(|critical| critical > self.score_warning) {
            told("score_critical", "must not be more than `score_warning`".to_owned());
        }
    }
}

fn twice<T: PartialEq>(all: &[T]) -> Option<&T> {
    all.iter().enumerate().find(|(at, one)| all[..*at].contains(one)).map(|(_, one)| one)
}
