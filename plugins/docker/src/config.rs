//! What an operator writes for a Docker daemon.

use std::time::Duration;

use watchkeep_sdk::State;
use watchkeep_sdk::config::{BaseUrl, Glob, OneOrMany, Place, Problems, TlsPeer};

/// Judges the containers of a Docker daemon, each as a finding of its own.
#[derive(watchkeep_sdk::Config)]
#[config(check = Docker::consistent)]
pub struct Docker {
    /// The daemon's socket, by its name under `[sockets]`. Needs the grant `http_local`.
    #[config(non_empty, example = "docker")]
    pub(crate) socket: Option<String>,
    /// The daemon's API over TCP, in place of a socket.
    #[config(grants = "http", example = "https://docker.example.com:2376")]
    pub(crate) url: Option<BaseUrl>,
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
    /// At most this many containers become findings, the worst first.
    #[config(default = 300, min = 1, max = 1000)]
    pub(crate) containers_max: u32,
    /// At most this many requests are made about single containers in one run; if there are more containers, they take
    /// turns. More than 70 also need a higher limit `http_requests`.
    #[config(default = 70, min = 1, max = 9900)]
    pub(crate) requests_max: u32,
    /// The version of the API to use, such as `1.41`. Default: the newest that the daemon and this check support, for which
    /// the daemon is asked first.
    #[config(example = "1.41")]
    pub(crate) api_version: Option<String>,
    /// How long to wait for each answer; never longer than the check's timeout.
    #[config(default = "5s")]
    pub(crate) timeout: Duration,
    #[config(flatten)]
    pub(crate) peer: TlsPeer,
}

impl Docker {
    pub(crate) fn is_wanted(&self, name: &str) -> bool {
        Glob::are_none_or_fit(&self.names, name) && !Glob::any_fits(&self.exclude, name)
    }
    pub(crate) fn expects(&self, name: &str) -> bool {
        self.expected.0.iter().any(|expected| expected == name)
    }
    pub(crate) fn judges_memory(&self) -> bool {
        self.memory_warning.is_some() || self.memory_critical.is_some()
    }

    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        self.reaches_one_daemon(place, problems);
        if let (Some(warning), Some(critical)) = (self.memory_warning, self.memory_critical)
            && critical < warning
        {
            problems.add::<()>(&place.key("memory_critical"), "must not be less than `memory_warning`");
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
        if let Some(version) = &self.api_version
            && crate::api::version(version).is_none()
        {
            let message = format!("`{version}` is no version of the API; hint: write one such as `1.41`");
            problems.add::<()>(&place.key("api_version"), message);
        }
    }

    fn reaches_one_daemon(&self, place: &Place<'_>, problems: &mut Problems) {
        match (&self.socket, &self.url) {
            (None, None) => problems.add::<()>(
                place,
                "no daemon is named; hint: `socket = \"docker\"` for a socket under `[sockets]`, or `url`",
            ),
            (Some(_), Some(_)) => {
                problems.add::<()>(&place.key("url"), "`socket` and `url` are two ways; hint: keep one")
            }
            (_, _) => None,
        };
        let is_tls = self.url.as_ref().is_some_and(|url| url.as_str().starts_with("https://"));
        if let (Some(key), false) = (self.peer.said().next(), is_tls) {
            problems.add::<()>(&place.key(key), "only `https://` uses TLS");
        }
        self.peer.keeps_secrets(false, place, problems);
    }
}
