//! Series of snapshots: a check's own, and those of others.

use super::Answer::{Denied, Open};
use super::check;
use crate::grant::SeriesPattern;

#[test]
fn ones_own_series_need_no_grant_and_those_of_others_do() {
    check(&[
        ("", "kept shop shop/front", Open),
        ("", "kept shop shop/", Open),
        ("", "kept shop shop2/front", Denied),
        ("", "kept shop sho/front", Denied),
        ("", "kept - shop/front", Denied),
        ("", "kept - shop/", Denied),
        ("snapshots lobby", "kept shop lobby/front", Open),
        ("snapshots lobby", "kept shop lobby/", Open),
        ("snapshots lobby", "kept - lobby/a/b", Open),
        ("snapshots lobby", "kept shop lobby2/front", Denied),
        ("snapshots lobby", "kept shop Lobby/front", Denied),
        ("snapshots lobby/front", "kept shop lobby/front", Open),
        ("snapshots lobby/front", "kept shop lobby/back", Denied),
        ("snapshots lobby/front", "kept shop lobby/", Denied),
        ("snapshots lobby/a/b", "kept shop lobby/a/b", Open),
        ("snapshots lobby/a/b", "kept shop lobby/a", Denied),
        ("snapshots */front", "kept shop lobby/front", Open),
        ("snapshots */front", "kept shop lobby/back", Denied),
        ("snapshots *", "kept shop lobby/back", Open),
        ("snapshots lobby/*", "kept shop lobby/back", Open),
        ("asks snapshots lobby; snapshots *", "kept shop lobby/front", Open),
    ]);
}

#[test]
fn what_names_no_series_is_refused_with_its_fix() {
    for entry in ["", "/front", "lobby/", "lob*y", "lobby ", "lobby/fr\nont"] {
        let error = SeriesPattern::parse(entry).unwrap_err();
        assert!(error.to_string().contains("CHECK/SERIES"), "{entry}: {error}");
    }
}
