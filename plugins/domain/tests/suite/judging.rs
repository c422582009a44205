//! What is published, held against what is expected.

use serde_json::{Value, json};
use watchkeep_doubles::{Answering, native};
use watchkeep_sdk::State;
use watchkeep_sdk::testing::NOW;

use crate::double::{Registry, domain};
use crate::{DAY_MS, HOUR_MS, Runs, SERVER, config, date, registry, says};

/// A registry whose domain, good for 200 days, has one thing changed.
fn changed(change: impl FnOnce(&mut Value)) -> Answering<Registry> {
    let mut document = domain("shop.example", &date(200 * DAY_MS));
    change(&mut document);
    native(Registry::new().with(&document), SERVER)
}

#[test]
fn the_days_that_are_left_are_held_against_the_thresholds() {
    for (millis, state, said) in [
        (400 * DAY_MS, State::Ok, "shop.example expires in 400 days"),
        (30 * DAY_MS + HOUR_MS, State::Ok, "shop.example expires in 30 days"),
        (29 * DAY_MS + HOUR_MS, State::Warning, "shop.example: expires in 29 days, less than 30 days"),
        (7 * DAY_MS + HOUR_MS, State::Warning, "shop.example: expires in 7 days, less than 30 days"),
        (6 * DAY_MS + HOUR_MS, State::Critical, "shop.example: expires in 6 days, less than 7 days"),
        (DAY_MS + HOUR_MS, State::Critical, "shop.example: expires in 1 day, less than 7 days"),
        (HOUR_MS, State::Critical, "shop.example: expires in less than a day, less than 7 days"),
    ] {
        let registry = native(Registry::new().with(&domain("shop.example", &date(millis))), SERVER);
        assert_eq!(says(&registry, json!({})), (state, said.to_owned()));
    }
    for (back, said) in
        [(HOUR_MS, "has expired today"), (DAY_MS, "expired 1 day ago"), (9 * DAY_MS, "expired 9 days ago")]
    {
        let past = watchkeep_sdk::wording::rfc3339(NOW - back);
        let registry = native(Registry::new().with(&domain("shop.example", &past)), SERVER);
        let never = json!({ "expiry_warning_days": 0, "expiry_critical_days": 0 });
        assert_eq!(says(&registry, never), (State::Critical, format!("shop.example: {said}")));
    }
    assert_eq!(
        says(&registry(2), json!({ "expiry_warning_days": 0, "expiry_critical_days": 0 })).0,
        State::Ok
    );
}

#[test]
fn the_days_are_a_number_with_its_thresholds() {
    let ran = Runs::new(&registry(40), config(json!({}))).at(0);
    let [days, age] = &*ran.report().findings[0].metrics else { panic!("{:?}", ran.report().findings) };
    assert_eq!((&*days.name, &*days.unit, days.value), ("domain_expiry_days", "days", 40.0));
    assert_eq!((days.warning.unwrap().low, days.critical.unwrap().low), (Some(30.0), Some(7.0)));
    assert_eq!((&*age.name, age.value), ("domain_answer_age_seconds", 0.0));
    let details = ran.report().details.clone().unwrap();
    assert_eq!(
        details,
        "shop.example: expires 2026-04-13; last changed 2025-08-14; registered 2011-05-06; registrar `Example Registrar, Inc.` \
         (292); name servers ns2.example.net, ns1.example.net; status client transfer prohibited, client delete prohibited"
    );
}

#[test]
fn the_registrar_is_known_by_a_part_of_its_name_or_by_its_number() {
    for expected in [json!("example registrar"), json!("292"), json!(["Somebody", "Example Registrar, Inc."])]
    {
        assert_eq!(says(&registry(200), json!({ "registrar": expected })).0, State::Ok, "{expected}");
    }
    assert_eq!(
        says(&registry(200), json!({ "registrar": ["Somebody", "29"] })),
        (
            State::Critical,
            "shop.example expires in 200 days; its registrar is `Example Registrar, Inc.` (292); expected `Somebody` or `29`"
                .to_owned()
        )
    );
    let untold = changed(|document| document["entities"] = json!([]));
    assert_eq!(
        says(&untold, json!({ "registrar": "292" })),
        (
            State::Unknown,
            "shop.example expires in 200 days; not judged: its registry names no registrar".to_owned()
        )
    );
    assert_eq!(says(&untold, json!({})).0, State::Ok, "nobody asked for it");
    let organisation = changed(|document| {
        document["entities"] =
            json!([{ "roles": ["registrar"], "vcardArray": ["vcard", [["org", {}, "text", "Firm"]]] }]);
    });
    assert_eq!(says(&organisation, json!({ "registrar": "firm" })).0, State::Ok);
}

#[test]
fn name_servers_are_the_expected_ones_in_any_order_and_case() {
    for expected in
        [json!(["ns1.example.net", "ns2.example.net"]), json!(["NS2.example.net.", "ns1.EXAMPLE.net"])]
    {
        assert_eq!(says(&registry(200), json!({ "name_servers": expected })).0, State::Ok, "{expected}");
    }
    assert_eq!(
        says(&registry(200), json!({ "name_servers": ["ns1.example.net", "ns3.example.net"] })),
        (
            State::Critical,
            "shop.example expires in 200 days; ns3.example.net is not among its name servers; ns2.example.net is among its \
             name servers, and not expected"
                .to_owned()
        )
    );
    let (none, untold) = (
        changed(|document| document["nameservers"] = json!([])),
        changed(|document| drop(document.as_object_mut().unwrap().remove("nameservers"))),
    );
    let expected = json!({ "name_servers": "ns1.example.net" });
    assert_eq!(says(&none, expected.clone()).0, State::Critical);
    let (state, said) = says(&untold, expected);
    assert!(
        state == State::Unknown && said.ends_with("not judged: its registry tells of no name servers"),
        "{said}"
    );
}

#[test]
fn flags_are_critical_a_warning_or_expected_whoever_writes_them() {
    let bearing = |status: Value| changed(|document| document["status"] = status);
    for (status, state, said) in [
        ("pending delete", State::Critical, "its status is `pending delete`"),
        ("redemption period", State::Critical, "its status is `redemption period`"),
        ("serverHold", State::Critical, "its status is `server hold`"),
        ("client hold", State::Critical, "its status is `client hold`"),
        ("inactive", State::Warning, "its status is `inactive`"),
        ("PendingTransfer", State::Warning, "its status is `pending transfer`"),
    ] {
        let expected = (state, format!("shop.example expires in 200 days; {said}"));
        assert_eq!(says(&bearing(json!(["active", status])), json!({})), expected);
    }
    assert_eq!(
        says(&bearing(json!(["auto renew period", "ok"])), json!({ "status_expected": "active" })).0,
        State::Ok
    );
    let wanted = json!({ "status_expected": ["clientTransferProhibited", "server transfer prohibited"] });
    assert_eq!(
        says(&registry(200), wanted),
        (
            State::Warning,
            "shop.example expires in 200 days; its status is not `server transfer prohibited`".to_owned()
        )
    );
    let chosen = json!({ "status_critical": "inactive", "status_warning": [] });
    assert_eq!(says(&bearing(json!(["inactive"])), chosen.clone()).0, State::Critical);
    assert_eq!(says(&bearing(json!(["server hold"])), chosen).0, State::Ok);
}

#[test]
fn a_registry_that_publishes_no_date_is_what_the_operator_says() {
    let silent = changed(|document| document["events"] = json!([]));
    let (state, said) = says(&silent, json!({}));
    assert_eq!(state, State::Unknown);
    assert!(
        said.contains("not judged: its registry publishes no date when it expires; hint: `no_expiry"),
        "{said}"
    );
    assert_eq!(
        says(&silent, json!({ "no_expiry": "ok" })),
        (State::Ok, "shop.example is registered".to_owned())
    );
    assert_eq!(says(&silent, json!({ "no_expiry": "warning" })).0, State::Warning);
    let (state, said) = says(&silent, json!({ "registrar": "Somebody" }));
    assert_eq!(state, State::Critical, "what is certain is said: {said}");
    let odd = changed(|document| {
        document["events"] = json!([{ "eventAction": "expiration", "eventDate": "soon" }])
    });
    assert_eq!(
        says(&odd, json!({ "no_expiry": "ok" })),
        (
            State::Unknown,
            "shop.example: not judged: the date when it expires cannot be read: `soon`".to_owned()
        )
    );
}

#[test]
fn what_is_not_registered_is_critical() {
    let nobody = native(Registry::new(), SERVER);
    assert_eq!(says(&nobody, json!({})), (State::Critical, "shop.example: is not registered".to_owned()));
    let (state, said) = says(&nobody, json!({ "domains": "www.shop.example" }));
    assert_eq!(state, State::Critical);
    assert!(
        said.ends_with("hint: write the domain as it is registered, without what stands before it"),
        "{said}"
    );
}

#[test]
fn each_domain_is_a_finding_of_its_own() {
    let both = Registry::new()
        .with(&domain("shop.example", &date(200 * DAY_MS)))
        .with(&domain("xn--bcher-kva.example", &date(5 * DAY_MS)));
    let registry = native(both, SERVER);
    let more = json!({ "domains": ["shop.example", "XN--BCHER-KVA.example.", "gone.example"] });
    let ran = Runs::new(&registry, config(more)).at(0);
    let found: Vec<_> = ran.report().findings.iter().map(|finding| (&*finding.key, finding.state)).collect();
    assert_eq!(
        found,
        [
            ("shop.example", State::Ok),
            ("xn--bcher-kva.example", State::Critical),
            ("gone.example", State::Critical)
        ]
    );
    assert_eq!(ran.report().findings[0].labels[0].value, "shop.example");
    assert_eq!(ran.report().value("domain_count"), Some(3.0));
}

#[test]
fn a_change_at_the_registry_is_an_event() {
    let registry = registry(200);
    let mut runs = Runs::new(&registry, config(json!({})));
    assert!(runs.at(0).report().events.is_empty(), "what is seen first is no change");
    let mut document = domain("shop.example", &date(200 * DAY_MS));
    document["events"][2]["eventDate"] = json!(date(HOUR_MS));
    document["nameservers"] = json!([{ "ldhName": "ns.elsewhere.example" }]);
    registry.with(|it| it.publish(&document));
    let ran = runs.at(13 * HOUR_MS);
    let [event] = &*ran.report().events else { panic!("{:?}", ran.report().events) };
    assert_eq!((&*event.title, event.at), ("shop.example was changed at its registry", NOW + HOUR_MS));
    assert!(
        event.body.contains("name servers ns2.example.net") && event.body.contains("ns.elsewhere.example")
    );
    assert!(runs.at(26 * HOUR_MS).report().events.is_empty());
}
