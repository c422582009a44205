//! Pictures of odd shapes, and a bomb.

use serde_json::json;
use watchkeep_plugin_snapshot_compare::parts::{Plane, compare, decode};
use watchkeep_sdk::State;

use crate::scene::{Dice, VIEW, View};
use crate::{has, seen};

#[test]
fn a_bomb_is_refused_by_what_its_head_says() {
    let mut bomb = VIEW.jpeg();
    let at = bomb.windows(2).position(|two| two == [0xff, 0xc0]).unwrap();
    bomb[at + 5..at + 9].fill(0xff);
    has(&seen(json!({}), bomb), State::Critical, "65535x65535 pixels; at most 16 million are decoded");
}

#[test]
fn planes_of_any_shape_are_compared() {
    let plane = |width: usize, height: usize, seed: u64| {
        let mut dice = Dice(seed);
        Plane::new(width, height, (0..width * height).map(|_| dice.unit() * 255.0).collect())
    };
    for (one, two) in [
        ((1, 1), (1, 1)),
        ((64, 64), (65, 65)),
        ((1, 900), (1, 900)),
        ((900, 2), (450, 1)),
        ((3, 200), (300, 3)),
    ] {
        let (first, second) = (plane(one.0, one.1, 1), plane(two.0, two.1, 2));
        let comparison = compare(&first, &second, &[]);
        assert!((0.0..=1.0).contains(&comparison.similarity), "{one:?} {two:?}: {comparison:?}");
        assert!((0.0..=1.0).contains(&comparison.changed()) && comparison.sharpness.is_finite());
        let drawn = watchkeep_plugin_snapshot_compare::parts::difference(&first, &second, &comparison);
        assert!(drawn.starts_with(&[0xff, 0xd8]) && drawn.ends_with(&[0xff, 0xd9]));
    }
}

#[test]
fn portraits_are_compared_as_well() {
    let upright = View { width: 360, height: 640, ..VIEW };
    let reference = decode(&upright.jpeg()).unwrap();
    let moved = decode(&View { right: 4.0, ..upright }.jpeg()).unwrap();
    let comparison = compare(&reference.points, &moved.points, &[]);
    assert!((comparison.motion.unwrap().distance() - 0.04).abs() < 0.003, "{comparison:?}");
    assert_eq!((comparison.columns, comparison.fields.len()), (9, 144));
}
