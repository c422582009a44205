//! Answers that no registry gives.

use serde_json::{Value, json};
use watchkeep_plugin_domain::run;
use watchkeep_sdk::State;
use watchkeep_sdk::testing::{Answer, Host};

use crate::double::domain;
use crate::{DAY_MS, config, date};

fn state(body: impl Into<Vec<u8>>) -> (State, String) {
    let answer = Answer::status(200).body(body);
    let host = Host::new().answer("GET https://rdap.example/rdap/domain/shop.example", answer);
    let more = json!({ "registrar": "292", "name_servers": "ns1.example.net", "status_expected": "locked" });
    let ran = host.check(run, &config(more));
    (ran.report().state, ran.report().summary.clone())
}

#[test]
fn what_is_no_domain_judges_nothing() {
    for body in [
        "",
        "null",
        "[]",
        "{}",
        "\u{1b}[2J",
        r#"{"objectClassName":"ip network"}"#,
        r#"{"objectClassName":"domain","ldhName":"other.example"}"#,
        r#"{"errorCode":404}"#,
        &"[".repeat(100_000),
    ] {
        let (found, said) = state(body);
        assert_eq!(found, State::Unknown, "{said}");
        assert!(said.len() < 1_000 && !said.chars().any(char::is_control), "{said}");
    }
    assert_eq!(state(vec![0xff; 1 << 10]).0, State::Unknown);
    let (found, said) = state("x".repeat((1 << 20) + 1));
    assert!(found == State::Unknown && said.contains("answers more than 1048576 bytes"), "{said}");
}

#[test]
fn members_of_other_types_are_as_if_they_were_not_there() {
    let mut document = domain("shop.example", &date(200 * DAY_MS));
    for key in ["status", "events", "entities", "nameservers", "ldhName", "secureDNS"] {
        for odd in [
            json!(null),
            json!(3),
            json!("text"),
            json!([null, 3, [], {}]),
            json!({ "a": [] }),
            json!([[[[]]]]),
        ] {
            let before = document[key].clone();
            document[key] = odd;
            let (_, said) = state(document.to_string());
            assert!(!said.is_empty());
            document[key] = before;
        }
    }
}

#[test]
fn a_registry_that_says_too_much_is_cut_to_size() {
    let mut document = domain("shop.example", &date(200 * DAY_MS));
    let many = |one: &dyn Fn(usize) -> Value| (0..4_000).map(one).collect::<Vec<_>>();
    document["status"] = many(&|at| json!(format!("status {at} \u{1b}[31m"))).into();
    document["nameservers"] = many(&|at| json!({ "ldhName": format!("ns{at}.{}", "é\n".repeat(20)) })).into();
    document["entities"][1]["vcardArray"][1][1][3] = json!("é".repeat(10_000));
    let (found, said) = state(document.to_string());
    assert_eq!(found, State::Critical);
    assert!(said.len() <= 1_024 && !said.chars().any(char::is_control), "{said}");
    for date in
        ["9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "-1", "2026-03-04T05:06:07.999999999999999999Z"]
    {
        state(domain("shop.example", date).to_string());
    }
    assert!(state(domain("shop.example", "9999-12-31T23:59:59Z").to_string()).1.contains("expires in 2912"));
}

#[test]
fn a_list_of_servers_that_is_none_names_nobody() {
    for list in [
        json!({ "services": [] }),
        json!({ "services": [3, null, [], [[], []], [["example"]], [["example"], "https://x.example/"], [[3], [4]]] }),
        json!({ "services": [[["example"], ["ftp://x.example/", 3]]] }),
        json!({ "services": [[[""], ["https://x.example/"]]] }),
    ] {
        let answer = Answer::status(200).body(list.to_string());
        let host = Host::new().answer("GET https://data.iana.org/rdap/dns.json", answer);
        let ran = host.check(run, r#"{"domains":"shop.example"}"#);
        assert_eq!(ran.report().state, State::Unknown);
        assert!(ran.report().summary.contains("has none for `shop.example`"), "{}", ran.report().summary);
    }
}

#[test]
fn what_was_kept_and_cannot_be_read_is_asked_for_again() {
    for kept in [
        "",
        "null",
        "[]",
        r#"{"answer":[-1,{}]}"#,
        r#"{"answer":3,"wait":[1],"server":[2,3]}"#,
        "{\"answer\":",
    ] {
        let body = domain("shop.example", &date(200 * DAY_MS)).to_string();
        let host = Host::new()
            .kv("domain/shop.example", kept)
            .answer("GET https://rdap.example/rdap/domain/shop.example", Answer::status(200).body(body));
        assert_eq!(host.check(run, &config(json!({}))).report().state, State::Ok, "{kept}");
    }
}
