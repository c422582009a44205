//! What is found in a picture, and what is not.

use serde_json::json;
use watchkeep_sdk::State;

use crate::scene::{VIEW, View};
use crate::{accepted, check, has, inconclusive, moved, seen, shows, value};

#[test]
fn light_noise_and_small_things_are_no_change() {
    let small = |u: f32, v: f32, light: f32| {
        if (u - 0.3).abs() < 0.05 && (v - 0.6).abs() < 0.12 { 240.0 } else { light }
    };
    for (what, picture) in [
        ("the same", VIEW.jpeg()),
        ("darker", View { gain: 0.35, ..VIEW }.jpeg()),
        ("brighter", View { gain: 1.4, ..VIEW }.jpeg()),
        ("noisy", View { noise: 14.0, ..VIEW }.jpeg()),
        ("gamma", VIEW.drawn(|_, _, light| 255.0 * (light / 255.0).powf(1.6))),
        ("a lamp", VIEW.drawn(|u, _, light| light * (0.5 + u))),
        ("a car", VIEW.drawn(small)),
    ] {
        let ran = seen(json!({}), picture);
        let report = ran.report();
        assert_eq!(report.state, State::Ok, "{what}: {}", report.summary);
        assert!(value(report, "snapshot_shift_ratio").unwrap() < 0.003, "{what}: {:?}", report.metrics);
        assert!(report.findings.iter().all(|finding| finding.state == State::Ok), "{what}");
        let similarity = value(report, "snapshot_similarity_ratio").unwrap();
        assert!(similarity > 0.8, "{what}: {similarity}");
    }
}

#[test]
fn a_shift_is_told_in_pixels_and_percent_and_with_its_direction() {
    // The camera looks to the right: what it sees goes to the left.
    let ran = seen(json!({}), moved(3.0, 0.0, 0.0).jpeg());
    has(
        &ran,
        State::Warning,
        "camera moved: the picture is shifted by 19 pixels to the left, 3 % of its width, more than 1.5 %",
    );
    let report = ran.report();
    let near = |name: &str, wanted: f64, by: f64| {
        let own = value(report, name).unwrap();
        assert!((own - wanted).abs() < by, "{name} is {own}");
    };
    near("snapshot_shift_pixels", 19.2, 1.0);
    near("snapshot_shift_ratio", 0.03, 0.002);
    near("snapshot_rotation_degrees", 0.0, 0.2);
    near("snapshot_scale_ratio", 1.0, 0.01);
    near("snapshot_sharpness_ratio", 1.0, 0.2);
    has(&seen(json!({}), moved(0.0, -15.0, 0.0).jpeg()), State::Critical, "% of its width, more than 10 %");
    has(&seen(json!({}), moved(0.0, -3.0, 0.0).jpeg()), State::Warning, "19 pixels down,");
    has(&seen(json!({}), moved(-2.5, 2.5, 0.0).jpeg()), State::Warning, "pixels up to the right, 3.5 %");
    has(
        &seen(json!({ "shift_warning": 4 }), moved(3.0, 0.0, 0.0).jpeg()),
        State::Ok,
        "within 3 % of the width",
    );
    has(
        &seen(json!({ "shift_critical": 2.5 }), moved(3.0, 0.0, 0.0).jpeg()),
        State::Critical,
        "more than 2.5 %",
    );
}

#[test]
fn a_turn_and_a_zoom_are_told_with_their_direction() {
    let turned = seen(json!({}), moved(0.0, 0.0, 4.0).jpeg());
    has(
        &turned,
        State::Warning,
        "camera turned: the picture is rotated by 4 degrees counterclockwise, more than 1.5",
    );
    has(&seen(json!({}), moved(0.0, 0.0, -15.0).jpeg()), State::Critical, "degrees clockwise, more than 10");
    has(&seen(json!({}), moved(0.0, 0.0, 180.0).jpeg()), State::Critical, "rotated by 180 degrees");
    let zoomed = |zoom: f32| seen(json!({}), View { zoom, ..VIEW }.jpeg());
    has(&zoomed(1.1), State::Warning, "camera zoomed: everything is 10");
    has(&zoomed(1.1), State::Warning, "% larger, more than 4 %");
    has(&zoomed(0.75), State::Critical, "% smaller, more than 20 %");
}

#[test]
fn another_scene_and_a_part_of_one_are_changed_content() {
    let other = View { seed: 99, ..VIEW };
    let ran = seen(json!({}), other.jpeg());
    has(&ran, State::Critical, "what the reference shows is nowhere in the picture");
    has(&ran, State::Critical, "content changed: ");
    assert_eq!(value(ran.report(), "snapshot_shift_ratio"), None);
    let points = other.light();
    let half = |share: f32| {
        VIEW.drawn(|u, v, light| {
            let (x, y) = ((u * 640.0).round() as usize, (v * 360.0).round() as usize);
            if u < share { points[y.min(359) * 640 + x.min(639)] } else { light }
        })
    };
    has(&seen(json!({}), half(0.4)), State::Warning, "content changed: ");
    has(&seen(json!({ "changed_warning": 50 }), half(0.4)), State::Ok, "% of the picture has changed");
    has(
        &seen(json!({ "changed_critical": 25 }), half(0.4)),
        State::Critical,
        "% of the picture, more than 25 %",
    );
}

#[test]
fn masks_leave_out_what_always_moves() {
    let points = View { seed: 99, ..VIEW }.light();
    let street = VIEW.drawn(|u, v, light| {
        let at = (v * 360.0).round() as usize * 640 + (u * 640.0).round() as usize;
        if v > 0.6 { points[at.min(points.len() - 1)] } else { light }
    });
    has(&seen(json!({}), street.clone()), State::Warning, "content changed");
    let mask = json!({ "masks": [{ "left": 0, "top": 58, "width": 100, "height": 42 }] });
    has(&seen(mask.clone(), street), State::Ok, "0 % of the picture has changed");
    // What is masked does not hide a camera that has moved.
    has(&seen(mask, moved(4.0, 0.0, 0.0).jpeg()), State::Warning, "camera moved");
}

/// A truck of this size that stands so far to the right.
fn truck(width: f32, height: f32, right: f32) -> Vec<u8> {
    let points = View { seed: 5, ..VIEW }.light();
    VIEW.drawn(|u, v, light| {
        let (x, y) = (u - 0.2 - right, v - (1.0 - height));
        let is_truck = (0.0..width).contains(&x) && (0.0..height).contains(&y);
        let at = (y * 360.0) as usize * 640 + (x * 640.0) as usize;
        if is_truck { points[at.min(points.len() - 1)] } else { light }
    })
}

#[test]
fn a_truck_that_drives_on_does_not_move_the_camera() {
    // The second is more than half of the picture.
    for (width, height) in [(0.38, 0.5), (0.6, 1.0)] {
        let ran = check(accepted(truck(width, height, 0.0)), json!({}), shows(truck(width, height, 0.06)));
        let of = |key: &str| ran.report().findings.iter().find(|finding| finding.key == key).unwrap();
        assert_eq!(of("position").state, State::Ok, "{}", of("position").summary);
        assert!(value(ran.report(), "snapshot_shift_ratio").unwrap() < 0.003);
    }
}

#[test]
fn a_lens_that_is_covered_is_told_apart_from_one_that_is_out_of_focus() {
    let covered = VIEW.drawn(|u, v, _| 110.0 + 30.0 * u + 20.0 * v);
    let ran = seen(json!({}), covered);
    has(
        &ran,
        State::Critical,
        "% of what had structure has none, more than 60 %; hint: something covers the lens",
    );
    assert!(!ran.report().summary.contains("content changed"), "{}", ran.report().summary);
    let part = VIEW.drawn(|u, _, light| if u < 0.5 { 60.0 + 10.0 * u } else { light });
    has(&seen(json!({}), part), State::Warning, "view obstructed: ");
    let points = VIEW.light();
    let blurred = |radius: isize| {
        VIEW.drawn(|u, v, _| {
            let (x, y) = ((u * 640.0).round() as isize, (v * 360.0).round() as isize);
            let (mut sum, mut count) = (0.0, 0.0);
            for (dx, dy) in (-radius..=radius).flat_map(|dx| (-radius..=radius).map(move |dy| (dx, dy))) {
                let (x, y) = ((x + dx).clamp(0, 639) as usize, (y + dy).clamp(0, 359) as usize);
                sum += points[y * 640 + x];
                count += 1.0;
            }
            sum / count
        })
    };
    has(&seen(json!({}), blurred(9)), State::Warning, "as sharp as the reference, less than 40 %");
    has(&seen(json!({ "sharpness_critical": 38 }), blurred(9)), State::Critical, "less than 38 %");
}

#[test]
fn darkness_is_not_judged_and_one_colour_is_critical() {
    let dark = View { gain: 0.03, noise: 1.0, ..VIEW };
    inconclusive(&seen(json!({}), dark.jpeg()), "the picture is too dark to be judged: ");
    inconclusive(
        &seen(json!({}), VIEW.drawn(|_, _, _| 0.0)),
        "too dark to be judged: 0 % of white; hint: a lamp",
    );
    // A lamp in the dark is something to be seen.
    let lamp = VIEW.drawn(|u, v, light| if (u - 0.5).hypot(v - 0.5) < 0.2 { light } else { light * 0.02 });
    assert!(seen(json!({}), lamp).result.is_ok());
    let ran = seen(json!({}), VIEW.drawn(|_, _, _| 60.0));
    has(&ran, State::Critical, "the picture is blank, of one colour; hint: the camera has no signal");
    assert!(ran.report().attachments.iter().all(|attachment| attachment.series.is_none()));
}

#[test]
fn another_resolution_is_a_finding_of_its_own() {
    let smaller = View { width: 480, height: 270, ..VIEW };
    let ran = seen(json!({}), smaller.jpeg());
    has(&ran, State::Warning, "resolution changed from 640x360 to 480x270");
    let of = |key: &str| ran.report().findings.iter().find(|finding| finding.key == key).unwrap().state;
    assert_eq!((of("resolution"), of("position"), of("content")), (State::Warning, State::Ok, State::Ok));
    let square = View { width: 480, height: 360, ..VIEW };
    let ran = seen(json!({}), square.jpeg());
    has(
        &ran,
        State::Warning,
        "from 640x360 to 480x360; its proportions are others, and nothing else is compared",
    );
    assert_eq!(ran.report().findings.len(), 1);
}
