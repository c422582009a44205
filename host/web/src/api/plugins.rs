//! Plugins and receivers.

use axum::Json;
use serde::Serialize;

use watchkeep_core::replies::readers;

use super::json::time;
use super::json::{List, PluginEventItem, PluginItem};
use super::query::{Named, Params};
use crate::host::Hearing;
use crate::plugin::{PluginOrder, PluginView};
use crate::problem::Problem;
use crate::router::{App, State};

pub(crate) async fn list(State(app): State<App>, params: Params) -> Result<Json<List<PluginItem>>, Problem> {
    params.only(&[])?;
    let (checks, receivers) = (app.host.checks(), app.host.receivers());
    let item = |plugin: &PluginView| {
        let checks = checks.iter().filter(|view| view.spec.plugin == plugin.name).count();
        let receivers = receivers.iter().filter(|receiver| receiver.plugin == plugin.name).count();
        PluginItem::of(plugin, checks, receivers)
    };
    Ok(Json(List::whole(app.host.plugins().iter().map(item).collect())))
}

pub(crate) async fn events(
    State(app): State<App>,
    params: Params,
) -> Result<Json<List<PluginEventItem>>, Problem> {
    params.only(&[])?;
    Ok(Json(List::whole(app.host.plugin_events().into_iter().map(PluginEventItem::of).collect())))
}

/// Approves a file. The parameter `right` is given once for each right, in the order of the list.
pub(crate) async fn approve(
    State(app): State<App>,
    Named(name): Named,
    params: Params,
) -> Result<Json<PluginItem>, Problem> {
    params.only(&["digest", "right"])?;
    let digest = params.one("digest").ok_or_else(|| {
        Problem::invalid(
            "`digest` is missing; hint: an approval is for one file, whose digest the list of plugins shows",
        )
    })?;
    let rights = params.all("right").map(str::to_owned).collect();
    order(&app, &name, PluginOrder::Approve { digest: digest.to_owned(), rights }).await
}

pub(crate) async fn roll_back(
    State(app): State<App>,
    Named(name): Named,
    params: Params,
) -> Result<Json<PluginItem>, Problem> {
    params.only(&[])?;
    order(&app, &name, PluginOrder::RollBack).await
}

/// Carries out an order, and answers with the plugin as it is afterwards.
async fn order(app: &App, name: &str, order: PluginOrder) -> Result<Json<PluginItem>, Problem> {
    app.host.order(name.into(), order).await?;
    let plugins = app.host.plugins();
    let plugin = plugins
        .iter()
        .find(|plugin| plugin.name.as_str() == name)
        .ok_or_else(|| Problem::not_found(&format!("plugin `{name}`")))?;
    Ok(Json(item(app, plugin)))
}

fn item(app: &App, plugin: &PluginView) -> PluginItem {
    let checks = app.host.checks().iter().filter(|view| view.spec.plugin == plugin.name).count();
    let receivers = app.host.receivers().iter().filter(|receiver| receiver.plugin == plugin.name).count();
    PluginItem::of(plugin, checks, receivers)
}

/// A receiver without its config, which is where tokens would be.
#[derive(Serialize)]
pub(crate) struct ReceiverItem {
    name: String,
    plugin: String,
    fallback: Option<String>,
    timeout_seconds: f64,
    /// Who can acknowledge from within its messages, by name.
    readers: Vec<String>,
    /// Whether presses of its buttons are heard; none if its service tells of none.
    hearing: Option<HearingItem>,
}

#[derive(Serialize)]
struct HearingItem {
    state: &'static str,
    since: String,
    error: Option<String>,
}

impl From<Hearing> for HearingItem {
    fn from(hearing: Hearing) -> Self {
        match hearing {
            Hearing::Listening { since } => {
                HearingItem { state: "listening", since: time(since), error: None }
            }
            Hearing::Failing { since, error } => {
                HearingItem { state: "failing", since: time(since), error: Some(error) }
            }
        }
    }
}

pub(crate) async fn receivers(
    State(app): State<App>,
    params: Params,
) -> Result<Json<List<ReceiverItem>>, Problem> {
    params.only(&[])?;
    let setup = app.host.setup();
    let item = |receiver: std::sync::Arc<watchkeep_core::setup::ReceiverSpec>| ReceiverItem {
        name: receiver.name.to_string(),
        plugin: receiver.plugin.to_string(),
        fallback: receiver.fallback.as_ref().map(ToString::to_string),
        timeout_seconds: receiver.timeout.as_secs_f64(),
        readers: readers(&setup, &receiver.name).map(|person| person.name.to_string()).collect(),
        hearing: app.host.hearing(&receiver.name).map(HearingItem::from),
    };
    Ok(Json(List::whole(app.host.receivers().into_iter().map(item).collect())))
}
