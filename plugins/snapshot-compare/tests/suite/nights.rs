//! Night after night: which picture is the reference, and that it does not move by itself.

use serde_json::json;
use watchkeep_plugin_snapshot_compare::run;
use watchkeep_sdk::testing::{Host, NOW, Ran};
use watchkeep_sdk::{Attachment, Fault, Report, State};

use crate::scene::{VIEW, View};
use crate::{DAY, ROUTE, accepted, check, config, has, inconclusive, moved, shows};

/// A host that keeps what runs attach, as the real one does.
struct Kept {
    snapshots: Vec<(String, u64, Vec<u8>)>,
    first: Option<Vec<u8>>,
    accepted: Option<usize>,
    night: u64,
}

impl Kept {
    fn new() -> Self {
        Kept { snapshots: Vec::new(), first: None, accepted: None, night: 0 }
    }
    fn run(&mut self, picture: Vec<u8>) -> Ran<Report, Fault> {
        let now = NOW + self.night * DAY;
        let mut host = Host::new().clock(now);
        for (at, (series, taken, bytes)) in self.snapshots.iter().enumerate() {
            host = host.snapshot(series, *taken, "image/jpeg", &**bytes);
            if self.accepted == Some(at) {
                host = host.accepted();
            }
        }
        if let Some(first) = &self.first {
            host = host.kv("first", first);
        }
        let ran = host.answer(ROUTE, shows(picture)).check(run, &config(json!({})));
        self.first = ran.kv("first").map(<[u8]>::to_vec);
        for Attachment { series, data, .. } in ran.result.iter().flat_map(|report| &report.attachments) {
            if let Some(series) = series {
                self.snapshots.push((series.clone(), now, data.clone()));
            }
        }
        self.night += 1;
        ran
    }
    /// As `watchkeep check accept` does it.
    fn accept(&mut self) {
        self.accepted = self.snapshots.iter().rposition(|(series, ..)| series == "snapshot");
    }
    /// Everything that is older than this is removed.
    fn forget(&mut self, days: u64) {
        let before = (NOW + self.night * DAY).saturating_sub(days * DAY);
        self.snapshots.retain(|(_, taken, _)| *taken >= before);
    }
}

#[test]
fn what_has_changed_is_told_each_night_until_it_is_accepted() {
    let mut kept = Kept::new();
    let first = kept.run(VIEW.jpeg());
    has(
        &first,
        State::Ok,
        "this is the first picture, and the one to compare with until another is accepted with `watchkeep check accept test snapshot`",
    );
    has(
        &kept.run(View { noise: 3.0, ..VIEW }.jpeg()),
        State::Ok,
        "the first picture, taken 24 hours ago and not accepted yet",
    );
    let turned = || moved(0.5, 0.0, 5.0).jpeg();
    let ran = kept.run(turned());
    has(&ran, State::Warning, "camera turned");
    has(&ran, State::Warning, "Since the previous picture, taken 24 hours ago: camera turned");
    has(&ran, State::Warning, "accept it with `watchkeep check accept test snapshot`.");
    for _ in 0..40 {
        kept.forget(30);
        let ran = kept.run(turned());
        has(&ran, State::Warning, "camera turned");
        has(&ran, State::Warning, "It was so already in the previous picture, taken 24 hours ago.");
    }
    kept.accept();
    has(
        &kept.run(turned()),
        State::Ok,
        "compared with the accepted picture, taken 24 hours ago; the camera looks where it did",
    );
    has(&kept.run(VIEW.jpeg()), State::Warning, "camera turned");
}

#[test]
fn a_reference_that_is_gone_is_told_until_one_is_accepted() {
    let mut kept = Kept::new();
    kept.run(VIEW.jpeg());
    kept.night += 60;
    kept.forget(30);
    let soon = Host::new().kv("first", (NOW - 400).to_string());
    inconclusive(&check(soon, json!({}), shows(VIEW.jpeg())), "the first picture is not on disk yet");
    for _ in 0..2 {
        has(
            &kept.run(VIEW.jpeg()),
            State::Warning,
            "the picture to compare with is no longer kept, and none was accepted",
        );
    }
    kept.accept();
    has(&kept.run(VIEW.jpeg()), State::Ok, "compared with the accepted picture");
}

#[test]
fn slow_changes_add_up() {
    let mut kept = Kept::new();
    let states: Vec<State> = [0.0, 0.6, 1.2, 1.8, 2.4_f32]
        .into_iter()
        .map(|right| kept.run(moved(right, 0.0, 0.0).jpeg()).report().state)
        .collect();
    assert_eq!(states, [State::Ok, State::Ok, State::Ok, State::Warning, State::Warning]);
}

#[test]
fn pictures_are_attached_with_their_difference() {
    let picture = moved(4.0, 0.0, 0.0).jpeg();
    let ran = check(accepted(VIEW.jpeg()), json!({}), shows(picture.clone()));
    let named: Vec<_> =
        ran.report().attachments.iter().map(|one| (&*one.name, one.series.as_deref())).collect();
    assert_eq!(named, [("before.jpg", None), ("after.jpg", Some("snapshot")), ("difference.jpg", None)]);
    let [before, after, difference] = &ran.report().attachments[..] else { panic!() };
    assert_eq!((&before.data, &after.data), (&VIEW.jpeg(), &picture));
    assert!((1_000..60_000).contains(&difference.data.len()), "{}", difference.data.len());
    let decoded = watchkeep_plugin_snapshot_compare::parts::decode(&difference.data).unwrap();
    assert_eq!((decoded.width, decoded.height), (400, 225));
    // The first one is attached again until another is accepted.
    let first = Host::new()
        .snapshot("first", NOW - DAY, "image/jpeg", VIEW.jpeg())
        .kv("first", (NOW - 3 * DAY).to_string());
    let ran = check(first, json!({}), shows(picture));
    assert_eq!(ran.report().attachments[0].series.as_deref(), Some("first"));
    has(&ran, State::Warning, "compared with the first picture, taken 3 days ago and not accepted yet");
}

#[test]
fn the_previous_picture_is_told_and_decides_nothing() {
    // Yesterday it was turned away, and somebody has put it right.
    let host =
        accepted(VIEW.jpeg()).snapshot("snapshot", NOW - DAY, "image/jpeg", moved(6.0, 0.0, 0.0).jpeg());
    let ran = check(host, json!({}), shows(VIEW.jpeg()));
    has(&ran, State::Ok, "Since the previous picture, taken 24 hours ago: camera moved");
    let against = |against: &str| {
        let own = |metric: &&watchkeep_sdk::Metric| {
            metric.name == "snapshot_shift_ratio" && metric.labels.iter().any(|label| label.value == against)
        };
        ran.report().metrics.iter().find(own).unwrap().value
    };
    assert!(against("reference") < 0.003 && (against("previous") - 0.06).abs() < 0.004);
    // Two hours too late for the same hour.
    let host = accepted(VIEW.jpeg()).snapshot(
        "snapshot",
        NOW - DAY + DAY / 12,
        "image/jpeg",
        moved(6.0, 0.0, 0.0).jpeg(),
    );
    let ran = check(host, json!({}), shows(VIEW.jpeg()));
    assert_eq!(ran.report().details, None);
}

#[test]
fn what_shows_nothing_becomes_no_reference() {
    let grey = VIEW.drawn(|u, _, _| 100.0 + 40.0 * u);
    let ran = check(Host::new(), json!({}), shows(grey.clone()));
    inconclusive(&ran, "the first picture shows too little to compare others with");
    assert_eq!(ran.kv("first"), None);
    inconclusive(&check(Host::new(), json!({}), shows(VIEW.drawn(|_, _, _| 1.0))), "too dark");
    let blank = check(Host::new(), json!({}), shows(VIEW.drawn(|_, _, _| 90.0)));
    assert_eq!((blank.report().state, blank.kv("first")), (State::Critical, None));
    inconclusive(
        &check(accepted(grey), json!({}), shows(VIEW.jpeg())),
        "shows too little to compare with; hint: accept",
    );
    inconclusive(&check(accepted("no picture"), json!({}), shows(VIEW.jpeg())), "cannot be compared with");
}
