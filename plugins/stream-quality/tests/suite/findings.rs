//! What is said of a picture, judgement by judgement.

use serde_json::json;
use watchkeep_sdk::State;
use watchkeep_sdk::picture::decode;

use crate::scene::{bars, blurred, drawn, good, grey};
use crate::{finds, of, only, seen};

#[test]
fn a_good_picture_is_ok_by_day_and_by_night() {
    for (what, picture) in [
        ("by day", good(1)),
        ("by night", grey(2)),
        ("darker", drawn(3, |_, _, point| point.map(|part| part * 0.4))),
        ("brighter", drawn(4, |_, _, point| point.map(|part| part * 1.3))),
        ("evening", drawn(5, |_, _, [red, green, blue]| [red * 1.1, green, blue * 0.85])),
    ] {
        let ran = seen(json!({}), picture);
        let report = ran.report();
        only(&ran, &[]);
        assert_eq!((report.state, report.details.as_deref()), (State::Ok, None), "{what}");
        assert_eq!(report.summary, "640x360 JPEG; nothing is wrong with it");
        assert!(report.attachments.is_empty(), "{what}");
        assert_eq!(report.value("probe_success"), Some(1.0));
        let keys: Vec<&str> = report.findings.iter().map(|finding| &*finding.key).collect();
        assert_eq!(
            keys,
            [
                "resolution",
                "black",
                "white",
                "test_picture",
                "signal",
                "contrast",
                "colour_cast",
                "sharpness",
                "frozen"
            ]
        );
    }
}

#[test]
fn darkness_is_told_by_the_share_of_the_picture_that_is_dark() {
    let dark = |share: f32| {
        drawn(1, move |x, _, point| if x < share { point.map(|part| part * 0.04) } else { point })
    };
    let ran = seen(json!({}), dark(1.0));
    finds(
        &ran,
        "black",
        State::Critical,
        "black: 100 % of the picture is dark, more than 99.5 %; hint: a lamp",
    );
    only(&ran, &["black"]);
    let details = ran.report().details.as_deref().unwrap();
    assert!(
        details.contains("Not judged: contrast, sharpness and colour, because it is too dark"),
        "{details}"
    );
    finds(&seen(json!({}), dark(0.98)), "black", State::Warning, "more than 97 %");
    only(&seen(json!({}), dark(0.9)), &[]);
    finds(&seen(json!({ "black_warning": 80 }), dark(0.9)), "black", State::Warning, "more than 80 %");
    // What counts as dark is the operator's.
    only(
        &seen(
            json!({ "dark": 1, "contrast_critical": 0, "contrast_warning": 0, "uniform_warning": 100, "uniform_critical": 100 }),
            dark(1.0),
        ),
        &[],
    );
    assert!(ran.report().value("quality_brightness_ratio").unwrap() < 0.04);
    assert!(ran.report().value("quality_dark_ratio").unwrap() > 0.99);
}

#[test]
fn light_is_told_by_the_share_of_the_picture_that_is_white() {
    let light = |share: f32| drawn(1, move |x, _, point| if x < share { [255.0; 3] } else { point });
    let ran = seen(json!({}), light(1.0));
    finds(&ran, "white", State::Critical, "% of the picture is over-exposed, more than 85 %; hint: a light");
    only(&ran, &["white"]);
    finds(&seen(json!({}), light(0.6)), "white", State::Warning, "more than 50 %");
    only(&seen(json!({}), light(0.4)), &[]);
    finds(&seen(json!({ "white_critical": 55 }), light(0.6)), "white", State::Critical, "more than 55 %");
}

#[test]
fn one_colour_is_no_signal_and_a_text_on_it_changes_nothing() {
    let text = |x: f32, y: f32| {
        (0.4..0.6).contains(&x) && (0.47..0.53).contains(&y) && ((x * 100.0) as u32).is_multiple_of(2)
    };
    for (colour, said) in [([0.0, 0.0, 250.0], "(#0"), ([128.0; 3], "(#808080)")] {
        let picture = drawn(1, |x, y, _| if text(x, y) { [240.0; 3] } else { colour });
        let ran = seen(json!({}), picture);
        finds(&ran, "signal", State::Critical, said);
        finds(&ran, "signal", State::Critical, "more than 95 %; hint: a camera without a signal");
        only(&ran, &["signal"]);
    }
    let most = |share: f32| drawn(1, move |x, _, point| if x < share { [90.0, 100.0, 110.0] } else { point });
    finds(&seen(json!({}), most(0.9)), "signal", State::Warning, "more than 85 %");
    only(&seen(json!({}), most(0.6)), &[]);
    finds(
        &seen(json!({ "uniform_critical": 55, "uniform_warning": 50 }), most(0.6)),
        "signal",
        State::Critical,
        "more than 55 %",
    );
}

#[test]
fn colour_bars_are_a_test_picture() {
    for on in [191.0, 255.0] {
        let ran = seen(json!({}), bars(1, on));
        finds(&ran, "test_picture", State::Critical, "colour bars, a test picture; hint: the sensor");
        only(&ran, &["test_picture"]);
    }
    // Stripes of other colours, and bars that lie, are none.
    let stripes = drawn(1, |x, _, _| [(x * 200.0).floor(), 100.0, 200.0 - (x * 200.0).floor()]);
    assert_eq!(of(&seen(json!({}), stripes), "test_picture").0, State::Ok);
    let lying = drawn(1, |_, y, _| {
        let code = [7_u8, 6, 3, 2, 5, 4, 1][((y * 7.0) as usize).min(6)];
        [4, 2, 1].map(|bit| if code & bit > 0 { 191.0 } else { 0.0 })
    });
    assert_eq!(of(&seen(json!({}), lying), "test_picture").0, State::Ok);
    // A flag before the lens has three of the colours; a screen in the yard shows all bars, and there is a yard.
    let pure = |code: u8| [4, 2, 1].map(|bit| if code & bit > 0 { 255.0 } else { 0.0 });
    let flag = drawn(1, |x, _, _| pure([1, 7, 4][((x * 3.0) as usize).min(2)]));
    assert_eq!(of(&seen(json!({}), flag), "test_picture").0, State::Ok);
    let screen = drawn(1, |x, _, point| match (x * 14.0) as usize {
        bar @ 0..7 => pure([7, 6, 3, 2, 5, 4, 1][bar]),
        _ => point,
    });
    assert_eq!(of(&seen(json!({}), screen), "test_picture").0, State::Ok);
}

#[test]
fn fog_is_a_low_contrast() {
    let fog = |share: f32| drawn(1, move |_, _, point| point.map(|part| part + (150.0 - part) * share));
    let ran = seen(json!({ "uniform_warning": 100, "uniform_critical": 100 }), fog(0.95));
    finds(&ran, "contrast", State::Critical, "low contrast: ");
    finds(&ran, "contrast", State::Critical, "below 6 %; hint: fog");
    // What has no edges has no sharpness.
    let details = ran.report().details.as_deref().unwrap();
    assert!(
        details.contains("Not judged: sharpness, because too little in the picture has edges"),
        "{details}"
    );
    finds(&seen(json!({}), fog(0.85)), "contrast", State::Warning, "below 15 %");
    assert_eq!(of(&seen(json!({}), fog(0.5)), "contrast").0, State::Ok);
    finds(&seen(json!({ "contrast_warning": 50 }), fog(0.5)), "contrast", State::Warning, "below 50 %");
}

#[test]
fn a_colour_cast_is_told_with_its_colour_and_a_grey_night_is_none() {
    let pink = drawn(1, |_, _, point| [point[0], point[0] * 0.6, point[0]]);
    let absolute = json!({ "cast_absolute": 20 });
    finds(
        &seen(absolute.clone(), pink.clone()),
        "colour_cast",
        State::Warning,
        "colour cast: nine tenths of the picture are off towards magenta by ",
    );
    finds(
        &seen(absolute.clone(), pink.clone()),
        "colour_cast",
        State::Warning,
        " % at least, more than 20 %",
    );
    // Without anything learned, a lawn may be as green as it is.
    only(&seen(json!({}), pink), &[]);
    let night = seen(json!({ "cast_absolute": 2 }), grey(1));
    assert_eq!(of(&night, "colour_cast").0, State::Ok);
    only(&seen(absolute, good(1)), &[]);
}

#[test]
fn a_blurred_picture_is_told_without_anything_learned() {
    let sharp = seen(json!({}), good(1)).report().value("quality_sharpness_ratio").unwrap();
    let mut before = sharp;
    for radius in [1, 3, 6] {
        let own = seen(json!({}), blurred(1, radius)).report().value("quality_sharpness_ratio").unwrap();
        assert!(own < before, "{radius}: {own} is not below {before}");
        before = own;
    }
    let ran = seen(json!({}), blurred(1, 6));
    let (state, said) = of(&ran, "sharpness");
    assert!(state != State::Ok && said.contains("blurred: a sharpness of "), "{said}");
    only(&ran, &["sharpness"]);
    // The light does not change how sharp a picture is.
    let dim = seen(json!({}), drawn(1, |_, _, point| point.map(|part| part * 0.5)));
    let dim = dim.report().value("quality_sharpness_ratio").unwrap();
    assert!((dim / sharp - 1.0).abs() < 0.1, "{dim} and {sharp}");
}

#[test]
fn the_size_is_the_one_that_is_expected() {
    let ran = seen(json!({ "width": 1920, "height": 1080 }), good(1));
    finds(&ran, "resolution", State::Warning, "the picture has 640x360 pixels, not 1920x1080");
    only(&seen(json!({ "width": 640, "height": 360, "width_min": 640, "height_min": 360 }), good(1)), &[]);
    let ran = seen(json!({ "height": 480, "height_min": 361 }), good(1));
    finds(&ran, "resolution", State::Critical, "the picture has 640x360 pixels, fewer than a height of 361");
}

#[test]
fn masks_leave_out_what_is_not_the_picture() {
    let banner = drawn(1, |_, y, point| if y > 0.35 { [255.0; 3] } else { point });
    finds(&seen(json!({}), banner.clone()), "white", State::Warning, "more than 50 %");
    let mask =
        |top: f64| json!({ "masks": [{ "left": 0, "top": top, "width": 100, "height": 100.0 - top }] });
    let ran = seen(mask(35.0), banner);
    only(&ran, &[]);
    assert!(ran.report().value("quality_bright_ratio").unwrap() < 0.05);
    let all = seen(mask(0.0), good(1));
    assert!(format!("{:?}", all.error()).contains("masks leave nothing of the picture"), "{:?}", all.error());
}

#[test]
fn what_is_wrong_is_shown() {
    let ran = seen(json!({ "masks": [{ "left": 0, "top": 0, "width": 50, "height": 10 }] }), bars(1, 255.0));
    let [picture] = &ran.report().attachments[..] else { panic!("one picture is attached") };
    assert_eq!((&*picture.name, &*picture.media_type), ("picture.jpg", "image/jpeg"));
    let shown = decode(&picture.data, 640).unwrap();
    assert_eq!((shown.width, shown.height), (640, 360));
    let at = |x: usize, y: usize| shown.points.values[y * 640 + x];
    assert!(at(40, 10) < 0.5 * at(40, 60), "what is masked is darkened: {} and {}", at(40, 10), at(40, 60));
    let bytes = picture.data.len();
    assert!(bytes < 200 << 10, "{bytes}");
}
