//! Notifications that are on their way, were delivered or were given up.

use axum::Json;
use http::StatusCode;
use serde::Serialize;
use watchkeep_core::ids::DeliveryId;

use super::json::{DeliveryJson, List};
use super::query::{Named, Params};
use crate::host::{DeliveryFilter, DeliveryQuery};
use crate::problem::Problem;
use crate::router::{App, State};

pub(crate) async fn list(
    State(app): State<App>,
    params: Params,
) -> Result<Json<List<DeliveryJson>>, Problem> {
    params.only(&["status", "limit", "cursor"])?;
    let query = DeliveryQuery { filter: filter(&params)?, page: params.page()? };
    let page = app.host.deliveries(query).await?;
    Ok(Json(List::of(page, |item| DeliveryJson::of(&item))))
}

pub(crate) fn filter(params: &Params) -> Result<DeliveryFilter, Problem> {
    match params.one("status") {
        None | Some("all") => Ok(DeliveryFilter::All),
        Some("open") => Ok(DeliveryFilter::Open),
        Some("delivered") => Ok(DeliveryFilter::Delivered),
        Some("dead") => Ok(DeliveryFilter::Dead),
        Some(other) => Err(Problem::invalid(format!(
            "`{other}` is not a status; hint: there is `all`, `open`, `delivered`, `dead`"
        ))),
    }
}

#[derive(Serialize)]
pub(crate) struct Accepted {
    accepted: bool,
}

/// Tries a dead letter again: it joins its receiver's queue.
pub(crate) async fn retry(
    State(app): State<App>,
    Named(id): Named,
    params: Params,
) -> Result<(StatusCode, Json<Accepted>), Problem> {
    params.only(&[])?;
    app.host.retry(delivery_id(&id)?).await?;
    Ok((StatusCode::ACCEPTED, Json(Accepted { accepted: true })))
}

/// Parses an id as lists show it: `d12`.
pub(crate) fn delivery_id(text: &str) -> Result<DeliveryId, Problem> {
    let digits = text.strip_prefix('d').filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()));
    digits.and_then(|digits| digits.parse().ok()).map(DeliveryId).ok_or_else(|| {
        let shown: String = text.chars().take(64).collect();
        Problem::not_found(&format!("delivery `{shown}`"))
    })
}
