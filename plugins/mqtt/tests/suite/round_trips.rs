//! A message that comes back, or does not.

use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_sdk::State;
use watchkeep_sdk::testing::Dialogue;

use crate::{
    GOODBYE, LET_IN, check, let_in, let_in_5, packet, promised, publish, says, suback, subscribe, text, token,
};

fn trip(qos: u8, more: Value) -> Value {
    let mut trip = json!({ "topic": "wk/probe", "qos": qos });
    trip.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "round_trip": trip })
}

fn subscribed(qos: u8) -> Dialogue {
    let_in().hears(subscribe("wk/probe", qos)).says(suback(qos))
}

#[test]
fn a_message_comes_back_with_each_promise() {
    let own = token();
    let returned =
        |qos: u8| format!("let in after 10 ms; a message of QoS {qos} came back in less than 1 ms");
    let without = subscribed(0).hears(publish(0x30, "wk/probe", &own));
    says(
        trip(0, json!({})),
        without.says(publish(0x30, "wk/probe", &own)).hears(GOODBYE),
        State::Ok,
        &returned(0),
    );
    let once = subscribed(1).hears(promised(0x32, "wk/probe", 2, &own)).says([0x40, 2, 0, 2]);
    let once = once.says(promised(0x32, "wk/probe", 9, &own)).hears([0x40, 2, 0, 9]);
    says(trip(1, json!({})), once.hears(GOODBYE), State::Ok, &returned(1));
    let exactly = subscribed(2).hears(promised(0x34, "wk/probe", 2, &own)).says([0x50, 2, 0, 2]);
    let exactly = exactly.hears([0x62, 2, 0, 2]).says(promised(0x34, "wk/probe", 9, &own));
    let exactly = exactly.hears([0x50, 2, 0, 9]).says([0x62, 2, 0, 9]).hears([0x70, 2, 0, 9]);
    says(trip(2, json!({})), exactly.says([0x70, 2, 0, 2]).hears(GOODBYE), State::Ok, &returned(2));
}

#[test]
fn version_5_asks_for_nothing_that_is_retained_and_reads_what_is_said_besides() {
    let own = token();
    let asks = packet(0x82, &[&[0, 1, 0], &text("wk/probe"), &[0x21]]);
    let published = packet(0x32, &[&text("wk/probe"), &[0, 2, 0], own.as_bytes()]);
    let back = packet(0x32, &[&text("wk/probe"), &[0, 9, 5, 0x02, 0, 0, 0, 60], own.as_bytes()]);
    let well =
        let_in_5().hears(asks).says([0x90, 4, 0, 1, 0, 1]).hears(published).says([0x40, 3, 0, 2, 0x10]);
    let well = well.says(back).hears([0x40, 2, 0, 9]).hears(GOODBYE);
    let mut config = trip(1, json!({}));
    config["version"] = json!("5.0");
    let ran = check(config, well);
    assert_eq!(ran.report().state, State::Ok, "{}", ran.report().summary);
}

#[test]
fn what_others_publish_and_what_lies_there_is_not_the_own_message() {
    let own = token();
    let foreign = publish(0x30, "wk/probe", "watchkeep 00112233445566778899aabbccddeeff");
    let dialogue = let_in()
        .hears(subscribe("wk/probe", 0))
        .says(publish(0x31, "wk/probe", "left over"))
        .says(suback(0))
        .hears(publish(0x30, "wk/probe", &own))
        .says(&foreign)
        // The own one, as another's on another topic, and as one that lay there.
        .says(publish(0x30, "wk/probe/2", &own))
        .says(publish(0x31, "wk/probe", &own))
        .waits(Duration::from_secs(10))
        .hears(GOODBYE);
    let ran = check(trip(0, json!({})), dialogue);
    assert_eq!(ran.report().state, State::Critical);
    assert!(
        ran.report().summary.contains(
            "what was published to `wk/probe` did not come back within 10.0 s; hint: without a promise"
        ),
        "{}",
        ran.report().summary
    );
}

#[test]
fn a_message_that_is_taken_and_not_delivered_is_critical_with_a_hint() {
    let own = token();
    let lost = subscribed(1).hears(promised(0x32, "wk/probe", 2, &own)).says([0x40, 2, 0, 2]);
    says(
        trip(1, json!({})),
        lost.waits(Duration::from_secs(10)).hears(GOODBYE),
        State::Critical,
        "let in after 10 ms; what was published to `wk/probe` and taken by the broker did not come back within 10.0 s; \
         hint: look at what the user may publish and read",
    );
    let silent = subscribed(1).hears(promised(0x32, "wk/probe", 2, &own));
    says(
        trip(1, json!({})),
        silent.waits(Duration::from_secs(10)).hears(GOODBYE),
        State::Critical,
        "let in after 10 ms; its answer to what was published to `wk/probe` did not come within 10.0 s",
    );
}

#[test]
fn who_may_not_subscribe_or_publish_is_told() {
    let refused = let_in().hears(subscribe("wk/probe", 1)).says(suback(0x80)).hears(GOODBYE);
    says(
        trip(1, json!({})),
        refused,
        State::Critical,
        "let in after 10 ms; it refuses the subscription to `wk/probe`: it does not say why; hint: look at what the user \
         may read",
    );
    let mut config = trip(1, json!({}));
    config["version"] = json!("5.0");
    let asks = packet(0x82, &[&[0, 1, 0], &text("wk/probe"), &[0x21]]);
    let refused = let_in_5().hears(&asks).says([0x90, 4, 0, 1, 0, 0x87]).hears(GOODBYE);
    says(
        config.clone(),
        refused,
        State::Critical,
        "let in after 10 ms; it refuses the subscription to `wk/probe`: not authorized",
    );
    let published = packet(0x32, &[&text("wk/probe"), &[0, 2, 0], token().as_bytes()]);
    let refused = let_in_5().hears(&asks).says([0x90, 4, 0, 1, 0, 1]).hears(published);
    says(
        config,
        refused.says([0x40, 3, 0, 2, 0x97]).hears(GOODBYE),
        State::Critical,
        "let in after 10 ms; it refuses the message: quota exceeded",
    );
}

#[test]
fn a_lower_promise_than_asked_for_is_a_warning() {
    let own = token();
    let lower = let_in().hears(subscribe("wk/probe", 1)).says(suback(0));
    let lower = lower.hears(promised(0x32, "wk/probe", 2, &own)).says([0x40, 2, 0, 2]);
    let ran = check(trip(1, json!({})), lower.says(publish(0x30, "wk/probe", &own)).hears(GOODBYE));
    assert_eq!(ran.report().state, State::Warning);
    assert!(ran.report().summary.ends_with("; it delivers with QoS 0 only"), "{}", ran.report().summary);
    // Known before anything is published.
    let mut config = trip(2, json!({}));
    config["version"] = json!("5.0");
    let at_most = Dialogue::new().hears(crate::connect5()).says([0x20, 5, 0, 0, 2, 0x24, 1]);
    let asks = packet(0x82, &[&[0, 1, 0], &text("wk/probe"), &[0x22]]);
    says(
        config,
        at_most.hears(asks).says([0x90, 4, 0, 1, 0, 2]).hears(GOODBYE),
        State::Critical,
        "let in after 10 ms; it takes QoS 1 at most; hint: set `qos` to that",
    );
}

#[test]
fn a_slow_way_back_is_judged() {
    let own = token();
    let slow = |more: Value| {
        let sent = subscribed(0).hears(publish(0x30, "wk/probe", &own)).waits(Duration::from_millis(300));
        check(trip(0, more), sent.says(publish(0x30, "wk/probe", &own)).hears(GOODBYE))
    };
    assert_eq!(slow(json!({ "time_warning": "200ms" })).report().state, State::Warning);
    assert_eq!(slow(json!({ "time_warning": "300ms" })).report().state, State::Ok);
    let ran = slow(json!({ "time_critical": "299ms" }));
    assert_eq!(ran.report().state, State::Critical);
    assert_eq!(ran.report().value("mqtt_round_trip_seconds"), Some(0.3));
    assert_eq!(
        ran.report().summary,
        "let in after 10 ms; a message of QoS 0 came back in 300 ms; slower than 299 ms"
    );
}

#[test]
fn a_broker_that_ends_the_session_says_why() {
    let mut config = trip(1, json!({}));
    config["version"] = json!("5.0");
    let asks = packet(0x82, &[&[0, 1, 0], &text("wk/probe"), &[0x21]]);
    says(
        config,
        let_in_5().hears(asks).says([0xe0, 2, 0x8e, 0]).hears(GOODBYE),
        State::Critical,
        "let in after 10 ms; it ends the session: session taken over",
    );
    says(
        trip(1, json!({})),
        Dialogue::new().says(LET_IN).closes().heedless(),
        State::Critical,
        "let in after 10 ms; it closes the connection before its answer to SUBSCRIBE came",
    );
}
