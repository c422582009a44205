//! Checks with what they report, of each kind.

use std::sync::Arc;

use watchkeep_core::commit::{AcceptedSnapshot, ResultRow};
use watchkeep_core::flapping::Flaps;
use watchkeep_core::heartbeat::{Expects, HeartbeatSpec};
use watchkeep_core::ids::{Digest, RunId};
use watchkeep_core::outcome::{Failure, FailureReason, Outcome, Stage};
use watchkeep_core::report::{Attachment, Event, Finding, Report, Severity, State};
use watchkeep_core::rule::{Aggregate, Bound, RuleSpec};
use watchkeep_core::setup::{CheckSpec, Parent, Work};
use watchkeep_core::view::{CheckStatus, CheckView};
use watchkeep_web::SnapshotFacts;

use super::super::canary::Canaries;
use super::{HOUR, label, number};
use crate::support::{Board, NOW, labels, metric, seconds_ago, spec};

pub(super) fn put(board: &mut Board, texts: &Canaries) {
    let name = texts.text("a check's name");
    let own = spec_of(texts, &name);
    let row = ran(&name, texts, Outcome::Report(Arc::new(report(texts, board, &name))));
    // Findings of another run, with links that are none.
    board.results.push(row.clone());
    board.checks.push(view(own, row));

    let name = texts.text("the name of a check that failed");
    let failure = Failure {
        reason: FailureReason::Fault,
        stage: Stage::Call,
        message: texts.text("a failure's message"),
        hint: Some(texts.text("a failure's hint")),
        backtrace: Some(texts.text("a failure's backtrace")),
    };
    let row = ran(&name, texts, Outcome::Failed(Arc::new(failure)));
    board.results.push(row.clone());
    board.checks.push(view(spec(&name, "http", "{}", &[]), row));
    let of_addresses = of_addresses(texts, board);
    board.checks.extend([rule(texts), heartbeat(texts), of_addresses]);
}

fn spec_of(texts: &Canaries, name: &str) -> CheckSpec {
    let config = serde_json::json!({ texts.text("a key of a config"): texts.text("a value of a config") });
    CheckSpec {
        plugin: texts.text("the plugin of a check").as_str().into(),
        config: config.to_string().into(),
        labels: label(texts, "a check's label", "a check's label's value"),
        runbook: Some(texts.link("a runbook")),
        depends_on: vec![vec![Parent::Check(texts.text("a parent").as_str().into())]],
        location: texts.text("a location").into(),
        ..spec(name, "http", "{}", &[])
    }
}

fn view(spec: CheckSpec, row: ResultRow) -> CheckView {
    CheckView {
        state: row.outcome.state(),
        since: Some(seconds_ago(90)),
        last: Some(Arc::new(row)),
        next_run: Some(NOW),
        status: CheckStatus::Active,
        skipped: 0,
        spec: Arc::new(spec),
    }
}

fn ran(check: &str, texts: &Canaries, outcome: Outcome) -> ResultRow {
    ResultRow {
        run: RunId { check: check.into(), scheduled_at: seconds_ago(31) },
        sequence: 1,
        location: texts.text("where a run was").into(),
        finished_at: seconds_ago(30),
        since: seconds_ago(90),
        took: std::time::Duration::from_millis(80),
        late: std::time::Duration::ZERO,
        generation: Some(Digest::of(b"http")),
        outcome,
        flaps: Flaps::default(),
    }
}

fn report(texts: &Canaries, board: &mut Board, check: &str) -> Report {
    let finding = |link: Option<String>| Finding {
        key: texts.text("a finding's key").as_str().into(),
        state: State::Critical,
        summary: texts.text("a finding's summary"),
        labels: label(texts, "a finding's label", "a finding's label's value"),
        metrics: vec![number(texts)],
        link,
    };
    let event = |severity: Severity| Event {
        id: texts.text("an event's id"),
        thread: texts.text("an event's thread"),
        severity,
        title: texts.text("an event's title"),
        body: texts.text("an event's body"),
        link: Some(texts.link("an event's link")),
        at: seconds_ago(40),
        labels: label(texts, "an event's label", "an event's label's value"),
    };
    // A picture for each way of being told about one, and what only looks like one.
    let media_types =
        ["image/png", "image/svg+xml", "text/html", "image/png;<script>", "application/xhtml+xml"];
    let attachments = media_types.map(|media_type| {
        let name = texts.text("an attachment's name");
        let series = texts.text("a series");
        let bytes =
            format!("<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"zz()\"><!-- {name} --></svg>");
        let digest = Digest::of(bytes.as_bytes());
        let facts = SnapshotFacts {
            series: Some(series.clone()),
            at: seconds_ago(30),
            name: name.clone(),
            media_type: media_type.to_owned(),
            size_bytes: bytes.len() as u64,
            digest,
        };
        board.accepted.push(AcceptedSnapshot {
            check: check.into(),
            series: series.clone(),
            at: seconds_ago(300),
            name: texts.text("an accepted attachment's name"),
            media_type: media_type.to_owned(),
            size_bytes: 9,
            digest: Digest::of(name.as_bytes()),
        });
        board.snapshots.push((check.into(), facts, bytes.clone().into_bytes()));
        Attachment {
            name,
            media_type: media_type.to_owned(),
            size_bytes: bytes.len() as u64,
            digest,
            series: Some(series),
        }
    });
    Report {
        state: State::Critical,
        summary: texts.text("a summary"),
        details: Some(texts.text("a report's details")),
        metrics: vec![number(texts), number(texts)],
        findings: (0..4)
            .map(|_| finding(Some(texts.link("a finding's link"))))
            .chain([finding(Some(texts.web_link("a finding's web link"))), finding(None)])
            .collect(),
        events: [Severity::Info, Severity::Warning, Severity::Error].map(event).into(),
        attachments: attachments.into(),
        labels: label(texts, "a report's label", "a report's label's value"),
    }
}

fn rule(texts: &Canaries) -> CheckView {
    let name = texts.text("a rule's name");
    let rule = RuleSpec {
        matchers: Vec::new(),
        metric: texts.text("a rule's metric"),
        aggregate: Aggregate::P95,
        over: HOUR,
        bound: Bound::Above(0.5),
        by: vec![texts.text("what a rule groups by")],
        severity: Severity::Error,
    };
    let said = crate::support::report(State::Critical, &texts.text("what a rule says"), Vec::new());
    let spec = CheckSpec { work: Work::Rule(Arc::new(rule)), ..spec(&name, "rule", "{}", &[]) };
    view(spec, ran(&name, texts, said))
}

fn heartbeat(texts: &Canaries) -> CheckView {
    let name = texts.text("a heartbeat's name");
    let work = Work::Heartbeat(Arc::new(HeartbeatSpec {
        key: texts.text("a heartbeat's key"),
        expects: Expects::Every(HOUR),
        lasts_max: HOUR,
    }));
    let said = crate::support::report(State::Critical, &texts.text("what a heartbeat says"), Vec::new());
    view(CheckSpec { work, ..spec(&name, "heartbeat", "{}", &[]) }, ran(&name, texts, said))
}

/// Whose findings are addresses that mail is sent from.
fn of_addresses(texts: &Canaries, board: &mut Board) -> CheckView {
    let name = texts.text("the name of a check of addresses");
    let address = texts.text("an address");
    let list = texts.text("a list");
    let finding = Finding {
        key: address.as_str().into(),
        state: State::Critical,
        summary: texts.text("what is said of an address"),
        labels: labels(&[("provider", &texts.text("a provider"))]),
        metrics: vec![
            metric("ip_reputation_score", 40.0, "", &[("address", &address)]),
            metric("ip_reputation_listed", 1.0, "", &[("address", &address), ("list", &list)]),
        ],
        link: Some(texts.link("where an address is taken off a list")),
    };
    let Outcome::Report(plain) = crate::support::ok("said") else { unreachable!() };
    let report = Report { findings: vec![finding], ..(*plain).clone() };
    let row = ran(&name, texts, Outcome::Report(Arc::new(report)));
    board.results.push(row.clone());
    view(spec(&name, "ip-reputation", "{}", &[]), row)
}
