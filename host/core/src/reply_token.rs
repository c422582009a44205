//! The text behind a button: what it is bound to, and that this host made it. Whoever has the text has a right, and no more
//! than the invitation says.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::ids::{AlertId, Digest, ReceiverName};
use crate::model::reply::Invitation;
use crate::time::Wall;

/// What the texts of this version begin with.
const VERSION: u8 = 1;
const ALERT_BYTES: usize = 12;
const RECEIVER_BYTES: usize = 8;
const MAC_BYTES: usize = 16;
const CLAIM_BYTES: usize = 1 + ALERT_BYTES + RECEIVER_BYTES + 4 + 4;
/// The longest text. Some services take 64 bytes behind a button.
pub const TOKEN_BYTES_MAX: usize = (CLAIM_BYTES + MAC_BYTES).div_ceil(3) * 4;

/// What this host signs with. Made once, and kept beside the database.
pub struct ReplyKey([u8; 32]);

impl ReplyKey {
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
    fn mac(&self, claim: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("a key of any length will do");
        mac.update(b"watchkeep reply ");
        mac.update(claim);
        mac
    }
    /// The text for an invitation: letters, digits, `-` and `_`. `None` for an id that this host did not derive.
    pub fn seal(&self, invitation: &Invitation) -> Option<String> {
        let seconds = u32::try_from(invitation.expires_at.millis().div_euclid(1_000)).ok()?;
        let mut sealed = vec![VERSION];
        sealed.extend(from_hex(invitation.alert.as_str())?);
        sealed.extend(short(&invitation.receiver));
        sealed.extend(invitation.taken.to_be_bytes());
        sealed.extend(seconds.to_be_bytes());
        let mac = self.mac(&sealed).finalize().into_bytes();
        sealed.extend(&mac[..MAC_BYTES]);
        Some(URL_SAFE_NO_PAD.encode(sealed))
    }
    /// What the text is bound to; `None` if this host did not make it, or none of these receivers is meant.
    pub fn open<'a>(
        &self,
        token: &str,
        mut receivers: impl Iterator<Item = &'a ReceiverName>,
    ) -> Option<Invitation> {
        if token.len() > TOKEN_BYTES_MAX {
            return None;
        }
        let sealed = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (claim, mac) = sealed.split_at_checked(CLAIM_BYTES)?;
        if mac.len() != MAC_BYTES || claim[0] != VERSION {
            return None;
        }
        self.mac(claim).verify_truncated_left(mac).ok()?;
        let (alert, rest) = claim[1..].split_at(ALERT_BYTES);
        let (receiver, rest) = rest.split_at(RECEIVER_BYTES);
        let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u32::from(*byte));
        Some(Invitation {
            alert: AlertId::restore(alert.iter().map(|byte| format!("{byte:02x}")).collect::<String>()),
            receiver: receivers.find(|name| short(name) == receiver)?.clone(),
            taken: number(&rest[..4]),
            expires_at: Wall::from_millis(i64::from(number(&rest[4..])) * 1_000),
        })
    }
}

/// Without the key, so that no log has it.
impl fmt::Debug for ReplyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReplyKey")
    }
}

fn short(receiver: &ReceiverName) -> [u8; RECEIVER_BYTES] {
    let digest = Digest::of(receiver.as_str().as_bytes()).0;
    std::array::from_fn(|place| digest[place])
}

fn from_hex(text: &str) -> Option<[u8; ALERT_BYTES]> {
    if text.len() != 2 * ALERT_BYTES || !text.is_ascii() {
        return None;
    }
    let mut bytes = [0; ALERT_BYTES];
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invitation() -> Invitation {
        Invitation {
            alert: AlertId::derive("shop", Wall::from_millis(1_700_000_000_000)),
            receiver: ReceiverName::new("chat"),
            taken: 70_000,
            expires_at: Wall::from_millis(1_800_000_000_000),
        }
    }

    #[test]
    fn it_comes_back_as_it_was_and_fits_behind_a_button() {
        let key = ReplyKey::new([7; 32]);
        let token = key.seal(&invitation()).unwrap();
        assert!(token.len() <= 64 && token.len() <= TOKEN_BYTES_MAX, "{token}");
        let (chat, mail) = (ReceiverName::new("chat"), ReceiverName::new("mail"));
        assert_eq!(key.open(&token, [&mail, &chat].into_iter()), Some(invitation()));
        assert_eq!(key.open(&token, [&mail].into_iter()), None, "a receiver that is gone");
        assert_eq!(ReplyKey::new([8; 32]).open(&token, [&chat].into_iter()), None, "another host's key");
    }

    #[test]
    fn no_bit_of_it_can_be_changed() {
        let key = ReplyKey::new([7; 32]);
        let chat = ReceiverName::new("chat");
        let sealed = URL_SAFE_NO_PAD.decode(key.seal(&invitation()).unwrap()).unwrap();
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(key.open(&URL_SAFE_NO_PAD.encode(changed), [&chat].into_iter()), None, "bit {bit}");
        }
        for length in 0..sealed.len() {
            assert_eq!(key.open(&URL_SAFE_NO_PAD.encode(&sealed[..length]), [&chat].into_iter()), None);
        }
        for text in ["", "é", "..", &"A".repeat(10_000), "====", "AAAA AAAA"] {
            assert_eq!(key.open(text, [&chat].into_iter()), None);
        }
    }
}
