//! Disks, inodes, forecasts, and disks that became read-only.

use serde_json::json;
use watchkeep_sdk::State;
use watchkeep_sdk::system::Disk;
use watchkeep_sdk::testing::Ran;

use crate::{GIB, Runs, disk, metric, of, says};

fn disks(more: serde_json::Value, all: Vec<Disk>) -> Ran<watchkeep_sdk::Report, watchkeep_sdk::Fault> {
    let mut config = json!({ "parts": "disks" });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Runs::of(config).at(0, "disks", all)
}

fn keys(ran: &Ran<watchkeep_sdk::Report, watchkeep_sdk::Fault>) -> Vec<&str> {
    ran.report().findings.iter().map(|finding| finding.key.as_str()).collect()
}

#[test]
fn a_disk_is_judged_by_what_is_used_and_by_what_is_free() {
    let ran = disks(json!({}), vec![disk("/", 100, 40), disk("/var", 100, 14), disk("/srv", 100, 4)]);
    assert_eq!(
        ran.report().summary,
        "1 of 6 critical, 1 warning: /srv is 96 % full, 4 GiB free; it is more than 95 %"
    );
    assert_eq!(keys(&ran), ["disk /srv", "disk /var", "disk /", "inodes /", "inodes /var", "inodes /srv"]);
    says(&ran, "disk /", State::Ok, "/ is 60 % full, 40 GiB free");
    says(&ran, "disk /var", State::Warning, "/var is 86 % full, 14 GiB free; it is more than 85 %");
    let finding = of(&ran, "disk /var");
    assert_eq!(metric(finding, "system_disk_available"), Some(14.0 * GIB as f64));
    assert_eq!(finding.labels.iter().map(|it| it.value.as_str()).collect::<Vec<_>>(), ["/var", "ext4"]);

    let free = json!({ "disk_used_warning": 100, "disk_used_critical": 100, "disk_free_warning": "15GiB", "disk_free_critical": "5GiB" });
    let ran = disks(
        free,
        vec![disk("/", 100, 15), disk("/var", 100, 14), disk("/srv", 100, 4), disk("/full", 100, 0)],
    );
    says(&ran, "disk /", State::Ok, "/ is 85 % full, 15 GiB free");
    says(&ran, "disk /var", State::Warning, "/var is 86 % full, 14 GiB free; less than 15 GiB is free");
    says(&ran, "disk /srv", State::Critical, "/srv is 96 % full, 4 GiB free; less than 5 GiB is free");
    says(&ran, "disk /full", State::Critical, "/full is 100 % full, 0 B free; less than 5 GiB is free");
}

#[test]
fn some_disks_have_thresholds_of_their_own_and_some_are_left_out() {
    let more = json!({
        "disk_used_warning": 50,
        "exclude_mounts": "/mnt/*",
        "disks": [
            { "mounts": "/srv*", "used_warning": 98, "used_critical": 99, "free_warning": "3GiB", "inodes_warning": 5, "inodes_critical": 9 },
            { "mounts": ["/var"], "used_critical": 60 },
        ],
    });
    let snap = Disk { filesystem: "squashfs".to_owned(), ..disk("/snap/core", 1, 0) };
    let all = vec![
        disk("/", 100, 45),
        disk("/var", 100, 30),
        disk("/srv/a", 100, 4),
        disk("/srv/b", 100, 2),
        disk("/mnt/x", 9, 0),
        snap,
    ];
    let ran = disks(more, all);
    assert_eq!(ran.report().findings.len(), 8);
    says(&ran, "disk /", State::Warning, "/ is 55 % full, 45 GiB free; it is more than 50 %");
    says(&ran, "disk /var", State::Critical, "/var is 70 % full, 30 GiB free; it is more than 60 %");
    says(&ran, "disk /srv/a", State::Ok, "/srv/a is 96 % full, 4 GiB free");
    says(&ran, "disk /srv/b", State::Warning, "/srv/b is 98 % full, 2 GiB free; less than 3 GiB is free");
    says(&ran, "inodes /srv/a", State::Critical, "inodes of /srv/a are 10 % used; they are more than 9 %");
    says(&ran, "inodes /", State::Ok, "inodes of / are 10 % used");
    let ran = disks(
        json!({ "mounts": ["/", "/v??"] }),
        vec![disk("/", 9, 5), disk("/var", 9, 5), disk("/srv", 9, 5)],
    );
    assert_eq!(keys(&ran), ["disk /", "inodes /", "disk /var", "inodes /var"]);
    // Such as btrfs.
    let uncounted = Disk { inodes_total: 0, inodes_free: 0, ..disk("/", 9, 5) };
    assert_eq!(keys(&disks(json!({}), vec![uncounted])), ["disk /"]);
}

#[test]
fn a_disk_that_must_be_mounted_and_is_not_is_critical() {
    let ran = disks(json!({ "expected_mounts": ["/", "/srv/data"] }), vec![disk("/", 9, 5)]);
    says(&ran, "disk /srv/data", State::Critical, "/srv/data is not mounted");
    assert_eq!(ran.report().findings.len(), 3);
}

/// After so many steps of 15 minutes of which each takes so much; the last one is told.
fn filling(runs: &mut Runs, began: u64, left: impl Iterator<Item = u64>) -> (State, String, Option<f64>) {
    let mut last = None;
    for (step, left) in left.enumerate() {
        let ran = runs.at(began + step as u64 * 900, "disks", vec![disk("/", 1_000, left)]);
        let finding = of(&ran, "disk /").clone();
        last = Some((finding.state, finding.summary.clone(), metric(&finding, "system_disk_full_in")));
    }
    last.unwrap()
}

#[test]
fn the_hour_at_which_a_disk_is_full_is_told_once_a_trend_holds() {
    let config = || json!({ "parts": "disks", "disk_used_warning": 100, "disk_used_critical": 100 });
    // 10 GiB in 15 minutes: after an hour there are five samples.
    let mut runs = Runs::of(config());
    assert_eq!(filling(&mut runs, 0, (0..4).map(|step| 500 - 10 * step)).2, None);
    let mut runs = Runs::of(config());
    let (state, said, left) = filling(&mut runs, 0, (0..5).map(|step| 500 - 10 * step));
    assert_eq!(state, State::Warning, "{said}");
    assert_eq!(
        said,
        "/ is 54 % full, 460 GiB free; it will be full in 11 h 30 min, at 17:36 UTC, if it goes on like this"
    );
    assert_eq!(left, Some(46.0 * 900.0));
    let mut runs = Runs::of(config());
    let (state, said, _) = filling(&mut runs, 0, (0..5).map(|step| 199 - 10 * step));
    assert_eq!(state, State::Critical, "{said}");
    assert!(said.contains("it will be full in 3 h 58 min, at 10:04 UTC"), "{said}");
    // A day and more is nobody's business yet, and is a metric all the same.
    let mut runs = Runs::of(config());
    let (state, said, left) = filling(&mut runs, 0, (0..5).map(|step| 990 - 10 * step));
    assert_eq!((state, left), (State::Warning, Some(95.0 * 900.0)), "{said}");
    let mut runs = Runs::of(
        json!({ "parts": "disks", "disk_full_within_warning": "0s", "disk_full_within_critical": "0s" }),
    );
    let (state, said, left) = filling(&mut runs, 0, (0..5).map(|step| 300 - 10 * step));
    assert_eq!((state, left), (State::Ok, Some(26.0 * 900.0)), "{said}");
}

#[test]
fn no_hour_is_told_where_no_trend_holds() {
    let config = || json!({ "parts": "disks" });
    let full = |left: &[u64]| filling(&mut Runs::of(config()), 0, left.iter().copied()).2;
    assert_eq!(full(&[500; 12]), None, "nothing changes");
    assert_eq!(full(&[500, 510, 520, 530, 540, 550]), None, "it empties");
    assert_eq!(
        full(&[500, 490, 480, 495, 500, 490, 480, 495, 500, 490]),
        None,
        "it is cleaned again and again"
    );
    assert_eq!(full(&[500, 490, 480, 470, 460, 900]), None, "it was cleaned up");
    assert!(full(&[500, 491, 479, 472, 459, 451]).is_some(), "a line explains most of it");
    // What is older than the window does not count: it filled fast, and stopped hours ago.
    let stopped = (0..8).map(|step| 900 - 50 * step).chain(std::iter::repeat_n(550, 26));
    assert_eq!(filling(&mut Runs::of(config()), 0, stopped).2, None);
    // Another disk at the same place begins anew.
    let mut runs = Runs::of(config());
    filling(&mut runs, 0, (0..5).map(|step| 500 - 10 * step));
    let ran = runs.at(5 * 900, "disks", vec![disk("/", 2_000, 450)]);
    assert_eq!(metric(of(&ran, "disk /"), "system_disk_full_in"), None);
    // As does a clock that was set back.
    let mut runs = Runs::of(config());
    filling(&mut runs, 100_000, (0..5).map(|step| 500 - 10 * step));
    let ran = runs.at(0, "disks", vec![disk("/", 1_000, 450)]);
    assert_eq!(metric(of(&ran, "disk /"), "system_disk_full_in"), None);
}

#[test]
fn samples_are_few_however_often_it_runs() {
    let mut runs = Runs::of(json!({ "parts": "disks" }));
    for minute in 0..1_000 {
        let ran = runs.at(minute * 60, "disks", vec![disk("/", 1_000, 900 - minute / 2)]);
        assert_eq!(
            metric(of(&ran, "disk /"), "system_disk_full_in").is_some(),
            minute >= 60,
            "minute {minute}"
        );
        assert!(runs.kept[0].1.len() < 25 * 30, "{}", runs.kept[0].1.len());
    }
}

#[test]
fn a_disk_that_became_read_only_is_critical_until_it_is_writable_again() {
    let read_only = || Disk { read_only: true, ..disk("/srv", 100, 1) };
    let ok = "/srv is 99 % full, 1 GiB free, read-only";
    let mut runs = Runs::of(json!({ "parts": "disks" }));
    let ran = runs.at(0, "disks", vec![read_only()]);
    says(&ran, "disk /srv", State::Ok, ok);
    assert_eq!(ran.report().findings.len(), 1, "its inodes are nobody's business");
    runs.at(60, "disks", vec![disk("/srv", 100, 50)]);
    for at in [120, 180] {
        let ran = runs.at(at, "disks", vec![read_only()]);
        let finding = of(&ran, "disk /srv");
        assert_eq!(finding.state, State::Critical);
        assert!(
            finding.summary.starts_with(&format!("{ok}; it was writable; hint: `dmesg`")),
            "{}",
            finding.summary
        );
    }
    says(
        &runs.at(240, "disks", vec![disk("/srv", 100, 50)]),
        "disk /srv",
        State::Ok,
        "/srv is 50 % full, 50 GiB free",
    );
    runs.config = json!({ "parts": "disks", "read_only_ok": "/s*" });
    says(&runs.at(300, "disks", vec![read_only()]), "disk /srv", State::Ok, ok);
    let ran = disks(json!({ "writable": "/srv" }), vec![read_only()]);
    says(&ran, "disk /srv", State::Critical, &format!("{ok}; it must be writable"));
}
