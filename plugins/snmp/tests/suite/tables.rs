//! Tables.

use serde_json::{Value as Json, json};
use watchkeep_plugin_snmp::bytes::Value;
use watchkeep_sdk::{Report, State};

use crate::agent::{Agent, octets, oid};
use crate::check;

const NAMES: &str = "1.3.6.1.2.1.2.2.1.2";
const ADMIN: &str = "1.3.6.1.2.1.2.2.1.7";
const STATUS: &str = "1.3.6.1.2.1.2.2.1.8";
const ERRORS: &str = "1.3.6.1.2.1.2.2.1.14";

/// Interfaces: name, wanted status, status, errors.
fn interfaces(rows: &[(&str, i64, i64, u64)]) -> Agent {
    rows.iter().enumerate().fold(Agent::new(), |agent, (at, (name, admin, status, errors))| {
        let index = at + 1;
        agent
            .knows(&format!("{NAMES}.{index}"), octets(name))
            .knows(&format!("{ADMIN}.{index}"), Value::Integer(*admin))
            .knows(&format!("{STATUS}.{index}"), Value::Integer(*status))
            .knows(&format!("{ERRORS}.{index}"), Value::Counter32(*errors))
    })
}

fn table(more: Json) -> Json {
    let mut table = json!({ "name": "interfaces", "label": NAMES, "columns": [
        { "oid": STATUS, "name": "status", "expect": "1" },
        { "oid": ERRORS, "name": "errors", "warning_above": 100 },
    ] });
    table.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "tables": [table] })
}

fn keys(report: &Report) -> Vec<(&str, State)> {
    report.findings.iter().map(|finding| (finding.key.as_str(), finding.state)).collect()
}

#[test]
fn each_row_is_a_finding_named_by_its_label() {
    let agent = interfaces(&[("lo", 1, 1, 0), ("eth0", 1, 2, 5), ("eth1", 1, 1, 500)]);
    let ran = check(agent, table(json!({})));
    assert_eq!(
        keys(ran.report()),
        [
            ("interfaces/lo", State::Ok),
            ("interfaces/eth0", State::Critical),
            ("interfaces/eth1", State::Warning)
        ]
    );
    assert_eq!(
        ran.report().summary,
        "1 of 3 critical, 1 warning: eth0: status is 2, errors is 5; status is `2`, and `1` was expected"
    );
    let metric = &ran.report().findings[2].metrics[1];
    assert_eq!((metric.name.as_str(), metric.value), ("snmp_errors", 500.0));
    let labels: Vec<_> =
        metric.labels.iter().map(|label| (label.name.as_str(), label.value.as_str())).collect();
    assert_eq!(labels, [("table", "interfaces"), ("row", "eth1")]);
}

#[test]
fn rows_are_chosen_by_name_and_by_what_a_column_says() {
    let agent = || interfaces(&[("lo", 1, 2, 0), ("eth0", 1, 1, 0), ("eth1", 2, 2, 0), ("Eth2", 1, 2, 0)]);
    let ran = check(agent(), table(json!({ "include": ["eth*", "lo"], "exclude": "l?" })));
    assert_eq!(keys(ran.report()), [("interfaces/eth0", State::Ok), ("interfaces/eth1", State::Critical)]);
    let ran = check(agent(), table(json!({ "only_if": { "oid": ADMIN, "is": "1" }, "include": "?th*" })));
    assert_eq!(keys(ran.report()), [("interfaces/eth0", State::Ok), ("interfaces/Eth2", State::Critical)]);
}

#[test]
fn rows_without_a_name_and_rows_that_share_one_have_their_index() {
    let agent = interfaces(&[
        ("uplink", 1, 1, 0),
        ("", 1, 1, 0),
        ("uplink", 1, 1, 0),
        ("a\nb", 1, 1, 0),
        ("a\tb", 1, 1, 0),
    ]);
    let ran = check(agent, table(json!({})));
    let keys: Vec<_> = keys(ran.report()).into_iter().map(|(key, _)| key).collect();
    assert_eq!(
        keys,
        [
            "interfaces/uplink (1)",
            "interfaces/2",
            "interfaces/uplink (3)",
            "interfaces/a b (4)",
            "interfaces/a b (5)"
        ]
    );
    let ran = check(
        interfaces(&[("x", 1, 1, 0)]),
        json!({ "tables": [{ "name": "bare", "columns": [{ "oid": STATUS, "name": "status" }] }] }),
    );
    assert_eq!(ran.report().findings[0].key, "bare/1");
}

#[test]
fn more_rows_than_are_judged_are_a_warning_that_names_the_cap() {
    let rows: Vec<_> = (0..120).map(|_| ("eth", 1, 1, 0)).collect();
    let ran = check(interfaces(&rows), table(json!({ "rows_max": 100 })));
    assert_eq!(ran.report().state, State::Warning);
    let last = ran.report().findings.last().unwrap();
    assert_eq!((ran.report().findings.len(), last.key.as_str()), (101, "interfaces"));
    assert!(
        last.summary.contains("20 rows are not judged, since there are more than `rows_max` (100)"),
        "{}",
        last.summary
    );
}

#[test]
fn a_table_without_rows_and_a_column_that_nobody_has_are_told() {
    let ran = check(interfaces(&[("lo", 1, 1, 0)]), table(json!({ "include": "eth*" })));
    assert_eq!(keys(ran.report()), [("interfaces", State::Critical)]);
    assert!(ran.report().summary.contains("no rows that are to be judged"), "{}", ran.report().summary);
    let ran = check(interfaces(&[("lo", 1, 1, 0)]), table(json!({ "include": "eth*", "empty": "ok" })));
    assert_eq!((ran.report().state, ran.report().findings.len()), (State::Ok, 0));
    let ran = check(Agent::new(), table(json!({})));
    assert_eq!(ran.report().state, State::Critical);
    let columns = json!([{ "oid": STATUS, "name": "status" }, { "oid": "1.3.6.1.2.1.99", "name": "typo" }]);
    let ran = check(interfaces(&[("lo", 1, 1, 0)]), table(json!({ "columns": columns })));
    assert_eq!(keys(ran.report()), [("interfaces/lo", State::Ok), ("interfaces", State::Unknown)]);
    assert!(
        ran.report().summary.contains("nothing in the column typo (1.3.6.1.2.1.99)"),
        "{}",
        ran.report().summary
    );
}

#[test]
fn a_cell_that_a_row_lacks_is_ok_unless_it_has_to_be_there() {
    let agent = || interfaces(&[("lo", 1, 1, 0)]).knows(&format!("{STATUS}.2"), Value::Integer(1));
    let ran = check(agent(), table(json!({})));
    assert_eq!(keys(ran.report()), [("interfaces/lo", State::Ok), ("interfaces/2", State::Ok)]);
    let columns = json!([
        { "oid": STATUS, "name": "status" },
        { "oid": ERRORS, "name": "errors", "absent": "warning" },
    ]);
    let ran = check(agent(), table(json!({ "columns": columns })));
    assert_eq!(ran.report().findings[1].summary, "2: status is 1; errors is not there");
    assert_eq!(ran.report().state, State::Warning);
}

#[test]
fn a_long_table_is_read_in_pieces_and_in_halves_where_they_do_not_fit() {
    let rows: Vec<_> = (0..90).map(|_| ("eth", 1, 1, 0)).collect();
    let agent = interfaces(&rows);
    let asked = agent.asked.clone();
    assert_eq!(check(agent, table(json!({}))).report().summary, "all 90 ok");
    let asked: Vec<_> = asked.borrow().iter().filter(|asked| asked.kind == 0xa5).cloned().collect();
    assert!(asked.iter().all(|asked| asked.names.len() * asked.second as usize <= 40), "{asked:?}");
    assert!(asked.len() < 10, "{} questions are many", asked.len());
    for most in [1, 2, 7] {
        let agent = interfaces(&rows[..5]).holds_at_most(most);
        assert_eq!(check(agent, table(json!({}))).report().summary, "all 5 ok", "{most} bindings");
    }
}

#[test]
fn an_agent_that_goes_round_in_circles_is_found_out() {
    let rows: Vec<_> = (0..30).map(|_| ("eth", 1, 1, 0)).collect();
    let agent = interfaces(&rows).changed(|asked, mut pdu| {
        if asked.kind == 0xa5
            && let Some((name, _)) = pdu.bindings.last_mut()
        {
            *name = asked.names.last().unwrap().clone();
        }
        Some(pdu)
    });
    let ran = check(agent, table(json!({})));
    let last = ran.report().findings.last().unwrap();
    assert_eq!((last.key.as_str(), last.state), ("interfaces", State::Unknown));
    assert!(last.summary.contains("goes round in circles"), "{}", last.summary);
}

#[test]
fn an_error_of_a_table_is_told_with_its_name_and_oid() {
    let agent = interfaces(&[("lo", 1, 1, 0)]).changed(|_, mut pdu| {
        (pdu.status, pdu.index) = (5, 2);
        Some(pdu)
    });
    let ran = check(agent, table(json!({})));
    assert_eq!(ran.report().state, State::Unknown);
    assert!(ran.report().summary.contains(&format!("`genErr` for {ERRORS}")), "{}", ran.report().summary);
}

#[test]
fn a_table_without_an_end_has_one() {
    let agent = Agent::new().changed(|asked, mut pdu| {
        let from = |name: &watchkeep_plugin_snmp::bytes::Oid| match name.numbers().len() {
            10 => 0,
            _ => *name.numbers().last().unwrap(),
        };
        let row = |at: u32| {
            asked.names.iter().map(move |name| {
                let column =
                    oid(&name.numbers()[..10].iter().map(u32::to_string).collect::<Vec<_>>().join("."));
                (column.join(&[from(name) + at]), Value::Integer(1))
            })
        };
        pdu.bindings = (1..=asked.second as u32).flat_map(row).collect();
        Some(pdu)
    });
    let asked = agent.asked.clone();
    let ran = check(agent, table(json!({})));
    let last = &ran.report().findings.last().unwrap().summary;
    assert!(last.contains("more than 10000 cells"), "{last}");
    assert!(asked.borrow().len() < 300, "{} questions were asked", asked.borrow().len());
}
