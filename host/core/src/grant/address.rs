//! The kinds of addresses: which ones a name must not lead to unless the operator said so.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address stands for, as seen from the host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    Public,
    /// 10/8, 172.16/12, 192.168/16, fc00::/7: allowed if `private_networks` or a grant names them.
    Private,
    /// Allowed only if the operator wrote the address.
    Special(Special),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Special {
    Loopback,
    /// 0/8 and `::`, which many systems treat as the machine itself.
    Unspecified,
    LinkLocal,
    /// The address where clouds give credentials to whoever asks.
    Metadata,
    /// 100.64/10, also used by overlay networks.
    SharedAddressSpace,
    Multicast,
    Reserved,
}

impl Special {
    pub const fn as_str(self) -> &'static str {
        match self {
            Special::Loopback => "a loopback address",
            Special::Unspecified => "an unspecified address",
            Special::LinkLocal => "a link-local address",
            Special::Metadata => "a cloud metadata address",
            Special::SharedAddressSpace => "a shared (carrier or overlay) address",
            Special::Multicast => "a multicast address",
            Special::Reserved => "a reserved address",
        }
    }
}

/// The class of an address. An IPv4 address inside an IPv6 one (mapped, compatible, 6to4, NAT64) is judged as what it
/// leads to.
pub fn class_of(ip: IpAddr) -> Class {
    match ip {
        IpAddr::V4(ip) => class_of_v4(ip),
        IpAddr::V6(ip) => match embedded_v4(ip) {
            Some(inner) => class_of_v4(inner),
            None => class_of_v6(ip),
        },
    }
}

fn class_of_v4(ip: Ipv4Addr) -> Class {
    let special = match ip.octets() {
        [169, 254, 169, 254] | [168, 63, 129, 16] | [100, 100, 100, 200] | [192, 0, 0, 192] => {
            Special::Metadata
        }
        [127, ..] => Special::Loopback,
        [0, ..] => Special::Unspecified,
        [169, 254, ..] => Special::LinkLocal,
        [100, 64..=127, ..] => Special::SharedAddressSpace,
        [224..=239, ..] => Special::Multicast,
        [240..=255, ..] | [192, 0, 0, _] => Special::Reserved,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => return Class::Private,
        _ => return Class::Public,
    };
    Class::Special(special)
}

/// AWS, Google Cloud and Scaleway. All are inside the private range, which a wide grant might name.
const METADATA_V6: [Ipv6Addr; 3] = [
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42),
];

fn class_of_v6(ip: Ipv6Addr) -> Class {
    let special = match ip.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => Special::Loopback,
        [0, 0, 0, 0, 0, 0, 0, 0] => Special::Unspecified,
        _ if METADATA_V6.contains(&ip) => Special::Metadata,
        [0xfe80..=0xfebf, ..] => Special::LinkLocal,
        [0xff00..=0xffff, ..] => Special::Multicast,
        // Site-local (withdrawn), Teredo (the server relays to any IPv4 address), locally chosen NAT64 prefixes (it is
        // not known where the IPv4 address is).
        [0xfec0..=0xfeff, ..] | [0x2001, 0, ..] | [0x64, 0xff9b, 1, ..] => Special::Reserved,
        [0xfc00..=0xfdff, ..] => return Class::Private,
        _ => return Class::Public,
    };
    Class::Special(special)
}

fn embedded_v4(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let inner = match ip.segments() {
        // `::` and `::1` are themselves, and not the IPv4-compatible 0.0.0.0 and 0.0.0.1.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => return None,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => [high, low],
        _ => return None,
    };
    Some(Ipv4Addr::from(u32::from(inner[0]) << 16 | u32::from(inner[1])))
}
