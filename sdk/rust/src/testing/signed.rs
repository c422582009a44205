//! Signatures: a scripted host has no cryptography, so a test says what is right.

use std::fmt;
use std::rc::Rc;

use super::script::with;
use crate::signatures::{Algorithm, VerifyError};

type Verify = dyn Fn(Algorithm, &[u8], &[u8], &[u8]) -> Result<(), VerifyError>;

/// Answers whether a signature is right.
#[derive(Clone)]
pub(super) struct Verifier(pub(super) Rc<Verify>);

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier")
    }
}

pub(crate) fn signatures_verify(
    algorithm: Algorithm,
    key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), VerifyError> {
    let Some(verifier) = with(|script| script.verifier.clone()) else {
        panic!(
            "unexpected call: a signature of {algorithm:?}; hint: `.verified_by(...)` says which ones are right"
        )
    };
    verifier.0(algorithm, key, message, signature)
}
