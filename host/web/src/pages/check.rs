//! `/checks/NAME`: one check, its history, and why people were told or not.

use askama::Template;
use axum::response::Response;
use watchkeep_core::alert::{AlertKey, AlertRecord};
use watchkeep_core::commit::ResultRow;
use watchkeep_core::heartbeat::{Expects, HeartbeatSpec};
use watchkeep_core::ids::CheckName;
use watchkeep_core::outcome::Outcome;
use watchkeep_core::report::{Attachment, Metric, Report};
use watchkeep_core::rollup::MetricSeries;
use watchkeep_core::setup::{CheckSpec, Parent, Schedule, Work};
use watchkeep_core::time::Wall;
use watchkeep_core::view::CheckView;

use super::charts::{Charts, PARAMS, Unit, text_of};
use super::layout::{Here, Layout};
use super::references::{Reference, references};
use super::render;
use super::rows::{AlertRow, CheckRow, RowContext, check_link};
use super::snapshots::shown;
use super::targets::{TargetLine, targets};
use super::words::{
    Moment, Part, capitalized, escaped, latency, prose, setting, shortened, size, timed, web_link,
};
use crate::alerts::worst;
use crate::api::checks::is_about;
use crate::api::json::config;
use crate::api::query::{Named, Params};
use crate::explain::{Explained, Hours, explained, keys_of, parent_text};
use crate::filter::DisplayState;
use crate::host::{Cursor, PageRequest, ResultQuery};
use crate::problem::Problem;
use crate::router::{App, State};

const RESULTS_MAX: usize = 50;
const DECISIONS_MAX: usize = 30;
const FINDINGS_MAX: usize = 200;
const METRICS_MAX: usize = 100;
const DETAILS_CHARACTERS_MAX: usize = 20_000;

#[derive(Template)]
#[template(path = "check.html")]
struct CheckPage {
    layout: Layout,
    row: CheckRow,
    targets: Vec<TargetLine>,
    /// The check's own alert.
    own: Option<AlertRow>,
    alerts: Vec<AlertRow>,
    latest: Latest,
    explained: Vec<ExplainedRow>,
    charts: Charts,
    results: Vec<ResultLine>,
    /// Whether this is the first page, which is live; older ones do not change.
    first_page: bool,
    older: Option<String>,
    settings: Vec<(&'static str, String)>,
    is_heartbeat: bool,
    is_rule: bool,
    runbook: Option<String>,
    depends_on: Vec<Dependency>,
    flapping: Option<Flapping>,
    config: String,
    references: Vec<Reference>,
    next_run: Option<Moment>,
}

/// A parent, or several of which one that is up is enough.
struct Dependency {
    parents: Vec<ParentRow>,
}

struct ParentRow {
    name: String,
    href: String,
    state: &'static str,
}

struct Flapping {
    percent: u32,
    now: bool,
}

/// What the last run returned beside its summary.
#[derive(Default)]
struct Latest {
    details: Option<String>,
    hint: Option<Vec<Part>>,
    failed_at: Option<String>,
    backtrace: Option<String>,
    /// Each with the link to its chart and its value.
    metrics: Vec<(String, Option<String>, String)>,
    findings: Vec<FindingRow>,
    findings_more: usize,
    pictures: Vec<AttachmentLine>,
    files: Vec<AttachmentLine>,
}

struct AttachmentLine {
    name: String,
    href: String,
    size: String,
}

struct FindingRow {
    key: String,
    state: &'static str,
    summary: Vec<Part>,
    link: Option<String>,
}

pub(super) struct ExplainedRow {
    pub(super) about: String,
    pub(super) verdict: Vec<Part>,
    pub(super) standing: Vec<Vec<Part>>,
    pub(super) decisions: Vec<(Moment, Vec<Part>)>,
    pub(super) earlier: usize,
}

struct ResultLine {
    at: Moment,
    state: &'static str,
    /// The reason of the failure, if the run judged nothing.
    failure: Option<&'static str>,
    summary: Vec<Part>,
    took: String,
    late: String,
}

pub(crate) async fn page(
    State(app): State<App>,
    Named(name): Named,
    params: Params,
) -> Result<Response, Problem> {
    params.only(&["cursor", PARAMS[0], PARAMS[1]])?;
    let name = CheckName::from(name.as_str());
    let view = app.host.check(&name).ok_or_else(|| Problem::not_found(&format!("check `{name}`")))?;
    let now = app.host.now();
    let charts = Charts::read(&app, &view, &params).await?;
    let after = params.one("cursor").map(|cursor| Cursor(cursor.to_owned()));
    let first_page = after.is_none();
    let page = PageRequest { after, limit: RESULTS_MAX };
    let query = ResultQuery { check: name.clone(), from: None, to: None, page };
    let results = app.host.results(query).await?;
    let alerts = app.host.alerts().into_iter().filter(|alert| is_about(alert, &name));
    let alerts = worst(alerts, usize::MAX, &Hours::of(&*app.host));
    let explained = explained(&app.host, keys_of(&*app.host, &name)).await?;
    let references = references(&app, &view.spec).await?;
    let seen = RowContext::of(&app);
    let is_own = |alert: &AlertRecord| alert.key == AlertKey::Check(name.clone());
    let mut layout = Layout::new(&app, Here::Check);
    layout.stream = format!("/api/v1/stream?check={}", escaped(name.as_str()));
    render(&CheckPage {
        layout,
        row: CheckRow::of(&view, now),
        targets: targets(&app, &view.spec),
        own: alerts.iter().find(|alert| is_own(alert)).map(|alert| AlertRow::of(&seen, alert)),
        alerts: alerts
            .iter()
            .filter(|alert| !is_own(alert))
            .take(FINDINGS_MAX)
            .map(|alert| AlertRow::of(&seen, alert))
            .collect(),
        latest: view.last.as_ref().map_or_else(Latest::default, |row| latest(&row.outcome, &name)),
        explained: explained.iter().map(|explained| explained_row(explained, now)).collect(),
        charts,
        results: results.items.iter().map(|row| result_line(row, now)).collect(),
        first_page,
        older: results
            .next
            .map(|cursor| format!("{}?cursor={}#results", check_link(name.as_str()), escaped(&cursor.0))),
        settings: settings(&view.spec, &app.host.setup().external_url),
        is_heartbeat: matches!(view.spec.work, Work::Heartbeat(_)),
        is_rule: matches!(view.spec.work, Work::Rule(_)),
        runbook: view.spec.runbook.as_deref().and_then(web_link),
        depends_on: view
            .spec
            .depends_on
            .iter()
            .map(|group| Dependency {
                parents: group.iter().map(|parent| parent_row(&app, parent)).collect(),
            })
            .collect(),
        flapping: flapping(&view),
        config: serde_json::to_string_pretty(&config(&view.spec)).unwrap_or_default(),
        references,
        next_run: view.next_run.map(|at| Moment::new(at, now)),
    })
}

fn parent_row(app: &App, parent: &Parent) -> ParentRow {
    let view = app.host.check(parent.check());
    ParentRow {
        name: parent_text(parent),
        href: check_link(parent.check().as_str()),
        state: view.map_or("unknown", |view| DisplayState::of(&view).as_str()),
    }
}

/// Its flapping; `None` while its changes weigh nothing.
fn flapping(view: &CheckView) -> Option<Flapping> {
    let flaps = view.last.as_ref()?.flaps;
    (flaps.percent() > 0).then(|| Flapping { percent: flaps.percent(), now: flaps.is_flapping() })
}

fn latest(outcome: &Outcome, check: &CheckName) -> Latest {
    match outcome {
        Outcome::Report(report) => Latest {
            details: report.details.as_ref().map(|details| shortened(details, DETAILS_CHARACTERS_MAX)),
            metrics: report.metrics.iter().take(METRICS_MAX).map(|metric| number(metric, check)).collect(),
            findings: report
                .findings
                .iter()
                .take(FINDINGS_MAX)
                .map(|finding| FindingRow {
                    key: finding.key.to_string(),
                    state: finding.state.as_str(),
                    summary: timed(&shortened(&finding.summary, 240)),
                    link: finding.link.as_deref().and_then(web_link),
                })
                .collect(),
            findings_more: report.findings.len().saturating_sub(FINDINGS_MAX),
            pictures: attachments(report, |attachment| shown(&attachment.media_type).is_some()),
            files: attachments(report, |attachment| shown(&attachment.media_type).is_none()),
            ..Latest::default()
        },
        Outcome::Failed(failure) => Latest {
            hint: failure.hint.as_deref().map(prose),
            failed_at: Some(format!("{} at stage {}", failure.reason.as_str(), failure.stage.as_str())),
            backtrace: failure.backtrace.as_ref().map(|text| shortened(text, DETAILS_CHARACTERS_MAX)),
            ..Latest::default()
        },
    }
}

/// A number of the last run, with the link to its chart.
fn number(metric: &Metric, check: &CheckName) -> (String, Option<String>, String) {
    let labels: Vec<_> = metric.labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let name = if labels.is_empty() {
        metric.name.clone()
    } else {
        format!("{} ({})", metric.name, shortened(&labels.join(", "), 120))
    };
    let Metric { name: series, unit, labels, .. } = metric.clone();
    let series = text_of(&MetricSeries { name: series, unit, labels });
    // A longer parameter would be refused.
    let link = (series.len() <= 1000)
        .then(|| format!("{}?series={}#metric", check_link(check.as_str()), escaped(&series)));
    (name, link, Unit::of(&metric.unit, &metric.name).written(metric.value))
}

fn attachments(report: &Report, which: impl Fn(&Attachment) -> bool) -> Vec<AttachmentLine> {
    let line = |attachment: &Attachment| AttachmentLine {
        name: shortened(&attachment.name, 120),
        href: format!("/snapshots/{}", attachment.digest),
        size: size(attachment.size_bytes),
    };
    report.attachments.iter().filter(|attachment| which(attachment)).map(line).collect()
}

pub(super) fn explained_row(explained: &Explained, now: Wall) -> ExplainedRow {
    let decisions = &explained.decisions;
    let verdict = &explained.verdict;
    ExplainedRow {
        about: explained.key.to_string(),
        standing: explained
            .standing
            .iter()
            .filter(|sentence| *sentence != verdict)
            .map(|sentence| prose(sentence))
            .collect(),
        verdict: prose(&capitalized(verdict)),
        decisions: decisions
            .iter()
            .rev()
            .take(DECISIONS_MAX)
            .map(|decision| (Moment::new(decision.at, now), prose(&decision.reason.to_string())))
            .collect(),
        earlier: decisions.len().saturating_sub(DECISIONS_MAX),
    }
}

fn result_line(row: &ResultRow, now: Wall) -> ResultLine {
    ResultLine {
        at: Moment::new(row.finished_at, now),
        state: row.outcome.state().as_str(),
        failure: match &row.outcome {
            Outcome::Report(_) => None,
            Outcome::Failed(failure) => Some(failure.reason.as_str()),
        },
        summary: timed(&shortened(row.outcome.summary(), 240)),
        took: if row.took.is_zero() { String::new() } else { latency(row.took) },
        late: if row.late.as_millis() >= 100 { latency(row.late) } else { String::new() },
    }
}

fn settings(spec: &CheckSpec, external_url: &str) -> Vec<(&'static str, String)> {
    let [when, longest] = match (&spec.work, &spec.schedule) {
        (Work::Heartbeat(heartbeat), _) => {
            [("waits for", expects(heartbeat)), ("a job lasts at most", setting(heartbeat.lasts_max))]
        }
        (Work::Plugin | Work::Rule(_), Schedule::Interval(every)) => {
            [("runs", format!("every {}", setting(*every))), ("timeout", setting(spec.timeout))]
        }
        (Work::Plugin | Work::Rule(_), Schedule::Cron(cron)) => {
            let starts = format!("{} ({})", cron.as_str(), cron.zone().name());
            [("runs", starts), ("timeout", setting(spec.timeout))]
        }
    };
    let threshold = if spec.firing.needed() == spec.firing.of() {
        format!("{} in a row", spec.firing.needed())
    } else {
        format!("{} of the last {}", spec.firing.needed(), spec.firing.of())
    };
    let mut settings = vec![
        ("plugin", spec.plugin.to_string()),
        when,
        longest,
        ("alerts after", format!("{threshold} not ok")),
        ("resolves after", format!("{} in a row ok", spec.success_threshold)),
    ];
    if matches!(spec.work, Work::Heartbeat(_)) {
        // The key is left out, because not everybody who sees the page may ping.
        let url =
            format!("{}/ping/KEY, where KEY is its key in the config", external_url.trim_end_matches('/'));
        settings.push(("pinged at", url));
    }
    if let Some(retry) = spec.retry_interval {
        settings.push(("while unconfirmed", format!("every {}", setting(retry))));
    }
    if let Some(calendar) = &spec.run_hours {
        settings.push(("run hours", calendar.name().to_string()));
    }
    if let Some(calendar) = &spec.notify_hours {
        settings.push(("notify hours", calendar.name().to_string()));
    }
    if !spec.location.is_empty() {
        settings.push(("location", spec.location.to_string()));
    }
    settings
}

pub(super) fn expects(heartbeat: &HeartbeatSpec) -> String {
    match &heartbeat.expects {
        Expects::Every(period) => format!("a ping every {}", setting(*period)),
        Expects::At(cron) => format!("a ping at {} ({})", cron.as_str(), cron.zone().name()),
    }
}
