//! What every page has: navigation, the state in the tab, and what keeps it live.

use super::assets::{ASSETS, Asset, Assets};
use super::words::{Moment, Part, counted, prose};
use watchkeep_core::access::Role;

use crate::caller::Credential;
use crate::filter::DisplayState;
use crate::router::App;

/// With more checks than this, a page gets only changes of state, and asks for the rest now and then.
const EVERY_RESULT_CHECKS_MAX: usize = 500;

pub(crate) struct Layout {
    pub(crate) assets: &'static Assets,
    pub(crate) here: Here,
    pub(crate) now: Moment,
    pub(crate) version: &'static str,
    pub(crate) not_ready: Vec<Unwell>,
    /// The path of the event stream that the script listens to.
    pub(crate) stream: String,
    /// How often the script loads the page again whatever it receives, in seconds.
    pub(crate) refresh_seconds: u32,
    pub(crate) worst: Worst,
    /// Whether there are jobs, and addresses, to have a page of their own.
    pub(crate) has_pipelines: bool,
    pub(crate) has_addresses: bool,
    pub(crate) has_status_pages: bool,
    pub(crate) firing: usize,
    /// How many notifications were given up and have not got through since.
    pub(crate) dead: usize,
    /// Whether the caller may change anything.
    pub(crate) may_write: bool,
    /// Whether the caller may say who may do what.
    pub(crate) is_admin: bool,
    /// Who has signed in here; empty if nobody has.
    pub(crate) signed_in: String,
    /// Whether the caller has a password to change.
    pub(crate) has_password: bool,
    /// What part of the host the caller sees; empty for all of it.
    pub(crate) sees: String,
    /// When the config on the disk was refused, and how many errors it has.
    pub(crate) config_refused: Option<(Moment, String)>,
    /// Whether the host may be read by whoever is on its machine.
    pub(crate) open: bool,
}

/// A part of the host that does not work.
pub(crate) struct Unwell {
    pub(crate) name: &'static str,
    pub(crate) message: Vec<Part>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Here {
    Overview,
    Check,
    Alerts,
    Silences,
    Deliveries,
    Plugins,
    People,
    Audit,
    Config,
    Api,
    Pipelines,
    Reputation,
    StatusPages,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Worst {
    Critical,
    Warning,
    Ok,
}

impl Layout {
    pub(crate) fn new(app: &App, here: Here) -> Self {
        let checks = app.host.checks();
        let worst = checks.iter().map(DisplayState::of).min();
        let many = checks.len() > EVERY_RESULT_CHECKS_MAX;
        let firing = app.host.alerts().iter().filter(|alert| super::rows::is_firing(alert)).count();
        Self {
            assets: &ASSETS,
            here,
            now: Moment::new(app.host.now(), app.host.now()),
            version: env!("CARGO_PKG_VERSION"),
            not_ready: app
                .host
                .not_ready()
                .iter()
                .map(|part| Unwell { name: part.part, message: prose(&part.message) })
                .collect(),
            stream: format!("/api/v1/stream{}", if many { "?changes=true" } else { "" }),
            refresh_seconds: if many { 15 } else { 60 },
            worst: match worst {
                Some(DisplayState::Critical) => Worst::Critical,
                Some(DisplayState::Warning | DisplayState::Unknown) => Worst::Warning,
                Some(DisplayState::Waiting | DisplayState::Ok | DisplayState::Paused) | None => Worst::Ok,
            },
            has_pipelines: super::pipelines::are_there(&checks),
            has_status_pages: !app.host.setup().status_pages.is_empty(),
            has_addresses: super::reputation::is_reported(&checks),
            firing,
            dead: app.host.dead_letters().len(),
            may_write: app.caller.role >= Some(Role::Operator),
            is_admin: app.caller.role >= Some(Role::Admin),
            signed_in: match &app.caller.credential {
                Credential::Session { .. } => app.caller.name.to_string(),
                Credential::Nobody
                | Credential::Open
                | Credential::ControlSocket
                | Credential::AdminToken
                | Credential::Token { .. } => String::new(),
            },
            has_password: app.caller.user().is_some(),
            sees: app.caller.scope.to_string(),
            config_refused: app
                .host
                .config_refused()
                .map(|refused| (Moment::new(refused.at, app.host.now()), counted(refused.errors, "error"))),
            open: app.caller.credential == Credential::Open,
        }
    }
    pub(crate) fn icon(&self) -> &Asset {
        match self.worst {
            Worst::Critical => &self.assets.icon_critical,
            Worst::Warning => &self.assets.icon_warning,
            Worst::Ok => &self.assets.icon_ok,
        }
    }
    pub(crate) fn at(&self, here: &str) -> bool {
        let name = match self.here {
            Here::Overview => "overview",
            Here::Check => "check",
            Here::Alerts => "alerts",
            Here::Silences => "silences",
            Here::Deliveries => "deliveries",
            Here::Plugins => "plugins",
            Here::People => "people",
            Here::Audit => "audit",
            Here::Config => "config",
            Here::Api => "api",
            Here::Pipelines => "pipelines",
            Here::Reputation => "reputation",
            Here::StatusPages => "status-pages",
        };
        name == here
    }
}
