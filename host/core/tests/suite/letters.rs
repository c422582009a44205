//! Letters to subscribers of a status page: one row for each, none to who left, and nobody on call is told in their place.

use std::time::Duration;

use crate::support::setup::Written;
use crate::support::world::World;
use watchkeep_core::delivery::{AttemptResult, DeliverySubject};
use watchkeep_core::effect::{Effect, StartDelivery};
use watchkeep_core::ids::SubscriberId;
use watchkeep_core::input::Input;
use watchkeep_core::subscription::{Letter, Subject, SubscriberChange};
use watchkeep_core::time::Wall;

fn world() -> World {
    let mut written = Written::default();
    for line in ["check shop every=30d", "receiver letters grouped fallback=pager", "receiver pager"] {
        written.take(0, line).expect("a line of a setup");
    }
    World::new(written.setup().expect("a setup"), Wall::from_millis(1_767_614_400_000))
}

fn letter(to: &[&str]) -> Input {
    Input::Letter(Box::new(Letter {
        page: "acme".into(),
        receiver: "letters".into(),
        subject: Subject::News,
        title: "Acme: Web is down".into(),
        text: "Web is down.".into(),
        link: "https://status.example.com/acme".into(),
        to: to.iter().copied().map(SubscriberId::from).collect(),
        told: None,
    }))
}

/// To whom attempts begin.
fn begun(effects: Vec<Effect>) -> Vec<StartDelivery> {
    let starts = effects.into_iter().filter_map(|effect| match effect {
        Effect::StartDelivery(start) => Some(start),
        _ => None,
    });
    starts.collect()
}

fn of(id: &str) -> DeliverySubject {
    DeliverySubject::Subscriber(id.into())
}

#[test]
fn each_subscriber_has_a_row_that_names_no_address_and_one_who_left_gets_nothing() {
    let mut world = world();
    let starts = begun(world.take(letter(&["s-1", "s-2", "s-3"])));
    let subjects: Vec<_> = starts.iter().map(|start| start.delivery.subject.clone()).collect();
    assert_eq!(subjects, [of("s-1"), of("s-2"), of("s-3")]);
    let keys: Vec<_> = starts.iter().map(|start| &start.delivery.notification.dedup_key).collect();
    assert!(keys[0] != keys[1] && keys[1] != keys[2], "{keys:?}");
    for start in &starts[..2] {
        let failed = AttemptResult::Retryable("the server is away".to_owned());
        world.finish_delivery(start.delivery.id, failed).expect("it is under way");
    }
    world.take(Input::Subscribers(vec![SubscriberChange::Remove("s-1".into())]));
    let waiting: Vec<_> = world.state.outbox().map(|row| row.subject.clone()).collect();
    assert_eq!(waiting, [of("s-2"), of("s-3")], "what waits for who left is not sent, and the rest is");
}

#[test]
fn a_pager_is_not_told_in_the_place_of_a_subscriber() {
    let mut world = world();
    let mut starts = begun(world.take(letter(&["s-1"])));
    let began = world.now.mono;
    let end = began + Duration::from_secs(3_600);
    while let Some(start) = starts.pop() {
        assert_eq!(start.delivery.notification.receiver.as_str(), "letters");
        let failed = AttemptResult::Retryable("the server is away".to_owned());
        world.finish_delivery(start.delivery.id, failed).expect("it is under way");
        while starts.is_empty() {
            let Some(wake) = world.wake.filter(|wake| *wake <= end) else { break };
            world.pass(wake.since(world.now.mono));
            starts = begun(world.tick());
        }
    }
    assert!(world.now.mono > began + Duration::from_secs(600), "it was tried for long enough");
}

#[test]
fn a_letter_by_way_of_a_receiver_that_left_the_config_goes_nowhere() {
    let mut world = world();
    let Input::Letter(mut lost) = letter(&["s-1"]) else { unreachable!() };
    lost.receiver = "gone".into();
    assert_eq!(begun(world.take(Input::Letter(lost))), []);
    assert_eq!(world.state.outbox().count(), 0);
}
