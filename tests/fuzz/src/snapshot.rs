//! A picture as a camera sends it: decoded, compared with one that is whole, and drawn.

use std::sync::LazyLock;

use watchkeep_plugin_snapshot_compare::parts::{Decoded, Plane, compare, decode, difference};
use watchkeep_plugin_snapshot_compare::run;
use watchkeep_sdk::State;
use watchkeep_sdk::testing::{Answer, Host, NOW};

const REFERENCE: &[u8] = include_bytes!("../corpus/snapshot/baseline");

static WHOLE: LazyLock<Decoded> = LazyLock::new(|| decode(REFERENCE).expect("it is a picture"));

/// Whatever the picture is: it is judged in a sentence, and what is measured are numbers.
pub fn snapshot(bytes: &[u8]) {
    match decode(bytes) {
        Ok(decoded) => {
            let Plane { width, height, values } = &decoded.points;
            assert_eq!(values.len(), width * height);
            assert!(values.iter().all(|value| (0.0..=255.5).contains(value)), "not from 0 to 255");
            compared(&WHOLE.points, &decoded.points);
            compared(&decoded.points, &WHOLE.points);
        }
        Err(sentence) => {
            assert!(sentence.len() < 1 << 10 && !sentence.chars().any(char::is_control), "{sentence:?}");
        }
    }
    let host = Host::new().snapshot("snapshot", NOW - 86_400_000, "image/jpeg", REFERENCE).accepted();
    let host = host.always("GET http://cam.example.com/snap.jpg", Answer::status(200).body(bytes));
    let ran = host.check(run, r#"{ "camera": "http://cam.example.com/snap.jpg" }"#);
    if let Ok(report) = &ran.result {
        assert!(
            report.state != State::Unknown && report.metrics.iter().all(|metric| metric.value.is_finite())
        );
    }
}

fn compared(one: &Plane, two: &Plane) {
    let comparison = compare(one, two, &[]);
    for share in [comparison.similarity, comparison.lost, comparison.changed()] {
        assert!((0.0..=1.0).contains(&share), "{comparison:?}");
    }
    if let Some(motion) = comparison.motion {
        assert!(
            motion.distance().is_finite() && motion.degrees().is_finite() && motion.zoom() > 0.0,
            "{motion:?}"
        );
    }
    let drawn = difference(one, two, &comparison);
    assert!(drawn.starts_with(&[0xff, 0xd8]) && drawn.ends_with(&[0xff, 0xd9]));
}
