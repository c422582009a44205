//! The finished config. Values are checked, names are resolved, templates and defaults are applied.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use chrono_tz::Tz;
use ipnet::IpNet;
use watchkeep_core::access::{Role, Scope};
use watchkeep_core::calendar::{Calendar, Holiday};
use watchkeep_core::grant::{Allow, Command, Target};
use watchkeep_core::ids::{
    ActionName, CalendarName, CheckName, CommandName, PluginName, ReceiverName, RootName, SecretName,
    SocketName,
};
use watchkeep_core::labels::Labels;
use watchkeep_core::limits::{Ceilings, Limits};
use watchkeep_core::setup::Setup;

use crate::{Place, Problem, Secret, Severity};

/// A whole config without an error.
#[derive(Clone, Debug)]
pub struct Config {
    pub host: HostConfig,
    pub setup: Setup,
    /// The URL that the host reports to that it is alive; `Setup::dead_man_signal` says how often as well.
    pub dead_man_signal: Option<DeadManSignal>,
    /// The OpenID provider by way of which people sign in.
    pub oidc: Option<OidcConfig>,
    /// The settings of plugins that have a `[plugin.NAME]`; others have `PluginSettings::default()`.
    pub plugins: BTreeMap<PluginName, PluginSettings>,
    /// What a check's own `allow` grants, including that of its templates; `[plugin.NAME.allow]` is added to it. Checks
    /// without one are not in it.
    pub check_allow: BTreeMap<CheckName, Allow>,
    pub receiver_allow: BTreeMap<ReceiverName, Allow>,
    /// For each receiver, the time zone that its messages are written in.
    pub receiver_zones: BTreeMap<ReceiverName, Tz>,
    /// The time zone of `[defaults]`.
    pub zone: Tz,
    /// Grants that follow from config fields that the plugin's schema marks with `x-watchkeep-grant`.
    pub check_targets: BTreeMap<CheckName, Vec<Target>>,
    pub receiver_targets: BTreeMap<ReceiverName, Vec<Target>>,
    /// The secrets that a check's or a receiver's config names: it may attach only these.
    pub check_secrets: BTreeMap<CheckName, Vec<SecretName>>,
    pub receiver_secrets: BTreeMap<ReceiverName, Vec<SecretName>>,
    /// What each action's plugin may do.
    pub action_grants: BTreeMap<ActionName, ActionGrants>,
    pub secrets: BTreeMap<SecretName, Secret>,
    /// The stream sockets of this machine.
    pub sockets: BTreeMap<SocketName, PathBuf>,
    /// The folders of this machine whose files may be read.
    pub roots: BTreeMap<RootName, PathBuf>,
    /// The programs of this machine that may be run.
    pub commands: BTreeMap<CommandName, Arc<Command>>,
    /// The place of each check's plugin config, for `plugin_problem`.
    pub(crate) check_places: BTreeMap<CheckName, Arc<Place>>,
    pub(crate) receiver_places: BTreeMap<ReceiverName, Arc<Place>>,
    pub(crate) action_places: BTreeMap<ActionName, Arc<Place>>,
    /// Every calendar, whether something uses it or not.
    pub calendars: BTreeMap<CalendarName, Closing>,
    /// Every file that was read, including those of secrets: a change to one of them is a reason to reload.
    pub files: Vec<PathBuf>,
}

/// A calendar, and what closes its days.
#[derive(Clone, PartialEq, Debug)]
pub struct Closing {
    pub calendar: Arc<Calendar>,
    /// Days that are closed whatever the hours of their weekday are.
    pub closed_by: BTreeMap<NaiveDate, ClosedBy>,
}

#[derive(Clone, PartialEq, Debug)]
pub enum ClosedBy {
    /// The list `holidays`.
    Holidays,
    /// An empty list under `exceptions`.
    Exception,
    /// An event of an iCalendar file.
    Event { file: String, holiday: Holiday },
}

/// What an action's own `allow` and its config grant.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ActionGrants {
    pub allow: Allow,
    /// Grants that follow from config fields that the plugin's schema marks with `x-watchkeep-grant`.
    pub targets: Vec<Target>,
    /// The secrets that the config names: it may attach only these.
    pub secrets: Vec<SecretName>,
}

/// The check, receiver or action whose config a plugin finds fault with.
#[derive(Clone, Copy, Debug)]
pub enum PluginUser<'a> {
    Check(&'a CheckName),
    Receiver(&'a ReceiverName),
    Action(&'a ActionName),
}

impl Config {
    /// What a call of the plugin may use, below the host's ceilings.
    pub fn limits(&self, plugin: &PluginName) -> Limits {
        let written = self.plugins.get(plugin).map(|settings| settings.limits).unwrap_or_default();
        written.under(&self.host.ceilings)
    }

    /// What a plugin's own `validate` said, as a problem at the place of that config. `pointer` is a JSON pointer into
    /// the config.
    pub fn plugin_problem(&self, user: PluginUser<'_>, pointer: &str, message: &str) -> Problem {
        let (section, name, plugin, place) = match user {
            PluginUser::Check(name) => {
                let plugin = self.setup.checks.get(name).map(|spec| &spec.plugin);
                ("check", name.as_str(), plugin, self.check_places.get(name))
            }
            PluginUser::Receiver(name) => {
                let plugin = self.setup.receivers.get(name).map(|spec| &spec.plugin);
                ("receiver", name.as_str(), plugin, self.receiver_places.get(name))
            }
            PluginUser::Action(name) => {
                let plugin = self.setup.actions.get(name).map(|spec| &spec.plugin);
                ("action", name.as_str(), plugin, self.action_places.get(name))
            }
        };
        let nowhere = || Place { file: PathBuf::new(), line: 0, column: 0, snippet: None };
        let steps = pointer.replace('/', ".");
        Problem {
            severity: Severity::Error,
            place: place.map_or_else(nowhere, |place| (**place).clone()),
            key: format!("{section}.{name}.config{steps}"),
            message: message.to_owned(),
            hint: plugin.map(|plugin| format!("`watchkeep plugin inspect {plugin}` shows what it takes")),
            notes: Vec::new(),
        }
    }
}

/// `[host]`. Relative paths are resolved against the folder of the file that names them.
#[derive(Clone, PartialEq, Debug)]
pub struct HostConfig {
    pub data_dir: PathBuf,
    pub listen: SocketAddr,
    /// The address for heartbeats and status pages, and nothing else.
    pub public_listen: Option<SocketAddr>,
    /// The certificate of `listen`, and that of `public_listen`.
    pub tls: Option<TlsFiles>,
    pub public_tls: Option<TlsFiles>,
    /// The proxies that are believed about whom they ask for.
    pub trusted_proxies: Vec<IpNet>,
    /// The URL without a trailing slash.
    pub external_url: String,
    /// The URL of what anybody may open, without a trailing slash.
    pub public_url: String,
    pub plugin_dir: PathBuf,
    /// How long a plugin's file must have been unchanged before it is loaded.
    pub plugin_settle: Duration,
    /// After how long a plugin's file is loaded even if it keeps changing.
    pub plugin_settle_max: Duration,
    /// How long a new generation is watched. It is replaced if it fails where the one before it did not.
    pub plugin_canary: Duration,
    /// Certificates that are trusted in addition to the public roots.
    pub ca_file: Option<PathBuf>,
    pub private_networks: Vec<IpNet>,
    /// Labels of every check, unless the check says otherwise.
    pub labels: Labels,
    pub admin_token: Option<SecretName>,
    /// Whether people sign in even while nobody can yet.
    pub users: bool,
    /// The most runs of checks under way at once.
    pub concurrency: u32,
    /// What no plugin's limits may exceed.
    pub ceilings: Ceilings,
    /// How long results are kept.
    pub results_keep: Duration,
    /// How long figures of five minutes, hours and days are kept.
    pub five_minutes_keep: Duration,
    pub hours_keep: Duration,
    pub days_keep: Duration,
    /// How long transitions are kept: availability is computed from them.
    pub transitions_keep: Duration,
    /// How long attachments are kept.
    pub snapshots_keep: Duration,
    /// The most bytes that all attachments together may have.
    pub snapshots_bytes_max: u64,
    /// The most attachments of one check and series.
    pub snapshots_each: u32,
    /// How large the database may become before people are told.
    pub database_bytes_max: Option<u64>,
    /// The size of the store's cache.
    pub store_cache_bytes: u64,
}

/// `[host.tls]`, or `[host.public_tls]`: files in PEM form, which nobody has looked into yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TlsFiles {
    /// The certificate, and those that lead to its authority.
    pub certificate: PathBuf,
    pub key: PathBuf,
    pub(crate) section: &'static str,
    pub(crate) place: Arc<Place>,
}

impl TlsFiles {
    /// What is wrong with the files, as a problem at the place that names them.
    pub fn problem(&self, severity: Severity, message: &str, hint: &str) -> Problem {
        Problem {
            severity,
            place: (*self.place).clone(),
            key: format!("host.{}", self.section),
            message: message.to_owned(),
            hint: Some(hint.to_owned()),
            notes: Vec::new(),
        }
    }
    /// The key of `[host]` that names them.
    pub fn section(&self) -> &'static str {
        self.section
    }
}

/// `[host.oidc]`.
#[derive(Clone, PartialEq, Debug)]
pub struct OidcConfig {
    /// What people call the provider.
    pub name: String,
    pub issuer: String,
    pub client_id: String,
    /// Bound to the issuer's origin as well.
    pub client_secret: Secret,
    /// Its name under `[secrets]`.
    pub secret_name: String,
    /// `openid` among them.
    pub scopes: Vec<String>,
    pub groups_claim: String,
    pub name_claim: String,
    /// The first that fits counts.
    pub roles: Vec<OidcRole>,
    /// How long a session lasts.
    pub session: Duration,
}

/// What members of a group may do.
#[derive(Clone, PartialEq, Debug)]
pub struct OidcRole {
    pub group: String,
    pub role: Role,
    pub scope: Scope,
}

/// `[host.dead_man_signal]`.
#[derive(Clone, PartialEq, Debug)]
pub struct DeadManSignal {
    /// The whole URL: whoever knows it can report that the host is alive.
    pub url: Secret,
    pub interval: Duration,
}

/// `[plugin.NAME]`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PluginSettings {
    /// Grants for all of the plugin's checks or receivers.
    pub allow: Allow,
    /// The limits as written; `Config::limits` keeps them below the host's ceilings.
    pub limits: Limits,
    /// Labels by which the plugin's own failures are routed, unless it has an owner.
    pub labels: Labels,
    /// The receivers that are told about the plugin's own failures, whatever the routes say.
    pub owner: Vec<ReceiverName>,
}
