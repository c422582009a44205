//! What Alertmanager is sent, and what becomes of its answers.

use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_plugin_alertmanager::{MANIFEST, deliver};
use watchkeep_sdk::http::{FailureKind, Phase, Placement};
use watchkeep_sdk::testing::{Answer, Host, NOW, Ran, alert, notification};
use watchkeep_sdk::{
    Alert, DeliveryError, Label, Metric, Notice, Notification, NotificationKind, Range, Severity, State,
};

const CONFIG: &str = r#"{"url": "http://am.example.com:9093/"}"#;
const POST: &str = "POST http://am.example.com:9093/api/v2/alerts";
const CLUSTER: &str = r#"{"url": ["http://a.example.com:9093", "http://b.example.com:9093/am"]}"#;
const POST_A: &str = "POST http://a.example.com:9093/api/v2/alerts";
const POST_B: &str = "POST http://b.example.com:9093/am/api/v2/alerts";

type Delivered = Ran<Option<String>, DeliveryError>;

/// As the host does it: what a delivery kept is there for the next.
#[derive(Default)]
struct Alertmanager {
    kept: Option<Vec<u8>>,
}

impl Alertmanager {
    #[track_caller]
    fn told(&mut self, notification: Notification) -> Vec<Value> {
        let mut host = Host::new().answer(POST, Answer::status(200));
        if let Some(kept) = &self.kept {
            host = host.kv("labels/5f2a9c", kept);
        }
        let ran = host.notify(deliver, CONFIG, notification);
        assert_eq!(ran.value(), &None);
        self.kept = ran.kv("labels/5f2a9c").map(<[u8]>::to_vec);
        ran.sent_json().as_array().expect("a list is posted").clone()
    }
}

#[track_caller]
fn posted(notification: Notification) -> Vec<Value> {
    Alertmanager::default().told(notification)
}

fn to_cluster(a: Answer, b: Answer) -> Delivered {
    Host::new().answer(POST_A, a).answer(POST_B, b).notify(deliver, CLUSTER, notification([alert("shop")]))
}

#[track_caller]
fn becomes(answer: Answer) -> DeliveryError {
    Host::new().answer(POST, answer).notify(deliver, CONFIG, notification([alert("shop")])).error().clone()
}

#[test]
fn an_alert_has_its_labels_its_words_and_its_times() {
    let slow = Metric::new("probe_duration_seconds", 2.5, "seconds").critical(Range::at_most(2.0));
    let shop = Alert {
        finding: Some("checkout".to_owned()),
        metrics: vec![slow],
        details: Some("tried three addresses".to_owned()),
        runbook: Some("https://wiki.example.com/shop".to_owned()),
        acknowledged_by: Some("kari".to_owned()),
        assigned_to: Some("web".to_owned()),
        actions: vec!["restarted `shop`".to_owned()],
        labels: vec![Label::new("team", "web"), Label::new("state", "critical"), Label::new("empty", "")],
        ..alert("shop")
    };
    assert_eq!(
        posted(notification([shop])),
        [json!({
            "labels": { "alertname": "shop", "finding": "checkout", "severity": "critical", "team": "web" },
            "annotations": {
                "summary": "connection refused by 192.0.2.1:443 after 3 ms",
                "description": "tried three addresses",
                "since": "since 05:01 UTC (5 min)",
                "last_ok": "2026-03-04T05:00:37.000Z",
                "measured": "probe_duration_seconds is 2.5 s, critical above 2 s",
                "recovery": "restarted `shop`",
                "acknowledged_by": "kari",
                "assigned_to": "web",
                "runbook_url": "https://wiki.example.com/shop",
                "told_because": "3 failures in a row",
            },
            "startsAt": "2026-03-04T05:01:07.000Z",
            "endsAt": "2026-03-05T05:06:07.000Z",
            "generatorURL": "https://watch.example.com/checks/shop",
        })]
    );
}

#[test]
fn a_reminder_lets_it_last_longer_and_a_resolve_ends_it_under_the_same_labels() {
    let mut alertmanager = Alertmanager::default();
    let first = alertmanager.told(notification([alert("shop")]));
    let later = NOW + 14_400_000;
    let again = Notification { kind: NotificationKind::Reminder, at: later, ..notification([alert("shop")]) };
    let again = alertmanager.told(again);
    assert_eq!((first[0]["labels"].clone(), again.len()), (again[0]["labels"].clone(), 1));
    assert_eq!(again[0]["endsAt"], "2026-03-05T09:06:07.000Z");
    let over =
        Alert { state: State::Ok, previous: Some(State::Critical), until: Some(later), ..alert("shop") };
    let end = alertmanager.told(Notification { kind: NotificationKind::Resolved, ..notification([over]) });
    assert_eq!((end.len(), &end[0]["labels"]), (1, &first[0]["labels"]));
    assert_eq!(end[0]["endsAt"], "2026-03-04T09:06:07.000Z");
    assert_eq!(alertmanager.kept, None, "a life that is over is forgotten");
}

#[test]
fn when_the_labels_change_the_alert_under_the_old_ones_is_ended() {
    let mut alertmanager = Alertmanager::default();
    alertmanager.told(notification([Alert { state: State::Warning, ..alert("shop") }]));
    let worse = alertmanager.told(notification([alert("shop")]));
    let severities: Vec<_> = worse.iter().map(|it| it["labels"]["severity"].as_str()).collect();
    assert_eq!(severities, [Some("warning"), Some("critical")]);
    assert_eq!(worse[0]["endsAt"], "2026-03-04T05:06:07.000Z");
    assert_eq!(worse[1]["endsAt"], "2026-03-05T05:06:07.000Z");
    let moved = Alert { labels: vec![Label::new("team", "ops")], ..alert("shop") };
    let moved = alertmanager.told(notification([moved]));
    let teams: Vec<_> = moved.iter().map(|it| it["labels"]["team"].as_str()).collect();
    assert_eq!(teams, [Some("web"), Some("ops")]);
    let over = Alert { until: Some(NOW), previous: None, labels: Vec::new(), ..alert("shop") };
    let end = alertmanager.told(Notification { kind: NotificationKind::Resolved, ..notification([over]) });
    assert_eq!(end[0]["labels"]["team"], "ops", "what stands there is ended, whatever the labels are now");
    assert!(end.iter().all(|it| it["endsAt"] == "2026-03-04T05:06:07.000Z"), "{end:?}");
}

#[test]
fn a_group_is_a_list_of_its_alerts() {
    let blog = Alert { id: "other".to_owned(), state: State::Unknown, ..alert("blog") };
    let all = posted(notification([alert("shop"), blog]));
    assert_eq!(
        (&all[0]["labels"]["alertname"], &all[1]["labels"]["alertname"]),
        (&json!("shop"), &json!("blog"))
    );
    assert_eq!(all[1]["labels"]["severity"], "warning");
}

#[test]
fn an_event_and_a_test_last_for_a_moment() {
    let event = Notice {
        check: "deployments".to_owned(),
        thread: String::new(),
        severity: Severity::Info,
        title: "shop 1.2.3 is live".to_owned(),
        body: "blue to green".to_owned(),
        link: Some("https://ci.example.com/7".to_owned()),
        at: NOW,
        labels: vec![Label::new("a-b", "x")],
    };
    let told = Notification { kind: NotificationKind::Event, event: Some(event), ..notification([]) };
    assert_eq!(
        posted(told),
        [json!({
            "labels": { "alertname": "deployments", "kind": "event", "severity": "info", "notice": "n1", "a_b": "x" },
            "annotations": { "summary": "shop 1.2.3 is live", "description": "blue to green" },
            "startsAt": "2026-03-04T05:06:07.000Z",
            "endsAt": "2026-03-04T05:11:07.000Z",
            "generatorURL": "https://ci.example.com/7",
        })]
    );
    let test = posted(Notification { kind: NotificationKind::Test, ..notification([]) });
    assert_eq!(test[0]["labels"]["alertname"], "watchkeep-test");
}

#[test]
fn what_is_no_address_is_left_out_and_nothing_ends_before_it_starts() {
    let odd =
        Alert { link: "watch/checks/shop".to_owned(), since: NOW, until: Some(NOW - 1), ..alert("shop") };
    let sent = posted(notification([odd]));
    assert!(sent[0].get("generatorURL").is_none());
    assert_eq!(sent[0]["startsAt"], sent[0]["endsAt"]);
}

#[test]
fn every_member_of_a_cluster_is_told_and_one_is_enough() {
    let both = to_cluster(Answer::status(200), Answer::status(200));
    both.value();
    assert_eq!(both.sent[0].body, both.sent[1].body);
    let one = to_cluster(Answer::failure(FailureKind::Refused, Phase::Connect, ""), Answer::status(200));
    one.value();
    assert!(one.log_text().starts_with("`http://a.example.com:9093` was not told: connection refused"));
    to_cluster(Answer::status(200), Answer::status(500)).value();
}

#[test]
fn where_none_takes_it_the_one_that_may_yet_decides() {
    let refused = || Answer::failure(FailureKind::Refused, Phase::Connect, "");
    let said = |a, b| to_cluster(a, b).error().clone();
    assert!(matches!(said(Answer::status(400), refused()), DeliveryError::Retryable(_)));
    assert!(matches!(said(Answer::status(400), Answer::status(400)), DeliveryError::Rejected(_)));
    let lost = Answer::failure(FailureKind::Reset, Phase::Wait, "");
    assert!(matches!(said(refused(), lost), DeliveryError::Unsure(_)));
}

#[test]
fn the_answer_decides() {
    let patient = becomes(Answer::status(429).header("retry-after", "30"));
    assert!(matches!(patient, DeliveryError::RetryAfter(30_000)), "{patient:?}");
    let patient = becomes(Answer::status(429));
    assert!(matches!(patient, DeliveryError::RetryAfter(5_000)), "{patient:?}");
    for status in [408, 500, 503] {
        assert!(matches!(becomes(Answer::status(status)), DeliveryError::Retryable(_)), "{status}");
    }
    for (status, hint) in
        [(401, "set `bearer` or `basic`"), (404, "without `/api`"), (400, "bad\tlabel"), (302, "")]
    {
        let DeliveryError::Rejected(said) = becomes(Answer::status(status).body("bad label")) else {
            panic!("{status} is not rejected")
        };
        assert!(said.contains(&hint.replace('\t', " ")), "{said}");
    }
}

#[test]
fn how_far_a_call_came_decides_whether_it_is_tried_again_or_unsure() {
    for (kind, phase, unsure) in [
        (FailureKind::Denied, Phase::Policy, false),
        (FailureKind::NameNotFound, Phase::Name, false),
        (FailureKind::Certificate, Phase::Tls, false),
        (FailureKind::Reset, Phase::Wait, true),
    ] {
        let error = becomes(Answer::failure(kind, phase, "why"));
        let is_unsure = matches!(error, DeliveryError::Unsure(_));
        assert_eq!((is_unsure, matches!(error, DeliveryError::Retryable(_))), (unsure, !unsure), "{kind:?}");
    }
    let never = becomes(Answer::status(200).after(Duration::from_secs(60)));
    assert!(matches!(never, DeliveryError::Unsure(_)), "{never:?}");
}

#[test]
fn credentials_are_the_operators() {
    let sent = |config: &str| {
        let host = Host::new().secret("key", "unseen").answer(POST, Answer::status(200));
        let ran = host.notify(deliver, config, notification([alert("shop")]));
        ran.value();
        ran.sent[0].credentials[0].placement.clone()
    };
    let url = "\"url\": \"http://am.example.com:9093\"";
    assert!(matches!(sent(&format!("{{{url}, \"bearer\": {{\"secret\": \"key\"}}}}")), Placement::Bearer));
    let basic =
        format!("{{{url}, \"basic\": {{\"user\": \"kari\", \"password\": {{\"secret\": \"key\"}}}}}}");
    assert!(matches!(sent(&basic), Placement::Basic(user) if user == "kari"));
    for (config, said) in [
        (r#"{"url": []}"#.to_owned(), "names no Alertmanager"),
        (r#"{"url": "am:9093"}"#.to_owned(), "must begin with `http://`"),
        (basic.replace("\"basic\"", "\"bearer\": {\"secret\": \"key\"}, \"basic\""), "are the same header"),
    ] {
        let ran = Host::new().notify(deliver, &config, notification([]));
        let DeliveryError::Retryable(problem) = ran.error() else { panic!("{:?}", ran.error()) };
        assert!(problem.contains(said), "{problem}");
    }
}

#[test]
fn the_readme_lists_every_key_as_the_schema_has_it() {
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
