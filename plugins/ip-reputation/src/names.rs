//! The names under which a list has an address (RFC 5782, 2.1 and 2.4).

use std::net::{IpAddr, Ipv6Addr};

/// `25.2.0.192.zen.spamhaus.org`; of IPv6 all 32 digits, the last first.
pub(crate) fn of(address: IpAddr, zone: &str) -> String {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, d] = address.octets();
            format!("{d}.{c}.{b}.{a}.{zone}")
        }
        IpAddr::V6(address) => of_sixth(address, zone),
    }
}

fn of_sixth(address: Ipv6Addr, zone: &str) -> String {
    let bits = u128::from(address);
    let digits = (0..32).map(|at| format!("{:x}.", bits >> (4 * at) & 0xf));
    format!("{}{zone}", digits.collect::<String>())
}

/// What every list has to have, and what none may have.
pub(crate) fn tests(is_sixth: bool) -> [IpAddr; 2] {
    // In IPv6 they stand where IPv4 is mapped to, and are asked for as such.
    let last = |last: u16| match is_sixth {
        true => IpAddr::V6(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0x7f00, last)),
        false => IpAddr::from([127, 0, 0, last.to_be_bytes()[1]]),
    };
    [last(2), last(1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_written_backwards() {
        let of = |address: &str| of(address.parse().unwrap(), "dnsbl.example.net");
        assert_eq!(of("192.0.2.99"), "99.2.0.192.dnsbl.example.net");
        assert_eq!(
            of("2001:db8:1:2:3:4:567:89ab"),
            "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.dnsbl.example.net"
        );
        let [listed, not] = tests(true).map(|test| super::of(test, "z"));
        assert!(listed.starts_with("2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0."), "{listed}");
        assert!(not.starts_with("1.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0."), "{not}");
    }
}
