//! What others publish.

use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_plugin_mqtt::bytes;
use watchkeep_sdk::State;
use watchkeep_sdk::testing::{Dialogue, NOW};

use crate::{
    GOODBYE, LET_IN, check, let_in, let_in_5, packet, promised, publish, says, suback, subscribe, text,
};

fn wants(more: Value) -> Value {
    let mut message = json!({ "topic": "plant/boiler" });
    message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "message": message })
}

#[track_caller]
fn judged(payload: &str, more: Value, state: State, said: &str) {
    let comes = let_in().hears(subscribe("plant/boiler", 0)).says(suback(0));
    let ran = check(wants(more), comes.says(publish(0x31, "plant/boiler", payload)).hears(GOODBYE));
    let began = format!("let in after 10 ms; `plant/boiler` is `{payload}`, retained");
    let said = if said.is_empty() { began } else { format!("{began}; {said}") };
    assert_eq!((ran.report().state, ran.report().summary.as_str()), (state, said.as_str()), "{payload}");
}

#[test]
fn a_message_is_held_against_texts_and_expressions() {
    judged("online", json!({ "expect": "online" }), State::Ok, "");
    judged("offline", json!({ "expect": ["line", "online"] }), State::Critical, "`online` is not in it");
    judged("standby", json!({ "expect_pattern": "^(on|standby)$" }), State::Ok, "");
    judged(
        "off",
        json!({ "expect_pattern": "^(on|standby)$" }),
        State::Critical,
        "it does not fit `^(on|standby)$`",
    );
}

#[test]
fn a_number_is_held_against_thresholds() {
    let limits =
        || json!({ "warning_above": 70, "critical_above": 85, "warning_below": 20, "critical_below": 5.5 });
    for (payload, state, said) in [
        ("70", State::Ok, ""),
        (" 21.5 ", State::Ok, ""),
        ("\"42\"", State::Ok, ""),
        ("70.5", State::Warning, "70.5 is above 70"),
        ("86", State::Critical, "86 is above 85"),
        ("19", State::Warning, "19 is below 20"),
        ("-3", State::Critical, "-3 is below 5.5"),
        ("21.5 C", State::Critical, "`21.5 C` is not a number"),
        ("NaN", State::Critical, "`NaN` is not a number"),
        ("true", State::Critical, "the value is not a number"),
        ("", State::Critical, "`` is not a number"),
    ] {
        judged(payload, limits(), state, said);
    }
}

#[test]
fn a_number_within_json_is_found_by_its_pointer() {
    let hot = || json!({ "pointer": "/sensors/0/c", "critical_above": 85 });
    judged("{\"sensors\":[{\"c\":\"86.5\"}]}", hot(), State::Critical, "86.5 is above 85");
    judged("{\"sensors\":[{\"c\":80}]}", hot(), State::Ok, "");
    judged("{\"sensors\":[]}", hot(), State::Critical, "`/sensors/0/c` is not in it");
    let comes = let_in().hears(subscribe("plant/boiler", 0)).says(suback(0));
    let ran = check(wants(hot()), comes.says(publish(0x30, "plant/boiler", "{\"sens")).hears(GOODBYE));
    assert!(ran.report().summary.contains("; it is not JSON: "), "{}", ran.report().summary);
    let comes = let_in().hears(subscribe("plant/boiler", 0)).says(suback(0));
    let ran = check(
        wants(json!({ "warning_above": 1e3 })),
        comes.says(publish(0x30, "plant/boiler", "12.5")).hears(GOODBYE),
    );
    assert_eq!(ran.report().value("mqtt_message_value"), Some(12.5));
}

#[test]
fn a_message_has_an_age() {
    let age = || json!({ "age_warning": "5m", "age_critical": "1h" });
    // It is 2026-03-04T05:06:07Z, which is 1772600767.
    for (payload, state, said) in [
        ("2026-03-04T05:05:07Z", State::Ok, ""),
        ("2026-03-04T06:05:07.250+01:00", State::Ok, ""),
        ("\"2026-03-04 05:00:00\"", State::Warning, "it is 6 min old, more than 5 min"),
        ("1772600707", State::Ok, ""),
        ("1772600707000", State::Ok, ""),
        ("1772590767", State::Critical, "it is 166 min old, more than 60 min"),
        ("2026-03-04T05:16:37Z", State::Warning, "its moment is 10 min ahead of this host's clock"),
        ("yesterday", State::Critical, "`yesterday` is not a valid time"),
        ("2026-13-04T05:16:07Z", State::Critical, "`2026-13-04T05:16:07Z` is not a valid time"),
    ] {
        judged(payload, age(), state, said);
    }
    let at = json!({ "age_pointer": "/at", "age_warning": "1m" });
    judged("{\"at\":1772600700}", at, State::Warning, "it is 67.0 s old, more than 60.0 s");
}

#[test]
fn moments_are_read_as_they_are_written() {
    let read = |text: &str| bytes::moment(&Value::from(text));
    for (text, seconds) in [
        ("1970-01-01T00:00:00Z", 0.0),
        ("2000-02-29T23:59:60Z", 951_868_800.0),
        ("2026-03-04T05:06:07Z", NOW as f64 / 1_000.0),
        ("2026-03-04T05:06:07.5-00:30", NOW as f64 / 1_000.0 + 1_800.5),
        ("1772600767", 1_772_600_767.0),
        ("1772600767000000", 1_772_600_767.0),
        ("1772600767000000000", 1_772_600_767.0),
    ] {
        assert_eq!(read(text), Some(seconds), "{text}");
    }
    for wrong in [
        "",
        "-1",
        "2026-03-04",
        "2026-03-04T05:06",
        "2026-03-04T05:06:07+1",
        "1969-12-31T23:00:00Z",
        "1e300",
        "2026-03-04T25:06:07Z",
        "2026-03-04T05:06:07é",
        "202\u{e9}-",
    ] {
        assert_eq!(read(wrong), None, "{wrong}");
    }
}

#[test]
fn a_retained_message_counts_as_the_operator_says() {
    let asked = || let_in().hears(subscribe("plant/boiler", 0)).says(suback(0));
    let both =
        || asked().says(publish(0x31, "plant/boiler", "old")).says(publish(0x30, "plant/boiler", "new"));
    let began = "let in after 10 ms; `plant/boiler` is ";
    let two = Dialogue::new().says(LET_IN).says(suback(0)).says(publish(0x31, "plant/boiler", "old"));
    let two = two.says(publish(0x30, "plant/boiler", "new")).heedless();
    says(wants(json!({})), two, State::Ok, &format!("{began}`old`, retained"));
    let ignored = json!({ "retained": "ignored" });
    says(wants(ignored), both().hears(GOODBYE), State::Ok, &format!("{began}`new`"));
    let live = asked().says(publish(0x30, "plant/boiler", "new")).waits(Duration::from_secs(5));
    says(
        wants(json!({ "retained": "required", "within": "5s" })),
        live.hears(GOODBYE),
        State::Critical,
        "let in after 10 ms; a retained message on `plant/boiler` did not come within 5.0 s",
    );
    // One that comes before the broker's own answer.
    let early = let_in().hears(subscribe("plant/boiler", 0)).says(publish(0x31, "plant/boiler", "old"));
    says(
        wants(json!({ "retained": "required" })),
        early.says(suback(0)).hears(GOODBYE),
        State::Ok,
        &format!("{began}`old`, retained"),
    );
    // 5.0 can say that none is wanted.
    let asks = packet(0x82, &[&[0, 1, 0], &text("plant/boiler"), &[0x20]]);
    let new = packet(0x30, &[&text("plant/boiler"), &[0], b"new"]);
    let mut config = wants(json!({ "retained": "ignored" }));
    config["version"] = json!("5.0");
    let well = let_in_5().hears(asks).says([0x90, 4, 0, 1, 0, 0]).says(new).hears(GOODBYE);
    says(config, well, State::Ok, &format!("{began}`new`"));
}

#[test]
fn a_message_with_a_promise_is_acknowledged() {
    let asked = let_in().hears(subscribe("plant/boiler", 2)).says(suback(2));
    let comes = asked.says(promised(0x34, "plant/boiler", 7, "up")).hears([0x50, 2, 0, 7]).hears(GOODBYE);
    assert_eq!(check(wants(json!({ "qos": 2 })), comes).report().state, State::Ok);
}

#[test]
fn a_broker_is_asked_whether_it_still_listens() {
    let asked = let_in().hears(subscribe("plant/boiler", 0)).says(suback(0));
    let comes = asked.waits(Duration::from_secs(30)).hears([0xc0, 0]).says([0xd0, 0]);
    let comes = comes.waits(Duration::from_secs(5)).says(publish(0x30, "plant/boiler", "up")).hears(GOODBYE);
    let ran = check(wants(json!({ "within": "1m" })), comes);
    assert_eq!(ran.report().state, State::Ok, "{}", ran.report().summary);
    assert_eq!(ran.report().value("mqtt_message_wait_seconds"), Some(35.0));
    // And sooner where it says so.
    let asks = packet(0x82, &[&[0, 1, 0], &text("plant/boiler"), &[0]]);
    let soon = Dialogue::new().hears(crate::connect5()).says([0x20, 6, 0, 0, 3, 0x13, 0, 4]);
    let soon = soon.hears(asks).says([0x90, 4, 0, 1, 0, 0]).waits(Duration::from_secs(2)).hears([0xc0, 0]);
    let mut config = wants(json!({}));
    config["version"] = json!("5.0");
    let new = packet(0x30, &[&text("plant/boiler"), &[0], b"new"]);
    assert_eq!(check(config, soon.says(new).hears(GOODBYE)).report().state, State::Ok);
}

#[test]
fn a_filter_stands_for_its_topics() {
    for (filter, topic, wanted) in [
        ("plant/boiler", "plant/boiler", true),
        ("plant/boiler", "plant/boiler/c", false),
        ("plant/+/c", "plant/boiler/c", true),
        ("plant/+/c", "plant/boiler/d", false),
        ("plant/+", "plant", false),
        ("plant/+", "plant/", true),
        ("plant/#", "plant", true),
        ("plant/#", "plant/a/b", true),
        ("plant/#", "plants", false),
        ("#", "plant/a", true),
        ("#", "$SYS/broker/uptime", false),
        ("+/broker/uptime", "$SYS/broker/uptime", false),
        ("$SYS/#", "$SYS/broker/uptime", true),
        ("+", "/a", false),
        ("+/+", "/a", true),
        ("/+", "/a", true),
    ] {
        assert_eq!(bytes::fits(filter, topic), wanted, "{filter} {topic}");
    }
    let asked = let_in().hears(subscribe("plant/+/c", 0)).says(suback(0));
    let comes = asked.says(publish(0x30, "plant/oven/d", "1")).says(publish(0x30, "plant/oven/c", "2"));
    says(
        json!({ "message": { "topic": "plant/+/c" } }),
        comes.hears(GOODBYE),
        State::Ok,
        "let in after 10 ms; `plant/oven/c` is `2`",
    );
}
