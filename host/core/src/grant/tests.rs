//! The table of decisions. Each case is one line: what was given, what is tried, what comes of it.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use super::*;
use crate::ids::{PluginName, SecretName};

use self::Answer::{Denied, Never, Open};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Answer {
    Open,
    /// And the entry in the hint, added to the config, opens it.
    Denied,
    /// And no entry opens it.
    Never,
}

/// Words apart by `;`: `http ENTRY` and the like stand in `allow`, `target http VALUE` in the check's config,
/// `private NETWORK` and `own ADDRESS` make the ceiling, `asks http ENTRY` is what the plugin states.
fn rights(given: &str) -> Rights {
    let mut allow = Allow::default();
    let mut stated: Option<Allow> = None;
    let mut targets = Vec::new();
    let mut ceiling = Ceiling::default();
    for item in given.split(';').map(str::trim).filter(|item| !item.is_empty()) {
        let words: Vec<&str> = item.split(' ').collect();
        match *words.as_slice() {
            ["target", capability, value] => targets.push(Target::from_config(capability, value).unwrap()),
            ["private", network] => ceiling.private_networks.push(network.parse().unwrap()),
            ["own", listener] => ceiling.own_listeners.push(listener.parse().unwrap()),
            ["asks", capability, entry] => {
                stated.get_or_insert_default().parse_entry(capability, entry).unwrap();
            }
            [capability, entry] => allow.parse_entry(capability, entry).unwrap(),
            ref other => panic!("no such word: {other:?}"),
        }
    }
    Rights {
        plugin: PluginName::from("probe"),
        requests: stated.map_or(Requests::Unstated, Requests::Stated),
        allow,
        targets,
        ceiling: Arc::new(ceiling),
    }
}

/// `http SCHEME://HOST:PORT`, `net ...`, `icmp HOST`, `dns NAME` or `dns NAME@SERVER:PORT`, `reveal SECRET`,
/// `tls ...`, `host NAME for HOST`; ` -> IP` is the address that the name led to.
fn decided(rights: &Rights, tried: &str) -> Result<(), Denial> {
    if let Some((call, ip)) = tried.split_once(" -> ") {
        let ip: IpAddr = ip.parse().unwrap();
        return with_access(call, |call| decide(rights, &Access::Resolved { call, ip }));
    }
    with_access(tried, |access| decide(rights, access))
}

fn with_access<T>(tried: &str, then: impl FnOnce(&Access<'_>) -> T) -> T {
    let (word, rest) = tried.split_once(' ').unwrap();
    let parts = || {
        let (scheme, rest) = rest.split_once("://").unwrap();
        let (host, port) = rest.rsplit_once(':').unwrap();
        (Scheme::parse(scheme).unwrap(), host, port.parse::<u16>().unwrap())
    };
    match word {
        "http" => {
            let (scheme, host, port) = parts();
            then(&Access::Origin { scheme, host, port })
        }
        "net" => {
            let (transport, host, port) = parts();
            then(&Access::Endpoint { transport, host, port })
        }
        "tls" => {
            let (scheme, host, port) = parts();
            then(&Access::UnverifiedTls { scheme, host, port })
        }
        "icmp" => then(&Access::Echo { host: rest }),
        "dns" => match rest.split_once('@') {
            None => then(&Access::Question { name: rest, server: None }),
            Some((name, server)) => {
                let server: SocketAddr = server.parse().unwrap();
                then(&Access::Question { name, server: Some(server) })
            }
        },
        "reveal" => then(&Access::Reveal(&SecretName::from(rest))),
        "host" => {
            let (name, host) = rest.split_once(" for ").unwrap();
            then(&Access::ServerName { host, name })
        }
        other => panic!("no such access: {other}"),
    }
}

/// Takes `http = ["ENTRY"]` out of the hint and adds it, as an operator pastes it.
fn paste(rights: &mut Rights, hint: &str) -> bool {
    let Some(line) = hint.strip_prefix("add `").and_then(|rest| rest.split('`').next()) else { return false };
    assert!(hint.contains("` under [plugin.probe.allow]"), "{hint}");
    let (capability, list) = line.split_once(" = ").unwrap();
    let entry = list.strip_prefix("[\"").and_then(|rest| rest.strip_suffix("\"]")).unwrap();
    rights.allow.parse_entry(capability, entry).unwrap_or_else(|error| panic!("{hint}: {error}"));
    true
}

fn check(cases: &[(&str, &str, Answer)]) {
    for &(given, tried, expected) in cases {
        let mut rights = rights(given);
        let first = decided(&rights, tried);
        assert_eq!(first.is_ok(), expected == Open, "{given} | {tried}: {first:?}");
        // The name may want one entry and the address another.
        let mut answer = first;
        for _ in 0..3 {
            let Err(denial) = &answer else { break };
            if !paste(&mut rights, &denial.hint) {
                break;
            }
            answer = decided(&rights, tried);
        }
        assert_eq!(answer.is_err(), expected == Never, "after the hint, {given} | {tried}: {answer:?}");
    }
}

#[test]
fn nothing_is_open_unless_it_was_granted() {
    check(&[
        ("", "http https://example.com:443", Denied),
        ("", "net tcp://example.com:5432", Denied),
        ("", "net udp://example.com:161", Denied),
        ("", "icmp example.com", Denied),
        ("", "dns example.com", Denied),
        ("", "dns example.com@9.9.9.9:53", Denied),
        ("", "reveal api-key", Denied),
        ("", "tls https://example.com:443", Denied),
        ("", "host other.example for example.com", Denied),
    ]);
}

#[test]
fn a_grant_of_one_capability_is_none_of_another() {
    check(&[
        ("http https://example.com", "net tcp://example.com:443", Denied),
        ("net tcp://example.com:443", "http https://example.com:443", Denied),
        ("http https://example.com", "icmp example.com", Denied),
        ("http https://example.com", "dns example.com", Denied),
        ("http https://example.com", "tls https://example.com:443", Denied),
        ("tls_unverified https://example.com", "http https://example.com:443", Denied),
        ("dns example.com", "icmp example.com", Denied),
        ("icmp example.com", "dns example.com", Denied),
    ]);
}

#[test]
fn scheme_host_and_port_all_have_to_fit() {
    check(&[
        ("http https://example.com", "http https://example.com:443", Open),
        ("http https://example.com", "http https://example.com:8443", Denied),
        ("http https://example.com", "http http://example.com:80", Denied),
        ("http https://example.com", "http http://example.com:443", Denied),
        ("http https://example.com", "http https://example.org:443", Denied),
        ("http https://example.com:8443", "http https://example.com:8443", Open),
        ("http https://example.com:8443", "http https://example.com:443", Denied),
        ("http https://example.com/", "http https://example.com:443", Open),
        ("http http://example.com", "http http://example.com:80", Open),
        ("http HTTPS://Example.COM", "http https://example.com:443", Open),
    ]);
}

#[test]
fn a_star_stands_for_a_whole_part() {
    check(&[
        ("http *://example.com", "http https://example.com:443", Open),
        ("http *://example.com", "http http://example.com:80", Open),
        ("http *://example.com", "http http://example.com:443", Denied),
        ("http *://example.com", "http http://example.com:8080", Denied),
        ("http *://example.com:*", "http http://example.com:8080", Open),
        ("http https://*", "http https://anything.test:443", Open),
        ("http https://*", "http https://anything.test:444", Denied),
        ("http https://*:*", "http https://203.0.113.9:444", Open),
        ("http *://*:*", "http http://anything.test:1", Open),
        ("net *:443", "net tcp://example.com:443", Open),
        ("net *:443", "net tcp://example.com:444", Denied),
        ("net tcp://example.com:*", "net tcp://example.com:1", Open),
        ("net tcp://example.com:*", "net udp://example.com:1", Denied),
        ("net *://example.com:53", "net udp://example.com:53", Open),
        ("net example.com:53", "net udp://example.com:53", Open),
        ("icmp *", "icmp example.com", Open),
    ]);
}

#[test]
fn subdomains_are_below_the_domain_and_nothing_else_is() {
    let given = "http https://*.example.com";
    check(&[
        (given, "http https://www.example.com:443", Open),
        (given, "http https://a.b.example.com:443", Open),
        (given, "http https://WWW.Example.Com.:443", Open),
        (given, "http https://example.com:443", Denied),
        (given, "http https://example.com.evil.test:443", Denied),
        (given, "http https://www.example.com.evil.test:443", Denied),
        (given, "http https://evilexample.com:443", Denied),
        (given, "http https://evil-example.com:443", Denied),
        (given, "http https://.example.com:443", Never),
        ("http https://example.com", "http https://www.example.com:443", Denied),
        ("icmp *.example.com", "icmp db.example.com", Open),
        ("http https://*.com", "http https://example.com:443", Open),
    ]);
}

#[test]
fn names_are_compared_in_one_spelling() {
    let given = "http https://example.com";
    check(&[
        (given, "http https://EXAMPLE.com:443", Open),
        (given, "http https://example.com.:443", Open),
        ("http https://EXAMPLE.com.", "http https://example.com:443", Open),
        ("http https://xn--bcher-kva.example", "http https://XN--BCHER-KVA.example:443", Open),
        (given, "http https://example.com..:443", Never),
        (given, "http https://bücher.example:443", Never),
        (given, "http https://example.com%2eevil.test:443", Never),
        (given, "http https://user@example.com:443", Never),
        (given, "http https://example.com evil:443", Never),
        (given, "http https://example.com\\evil:443", Never),
        (given, "http https://:443", Never),
        (given, "http https://ex ample.com:443", Never),
    ]);
}

#[test]
fn every_spelling_of_an_address_is_that_address() {
    let any = "http http://*:*";
    check(&[
        (any, "http http://127.0.0.1:80", Denied),
        (any, "http http://0x7f.1:80", Denied),
        (any, "http http://0x7f000001:80", Denied),
        (any, "http http://2130706433:80", Denied),
        (any, "http http://017700000001:80", Denied),
        (any, "http http://127.1:80", Denied),
        (any, "http http://127.0.1:80", Denied),
        (any, "http http://0177.0.0.1:80", Denied),
        (any, "http http://127.0.0.1.:80", Denied),
        (any, "http http://[::1]:80", Denied),
        (any, "http http://[0:0:0:0:0:0:0:1]:80", Denied),
        (any, "http http://[::ffff:127.0.0.1]:80", Denied),
        (any, "http http://[::ffff:7f00:1]:80", Denied),
        (any, "http http://0:80", Denied),
        (any, "http http://0.0.0.0:80", Denied),
        (any, "http http://[::]:80", Denied),
        (any, "http http://256.0.0.1:80", Never),
        (any, "http http://1.2.3.4.5:80", Never),
        (any, "http http://08.0.0.1:80", Never),
        (any, "http http://[fe80::1%eth0]:80", Never),
        (any, "http http://[::1:80", Never),
        ("http http://127.0.0.1", "http http://0x7f.1:80", Open),
        ("http http://0x7f.1", "http http://127.0.0.1:80", Open),
        ("http http://127.0.0.1", "http http://[::ffff:127.0.0.1]:80", Open),
        ("http http://[2001:db8::1]", "http http://[2001:0DB8:0::1]:80", Open),
    ]);
}

#[test]
fn special_addresses_are_closed_unless_written() {
    let any = "http http://*:*";
    check(&[
        (any, "http http://a.test:80 -> 93.184.216.34", Open),
        (any, "http http://a.test:80 -> 2606:2800:220:1::1", Open),
        (any, "http http://a.test:80 -> 127.0.0.1", Denied),
        (any, "http http://a.test:80 -> 127.9.9.9", Denied),
        (any, "http http://a.test:80 -> ::1", Denied),
        (any, "http http://a.test:80 -> 0.0.0.0", Denied),
        (any, "http http://a.test:80 -> 0.1.2.3", Denied),
        (any, "http http://a.test:80 -> ::", Denied),
        (any, "http http://a.test:80 -> 169.254.169.254", Denied),
        (any, "http http://a.test:80 -> 169.254.0.1", Denied),
        (any, "http http://a.test:80 -> fe80::1", Denied),
        (any, "http http://a.test:80 -> 168.63.129.16", Denied),
        (any, "http http://a.test:80 -> 100.100.100.200", Denied),
        (any, "http http://a.test:80 -> 192.0.0.192", Denied),
        (any, "http http://a.test:80 -> fd00:ec2::254", Denied),
        (any, "http http://a.test:80 -> 100.64.0.1", Denied),
        (any, "http http://a.test:80 -> 100.127.255.255", Denied),
        (any, "http http://a.test:80 -> 100.128.0.1", Open),
        (any, "http http://a.test:80 -> 224.0.0.1", Denied),
        (any, "http http://a.test:80 -> 239.255.255.250", Denied),
        (any, "http http://a.test:80 -> 255.255.255.255", Denied),
        (any, "http http://a.test:80 -> ff02::1", Denied),
        (any, "http http://a.test:80 -> 2001::1", Denied),
        ("http http://169.254.169.254", "http http://169.254.169.254:80", Open),
        ("target http http://169.254.169.254/latest", "http http://169.254.169.254:80", Open),
        ("http http://127.0.0.0/8:*", "http http://127.0.0.1:80", Denied),
        ("http http://127.0.0.1/32:*", "http http://127.0.0.1:80", Open),
        ("private 127.0.0.0/8; http http://*:*", "http http://a.test:80 -> 127.0.0.1", Denied),
        ("private fd00::/8; http http://*:*", "http http://a.test:80 -> fd00:ec2::254", Denied),
    ]);
}

#[test]
fn ipv4_inside_ipv6_is_judged_as_what_it_leads_to() {
    let any = "http http://*:*";
    check(&[
        (any, "http http://a.test:80 -> ::ffff:127.0.0.1", Denied),
        (any, "http http://a.test:80 -> ::ffff:169.254.169.254", Denied),
        (any, "http http://a.test:80 -> ::ffff:10.0.0.1", Denied),
        (any, "http http://a.test:80 -> ::ffff:93.184.216.34", Open),
        (any, "http http://a.test:80 -> ::127.0.0.1", Denied),
        (any, "http http://a.test:80 -> 64:ff9b::7f00:1", Denied),
        (any, "http http://a.test:80 -> 64:ff9b::a9fe:a9fe", Denied),
        (any, "http http://a.test:80 -> 64:ff9b::5db8:d822", Open),
        (any, "http http://a.test:80 -> 64:ff9b:1::7f00:1", Denied),
        (any, "http http://a.test:80 -> 2002:7f00:1::", Denied),
        (any, "http http://a.test:80 -> 2002:a9fe:a9fe::1", Denied),
        (any, "http http://a.test:80 -> 2002:a00:1::1", Denied),
        (any, "http http://a.test:80 -> 2002:5db8:d822::1", Open),
        ("private 10.0.0.0/8; http http://*:*", "http http://a.test:80 -> ::ffff:10.0.0.1", Open),
        ("http http://a.test; http http://127.0.0.1", "http http://a.test:80 -> 64:ff9b::7f00:1", Denied),
    ]);
}

#[test]
fn an_address_that_was_written_is_open_for_its_scheme_and_port_alone() {
    check(&[
        ("http http://a.test:*; http http://127.0.0.1:8080", "http http://a.test:8080 -> 127.0.0.1", Open),
        ("http http://a.test:*; http http://127.0.0.1:8080", "http http://a.test:9090 -> 127.0.0.1", Denied),
        ("http http://127.0.0.1:8080", "net tcp://127.0.0.1:8080", Denied),
        ("http http://127.0.0.1:8080", "http http://127.0.0.2:8080", Denied),
    ]);
}

#[test]
fn localhost_is_loopback_when_it_was_written() {
    check(&[
        ("target http http://localhost:8080/health", "http http://localhost:8080 -> 127.0.0.1", Open),
        ("target http http://localhost:8080/health", "http http://localhost:8080 -> ::1", Open),
        ("target http http://localhost:8080/health", "http http://LOCALHOST.:8080 -> 127.0.0.1", Open),
        ("target http http://localhost:8080/health", "http http://localhost:8081 -> 127.0.0.1", Denied),
        ("target http http://localhost:8080/health", "http http://127.0.0.1:8080", Denied),
        ("target http http://localhost:8080/health", "http http://localhost:8080 -> 169.254.169.254", Denied),
        ("target http http://localhost:8080/health", "http http://localhost:8080 -> 10.0.0.1", Denied),
        ("http http://*:*", "http http://localhost:8080 -> 127.0.0.1", Denied),
        ("http http://*:*; http http://localhost:8080", "http http://a.test:8080 -> 127.0.0.1", Denied),
        ("http http://*.localhost", "http http://app.localhost:80 -> 127.0.0.1", Denied),
        ("net tcp://localhost:5432", "net tcp://localhost:5432 -> ::1", Open),
        ("icmp localhost", "icmp localhost -> 127.0.0.1", Open),
    ]);
}

#[test]
fn private_ranges_are_open_when_the_host_or_a_grant_names_them() {
    let any = "http http://*:*";
    check(&[
        (any, "http http://a.test:80 -> 10.1.2.3", Denied),
        (any, "http http://a.test:80 -> 172.16.0.1", Denied),
        (any, "http http://a.test:80 -> 172.31.255.255", Denied),
        (any, "http http://a.test:80 -> 172.32.0.1", Open),
        (any, "http http://a.test:80 -> 192.168.1.1", Denied),
        (any, "http http://a.test:80 -> fd12::1", Denied),
        (any, "http http://10.1.2.3:80", Denied),
        ("private 10.0.0.0/8; http http://*:*", "http http://a.test:80 -> 10.1.2.3", Open),
        ("private 10.0.0.0/8; http http://*:*", "http http://a.test:80 -> 192.168.1.1", Denied),
        ("private 10.0.0.0/8", "http http://a.test:80 -> 10.1.2.3", Denied),
        ("private 10.0.0.0/8; http http://*:*", "http http://10.1.2.3:80", Open),
        ("http http://a.test; http http://10.0.0.0/8:*", "http http://a.test:80 -> 10.1.2.3", Open),
        ("http http://a.test; http http://10.0.0.0/8:8080", "http http://a.test:80 -> 10.1.2.3", Denied),
        ("http http://a.test; http http://10.1.2.3", "http http://a.test:80 -> 10.1.2.3", Open),
        ("http http://a.test; http http://0.0.0.0/0:*", "http http://a.test:80 -> 10.1.2.3", Denied),
        ("http http://0.0.0.0/0:*", "http http://93.184.216.34:80", Open),
        ("http http://10.0.0.0/8", "http http://10.1.2.3:80", Open),
        ("http http://10.0.0.0/8", "http http://a.test:80 -> 10.1.2.3", Denied),
        ("http http://[fd00::/8]:*", "http http://[fd12::1]:80", Open),
        ("target http http://10.1.2.3/", "http http://10.1.2.3:80", Open),
        ("target http http://cam.internal/", "http http://cam.internal:80 -> 10.1.2.3", Denied),
        (
            "private 10.0.0.0/8; target http http://cam.internal/",
            "http http://cam.internal:80 -> 10.1.2.3",
            Open,
        ),
        ("net tcp://db.internal:5432; private 10.0.0.0/8", "net tcp://db.internal:5432 -> 10.0.0.5", Open),
        ("icmp gw.internal", "icmp gw.internal -> 192.168.0.1", Denied),
        ("icmp gw.internal; icmp 192.168.0.0/16", "icmp gw.internal -> 192.168.0.1", Open),
    ]);
}

#[test]
fn the_hosts_own_listeners_stay_closed_whatever_is_written() {
    check(&[
        ("own 127.0.0.1:8686; http http://127.0.0.1:8686", "http http://127.0.0.1:8686", Never),
        ("own 127.0.0.1:8686; target http http://127.0.0.1:8686/", "http http://127.0.0.1:8686", Never),
        (
            "own 127.0.0.1:8686; target http http://localhost:8686/",
            "http http://localhost:8686 -> 127.0.0.1",
            Never,
        ),
        ("own 127.0.0.1:8686; http http://*:*", "http http://a.test:8686 -> ::ffff:127.0.0.1", Never),
        ("own 127.0.0.1:8686; http http://0.0.0.0:8686", "http http://0.0.0.0:8686", Never),
        ("own 127.0.0.1:8686; http http://127.0.0.1:8687", "http http://127.0.0.1:8687", Open),
        ("own 0.0.0.0:8687; http http://127.0.0.1:8687", "http http://127.0.0.1:8687", Never),
        ("own [::]:8687; net tcp://localhost:8687", "net tcp://localhost:8687 -> ::1", Never),
        ("own [::]:8687; net tcp://127.0.0.5:8687", "net tcp://127.0.0.5:8687", Never),
        ("own 203.0.113.7:8687; http http://*:*", "http http://a.test:8687 -> 203.0.113.7", Never),
        ("own 203.0.113.7:8687; http http://*:*", "http http://a.test:8687 -> 203.0.113.8", Open),
        ("own 127.0.0.1:53; dns *@127.0.0.1", "dns a.test@127.0.0.1:53", Never),
        ("own 127.0.0.1:8686; icmp 127.0.0.1", "icmp 127.0.0.1", Open),
    ]);
}

#[test]
fn a_target_in_the_config_grants_exactly_itself() {
    check(&[
        ("target http https://shop.example.com/cart?x=1", "http https://shop.example.com:443", Open),
        ("target http https://shop.example.com:8443", "http https://shop.example.com:8443", Open),
        ("target http https://shop.example.com/", "http https://cdn.example.com:443", Denied),
        ("target http https://shop.example.com/", "http http://shop.example.com:80", Denied),
        ("target net db.example.com:5432", "net tcp://db.example.com:5432", Open),
        ("target net db.example.com:5432", "net udp://db.example.com:5432", Open),
        ("target tcp db.example.com:5432", "net tcp://db.example.com:5432", Open),
        ("target tcp db.example.com:5432", "net udp://db.example.com:5432", Denied),
        ("target udp ntp.example.com:123", "net udp://ntp.example.com:123", Open),
        ("target net tcp://[2001:db8::5]:5432", "net tcp://[2001:db8::5]:5432", Open),
        ("target icmp gw.example.com", "icmp gw.example.com", Open),
        ("target icmp 10.0.0.1", "icmp 10.0.0.1", Open),
        ("target dns example.com", "dns example.com", Open),
        ("target dns example.com", "dns www.example.com", Denied),
    ]);
}

#[test]
fn dns_grants_name_questions_and_servers() {
    check(&[
        ("dns *.example.com", "dns www.example.com", Open),
        ("dns *.example.com", "dns example.com", Denied),
        ("dns example.com", "dns EXAMPLE.com.", Open),
        ("dns example.com", "dns example.com@9.9.9.9:53", Denied),
        ("dns example.com@9.9.9.9", "dns example.com@9.9.9.9:53", Open),
        ("dns example.com@9.9.9.9", "dns example.com", Denied),
        ("dns example.com@9.9.9.9", "dns example.com@9.9.9.9:5353", Denied),
        ("dns example.com@9.9.9.9:*", "dns example.com@9.9.9.9:5353", Open),
        ("dns example.com@9.9.9.9", "dns example.org@9.9.9.9:53", Denied),
        ("dns example.com; dns @9.9.9.9", "dns example.com@9.9.9.9:53", Open),
        ("dns example.com; dns @9.9.9.9", "dns example.com@8.8.8.8:53", Denied),
        ("target dns example.com; target dns 9.9.9.9", "dns example.com@9.9.9.9:53", Open),
        (
            "target dns example.com; target dns [2001:db8::53]:5353",
            "dns example.com@[2001:db8::53]:5353",
            Open,
        ),
        ("dns *@*", "dns example.com@9.9.9.9:53", Open),
        ("dns *@*", "dns example.com@10.0.0.53:53", Denied),
        ("dns *@*; private 10.0.0.0/8", "dns example.com@10.0.0.53:53", Open),
        ("dns *@10.0.0.53", "dns example.com@10.0.0.53:53", Open),
        ("dns *@10.0.0.0/8", "dns example.com@10.0.0.53:53", Open),
        ("dns *@*", "dns example.com@127.0.0.1:53", Denied),
        ("dns *", "dns .", Open),
        ("", "dns .", Denied),
        ("dns *", "dns _dmarc.example.com", Open),
        ("dns *", "dns 2.0.0.127.zen.spamhaus.org", Open),
        ("dns *", "dns a b", Never),
    ]);
}

#[test]
fn unverified_tls_revealing_and_other_names_are_grants_of_their_own() {
    check(&[
        ("tls_unverified https://old.example.com", "tls https://old.example.com:443", Open),
        ("tls_unverified https://old.example.com", "tls https://old.example.com:8443", Denied),
        ("tls_unverified tcp://mail.example.com:993", "tls tcp://mail.example.com:993", Open),
        ("target http https://old.example.com/", "tls https://old.example.com:443", Denied),
        ("reveal smtp-password", "reveal smtp-password", Open),
        ("reveal smtp-password", "reveal api-key", Denied),
        ("", "host example.com for example.com", Open),
        ("", "host EXAMPLE.com.:8080 for example.com", Open),
        ("", "host other.example for 203.0.113.9", Denied),
        ("server_name shop.example.com", "host shop.example.com for 203.0.113.9", Open),
        ("server_name *.example.com", "host shop.example.com:443 for 203.0.113.9", Open),
        ("server_name shop.example.com", "host evil.test for 203.0.113.9", Denied),
        ("", "host a\r\nb for example.com", Never),
    ]);
}

#[test]
fn what_a_plugin_did_not_ask_for_stays_closed() {
    check(&[
        ("asks http https://api.example.com; http https://*", "http https://api.example.com:443", Open),
        ("asks http https://api.example.com; http https://*", "http https://other.example.com:443", Never),
        ("asks http https://*; http https://api.example.com", "http https://api.example.com:443", Open),
        ("asks http https://*", "http https://api.example.com:443", Denied),
        ("asks http https://*; target net db:5432", "net tcp://db:5432", Open),
        ("asks http https://*; net tcp://db:5432", "net tcp://db:5432", Never),
        ("asks reveal a; reveal a", "reveal a", Open),
    ]);
}

#[test]
fn the_address_layer_asks_the_name_again() {
    check(&[
        ("", "http http://a.test:80 -> 93.184.216.34", Denied),
        ("http http://93.184.216.34", "http http://a.test:80 -> 93.184.216.34", Denied),
        ("http http://a.test", "http http://a.test:80 -> 93.184.216.34", Open),
    ]);
}

#[test]
fn a_denial_says_what_who_and_what_to_add() {
    let text = |given: &str, tried: &str| decided(&rights(given), tried).unwrap_err().to_string();
    insta::assert_snapshot!(
        [
            text("", "http https://api.example.com:443"),
            text("", "http http://api.example.com:8080"),
            text("", "net tcp://db.example.com:5432"),
            text("", "icmp 203.0.113.9"),
            text("", "dns example.com@9.9.9.9:53"),
            text("", "reveal api-key"),
            text("", "tls https://old.example.com:443"),
            text("", "host shop.example.com for 203.0.113.9"),
            text("http http://cam.internal", "http http://cam.internal:80 -> 10.1.2.3"),
            text("http http://*:*", "http http://rebind.test:80 -> 169.254.169.254"),
            text("http http://*:*", "http http://2130706433:80"),
            text("own 127.0.0.1:8686", "http http://localhost:8686"),
            text("own 127.0.0.1:8686", "http http://127.0.0.1:8686"),
            text("asks http https://a.test; http https://*", "http https://b.test:443"),
            text("", "http https://user@example.com:443"),
        ]
        .join("\n"),
        @r#"
        denied: http to https://api.example.com; hint: add `http = ["https://api.example.com"]` under [plugin.probe.allow]
        denied: http to http://api.example.com:8080; hint: add `http = ["http://api.example.com:8080"]` under [plugin.probe.allow]
        denied: net to tcp://db.example.com:5432; hint: add `net = ["tcp://db.example.com:5432"]` under [plugin.probe.allow]
        denied: icmp to 203.0.113.9; hint: add `icmp = ["203.0.113.9"]` under [plugin.probe.allow]
        denied: dns question for example.com@9.9.9.9; hint: add `dns = ["example.com@9.9.9.9"]` under [plugin.probe.allow]
        denied: reveal of secret `api-key`; hint: add `reveal = ["api-key"]` under [plugin.probe.allow]
        denied: unverified TLS to https://old.example.com; hint: add `tls_unverified = ["https://old.example.com"]` under [plugin.probe.allow]
        denied: server name `shop.example.com` in place of the URL's host; hint: add `server_name = ["shop.example.com"]` under [plugin.probe.allow]
        denied: http to http://cam.internal, since `cam.internal` leads to `10.1.2.3`, a private address; hint: add `http = ["http://10.1.2.3"]` under [plugin.probe.allow], or `private_networks = ["10.1.2.3/32"]` under [host]
        denied: http to http://rebind.test, since `rebind.test` leads to `169.254.169.254`, a cloud metadata address; hint: add `http = ["http://169.254.169.254"]` under [plugin.probe.allow]
        denied: http to http://127.0.0.1, a loopback address; hint: add `http = ["http://127.0.0.1"]` under [plugin.probe.allow]
        denied: http to http://localhost:8686; hint: add `http = ["http://localhost:8686"]` under [plugin.probe.allow]
        denied: http to http://127.0.0.1:8686, where this host itself listens; hint: no grant opens the host's own listeners to a plugin
        denied: http to https://b.test, which plugin `probe` does not request; hint: its author has to request `http` to `https://b.test`
        denied: http to `user@example.com`: it carries a user name; hint: leave it out and place the credential as a secret
        "#
    );
}

#[test]
fn entries_that_are_no_grants_are_refused_with_their_fix() {
    let text = |capability: &str, entry: &str| {
        Allow::default().parse_entry(capability, entry).unwrap_err().to_string()
    };
    insta::assert_snapshot!(
        [
            text("http", "api.example.com"),
            text("http", "ftp://example.com"),
            text("http", "tcp://example.com:80"),
            text("http", "https://example.com/v1"),
            text("http", "https://example.com?x"),
            text("http", "https://bob:secret@example.com"),
            text("http", "https://"),
            text("http", "https://ex*mple.com"),
            text("http", "https://*.10.0.0.1"),
            text("http", "https://bücher.example"),
            text("http", "https://example.com:0"),
            text("http", "https://example.com:70000"),
            text("http", "https://example.com:x"),
            text("http", "http://10.0.0.1/8"),
            text("http", "http://10.0.0.0/33"),
            text("net", "db.example.com"),
            text("net", "https://db.example.com:443"),
            text("net", "tcp://db.example.com:5432/x"),
            text("dns", "example.com@ns.example.com"),
            text("dns", ""),
            text("icmp", "https://example.com"),
            text("reveal", "*"),
            text("files", "/var/log"),
            text("htpp", "https://example.com"),
        ]
        .join("\n"),
        @r#"
        `api.example.com` is no valid target: it has no scheme; hint: write it as `https://api.example.com`, `https://*.example.com:8443` or `http://10.0.0.0/8:*`
        `ftp://example.com` is no valid target: `ftp` is no scheme for it; hint: write it as `https://api.example.com`, `https://*.example.com:8443` or `http://10.0.0.0/8:*`
        `tcp://example.com:80` is no valid target: `http` grants are for `http` and `https`; hint: put it into `net`
        `https://example.com/v1` is no valid target: it has a path; hint: a grant is for a whole origin: write `https://example.com`
        `https://example.com?x` is no valid target: it has a path; hint: a grant is for a whole origin: write `https://example.com`
        `https://` is no valid target: it carries a user name or a password; hint: leave it out and place the credential as a secret
        `https://` is no valid target: the host is empty; hint: name a host, such as `api.example.com`
        `https://ex*mple.com` is no valid target: `*` stands for a whole host or for all in front of a domain; hint: write `*` or `*.example.com`
        `https://*.10.0.0.1` is no valid target: an address has no subdomains; hint: write the network as `10.0.0.0/8`
        `https://bücher.example` is no valid target: it has letters outside ASCII; hint: write the name in its `xn--` form
        `https://example.com:0` is no valid target: `0` is no port; hint: ports are numbers from 1 to 65535
        `https://example.com:70000` is no valid target: `70000` is no port; hint: ports are numbers from 1 to 65535
        `https://example.com:x` is no valid target: `x` is no port; hint: ports are numbers from 1 to 65535
        `http://10.0.0.1/8` is no valid target: it has bits behind the prefix; hint: write `10.0.0.0/8`
        `http://10.0.0.0/33` is no valid target: it is no network; hint: write it as `10.0.0.0/8` or `[fd00::/8]`
        `db.example.com` is no valid target: it has no port; hint: write `db.example.com:PORT`, or `db.example.com:*` for every port
        `https://db.example.com:443` is no valid target: `net` grants are for `tcp` and `udp`, not `https`; hint: write it as `tcp://db.example.com:5432`, or `db.example.com:5432` for tcp and udp
        `tcp://db.example.com:5432/x` is no valid target: it has a path; hint: a grant is for a whole origin: write `tcp://db.example.com:5432`
        `example.com@ns.example.com` is no valid target: a name server is written as an address; hint: write it as `example.com@192.0.2.53`, or `example.com@*` for any server
        `` is no valid target: the host is empty; hint: name a host, such as `api.example.com`
        `https://example.com` is no valid target: it has a scheme; hint: write the host alone, such as `gw.example.com`
        `*` is no valid target: it names no single secret; hint: name each secret on its own; there is no pattern for secrets
        `/var/log` is no valid target: there is no capability `files`; hint: capabilities are `http`, `net`, `dns`, `icmp`, `reveal`, `tls_unverified`, `server_name`
        `https://example.com` is no valid target: there is no capability `htpp`; hint: capabilities are `http`, `net`, `dns`, `icmp`, `reveal`, `tls_unverified`, `server_name`
        "#
    );
}

#[test]
fn config_values_that_are_no_targets_are_refused_and_never_patterns() {
    let text =
        |capability: &str, value: &str| Target::from_config(capability, value).unwrap_err().to_string();
    insta::assert_snapshot!(
        [
            text("http", "https://*"),
            text("http", "https://*.example.com/"),
            text("http", "https://bob:secret@example.com/"),
            text("http", "https:\\\\example.com"),
            text("http", "https://example.com\\@evil.test/"),
            text("http", "tcp://example.com:80/token"),
            text("http", "shop.example.com"),
            text("http", "https://exa\tmple.com/token"),
            text("http", "https://hooks.example.com:bad/token"),
            text("net", "db.example.com"),
            text("net", "2001:db8::5"),
            text("net", "10.0.0.0/8:5432"),
            text("net", "*:5432"),
            text("tcp", "udp://db:5432"),
            text("dns", "*"),
            text("icmp", "*"),
            text("files", "/var/log"),
        ]
        .join("\n"),
        @r#"
        `https://*` is no valid target: `*` cannot stand in a host name; hint: name a host, such as `api.example.com`
        `https://*.example.com` is no valid target: `*` cannot stand in a host name; hint: name a host, such as `api.example.com`
        `https` is no valid target: it carries a user name or a password; hint: leave it out and place the credential as a secret
        `https:` is no valid target: it has no scheme; hint: write it as `https://api.example.com/path`
        `https://example.com` is no valid target: a backslash follows the host; hint: write it as `https://api.example.com/path`
        `tcp://example.com:80` is no valid target: it is no URL of a web server; hint: write a URL that begins with `https://` or `http://`
        `shop.example.com` is no valid target: it has no scheme; hint: write it as `https://api.example.com/path`
        `https://exa	mple.com` is no valid target: it has a blank or a control character; hint: write it as `https://api.example.com/path`
        `https://hooks.example.com:bad` is no valid target: `bad` is no port; hint: ports are numbers from 1 to 65535
        `db.example.com` is no valid target: it has no port; hint: write it as `db.example.com:PORT` with the port
        `2001:db8::5` is no valid target: it has no port; hint: write it as `[2001:db8::5]:PORT` with the port
        `10.0.0.0/8:5432` is no valid target: `/` cannot stand in a host name; hint: name a host, such as `api.example.com`
        `*:5432` is no valid target: `*` cannot stand in a host name; hint: name a host, such as `api.example.com`
        `udp://db:5432` is no valid target: `udp` has no place here; hint: write it as `host:port`
        `*` is no valid target: `*` cannot stand in a host name; hint: name a host, such as `api.example.com`
        `*` is no valid target: `*` cannot stand in a host name; hint: name a host, such as `api.example.com`
        `/var/log` is no valid target: a config field cannot grant `files`; hint: the plugin may mark fields with `http`, `net`, `tcp`, `udp`, `dns` or `icmp`
        "#
    );
}

#[test]
fn entries_are_shown_as_they_would_be_written() {
    for (capability, entry) in [
        ("http", "https://api.example.com"),
        ("http", "*://*.example.com:*"),
        ("http", "http://10.0.0.0/8:8080"),
        ("http", "http://[fd00::/8]:8080"),
        ("http", "https://[2001:db8::1]:8443"),
        ("net", "tcp://db.example.com:5432"),
        ("net", "db.example.com:*"),
        ("dns", "*"),
        ("dns", "."),
        ("dns", "*.example.com@10.0.0.53"),
        ("dns", "@[2001:db8::53]:5353"),
        ("icmp", "10.0.0.0/8"),
        ("reveal", "api-key"),
        ("tls_unverified", "https://old.example.com"),
        ("server_name", "*.example.com"),
    ] {
        let mut allow = Allow::default();
        allow.parse_entry(capability, entry).unwrap();
        let shown: Vec<String> = allow.entries().map(|(of, text)| format!("{of} {text}")).collect();
        assert_eq!(shown, [format!("{capability} {entry}")]);
    }
}

#[test]
fn merging_adds_what_is_new_and_nothing_twice() {
    let mut allow = rights("http https://a.test; icmp a.test").allow;
    allow.merge(&rights("http https://a.test; http https://b.test; reveal key").allow);
    assert_eq!(allow, rights("http https://a.test; http https://b.test; icmp a.test; reveal key").allow);
    assert!(!allow.is_empty());
    assert!(Allow::default().is_empty());
}

#[test]
fn a_secret_goes_where_it_is_bound_and_nowhere_else() {
    let secret = SecretName::from("api-key");
    let goes = |to: &[&str], scheme: Scheme, host: &str, port: u16| {
        let to: Vec<OriginPattern> = to.iter().map(|entry| OriginPattern::parse(entry).unwrap()).collect();
        decide_secret(&secret, &to, scheme, host, port).map_err(|denial| denial.to_string())
    };
    let to = ["https://api.example.com", "https://*.example.net:8443", "tcp://mail.example.com:587"];
    assert_eq!(goes(&to, Scheme::Https, "API.example.com.", 443), Ok(()));
    assert_eq!(goes(&to, Scheme::Https, "a.example.net", 8443), Ok(()));
    assert_eq!(goes(&to, Scheme::Tcp, "mail.example.com", 587), Ok(()));
    assert!(goes(&to, Scheme::Http, "api.example.com", 443).is_err());
    assert!(goes(&to, Scheme::Https, "api.example.com", 8443).is_err());
    assert!(goes(&to, Scheme::Https, "api.example.com.evil.test", 443).is_err());
    assert!(goes(&[], Scheme::Https, "api.example.com", 443).is_err());
    insta::assert_snapshot!(goes(&to, Scheme::Https, "evil.test", 443).unwrap_err(), @r#"denied: secret `api-key` to https://evil.test, to which it is not bound; hint: add `"https://evil.test"` to `to` of `api-key` under [secrets]"#);
}

#[test]
fn a_secret_that_is_a_url_is_bound_to_its_own_origin_and_never_shown() {
    let to = [OriginPattern::of_url("https://hooks.slack.com/services/T0/B0/canary").unwrap()];
    let secret = SecretName::from("slack-webhook");
    assert_eq!(to[0].to_string(), "https://hooks.slack.com");
    assert!(decide_secret(&secret, &to, Scheme::Https, "hooks.slack.com", 443).is_ok());
    assert!(decide_secret(&secret, &to, Scheme::Https, "slack.com", 443).is_err());
    for url in [
        "https://hooks.slack.com:x/canary",
        "ftp://hooks.slack.com/canary",
        "https:///canary",
        "https://canary@hooks.slack.com/",
        "https://hooks.slack.com/can ary",
        "tcp://hooks.slack.com/canary",
        "https://ho_ks.*/canary?canary#canary",
        "canary",
    ] {
        let error = OriginPattern::of_url(url).unwrap_err().to_string();
        assert!(!error.contains("canary") && !error.contains("can ary"), "{error}");
    }
}
