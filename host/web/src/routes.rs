//! Who may. Every route stands here, with the right that it needs, and the router is made of this table alone: there is no
//! route without an entry.

use axum::routing::{MethodRouter, delete, get, post};
use http::Method;
use watchkeep_core::access::Role;

use crate::api::{
    actions, alerts, audit, backup, checks, commands, deliveries, explain, groups, history, markers, notes,
    openapi, people as api_people, plugins, reload, results, snapshots, stream, subscribers, take, windows,
};
use crate::pages::{
    account, acts, alert, alerts as alerts_page, assets, audit as audit_page, check, config,
    deliveries as deliveries_page, feed, groups as groups_page, login, oidc, overview, people, pipelines,
    plugins as plugins_page, reference, reputation, silences, snapshots as pictures, sparkline, status_pages,
};
use crate::router::Shared;
use crate::{metrics, probes, reply, status};

/// What somebody must be to use a route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Right {
    /// Nobody in particular: it reveals only that the host is alive, or is what signing in needs.
    Anyone,
    /// Signed in, even if nothing may be done but change one's own password.
    OwnAccount,
    Viewer,
    Operator,
    Admin,
}

impl Right {
    /// The lowest role that has it; `None` if it needs none.
    pub const fn role(self) -> Option<Role> {
        match self {
            Right::Anyone => None,
            Right::OwnAccount | Right::Viewer => Some(Role::Viewer),
            Right::Operator => Some(Role::Operator),
            Right::Admin => Some(Role::Admin),
        }
    }
}

/// How long a route may take, and whether what it does is done once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Pace {
    /// Answered within the time of all answers.
    Prompt,
    /// The same, and not done again if it is sent again.
    PromptOnce,
    /// It may wait, and has a bound of its own. Not done again if it is sent again.
    WaitingOnce,
    /// It lasts.
    Lasting,
}

pub(crate) struct Entry {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) right: Right,
    pub(crate) pace: Pace,
    pub(crate) handler: MethodRouter<Shared>,
}

/// Every route but those of pings, which need no right but their key. Status pages are for anyone, or by their token;
/// answers to messages are by the token of the message.
pub fn routes() -> Vec<(Method, &'static str, Right)> {
    let public = status::paths().into_iter().map(|(method, path)| (method, path, Right::Anyone));
    let public = public.chain([Method::GET, Method::POST].map(|method| (method, reply::PATH, Right::Anyone)));
    table().into_iter().map(|entry| (entry.method, entry.path, entry.right)).chain(public).collect()
}

pub(crate) fn table() -> Vec<Entry> {
    [pages(), reading(), taking(), waiting(), access()].into_iter().flatten().collect()
}

fn read(path: &'static str, right: Right, handler: MethodRouter<Shared>) -> Entry {
    Entry { method: Method::GET, path, right, pace: Pace::Prompt, handler }
}
fn form(path: &'static str, right: Right, handler: MethodRouter<Shared>) -> Entry {
    Entry { method: Method::POST, path, right, pace: Pace::Prompt, handler }
}
fn once(path: &'static str, right: Right, handler: MethodRouter<Shared>) -> Entry {
    Entry { method: Method::POST, path, right, pace: Pace::PromptOnce, handler }
}
fn remove(path: &'static str, right: Right, handler: MethodRouter<Shared>) -> Entry {
    Entry { method: Method::DELETE, path, right, pace: Pace::PromptOnce, handler }
}
fn wait(path: &'static str, right: Right, handler: MethodRouter<Shared>) -> Entry {
    Entry { method: Method::POST, path, right, pace: Pace::WaitingOnce, handler }
}

fn lasting(method: Method, path: &'static str, right: Right, handler: MethodRouter<Shared>) -> Entry {
    Entry { method, path, right, pace: Pace::Lasting, handler }
}

fn pages() -> Vec<Entry> {
    use Right::{Admin, Anyone, Operator, Viewer};
    vec![
        read("/", Viewer, get(overview::page)),
        read("/checks/{name}/latency.svg", Viewer, get(sparkline::serve)),
        read("/checks/{name}", Viewer, get(check::page)),
        form("/checks/{name}/run", Operator, post(acts::run)),
        form("/checks/{name}/pause", Operator, post(acts::pause)),
        form("/checks/{name}/resume", Operator, post(acts::resume)),
        form("/checks/{name}/snapshots/accept", Operator, post(acts::accept)),
        form("/receivers/{name}/test", Operator, post(acts::test_receiver)),
        read("/feed", Viewer, get(feed::page)),
        read("/alerts", Viewer, get(alerts_page::page)),
        read("/alerts/{id}", Viewer, get(alert::page)),
        form("/alerts/{id}/acknowledge", Operator, post(acts::acknowledge)),
        form("/alerts/{id}/unacknowledge", Operator, post(acts::unacknowledge)),
        read("/groups", Viewer, get(groups_page::page)),
        form("/groups/{id}/acknowledge", Operator, post(groups_page::acknowledge)),
        form("/groups/{id}/unacknowledge", Operator, post(groups_page::unacknowledge)),
        form("/alerts/{id}/hand-over", Operator, post(acts::hand_over)),
        form("/alerts/{id}/act", Operator, post(acts::act)),
        form("/occasions/{id}/approve", Operator, post(acts::approve)),
        form("/occasions/{id}/decline", Operator, post(acts::decline)),
        read("/silences", Viewer, get(silences::page)),
        form("/silences", Operator, post(silences::make_or_show)),
        form("/silences/{id}/end", Operator, post(acts::end_window)),
        read("/deliveries", Viewer, get(deliveries_page::page)),
        form("/deliveries/{id}/retry", Operator, post(acts::retry)),
        read("/plugins", Viewer, get(plugins_page::page)),
        read("/api", Viewer, get(reference::page)),
        read("/status-pages", Viewer, get(status_pages::page)),
        form("/status-pages/{name}/notes", Operator, post(status_pages::post_note)),
        form("/notes/{id}", Operator, post(status_pages::follow)),
        form("/notes/{id}/remove", Operator, post(status_pages::remove)),
        read("/pipelines", Viewer, get(pipelines::page)),
        read("/reputation", Viewer, get(reputation::page)),
        read("/reputation.csv", Viewer, get(reputation::csv)),
        read("/config", Viewer, get(config::page)),
        // These may take long, because plugins are compiled.
        lasting(Method::POST, "/config", Admin, post(config::reload)),
        lasting(Method::POST, "/plugins/{name}/approve", Admin, post(acts::approve_plugin)),
        lasting(Method::POST, "/plugins/{name}/rollback", Admin, post(acts::roll_back)),
        read("/snapshots/{id}", Viewer, get(pictures::serve)),
        read("/assets/{file}", Anyone, get(assets::serve)),
    ]
}

/// Signing in, one's own password, and who may do what.
fn access() -> Vec<Entry> {
    use Right::{Admin, Anyone, OwnAccount};
    vec![
        read("/login", Anyone, get(login::page)),
        form("/login", Anyone, post(login::sign_in)),
        read("/login/oidc", Anyone, get(oidc::begin)),
        read("/login/oidc/callback", Anyone, get(oidc::finish)),
        form("/logout", OwnAccount, post(login::sign_out)),
        read("/password", OwnAccount, get(account::page)),
        form("/password", OwnAccount, post(account::change)),
        read("/people", Admin, get(people::page)),
        form("/people/users", Admin, post(people::add_user)),
        form("/people/users/{name}/role", Admin, post(people::set_role)),
        form("/people/users/{name}/password", Admin, post(people::new_password)),
        form("/people/users/{name}/disable", Admin, post(people::disable)),
        form("/people/users/{name}/enable", Admin, post(people::enable)),
        form("/people/users/{name}/remove", Admin, post(people::remove)),
        form("/people/tokens", Admin, post(people::add_token)),
        form("/people/tokens/{id}/revoke", Admin, post(people::revoke)),
        read("/audit", Admin, get(audit_page::page)),
        read("/api/v1/users", Admin, get(api_people::users)),
        once("/api/v1/users", Admin, post(api_people::add_user)),
        remove("/api/v1/users/{name}", Admin, delete(api_people::remove_user)),
        once("/api/v1/users/{name}/role", Admin, post(api_people::set_role)),
        once("/api/v1/users/{name}/password", Admin, post(api_people::set_password)),
        once("/api/v1/users/{name}/disable", Admin, post(api_people::disable)),
        once("/api/v1/users/{name}/enable", Admin, post(api_people::enable)),
        read("/api/v1/tokens", Admin, get(api_people::tokens)),
        once("/api/v1/tokens", Admin, post(api_people::add_token)),
        remove("/api/v1/tokens/{id}", Admin, delete(api_people::revoke)),
        read("/api/v1/audit", Admin, get(audit::list)),
        read("/api/v1/audit/check", Admin, get(audit::check)),
    ]
}

fn reading() -> Vec<Entry> {
    use Right::{Anyone, Viewer};
    vec![
        read("/-/healthy", Anyone, get(probes::healthy)),
        read("/-/ready", Viewer, get(probes::ready)),
        read("/metrics", Viewer, get(metrics::metrics)),
        read("/api/v1/openapi.json", Viewer, get(openapi::document)),
        read("/api/v1/checks", Viewer, get(checks::list)),
        read("/api/v1/checks/{name}", Viewer, get(checks::one)),
        read("/api/v1/checks/{name}/explain", Viewer, get(explain::of_check)),
        read("/api/v1/checks/{name}/history", Viewer, get(history::list)),
        read("/api/v1/checks/{name}/series", Viewer, get(history::series)),
        read("/api/v1/checks/{name}/results", Viewer, get(results::list)),
        read("/api/v1/checks/{name}/snapshots", Viewer, get(snapshots::list)),
        read("/api/v1/checks/{name}/transitions", Viewer, get(alerts::transitions_of_check)),
        read("/api/v1/alerts", Viewer, get(alerts::list)),
        read("/api/v1/alerts/explain", Viewer, get(explain::any)),
        read("/api/v1/alerts/{id}", Viewer, get(alerts::one)),
        read("/api/v1/alerts/{id}/explain", Viewer, get(explain::of_alert)),
        read("/api/v1/groups", Viewer, get(groups::list)),
        read("/api/v1/groups/{id}", Viewer, get(groups::one)),
        read("/api/v1/transitions", Viewer, get(alerts::transitions)),
        read("/api/v1/plugins", Viewer, get(plugins::list)),
        read("/api/v1/plugins/events", Viewer, get(plugins::events)),
        read("/api/v1/receivers", Viewer, get(plugins::receivers)),
        read("/api/v1/markers", Viewer, get(markers::list)),
        read("/api/v1/status-pages", Viewer, get(notes::pages)),
        read("/api/v1/status-pages/{name}/notes", Viewer, get(notes::list)),
        read("/api/v1/status-pages/{name}/subscribers", Right::Admin, get(subscribers::list)),
        read("/api/v1/deliveries", Viewer, get(deliveries::list)),
        read("/api/v1/actions", Viewer, get(actions::list)),
        read("/api/v1/occasions", Viewer, get(actions::occasions)),
        lasting(Method::GET, "/api/v1/stream", Viewer, get(stream::stream)),
    ]
}

/// What people do about alerts.
fn taking() -> Vec<Entry> {
    use Right::{Operator, Viewer};
    vec![
        once("/api/v1/alerts/{id}/acknowledge", Operator, post(take::acknowledge_alert)),
        once("/api/v1/alerts/{id}/unacknowledge", Operator, post(take::unacknowledge_alert)),
        once("/api/v1/alerts/{id}/hand-over", Operator, post(take::hand_over_alert)),
        once("/api/v1/groups/{id}/acknowledge", Operator, post(take::acknowledge_group)),
        once("/api/v1/groups/{id}/unacknowledge", Operator, post(take::unacknowledge_group)),
        once("/api/v1/groups/{id}/hand-over", Operator, post(take::hand_over_group)),
        read("/api/v1/silences", Viewer, get(windows::silences)),
        once("/api/v1/silences", Operator, post(windows::make_silence)),
        read("/api/v1/silences/{id}", Viewer, get(windows::silence)),
        remove("/api/v1/silences/{id}", Operator, delete(windows::end_silence)),
        read("/api/v1/maintenance", Viewer, get(windows::maintenance)),
        once("/api/v1/maintenance", Operator, post(windows::make_maintenance)),
        read("/api/v1/maintenance/{id}", Viewer, get(windows::one_maintenance)),
        remove("/api/v1/maintenance/{id}", Operator, delete(windows::end_maintenance)),
        once("/api/v1/markers", Operator, post(markers::set)),
        remove("/api/v1/markers/{id}", Operator, delete(markers::remove)),
        once("/api/v1/status-pages/{name}/notes", Operator, post(notes::post)),
        once("/api/v1/notes/{id}", Operator, post(notes::follow)),
        once("/api/v1/notes/{id}/end", Operator, post(notes::end)),
        remove("/api/v1/notes/{id}", Operator, delete(notes::remove)),
        remove("/api/v1/subscribers/{id}", Right::Admin, delete(subscribers::remove)),
        once("/api/v1/deliveries/{id}/retry", Operator, post(deliveries::retry)),
        once("/api/v1/occasions/{id}/approve", Operator, post(actions::approve)),
        once("/api/v1/occasions/{id}/decline", Operator, post(actions::decline)),
    ]
}

/// These have bounds of their own: a command may wait, a reload compiles.
fn waiting() -> Vec<Entry> {
    use Right::{Admin, Operator};
    vec![
        wait("/-/reload", Admin, post(reload::reload)),
        wait("/api/v1/checks/{name}/run", Operator, post(commands::run)),
        wait("/api/v1/checks/{name}/pause", Operator, post(commands::pause)),
        wait("/api/v1/checks/{name}/resume", Operator, post(commands::resume)),
        wait("/api/v1/checks/{name}/snapshots/accept", Operator, post(snapshots::accept)),
        wait("/api/v1/receivers/{name}/test", Operator, post(commands::test_receiver)),
        wait("/api/v1/alerts/{id}/act", Operator, post(actions::act)),
        wait("/api/v1/plugins/{name}/approve", Admin, post(plugins::approve)),
        wait("/api/v1/plugins/{name}/rollback", Admin, post(plugins::roll_back)),
        lasting(Method::POST, "/api/v1/backup", Admin, post(backup::backup)),
    ]
}
