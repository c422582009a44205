//! Rule R2: a group larger than one message may list. What does not fit follows in the next messages, firing and
//! resolve alike; nobody is left out.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::support::setup::Written;
use crate::support::world::World;
use watchkeep_core::delivery::AttemptResult;
use watchkeep_core::effect::Effect;
use watchkeep_core::ids::{CheckName, DeliveryId};
use watchkeep_core::outcome::Outcome;
use watchkeep_core::report::{Report, State};
use watchkeep_core::time::Wall;

const CHECKS: usize = 120;

#[test]
fn what_does_not_fit_in_one_message_follows_in_the_next() {
    let mut world = world();
    let mut told = Told::default();
    // Everything fires; within group_wait and two group_intervals three messages tell of all 120.
    for check in checks() {
        answer(&mut world, &check, State::Critical, &mut told);
    }
    run_for(&mut world, Duration::from_secs(10 * 60 + 30), &mut told);
    assert_eq!(told.firing.len(), CHECKS);
    assert_eq!(told.messages, 3, "50 alerts a message");
    for check in checks() {
        answer(&mut world, &check, State::Ok, &mut told);
    }
    run_for(&mut world, Duration::from_secs(20 * 60), &mut told);
    assert_eq!(told.resolved.len(), CHECKS, "every resolve is owed");
    assert_eq!(world.state.groups().count(), 0, "and then the group is over");
    assert_eq!(world.state.outbox().count(), 0);
}

#[derive(Default)]
struct Told {
    firing: BTreeSet<String>,
    resolved: BTreeSet<String>,
    messages: usize,
}

fn checks() -> Vec<CheckName> {
    (0..CHECKS).map(|number| CheckName::new(format!("c{number:03}"))).collect()
}

fn world() -> World {
    let mut written = Written::default();
    for check in checks() {
        written.take(0, &format!("check {check} every=30d team=web")).expect("a check");
    }
    written.take(0, "receiver chat grouped").expect("a receiver");
    written.take(0, "route root to=chat by=team wait=30s interval=5m repeat=0s").expect("a route");
    World::new(written.setup().expect("a setup"), Wall::from_millis(1_767_614_400_000))
}

/// The check's run is started by hand and ends so.
fn answer(world: &mut World, check: &CheckName, state: State, told: &mut Told) {
    use watchkeep_core::input::{Command, Input};
    let effects = world.take(Input::Command(Command::RunNow(check.clone())));
    listen(world, effects, told);
    // Under the rate cap some wait for a later tick.
    while !world.running.contains_key(check) {
        let wake = world.wake.expect("somebody waits for a start");
        world.pass(wake.since(world.now.mono));
        let effects = world.tick();
        listen(world, effects, told);
    }
    let report = Report {
        state,
        summary: format!("{state:?}"),
        details: None,
        metrics: Vec::new(),
        findings: Vec::new(),
        events: Vec::new(),
        attachments: Vec::new(),
        labels: std::iter::empty::<(String, String)>().collect(),
    };
    let effects = world.finish_run(check, Outcome::Report(Arc::new(report))).expect("it runs");
    listen(world, effects, told);
}

fn run_for(world: &mut World, span: Duration, told: &mut Told) {
    let end = world.now.mono + span;
    while let Some(wake) = world.wake.filter(|wake| *wake <= end) {
        world.pass(wake.since(world.now.mono));
        let effects = world.tick();
        listen(world, effects, told);
    }
    world.pass(end.since(world.now.mono));
}

/// Notes what the chat is told, and lets every attempt succeed.
fn listen(world: &mut World, effects: Vec<Effect>, told: &mut Told) {
    let mut sent: Vec<DeliveryId> = Vec::new();
    for effect in effects {
        if let Effect::StartDelivery(start) = effect {
            let notification = &start.delivery.notification;
            assert!(notification.alerts.len() <= 50);
            told.messages += 1;
            for notice in &notification.alerts {
                let heard = if notice.until.is_some() { &mut told.resolved } else { &mut told.firing };
                heard.insert(notice.key.to_string());
            }
            sent.push(start.delivery.id);
        }
    }
    for id in sent {
        let effects = world.finish_delivery(id, AttemptResult::Delivered(None)).expect("it is under way");
        listen(world, effects, told);
    }
}
