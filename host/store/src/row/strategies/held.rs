//! Arbitrary silences, maintenance, heartbeats and ids of events.

use std::time::Duration;

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;
use watchkeep_core::commit::Forgotten;
use watchkeep_core::cron::CronSchedule;
use watchkeep_core::heartbeat::HeartbeatRecord;
use watchkeep_core::ids::WindowId;
use watchkeep_core::matcher::Matcher;
use watchkeep_core::time::Wall;
use watchkeep_core::window::{When, Window, WindowKind};

use super::{duration, text, wall};

pub(in crate::row) fn heartbeat() -> impl Strategy<Value = HeartbeatRecord> {
    (of(wall()), vec((text(), wall()), 0..3), of(wall()), of(wall())).prop_map(
        |(ended, started, waits_since, refused)| HeartbeatRecord { ended, started, waits_since, refused },
    )
}

pub(in crate::row) fn forgotten() -> impl Strategy<Value = Forgotten> {
    prop_oneof![Just(Forgotten::All), vec(text(), 0..4).prop_map(Forgotten::These)]
}

/// A window that recurs, with a matcher.
pub(in crate::row) fn recurring_window() -> Window {
    let starts = CronSchedule::parse("30 2 * * sun", chrono_tz::Europe::Oslo).unwrap();
    Window {
        id: WindowId::new("w1"),
        kind: WindowKind::Maintenance,
        matchers: vec![matcher("team=\"web\"")],
        when: When::Recurring { starts, lasts: Duration::from_secs(7200), ended: None },
        author: "kari".to_owned(),
        comment: "backup".to_owned(),
        announcement: None,
        made_at: Wall::from_millis(1),
    }
}

fn matcher(text: &str) -> Matcher {
    Matcher::parse(text).unwrap()
}

pub(in crate::row) fn window() -> impl Strategy<Value = Window> {
    let matchers = select(vec!["team=\"web\"", "a=~b|c", "\"with space\" != \"x\\\"y\"", "site!~oslo.*"]);
    let starts = select(vec!["30 2 * * sun", "*/5 * * * *", "0 0 3 1 * *", "@daily"]);
    let zone = select(vec![chrono_tz::UTC, chrono_tz::Europe::Oslo, chrono_tz::Asia::Kolkata]);
    let when = prop_oneof![
        (wall(), wall()).prop_map(|(from, until)| When::Once { from, until }),
        (starts, zone, duration(), of(wall())).prop_map(|(starts, zone, lasts, ended)| When::Recurring {
            starts: CronSchedule::parse(starts, zone).unwrap(),
            lasts,
            ended,
        }),
    ];
    let kind = select(vec![WindowKind::Silence, WindowKind::Maintenance]);
    (text(), kind, vec(matchers, 1..3), when, (text(), text(), of(text())), wall()).prop_map(
        |(id, kind, matchers, when, (author, comment, announcement), made_at)| Window {
            id: WindowId::new(id),
            kind,
            matchers: matchers.into_iter().map(matcher).collect(),
            when,
            author,
            comment,
            announcement,
            made_at,
        },
    )
}
