//! Who asked for a letter to confirm, so that a stranger can neither fill a mailbox nor the memory. Digests alone are
//! kept, and in memory alone: an address that is not confirmed is written down nowhere.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use super::Address;
use crate::ids::Digest;
use crate::time::Mono;

/// Letters to confirm that one address gets in a day, of all pages.
pub const ADDRESS_REQUESTS_MAX: usize = 3;
/// Letters to confirm that one client brings about in a day; of IPv6, one network of 64 bits.
pub const CLIENT_REQUESTS_MAX: usize = 20;
/// Requests that are remembered. While there are as many, nobody gets a letter.
pub const REMEMBERED_MAX: usize = 10_000;
const DAY: Duration = Duration::from_secs(86_400);

/// The requests of the last day that led to a letter.
#[derive(Debug, Default)]
pub struct Requests {
    latest: VecDeque<(Mono, [Digest; 2])>,
    counts: BTreeMap<[u8; 32], usize>,
}

impl Requests {
    /// Whether a letter goes out for this request. A form answers the same either way.
    #[must_use]
    pub fn admit(&mut self, address: &Address, client: IpAddr, now: Mono) -> bool {
        self.forget(now);
        let keys = [of_address(address), of_client(client)];
        let count = |key: &Digest| self.counts.get(&key.0).copied().unwrap_or(0);
        if self.latest.len() >= REMEMBERED_MAX
            || count(&keys[0]) >= ADDRESS_REQUESTS_MAX
            || count(&keys[1]) >= CLIENT_REQUESTS_MAX
        {
            return false;
        }
        for key in &keys {
            *self.counts.entry(key.0).or_default() += 1;
        }
        self.latest.push_back((now, keys));
        true
    }
    fn forget(&mut self, now: Mono) {
        while self.latest.front().is_some_and(|(at, _)| now >= *at + DAY) {
            let Some((_, keys)) = self.latest.pop_front() else { return };
            for key in keys {
                if let Some(count) = self.counts.get_mut(&key.0) {
                    *count -= 1;
                    if *count == 0 {
                        self.counts.remove(&key.0);
                    }
                }
            }
        }
    }
}

/// In lower case: most servers do not tell `Ann` from `ann`, and a mailbox is not bombed in two spellings.
fn of_address(address: &Address) -> Digest {
    Digest::of(format!("address {}", address.as_str().to_ascii_lowercase()).as_bytes())
}

fn of_client(client: IpAddr) -> Digest {
    let text = match client.to_canonical() {
        IpAddr::V4(client) => format!("client {client}"),
        IpAddr::V6(client) => format!("network {:x?}", &client.segments()[..4]),
    };
    Digest::of(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Mono {
        Mono::default() + Duration::from_secs(seconds)
    }
    fn address(number: usize) -> Address {
        Address::parse(&format!("ann{number}@example.org")).unwrap()
    }
    fn client(number: usize) -> IpAddr {
        IpAddr::from(u32::try_from(number).unwrap().to_be_bytes())
    }
    fn admitted(requests: &mut Requests, each: impl Fn(usize) -> (Address, IpAddr), now: Mono) -> usize {
        (0..200)
            .filter(|number| {
                let (address, client) = each(*number);
                requests.admit(&address, client, now)
            })
            .count()
    }

    #[test]
    fn a_mailbox_and_a_client_have_their_bounds_for_a_day() {
        let mut requests = Requests::default();
        let bombed = |number| {
            (Address::parse(["ann@example.org", "ANN@example.org"][number % 2]).unwrap(), client(number))
        };
        assert_eq!(admitted(&mut requests, bombed, at(0)), ADDRESS_REQUESTS_MAX);
        assert_eq!(admitted(&mut requests, bombed, at(86_399)), 0);
        assert_eq!(admitted(&mut requests, bombed, at(86_400)), ADDRESS_REQUESTS_MAX);
        let mut requests = Requests::default();
        let network = |number| (address(number), format!("2001:db8::{number:x}").parse().unwrap());
        assert_eq!(admitted(&mut requests, network, at(0)), CLIENT_REQUESTS_MAX);
    }

    #[test]
    fn memory_is_bounded_and_given_back() {
        let mut requests = Requests::default();
        let count = (0..REMEMBERED_MAX + 50)
            .filter(|each| requests.admit(&address(*each), client(*each), at(0)))
            .count();
        assert_eq!((count, requests.latest.len()), (REMEMBERED_MAX, REMEMBERED_MAX));
        assert!(requests.admit(&address(0), client(0), at(86_400)));
        assert_eq!((requests.latest.len(), requests.counts.len()), (1, 2));
    }
}
