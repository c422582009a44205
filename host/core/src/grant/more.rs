//! Whether a new generation may do more than the one before it. Plugins mark the fields of their config that are
//! grants, so their lists of requests say little: what counts is what a check or receiver may do in effect.

use std::collections::BTreeSet;
use std::fmt;

use super::pattern::{EndpointPattern, HostPattern, OriginPattern, Part};
use super::{Allow, Capability, Host, Requests, Rights, SeriesPattern, SystemPattern};

/// One effective right, in the grammar of `allow`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Right {
    pub capability: Capability,
    pub entry: String,
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.capability, self.entry)
    }
}

/// What `after` may do and `before` may not. `gained_imports` are interfaces that only the new generation imports: what
/// the operator granted for them was out of reach for the old one. If in doubt, it asks.
pub fn asks_for_more(before: &Rights, after: &Rights, gained_imports: &[String]) -> Vec<Right> {
    let held = effective(before);
    let is_new = |right: &Right| {
        let gained = gained_imports.iter().any(|import| opens(import, right.capability));
        gained || !held.iter().any(|known| known.capability == right.capability && covers(known, right))
    };
    effective(after).into_iter().filter(is_new).collect()
}

/// The rights in effect: the targets, and whatever is both granted and requested.
fn effective(rights: &Rights) -> BTreeSet<Right> {
    let listed = |allow: &Allow| -> Vec<Right> {
        allow.entries().map(|(capability, entry)| Right { capability, entry }).collect()
    };
    let mut all: BTreeSet<Right> =
        rights.targets.iter().flat_map(|target| listed(target.as_allow())).collect();
    let allowed = listed(&rights.allow);
    match &rights.requests {
        Requests::Unstated => all.extend(allowed),
        Requests::Stated(stated) => {
            let stated = listed(stated);
            for allow in &allowed {
                all.extend(stated.iter().filter_map(|request| both(allow, request)));
            }
        }
    }
    all
}

fn both(allow: &Right, request: &Right) -> Option<Right> {
    if allow.capability != request.capability {
        return None;
    }
    if covers(request, allow) {
        return Some(allow.clone());
    }
    if covers(allow, request) {
        return Some(request.clone());
    }
    match (Pattern::of(allow), Pattern::of(request)) {
        (Some(a), Some(b)) if !a.meets(&b) => None,
        // Neither contains the other, so both are shown.
        (Some(_), Some(_)) => Some(within(request, allow)),
        (_, _) => match allow.capability {
            // Names are the same or unrelated.
            Capability::Reveal | Capability::NetLocal | Capability::Files | Capability::Commands => None,
            // Whether one contains the other is not determined, so both are shown.
            Capability::Http
            | Capability::Net
            | Capability::Dns
            | Capability::Icmp
            | Capability::HttpLocal
            | Capability::Snapshots
            | Capability::TlsUnverified
            | Capability::ServerName => Some(within(request, allow)),
            Capability::System => {
                let both = machine_of(allow).zip(machine_of(request));
                both.filter(|(allow, request)| allow.meets(request)).map(|_| within(request, allow))
            }
        },
    }
}

fn within(request: &Right, allow: &Right) -> Right {
    Right { capability: allow.capability, entry: format!("{} within {}", request.entry, allow.entry) }
}

fn covers(wide: &Right, narrow: &Right) -> bool {
    wide.entry == narrow.entry
        || series_covers(wide, narrow)
        || machine_of(wide).zip(machine_of(narrow)).is_some_and(|(wide, narrow)| wide.covers(&narrow))
        || match (Pattern::of(wide), Pattern::of(narrow)) {
            (Some(wide), Some(narrow)) => wide.covers(&narrow),
            (_, _) => false,
        }
}

fn series_covers(wide: &Right, narrow: &Right) -> bool {
    let series = |right: &Right| match right.capability {
        Capability::Snapshots => SeriesPattern::parse(&right.entry).ok(),
        _ => None,
    };
    matches!((series(wide), series(narrow)), (Some(wide), Some(narrow)) if wide.holds(&narrow))
}

/// The entry, if it is about this machine.
fn machine_of(right: &Right) -> Option<SystemPattern> {
    let entry = (right.capability == Capability::System).then_some(&right.entry)?;
    SystemPattern::parse(entry).ok()
}

/// Whether the capability is out of reach without this interface.
fn opens(import: &str, capability: Capability) -> bool {
    match import {
        "secrets" => capability == Capability::Reveal,
        "http" | "net" => {
            let local = if import == "net" { Capability::NetLocal } else { Capability::HttpLocal };
            capability.as_str() == import
                || capability == local
                || matches!(capability, Capability::TlsUnverified | Capability::ServerName)
        }
        other => capability.as_str() == other,
    }
}

/// An entry of a capability for places on the network.
struct Pattern {
    /// Scheme and port; `None` if the capability has neither.
    door: Option<(Part<super::Scheme>, Option<Part<u16>>)>,
    host: HostPattern,
}

impl Pattern {
    fn of(right: &Right) -> Option<Pattern> {
        let origin = |pattern: OriginPattern| {
            let default = match pattern.scheme {
                Part::Only(scheme) => scheme.default_port().map(Part::Only),
                Part::Any => None,
            };
            Pattern { door: Some((pattern.scheme, pattern.port.or(default))), host: pattern.host }
        };
        match right.capability.as_str() {
            "http" | "tls_unverified" => OriginPattern::parse(&right.entry).ok().map(origin),
            "net" => {
                EndpointPattern::parse(&right.entry).ok().map(|pattern| origin(pattern.as_origin().clone()))
            }
            "icmp" | "server_name" => {
                HostPattern::parse(&right.entry).ok().map(|host| Pattern { door: None, host })
            }
            // Names, and pairs of names: only the same entry is the same right.
            _ => None,
        }
    }
    fn covers(&self, narrow: &Pattern) -> bool {
        let doors = match (&self.door, &narrow.door) {
            (Some((scheme, port)), Some((other_scheme, other_port))) => {
                part_covers(scheme, other_scheme) && port_covers(port.as_ref(), other_port.as_ref())
            }
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        doors && host_covers(&self.host, &narrow.host)
    }
    /// Whether any access fits both. Hosts are nested or disjoint, so either one covers the other or they have nothing
    /// in common.
    fn meets(&self, other: &Pattern) -> bool {
        let doors = match (&self.door, &other.door) {
            (Some((scheme, port)), Some((other_scheme, other_port))) => {
                let ports = match (port, other_port) {
                    (Some(port), Some(other)) => part_covers(port, other) || part_covers(other, port),
                    (_, _) => true,
                };
                ports && (part_covers(scheme, other_scheme) || part_covers(other_scheme, scheme))
            }
            (_, _) => true,
        };
        doors && (host_covers(&self.host, &other.host) || host_covers(&other.host, &self.host))
    }
}

fn part_covers<T: PartialEq>(wide: &Part<T>, narrow: &Part<T>) -> bool {
    *wide == Part::Any || wide == narrow
}

/// Whether a port covers another. `None` is the default port of the scheme in use.
fn port_covers(wide: Option<&Part<u16>>, narrow: Option<&Part<u16>>) -> bool {
    match (wide, narrow) {
        (Some(Part::Any), _) | (None, None) => true,
        (Some(wide), Some(narrow)) => part_covers(wide, narrow),
        (Some(Part::Only(_)), None) | (None, Some(_)) => false,
    }
}

fn host_covers(wide: &HostPattern, narrow: &HostPattern) -> bool {
    match (wide, narrow) {
        (HostPattern::Any, _) => true,
        (wide, HostPattern::Exact(host)) => wide.covers(host),
        (HostPattern::Below(wide), HostPattern::Below(narrow)) => narrow.ends_with(&**wide),
        (HostPattern::Network(wide), HostPattern::Network(narrow)) => wide.contains(narrow),
        (HostPattern::Exact(Host::Address(ip)), HostPattern::Network(network)) => {
            network.prefix_len() == network.max_prefix_len() && network.contains(ip)
        }
        (
            HostPattern::Exact(_) | HostPattern::Below(_) | HostPattern::Network(_),
            HostPattern::Any | HostPattern::Below(_) | HostPattern::Network(_),
        ) => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::grant::Aim;
    use crate::grant::Ceiling;
    use crate::grant::Target;

    fn allow(entries: &[(&str, &str)]) -> Allow {
        let mut allow = Allow::default();
        entries.iter().for_each(|(capability, entry)| allow.parse_entry(capability, entry).unwrap());
        allow
    }
    fn rights(requests: Requests, granted: &[(&str, &str)], targets: &[(&str, &str)]) -> Rights {
        Rights {
            plugin: "p".into(),
            requests,
            allow: allow(granted).into(),
            targets: targets.iter().map(|(of, value)| Target::from_config(of, value).unwrap()).collect(),
            ceiling: Arc::new(Ceiling::default()),
            aim: Aim::Act,
        }
    }
    fn more(before: &Rights, after: &Rights) -> Vec<String> {
        asks_for_more(before, after, &[]).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_field_that_is_newly_marked_is_more() {
        let before = rights(Requests::Unstated, &[], &[("http", "https://a.example/x")]);
        let after = rights(
            Requests::Unstated,
            &[],
            &[("http", "https://a.example/y"), ("http", "https://b.example/")],
        );
        assert_eq!(more(&before, &after), ["http: https://b.example"]);
        assert!(more(&after, &before).is_empty(), "less is never more");
        assert!(more(&before, &before).is_empty());
    }

    #[test]
    fn what_was_granted_already_is_not_more_when_it_is_marked() {
        let before = rights(Requests::Unstated, &[("http", "https://*.example.com")], &[]);
        let after = rights(
            Requests::Unstated,
            &[("http", "https://*.example.com")],
            &[("http", "https://a.example.com/")],
        );
        assert!(more(&before, &after).is_empty());
    }

    #[test]
    fn a_request_is_more_only_as_far_as_it_was_granted() {
        let granted = [("http", "https://*.example.com"), ("net", "tcp://db.example.com:5432")];
        let asks =
            |entries: &[(&str, &str)]| rights(Requests::Stated(Arc::new(allow(entries))), &granted, &[]);
        let before = asks(&[("http", "https://api.example.com")]);
        assert!(more(&before, &asks(&[("http", "https://elsewhere.org")])).is_empty(), "nobody granted it");
        assert_eq!(
            more(&before, &asks(&[("http", "https://api.example.com"), ("http", "https://cdn.example.com")])),
            ["http: https://cdn.example.com"]
        );
        assert_eq!(more(&before, &asks(&[("http", "*://*:*")])), ["http: https://*.example.com"]);
        assert_eq!(
            more(&before, &rights(Requests::Unstated, &granted, &[])),
            ["http: https://*.example.com", "net: tcp://db.example.com:5432"]
        );
        assert_eq!(
            more(&before, &asks(&[("http", "*://cdn.example.com")])),
            ["http: *://cdn.example.com within https://*.example.com"],
            "neither holds the other"
        );
    }

    #[test]
    fn an_interface_that_only_the_new_one_imports_opens_what_was_granted() {
        let both = rights(Requests::Unstated, &[("http", "https://a.example"), ("reveal", "key")], &[]);
        assert!(asks_for_more(&both, &both, &["log".to_owned()]).is_empty());
        let told: Vec<String> =
            asks_for_more(&both, &both, &["secrets".to_owned()]).iter().map(ToString::to_string).collect();
        assert_eq!(told, ["reveal: key"]);
        let sockets =
            rights(Requests::Unstated, &[("net_local", "redis"), ("http_local", "docker GET /")], &[]);
        let told: Vec<String> =
            asks_for_more(&sockets, &sockets, &["net".to_owned()]).iter().map(ToString::to_string).collect();
        assert_eq!(told, ["net_local: redis"]);
    }

    #[test]
    fn of_this_machine_a_wider_pattern_is_more() {
        let granted = [("system", "units:*"), ("system", "disks")];
        let asks =
            |entries: &[(&str, &str)]| rights(Requests::Stated(Arc::new(allow(entries))), &granted, &[]);
        let before = asks(&[("system", "units:nginx*")]);
        assert!(more(&before, &asks(&[("system", "units:nginx.service")])).is_empty());
        assert_eq!(more(&before, &asks(&[("system", "units:*")])), ["system: units:*"]);
        assert_eq!(more(&before, &asks(&[("system", "disks")])), ["system: disks"]);
        assert!(more(&before, &asks(&[("system", "load")])).is_empty(), "nobody granted it");
        let granted = [("system", "units:*.service")];
        let apart =
            |entries: &[(&str, &str)]| rights(Requests::Stated(Arc::new(allow(entries))), &granted, &[]);
        let both = apart(&[("system", "units:nginx*")]);
        let told = ["system: units:nginx* within units:*.service"];
        assert_eq!(more(&apart(&[]), &both), told, "neither holds the other");
        assert!(more(&both, &both).is_empty());
    }

    #[test]
    fn what_is_not_compared_is_asked_about() {
        let granted = [("dns", "*.example.com")];
        let before = rights(Requests::Stated(Arc::new(allow(&[]))), &granted, &[]);
        let after = rights(Requests::Stated(Arc::new(allow(&[("dns", "a.example.com")]))), &granted, &[]);
        assert_eq!(more(&before, &after), ["dns: a.example.com within *.example.com"]);
    }
}
