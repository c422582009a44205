//! Single values.

use serde_json::{Value as Json, json};
use watchkeep_plugin_snmp::bytes::{Kind, Value};
use watchkeep_plugin_snmp::run;
use watchkeep_sdk::net::{FailureKind, Phase};
use watchkeep_sdk::testing::Answer;
use watchkeep_sdk::{Fault, State};

use crate::agent::{Agent, octets, oid};
use crate::{AGENT, check, config, host, value};

const LOAD: &str = "1.3.6.1.4.1.2021.10.1.3.1";
const UPTIME: &str = "1.3.6.1.2.1.1.3.0";

#[track_caller]
fn says(known: Value, more: Json, state: State, summary: &str) {
    let ran = check(Agent::new().knows(LOAD, known), value(LOAD, more));
    assert_eq!((ran.report().state, ran.report().summary.as_str()), (state, summary));
}

#[test]
fn an_agent_that_answers_is_up() {
    let ran = check(Agent::new().knows(UPTIME, Value::Ticks(8_640_000)), json!({}));
    assert_eq!(ran.report().summary, "it answers, and is up for 1 d 0 h 0 min");
    assert_eq!(ran.report().value("snmp_uptime"), Some(86_400.0));
    assert_eq!(ran.report().value("probe_success"), Some(1.0));
    assert_eq!(ran.report().value("probe_duration_seconds"), Some(0.01));
    assert_eq!(check(Agent::new(), json!({})).report().summary, "it answers");
}

#[test]
fn numbers_of_every_kind_are_held_against_thresholds() {
    let limits =
        || json!({ "warning_above": 5, "critical_above": 10, "warning_below": 2, "critical_below": 1 });
    says(Value::Integer(4), limits(), State::Ok, "it is 4");
    says(Value::Gauge(6), limits(), State::Warning, "it is 6; it is 6, above 5");
    says(Value::Counter32(11), limits(), State::Critical, "it is 11; it is 11, above 10");
    says(Value::Integer(-7), limits(), State::Critical, "it is -7; it is -7, below 1");
    says(
        Value::Counter64(1 << 40),
        limits(),
        State::Critical,
        "it is 1099511627776; it is 1099511627776, above 10",
    );
    says(octets(" 1.5\n"), limits(), State::Warning, "it is 1.5; it is 1.5, below 2");
    says(Value::Float(3.25), limits(), State::Ok, "it is 3.25");
    says(Value::Opaque(vec![0x9f, 0x78, 4, 0x40, 0x60, 0, 0]), limits(), State::Ok, "it is 3.5");
    says(
        octets("nan"),
        limits(),
        State::Unknown,
        "it is `nan`; not judged: it is `nan`, which is not a number",
    );
    let nan = Value::Float(f64::NAN);
    says(
        nan,
        limits(),
        State::Unknown,
        "it is not a number; not judged: it: its value is not a number that can be judged",
    );
    says(
        octets("hot"),
        limits(),
        State::Unknown,
        "it is `hot`; not judged: it is `hot`, which is not a number",
    );
    says(octets("hot"), json!({}), State::Ok, "it is `hot`");
}

#[test]
fn a_number_has_a_scale_a_unit_and_a_metric() {
    let more = json!({ "scale": 0.1, "unit": "celsius", "warning_above": 40 });
    let ran = check(Agent::new().knows(LOAD, Value::Integer(415)), value(LOAD, more));
    assert_eq!(ran.report().summary, "it is 41.5 celsius; it is 41.5 celsius, above 40");
    let metric = ran.report().metrics.iter().find(|metric| metric.name == "snmp_it").unwrap();
    assert_eq!((metric.value, metric.unit.as_str()), (41.5, "celsius"));
    assert_eq!(metric.warning.unwrap().high, Some(40.0));
    let ran = check(Agent::new().knows(LOAD, Value::Ticks(150)), value(LOAD, json!({})));
    let metric = ran.report().metrics.iter().find(|metric| metric.name == "snmp_it").unwrap();
    assert_eq!((metric.value, metric.unit.as_str()), (1.5, "seconds"));
}

#[test]
fn texts_are_compared_searched_and_written_in_hexadecimal() {
    says(Value::Integer(1), json!({ "expect": "1" }), State::Ok, "it is 1");
    says(
        Value::Integer(2),
        json!({ "expect": ["1", "5"] }),
        State::Critical,
        "it is 2; it is `2`, and `1` or `5` was expected",
    );
    let text = json!({ "read_as": "text", "expect": "Linux*", "refuse": ["* 5.?0", "*6.0"] });
    says(octets("Linux 6.1"), text.clone(), State::Ok, "it is `Linux 6.1`");
    says(
        octets("Linux 5.10"),
        text.clone(),
        State::Critical,
        "it is `Linux 5.10`; it is `Linux 5.10`, which `* 5.?0` refuses",
    );
    says(octets("BSD"), text, State::Critical, "it is `BSD`; it is `BSD`, and `Linux*` was expected");
    let mac = || Value::Octets(vec![0, 0x1b, 0x21, 0xaa, 0xff, 1]);
    says(mac(), json!({ "expect": "00:1b:21:aa:ff:01" }), State::Ok, "it is `00:1b:21:aa:ff:01`");
    says(octets("ab"), json!({ "read_as": "hex" }), State::Ok, "it is `61:62`");
    says(Value::Name(oid("1.3.6.1")), json!({ "expect": "1.3.6.1" }), State::Ok, "it is `1.3.6.1`");
    says(
        Value::Address(vec![192, 0, 2, 1]),
        json!({ "expect": "192.0.2.1" }),
        State::Ok,
        "it is `192.0.2.1`",
    );
}

#[test]
fn what_is_not_there_is_told_apart() {
    let agent = || Agent::new().knows(UPTIME, Value::Ticks(1));
    let asked = |oid: &str, more| check(agent(), value(oid, more));
    let ran = asked(LOAD, json!({}));
    assert_eq!(ran.report().state, State::Critical);
    assert!(ran.report().summary.contains("knows no such object"), "{}", ran.report().summary);
    let ran = asked("1.3.6.1.2.1.1.3.1", json!({}));
    assert!(ran.report().summary.contains("no such instance of it; a single value ends in `.0`"));
    for (absent, state) in [("ok", State::Ok), ("warning", State::Warning), ("unknown", State::Unknown)] {
        assert_eq!(asked(LOAD, json!({ "absent": absent })).report().state, state);
    }
}

#[test]
fn several_values_are_findings_and_an_error_of_one_spares_the_others() {
    let agent = Agent::new().knows(UPTIME, Value::Ticks(1)).knows(LOAD, Value::Integer(3)).changed(
        |asked, mut pdu| {
            if let Some(at) = asked.names.iter().position(|name| *name == oid(LOAD)) {
                (pdu.status, pdu.index) = (5, at as i64 + 1);
            }
            Some(pdu)
        },
    );
    let two = json!({ "values": [{ "oid": LOAD, "name": "load" }, { "oid": UPTIME, "name": "up" }] });
    let ran = check(agent, two);
    let findings: Vec<_> =
        ran.report().findings.iter().map(|finding| (finding.key.as_str(), finding.state)).collect();
    assert_eq!(findings, [("load", State::Unknown), ("up", State::Ok)]);
    assert!(
        ran.report().findings[0].summary.contains("the agent answers `genErr` for 1.3.6.1.4.1.2021.10.1.3.1")
    );
}

#[test]
fn an_error_of_nobody_is_one_of_all() {
    for (status, said) in [(13, "`resourceUnavailable`"), (6, "leaves it out"), (99, "`error 99`")] {
        let agent = Agent::new().knows(LOAD, Value::Integer(1)).changed(move |_, mut pdu| {
            (pdu.status, pdu.index) = (status, 0);
            Some(pdu)
        });
        let ran = check(agent, value(LOAD, json!({})));
        assert_eq!(ran.report().state, State::Unknown);
        assert!(ran.report().summary.contains(said), "{}", ran.report().summary);
    }
}

#[test]
fn an_agent_that_refuses_to_say_judges_nothing() {
    let agent = Agent::new().changed(|_, mut pdu| {
        pdu.status = 16;
        Some(pdu)
    });
    let ran = check(agent, json!({}));
    let Fault::Config(why) = ran.error() else { panic!("{:?}", ran.error()) };
    assert!(why.contains("authorizationError"), "{why}");
}

#[test]
fn what_does_not_fit_is_asked_for_in_halves() {
    let names: Vec<String> = (1..=9).map(|at| format!("1.3.6.1.2.1.99.{at}.0")).collect();
    let agent =
        names.iter().fold(Agent::new().holds_at_most(2), |agent, name| agent.knows(name, Value::Integer(1)));
    let asked = agent.asked.clone();
    let values: Vec<Json> =
        names.iter().enumerate().map(|(at, name)| json!({ "oid": name, "name": format!("v{at}") })).collect();
    let ran = check(agent, json!({ "values": values }));
    assert_eq!(ran.report().summary, "all 9 ok");
    let sizes: Vec<usize> = asked.borrow().iter().map(|asked| asked.names.len()).collect();
    assert_eq!(sizes, [9, 4, 2, 2, 2, 2, 1]);
    // One that fits into no answer says so.
    let ran = check(Agent::new().knows(LOAD, Value::Integer(1)).holds_at_most(0), value(LOAD, json!({})));
    assert!(ran.report().summary.contains("`tooBig`"), "{}", ran.report().summary);
}

#[test]
fn a_lost_datagram_is_asked_again_with_another_number_and_silence_names_the_community() {
    let mut lost = 2;
    let agent = Agent::new().knows(LOAD, Value::Integer(1)).changed(move |_, pdu| {
        lost -= 1;
        (lost < 0).then_some(pdu)
    });
    let asked = agent.asked.clone();
    assert_eq!(check(agent, value(LOAD, json!({}))).report().state, State::Ok);
    let mut ids: Vec<i64> = asked.borrow().iter().map(|asked| asked.id).collect();
    assert_eq!(ids.len(), 3);
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 3, "each has a number of its own");

    let ran = host()
        .revealed("community", "wrong-community")
        .always(AGENT, Agent::new().datagrams())
        .check(run, &config(json!({ "attempts": 2, "timeout": "1s" })));
    assert_eq!(
        ran.report().summary,
        "timed out waiting for an answer from 192.0.2.1:161 after 1.0 s; an agent is as silent towards a wrong community, or \
         an address that it does not serve"
    );
    assert_eq!((ran.report().state, ran.report().value("probe_success")), (State::Critical, Some(0.0)));
}

#[test]
fn what_was_not_asked_for_is_not_taken() {
    let mut strange = 1;
    let agent = Agent::new().knows(LOAD, Value::Integer(1)).changed(move |_, mut pdu| {
        pdu.id += strange;
        strange = 0;
        Some(pdu)
    });
    assert_eq!(check(agent, value(LOAD, json!({}))).report().state, State::Ok, "the second one counts");
    let says = |change: fn(&mut watchkeep_plugin_snmp::bytes::Pdu)| {
        let agent = Agent::new().knows(LOAD, Value::Integer(1)).changed(move |_, mut pdu| {
            change(&mut pdu);
            Some(pdu)
        });
        let ran = check(agent, value(LOAD, json!({})));
        assert_eq!(ran.report().state, State::Critical);
        ran.report().summary.clone()
    };
    assert_eq!(says(|pdu| pdu.id ^= 1), "it answers another question than was asked");
    assert_eq!(says(|pdu| pdu.kind = Kind::Report), "it answers another question than was asked");
    assert_eq!(
        says(|pdu| pdu.bindings[0].0 = oid("1.3.6.1.2.1.1.1.0")),
        "it answers with other names than were asked for"
    );
    assert_eq!(says(|pdu| pdu.bindings.clear()), "it answers with other names than were asked for");
}

#[test]
fn who_is_not_there_is_critical_and_a_right_that_is_missing_is_a_fault() {
    let refused = Answer::failure(FailureKind::Refused, Phase::Wait, "").from("192.0.2.1", 161);
    let ran = host().answer(AGENT, refused).check(run, &config(json!({})));
    assert_eq!(ran.report().summary, "connection refused by 192.0.2.1:161 after 10 ms");
    let ran = host().answer(AGENT, Answer::denied("denied: net")).check(run, &config(json!({})));
    assert!(matches!(ran.error(), Fault::Denied(_)));
    let ran = watchkeep_sdk::testing::Host::new().secret("community", "x").check(run, &config(json!({})));
    assert!(matches!(ran.error(), Fault::Denied(_)), "{:?}", ran.error());
}

#[test]
fn a_slow_answer_is_told() {
    let agent = || Agent::new().knows(LOAD, Value::Integer(7));
    let slow = |more: Json, item: Json| {
        let mut config = value(LOAD, item);
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let ran = check(agent(), config);
        (ran.report().state, ran.report().summary.clone())
    };
    let ran = slow(json!({ "response_time_warning": "5ms" }), json!({}));
    assert_eq!(ran, (State::Warning, "it is 7; slower than 5 ms".to_owned()));
    let ran = slow(json!({ "response_time_warning": "5ms" }), json!({ "critical_above": 1 }));
    assert_eq!(ran, (State::Critical, "it is 7; it is 7, above 1; slower than 5 ms".to_owned()));
    let ran = slow(json!({ "response_time_critical": "5ms" }), json!({ "warning_above": 1 }));
    assert_eq!(ran.0, State::Critical);
}
