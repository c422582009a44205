//! Plugins and receivers.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::json::{List, PluginItem};
use super::query::Params;
use crate::problem::Problem;
use crate::router::App;

pub(crate) async fn list(State(app): State<App>, params: Params) -> Result<Json<List<PluginItem>>, Problem> {
    params.only(&[])?;
    let (checks, receivers) = (app.host.checks(), app.host.receivers());
    let item = |plugin: &crate::plugin::PluginView| {
        let checks = checks.iter().filter(|view| view.spec.plugin == plugin.name).count();
        let receivers = receivers.iter().filter(|receiver| receiver.plugin == plugin.name).count();
        PluginItem::of(plugin, checks, receivers)
    };
    Ok(Json(List::whole(app.host.plugins().iter().map(item).collect())))
}

/// Without its config: that is where tokens would be.
#[derive(Serialize)]
pub(crate) struct ReceiverItem {
    name: String,
    plugin: String,
    fallback: Option<String>,
    timeout_seconds: f64,
}

pub(crate) async fn receivers(
    State(app): State<App>,
    params: Params,
) -> Result<Json<List<ReceiverItem>>, Problem> {
    params.only(&[])?;
    let item = |receiver: std::sync::Arc<watchkeep_core::setup::ReceiverSpec>| ReceiverItem {
        name: receiver.name.to_string(),
        plugin: receiver.plugin.to_string(),
        fallback: receiver.fallback.as_ref().map(ToString::to_string),
        timeout_seconds: receiver.timeout.as_secs_f64(),
    };
    Ok(Json(List::whole(app.host.receivers().into_iter().map(item).collect())))
}
