//! What a config comes to. Values are checked, names are resolved, templates and defaults are applied.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use chrono_tz::Tz;
use ipnet::IpNet;
use watchkeep_core::calendar::{Calendar, Holiday};
use watchkeep_core::grant::{Allow, Command, Target};
use watchkeep_core::ids::{
    CalendarName, CheckName, CommandName, PluginName, ReceiverName, RootName, SecretName, SocketName,
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
    /// Whom the host tells that it is alive; `Setup::beat` says how often as well.
    pub beat: Option<Beat>,
    /// Only plugins that have a `[plugin.NAME]`; others have `PluginSettings::default()`.
    pub plugins: BTreeMap<PluginName, PluginSettings>,
    /// What a check's own `allow` grants, its templates' included; `[plugin.NAME.allow]` comes on top. Only checks that
    /// have one.
    pub check_allow: BTreeMap<CheckName, Allow>,
    pub receiver_allow: BTreeMap<ReceiverName, Allow>,
    /// Of each receiver the zone that its messages are written in.
    pub receiver_zones: BTreeMap<ReceiverName, Tz>,
    /// Of `[defaults]`.
    pub zone: Tz,
    /// What follows from config fields that the plugin's schema marks with `x-watchkeep-grant`.
    pub check_targets: BTreeMap<CheckName, Vec<Target>>,
    pub receiver_targets: BTreeMap<ReceiverName, Vec<Target>>,
    /// The secrets that a check's or a receiver's config names: only these may it attach.
    pub check_secrets: BTreeMap<CheckName, Vec<SecretName>>,
    pub receiver_secrets: BTreeMap<ReceiverName, Vec<SecretName>>,
    pub secrets: BTreeMap<SecretName, Secret>,
    /// Stream sockets of this machine.
    pub sockets: BTreeMap<SocketName, PathBuf>,
    /// Folders of this machine whose files may be read.
    pub roots: BTreeMap<RootName, PathBuf>,
    /// Programs of this machine that may be run.
    pub commands: BTreeMap<CommandName, Arc<Command>>,
    /// Where the plugin's config of each check and receiver stands, for `plugin_problem`.
    pub(crate) check_places: BTreeMap<CheckName, Arc<Place>>,
    pub(crate) receiver_places: BTreeMap<ReceiverName, Arc<Place>>,
    /// Every calendar, whether something keeps to it or not.
    pub calendars: BTreeMap<CalendarName, Closing>,
    /// Every file that was read, secrets' files included: a change to one of them is a reason to reload.
    pub files: Vec<PathBuf>,
}

/// A calendar and what closes its days.
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

/// Whose config a plugin finds fault with.
#[derive(Clone, Copy, Debug)]
pub enum PluginUser<'a> {
    Check(&'a CheckName),
    Receiver(&'a ReceiverName),
}

impl Config {
    /// What a call of the plugin may use, under the host's ceilings.
    pub fn limits(&self, plugin: &PluginName) -> Limits {
        let written = self.plugins.get(plugin).map(|settings| settings.limits).unwrap_or_default();
        written.under(&self.host.ceilings)
    }

    /// What a plugin's own `validate` said, as a problem at the place of that config. `pointer` is a JSON
    /// pointer into it.
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
    /// For heartbeats and nothing else.
    pub public_listen: Option<SocketAddr>,
    /// Without a trailing slash.
    pub external_url: String,
    pub plugin_dir: PathBuf,
    /// How long a plugin's file must have been quiet before it is loaded.
    pub plugin_settle: Duration,
    /// A plugin's file that changes on and on is loaded after so long all the same.
    pub plugin_settle_max: Duration,
    /// For so long a new generation is watched, and goes back if it fails where the one before it did not.
    pub plugin_canary: Duration,
    /// Certificates that are trusted beside the public roots.
    pub ca_file: Option<PathBuf>,
    pub private_networks: Vec<IpNet>,
    /// On every check, unless the check says otherwise.
    pub labels: Labels,
    pub admin_token: Option<SecretName>,
    /// Checks' runs under way at once.
    pub concurrency: u32,
    /// What no plugin's limits may exceed.
    pub ceilings: Ceilings,
    /// How long results are kept.
    pub results_keep: Duration,
    /// How long transitions are kept: availability is computed from them.
    pub transitions_keep: Duration,
    /// How long attachments are kept.
    pub snapshots_keep: Duration,
    /// Bytes of all attachments together.
    pub snapshots_bytes_max: u64,
    /// The store's cache.
    pub store_cache_bytes: u64,
}

/// `[host.beat]`.
#[derive(Clone, PartialEq, Debug)]
pub struct Beat {
    /// The whole URL: who knows it can say that the host is alive.
    pub url: Secret,
    pub interval: Duration,
}

/// `[plugin.NAME]`.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct PluginSettings {
    /// For all of the plugin's checks or receivers.
    pub allow: Allow,
    /// As written; `Config::limits` holds them under the host's ceilings.
    pub limits: Limits,
    /// By these its own failures are routed, unless it has an owner.
    pub labels: Labels,
    /// Who is told of its own failures, whatever the routes say.
    pub owner: Vec<ReceiverName>,
}
