//! Any text as a host.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn what_is_a_host_is_the_same_host_when_shown(text in "[-a-zA-Z0-9._:%@/\\\\\\[\\]]{0,40}") {
        if let Ok(host) = Host::parse(&text) {
            prop_assert_eq!(Host::parse(&host.to_string()), Ok(host));
        }
    }

    #[test]
    fn an_address_is_read_in_its_decimal_hexadecimal_octal_and_short_spellings(bits: u32) {
        let host = Host::Address(IpAddr::V4(Ipv4Addr::from(bits)));
        let [a, b, c, d] = bits.to_be_bytes();
        for text in [
            format!("{bits}"),
            format!("{bits:#x}"),
            format!("{bits:#X}"),
            format!("0{bits:o}"),
            format!("{a}.{b}.{c}.{d}."),
            format!("{a}.{}", bits & 0xff_ffff),
            format!("{a:#x}.0{b:o}.{}", bits & 0xffff),
            format!("[::ffff:{a}.{b}.{c}.{d}]"),
        ] {
            prop_assert_eq!(Host::parse(&text), Ok(host.clone()), "{}", text);
        }
    }

    /// Whatever a name leads to is closed, or public, or private and named.
    #[test]
    fn no_wildcard_opens_an_address_that_is_not_public(bits: u128) {
        let ip = IpAddr::V6(Ipv6Addr::from(bits));
        let rights = rights("http http://*:*");
        let call = Access::Origin { scheme: Scheme::Http, host: "a.test", port: 80 };
        let is_open = decide(&rights, &Access::Resolved { call: &call, ip }).is_ok();
        prop_assert_eq!(is_open, class_of(ip) == Class::Public);
    }

    #[test]
    fn a_grant_of_an_origin_covers_it_and_no_other(
        host in "[a-c]{1,2}(\\.[a-c]{1,2}){0,2}",
        other in "[a-c]{1,2}(\\.[a-c]{1,2}){0,2}",
        port in 1_u16..4,
        other_port in 1_u16..4,
    ) {
        let pattern = OriginPattern::parse(&format!("https://{host}:{port}")).unwrap();
        let covers = pattern.covers(Scheme::Https, &Host::parse(&other).unwrap(), other_port);
        prop_assert_eq!(covers, host == other && port == other_port);
    }

    #[test]
    fn any_entry_is_read_or_refused_and_reads_the_same_when_shown(
        capability in prop::sample::select(Capability::ALL.to_vec()),
        entry in "(https?://|tcp://|\\*://)?[-a-z0-9*.@/:\\[\\]]{0,24}",
    ) {
        let mut allow = Allow::default();
        if allow.parse_entry(capability.as_str(), &entry).is_ok() {
            let mut again = Allow::default();
            for (capability, shown) in allow.entries() {
                again.parse_entry(capability.as_str(), &shown).unwrap_or_else(|error| panic!("{entry}: {error}"));
            }
            prop_assert_eq!(again, allow);
        }
    }
}
