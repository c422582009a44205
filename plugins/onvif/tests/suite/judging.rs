//! Clock and profiles, beside what is expected of them.

use serde_json::json;
use watchkeep_doubles::onvif::OnvifProfile;
use watchkeep_sdk::State;
use watchkeep_sdk::testing::Host;

use super::{camera, has, judged, profile};

#[test]
fn a_camera_that_is_well_has_findings_that_are_ok() {
    let more = profile(json!({ "encoding": "h264", "resolution": "1920x1080", "frame_rate_min": 25 }));
    let (ran, double) = judged(camera(), Host::new(), more);
    let report = ran.report();
    assert_eq!((report.state, report.summary.as_str()), (State::Ok, "all 3 ok"));
    has(&ran, "clock", State::Ok, "the clock is ");
    has(&ran, "profiles", State::Ok, "2 profiles: `mainStream`, `subStream`");
    has(&ran, "profile mainStream", State::Ok, "`mainStream`: H264 1920x1080");
    let asked = ["GetSystemDateAndTime", "GetCapabilities", "GetProfiles", "GetStreamUri"];
    assert_eq!(double.with(|it| it.asked.clone()), asked);
    assert_eq!(report.value("probe_success"), Some(1.0));
    let labels = &report.findings[2].labels;
    assert_eq!((labels[0].name.as_str(), labels[0].value.as_str()), ("profile", "mainStream"));
}

#[test]
fn a_clock_is_held_against_its_limits_in_both_directions() {
    for (ahead_ms, is_manual, state, said) in [
        (4_000, false, State::Ok, "the clock is 4.4 s ahead"),
        (-4_000, false, State::Ok, "the clock is 3.5 s behind"),
        (10_000, false, State::Warning, "10.4 s ahead, more than 5.0 s; hint: look at its NTP server"),
        (-10_000, true, State::Warning, "9.5 s behind, more than 5.0 s; hint: it is set by hand"),
        (3_600_000, false, State::Critical, "the clock is 60 min ahead, more than 60.0 s"),
        (-90_000, true, State::Critical, "89.5 s behind, more than 60.0 s; hint: it is set by hand"),
    ] {
        let mut camera = camera();
        (camera.ahead_ms, camera.is_manual) = (ahead_ms, is_manual);
        let (ran, _) = judged(camera, Host::new(), json!({}));
        has(&ran, "clock", state, said);
        let metric = &ran.report().findings[0].metrics[0];
        assert_eq!(metric.name, "onvif_clock_offset_seconds");
        assert!((metric.value - ahead_ms as f64 / 1e3 - 0.5).abs() < 0.1, "{}", metric.value);
    }
}

#[test]
fn a_profile_that_is_missing_or_set_otherwise_is_critical_by_itself() {
    let (ran, _) = judged(camera(), Host::new(), profile(json!({ "name": "thirdStream" })));
    has(
        &ran,
        "profile thirdStream",
        State::Critical,
        "profile `thirdStream` is missing; it has `mainStream`, `subStream`",
    );
    has(&ran, "profiles", State::Ok, "2 profiles");
    let more = json!({ "encoding": "H265", "resolution": "2560x1440", "frame_rate_min": 30 });
    let (ran, _) = judged(camera(), Host::new(), profile(more));
    let all = "`mainStream`: H264 1920x1080; expected encoding H265; expected 2560x1440 pixels; limited to 25 frames/s, less than 30";
    has(&ran, "profile mainStream", State::Critical, all);
    has(&ran, "clock", State::Ok, "");
    let (ran, _) = judged(camera(), Host::new(), profile(json!({ "name": "Profile_2" })));
    has(&ran, "profile Profile_2", State::Ok, "`subStream`: H264 640x360");
}

#[test]
fn a_camera_without_profiles_or_without_video_is_found() {
    let mut empty = camera();
    empty.profiles.clear();
    let (ran, _) = judged(empty, Host::new(), json!({}));
    has(&ran, "profiles", State::Critical, "it has no profile");
    let mut deaf = camera();
    deaf.profiles[0] = OnvifProfile { encoding: None, ..deaf.profiles[0].clone() };
    let (ran, _) =
        judged(deaf, Host::new(), profile(json!({ "resolution": "1920x1080", "frame_rate_min": 5 })));
    has(
        &ran,
        "profile mainStream",
        State::Critical,
        "no video; expected 1920x1080 pixels; not judged: it names no",
    );
    let mut many = camera();
    many.profiles =
        (0..8).map(|at| OnvifProfile::new(&format!("p{at}"), &format!("n{at}"), (64, 48))).collect();
    let (ran, _) = judged(many, Host::new(), json!({}));
    has(&ran, "profiles", State::Ok, "8 profiles: `n0`, `n1`, `n2`, `n3`, `n4`, 3 more");
}

#[test]
fn only_the_path_of_the_service_for_media_is_taken_from_the_camera() {
    let mut camera = camera();
    camera.named_at = Some("http://192.168.1.64:8080".to_owned());
    let (ran, _) = judged(camera, Host::new(), json!({}));
    has(&ran, "profiles", State::Ok, "2 profiles");
    assert!(
        ran.sent.iter().all(|sent| sent.url.starts_with("http://cam.example.com/onvif/")),
        "{:?}",
        ran.sent
    );
}
