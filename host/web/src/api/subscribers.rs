//! Who gets letters of a status page. Addresses are personal: admins alone see them.

use axum::Json;
use serde::Serialize;
use watchkeep_core::audit_log::AuditEntry;
use watchkeep_core::ids::SubscriberId;
use watchkeep_core::subscription::{Subscriber, SubscriberChange};

use super::json::{List, time};
use super::query::{Named, Params};
use crate::host::Write;
use crate::notes;
use crate::problem::Problem;
use crate::router::{App, State};

#[derive(Serialize)]
pub(crate) struct SubscriberItem {
    id: String,
    page: String,
    address: String,
    asked_at: String,
    /// `null` for an address that nobody has confirmed: nothing is sent there.
    confirmed_at: Option<String>,
}

impl SubscriberItem {
    fn of(subscriber: &Subscriber) -> Self {
        Self {
            id: subscriber.id.to_string(),
            page: subscriber.page.to_string(),
            address: subscriber.address.as_str().to_owned(),
            asked_at: time(subscriber.asked_at),
            confirmed_at: subscriber.confirmed_at.map(time),
        }
    }
}

/// In the order in which they asked. The cursor is the last one: one that is gone meanwhile begins anew.
pub(crate) async fn list(
    State(app): State<App>,
    Named(name): Named,
    params: Params,
) -> Result<Json<List<SubscriberItem>>, Problem> {
    params.only(&["limit", "cursor"])?;
    let page = params.page()?;
    let spec = notes::page(&app, &name)?;
    let subscribers = app.host.subscribers();
    let mut found: Vec<_> = subscribers.iter().filter(|it| it.page == spec.name).collect();
    found.sort_by(|one, other| (one.asked_at, &one.id).cmp(&(other.asked_at, &other.id)));
    List::cut(found, &page, |it| it.id.as_str(), |it| SubscriberItem::of(it)).map(Json)
}

/// Forgets an address, as somebody may ask for. What waits for it is sent no more.
pub(crate) async fn remove(
    State(app): State<App>,
    Named(id): Named,
    params: Params,
) -> Result<Json<SubscriberItem>, Problem> {
    params.only(&[])?;
    let found = app.host.subscribers().find(&SubscriberId::new(id.as_str())).cloned();
    let found = found.ok_or_else(|| {
        let shown: String = id.chars().take(64).collect();
        Problem::not_found(&format!("subscriber `{shown}`"))
    })?;
    let entry =
        AuditEntry::new(app.host.now(), app.caller.author(), "subscriber.remove", found.page.to_string())
            .from(found.address.masked());
    app.host.write(Write::Subscribers(vec![SubscriberChange::Remove(found.id.clone())]), entry).await?;
    Ok(Json(SubscriberItem::of(&found)))
}
