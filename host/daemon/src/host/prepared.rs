//! A config in force, as runs, deliveries and actions need it: rights, limits and secrets of every one of them,
//! made once at a reload instead of at every run.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::Semaphore;
use watchkeep_config::Config;
use watchkeep_core::grant::{Aim, Allow, Ceiling, GrantedBy, Requests, Rights, Target};
use watchkeep_core::ids::{ActionName, CheckName, Digest, PluginName, ReceiverName, SecretName};
use watchkeep_core::setup::{Setup, Work};
use watchkeep_core::time::{Local, Zone};
use watchkeep_engine::{Limits, Ports};

use super::clock::wall;
use super::plugins::Catalogue;
use super::ports::{NamedSecrets, StoredState};

pub(crate) struct InForce {
    pub(crate) config: Arc<Config>,
    /// The config's setup, to be passed on.
    pub(crate) setup: Arc<Setup>,
    /// What runs. Swapped together with the rights that follow from it.
    pub(crate) catalogue: Arc<Catalogue>,
    checks: HashMap<CheckName, Arc<Prepared>>,
    receivers: HashMap<ReceiverName, Arc<Prepared>>,
    actions: HashMap<ActionName, Arc<Prepared>>,
    /// Heartbeat checks by the hash of their key, so that the time of a look-up says nothing about how close a guess
    /// was.
    heartbeats: HashMap<Digest, CheckName>,
}

/// What belongs to the host itself. No plugin reaches it, whatever a later config says.
#[derive(Clone, Default)]
pub(crate) struct HostEndpoints {
    pub(crate) listeners: Vec<SocketAddr>,
    /// The host's own sockets, links resolved.
    pub(crate) sockets: Vec<PathBuf>,
    /// The host's own files: the data folder in use, links resolved.
    pub(crate) files: Vec<PathBuf>,
}

/// What one check or receiver brings to each of its calls.
pub(crate) struct Prepared {
    pub(crate) rights: Arc<Rights>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) ports: Arc<Ports>,
    /// Limits how many runs of its plugin may be under way at once.
    pub(crate) permits: Arc<Semaphore>,
}

impl InForce {
    pub(crate) fn new(
        config: Arc<Config>,
        catalogue: Arc<Catalogue>,
        own: HostEndpoints,
        kept: StoredState,
        before: Option<&InForce>,
    ) -> Self {
        let ceiling = Arc::new(Ceiling {
            private_networks: config.host.private_networks.clone(),
            own_listeners: own.listeners,
            sockets: config.sockets.clone(),
            own_sockets: own.sockets,
            roots: config.roots.clone(),
            closed: closed(&config, own.files),
            commands: config.commands.clone(),
            granted_by: GrantedBy::Config,
        });
        let permits = before.map_or_else(BTreeMap::new, |before| before.permits(&config));
        let mut maker = Maker::new(&config, &catalogue, ceiling, kept, permits);
        let checks = config
            .setup
            .checks
            .values()
            .map(|spec| {
                let name = &spec.name;
                let part = Part {
                    allow: config.check_allow.get(name),
                    targets: config.check_targets.get(name).map_or(&[], Vec::as_slice),
                    secrets: config.check_secrets.get(name).map_or(&[], Vec::as_slice),
                    zone: config.zone,
                };
                (name.clone(), maker.prepare(&spec.plugin, part))
            })
            .collect();
        let mut receivers: HashMap<_, _> = config
            .setup
            .receivers
            .values()
            .map(|spec| {
                let name = &spec.name;
                let part = Part {
                    allow: config.receiver_allow.get(name),
                    targets: config.receiver_targets.get(name).map_or(&[], Vec::as_slice),
                    secrets: config.receiver_secrets.get(name).map_or(&[], Vec::as_slice),
                    zone: config.receiver_zones.get(name).copied().unwrap_or(config.zone),
                };
                (name.clone(), maker.prepare(&spec.plugin, part))
            })
            .collect();
        let actions = config.setup.actions.values().map(|spec| {
            let grants = config.action_grants.get(&spec.name);
            let part = Part {
                allow: grants.map(|grants| &grants.allow),
                targets: grants.map_or(&[], |grants| &grants.targets),
                secrets: grants.map_or(&[], |grants| &grants.secrets),
                zone: config.zone,
            };
            (spec.name.clone(), maker.prepare(&spec.plugin, part))
        });
        let actions = actions.collect();
        // A receiver that left the config is still owed the end of what it was told (rule A11). Its rights and secrets
        // stay in memory until the host stops, and are kept nowhere else.
        for (name, retired) in before.iter().flat_map(|before| &before.receivers) {
            receivers.entry(name.clone()).or_insert_with(|| retired.clone());
        }
        let heartbeats = config.setup.checks.values().filter_map(|spec| match &spec.work {
            Work::Heartbeat(heartbeat) => Some((Digest::of(heartbeat.key.as_bytes()), spec.name.clone())),
            Work::Plugin | Work::Rule(_) => None,
        });
        let heartbeats = heartbeats.collect();
        let setup = Arc::new(config.setup.clone());
        Self { config, setup, catalogue, checks, receivers, actions, heartbeats }
    }

    /// The permits of plugins whose limit does not change are kept: a swap must not double how many runs are under way.
    fn permits(&self, next: &Config) -> BTreeMap<PluginName, Arc<Semaphore>> {
        let limit = |config: &Config, plugin: &PluginName| config.limits(plugin).concurrency;
        let checks =
            self.config.setup.checks.values().map(|spec| (&spec.plugin, self.checks.get(&spec.name)));
        let receivers =
            self.config.setup.receivers.values().map(|spec| (&spec.plugin, self.receivers.get(&spec.name)));
        let actions =
            self.config.setup.actions.values().map(|spec| (&spec.plugin, self.actions.get(&spec.name)));
        let mut permits = BTreeMap::new();
        for (plugin, prepared) in checks.chain(receivers).chain(actions) {
            let Some(prepared) = prepared else { continue };
            if !permits.contains_key(plugin) && limit(&self.config, plugin) == limit(next, plugin) {
                permits.insert(plugin.clone(), prepared.permits.clone());
            }
        }
        permits
    }

    /// What every check, receiver and action of a plugin brings before and after a change.
    pub(crate) fn pairs<'a>(
        &'a self,
        after: &'a InForce,
        plugin: &'a PluginName,
    ) -> impl Iterator<Item = (&'a Arc<Prepared>, &'a Arc<Prepared>)> {
        let setup = &after.config.setup;
        let checks = setup.checks.values().filter(move |spec| spec.plugin == *plugin);
        let receivers = setup.receivers.values().filter(move |spec| spec.plugin == *plugin);
        let actions = setup.actions.values().filter(move |spec| spec.plugin == *plugin);
        checks
            .map(|spec| (self.checks.get(&spec.name), after.checks.get(&spec.name)))
            .chain(receivers.map(|spec| (self.receivers.get(&spec.name), after.receivers.get(&spec.name))))
            .chain(actions.map(|spec| (self.actions.get(&spec.name), after.actions.get(&spec.name))))
            .filter_map(|(was, is)| was.zip(is))
    }

    /// The heartbeat check that is pinged with this key.
    pub(crate) fn heartbeat(&self, key: &str) -> Option<&CheckName> {
        self.heartbeats.get(&Digest::of(key.as_bytes()))
    }
    pub(crate) fn check(&self, name: &CheckName) -> Option<&Arc<Prepared>> {
        self.checks.get(name)
    }
    pub(crate) fn receiver(&self, name: &ReceiverName) -> Option<&Arc<Prepared>> {
        self.receivers.get(name)
    }
    pub(crate) fn action(&self, name: &ActionName) -> Option<&Arc<Prepared>> {
        self.actions.get(name)
    }
}

/// Paths that no plugin may read: the host's data, and the config with its files of secrets. Links are resolved.
pub(crate) fn closed(config: &Config, own: Vec<PathBuf>) -> Vec<PathBuf> {
    let named = config.files.iter().chain([&config.host.data_dir]);
    let named = named.map(|path| path.canonicalize().unwrap_or_else(|_| path.clone()));
    own.into_iter().chain(named).collect()
}

/// What a check or receiver itself states.
struct Part<'a> {
    allow: Option<&'a Allow>,
    targets: &'a [Target],
    secrets: &'a [SecretName],
    /// The time zone of what it writes to people.
    zone: Zone,
}

/// Prepares all checks and receivers. What they have in common they share: a large config has 100,000 of them.
struct Maker<'a> {
    config: &'a Config,
    catalogue: &'a Catalogue,
    ceiling: Arc<Ceiling>,
    permits: BTreeMap<PluginName, Arc<Semaphore>>,
    of_plugins: BTreeMap<PluginName, OfPlugin>,
    /// The ports of those that attach no secret, by the time zone of what they write.
    ports: BTreeMap<&'static str, Arc<Ports>>,
    kept: StoredState,
}

/// What all checks or receivers of a plugin share.
#[derive(Clone)]
struct OfPlugin {
    limits: Arc<Limits>,
    /// From the plugin's own table.
    allow: Arc<Allow>,
    requests: Requests,
    permits: Arc<Semaphore>,
}

impl<'a> Maker<'a> {
    fn new(
        config: &'a Config,
        catalogue: &'a Catalogue,
        ceiling: Arc<Ceiling>,
        kept: StoredState,
        permits: BTreeMap<PluginName, Arc<Semaphore>>,
    ) -> Self {
        let (of_plugins, ports) = (BTreeMap::new(), BTreeMap::new());
        Self { config, catalogue, ceiling, permits, of_plugins, ports, kept }
    }

    fn prepare(&mut self, plugin: &PluginName, part: Part<'_>) -> Arc<Prepared> {
        let OfPlugin { limits, mut allow, requests, permits } = self.of_plugin(plugin);
        if let Some(own) = part.allow {
            Arc::make_mut(&mut allow).merge(own);
        }
        let rights = Rights {
            plugin: plugin.clone(),
            requests,
            allow,
            targets: part.targets.to_vec(),
            ceiling: self.ceiling.clone(),
            aim: Aim::Act,
        };
        let ports = match part.secrets {
            [] => self.ports(part.zone),
            secrets => Arc::new(Ports {
                secrets: NamedSecrets::of(secrets, &self.config.secrets),
                ..(*self.ports(part.zone)).clone()
            }),
        };
        Arc::new(Prepared { rights: Arc::new(rights), limits, ports, permits })
    }

    fn of_plugin(&mut self, plugin: &PluginName) -> OfPlugin {
        if let Some(known) = self.of_plugins.get(plugin) {
            return known.clone();
        }
        let limits = self.config.limits(plugin);
        let settings = self.config.plugins.get(plugin);
        let permits = self
            .permits
            .entry(plugin.clone())
            .or_insert_with(|| Arc::new(Semaphore::new(limits.concurrency as usize)))
            .clone();
        let made = OfPlugin {
            limits: Arc::new(limits),
            allow: Arc::new(settings.map(|settings| settings.allow.clone()).unwrap_or_default()),
            requests: requests(self.catalogue, plugin),
            permits,
        };
        self.of_plugins.insert(plugin.clone(), made.clone());
        made
    }

    /// Ports without secrets.
    fn ports(&mut self, zone: Zone) -> Arc<Ports> {
        let made = || {
            Arc::new(Ports {
                kv: self.kept.kv.clone(),
                snapshots: self.kept.snapshots.clone(),
                secrets: NamedSecrets::of(&[], &self.config.secrets),
                wall: Arc::new(wall),
                local: Arc::new(move |at| Local::at(zone, at)),
                tape: None,
            })
        };
        self.ports.entry(zone.name()).or_insert_with(made).clone()
    }
}

/// What the plugin's own description limits it to. An entry that is not a valid grant allows nothing, which is the safe
/// side.
fn requests(catalogue: &Catalogue, plugin: &PluginName) -> Requests {
    let Some(plugin) = catalogue.find(plugin) else { return Requests::Unstated };
    let requests = &plugin.generation.requests;
    if requests.is_empty() {
        return Requests::Unstated;
    }
    let mut stated = Allow::default();
    for request in requests {
        if let Err(error) = stated.parse_entry(&request.capability, &request.target) {
            tracing::warn!(plugin = %plugin.generation.name, %error, "a request of the plugin is not a valid grant");
        }
    }
    Requests::Stated(Arc::new(stated))
}
