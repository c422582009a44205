//! Where a request comes from, as far as one is told from another.

use std::net::IpAddr;

/// An address, or the network that one customer has of IPv6.
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
