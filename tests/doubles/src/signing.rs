//! Digests that are keyed, as services check them and the host makes them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// In base64; none if the key is not written in it.
pub fn hmac_sha256(key_base64: &str, message: &[u8]) -> Option<String> {
    let key = STANDARD.decode(key_base64).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(message);
    Some(STANDARD.encode(mac.finalize().into_bytes()))
}
