//! The charts of a check: how long its runs took and how they ended, one of its metrics, and how available its target
//! was. SVG made here from figures of equal periods; behind each there is a table.

mod axis;
mod marks;
mod plot;
mod range;
mod strip;
mod unit;
mod uptime;

use std::time::Duration;

use watchkeep_core::heartbeat::Expects;
use watchkeep_core::outcome::Outcome;
use watchkeep_core::report::{Metric, Report};
use watchkeep_core::rollup::{MetricSeries, Period, Series, States};
use watchkeep_core::rule::Bound;
use watchkeep_core::setup::{CheckSpec, Schedule, Work};
use watchkeep_core::time::Wall;
use watchkeep_core::view::CheckView;

use self::axis::{Axis, Tick, begin, merged};
use self::marks::Marks;
use self::plot::{Drawn, Look, Plot, Point};
use self::range::Range;
pub(crate) use self::unit::Unit;
use self::uptime::Uptime;
use super::rows::check_link;
use super::words::{Moment, escaped, setting, shortened};
use crate::api::query::Params;
use crate::host::HistoryQuery;
use crate::problem::Problem;
use crate::router::App;

/// The most series that can be chosen from.
const SERIES_MAX: usize = 200;
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);

pub(crate) struct Charts {
    pub(crate) ranges: Vec<RangeLink>,
    pub(crate) range: &'static str,
    /// As in `last 24 hours`.
    pub(crate) last: &'static str,
    pub(crate) runs: Option<RunsChart>,
    /// The check runs, or ran, but not in this range.
    pub(crate) is_empty: bool,
    pub(crate) choices: Vec<Choice>,
    pub(crate) metric: Option<MetricChart>,
    pub(crate) uptime: Option<Uptime>,
    pub(crate) marks: Marks,
}

pub(crate) struct RangeLink {
    pub(crate) word: &'static str,
    pub(crate) href: String,
    pub(crate) is_chosen: bool,
}

pub(crate) struct RunsChart {
    /// What it shows: `Latency`.
    pub(crate) title: &'static str,
    /// `None` if no run took any time, as a ping without a start.
    pub(crate) plot: Option<Plot>,
    pub(crate) parts: Vec<strip::Part>,
    pub(crate) points: Vec<Point>,
    pub(crate) ticks: Vec<Tick>,
    pub(crate) tick_kind: &'static str,
    pub(crate) from: Moment,
    pub(crate) to: Moment,
    pub(crate) label: String,
    pub(crate) said: String,
    pub(crate) table: Table,
}

pub(crate) struct MetricChart {
    pub(crate) title: String,
    /// `None` if there is no number in this range.
    pub(crate) plot: Option<Plot>,
    pub(crate) newest: Option<String>,
    pub(crate) from: Moment,
    pub(crate) to: Moment,
    pub(crate) table: Table,
    /// Of a rule: when it alerts.
    pub(crate) rule: Option<String>,
}

/// One series to choose.
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) is_chosen: bool,
}

/// The figures behind a chart, newest first.
#[derive(Default)]
pub(crate) struct Table {
    pub(crate) every: &'static str,
    pub(crate) columns: Vec<&'static str>,
    pub(crate) rows: Vec<(Moment, Vec<String>)>,
}

/// The parameters of a page that the charts read.
pub(super) const PARAMS: [&str; 2] = ["range", "series"];

impl Charts {
    pub(super) async fn read(app: &App, view: &CheckView, params: &Params) -> Result<Self, Problem> {
        let now = app.host.now();
        let spec = &*view.spec;
        let asked = Range::read(params)?;
        let mut range = asked.unwrap_or_else(|| Range::of(spec));
        let mut periods = runs(app, spec, range, now).await?;
        let is_new = periods.first().is_some_and(|first| first.begins > now - Range::Hour.span());
        if asked.is_none() && range == Range::Day && is_new {
            // A check of some minutes would be a dot at the end of a day.
            range = Range::Hour;
            periods = runs(app, spec, range, now).await?;
        }
        let axis = Axis::new(range, now);
        let series = metrics(app, spec).await?;
        let chosen = chosen(&series, view, params)?;
        let metric = match chosen {
            Some(series) => Some(metric_chart(app, view, series, axis).await?),
            None => None,
        };
        let name = chosen.map(text_of);
        Ok(Self {
            ranges: links(spec, range, params.one("series")),
            range: range.as_str(),
            last: range.last(),
            is_empty: periods.is_empty() && view.last.is_some(),
            runs: (!periods.is_empty()).then(|| runs_chart(&periods, axis, spec)),
            choices: series
                .iter()
                .map(text_of)
                .map(|value| Choice { is_chosen: name.as_ref() == Some(&value), value })
                .collect(),
            metric,
            uptime: uptime(app, spec, now).await?,
            marks: Marks::of(app, spec, &axis),
        })
    }
}

fn links(spec: &CheckSpec, chosen: Range, series: Option<&str>) -> Vec<RangeLink> {
    let series = series.map(|series| format!("&series={}", escaped(series))).unwrap_or_default();
    let link = |range: Range| RangeLink {
        word: range.word(),
        href: format!("{}?range={}{series}", check_link(spec.name.as_str()), range.as_str()),
        is_chosen: range == chosen,
    };
    Range::ALL.into_iter().map(link).collect()
}

async fn runs(app: &App, spec: &CheckSpec, range: Range, now: Wall) -> Result<Vec<Period>, Problem> {
    let from = Axis::new(range, now).from;
    history(app, spec, Series::Runs, (from, now, range.step())).await
}

async fn history(
    app: &App,
    spec: &CheckSpec,
    series: Series,
    (from, now, step): (Wall, Wall, Duration),
) -> Result<Vec<Period>, Problem> {
    // The newest result may bear this very moment.
    let between = from..now + Duration::from_millis(1);
    Ok(app.host.history(HistoryQuery { check: spec.name.clone(), series, between, step }).await?)
}

async fn uptime(app: &App, spec: &CheckSpec, now: Wall) -> Result<Option<Uptime>, Problem> {
    let week = begin(now - 7 * DAY, HOUR);
    let year = begin(now - 365 * DAY, DAY);
    let hours = history(app, spec, Series::Runs, (week, now, HOUR)).await?;
    let days = history(app, spec, Series::Runs, (year, now, DAY)).await?;
    // Of what is kept for long, periods may be longer than a day's.
    Ok(Uptime::of(&hours, &merged(&days, DAY), now))
}

async fn metrics(app: &App, spec: &CheckSpec) -> Result<Vec<MetricSeries>, Problem> {
    let all = app.host.series(spec.name.clone()).await?;
    let metrics = all.into_iter().filter_map(|series| match series {
        Series::Runs => None,
        Series::Metric(metric) => Some(metric),
    });
    Ok(metrics.take(SERIES_MAX).collect())
}

/// How far apart runs are; `None` where only a calendar knows.
fn interval(spec: &CheckSpec) -> Option<Duration> {
    match (&spec.work, &spec.schedule) {
        (Work::Heartbeat(heartbeat), _) => match &heartbeat.expects {
            Expects::Every(period) => Some(*period),
            Expects::At(_) => None,
        },
        (Work::Plugin | Work::Rule(_), Schedule::Interval(every)) => Some(*every),
        (Work::Plugin | Work::Rule(_), Schedule::Cron(_)) => None,
    }
}

fn runs_chart(periods: &[Period], axis: Axis, spec: &CheckSpec) -> RunsChart {
    let interval = interval(spec);
    let took_time = periods.iter().any(|period| period.figures.max().is_some_and(|max| max > 0.0));
    let drawn = Drawn {
        axis,
        periods,
        interval,
        look: Look::Percentiles,
        unit: &Unit::Seconds,
        bounds: Default::default(),
    };
    let mut states = States::default();
    periods.iter().for_each(|period| states.merge(&period.states));
    let (length, every) = axis.range.table();
    let row = |period: &Period| {
        let mut cells = vec![strip::said(&period.states), uptime::part(&period.states)];
        cells.extend(drawn.look.sums_up(&period.figures, drawn.unit).into_iter().map(|(_, value)| value));
        (Moment::new(period.begins, axis.to), cells)
    };
    RunsChart {
        title: match (&spec.work, took_time) {
            (_, false) => "How it went",
            (Work::Heartbeat(_), true) => "How long the job took",
            (Work::Plugin | Work::Rule(_), true) => "Latency",
        },
        plot: took_time.then(|| Plot::of(&drawn)).flatten(),
        parts: strip::parts(periods, &axis, interval),
        points: strip::points(periods, &axis),
        ticks: axis.ticks(),
        tick_kind: axis.range.tick_kind(),
        from: Moment::new(axis.from, axis.to),
        to: Moment::new(axis.to, axis.to),
        label: strip::label(axis.range, &states),
        said: strip::said(&states),
        table: Table {
            every,
            columns: vec!["Runs", "Available", "Median", "95 % within", "99 % within", "Highest"],
            rows: merged(periods, length).iter().rev().map(row).collect(),
        },
    }
}

async fn metric_chart(
    app: &App,
    view: &CheckView,
    series: &MetricSeries,
    axis: Axis,
) -> Result<MetricChart, Problem> {
    let asked = (axis.from, axis.to, axis.range.step());
    let periods = history(app, &view.spec, Series::Metric(series.clone()), asked).await?;
    let unit = unit_of(series, &view.spec);
    let newest = report(view).and_then(|report| reported(report, series));
    let drawn = Drawn {
        axis,
        periods: &periods,
        interval: interval(&view.spec),
        look: Look::Mean,
        unit: &unit,
        bounds: newest.map(Metric::bounds).unwrap_or_default(),
    };
    let (length, every) = axis.range.table();
    let row = |period: &Period| {
        let cells = drawn.look.sums_up(&period.figures, &unit).into_iter().map(|(_, value)| value);
        (Moment::new(period.begins, axis.to), cells.collect())
    };
    Ok(MetricChart {
        title: shortened(&title(series, &view.spec), 160),
        plot: Plot::of(&drawn),
        newest: newest.map(|metric| unit.written(metric.value)),
        from: Moment::new(axis.from, axis.to),
        to: Moment::new(axis.to, axis.to),
        table: Table {
            every,
            columns: vec!["Mean", "Lowest", "Highest"],
            rows: merged(&periods, length).iter().rev().map(row).collect(),
        },
        rule: rule(&view.spec, &unit),
    })
}

/// As the heading names it: numbers that follow bear their unit.
fn title(series: &MetricSeries, spec: &CheckSpec) -> String {
    match &spec.work {
        Work::Rule(rule) => format!("{} of {}", rule.aggregate.as_str(), rule.metric),
        Work::Plugin | Work::Heartbeat(_) => text_of(&MetricSeries { unit: String::new(), ..series.clone() }),
    }
}

/// The unit of a series; a rate is per second, whatever its counter counts.
fn unit_of(series: &MetricSeries, spec: &CheckSpec) -> Unit {
    let is_rate = match &spec.work {
        Work::Rule(rule) => rule.aggregate.as_str() == "rate",
        Work::Plugin | Work::Heartbeat(_) => false,
    };
    if is_rate { Unit::Other("per second".to_owned()) } else { Unit::of(&series.unit, &series.name) }
}

/// When a rule alerts, as in `p95 over 5 min above 1 s`.
fn rule(spec: &CheckSpec, unit: &Unit) -> Option<String> {
    let Work::Rule(rule) = &spec.work else { return None };
    let (side, bound) = match rule.bound {
        Bound::Above(bound) => ("above", bound),
        Bound::Below(bound) => ("below", bound),
    };
    Some(format!("{} over {} {side} {}", rule.aggregate.as_str(), setting(rule.over), unit.written(bound)))
}

/// The series that the page asks for. If it asks for none: that of a rule's value, or the first whose newest value has a
/// bound, because that is what the check alerts by.
fn chosen<'s>(
    series: &'s [MetricSeries],
    view: &CheckView,
    params: &Params,
) -> Result<Option<&'s MetricSeries>, Problem> {
    if let Some(asked) = params.one("series") {
        let found = series.iter().find(|series| text_of(series) == asked);
        return found.map(Some).ok_or_else(|| {
            Problem::not_found(&format!("a series `{}` of this check", shortened(asked, 100)))
        });
    }
    if let Work::Rule(_) = view.spec.work {
        return Ok(series.first());
    }
    let Some(report) = report(view) else { return Ok(None) };
    Ok(series.iter().find(|series| reported(report, series).is_some_and(|metric| metric.bounds.is_some())))
}

fn report(view: &CheckView) -> Option<&Report> {
    match &view.last.as_ref()?.outcome {
        Outcome::Report(report) => Some(report),
        Outcome::Failed(_) => None,
    }
}

/// The metric of a series in a report. That of a finding has the finding's labels in the series, and its key.
fn reported<'r>(report: &'r Report, series: &MetricSeries) -> Option<&'r Metric> {
    let named = |metric: &&Metric| metric.name == series.name && metric.unit == series.unit;
    let own = report.metrics.iter().filter(named).find(|metric| metric.labels == series.labels);
    own.or_else(|| {
        let finding =
            report.findings.iter().find(|finding| finding.key.as_str() == series.labels.get("finding"))?;
        let labelled =
            |metric: &&Metric| metric.labels.iter().all(|(name, value)| series.labels.get(name) == value);
        finding.metrics.iter().filter(named).find(labelled)
    })
}

/// How a series is called in links and on the page: `phase{phase="connect"} seconds`.
pub(super) fn text_of(series: &MetricSeries) -> String {
    let labels: Vec<String> = series.labels.iter().map(|(name, value)| format!("{name}={value:?}")).collect();
    let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
    format!("{}{labels} {}", series.name, series.unit).trim_end().to_owned()
}
