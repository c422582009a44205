//! Rule S1: after a stall thousands of checks are due at once; they start under a cap, each once, and every one of
//! them in the end.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::support::setup::Written;
use crate::support::world::{World, good};
use watchkeep_core::effect::Effect;
use watchkeep_core::ids::CheckName;
use watchkeep_core::time::Wall;

const CHECKS: usize = 2000;

#[test]
fn after_a_stall_everything_due_starts_once_and_never_too_much_at_once() {
    let mut written = Written::default();
    for number in 0..CHECKS {
        let line = format!("check c{number} every=60s");
        assert!(written.take(0, &line).expect("a line of a setup"));
    }
    let setup = written.setup().expect("a setup");
    let mut world = World::new(setup, Wall::from_millis(1_767_614_400_000));
    // Two intervals in which everything runs, then a stall of ten minutes.
    run_for(&mut world, Duration::from_secs(120), &mut BTreeMap::new());
    world.pass(Duration::from_secs(600));
    let began = world.now.mono;
    let mut starts = BTreeMap::new();
    let spans = run_for(&mut world, Duration::from_secs(1), &mut starts);
    assert_eq!(starts.len(), CHECKS, "every check started");
    let twice: Vec<_> = starts.iter().filter(|(_, count)| **count > 1).collect();
    // In that second a sixtieth of the checks comes to its regular start as well.
    assert!(twice.len() < CHECKS / 20, "{} checks started twice", twice.len());
    assert!(spans.iter().all(|(_, count)| *count <= 256), "more than the cap in one wake: {spans:?}");
    let first =
        spans.iter().filter(|(at, _)| at.since(began) < Duration::from_millis(60)).map(|(_, count)| count);
    assert_eq!(first.sum::<usize>(), 3 * 256, "the cap is used to the full while there is a queue");
}

/// Ticks whenever it is asked for; every run is good at once. Says how many started at each moment.
fn run_for(
    world: &mut World,
    span: Duration,
    starts: &mut BTreeMap<CheckName, usize>,
) -> Vec<(watchkeep_core::time::Mono, usize)> {
    let end = world.now.mono + span;
    let mut spans = Vec::new();
    while let Some(wake) = world.wake.filter(|wake| *wake <= end) {
        world.pass(wake.since(world.now.mono));
        let effects = world.tick();
        let begun: Vec<CheckName> = effects
            .iter()
            .filter_map(|effect| match effect {
                Effect::StartRun(start) => Some(start.run.check.clone()),
                _ => None,
            })
            .collect();
        spans.push((world.now.mono, begun.len()));
        for check in begun {
            *starts.entry(check.clone()).or_default() += 1;
            world.finish_run(&check, good());
        }
    }
    spans
}
