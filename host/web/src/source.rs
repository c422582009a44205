//! The source of a request, as far as sources are told apart.

use std::net::IpAddr;

/// An IPv4 address, or the IPv6 network that one customer has.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Source {
    Unknown,
    V4([u8; 4]),
    V6([u8; 8]),
}

impl Source {
    pub(crate) fn of(peer: Option<IpAddr>) -> Self {
        match peer.map(|peer| peer.to_canonical()) {
            None => Source::Unknown,
            Some(IpAddr::V4(address)) => Source::V4(address.octets()),
            Some(IpAddr::V6(address)) => {
                let octets = address.octets();
                Source::V6(std::array::from_fn(|place| octets[place]))
            }
        }
    }
}
