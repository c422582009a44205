//! Name servers that agree, and delegations.

use super::*;

const NS: &str = "dns NS example.com";

/// Two name servers, each with one address.
fn found() -> Vec<(&'static str, Reply)> {
    vec![
        (NS, records("NS", &["ns2.example.net.", "NS1.example.com."])),
        ("dns A ns1.example.com", records("A", &["192.0.2.53"])),
        ("dns AAAA ns1.example.com", records("AAAA", &[])),
        ("dns A ns2.example.net", records("A", &["192.0.2.54"])),
        ("dns AAAA ns2.example.net", status("NXDOMAIN")),
    ]
}

const FIRST: &str = "dns SOA example.com @192.0.2.53:53";
const SECOND: &str = "dns SOA example.com @192.0.2.54:53";

fn soa(serial: &str) -> Reply {
    own("SOA", &[&format!("ns1.example.com. admin.example.com. {serial} 7200 900 1209600 300")])
}

fn serials(first: Reply, second: Reply) -> Ran<Report, Fault> {
    let mut answers = found();
    answers.extend([(FIRST, first), (SECOND, second)]);
    check(json!({ "serials": true }), answers)
}

#[test]
fn servers_with_one_serial_agree() {
    let ran = serials(soa("2026030401"), soa("2026030401"));
    assert_eq!(
        findings(&ran),
        [
            (
                "serial of ns1.example.com (192.0.2.53)",
                State::Ok,
                "ns1.example.com (192.0.2.53) has serial 2026030401, in 10 ms"
            ),
            (
                "serial of ns2.example.net (192.0.2.54)",
                State::Ok,
                "ns2.example.net (192.0.2.54) has serial 2026030401, in 10 ms"
            ),
        ]
    );
}

#[test]
fn one_that_is_behind_is_a_warning_also_where_numbers_go_round() {
    let ran = serials(soa("2026030401"), soa("2026030400"));
    assert_eq!(findings(&ran)[1].1, State::Warning);
    assert!(
        findings(&ran)[1].2.ends_with("has serial 2026030400, others have 2026030401"),
        "{:?}",
        findings(&ran)
    );
    let ran = serials(soa("4294967295"), soa("3"));
    assert_eq!(
        (findings(&ran)[0].1, findings(&ran)[1].1),
        (State::Warning, State::Ok),
        "3 is newer than 4294967295"
    );
}

#[test]
fn a_server_that_does_not_answer_for_the_zone_is_critical() {
    for (reply, said) in [
        (failing(FailureKind::TimedOut, Phase::Wait), "timed out waiting for an answer"),
        (status("REFUSED"), "it says REFUSED"),
        (own("SOA", &[]), "it does not answer for the zone"),
        (records("SOA", &["a. b. 1 2 3 4 5"]), "it answers from its memory"),
        (soa("none"), "its SOA record has no serial number"),
        (soa("99999999999"), "its SOA record has no serial number"),
    ] {
        let ran = serials(soa("7"), reply);
        assert_eq!(findings(&ran)[1].1, State::Critical);
        assert!(findings(&ran)[1].2.contains(said), "{said}: {:?}", findings(&ran));
    }
    let mut answers = vec![
        (NS, records("NS", &["ns1.example.com.", "ns3.example.com."])),
        ("dns A ns1.example.com", records("A", &["192.0.2.53"])),
        ("dns AAAA ns1.example.com", records("AAAA", &[])),
        ("dns A ns3.example.com", status("NXDOMAIN")),
        ("dns AAAA ns3.example.com", status("NXDOMAIN")),
    ];
    answers.push((FIRST, soa("7")));
    let ran = check(json!({ "serials": true }), answers);
    assert_eq!(
        findings(&ran)[1],
        ("serial of ns3.example.com", State::Critical, "ns3.example.com: it has no address")
    );
    let ran = check(json!({ "serials": true }), [(NS, status("SERVFAIL"))]);
    assert_eq!(ran.report().summary, "`example.com` has no name servers (SERVFAIL)");
}

#[test]
fn servers_that_are_named_need_no_look_up() {
    let ran = check(
        json!({ "serials": true, "server": ["192.0.2.53", "192.0.2.54"] }),
        [(FIRST, soa("7")), (SECOND, soa("7"))],
    );
    assert_eq!(findings(&ran)[0], ("serial of 192.0.2.53", State::Ok, "192.0.2.53 has serial 7, in 10 ms"));
}

/// A server of `com` with its delegation; a referral stands among the authorities.
fn delegated(to: &[&str], own_names: &[&str]) -> Ran<Report, Fault> {
    let mut answers = found();
    let referral = {
        let mut answer = answered("NS", to);
        std::mem::swap(&mut answer.answers, &mut answer.authorities);
        answer
    };
    answers.extend([
        ("dns NS com", records("NS", &["a.gtld.example."])),
        ("dns A a.gtld.example", records("A", &["192.0.2.1"])),
        ("dns AAAA a.gtld.example", records("AAAA", &[])),
        ("dns NS example.com @192.0.2.53:53", own("NS", own_names)),
        ("dns NS example.com @192.0.2.1:53", referral.into()),
    ]);
    check(json!({ "delegation": true }), answers)
}

#[test]
fn the_zone_above_names_the_same_servers() {
    let ran = delegated(&["ns1.example.com.", "ns2.example.net."], &["NS2.example.net.", "ns1.example.com."]);
    assert_eq!(
        (ran.report().state, &*ran.report().summary),
        (State::Ok, "`com` delegates to `ns1.example.com`, `ns2.example.net`")
    );
    let ran = delegated(&["ns1.example.com.", "old.example.net."], &["ns1.example.com.", "ns2.example.net."]);
    assert_eq!(ran.report().state, State::Warning);
    assert_eq!(
        ran.report().summary,
        "`com` delegates to `old.example.net`, which the zone does not name; \
         the zone names `ns2.example.net`, to which `com` does not delegate"
    );
    let ran = delegated(&[], &["ns1.example.com."]);
    assert_eq!(
        (ran.report().state, &*ran.report().summary),
        (State::Critical, "`com` does not delegate `example.com` (NOERROR)")
    );
}

#[test]
fn a_right_that_is_missing_ends_the_run() {
    let ran = check(
        json!({ "serials": true }),
        [
            (NS, records("NS", &["ns1.example.com."])),
            ("dns A ns1.example.com", Answer::denied("denied: dns of ns1.example.com").into()),
        ],
    );
    assert_eq!(ran.error(), &Fault::Denied("denied: dns of ns1.example.com".to_owned()));
}
