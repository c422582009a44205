//! `/plugins`: what is loaded, what it asks for and what it was granted.

use askama::Template;
use axum::response::Response;
use watchkeep_core::kind::PluginKind;
use watchkeep_core::time::Wall;

use super::layout::{Here, Layout};
use super::render;
use super::words::{Moment, Part, escaped, prose, size};
use crate::api::query::Params;
use crate::plugin::{PluginEvent, PluginLife};
use crate::problem::Problem;
use crate::router::{App, State};

#[derive(Template)]
#[template(path = "plugins.html")]
struct PluginsPage {
    layout: Layout,
    plugins: Vec<PluginCard>,
    events: Vec<EventLine>,
}

struct PluginCard {
    name: String,
    status: &'static str,
    look: &'static str,
    problem: Option<Vec<Part>>,
    /// What a file that waits for approval asks for.
    asks: Vec<String>,
    /// The digest of that file, short and whole.
    waits: String,
    waits_for: String,
    href: String,
    may_roll_back: bool,
    source: String,
    live: Option<LiveCard>,
    used_by: String,
}

struct EventLine {
    at: Moment,
    file: String,
    digest_short: String,
    what: Vec<Part>,
}

struct LiveCard {
    kind: &'static str,
    version: String,
    summary: String,
    digest: String,
    digest_short: String,
    size: String,
    since: Moment,
    requests: Vec<String>,
    grants: Vec<String>,
    /// What it may reach without a grant.
    own_targets: &'static str,
}

pub(crate) async fn page(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    params.only(&[])?;
    let now = app.host.now();
    let (checks, receivers) = (app.host.checks(), app.host.receivers());
    let card = |plugin: crate::plugin::PluginView| {
        let checks = checks.iter().filter(|view| view.spec.plugin == plugin.name).count();
        let receivers = receivers.iter().filter(|receiver| receiver.plugin == plugin.name).count();
        let source = match &plugin.life {
            PluginLife::Failed { source, .. } => source.clone(),
            PluginLife::PendingGrant { live, source, .. } | PluginLife::Compiling { live, source } => {
                live.as_ref().map_or_else(|| source.clone(), |live| live.source.clone())
            }
            PluginLife::Live(live) | PluginLife::Canary { live, .. } | PluginLife::Kept { live, .. } => {
                live.source.clone()
            }
            PluginLife::Disabled => {
                "nowhere: there is neither a file nor a bundled plugin of this name".to_owned()
            }
        };
        PluginCard {
            name: plugin.name.to_string(),
            status: match &plugin.life {
                PluginLife::Compiling { live: None, .. } => "being compiled",
                PluginLife::Compiling { live: Some(_), .. } => "live; a newer file is being compiled",
                PluginLife::Live(_) => "live",
                PluginLife::Canary { .. } => "canary: new, and watched",
                PluginLife::PendingGrant { .. } => {
                    "pending grant: a file asks for more than the one before it"
                }
                PluginLife::Disabled => "disabled",
                PluginLife::Kept { .. } => "a newer file failed; the older one runs",
                PluginLife::Failed { .. } => "failed to load",
            },
            look: match &plugin.life {
                PluginLife::Compiling { .. } => "waiting",
                PluginLife::Live(_) | PluginLife::Canary { .. } => "ok",
                PluginLife::PendingGrant { .. } => "warning",
                PluginLife::Disabled => "critical",
                PluginLife::Kept { .. } => "warning",
                PluginLife::Failed { .. } => "critical",
            },
            problem: plugin.life.problem().map(prose),
            asks: match &plugin.life {
                PluginLife::PendingGrant { asks, .. } => asks.clone(),
                PluginLife::Compiling { .. }
                | PluginLife::Live(_)
                | PluginLife::Canary { .. }
                | PluginLife::Disabled
                | PluginLife::Kept { .. }
                | PluginLife::Failed { .. } => Vec::new(),
            },
            waits: plugin.life.waiting().map(|digest| digest.short()).unwrap_or_default(),
            waits_for: plugin.life.waiting().map(|digest| digest.to_string()).unwrap_or_default(),
            href: format!("/plugins/{}", escaped(plugin.name.as_str())),
            may_roll_back: plugin.life.live().is_some_and(|live| live.source != "bundled")
                || matches!(plugin.life, PluginLife::Canary { .. }),
            source,
            live: plugin.life.live().map(|live| LiveCard {
                kind: live.kind.as_str(),
                version: live.version.clone(),
                summary: live.summary.clone(),
                digest: live.digest.to_string(),
                digest_short: live.digest.short(),
                size: size(live.size_bytes),
                since: Moment::new(live.since, now),
                requests: live.requests.clone(),
                grants: live.grants.clone(),
                own_targets: match live.kind {
                    PluginKind::Check => "the targets of its checks",
                    PluginKind::Notifier => "the targets of its receivers",
                    PluginKind::Action => "the targets of its actions",
                },
            }),
            used_by: used_by(checks, receivers),
        }
    };
    render(&PluginsPage {
        plugins: app.host.plugins().into_iter().map(card).collect(),
        events: app.host.plugin_events().into_iter().map(|event| line(event, now)).collect(),
        layout: Layout::new(&app, Here::Plugins),
    })
}

fn line(event: PluginEvent, now: Wall) -> EventLine {
    let hint = event.hint.map(|hint| format!("; hint: {hint}")).unwrap_or_default();
    EventLine {
        at: Moment::new(event.at, now),
        file: event.file,
        digest_short: event.digest.map(|digest| digest.short()).unwrap_or_default(),
        what: prose(&format!("{}: {}{hint}", event.stage, event.message)),
    }
}

fn used_by(checks: usize, receivers: usize) -> String {
    let plural = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    match (checks, receivers) {
        (0, 0) => "nothing".to_owned(),
        (checks, 0) => plural(checks, "check"),
        (0, receivers) => plural(receivers, "receiver"),
        (checks, receivers) => format!("{}, {}", plural(checks, "check"), plural(receivers, "receiver")),
    }
}
