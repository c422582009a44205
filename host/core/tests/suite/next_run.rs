//! Rule S2: when a check runs next, as every page and the API say it, is when it does run next: hours, calendars and what
//! is made up for at an opening are known in advance.

use std::time::Duration;

use crate::support::setup::Written;
use crate::support::world::{World, good};
use watchkeep_core::effect::Effect;
use watchkeep_core::ids::CheckName;
use watchkeep_core::time::Wall;

/// Friday, an hour before the office closes.
const FRIDAY: &str = "2026-01-09T17:00:00Z";

#[test]
fn what_is_said_to_run_next_runs_then() {
    for words in [
        "cron=\"0 3 * * *\" run_hours=shop",
        "cron=\"0 3 * * *\" run_hours=office missed=run_once",
        "cron=\"*/20 * * * *\" run_hours=office",
        "cron=\"30 17 * * *\" run_hours=office",
        "cron=\"30 12 * * sat,tue\" run_hours=office",
        "every=7m run_hours=office",
        "every=1h run_hours=office",
        "every=5h run_hours=shop",
        "every=36h run_hours=office",
        "every=5h",
        "cron=\"0 3 * * *\"",
    ] {
        let starts = follow(words, Duration::from_secs(20 * 86_400));
        assert!(starts > 1, "`{words}` started {starts} times");
    }
}

/// Plays a check that is always well, and holds every start against what was said before it. Says how many there were.
fn follow(words: &str, span: Duration) -> usize {
    let mut written = Written::default();
    for line in [
        "calendar office mon-fri=08:00-18:00",
        "calendar shop mon-sat=22:00-04:00",
        &format!("check c {words}"),
    ] {
        assert!(written.take(0, line).expect("a line of a setup"), "{line}");
    }
    let begins = chrono::DateTime::parse_from_rfc3339(FRIDAY).unwrap().timestamp_millis();
    let mut world = World::new(written.setup().expect("a setup"), Wall::from_millis(begins));
    let name = CheckName::from("c");
    let end = world.now.mono + span;
    let mut starts = 0;
    while let Some(wake) = world.wake.filter(|wake| *wake <= end) {
        let said = world.state.check(&name).and_then(|view| view.next_run);
        world.pass(wake.since(world.now.mono));
        let effects = world.tick();
        let started = effects.iter().find_map(|effect| match effect {
            Effect::StartRun(start) => Some(start.run.scheduled_at),
            _ => None,
        });
        if let Some(at) = started {
            // The first run of all is as soon as the host starts.
            if starts > 0 {
                assert_eq!(said, Some(at), "`{words}`, start {starts}");
            }
            starts += 1;
            world.finish_run(&name, good());
        }
    }
    starts
}
