//! Whether a signature is right. The host does the arithmetic, so that a component stays small.

use crate::backend;

pub use crate::bindings::imports::watchkeep::plugin::signatures::{Algorithm, VerifyError};

/// Checks whether `signature` is that of `key` over `message`, which has at most 1 MiB. The [`Algorithm`] says which
/// form each of them has.
///
/// # Errors
/// [`VerifyError::Wrong`] if it is not, and [`VerifyError::Key`] if that is no key of this algorithm.
pub fn verify(algorithm: Algorithm, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
    backend::signatures_verify(algorithm, key, message, signature)
}

/// An RSA key in the form that [`verify`] accepts, from its two numbers, with the most significant byte first.
pub fn rsa_key(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    const SEQUENCE: u8 = 0x30;
    element(SEQUENCE, &[integer(modulus), integer(exponent)].concat())
}

/// A positive integer, in as few bytes as it needs.
fn integer(number: &[u8]) -> Vec<u8> {
    const INTEGER: u8 = 0x02;
    let leading = number.iter().take_while(|byte| **byte == 0).count();
    let number = number.get(leading..).unwrap_or_default();
    // A first bit that is set would be a sign, and zero needs a byte of its own.
    let is_bare = number.first().is_some_and(|first| *first < 0x80);
    let front: &[u8] = if is_bare { &[] } else { &[0] };
    element(INTEGER, &[front, number].concat())
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let size = content.len().to_be_bytes();
    let leading = size.iter().take_while(|byte| **byte == 0).count();
    let digits = size.get(leading..).unwrap_or_default();
    let mut whole = vec![tag];
    if content.len() >= 0x80 {
        whole.extend(u8::try_from(digits.len()).map(|count| 0x80 | count));
    }
    if digits.is_empty() {
        whole.push(0);
    }
    whole.extend_from_slice(digits);
    whole.extend_from_slice(content);
    whole
}
