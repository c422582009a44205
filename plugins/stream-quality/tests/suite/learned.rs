//! How sharp the pictures usually are.

use serde_json::json;
use watchkeep_sdk::State;
use watchkeep_sdk::testing::NOW;

use crate::scene::{blurred, drawn, good, grey};
use crate::{Kept, finds, of, only};

fn taught(picture: impl Fn(u64) -> Vec<u8>) -> Kept {
    let mut kept = Kept::default();
    for moment in 0..20 {
        let ran = kept.run(&json!({}), NOW + moment, picture(moment));
        let missing = format!("; {} more pictures until it is known", 20 - moment);
        assert!(
            of(&ran, "sharpness").1.ends_with(&format!("{missing} how sharp they usually are")),
            "{moment}"
        );
        assert_eq!(ran.report().value("quality_sharpness_usual_ratio"), None);
    }
    kept
}

#[test]
fn a_picture_less_sharp_than_usual_is_told_long_before_the_absolute_limit() {
    let mut kept = taught(good);
    let ran = kept.run(&json!({}), NOW, good(99));
    only(&ran, &[]);
    let (own, usual) = ("quality_sharpness_ratio", "quality_sharpness_usual_ratio");
    let (own, usual) = (ran.report().value(own).unwrap(), ran.report().value(usual).unwrap());
    assert!((own / usual - 1.0).abs() < 0.05, "{own} and {usual}");
    let absolute = json!({ "sharpness_warning": 0, "sharpness_critical": 0 });
    finds(
        &kept.run(&absolute, NOW, blurred(99, 2)),
        "sharpness",
        State::Warning,
        "% of the usual, below 80 %; hint: focus",
    );
    finds(
        &kept.run(&absolute, NOW, blurred(99, 8)),
        "sharpness",
        State::Critical,
        "% of the usual, below 50 %",
    );
    let off = json!({ "sharpness_warning": 0, "sharpness_critical": 0, "learned_warning": 0, "learned_critical": 0 });
    only(&kept.run(&off, NOW, blurred(99, 8)), &[]);
}

#[test]
fn a_picture_without_any_edge_in_good_light_is_out_of_focus_if_there_usually_are_some() {
    let smooth = || drawn(99, |x, _, _| [40.0 + 170.0 * x; 3]);
    let mut kept = taught(grey);
    finds(&kept.run(&json!({}), NOW, smooth()), "sharpness", State::Critical, "blurred: a sharpness of 0 %");
    // Before anything is known, it may be a wall.
    let details = Kept::default().run(&json!({}), NOW, smooth()).report().details.clone().unwrap();
    assert!(details.contains("Not judged: sharpness"), "{details}");
}

#[test]
fn what_was_learned_does_not_follow_a_lens_that_becomes_worse() {
    let mut kept = taught(good);
    let before = kept.0["usual.coloured"].clone();
    for moment in 0..30 {
        kept.run(&json!({ "learned_warning": 50 }), NOW + moment, blurred(moment, 1));
    }
    assert_eq!(kept.0["usual.coloured"], before);
}

#[test]
fn colours_are_held_against_those_that_are_usual() {
    let mut kept = taught(good);
    let gains = |gains: [f32; 3]| drawn(1, move |_, _, point| [0, 1, 2].map(|at| point[at] * gains[at]));
    for (gain, colour) in [
        ([1.0, 0.4, 1.0], "magenta"),
        ([1.0, 1.0, 0.3], "yellow"),
        ([0.3, 1.0, 1.0], "cyan"),
        ([0.4, 1.0, 0.4], "green"),
    ] {
        let ran = kept.clone().run(&json!({}), NOW, gains(gain));
        let said = format!("colour cast: the picture is off towards {colour} by ");
        finds(&ran, "colour_cast", State::Warning, &said);
        finds(&ran, "colour_cast", State::Warning, "% of its light, compared with the usual, more than 15 %");
    }
    let pink = gains([1.0, 0.4, 1.0]);
    finds(
        &kept.run(&json!({ "cast_critical": 16 }), NOW, pink),
        "colour_cast",
        State::Critical,
        "more than 16 %",
    );
    only(&kept.run(&json!({}), NOW, gains([1.05, 1.0, 0.9])), &[]);
}

#[test]
fn nights_are_learned_apart_and_bad_pictures_are_not_learned() {
    let mut kept = taught(good);
    let ran = kept.run(&json!({}), NOW, grey(1));
    assert!(of(&ran, "sharpness").1.contains("20 more pictures"), "{:?}", of(&ran, "sharpness"));
    assert!(kept.0.contains_key("usual.grey"));
    let mut kept = Kept::default();
    kept.run(&json!({}), NOW, blurred(1, 8));
    kept.run(&json!({}), NOW, drawn(1, |_, _, point| point.map(|part| part * 0.04)));
    kept.run(
        &json!({ "cast_absolute": 10 }),
        NOW,
        drawn(1, |_, _, point| [point[0], point[0] * 0.6, point[0]]),
    );
    assert!(!kept.0.contains_key("usual.coloured"), "{:?}", kept.0.keys());
}

#[test]
fn another_lens_is_learned_anew() {
    let mut kept = taught(good);
    let ran = kept.run(&json!({ "lens": "new" }), NOW, good(1));
    assert!(of(&ran, "sharpness").1.contains("20 more pictures"), "{:?}", of(&ran, "sharpness"));
    let ran = kept.run(&json!({ "lens": "new" }), NOW, good(2));
    assert!(of(&ran, "sharpness").1.contains("19 more pictures"), "{:?}", of(&ran, "sharpness"));
}
