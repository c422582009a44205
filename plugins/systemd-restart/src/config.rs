//! What an operator writes for a restart.

use std::time::Duration;

use watchkeep_sdk::config::{Glob, OneOrMany, Place, Problems};

const UNITS_MAX: usize = 10;

/// Restarts a unit of systemd over the system bus.
#[derive(watchkeep_sdk::Config)]
#[config(check = Systemd::consistent)]
pub struct Systemd {
    /// The system bus, by its name under `[sockets]`. Needs the grant `net_local`.
    #[config(default = "system-bus", non_empty)]
    pub(crate) socket: String,
    /// Only units whose name matches one of these patterns are ever touched: `*` matches any text, `?` one character.
    #[config(example = "shop-*.service")]
    pub(crate) units: OneOrMany<Glob>,
    /// The unit, or several in this order, whatever the problem is about; default: that of the finding.
    #[config(default, example = "nginx.service")]
    pub(crate) unit: OneOrMany<String>,
    /// What is done, in systemd's words: `try_restart` leaves a unit alone that does not run, `reload_or_restart` reloads one
    /// that can.
    #[config(default = "restart")]
    pub(crate) how: How,
    /// Whether the count of failed starts is cleared first, without which systemd does not start a unit that failed too often.
    #[config(default = true)]
    pub(crate) reset_failed: bool,
    /// How long to wait for the result; default: as long as the action may take.
    #[config(example = "45s")]
    pub(crate) timeout: Option<Duration>,
}

/// What is done to a unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, watchkeep_sdk::Config)]
pub(crate) enum How {
    Restart,
    TryRestart,
    ReloadOrRestart,
    Start,
}

impl How {
    /// Of the interface `org.freedesktop.systemd1.Manager`.
    pub(crate) const fn method(self) -> &'static str {
        match self {
            How::Restart => "RestartUnit",
            How::TryRestart => "TryRestartUnit",
            How::ReloadOrRestart => "ReloadOrRestartUnit",
            How::Start => "StartUnit",
        }
    }
    pub(crate) const fn done(self) -> &'static str {
        match self {
            How::Restart => "restarted",
            How::TryRestart => "restarted, if it ran,",
            How::ReloadOrRestart => "reloaded or restarted",
            How::Start => "started",
        }
    }
    pub(crate) const fn plan(self) -> &'static str {
        match self {
            How::Restart => "restart",
            How::TryRestart => "restart, if it runs,",
            How::ReloadOrRestart => "reload or restart",
            How::Start => "start",
        }
    }
}

impl Systemd {
    pub(crate) fn may_touch(&self, unit: &str) -> bool {
        Glob::any_fits(&self.units, unit)
    }

    fn consistent(&self, place: &Place<'_>, problems: &mut Problems) {
        if self.units.0.is_empty() {
            let message = "no unit may be touched; hint: name them, such as `units = \"shop-*.service\"`";
            problems.add::<()>(&place.key("units"), message);
        }
        let unit = place.key("unit");
        for (at, name) in self.unit.0.iter().enumerate() {
            if !is_unit(name) {
                let message = format!(
                    "`{name}` is not a unit's name; hint: write it with its type, as in `nginx.service`"
                );
                problems.add::<()>(&unit.index(at), message);
            } else if !self.may_touch(name) {
                problems.add::<()>(&unit.index(at), format!("`{name}` is left out by `units`"));
            }
        }
        if self.unit.0.len() > UNITS_MAX {
            problems.add::<()>(&unit, format!("are more than {UNITS_MAX} units"));
        }
        if self.timeout.is_some_and(|timeout| timeout.is_zero()) {
            problems.add::<()>(&place.key("timeout"), "nothing is done in no time; hint: `45s`");
        }
    }
}

/// As systemd names units (systemd.unit(5)): at most 255 characters, and a type behind a dot.
pub(crate) fn is_unit(name: &str) -> bool {
    const TYPES: [&str; 11] = [
        "service",
        "socket",
        "timer",
        "path",
        "mount",
        "automount",
        "swap",
        "target",
        "slice",
        "scope",
        "device",
    ];
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b":-_.\\@".contains(&byte);
    name.len() <= 255
        && name.bytes().all(fits)
        && name.rsplit_once('.').is_some_and(|(name, kind)| !name.is_empty() && TYPES.contains(&kind))
}
