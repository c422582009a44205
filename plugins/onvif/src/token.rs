//! The login of WS-Security: a UsernameToken with a digest, for devices that do not know that of HTTP.

use sha1::{Digest as _, Sha1};
use watchkeep_sdk::mail::base64;
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::secrets::{self, RevealError};
use watchkeep_sdk::wording::rfc3339;

use crate::soap::escaped;

const EXTENSION: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
const UTILITY: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
const DIGEST: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest";
const BINARY: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary";
const NONCE_BYTES: u32 = 16;

pub(crate) fn revealed(password: &Secret) -> Result<Vec<u8>, Fault> {
    secrets::reveal(password).map_err(|error| match error {
        RevealError::Denied(message) => Fault::Denied(message),
        RevealError::Other(message) => Fault::config(message),
    })
}

/// The header of an envelope. `created` is by the device's clock: it refuses what it takes for old.
pub(crate) fn header(user: &str, password: &[u8], created: u64) -> String {
    let nonce = random::bytes(NONCE_BYTES);
    let created = rfc3339(created);
    let digest = Sha1::new().chain_update(&nonce).chain_update(&created).chain_update(password).finalize();
    let (user, digest, nonce) = (escaped(user), base64(&digest), base64(&nonce));
    format!(
        "<s:Header><w:Security xmlns:w=\"{EXTENSION}\" s:mustUnderstand=\"1\"><w:UsernameToken>\
         <w:Username>{user}</w:Username><w:Password Type=\"{DIGEST}\">{digest}</w:Password>\
         <w:Nonce EncodingType=\"{BINARY}\">{nonce}</w:Nonce><u:Created xmlns:u=\"{UTILITY}\">{created}</u:Created>\
         </w:UsernameToken></w:Security></s:Header>"
    )
}
