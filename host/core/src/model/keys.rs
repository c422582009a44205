//! What alerts, groups and deliveries are called: each key names one of them for as long as it lasts.

use std::fmt;

use crate::ids::{CheckName, FindingKey, PluginName, RouteName, SubscriberId, short_hash};
use crate::labels::Labels;

/// A check's place in `Checks`. May be reused after the check was removed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Slot(pub(crate) u32);

/// A group's route and labels.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct GroupKey {
    pub route: RouteName,
    pub labels: Labels,
}

impl GroupKey {
    /// 24 hexadecimal digits: names the group in URLs, the same in every life and after a restart.
    pub fn id(&self) -> String {
        let labels = self.labels.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()]);
        let parts: Vec<&[u8]> = std::iter::once(self.route.as_str().as_bytes()).chain(labels).collect();
        short_hash(&parts)
    }
}

/// What an alert is about. There is at most one open alert per key.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AlertKey {
    Check(CheckName),
    Finding(CheckName, FindingKey),
    /// The check has not been judged by its due time plus grace (rule A2).
    NotJudged(CheckName),
    /// The plugin itself fails, which is its owner's business (rule A2).
    Plugin(PluginName),
    /// The host itself: it is cut off (rule A8), or something is wrong with it.
    Host(HostProblem),
}

/// What may be wrong with the host.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum HostProblem {
    /// The host is cut off, according to its witness.
    Offline,
    /// Starts are late.
    Scheduler,
    /// Nothing becomes durable.
    Store,
    /// Notices do not get through.
    Outbox,
    /// There is soon no room for what is stored.
    Space,
}

impl HostProblem {
    pub const ALL: [HostProblem; 5] = [
        HostProblem::Offline,
        HostProblem::Scheduler,
        HostProblem::Store,
        HostProblem::Outbox,
        HostProblem::Space,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            HostProblem::Offline => "offline",
            HostProblem::Scheduler => "scheduler",
            HostProblem::Store => "store",
            HostProblem::Outbox => "outbox",
            HostProblem::Space => "space",
        }
    }
}

impl AlertKey {
    /// The label `kind` of the alert about a failing plugin.
    pub(crate) const PLUGIN: &str = "plugin";

    pub fn check(&self) -> Option<&CheckName> {
        match self {
            AlertKey::Check(check) | AlertKey::Finding(check, _) | AlertKey::NotJudged(check) => Some(check),
            AlertKey::Plugin(_) | AlertKey::Host(_) => None,
        }
    }
    /// The same key for a check whose name is now `new`.
    pub(crate) fn renamed(&self, new: &CheckName) -> AlertKey {
        match self {
            AlertKey::Check(_) => AlertKey::Check(new.clone()),
            AlertKey::Finding(_, finding) => AlertKey::Finding(new.clone(), finding.clone()),
            AlertKey::NotJudged(_) => AlertKey::NotJudged(new.clone()),
            AlertKey::Plugin(_) | AlertKey::Host(_) => self.clone(),
        }
    }
    pub const fn kind(&self) -> &'static str {
        match self {
            AlertKey::Check(_) => "check",
            AlertKey::Finding(..) => "finding",
            AlertKey::NotJudged(_) => "not-judged",
            AlertKey::Plugin(_) => Self::PLUGIN,
            AlertKey::Host(_) => "host",
        }
    }
}

impl fmt::Display for AlertKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AlertKey::Check(check) => write!(f, "{check}"),
            AlertKey::Finding(check, finding) => write!(f, "{check}/{finding}"),
            AlertKey::NotJudged(check) => write!(f, "{check} (not judged)"),
            AlertKey::Plugin(plugin) => write!(f, "plugin {plugin}"),
            AlertKey::Host(problem) => write!(f, "host {}", problem.as_str()),
        }
    }
}

/// A reason for which notices about a firing alert are held back. The alert is evaluated and recorded all the
/// same (rule A1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Hold {
    Silenced,
    Maintenance,
    Dependency,
    Flapping,
    NotifyHours,
    HostOffline,
}

impl Hold {
    pub const fn as_str(self) -> &'static str {
        match self {
            Hold::Silenced => "silenced",
            Hold::Maintenance => "maintenance",
            Hold::Dependency => "dependency",
            Hold::Flapping => "flapping",
            Hold::NotifyHours => "notify-hours",
            Hold::HostOffline => "host-offline",
        }
    }
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DeliverySubject {
    Alert(AlertKey),
    Group(GroupKey),
    Test,
    /// A check's events, by their thread, or by their id where they have none.
    Event(CheckName, String),
    /// Letters to one subscriber of a status page.
    Subscriber(SubscriberId),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_groups_id_tells_route_names_and_values_apart() {
        let id = |route: &str, labels: &[(&str, &str)]| {
            GroupKey { route: route.into(), labels: labels.iter().copied().collect() }.id()
        };
        let shop = id("root", &[("team", "web"), ("check", "shop")]);
        assert_eq!(shop, id("root", &[("check", "shop"), ("team", "web")]));
        assert_eq!(shop.len(), 24);
        for other in [
            id("roo", &[("tteam", "web"), ("check", "shop")]),
            id("root", &[("check", "shopteam"), ("web", "")]),
            id("root", &[("team", "web")]),
            id("root", &[]),
        ] {
            assert_ne!(shop, other);
        }
    }
}
