//! What an operator writes for a Docker daemon.

use std::time::Duration;

use watchkeep_sdk::State;
use watchkeep_sdk::config::{Glob, OneOrMany, Place, Problems};
use watchkeep_sdk::docker::Daemon;

/// Judges the containers of a Docker daemon, each as a finding of its own.
#[derive(watchkeep_sdk::Config)]
#[config(check = Docker::consistent)]
pub struct Docker {
    /// Only containers whose name matches one of these patterns: `*` matches any text, `?` one character.
    #[config(default, example = "shop-*")]
    pub(crate) names: OneOrMany<Glob>,
    /// No containers whose name matches one of these patterns.
    #[config(default, example = "ci-*")]
    pub(crate) exclude: OneOrMany<Glob>,
    /// Only containers that have all of these labels, each written `name` or `name=value`.
    #[config(default, example = "com.docker.compose.project=shop")]
    pub(crate) labels: OneOrMany<String>,
    /// The names of containers that must exist and run, whatever they exited with.
    #[config(default, example = ["shop-web", "shop-db"])]
    pub(crate) expected: OneOrMany<String>,
    /// The state if there are no such containers at all.
    #[config(default = "unknown")]
    pub(crate) empty: State,
    /// The state of a container that exited with one of `exit_codes_ok`, and is not to be restarted by its policy.
    #[config(default = "ok")]
    pub(crate) finished: State,
    /// Exit codes that are no failure.
    #[config(default = 0, example = [0, 143])]
    pub(crate) exit_codes_ok: OneOrMany<u32>,
    /// The state of a container that was created more than a minute ago and never started.
    #[config(default = "warning")]
    pub(crate) created: State,
    /// The state of a paused container.
    #[config(default = "warning")]
    pub(crate) paused: State,
    /// The state of a container whose first health checks are still running.
    #[config(default = "ok")]
    pub(crate) starting: State,
    /// This many restarts within `restarts_window` are a warning.
    #[config(default = 1, min = 1)]
    pub(crate) restarts_warning: u32,
    /// This many restarts within `restarts_window` are critical: the container is in a crash loop.
    #[config(default = 3, min = 1)]
    pub(crate) restarts_critical: u32,
    /// For how long restarts count.
    #[config(default = "15m")]
    pub(crate) restarts_window: Duration,
    /// A container that was started less than this ago is a warning, also if it was started by hand.
    #[config(example = "5m")]
    pub(crate) started_within_warning: Option<Duration>,
    /// Memory in use above this percentage of the container's limit is a warning. Asks for the statistics of each container.
    #[config(min = 0, max = 100, example = 80)]
    pub(crate) memory_warning: Option<f64>,
    /// Memory in use above this percentage of the container's limit is critical.
    #[config(min = 0, max = 100, example = 95)]
    pub(crate) memory_critical: Option<f64>,
    /// CPU time above this percentage of the container's own limit, or of the machine's CPUs if it has none, is a warning. Asks
    /// for the statistics of each container.
    #[config(min = 0, max = 100, example = 80)]
    pub(crate) cpu_warning: Option<f64>,
    /// CPU time above this percentage of the container's own limit, or of the machine's CPUs if it has none, is critical.
    #[config(min = 0, max = 100, example = 95)]
    pub(crate) cpu_critical: Option<f64>,
    /// A container that was throttled in more than this percentage of its scheduling periods is a warning.
    #[config(min = 0, max = 100, example = 25)]
    pub(crate) throttled_warning: Option<f64>,
    /// At most this many containers become findings, the worst first.
    #[config(default = 300, min = 1, max = 1000)]
    pub(crate) containers_max: u32,
    /// At most this many requests are made about single containers in one run; if there are more containers, they take
    /// turns. More than 70 also need a higher limit `http_requests`.
    #[config(default = 70, min = 1, max = 9900)]
    pub(crate) requests_max: u32,
    /// How long to wait for each answer; never longer than the check's timeout.
    #[config(default = "5s")]
    pub(crate) timeout: Duration,
    #[config(flatten)]
    pub(crate) daemon: Daemon,
}

impl Docker {
    pub(crate) fn is_wanted(&self, name: &str) -> bool {
        Glob::are_none_or_fit(&self.names, name) && !Glob::any_fits(&self.exclude, name)
    }
    pub(crate) fn expects(&self, name: &str) -> bool {
        self.expected.0.iter().any(|expected| expected == name)
    }
    /// Whether a threshold asks for statistics.
    pub(crate) fn judges_use(&self) -> bool {
        let memory = [self.memory_warning, self.memory_critical];
        let cpu = [self.cpu_warning, self.cpu_critical, self.throttled_warning];
        memory.iter().chain(&cpu).any(Option::is_some)
    }

    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        let bands = [
            (self.memory_warning, self.memory_critical, "memory_critical", "`memory_warning`"),
            (self.cpu_warning, self.cpu_critical, "cpu_critical", "`cpu_warning`"),
        ];
        for (warning, critical, key, other) in bands {
            if let (Some(warning), Some(critical)) = (warning, critical)
                && critical < warning
            {
                problems.add::<()>(&place.key(key), format!("must not be less than {other}"));
            }
        }
        if self.restarts_critical < self.restarts_warning {
            let message = "must not be less than `restarts_warning`";
            problems.add::<()>(&place.key("restarts_critical"), message);
        }
        if self.restarts_window.is_zero() {
            problems.add::<()>(&place.key("restarts_window"), "nothing happens in no time; hint: `15m`");
        }
        for (at, label) in self.labels.0.iter().enumerate() {
            if label.trim().is_empty() || label.starts_with('=') {
                let message = format!("`{label}` names no label; hint: write `name` or `name=value`");
                problems.add::<()>(&place.key("labels").index(at), message);
            }
        }
        for (at, name) in self.expected.0.iter().enumerate() {
            let expected = place.key("expected");
            if name.is_empty() || name.starts_with('/') {
                let message =
                    format!("`{name}` is no name of a container; hint: write it as `docker ps` shows it");
                problems.add::<()>(&expected.index(at), message);
            } else if !self.is_wanted(name) {
                let message = format!("`{name}` is expected, and left out by `names` or `exclude`");
                problems.add::<()>(&expected.index(at), message);
            }
        }
    }
}
