//! `signatures`: whether a signature is right, by ring, and by RustCrypto for the curve that ring lacks. The answer
//! depends on the arguments and on nothing else: no right is needed, no secret is involved, and whatever a guest
//! passes, a call costs a few milliseconds of its own CPU time.

use der::Decode as _;
use der::asn1::UintRef;
use p521::ecdsa::signature::Verifier as _;
use p521::ecdsa::{Signature, VerifyingKey};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519,
    RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_2048_8192_SHA384, RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512,
    RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use wasmtime::component::Linker;

use super::gate::{Gate, Gated};
use crate::call::{CallState, HostStop};
use crate::contract::signatures::{self, Algorithm, Host, VerifyError};

/// The most bytes of a message. It is hashed in one go, so that nothing else waits for long.
const MESSAGE_BYTES_MAX: usize = 1 << 20;
/// The most bytes of an RSA key: more than the DER of 8,192 bits and any exponent that is accepted.
const RSA_KEY_BYTES_MAX: usize = 2 << 10;
const RSA_BITS_MAX: usize = 8_192;
/// The first byte of a point that is not compressed (SEC 1).
const UNCOMPRESSED: u8 = 4;

gate! {
    signatures {
        fn verify(algorithm: Algorithm, key: Vec<u8>, message: Vec<u8>, signature: Vec<u8>) -> Result<(), VerifyError>;
    }
}

pub(super) fn add_to_linker(linker: &mut Linker<CallState>) -> wasmtime::Result<()> {
    signatures::add_to_linker::<_, Gated>(linker, |state| Gate(state))
}

impl Host for CallState {
    async fn verify(
        &mut self,
        algorithm: Algorithm,
        key: Vec<u8>,
        message: Vec<u8>,
        signature: Vec<u8>,
    ) -> wasmtime::Result<Result<(), VerifyError>> {
        self.enter()?;
        if message.len() > MESSAGE_BYTES_MAX {
            let message =
                format!("a signature over {} bytes, {MESSAGE_BYTES_MAX} are allowed", message.len());
            return Err(HostStop::Limit { message, limit: None }.into());
        }
        Ok(verify(algorithm, &key, &message, &signature))
    }
}

fn verify(algorithm: Algorithm, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
    match algorithm {
        Algorithm::Ed25519 if key.len() == 32 => plain(&ED25519, key, message, signature),
        Algorithm::Ed25519 => {
            Err(VerifyError::Key(format!("a key of Ed25519 has 32 bytes, and this one {}", key.len())))
        }
        Algorithm::EcdsaP256Sha256 => {
            point(key, "P-256", 65)?;
            plain(&ECDSA_P256_SHA256_FIXED, key, message, signature)
        }
        Algorithm::EcdsaP384Sha384 => {
            point(key, "P-384", 97)?;
            plain(&ECDSA_P384_SHA384_FIXED, key, message, signature)
        }
        Algorithm::EcdsaP521Sha512 => {
            point(key, "P-521", 133)?;
            p521(key, message, signature)
        }
        Algorithm::RsaPkcs1Sha256 => {
            rsa(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, 1_024, key, message, signature)
        }
        Algorithm::RsaPkcs1Sha384 => rsa(&RSA_PKCS1_2048_8192_SHA384, 2_048, key, message, signature),
        Algorithm::RsaPkcs1Sha512 => {
            rsa(&RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY, 1_024, key, message, signature)
        }
        Algorithm::RsaPssSha256 => rsa(&RSA_PSS_2048_8192_SHA256, 2_048, key, message, signature),
        Algorithm::RsaPssSha384 => rsa(&RSA_PSS_2048_8192_SHA384, 2_048, key, message, signature),
        Algorithm::RsaPssSha512 => rsa(&RSA_PSS_2048_8192_SHA512, 2_048, key, message, signature),
    }
}

/// Checks the form of a point, not whether it is on its curve.
fn point(key: &[u8], curve: &str, size: usize) -> Result<(), VerifyError> {
    if key.len() == size && key.first() == Some(&UNCOMPRESSED) {
        return Ok(());
    }
    Err(VerifyError::Key(format!(
        "a key of {curve} is a point of {size} bytes, the first of which is {UNCOMPRESSED}; this one has {}",
        key.len()
    )))
}

fn plain(
    algorithm: &'static dyn VerificationAlgorithm,
    key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), VerifyError> {
    UnparsedPublicKey::new(algorithm, key).verify(message, signature).map_err(|_| VerifyError::Wrong)
}

fn p521(key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
    let key = VerifyingKey::from_sec1_bytes(key).map_err(|_| VerifyError::Wrong)?;
    let signature = Signature::from_slice(signature).map_err(|_| VerifyError::Wrong)?;
    key.verify(message, &signature).map_err(|_| VerifyError::Wrong)
}

/// An RSA public key (RFC 8017, A.1.1).
#[derive(der::Sequence)]
struct RsaPublicKey<'a> {
    modulus: UintRef<'a>,
    exponent: UintRef<'a>,
}

fn rsa(
    parameters: &'static RsaParameters,
    bits_min: usize,
    key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), VerifyError> {
    let read = (key.len() <= RSA_KEY_BYTES_MAX).then(|| RsaPublicKey::from_der(key).ok()).flatten();
    let Some(RsaPublicKey { modulus, exponent }) = read else {
        return Err(VerifyError::Key(
            "a key of RSA is the DER of its two numbers, and this is none".to_owned(),
        ));
    };
    let (n, e) = (modulus.as_bytes(), exponent.as_bytes());
    let bits = n.len() * 8 - n.first().map_or(0, |first| first.leading_zeros() as usize);
    if !(bits_min..=RSA_BITS_MAX).contains(&bits) {
        let message = format!(
            "a key of RSA has {bits_min} to {RSA_BITS_MAX} bits for this algorithm, and this one {bits}"
        );
        return Err(VerifyError::Key(message));
    }
    RsaPublicKeyComponents { n, e }.verify(parameters, message, signature).map_err(|_| VerifyError::Wrong)
}
