//! Whether the picture stands still.

use serde_json::json;
use watchkeep_sdk::State;
use watchkeep_sdk::testing::NOW;

use crate::scene::{drawn, good, grey};
use crate::{Kept, finds, of};

const MINUTE: u64 = 60_000;

/// A clock in the upper left corner that shows another time with each moment.
fn clock(moment: u64, of: u64) -> Vec<u8> {
    drawn(of, move |x, y, point| {
        let is_digit = x < 0.2 && y < 0.07;
        let on = ((x * 80.0) as u64 + moment * 7).is_multiple_of(3);
        if is_digit { [if on { 255.0 } else { 0.0 }; 3] } else { point }
    })
}

#[test]
fn the_same_picture_is_frozen_after_a_while_and_after_enough_of_them() {
    let mut kept = Kept::default();
    let more = json!({});
    for (minute, state) in
        [(0, State::Ok), (3, State::Ok), (5, State::Ok), (6, State::Critical), (7, State::Critical)]
    {
        let ran = kept.run(&more, NOW + minute * MINUTE, good(1));
        assert_eq!(of(&ran, "frozen").0, state, "after {minute} minutes: {:?}", of(&ran, "frozen"));
    }
    let ran = kept.run(&more, NOW + 8 * MINUTE, good(1));
    finds(&ran, "frozen", State::Critical, "frozen: 6 pictures are the same, point by point, since ");
    finds(&ran, "frozen", State::Critical, "more than 5 min");
    assert_eq!(ran.report().value("quality_unchanged_seconds"), Some(480.0));
    assert_eq!(ran.report().value("quality_unchanged_pictures"), Some(6.0));
    assert_eq!(ran.report().attachments.len(), 1);
    // A new picture begins anew.
    let ran = kept.run(&more, NOW + 9 * MINUTE, good(2));
    assert_eq!(
        (of(&ran, "frozen").0, ran.report().value("quality_unchanged_pictures")),
        (State::Ok, Some(1.0))
    );
    assert_eq!(
        of(&kept.run(&more, NOW + 99 * MINUTE, good(2)), "frozen").0,
        State::Ok,
        "two pictures are not enough"
    );
    assert_eq!(of(&kept.run(&more, NOW + 100 * MINUTE, good(2)), "frozen").0, State::Critical);
}

#[test]
fn noise_of_a_scene_in_which_nothing_moves_is_not_frozen() {
    for picture in [good, grey] {
        let mut kept = Kept::default();
        for minute in 0..10 {
            let ran = kept.run(&json!({}), NOW + minute * MINUTE, picture(minute));
            assert_eq!(ran.report().value("quality_unchanged_pictures"), Some(1.0), "after {minute} minutes");
        }
    }
}

#[test]
fn a_clock_hides_a_frozen_picture_unless_a_mask_covers_it() {
    let mask = json!({ "masks": [{ "left": 0, "top": 0, "width": 20, "height": 7 }] });
    for (more, state) in [(json!({}), State::Ok), (mask, State::Critical)] {
        let mut kept = Kept::default();
        let mut last = State::Ok;
        for minute in 0..8 {
            last = of(&kept.run(&more, NOW + minute * MINUTE, clock(minute, 1)), "frozen").0;
        }
        assert_eq!(last, state, "{more}");
        if state == State::Critical {
            // And a living picture under the same mask is none.
            let ran = kept.run(&more, NOW + 8 * MINUTE, clock(8, 2));
            assert_eq!(of(&ran, "frozen").0, State::Ok);
        }
    }
}

#[test]
fn what_shows_too_little_is_not_called_frozen() {
    let mut kept = Kept::default();
    kept.run(&json!({}), NOW, good(1));
    assert!(kept.0.contains_key("frozen"));
    let black = watchkeep_sdk::picture::encode(640, 360, |_, _| [0.0; 3]);
    for minute in 1..9 {
        let ran = kept.run(&json!({}), NOW + minute * MINUTE, black.clone());
        assert!(ran.report().findings.iter().all(|finding| finding.key != "frozen"));
        let details = ran.report().details.as_deref().unwrap();
        assert!(
            details.contains("Not judged: whether it is frozen, because it shows too little"),
            "{details}"
        );
    }
    assert!(!kept.0.contains_key("frozen"), "what was before the dark is forgotten");
}

#[test]
fn both_limits_are_the_operators_and_can_be_turned_off() {
    let mut kept = Kept::default();
    let more = json!({ "frozen_after": "10s", "frozen_pictures": 2 });
    kept.run(&more, NOW, good(1));
    finds(&kept.run(&more, NOW + 11_000, good(1)), "frozen", State::Critical, "2 pictures are the same");
    let off = kept.run(&json!({ "frozen_after": "0s" }), NOW + 99 * MINUTE, good(1));
    assert!(off.report().findings.iter().all(|finding| finding.key != "frozen"));
    assert!(!kept.0.contains_key("frozen"));
}

#[test]
fn what_was_kept_by_another_hand_is_no_trouble() {
    for rubbish in [&b""[..], &[0; 3], &[0xff; 20], &[0xff; 21], &[7; 5_000]] {
        let mut kept = Kept::default();
        kept.0.insert("frozen", rubbish.to_vec());
        kept.0.insert("usual.coloured", rubbish.to_vec());
        assert_eq!(of(&kept.run(&json!({}), NOW, good(1)), "frozen").0, State::Ok);
    }
}
