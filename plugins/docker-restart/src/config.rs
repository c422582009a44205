//! What an operator writes for a restart.

use std::time::Duration;

use watchkeep_sdk::config::{Glob, OneOrMany, Place, Problems};
use watchkeep_sdk::docker::Daemon;

/// Restarts a container by Docker's API.
#[derive(watchkeep_sdk::Config)]
#[config(check = Docker::consistent)]
pub struct Docker {
    /// Only containers whose name matches one of these patterns are ever touched: `*` matches any text, `?` one character.
    #[config(example = "shop-*")]
    pub(crate) names: OneOrMany<Glob>,
    /// The container, whatever the problem is about; default: that of the finding.
    #[config(example = "shop-web")]
    pub(crate) container: Option<String>,
    /// All containers that have these labels, each written `name` or `name=value`, in place of one by name.
    #[config(default, example = "com.docker.compose.service=web")]
    pub(crate) labels: OneOrMany<String>,
    /// More containers than this are not restarted at once: then nothing is done.
    #[config(default = 5, min = 1, max = 20)]
    pub(crate) containers_max: u32,
    /// What is done: `restart` stops and starts it, `start` starts one that does not run.
    #[config(default = "restart")]
    pub(crate) how: How,
    /// How long the container has to end by itself before it is killed.
    #[config(default = "10s")]
    pub(crate) stop_timeout: Duration,
    /// How long to wait for each answer; a restart may take `stop_timeout` in addition.
    #[config(default = "10s")]
    pub(crate) timeout: Duration,
    #[config(flatten)]
    pub(crate) daemon: Daemon,
}

/// What is done to a container.
#[derive(Clone, Copy, PartialEq, Eq, Debug, watchkeep_sdk::Config)]
pub(crate) enum How {
    Restart,
    Start,
}

impl How {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            How::Restart => "restart",
            How::Start => "start",
        }
    }
}

impl Docker {
    pub(crate) fn may_touch(&self, name: &str) -> bool {
        Glob::any_fits(&self.names, name)
    }

    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        if self.names.0.is_empty() {
            problems.add::<()>(
                &place.key("names"),
                "no container may be touched; hint: name them, such as `names = \"shop-*\"`",
            );
        }
        if let Some(name) = &self.container {
            let place = place.key("container");
            if !crate::container::is_name(name) {
                let message =
                    format!("`{name}` is not a container's name; hint: write it as `docker ps` shows it");
                problems.add::<()>(&place, message);
            } else if !self.may_touch(name) {
                problems.add::<()>(&place, format!("`{name}` is left out by `names`"));
            }
            if !self.labels.0.is_empty() {
                problems.add::<()>(&place, "`container` and `labels` are two ways; hint: keep one");
            }
        }
        for (at, label) in self.labels.0.iter().enumerate() {
            if label.trim().is_empty() || label.starts_with('=') {
                let message = format!("`{label}` names no label; hint: write `name` or `name=value`");
                problems.add::<()>(&place.key("labels").index(at), message);
            }
        }
        if self.timeout.is_zero() {
            problems.add::<()>(&place.key("timeout"), "nothing is answered in no time; hint: `10s`");
        }
    }
}
