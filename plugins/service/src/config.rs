//! What an operator writes for units and processes.

use std::time::Duration;

use watchkeep_sdk::State;
use watchkeep_sdk::config::{Glob, Needle, OneOrMany, Place, Problems, Size};

/// Judges units of systemd and processes.
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
    /// No units whose name matches one of these patterns.
    #[config(default, example = "user@*.service")]
    pub(crate) exclude: OneOrMany<Glob>,
    /// The state if no unit matches a pattern. A whole name that is not there is always critical.
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
    /// Processes that must run.
    #[config(default)]
    pub(crate) processes: Vec<Processes>,
    /// At most this many findings are reported, the worst first.
    #[config(default = 300, min = 1, max = 1000)]
    pub(crate) findings_max: u32,
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
        if self.units.0.is_empty() && self.not_failed.0.is_empty() && self.processes.is_empty() {
            let message =
                "nothing is looked at; hint: `units = \"nginx.service\"`, `not_failed` or `processes`";
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
