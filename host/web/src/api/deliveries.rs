//! Notifications on their way, delivered and given up.

use axum::Json;
use axum::extract::State;

use super::json::{DeliveryJson, List};
use super::query::Params;
use crate::host::{DeliveryFilter, DeliveryQuery};
use crate::problem::Problem;
use crate::router::App;

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
            "`{other}` is no status; hint: there is `all`, `open`, `delivered`, `dead`"
        ))),
    }
}
