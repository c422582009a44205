//! What the store's tests share: commits made by hand, and a disk that fails when it is told to.
#![allow(dead_code, reason = "each test binary uses a part of it")]

pub(crate) mod disk;
pub(crate) mod everyone;
pub(crate) mod everything;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use watchkeep_core::alert::{AlertKey, AlertRecord, Phase};
use watchkeep_core::commit::{
    Change, Commit, Decision, KvScope, KvWrite, ResultRow, Transition, TransitionKind, Urgency,
};
use watchkeep_core::delivery::{
    DeliveryRecord, DeliveryStatus, DeliverySubject, Ended, Fallback, Notification, NotificationKind,
};
use watchkeep_core::flapping::Flaps;
use watchkeep_core::ids::{AlertId, CheckName, CommitId, DeliveryId, OccasionId, ReceiverName, RunId};
use watchkeep_core::labels::Labels;
use watchkeep_core::outcome::Outcome;
use watchkeep_core::reason::Reason;
use watchkeep_core::recovery::{ActionRecord, ActionResult, ActionStatus, Helped, Mode, Origin};
use watchkeep_core::report::{Bounds, Judgement, Metric, Report, State};
use watchkeep_core::setup::{Grouping, ReceiverSpec};
use watchkeep_core::time::Wall;
use watchkeep_store::{Appender, EVER, Options, Progress, ResultsQuery, Upkeep};

pub(crate) const HOUR: i64 = 3_600_000;
pub(crate) const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) fn at(millis: i64) -> Wall {
    Wall::from_millis(millis)
}

pub(crate) fn result(check: &str, sequence: u64, millis: i64) -> ResultRow {
    let metric = Metric {
        name: "probe_duration_seconds".to_owned(),
        value: sequence as f64 / 1000.0,
        unit: "seconds".to_owned(),
        bounds: Bounds { min: Some(0.0), ..Bounds::default() }.boxed(),
        labels: Labels::default(),
    };
    let report = Report {
        state: State::Ok,
        summary: format!("200 in {sequence} ms"),
        details: None,
        metrics: vec![metric],
        findings: Vec::new(),
        events: Vec::new(),
        attachments: Vec::new(),
        labels: Labels::default(),
    };
    ResultRow {
        run: RunId { check: check.into(), scheduled_at: at(millis - 5) },
        sequence,
        location: Arc::from("here"),
        finished_at: at(millis),
        since: at(millis - 60_000),
        took: Duration::from_millis(4),
        late: Duration::from_micros(80),
        generation: None,
        outcome: Outcome::Report(Arc::new(report)),
        flaps: Flaps::default(),
    }
}

pub(crate) fn check_key(check: &str) -> AlertKey {
    AlertKey::Check(check.into())
}

pub(crate) fn transition(key: AlertKey, sequence: u64, millis: i64) -> Transition {
    Transition {
        at: at(millis),
        sequence,
        alert: AlertId::derive(&key.to_string(), at(0)),
        key,
        kind: TransitionKind::Firing,
        state: State::Critical,
        summary: "refused".to_owned(),
    }
}

pub(crate) fn alert(check: &str) -> AlertRecord {
    AlertRecord {
        key: check_key(check),
        id: AlertId::derive(check, at(0)),
        phase: Phase::Firing { since: at(3) },
        level: Judgement::Critical,
        previous: None,
        since: at(1),
        judgements: [Judgement::Critical].into(),
        summary: "refused".to_owned(),
        report: None,
        labels: [("check", check)].into_iter().collect(),
        told: Vec::new(),
        answers: Vec::new(),
        holds: Vec::new(),
        closed_routes: Vec::new(),
        last_good: None,
        acknowledged: None,
        taken: 0,
        assigned: None,
        escalating: Vec::new(),
        flaps: Flaps::default(),
    }
}

pub(crate) fn decision(check: &str, sequence: u64, millis: i64) -> Decision {
    Decision {
        at: at(millis),
        sequence,
        key: check_key(check),
        alert: None,
        reason: Reason::Fired { level: Judgement::Critical },
    }
}

/// Action `restart` that may be under way for the alert of a check.
pub(crate) fn action(check: &str, number: u32, millis: i64) -> ActionRecord {
    let AlertRecord { key, id: alert, since, .. } = alert(check);
    ActionRecord {
        id: OccasionId::derive(&alert, &"restart".into(), number),
        action: "restart".into(),
        key,
        alert,
        number,
        mode: Mode::Act,
        decided_at: at(millis),
        since,
        origin: Origin::Check,
        by: None,
        status: ActionStatus::Begun { at: at(millis) },
    }
}

/// The same, when it has failed.
pub(crate) fn failed_action(action: ActionRecord, millis: i64) -> ActionRecord {
    let began = action.decided_at;
    let result = ActionResult::failed("refused");
    let status = ActionStatus::Ended { began, at: at(millis), result, helped: Helped::No };
    ActionRecord { status, ..action }
}

pub(crate) fn delivery(id: u64, receiver: &str) -> DeliveryRecord {
    let spec = ReceiverSpec {
        name: receiver.into(),
        plugin: "slack".into(),
        config: Arc::from("{}"),
        fallback: None,
        timeout: Duration::from_secs(10),
        concurrency: std::num::NonZeroU32::MIN,
        rate_per_minute: None,
        grouping: Grouping::PerGroup,
    };
    let notification = Notification {
        id: format!("n{id}"),
        dedup_key: format!("wk-{id}"),
        kind: NotificationKind::Firing,
        told_before: false,
        receiver: receiver.into(),
        route: None,
        reason: "firing".to_owned(),
        group_labels: Labels::default(),
        common_labels: Labels::default(),
        alerts: Vec::new(),
        omitted: 0,
        event: None,
        link: String::new(),
        at: at(id as i64),
    };
    DeliveryRecord {
        id: DeliveryId(id),
        notification: Arc::new(notification),
        subject: DeliverySubject::Alert(check_key("web")),
        status: DeliveryStatus::Waiting { not_before: at(0) },
        attempts: 0,
        created_at: at(id as i64),
        last_error: None,
        receiver: Arc::new(spec),
        previous_id: None,
        failing_since: None,
        fallback: Fallback::NotAsked,
    }
}

pub(crate) fn delivered(id: u64, millis: i64) -> Change {
    Change::EndDelivery { id: DeliveryId(id), ended: Ended::Delivered { at: at(millis), service_id: None } }
}

pub(crate) fn kv(check: &str, key: &str, value: Option<&str>, version: u64) -> Change {
    Change::Kv(KvWrite {
        scope: scope(check),
        key: key.to_owned(),
        value: value.map(|value| value.as_bytes().to_vec()),
        version,
    })
}

pub(crate) fn scope(check: &str) -> KvScope {
    KvScope::of_check(check.into(), "http".into())
}

pub(crate) fn batch(id: u64, changes: Vec<Change>) -> Commit {
    Commit { id: CommitId(id), epoch: 0, urgency: Urgency::Batch, changes }
}

pub(crate) fn at_once(id: u64, changes: Vec<Change>) -> Commit {
    Commit { urgency: Urgency::AtOnce, ..batch(id, changes) }
}

/// An hour before and now: nothing is removed before the clock has been steady for so long.
pub(crate) fn all_upkeep(appender: &mut Appender, now: i64) {
    for moment in [now - HOUR, now] {
        while appender.upkeep(at(moment)).expect("upkeep goes well") == Upkeep::More {}
    }
}

/// Looked at every day for eight days: a clock that went ahead by more than a day is doubted for a week.
pub(crate) fn upkeep_of_a_week(appender: &mut Appender, now: i64) {
    for day in (1..=8).rev() {
        while appender.upkeep(at(now - day * 24 * HOUR)).expect("upkeep goes well") == Upkeep::More {}
    }
    all_upkeep(appender, now);
}

pub(crate) fn results_of(check: &str) -> ResultsQuery {
    ResultsQuery { check: CheckName::from(check), between: EVER, after: None, limit: 1000 }
}

pub(crate) fn receiver(name: &str) -> Option<ReceiverName> {
    Some(name.into())
}

/// Options whose progress can be waited for.
pub(crate) fn watched(now: i64) -> (Options, Watch) {
    let (sender, told) = channel();
    let mut options = Options::new(move || at(now));
    options.on_progress = told_to(sender);
    options.retry_first = Duration::from_millis(1);
    options.retry_max = Duration::from_millis(4);
    (options, Watch { told, seen: Vec::new() })
}

fn told_to(sender: Sender<Progress>) -> Box<dyn Fn(Progress) + Send> {
    Box::new(move |progress| {
        sender.send(progress).ok();
    })
}

/// What the writer told, in order.
pub(crate) struct Watch {
    told: Receiver<Progress>,
    pub(crate) seen: Vec<Progress>,
}

impl Watch {
    /// Waits until `wanted` is told; panics when the deadline passes.
    pub(crate) fn until(&mut self, wanted: impl Fn(&Progress) -> bool) -> Progress {
        loop {
            let progress = self.told.recv_timeout(DEADLINE).expect("the writer tells it before the deadline");
            self.seen.push(progress.clone());
            if wanted(&progress) {
                return progress;
            }
        }
    }

    pub(crate) fn until_durable(&mut self, id: u64) {
        self.until(|progress| matches!(progress, Progress::Durable(durable) if durable.0 >= id));
    }

    pub(crate) fn until_failing(&mut self) -> Progress {
        self.until(|progress| matches!(progress, Progress::Failing { .. }))
    }

    /// All that was told until the writer was closed.
    pub(crate) fn rest(mut self) -> Vec<Progress> {
        self.seen.extend(self.told.iter());
        self.seen
    }
}

/// A database of format 1, as it was released.
pub(crate) fn unpacked_format_1() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/compat/format-1.lz4");
    let packed = std::fs::read(file).expect("the file is kept");
    let database = lz4_flex::block::decompress_size_prepended(&packed).expect("it was compressed by us");
    std::fs::write(folder.path().join("watchkeep.redb"), database).expect("the disk is writable");
    folder
}
