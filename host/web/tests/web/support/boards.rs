//! Boards that tests begin with.

use std::sync::Arc;

use watchkeep_core::alert::{AlertKey, AlertRecord, Hold, Phase};
use watchkeep_core::commit::TransitionKind;
use watchkeep_core::delivery::{Ended, NotificationKind};
use watchkeep_core::ids::{CheckName, Digest};
use watchkeep_core::outcome::{FailureReason, Outcome};
use watchkeep_core::reason::Reason;
use watchkeep_core::report::{Attachment, Judgement, Report, State};
use watchkeep_core::view::CheckStatus;
use watchkeep_web::{PluginEvent, PluginKind, PluginLife, SnapshotFacts};

use super::{
    Board, alert, check, decision, delivery, failed, metric, ok, plugin, receiver, report, result,
    seconds_ago, spec, told, transition, view, with_findings,
};

/// What hostile plugins and targets say.
pub(crate) const HOSTILE: &str = "<script>alert('1')</script>\"&\n{{x}}";

fn shop_alert() -> AlertRecord {
    let mut shop = alert(
        AlertKey::Check("shop".into()),
        Phase::Firing { since: seconds_ago(200) },
        Judgement::Critical,
        240,
        "down",
    );
    shop.told = vec![told("chat", 190)];
    shop.holds = vec![Hold::Maintenance];
    shop
}

/// One of everything.
/// Text, so that it can be compared: nobody looks at it.
pub(crate) const PIXELS: &str = "pixels";
pub(crate) const SVG: &str = "<svg><script>alert(1)</script></svg>";

fn snapshot(check: &str, name: &str, media_type: &str, bytes: &str) -> (CheckName, SnapshotFacts, Vec<u8>) {
    let facts = SnapshotFacts {
        series: Some(name.to_owned()),
        at: seconds_ago(30),
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        size_bytes: bytes.len() as u64,
        digest: Digest::of(bytes.as_bytes()),
    };
    (check.into(), facts, bytes.as_bytes().to_vec())
}

/// The report with these attached, in the order of `snapshots`.
fn attached(outcome: Outcome, snapshots: &[(CheckName, SnapshotFacts, Vec<u8>)]) -> Outcome {
    let Outcome::Report(report) = &outcome else { panic!("a failure has no attachments") };
    let attachments = snapshots.iter().map(|(_, facts, _)| Attachment {
        name: facts.name.clone(),
        media_type: facts.media_type.clone(),
        size_bytes: facts.size_bytes,
        digest: facts.digest,
        series: facts.series.clone(),
    });
    Outcome::Report(Arc::new(Report { attachments: attachments.collect(), ..(**report).clone() }))
}

pub(crate) fn varied() -> Board {
    let shop = shop_alert();
    let finding = alert(
        AlertKey::Finding("docker".into(), "redis".into()),
        Phase::Pending,
        Judgement::Warning,
        20,
        "restarting",
    );
    let mut paused = check("paused", State::Ok);
    paused.status = CheckStatus::Paused;
    let found = with_findings(
        State::Warning,
        "1 of 2 containers is not well",
        &[
            ("redis", State::Warning, "restarting", Some("https://docs.example.com/")),
            ("web", State::Ok, "up", Some("javascript:alert(1)")),
        ],
    );
    let found = attached(
        found,
        &[
            snapshot("docker", "a.png", "image/png", PIXELS),
            snapshot("hostile", HOSTILE, "image/svg+xml", SVG),
        ],
    );
    let metrics = vec![metric("status_code", 503.0, "", &[("phase", "connect")])];
    let key = shop.key.clone();
    Board {
        checks: vec![
            check("blog", State::Ok),
            view(spec("docker", "docker", "{}", &[("team", "platform")]), Some((found, 30)), 60),
            view(
                spec("hostile", "http", "{}", &[("note", HOSTILE)]),
                Some((report(State::Ok, HOSTILE, vec![metric("x", 1.0, "", &[("l", HOSTILE)])]), 5)),
                60,
            ),
            view(spec("new", "http", "{}", &[]), None, 0),
            paused,
            view(
                spec("shop", "http", r#"{"url":"https://u:hunter2@shop.example.com/"}"#, &[("team", "web")]),
                Some((report(State::Critical, "down", metrics), 310)),
                240,
            ),
            view(
                spec("trapped", "bad", "{}", &[]),
                Some((failed(FailureReason::Trap, "the plugin `bad` trapped"), 2)),
                30,
            ),
        ],
        results: vec![
            result("shop", 4, seconds_ago(60), 310, report(State::Critical, "down", Vec::new())),
            result("shop", 3, seconds_ago(120), 305, failed(FailureReason::Trap, "trapped")),
            result("shop", 2, seconds_ago(180), 90, ok("up")),
            result("hostile", 1, seconds_ago(180), 90, report(State::Warning, HOSTILE, Vec::new())),
        ],
        transitions: vec![
            transition(key.clone(), 200, TransitionKind::Firing, State::Critical, "down"),
            transition(AlertKey::Plugin("bad".into()), 300, TransitionKind::Resolved, State::Ok, HOSTILE),
        ],
        decisions: vec![
            decision(&key, 240, Reason::BelowThreshold { seen: 1, needed: 3, of: 3 }),
            decision(&key, 200, Reason::Fired { level: Judgement::Critical }),
        ],
        deliveries: vec![
            delivery(3, "chat", NotificationKind::Firing, &[&shop], 190, None),
            delivery(
                2,
                "mail",
                NotificationKind::Firing,
                &[&shop],
                200,
                Some(Ended::Delivered { at: seconds_ago(199), service_id: Some("m1".into()) }),
            ),
            delivery(
                1,
                "hook",
                NotificationKind::Resolved,
                &[],
                300,
                Some(Ended::Dead { at: seconds_ago(9), error: HOSTILE.into() }),
            ),
        ],
        alerts: vec![Arc::new(finding), Arc::new(shop)],
        plugins: vec![
            plugin("bad", PluginKind::Check, |_| PluginLife::Failed {
                source: "plugins/bad.wasm".into(),
                problem: HOSTILE.into(),
            }),
            plugin("http", PluginKind::Check, |live| PluginLife::Kept { live, problem: "too new".into() }),
            plugin("fresh", PluginKind::Check, |live| PluginLife::Canary {
                live,
                previous: Digest::of(b"old"),
            }),
            plugin("gone", PluginKind::Check, |_| PluginLife::Disabled),
            plugin("slack", PluginKind::Notifier, PluginLife::Live),
            plugin("slow", PluginKind::Check, |_| PluginLife::Loading { source: "plugins/slow.wasm".into() }),
            plugin("wants", PluginKind::Check, |live| PluginLife::PendingGrant {
                live: Some(live),
                source: "plugins/wants.wasm".into(),
                digest: Digest::of(b"new"),
                asks: vec!["http: https://a.example".into(), "reveal: key".into()],
            }),
        ],
        plugin_events: vec![PluginEvent {
            at: seconds_ago(30),
            file: "plugins/bad.wasm".into(),
            digest: Some(Digest::of(b"bad")),
            stage: "inspect",
            message: HOSTILE.into(),
            hint: Some("copy the file again".into()),
        }],
        snapshots: vec![
            snapshot("docker", "a.png", "image/png", PIXELS),
            snapshot("hostile", HOSTILE, "image/svg+xml", SVG),
        ],
        receivers: vec![receiver("chat", "slack"), receiver("mail", "slack")],
        ..Board::default()
    }
}
