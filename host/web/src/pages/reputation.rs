//! `/reputation`: the addresses that mail is sent from, as checks such as `ip-reputation` report them: whatever finding
//! has a metric `ip_reputation_score`. And their last ninety days as CSV.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use askama::Template;
use axum::response::{IntoResponse as _, Response};
use http::header;
use watchkeep_core::ids::CheckName;
use watchkeep_core::outcome::Outcome;
use watchkeep_core::report::{Finding, State as CheckState};
use watchkeep_core::rollup::{MetricSeries, Period, Series};
use watchkeep_core::time::Wall;
use watchkeep_core::view::CheckView;

use super::charts::{Unit, text_of};
use super::layout::{Here, Layout};
use super::render;
use super::rows::check_link;
use super::words::{Moment, Part, escaped, shortened, timed, web_link};
use crate::api::query::Params;
use crate::host::HistoryQuery;
use crate::problem::Problem;
use crate::router::{App, State};

const SCORE: &str = "ip_reputation_score";
const LISTED: &str = "ip_reputation_listed";
const VOLUME: &str = "ip_reputation_daily_volume";
const ROWS_MAX: usize = 200;
/// The most addresses whose days are read for one page.
const DRAWN_MAX: usize = 50;
const DAY: Duration = Duration::from_secs(86_400);
const DAYS: u32 = 90;

#[derive(Template)]
#[template(path = "reputation.html")]
struct ReputationPage {
    layout: Layout,
    rows: Vec<AddressRow>,
    more: usize,
}

struct AddressRow {
    address: String,
    check: String,
    href: String,
    provider: String,
    score: String,
    lists: Vec<String>,
    volume: String,
    look: &'static str,
    status: &'static str,
    summary: Vec<Part>,
    /// Where to read how one is taken off a list.
    link: Option<String>,
    at: Moment,
    /// The lowest score of each of the last days: its place from 0, the oldest, its height and in words.
    days: Vec<(u32, u32, String)>,
}

/// An address in the newest report of its check.
struct Address<'v> {
    view: &'v CheckView,
    finding: Finding,
    at: Wall,
}

fn addresses(checks: &[CheckView]) -> Vec<Address<'_>> {
    let mut found = Vec::new();
    for view in checks {
        let Some(row) = &view.last else { continue };
        let Outcome::Report(report) = &row.outcome else { continue };
        let scored = report.findings.iter().filter(|finding| value(finding, SCORE).is_some());
        found.extend(scored.map(|finding| Address { view, finding: finding.clone(), at: row.finished_at }));
    }
    let order = |state: CheckState| match state {
        CheckState::Critical => 0,
        CheckState::Warning => 1,
        CheckState::Unknown => 2,
        CheckState::Ok => 3,
    };
    found.sort_by(|one, other| {
        let rank = |address: &Address<'_>| (order(address.finding.state), address.finding.key.to_string());
        rank(one).cmp(&rank(other))
    });
    found
}

/// Whether some check reports addresses, so that the page has something to show.
pub(super) fn is_reported(checks: &[CheckView]) -> bool {
    checks.iter().filter_map(|view| view.last.as_ref()).any(|row| match &row.outcome {
        Outcome::Report(report) => report.findings.iter().any(|finding| value(finding, SCORE).is_some()),
        Outcome::Failed(_) => false,
    })
}

fn value(finding: &Finding, metric: &str) -> Option<f64> {
    finding.metrics.iter().find(|of| of.name == metric).map(|of| of.value)
}

pub(crate) async fn page(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    params.only(&[])?;
    let checks = app.host.checks();
    let all = addresses(&checks);
    let mut known: BTreeMap<CheckName, Vec<MetricSeries>> = BTreeMap::new();
    let mut rows = Vec::new();
    for (place, address) in all.iter().take(ROWS_MAX).enumerate() {
        let series = series(&app, address, &mut known).await?;
        let days = if place < DRAWN_MAX { days(&app, address, &series, SCORE).await? } else { Vec::new() };
        rows.push(row(&app, address, &series, &days));
    }
    render(&ReputationPage {
        more: all.len().saturating_sub(ROWS_MAX),
        rows,
        layout: Layout::new(&app, Here::Reputation),
    })
}

/// The series of one address.
async fn series(
    app: &App,
    address: &Address<'_>,
    known: &mut BTreeMap<CheckName, Vec<MetricSeries>>,
) -> Result<Vec<MetricSeries>, Problem> {
    let check = &address.view.spec.name;
    if !known.contains_key(check) {
        let all = app.host.series(check.clone()).await?.into_iter();
        let metrics = all.filter_map(|series| match series {
            Series::Metric(metric) => Some(metric),
            Series::Runs => None,
        });
        known.insert(check.clone(), metrics.collect());
    }
    let of_address = |series: &&MetricSeries| {
        let labels = &series.labels;
        [labels.get("address"), labels.get("finding")].contains(&address.finding.key.as_str())
    };
    Ok(known.get(check).into_iter().flatten().filter(of_address).cloned().collect())
}

/// The days of one metric of an address. Of a metric that several series have, those of the first.
async fn days(
    app: &App,
    address: &Address<'_>,
    series: &[MetricSeries],
    metric: &str,
) -> Result<Vec<Period>, Problem> {
    match series.iter().find(|series| series.name == metric) {
        Some(series) => days_of(app, &address.view.spec.name, series).await,
        None => Ok(Vec::new()),
    }
}

async fn days_of(app: &App, check: &CheckName, series: &MetricSeries) -> Result<Vec<Period>, Problem> {
    let now = app.host.now();
    let query = HistoryQuery {
        check: check.clone(),
        series: Series::Metric(series.clone()),
        between: first_day(now)..now + Duration::from_millis(1),
        step: DAY,
    };
    Ok(app.host.history(query).await?)
}

fn day_of(at: Wall) -> i64 {
    at.millis().div_euclid(86_400_000)
}

fn first_day(now: Wall) -> Wall {
    Wall::from_millis((day_of(now) - i64::from(DAYS) + 1) * 86_400_000)
}

fn date(at: Wall) -> String {
    at.utc().map_or_else(String::new, |at| at.format("%Y-%m-%d").to_string())
}

fn row(app: &App, address: &Address<'_>, series: &[MetricSeries], days: &[Period]) -> AddressRow {
    let Address { view, finding, at } = address;
    let now = app.host.now();
    let number = |metric| value(finding, metric).map_or_else(|| "–".to_owned(), plain);
    let score = series.iter().find(|series| series.name == SCORE).map(text_of);
    let chart = score.map(|score| format!("?range=year&series={}#metric", escaped(&score)));
    let day = |period: &Period| {
        let lowest = period.figures.min()?;
        let place = u32::try_from(day_of(period.begins) - day_of(first_day(now))).ok()?;
        let height = lowest.clamp(0.0, 100.0) as u32;
        Some((place, height.max(3), format!("{}: {}", date(period.begins), plain(lowest))))
    };
    AddressRow {
        address: finding.key.to_string(),
        check: view.spec.name.to_string(),
        href: format!("{}{}", check_link(view.spec.name.as_str()), chart.unwrap_or_default()),
        provider: shortened(finding.labels.get("provider"), 80),
        score: number(SCORE),
        lists: listed(finding),
        volume: number(VOLUME),
        look: finding.state.as_str(),
        status: match finding.state {
            CheckState::Ok => "Good",
            CheckState::Warning => "Warning",
            CheckState::Critical => "Critical",
            CheckState::Unknown => "Unknown",
        },
        summary: timed(&shortened(&finding.summary, 240)),
        link: finding.link.as_deref().and_then(web_link),
        at: Moment::new(*at, now),
        days: days.iter().filter_map(day).collect(),
    }
}

fn plain(value: f64) -> String {
    Unit::Other(String::new()).written(value)
}

fn listed(finding: &Finding) -> Vec<String> {
    let on = finding.metrics.iter().filter(|metric| metric.name == LISTED && metric.value > 0.0);
    on.map(|metric| shortened(metric.labels.get("list"), 60)).collect()
}

/// A line for each day and address: the lowest score, the lists on which it was, the mean of the volume.
pub(crate) async fn csv(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    params.only(&[])?;
    let checks = app.host.checks();
    let mut known = BTreeMap::new();
    let mut text = "day,check,address,provider,score_min,block_lists,daily_volume_mean\r\n".to_owned();
    for address in addresses(&checks).iter().take(ROWS_MAX) {
        let series = series(&app, address, &mut known).await?;
        let mut lists: BTreeMap<i64, BTreeSet<String>> = BTreeMap::new();
        for list in series.iter().filter(|series| series.name == LISTED) {
            for day in days_of(&app, &address.view.spec.name, list).await? {
                if day.figures.max().is_some_and(|max| max > 0.0) {
                    lists.entry(day_of(day.begins)).or_default().insert(list.labels.get("list").to_owned());
                }
            }
        }
        let volumes = days(&app, address, &series, VOLUME).await?;
        for day in days(&app, address, &series, SCORE).await? {
            let of_day = lists.get(&day_of(day.begins)).into_iter().flatten().cloned();
            let volume = volumes.iter().find(|volume| volume.begins == day.begins);
            let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
            let fields = [
                date(day.begins),
                field(address.view.spec.name.as_str()),
                field(address.finding.key.as_str()),
                field(address.finding.labels.get("provider")),
                number(day.figures.min()),
                field(&of_day.collect::<Vec<_>>().join(" ")),
                number(volume.and_then(|volume| volume.figures.mean())),
            ];
            // Writing to a string cannot fail.
            let _ = write!(text, "{}\r\n", fields.join(","));
        }
    }
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"ip-reputation.csv\""),
    ];
    Ok((headers, text).into_response())
}

/// Quoted, and never a formula: a spreadsheet would compute what a target wrote. Some pass over blanks and line ends before
/// they look what a field begins with, and some read wide characters as the narrow ones.
fn field(text: &str) -> String {
    let passed_over = |c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}';
    let begins = text.trim_start_matches(passed_over);
    let is_formula = begins.starts_with(['=', '+', '-', '@', '|', '＝', '＋', '－', '＠']);
    let guard = if is_formula { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}
