//! `/checks/NAME/latency.svg`: the last 24 hours of a check, as small as a word. A list of checks has one in each row; the
//! browser asks for those that are in sight, and keeps them for some minutes, so that the list itself stays quick.

use std::fmt::Write as _;
use std::time::Duration;

use axum::response::{IntoResponse as _, Response};
use http::header;
use watchkeep_core::ids::CheckName;
use watchkeep_core::rollup::{Period, Series};
use watchkeep_core::time::Wall;

use crate::api::query::{Named, Params};
use crate::host::HistoryQuery;
use crate::problem::Problem;
use crate::router::{App, State};

const PERIOD: Duration = Duration::from_secs(1800);
const PERIODS: i64 = 48;
const HEIGHT: f64 = 20.0;
/// For how long a browser keeps one, in milliseconds. The address changes after it.
const KEPT_MS: i64 = 300_000;
/// Seen on light ground and on dark. What is bad is high as well, and what is not known is missing.
const QUIET: &str = "#6b7a8d";
const WARNING: &str = "#b07514";
const CRITICAL: &str = "#d6404c";

/// What the address of all sparklines ends with, until they are to be drawn anew.
pub(super) fn version(now: Wall) -> i64 {
    now.millis().div_euclid(KEPT_MS)
}

pub(crate) async fn serve(
    State(app): State<App>,
    Named(name): Named,
    params: Params,
) -> Result<Response, Problem> {
    params.only(&["at"])?;
    let check = CheckName::from(name.as_str());
    if app.host.check(&check).is_none() {
        let shown: String = name.chars().take(64).collect();
        return Err(Problem::not_found(&format!("check `{shown}`")));
    }
    let step = PERIOD.as_millis() as i64;
    let end = Wall::from_millis((app.host.now().millis().div_euclid(step) + 1) * step);
    let begin = Wall::from_millis(end.millis() - PERIODS * step);
    let query = HistoryQuery { check, series: Series::Runs, between: begin..end, step: PERIOD };
    let periods = app.host.history(query).await?;
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CACHE_CONTROL, "private, max-age=300"),
        // Who signs in next with the same browser may not see it.
        (header::VARY, "cookie, authorization"),
    ];
    Ok((headers, drawn(&periods, begin)).into_response())
}

/// A bar for each period: as high as half of its runs took at most, beside the longest of them.
fn drawn(periods: &[Period], begin: Wall) -> String {
    let took = |period: &Period| period.figures.quantile(0.5).unwrap_or(0.0);
    let longest = periods.iter().map(took).fold(0.0, f64::max);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"96\" height=\"{HEIGHT}\" viewBox=\"0 0 96 {HEIGHT}\">"
    );
    for period in periods {
        let place = (period.begins.millis() - begin.millis()) / PERIOD.as_millis() as i64;
        let states = &period.states;
        let judged = states.ok + states.warning + states.critical;
        if judged == 0 || !(0..PERIODS).contains(&place) {
            continue;
        }
        let (colour, height) = if states.critical > 0 {
            (CRITICAL, HEIGHT)
        } else {
            let part = if longest > 0.0 { took(period) / longest } else { 0.0 };
            let colour = if states.warning > 0 { WARNING } else { QUIET };
            (colour, 2.0 + part * (HEIGHT - 6.0))
        };
        // Writing to a text cannot fail.
        let _ = write!(
            svg,
            "<rect x=\"{}\" y=\"{:.1}\" width=\"1.5\" height=\"{height:.1}\" fill=\"{colour}\"/>",
            place * 2,
            HEIGHT - height
        );
    }
    svg.push_str("</svg>");
    svg
}

#[cfg(test)]
mod tests {
    use watchkeep_core::rollup::{Figures, States};

    use super::*;

    fn period(place: i64, took: f64, states: States) -> Period {
        let mut figures = Figures::default();
        figures.add(took);
        Period { begins: Wall::from_millis(place * 1_800_000), states, figures }
    }
    fn bars(periods: &[Period]) -> Vec<(String, f64, String)> {
        let svg = drawn(periods, Wall::from_millis(0));
        let of = |bar: &str, name: &str| {
            let from = bar.find(&format!(" {name}=\"")).unwrap() + name.len() + 3;
            bar[from..].split('"').next().unwrap().to_owned()
        };
        let bars = svg.split("<rect").skip(1);
        bars.map(|bar| (of(bar, "x"), of(bar, "height").parse().unwrap(), of(bar, "fill"))).collect()
    }

    #[test]
    fn a_bar_is_as_high_as_its_runs_took_and_what_is_bad_is_higher_than_any() {
        let well = States { ok: 3, ..States::default() };
        let bars = bars(&[
            period(0, 0.1, well),
            period(1, 0.2, well),
            period(3, 0.2, States { warning: 1, ..well }),
            period(4, 0.1, States { critical: 1, ..well }),
            period(5, 0.1, States { unknown: 2, ..States::default() }),
            period(48, 0.1, well),
            period(-1, 0.1, well),
        ]);
        let shown: Vec<_> =
            bars.iter().map(|(x, height, fill)| (x.as_str(), *height, fill.as_str())).collect();
        let expected = [("0", 9.0, QUIET), ("2", 16.0, QUIET), ("6", 16.0, WARNING), ("8", 20.0, CRITICAL)];
        assert_eq!(shown, expected);
    }

    #[test]
    fn without_runs_it_is_empty_and_runs_that_took_no_time_are_seen() {
        assert_eq!(bars(&[]), []);
        let well = States { ok: 1, ..States::default() };
        assert_eq!(bars(&[period(2, 0.0, well)])[0].1, 2.0);
    }
}
