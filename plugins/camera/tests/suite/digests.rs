//! Digests of texts, by the libraries that the plugin takes as well: what is tested is what goes into them. That a server
//! takes the answers is tested end to end.

use md5::Digest as _;

pub(crate) fn md5(text: &str) -> String {
    hex(&md5::Md5::digest(text))
}

pub(crate) fn sha256(text: impl AsRef<[u8]>) -> String {
    hex(&sha2::Sha256::digest(text))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
