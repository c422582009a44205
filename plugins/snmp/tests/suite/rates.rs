//! Counters between two runs.

use serde_json::{Value as Json, json};
use watchkeep_plugin_snmp::bytes::Value;
use watchkeep_plugin_snmp::run;
use watchkeep_sdk::State;
use watchkeep_sdk::testing::NOW;

use crate::agent::Agent;
use crate::{AGENT, config, host, value};

const OCTETS: &str = "1.3.6.1.2.1.2.2.1.10.1";
const UPTIME: &str = "1.3.6.1.2.1.1.3.0";
const MINUTE: u64 = 60_000;

fn agent(uptime: Option<u64>, count: Value) -> Agent {
    let agent = Agent::new().knows(OCTETS, count);
    match uptime {
        Some(uptime) => agent.knows(UPTIME, Value::Ticks(uptime)),
        None => agent,
    }
}

/// What a run says a minute after one that saw `before`; each an uptime and a count.
fn grown(before: (Option<u64>, Value), after: (Option<u64>, Value), more: Json) -> (State, String) {
    let mut item = json!({ "read_as": "rate", "critical_above": 1_000_000 });
    item.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let config = config(value(OCTETS, item));
    let first = host().always(AGENT, agent(before.0, before.1).datagrams()).check(run, &config);
    assert_eq!(first.report().state, State::Unknown, "{}", first.report().summary);
    assert!(first.report().summary.contains("no rate yet: this is the first look at it"));
    let kept = first.kv("counters").unwrap().to_vec();
    let second = host()
        .clock(NOW + MINUTE)
        .kv("counters", kept)
        .always(AGENT, agent(after.0, after.1).datagrams())
        .check(run, &config);
    (second.report().state, second.report().summary.clone())
}

fn well(said: &str) -> (State, String) {
    (State::Ok, said.to_owned())
}

#[test]
fn a_counter_is_judged_by_how_fast_it_grows() {
    let up = |more: u64| Some(100_000 + more);
    let grows = |from: Value, to: Value| grown((up(0), from), (up(6_000), to), json!({}));
    assert_eq!(grows(Value::Counter64(1_000), Value::Counter64(7_000)), well("it is 100/s"));
    assert_eq!(grows(Value::Counter32(5), Value::Counter32(5)), well("it is 0/s"));
    let bits = json!({ "scale": 8, "unit": "bits", "warning_above": 700 });
    let said = grown((up(0), Value::Counter64(0)), (up(6_000), Value::Counter64(6_000)), bits);
    assert_eq!(said, (State::Warning, "it is 800 bits/s; it is 800 bits/s, above 700".to_owned()));
    // By the agent's clock, which is nearer to its counters than this host's.
    let said = grown((up(0), Value::Counter64(0)), (up(5_900), Value::Counter64(5_900)), json!({}));
    assert_eq!(said, well("it is 100/s"));
}

#[test]
fn a_counter_of_32_bits_comes_round_and_one_of_64_is_set_back() {
    let up = |more: u64| Some(100_000 + more);
    let near = (1 << 32) - 1_000;
    let said = grown((up(0), Value::Counter32(near)), (up(6_000), Value::Counter32(5_000)), json!({}));
    assert_eq!(said, well("it is 100/s"));
    let (state, said) = grown((up(0), Value::Counter64(9_000)), (up(6_000), Value::Counter64(10)), json!({}));
    assert!(state == State::Unknown && said.contains("it was set back"), "{said}");
    // Whether the agent went on is not known.
    let (state, said) = grown((None, Value::Counter32(near)), (None, Value::Counter32(10)), json!({}));
    assert!(state == State::Unknown && said.contains("it was set back"), "{said}");
    assert_eq!(
        grown((None, Value::Counter32(0)), (None, Value::Counter32(600)), json!({})),
        well("it is 10/s")
    );
}

#[test]
fn nothing_is_measured_across_a_start_of_the_agent() {
    let since = |then: u64, now: u64| {
        grown((Some(then), Value::Counter32(1_000_000)), (Some(now), Value::Counter32(1_000_100)), json!({}))
    };
    for (then, now) in [(5_000_000, 1_000), (5_000_000, 500), (40_000, 20), (2_000_000, 3_999_999_999)] {
        let (state, said) = since(then, now);
        assert!(
            state == State::Unknown && said.contains("the agent has started anew"),
            "{then} {now}: {said}"
        );
    }
    // Its own time comes round after 497 days.
    let near = (1 << 32) - 1_000;
    assert_eq!(since(near, 5_000), well("it is 1.667/s"));
}

#[test]
fn what_is_no_counter_has_no_rate() {
    let config = config(value(OCTETS, json!({ "read_as": "rate" })));
    let ran =
        host().always(AGENT, agent(Some(1), Value::Octets(b"x".to_vec())).datagrams()).check(run, &config);
    // Without thresholds nothing is left open.
    assert_eq!((ran.report().state, ran.report().summary.as_str()), (State::Ok, "it has no rate yet"));
}

#[test]
fn what_was_kept_may_be_anything() {
    for kept in
        ["", "x", "1 2 3\n1.3 x\nnonsense\n\n", "99999999999999999999 1\n1.3.6 18446744073709551616", "\u{0}"]
    {
        let ran = host()
            .kv("counters", kept)
            .always(AGENT, agent(Some(1), Value::Counter64(u64::MAX)).datagrams())
            .check(run, &config(value(OCTETS, json!({ "read_as": "rate", "warning_above": 1 }))));
        assert_eq!(ran.report().state, State::Unknown, "{kept:?}: {}", ran.report().summary);
    }
}

#[test]
fn the_rates_of_a_table_are_kept_for_each_row() {
    let agent = |count: u64| {
        (1..=3).fold(Agent::new().knows(UPTIME, Value::Ticks(count * 100)), |agent, at| {
            agent.knows(&format!("1.3.6.1.2.1.2.2.1.10.{at}"), Value::Counter64(count * at))
        })
    };
    let config = config(json!({ "tables": [{ "name": "traffic", "columns": [
        { "oid": "1.3.6.1.2.1.2.2.1.10", "name": "in", "read_as": "rate", "unit": "bytes", "warning_above": 2 },
    ] }] }));
    let first = host().always(AGENT, agent(0).datagrams()).check(run, &config);
    let kept = first.kv("counters").unwrap().to_vec();
    let second = host()
        .clock(NOW + MINUTE)
        .kv("counters", kept)
        .always(AGENT, agent(60).datagrams())
        .check(run, &config);
    let said: Vec<_> = second.report().findings.iter().map(|finding| finding.summary.as_str()).collect();
    assert_eq!(
        said,
        ["1: in is 1 bytes/s", "2: in is 2 bytes/s", "3: in is 3 bytes/s; in is 3 bytes/s, above 2"]
    );
}
