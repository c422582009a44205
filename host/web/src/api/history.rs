//! What one check's results said over time.

use std::time::Duration;

use axum::Json;
use watchkeep_core::ids::CheckName;
use watchkeep_core::rollup::{MetricSeries, Series};

use super::json::{List, PeriodItem, SeriesItem};
use super::query::{Named, Params};
use crate::host::HistoryQuery;
use crate::problem::Problem;
use crate::router::{App, State};

/// The most periods of one answer.
const PERIODS_MAX: u128 = 2000;
/// What is shown of a check if nothing else is asked for.
const USUAL_SPAN: Duration = Duration::from_hours(24);
const USUAL_STEP: Duration = Duration::from_mins(5);
const SHORTEST_STEP: Duration = Duration::from_secs(1);

/// What there is to ask about: the runs, then metrics by name.
pub(crate) async fn series(
    State(app): State<App>,
    Named(name): Named,
    params: Params,
) -> Result<Json<List<SeriesItem>>, Problem> {
    params.only(&[])?;
    let check = CheckName::from(name.as_str());
    let found = app.host.series(check.clone()).await?;
    if found.len() <= 1 && app.host.check(&check).is_none() {
        return Err(Problem::not_found(&format!("check `{check}`")));
    }
    Ok(Json(List::whole(found.into_iter().map(SeriesItem::from).collect())))
}

/// Figures of each period that has some, oldest first.
pub(crate) async fn list(
    State(app): State<App>,
    Named(name): Named,
    params: Params,
) -> Result<Json<List<PeriodItem>>, Problem> {
    params.only(&["metric", "unit", "label", "from", "to", "step"])?;
    let check = CheckName::from(name.as_str());
    let series = asked(&params)?;
    let to = params.time("to")?.unwrap_or_else(|| app.host.now());
    let from = params.time("from")?.unwrap_or_else(|| to - USUAL_SPAN);
    let step =
        params.written("step").map(|text| super::body::span("step", text)).transpose()?.unwrap_or(USUAL_STEP);
    if step < SHORTEST_STEP {
        return Err(Problem::invalid("`step` is a duration from 1s, such as `5m`"));
    }
    // Anything else would read each result of months.
    if step >= USUAL_STEP && step.as_millis() % USUAL_STEP.as_millis() != 0 {
        return Err(Problem::invalid(
            "a `step` of more than five minutes is a whole number of them, such as `15m` or `1h`",
        ));
    }
    if to.since(from).as_millis() / step.as_millis() > PERIODS_MAX {
        return Err(Problem::invalid(format!(
            "that would be more than {PERIODS_MAX} periods; hint: ask for a longer `step`, or for less time"
        )));
    }
    let query = HistoryQuery { check: check.clone(), series: series.clone(), between: from..to, step };
    let periods = app.host.history(query).await?;
    if periods.is_empty() && app.host.check(&check).is_none() {
        return Err(Problem::not_found(&format!("check `{check}`")));
    }
    Ok(Json(List::whole(periods.into_iter().map(|period| PeriodItem::of(period, &series)).collect())))
}

fn asked(params: &Params) -> Result<Series, Problem> {
    let Some(name) = params.one("metric") else { return Ok(Series::Runs) };
    let label = |text: &str| {
        let (name, value) = text.split_once('=').ok_or_else(|| {
            Problem::invalid(format!("`label` is `name=value`, not `{text}`; hint: `/series` lists them"))
        })?;
        Ok((name.to_owned(), value.to_owned()))
    };
    Ok(Series::Metric(MetricSeries {
        name: name.to_owned(),
        unit: params.one("unit").unwrap_or_default().to_owned(),
        labels: params.all("label").map(label).collect::<Result<_, Problem>>()?,
    }))
}
