//! What an operator writes for units, timers, ports and processes.

use std::net::IpAddr;
use std::time::Duration;

use watchkeep_sdk::State;
use watchkeep_sdk::config::{Glob, Needle, OneOrMany, Place, Problems, Size};

/// Judges units and timers of systemd, ports and processes.
#[derive(watchkeep_sdk::Config)]
#[config(check = Service::consistent)]
pub struct Service {
    /// Units that must be active, by whole names or patterns: `*` matches any text, `?` one character. Needs the grant
    /// `system = ["units:NAME"]`.
    #[config(default, example = ["nginx.service", "backup-*.timer"])]
    pub(crate) units: OneOrMany<String>,
    /// Units that must not have failed, whether they are active or not: jobs, or `*` for all.
    #[config(default, example = "*.service")]
    pub(crate) not_failed: OneOrMany<String>,
    /// No units and no timers whose name matches one of these patterns.
    #[config(default, example = "user@*.service")]
    pub(crate) exclude: OneOrMany<Glob>,
    /// The state if no unit or timer matches a pattern. A whole name that is not there is always critical.
    #[config(default = "critical")]
    pub(crate) empty: State,
    /// This many restarts within `restarts_window` are a warning.
    #[config(default = 1, min = 1)]
    pub(crate) restarts_warning: u32,
    /// This many restarts within `restarts_window` are critical: the unit is in a crash loop.
    #[config(default = 3, min = 1)]
    pub(crate) restarts_critical: u32,
    /// For how long restarts count.
    #[config(default = "15m")]
    pub(crate) restarts_window: Duration,
    /// Timers of systemd that must fire, and whose units must not fail.
    #[config(default)]
    pub(crate) timers: Vec<Timers>,
    /// Ports on which something must listen. Needs the grant `system = ["listeners"]`.
    #[config(default)]
    pub(crate) ports: Vec<Port>,
    /// Processes that must run.
    #[config(default)]
    pub(crate) processes: Vec<Processes>,
    /// At most this many findings are reported, the worst first.
    #[config(default = 300, min = 1, max = 1000)]
    pub(crate) findings_max: u32,
}

/// Timers that must fire.
#[derive(watchkeep_sdk::Config)]
#[config(check = Timers::consistent)]
pub(crate) struct Timers {
    /// The timer's whole name, or a pattern. Needs the grant `system = ["units:NAME"]`.
    #[config(example = "backup-*.timer")]
    pub(crate) name: String,
    /// A timer that last fired longer ago than this is a warning. One that has never fired counts from its own start.
    #[config(example = "25h")]
    pub(crate) fired_within_warning: Option<Duration>,
    /// A timer that last fired longer ago than this is critical.
    #[config(example = "49h")]
    pub(crate) fired_within_critical: Option<Duration>,
    /// A timer that was due longer ago than this and has not fired is critical.
    #[config(default = "10m")]
    pub(crate) overdue_critical: Duration,
}

/// A port on which something must listen.
#[derive(watchkeep_sdk::Config)]
#[config(check = Port::consistent)]
pub(crate) struct Port {
    /// The port's number.
    #[config(min = 1, example = 5432)]
    pub(crate) port: u16,
    /// The port's protocol.
    #[config(default = "tcp")]
    pub(crate) protocol: Protocol,
    /// An address on which it must be reachable: this one, or all of them.
    #[config(example = "127.0.0.1")]
    pub(crate) address: Option<String>,
    /// The name of a process that must hold it; `*` and `?` as above. The host sees its own user's processes, and all if it is
    /// root.
    #[config(example = "postgres")]
    pub(crate) process: Option<Glob>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, watchkeep_sdk::Config)]
pub(crate) enum Protocol {
    Tcp,
    Udp,
}

impl Protocol {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
        }
    }
}

/// Processes that must run.
#[derive(watchkeep_sdk::Config)]
#[config(check = Processes::consistent)]
pub(crate) struct Processes {
    /// The kernel's name of the process, of which it keeps 15 bytes (`ps -o comm`); `*` and `?` as above. Needs the grant
    /// `system = ["processes:NAME"]`.
    #[config(non_empty, example = "postgres")]
    pub(crate) name: String,
    /// Only processes with this text in their command line. Needs the grant `commands-of:NAME` as well.
    #[config(example = "--config /etc/shop.toml")]
    pub(crate) command: Option<Needle>,
    /// Only processes of this user.
    #[config(example = "www-data")]
    pub(crate) user: Option<String>,
    /// Fewer processes than this are critical.
    #[config(default = 1)]
    pub(crate) min: u32,
    /// More processes than this are critical.
    pub(crate) max: Option<u32>,
    /// If the oldest of them was started less than this ago, it is a warning: all of them were started anew.
    #[config(example = "10m")]
    pub(crate) started_within_warning: Option<Duration>,
    /// More resident memory than this, of all of them together, is a warning.
    #[config(example = "2GiB")]
    pub(crate) memory_warning: Option<Size>,
    /// More resident memory than this, of all of them together, is critical.
    pub(crate) memory_critical: Option<Size>,
    /// More open files than this in one of them are a warning. Only the host's own user, or root, may count them.
    #[config(min = 1, example = 60_000)]
    pub(crate) open_files_warning: Option<u32>,
}

impl Service {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        let nothing = self.units.0.is_empty() && self.not_failed.0.is_empty();
        if nothing && self.timers.is_empty() && self.ports.is_empty() && self.processes.is_empty() {
            let message = "nothing is looked at; hint: `units = \"nginx.service\"`, `not_failed`, `timers`, `ports` or \
                           `processes`";
            problems.add::<()>(place, message);
        }
        if self.restarts_critical < self.restarts_warning {
            let message = "must not be less than `restarts_warning`";
            problems.add::<()>(&place.key("restarts_critical"), message);
        }
        for (key, names) in [("units", &self.units), ("not_failed", &self.not_failed)] {
            for (at, name) in names.0.iter().enumerate() {
                // A pattern may stand for a type as well.
                if !name.contains(['.', '*']) || name.contains(char::is_whitespace) {
                    let message =
                        format!("`{name}` is no unit; hint: write its type too, such as `nginx.service`");
                    problems.add::<()>(&place.key(key).index(at), message);
                }
            }
        }
    }
}

impl Timers {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        let name = &self.name;
        let is_timer = name.ends_with(".timer") || name.contains('*');
        if !is_timer || name.contains(char::is_whitespace) {
            let message =
                format!("`{name}` is not a timer; hint: write its whole name, such as `backup.timer`");
            problems.add::<()>(&place.key("name"), message);
        }
        if let (Some(warning), Some(critical)) = (self.fired_within_warning, self.fired_within_critical)
            && critical < warning
        {
            let message = "must not be less than `fired_within_warning`";
            problems.add::<()>(&place.key("fired_within_critical"), message);
        }
    }
}

impl Port {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        if let Some(address) = &self.address
            && address.parse::<IpAddr>().is_err()
        {
            let message = format!("`{address}` is not an address; hint: write it as `127.0.0.1` or `::1`");
            problems.add::<()>(&place.key("address"), message);
        }
    }
}

impl Processes {
    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        if self.max.is_some_and(|max| max < self.min) {
            problems.add::<()>(&place.key("max"), "must not be less than `min`, which is 1 unless it is set");
        }
        if let (Some(warning), Some(critical)) = (self.memory_warning, self.memory_critical)
            && critical < warning
        {
            problems.add::<()>(&place.key("memory_critical"), "must not be less than `memory_warning`");
        }
        if self.name.len() > 15 && !self.name.contains(['*', '?']) {
            let message =
                "is longer than the 15 bytes that the kernel keeps; hint: write those 15, or end with `*`";
            problems.add::<()>(&place.key("name"), message);
        }
    }
}
