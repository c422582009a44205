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
        (status("REFUSED"), "it says REFUSED; expected NOERROR"),
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
    assert_eq!(
        ran.report().summary,
        "the name servers of `example.com` cannot be found: the host's resolver says SERVFAIL"
    );
    let ran = check(json!({ "serials": true }), [(NS, status("NXDOMAIN"))]);
    assert_eq!(ran.report().summary, "`example.com` has no name servers (NXDOMAIN)");
}

#[test]
fn servers_that_are_named_need_no_look_up() {
    let ran = check(
        json!({ "serials": true, "server": ["192.0.2.53", "192.0.2.54"] }),
        [(FIRST, soa("7")), (SECOND, soa("7"))],
    );
    assert_eq!(findings(&ran)[0], ("serial of 192.0.2.53", State::Ok, "192.0.2.53 has serial 7, in 10 ms"));
}

/// It stands among the authorities.
fn referral(zone: &'static str, to: &[&str]) -> dns::Answer {
    let mut answer = of(zone, "NS", to);
    std::mem::swap(&mut answer.answers, &mut answer.authorities);
    answer
}

/// A server of `com` with its delegation.
fn delegated(to: &[&str], own_names: &[&str]) -> Ran<Report, Fault> {
    let mut answers = found();
    answers.extend([
        ("dns NS com", of("com", "NS", &["a.gtld.example."]).into()),
        ("dns A a.gtld.example", records("A", &["192.0.2.1"])),
        ("dns AAAA a.gtld.example", records("AAAA", &[])),
        ("dns NS example.com @192.0.2.53:53", own("NS", own_names)),
        ("dns NS example.com @192.0.2.1:53", referral("example.com", to).into()),
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

#[test]
fn an_address_that_cannot_be_looked_up_is_told_from_none() {
    let ran = check(
        json!({ "serials": true }),
        [
            (NS, records("NS", &["ns1.example.com."])),
            ("dns A ns1.example.com", status("SERVFAIL")),
            ("dns AAAA ns1.example.com", records("AAAA", &[])),
        ],
    );
    assert_eq!(
        ran.report().summary,
        "ns1.example.com: its address cannot be found: the host's resolver says SERVFAIL"
    );
}

#[test]
fn a_host_without_ipv6_asks_over_ipv4_alone() {
    let ran = check(
        json!({ "serials": true, "ip_family": "ipv4" }),
        [
            (NS, records("NS", &["ns1.example.com."])),
            ("dns A ns1.example.com", records("A", &["192.0.2.53"])),
            (FIRST, soa("7")),
        ],
    );
    assert_eq!(ran.report().state, State::Ok, "{}", ran.report().summary);
}

/// Whether the first server of the zone above is the last that is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum First {
    Decides,
    LeavesIt,
}

/// Servers of `com` at two addresses, of which the second one delegates.
fn above(first: Reply, decides: First) -> Ran<Report, Fault> {
    let mut answers = found();
    let names = &["ns1.example.com.", "ns2.example.net."];
    answers.extend([
        ("dns NS com", of("com", "NS", &["a.gtld.example."]).into()),
        ("dns A a.gtld.example", records("A", &["192.0.2.1", "192.0.2.2"])),
        ("dns AAAA a.gtld.example", records("AAAA", &[])),
        ("dns NS example.com @192.0.2.53:53", own("NS", names)),
        ("dns NS example.com @192.0.2.1:53", first),
    ]);
    if decides == First::LeavesIt {
        answers.push(("dns NS example.com @192.0.2.2:53", referral("example.com", names).into()));
    }
    check(json!({ "delegation": true }), answers)
}

#[test]
fn a_server_of_the_zone_above_that_cannot_answer_leaves_it_to_the_next() {
    for first in [status("REFUSED"), status("SERVFAIL"), failing(FailureKind::TimedOut, Phase::Wait)] {
        let ran = above(first, First::LeavesIt);
        assert_eq!(
            (ran.report().state, &*ran.report().summary),
            (State::Ok, "`com` delegates to `ns1.example.com`, `ns2.example.net`")
        );
    }
}

#[test]
fn a_referral_elsewhere_is_no_delegation_and_who_has_both_zones_sends_nobody() {
    let ran = above(referral(".", &["ns1.example.com.", "ns2.example.net."]).into(), First::Decides);
    assert_eq!(ran.report().summary, "`com` does not delegate `example.com` (NOERROR)");
    let ran = above(own("NS", &["ns1.example.com."]), First::Decides);
    assert_eq!(
        (ran.report().state, &*ran.report().summary),
        (State::Ok, "a name server of `com` (192.0.2.1) has `example.com` itself")
    );
}

#[test]
fn the_zone_above_may_be_the_root_and_is_not_guessed_if_nobody_knows() {
    let mut answers = found();
    let names = &["ns1.example.com.", "ns2.example.net."];
    answers.extend([
        ("dns NS com", dns_answer("NOERROR", &[]).into()),
        ("dns NS .", of(".", "NS", &["a.root."]).into()),
        ("dns A a.root", records("A", &["192.0.2.1"])),
        ("dns AAAA a.root", records("AAAA", &[])),
        ("dns NS example.com @192.0.2.53:53", own("NS", names)),
        ("dns NS example.com @192.0.2.1:53", referral("example.com", names).into()),
    ]);
    let ran = check(json!({ "delegation": true }), answers);
    assert_eq!(
        (ran.report().state, &*ran.report().summary),
        (State::Ok, "`.` delegates to `ns1.example.com`, `ns2.example.net`")
    );
    let mut answers = found();
    answers.push(("dns NS com", status("SERVFAIL")));
    let ran = check(json!({ "delegation": true }), answers);
    assert_eq!(
        ran.report().summary,
        "the zone above `example.com` cannot be found: the name servers of `com` cannot be found: \
         the host's resolver says SERVFAIL"
    );
}

#[test]
fn a_server_that_has_an_address_twice_or_thousands_of_them_is_asked_at_few() {
    let many: Vec<String> = (0..2_000).map(|at| format!("10.0.{}.{}", at / 250, at % 250)).collect();
    let twice: Vec<&str> = many.iter().take(1).chain(&many).map(String::as_str).collect();
    let mut answers = vec![
        (NS, records("NS", &["ns1.example.com."])),
        ("dns A ns1.example.com", records("A", &twice)),
        ("dns AAAA ns1.example.com", records("AAAA", &[])),
    ];
    answers.extend([
        ("dns SOA example.com @10.0.0.0:53", soa("7")),
        ("dns SOA example.com @10.0.0.1:53", soa("7")),
        ("dns SOA example.com @10.0.0.2:53", soa("7")),
        ("dns SOA example.com @10.0.0.3:53", soa("7")),
        ("dns SOA example.com @10.0.0.4:53", soa("7")),
        ("dns SOA example.com @10.0.0.5:53", soa("7")),
        ("dns SOA example.com @10.0.0.6:53", soa("7")),
        ("dns SOA example.com @10.0.0.7:53", soa("7")),
    ]);
    let ran = check(json!({ "serials": true }), answers);
    assert_eq!((ran.report().state, ran.report().findings.len()), (State::Ok, 8));
}
