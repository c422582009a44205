//! Echo requests and replies on the wire (RFC 792, RFC 4443).

const REQUEST_V4: u8 = 8;
const REPLY_V4: u8 = 0;
const REQUEST_V6: u8 = 128;
const REPLY_V6: u8 = 129;
const HEAD_BYTES: usize = 8;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Version {
    V4,
    V6,
}

/// An echo request. Its payload begins with `token`, as far as that fits, so that a late answer to another run is not
/// taken for ours.
pub(super) fn request(version: Version, identifier: u16, sequence: u16, size: u16, token: u64) -> Vec<u8> {
    let kind = match version {
        Version::V4 => REQUEST_V4,
        Version::V6 => REQUEST_V6,
    };
    let mut packet = vec![kind, 0, 0, 0];
    packet.extend_from_slice(&identifier.to_be_bytes());
    packet.extend_from_slice(&sequence.to_be_bytes());
    let token = token.to_be_bytes();
    packet.extend((0..size).map(|at| token.get(usize::from(at)).copied().unwrap_or(at.to_le_bytes()[0])));
    if version == Version::V4 {
        // Over IPv6, the system knows the addresses that the sum covers, and fills it in.
        let sum = checksum(&packet).to_be_bytes();
        packet[2..4].copy_from_slice(&sum);
    }
    packet
}

/// The identifier, the sequence number and the beginning of the payload of a reply; `None` if it is something else.
pub(super) fn reply(version: Version, packet: &[u8]) -> Option<(u16, u16, &[u8])> {
    let kind = match version {
        Version::V4 => REPLY_V4,
        Version::V6 => REPLY_V6,
    };
    let head: &[u8; HEAD_BYTES] = packet.first_chunk()?;
    let fits = head[0] == kind && head[1] == 0;
    let number = |at: usize| u16::from_be_bytes([head[at], head[at + 1]]);
    fits.then(|| (number(4), number(6), &packet[HEAD_BYTES..]))
}

/// The packet without the header that a raw IPv4 socket puts in front.
pub(super) fn without_ip_header(packet: &[u8]) -> Option<&[u8]> {
    let words = packet.first()? & 0x0f;
    packet.get(usize::from(words) * 4..)
}

fn checksum(packet: &[u8]) -> u16 {
    let words = packet.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0)));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sum over a packet including its own checksum is all ones (RFC 1071).
    #[test]
    fn a_requests_checksum_makes_its_sum_all_ones() {
        for size in [0, 1, 7, 56, 1_000] {
            let packet = request(Version::V4, 0xbeef, 0xffff, size, u64::MAX - 3);
            assert_eq!(checksum(&packet), 0, "{size}");
            assert_eq!(packet.len(), HEAD_BYTES + usize::from(size));
        }
    }

    #[test]
    fn a_reply_is_told_from_everything_else() {
        let mut packet = request(Version::V4, 7, 3, 8, 0x0102_0304_0506_0708);
        assert_eq!(reply(Version::V4, &packet), None, "a request is no reply");
        packet[0] = REPLY_V4;
        assert_eq!(reply(Version::V4, &packet), Some((7, 3, &[1, 2, 3, 4, 5, 6, 7, 8][..])));
        assert_eq!(reply(Version::V6, &packet), None);
        assert_eq!(reply(Version::V4, &packet[..7]), None);
        let raw = [&[0x46; 24][..], &packet].concat();
        assert_eq!(without_ip_header(&raw), Some(&packet[..]));
        assert_eq!(without_ip_header(&[]), None);
    }
}
