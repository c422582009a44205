//! What is kept of earlier runs: a check reads its own, those of others where that is granted, and a notifier the
//! pictures of its notification.

use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::alert::AlertKey;
use watchkeep_core::delivery::{AlertNotice, AttemptResult, Notification, Picture};
use watchkeep_core::ids::{AlertId, Digest};
use watchkeep_core::labels::Labels;
use watchkeep_core::outcome::{FailureReason, Outcome};
use watchkeep_core::report::{Severity, State};
use watchkeep_core::time::Wall;
use watchkeep_engine::{Ended, Limits, Tape};

use crate::delivering;
use crate::support::{Memory, call, engine, failure, load, ports, report, rights};

async fn run(memory: &Arc<Memory>, config: &str, allow: &[&str]) -> Ended<Outcome> {
    let generation = load("snapshots_caller").await;
    let allow: Vec<_> = allow.iter().map(|entry| ("snapshots", *entry)).collect();
    let call = call(config, rights("snapshots-caller", &[], &allow));
    engine().run_check(&generation, call, &ports(memory)).await
}

async fn said(memory: &Arc<Memory>, config: &str, allow: &[&str]) -> String {
    report(&run(memory, config, allow).await).summary.clone()
}

#[tokio::test]
pub(crate) async fn a_check_reads_its_own_series() {
    let memory = Arc::new(Memory::default());
    assert_eq!(said(&memory, r#"{"do":"latest","series":"front"}"#, &[]).await, "nothing");
    let first = memory.snapshot("c", Some("front"), 1_000, b"first");
    let second = memory.snapshot("c", Some("front"), 9_000, b"second one");
    memory.snapshot("c", Some("back"), 9_500, b"back");
    assert_eq!(
        said(&memory, r#"{"do":"latest","series":"front"}"#, &[]).await,
        format!("{second} 9000 image/png 10")
    );
    assert_eq!(
        said(&memory, r#"{"do":"nearest","series":"front","at":"2000","within":"1000"}"#, &[]).await,
        format!("{first} 1000 image/png 5")
    );
    let far = r#"{"do":"nearest","series":"front","at":"3000","within":"1000"}"#;
    assert_eq!(said(&memory, far, &[]).await, "nothing");
    assert_eq!(
        said(&memory, r#"{"do":"reference","series":"front"}"#, &[]).await,
        format!("{first} 1000 image/png 5")
    );
    let read = format!(r#"{{"do":"read","id":"{second}"}}"#);
    assert_eq!(said(&memory, &read, &[]).await, "10 bytes: second one");
}

#[tokio::test]
async fn the_series_of_another_check_need_a_grant_and_the_hint_names_it() {
    let memory = Arc::new(Memory::default());
    let id = memory.snapshot("lobby", Some("front"), 1_000, b"secret room");
    let latest = r#"{"do":"latest","check":"lobby","series":"front"}"#;
    let read = format!(r#"{{"do":"read","id":"{id}"}}"#);
    for config in [latest, &read] {
        let denied = run(&memory, config, &["garage", "lobby/back"]).await;
        let failure = failure(&denied);
        assert_eq!(failure.reason, FailureReason::Denied);
        let hint = failure.hint.as_deref().unwrap();
        assert_eq!(hint, r#"add `snapshots = ["lobby/front"]` under [plugin.snapshots-caller.allow]"#);
        for allow in ["lobby/front", "lobby", "*/front", "*"] {
            assert_eq!(run(&memory, config, &[allow]).await.value.state(), State::Ok, "{allow}");
        }
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let memory = Arc::new(Memory::default());
    for id in ["", "../../etc/passwd", &Digest::of(b"nobody").to_string()] {
        let config = format!(r#"{{"do":"read","id":"{id}"}}"#);
        let told = run(&memory, &config, &[]).await;
        assert_eq!(report(&told).summary, "SnapshotError::NotFound");
    }
}

#[tokio::test]
async fn what_one_run_may_read_is_bounded() {
    let memory = Arc::new(Memory::default());
    let id = memory.snapshot("c", Some("front"), 1, &[b'x'; 1_000]);
    let generation = load("snapshots_caller").await;
    let config = format!(r#"{{"do":"read","id":"{id}","times":"4"}}"#);
    let mut call = call(&config, rights("snapshots-caller", &[], &[]));
    call.limits = Limits { snapshot_bytes: 3_999, ..Limits::default() };
    let ended = engine().run_check(&generation, call, &ports(&memory)).await;
    let failure = failure(&ended);
    assert_eq!(failure.reason, FailureReason::Limit);
    assert!(failure.message.contains("4000 bytes of snapshots"), "{failure:?}");
}

#[tokio::test]
async fn attachments_leave_the_call_beside_the_report_which_names_them_by_digest() {
    let ended = run(&Arc::default(), r#"{"attach":"pixels"}"#, &[]).await;
    let [attachment] = report(&ended).attachments.as_slice() else { panic!("{ended:?}") };
    assert_eq!(ended.attachments, [b"pixels"]);
    assert_eq!((attachment.digest, attachment.size_bytes), (Digest::of(b"pixels"), 6));
    assert_eq!(attachment.series.as_deref(), Some("front"));
}

#[tokio::test]
async fn a_recording_answers_without_what_was_kept() {
    let memory = Arc::new(Memory::default());
    let id = memory.snapshot("c", Some("front"), 1_000, b"\xff\xfe binary");
    let generation = load("snapshots_caller").await;
    let config = format!(r#"{{"do":"read","id":"{id}"}}"#);
    let mut told = Vec::new();
    let mut tape = Tape::record();
    for memory in [memory, Arc::default()] {
        let mut ports = ports(&memory);
        ports.tape = Some(tape.clone());
        let call = call(&config, rights("snapshots-caller", &[], &[]));
        told.push(report(&engine().run_check(&generation, call, &ports).await).summary.clone());
        let kept = serde_json::to_string(&tape.recorded()).unwrap();
        tape = Tape::replay(serde_json::from_str(&kept).unwrap());
    }
    assert_eq!(told[0], told[1]);
    assert!(told[0].starts_with("9 bytes: "), "{told:?}");
}

pub(crate) fn alert(pictures: Vec<Picture>) -> AlertNotice {
    AlertNotice {
        id: AlertId::derive("c", Wall::from_millis(1)),
        key: AlertKey::Check("c".into()),
        state: State::Critical,
        previous: None,
        flapping: false,
        severity: Severity::Error,
        summary: "door is open".into(),
        details: None,
        metrics: Vec::new(),
        since: Wall::from_millis(1),
        until: None,
        last_good: None,
        acknowledged_by: None,
        assigned_to: None,
        actions: Vec::new(),
        runbook: None,
        link: "http://localhost/".into(),
        pictures,
        labels: Labels::default(),
    }
}

#[tokio::test]
pub(crate) async fn a_notifier_reads_the_pictures_of_its_notification_and_no_others() {
    let memory = Arc::new(Memory::default());
    memory.snapshot("c", None, 1, b"pixels");
    let other = memory.snapshot("c", None, 2, b"others");
    let gone = Digest::of(b"gone");
    let picture = |digest: Digest, size_bytes| Picture {
        digest,
        name: "seen.png".into(),
        media_type: "image/png".into(),
        size_bytes,
        url: "http://localhost/snapshots/x".into(),
    };
    let deliver = async |config: &str| {
        let generation = load("picture_reader").await;
        let mut call = delivering::call(config, &[]);
        call.notification = Arc::new(Notification {
            alerts: vec![alert(vec![picture(Digest::of(b"pixels"), 6), picture(gone, 4)])],
            ..(*call.notification).clone()
        });
        call.timeout = Duration::from_secs(60);
        match engine().deliver(&generation, call, &ports(&memory)).await.value.result {
            AttemptResult::Delivered(Some(said)) => said,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(deliver("{}").await, "6 bytes: pixels");
    assert_eq!(deliver(r#"{"max":"6"}"#).await, "6 bytes: pixels");
    assert!(deliver(r#"{"max":"5"}"#).await.contains("the picture has 6 bytes, 5 were asked for"));
    assert_eq!(deliver(&format!(r#"{{"id":"{other}"}}"#)).await, "PictureError::NotFound");
    assert_eq!(deliver(&format!(r#"{{"id":"{gone}"}}"#)).await, "PictureError::NotFound");
}
