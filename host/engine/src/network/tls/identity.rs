//! A client's certificate with its key, from a secret in PEM form. What is wrong with it is told to the operator only,
//! because it says something about the secret; it repeats no part of it.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use x509_parser::prelude::{FromDer, X509Certificate};

use super::super::certificate;
use super::p521;

#[derive(Clone, Debug)]
pub(crate) struct Identity(pub(super) Arc<SingleCertAndKey>);

/// What is wrong, and what to do about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Flaw {
    pub(crate) problem: String,
    pub(crate) hint: &'static str,
}

const WHOLE: &str = "write the client's certificate, those that lead to its authority and its private key into it, one below the other";
const DECRYPT: &str = "store the key without a pass phrase: `openssl pkey -in key.pem -out plain.pem`";
const PEM: &str = "turn it into PEM: `openssl pkcs12 -in file.p12 -nodes` or `openssl x509 -inform der`";
const OTHER_KEY: &str = "take a key of P-256, P-384, P-521, Ed25519, or RSA of 2,048 to 4,096 bits";

impl Identity {
    /// Chain and key in any order.
    pub(crate) fn of_pem(pem: &[u8]) -> Result<Self, Flaw> {
        let flaw = |problem: &str, hint| Flaw { problem: problem.to_owned(), hint };
        if !holds(pem, b"-----BEGIN ") {
            return Err(flaw("it is not in PEM form", PEM));
        }
        if holds(pem, b"-----BEGIN ENCRYPTED PRIVATE KEY") || holds(pem, b"Proc-Type: 4,ENCRYPTED") {
            return Err(flaw("its key is encrypted", DECRYPT));
        }
        let mut chain: Vec<_> = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<_, _>>()
            .map_err(|_| flaw("a certificate in it is not valid PEM", WHOLE))?;
        if chain.is_empty() {
            return Err(flaw("it holds no certificate", WHOLE));
        }
        let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| {
            let named = holds(pem, b"PRIVATE KEY-----");
            flaw(if named { "its key is not valid PEM" } else { "it holds no private key" }, WHOLE)
        })?;
        let key = p521::provider().key_provider.load_private_key(key).map_err(|_| unusable_key(&chain))?;
        // This also accepts certificates of version 1, which webpki does not read: whether to accept them is up to the
        // server.
        let of_key = key.public_key();
        let is_of_key = |der: &CertificateDer<'_>| {
            let parsed = X509Certificate::from_der(der);
            parsed.is_ok_and(|(_, parsed)| {
                of_key.as_ref().is_some_and(|key| parsed.public_key().raw == key.as_ref())
            })
        };
        let at = chain
            .iter()
            .position(is_of_key)
            .ok_or_else(|| flaw("its certificate and its key do not belong together", WHOLE))?;
        // The client's own comes first, wherever it stands in the secret.
        chain[..=at].rotate_right(1);
        Ok(Self(Arc::new(SingleCertAndKey::from(CertifiedKey::new(chain, key)))))
    }
}

/// The first certificate says what kind of key it is.
fn unusable_key(chain: &[CertificateDer<'static>]) -> Flaw {
    let facts = certificate::facts(&chain[0]);
    let problem = match (facts.key_algorithm.as_str(), facts.key_bits) {
        ("rsaEncryption", bits) if bits < 2_048 => format!("its RSA key of {bits} bits is too short"),
        ("rsaEncryption", bits) if bits > 4_096 => format!("its RSA key of {bits} bits is too long"),
        _ => "its key is not one with which this host can sign".to_owned(),
    };
    Flaw { problem, hint: OTHER_KEY }
}

fn holds(pem: &[u8], text: &[u8]) -> bool {
    memchr::memmem::find(pem, text).is_some()
}
