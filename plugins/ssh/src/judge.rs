//! What a server showed, held against what the operator expects.

use std::fmt;

use watchkeep_sdk::prelude::*;
use watchkeep_sdk::{clipped, net::span};

use crate::config::{Algorithm, Ssh, UnprovedKeys};
use crate::keys::{self, HostKey, KeyType};
use crate::proof::Unproved;
use crate::visit::{self, Shown, Visit, Wrong};
use crate::weak;
use crate::wire::Offer;

/// The most names of a list in the details.
const NAMES_MAX: usize = 40;

/// What the first connection says, and the host keys.
pub(crate) fn judge(config: &Ssh) -> Verdict {
    let mut wanted = Wanted::of(&config.host_keys.0);
    let first = wanted.next().unwrap_or(KeyType::Ed25519);
    let visit = match visit::open(config, first) {
        Ok(visit) => visit,
        Err(Wrong::Fault(fault, _)) => return Err(fault.into()),
        Err(Wrong::Unanswered(why) | Wrong::Nonsense(why)) => {
            return Ok(Report::critical(why).metric("probe_success", false));
        }
    };
    let mut complaints = Complaints::default();
    if let Some(pattern) = config.banner.as_ref().filter(|pattern| !pattern.is_in(&visit.version)) {
        complaints.critical(format!("the version does not fit `{}`", clipped(pattern.as_str())));
    }
    refused(config, &visit.offer, &mut complaints);
    let took = visit.took();
    complaints.slowness(took, config.response_time_warning, config.response_time_critical);
    let (opened, greeted, offered) = (visit.opened, visit.greeted, visit.offered);
    let (version, offer) = (visit.version.clone(), visit.offer.clone());
    wanted.visit(config, (first, visit), &mut complaints);

    let began = format!("`{}` in {}", clipped(&version), span(took));
    let mut report = complaints.verdict(began)?;
    if !wanted.seen.is_empty() {
        report = report.more_details(lines("host key", &wanted.seen));
    }
    for (what, names) in [
        ("host key types", &offer.key_types),
        ("key exchanges", &offer.exchanges),
        ("ciphers", &offer.ciphers),
        ("MACs", &offer.macs),
    ] {
        report = report.more_details(format!("{what}: {}", some(names)));
    }
    let success = report.state != State::Critical;
    let duration = Metric::response_time(took, config.response_time_warning, config.response_time_critical);
    report = report.metric("probe_success", success).with(duration);
    let phases = [
        ("resolve", opened.name.map(Duration::from_nanos)),
        ("connect", opened.connect.map(Duration::from_nanos)),
        ("banner", Some(greeted)),
        ("offer", Some(offered)),
    ];
    for (phase, span) in phases {
        let Some(span) = span else { continue };
        let metric = Metric::new("probe_ssh_duration_seconds", span.as_secs_f64(), "seconds");
        report = report.with(metric.label("phase", phase));
    }
    Ok(report)
}

/// The names, or only the first ones if a server offers very many.
fn some(names: &[String]) -> String {
    let (shown, more) = names.split_at(names.len().min(NAMES_MAX));
    let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
    shown.join(", ") + &more
}

fn lines(what: &str, all: &[ShownKey]) -> String {
    all.iter().map(|seen| format!("{what} {seen}")).collect::<Vec<_>>().join("\n")
}

/// What the server offers and must not.
fn refused(config: &Ssh, offer: &Offer, complaints: &mut Complaints) {
    let algorithms = &config.refused_algorithms.0;
    let mut hold = |what: &str, offered: &[String], unwanted: &[Algorithm], is_weak: fn(&str) -> bool| {
        let mut named: Vec<&str> = Vec::new();
        for name in offered {
            if unwanted.iter().any(|one| one.covers(name, is_weak)) && !named.contains(&&**name) {
                named.push(name);
            }
        }
        if !named.is_empty() {
            complaints.critical(format!("it offers refused {what}: {}", clipped(&named.join(", "))));
        }
    };
    hold("key types", &offer.key_types, &config.refused_key_types.0, weak::is_key_type);
    hold("key exchanges", &offer.exchanges, algorithms, weak::is_exchange);
    hold("ciphers", &offer.ciphers, algorithms, weak::is_cipher);
    hold("MACs", &offer.macs, algorithms, weak::is_mac);
}

/// A host key that was shown.
struct ShownKey {
    kind: KeyType,
    print: String,
    is_proved: bool,
}

impl fmt::Display for ShownKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}{}",
            self.kind.as_str(),
            self.print,
            if self.is_proved { "" } else { " (not proved)" }
        )
    }
}

/// The host keys that are expected, and those that were shown.
struct Wanted<'c> {
    expected: &'c [HostKey],
    /// Types that were asked for.
    asked: Vec<KeyType>,
    seen: Vec<ShownKey>,
}

impl<'c> Wanted<'c> {
    fn of(expected: &'c [HostKey]) -> Self {
        Wanted { expected, asked: Vec::new(), seen: Vec::new() }
    }

    /// A type of which a key is expected and that was not asked for yet.
    fn next(&self) -> Option<KeyType> {
        let typed = self.expected.iter().filter_map(|key| key.kind);
        typed.into_iter().find(|kind| !self.asked.contains(kind))
    }

    /// Fingerprints without a type that no key has had yet.
    fn open(&self) -> impl Iterator<Item = &'c HostKey> {
        let bare = self.expected.iter().filter(|key| key.kind.is_none());
        bare.filter(|key| !self.seen.iter().any(|seen| seen.print == key.fingerprint))
    }

    /// A connection for each type; the first is there already.
    fn visit(&mut self, config: &Ssh, (first_kind, first): (KeyType, Visit), complaints: &mut Complaints) {
        if self.expected.is_empty() {
            return;
        }
        let offers = first.offer.key_types.clone();
        let is_offered =
            |kind: KeyType| kind.algorithms().iter().any(|one| offers.iter().any(|name| name == one));
        let mut first = Some(first);
        loop {
            let typed = self.next();
            // Then whatever else it has, in the order in which a type was first asked for.
            let other = || {
                self.open().next()?;
                KeyType::ALL.into_iter().find(|kind| is_offered(*kind) && !self.asked.contains(kind))
            };
            let Some(kind) = typed.or_else(other) else { break };
            self.asked.push(kind);
            let visit = first.take().filter(|_| kind == first_kind);
            if !is_offered(kind) {
                complaints.critical(format!(
                    "it offers no host key of the type {}, but {}",
                    kind.as_str(),
                    clipped(&offers.join(", "))
                ));
                continue;
            }
            let is_first = visit.is_some();
            let visit = visit.map_or_else(|| visit::open(config, kind), Ok);
            match visit.and_then(|visit| visit::host_key(visit, kind)) {
                Ok(shown) => self.shown(config.unproved_keys, kind, &shown, complaints),
                Err(Wrong::Nonsense(why)) => complaints.critical(why),
                Err(Wrong::Unanswered(why)) if is_first => complaints.critical(why),
                Err(Wrong::Unanswered(why) | Wrong::Fault(_, why)) => {
                    complaints
                        .open(format!("its host key of the type {} is not known: {why}", kind.as_str()));
                }
            }
        }
        self.unseen(complaints);
    }

    fn shown(&mut self, unproved: UnprovedKeys, kind: KeyType, shown: &Shown, complaints: &mut Complaints) {
        let print = keys::fingerprint(&shown.key);
        let name = kind.as_str();
        let mut of_type = self.expected.iter().filter(|key| key.kind == Some(kind)).peekable();
        if of_type.peek().is_some() {
            let expected: Vec<&str> = of_type.map(|key| &*key.fingerprint).collect();
            if !expected.contains(&&*print) {
                complaints.critical(format!(
                    "another host key: the one of the type {name} is {print}; expected {}",
                    clipped(&expected.join(" or "))
                ));
            }
        }
        let is_expected = self.expected.iter().any(|key| key.fingerprint == print);
        match &shown.proof {
            Ok(()) => {}
            Err(Unproved::Wrong(why)) => complaints.critical(format!(
                "it shows the host key {name} {print} and cannot prove that it owns it: {why}; somebody is in between, \
                 or the server is broken"
            )),
            Err(Unproved::Old(why)) if is_expected => {
                let said = format!(
                    "its host key {name} {print} is not proved to be its own: {why}; hint: `unproved_keys` says what that \
                     counts"
                );
                match unproved {
                    UnprovedKeys::Critical => complaints.critical(said),
                    UnprovedKeys::Warning => complaints.warning(said),
                    UnprovedKeys::Ok => {}
                }
            }
            Err(Unproved::Old(_)) => {}
        }
        self.seen.push(ShownKey { kind, print, is_proved: shown.proof.is_ok() });
    }

    /// Every fingerprint without a type has to be that of some key.
    fn unseen(&self, complaints: &mut Complaints) {
        let unseen: Vec<&str> = self.open().map(|key| &*key.fingerprint).collect();
        if unseen.is_empty() {
            return;
        }
        let seen: Vec<String> = self.seen.iter().map(ShownKey::to_string).collect();
        complaints.critical(format!(
            "no host key is {}; it shows {}",
            clipped(&unseen.join(" nor ")),
            clipped(&seen.join(", "))
        ));
    }
}
