//! What a reload changes beside checks, receivers and routes: rights, limits, secrets, roots and the like. Nobody who
//! has given a plugin more than before should read that nothing has changed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;
use std::sync::Arc;

use crate::config::Config;

/// One line for each thing that differs, such as "rights of check `shop`". What is added or removed together with its
/// check, receiver or action gets no line of its own.
pub fn altered(before: &Config, after: &Config) -> Vec<String> {
    let mut told = Vec::new();
    let checks = |config: &Config| -> BTreeMap<String, _> {
        let rights = config.setup.checks.iter().map(|(name, spec)| {
            let general = config.plugins.get(&spec.plugin).map(|settings| settings.allow.clone());
            let own = (config.check_allow.get(name).cloned(), config.check_targets.get(name).cloned());
            (name.to_string(), (own, general, config.check_secrets.get(name).cloned()))
        });
        rights.collect()
    };
    both("rights of check", &checks(before), &checks(after), &mut told);
    let receivers = |config: &Config| -> BTreeMap<String, _> {
        let rights = config.setup.receivers.iter().map(|(name, spec)| {
            let general = config.plugins.get(&spec.plugin).map(|settings| settings.allow.clone());
            let own = (config.receiver_allow.get(name).cloned(), config.receiver_targets.get(name).cloned());
            (name.to_string(), (own, general, config.receiver_secrets.get(name).cloned()))
        });
        rights.collect()
    };
    both("rights of receiver", &receivers(before), &receivers(after), &mut told);
    let actions = |config: &Config| -> BTreeMap<String, _> {
        let rights = config.setup.actions.iter().map(|(name, spec)| {
            let general = config.plugins.get(&spec.plugin).map(|settings| settings.allow.clone());
            (name.to_string(), (config.action_grants.get(name).cloned(), general))
        });
        rights.collect()
    };
    both("rights of action", &actions(before), &actions(after), &mut told);
    let limits = |config: &Config| -> BTreeMap<String, _> {
        let names: BTreeSet<_> = before.plugins.keys().chain(after.plugins.keys()).collect();
        names.into_iter().map(|name| (name.to_string(), config.limits(name))).collect()
    };
    let services = |config: &Config| -> BTreeMap<String, _> {
        config.setup.services.iter().map(|spec| (spec.name.to_string(), Arc::clone(spec))).collect()
    };
    each("service", &services(before), &services(after), &mut told);
    let pages = |config: &Config| -> BTreeMap<String, _> {
        config.setup.status_pages.iter().map(|spec| (spec.name.to_string(), Arc::clone(spec))).collect()
    };
    each("status page", &pages(before), &pages(after), &mut told);
    both("limits of plugin", &limits(before), &limits(after), &mut told);
    if before.oidc != after.oidc {
        told.push("the sign-in by way of `[host.oidc]`".to_owned());
    }
    if before.host.trusted_proxies != after.host.trusted_proxies {
        told.push("`trusted_proxies`".to_owned());
    }
    each("secret", &before.secrets, &after.secrets, &mut told);
    each("socket", &before.sockets, &after.sockets, &mut told);
    each("root", &before.roots, &after.roots, &mut told);
    each("command", &before.commands, &after.commands, &mut told);
    told
}

/// Reports what exists before and after, and differs.
fn both<K: Ord + Display, V: PartialEq>(
    what: &str,
    before: &BTreeMap<K, V>,
    after: &BTreeMap<K, V>,
    told: &mut Vec<String>,
) {
    let differ = after.iter().filter(|(name, value)| before.get(*name).is_some_and(|old| old != *value));
    told.extend(differ.map(|(name, _)| format!("{what} `{name}`")));
}

/// Reports what differs, and also what is added or removed.
fn each<K: Ord + Display, V: PartialEq>(
    what: &str,
    before: &BTreeMap<K, V>,
    after: &BTreeMap<K, V>,
    told: &mut Vec<String>,
) {
    both(what, before, after, told);
    let new = after.keys().filter(|name| !before.contains_key(*name));
    told.extend(new.map(|name| format!("{what} `{name}`, which is new")));
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    told.extend(gone.map(|name| format!("{what} `{name}`, which is gone")));
}
