//! The curve P-521, which ring does not know: to verify signatures of servers, to agree on keys (under TLS 1.2 a server
//! with such a certificate asks for it), and to sign with a client's key. The arithmetic is RustCrypto's. It does
//! nothing else in TLS, and is used only if a peer or an operator chose this curve.

use std::fmt;
use std::sync::{Arc, LazyLock};

use p521::ecdsa::signature::Signer as _;
use p521::ecdsa::signature::hazmat::PrehashVerifier as _;
use p521::ecdsa::{Signature, SigningKey, VerifyingKey};
use p521::elliptic_curve::sec1::ToSec1Point as _;
use p521::pkcs8::DecodePrivateKey as _;
use p521::{PublicKey, SecretKey};
use rustls::crypto::{
    ActiveKeyExchange, CryptoProvider, GetRandomFailed, KeyProvider, SecureRandom, SharedSecret,
    SupportedKxGroup, WebPkiSupportedAlgorithms,
};
use rustls::pki_types::{
    AlgorithmIdentifier, InvalidSignature, PrivateKeyDer, SignatureVerificationAlgorithm,
    SubjectPublicKeyInfoDer, alg_id,
};
use rustls::sign::{Signer, public_key_to_spki};
use rustls::{Error, NamedGroup, PeerMisbehaved, SignatureAlgorithm, SignatureScheme};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// A number of 521 bits.
const FIELD_BYTES: usize = 66;
const SCHEME: SignatureScheme = SignatureScheme::ECDSA_NISTP521_SHA512;

/// The provider of ring, with this curve added after its own.
pub(super) fn provider() -> CryptoProvider {
    static ALGORITHMS: LazyLock<WebPkiSupportedAlgorithms> = LazyLock::new(algorithms);
    let mut provider = rustls::crypto::ring::default_provider();
    provider.signature_verification_algorithms = *ALGORITHMS;
    provider.kx_groups.push(&Group);
    provider.key_provider = &Keys;
    provider
}

fn algorithms() -> WebPkiSupportedAlgorithms {
    let of_ring = rustls::crypto::ring::default_provider().signature_verification_algorithms;
    let own: [&'static dyn SignatureVerificationAlgorithm; 3] =
        [&Verified(Hash::Sha256), &Verified(Hash::Sha384), &Verified(Hash::Sha512)];
    let mut mapping = of_ring.mapping.to_vec();
    // Under TLS 1.2 any hash can be used with any curve.
    for (scheme, known) in &mut mapping {
        let added = match *scheme {
            SignatureScheme::ECDSA_NISTP256_SHA256 => own[0],
            SignatureScheme::ECDSA_NISTP384_SHA384 => own[1],
            _ => continue,
        };
        // Leaked once per process, because rustls asks for a static reference.
        *known = Vec::leak([*known, &[added]].concat());
    }
    mapping.push((SCHEME, Vec::leak(vec![own[2]])));
    WebPkiSupportedAlgorithms { all: Vec::leak([of_ring.all, &own].concat()), mapping: Vec::leak(mapping) }
}

#[derive(Clone, Copy, Debug)]
enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// Verifies signatures over messages with this hash.
#[derive(Debug)]
struct Verified(Hash);

impl SignatureVerificationAlgorithm for Verified {
    fn verify_signature(
        &self,
        public_key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let key = VerifyingKey::from_sec1_bytes(public_key).map_err(|_| InvalidSignature)?;
        let signature = Signature::from_der(signature).map_err(|_| InvalidSignature)?;
        let hash = match self.0 {
            Hash::Sha256 => Sha256::digest(message).to_vec(),
            Hash::Sha384 => Sha384::digest(message).to_vec(),
            Hash::Sha512 => Sha512::digest(message).to_vec(),
        };
        // The digest as a number. The crate accepts one of 256 bits only if it is padded.
        let mut number = [0; FIELD_BYTES];
        number[FIELD_BYTES - hash.len()..].copy_from_slice(&hash);
        key.verify_prehash(&number, &signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P521
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        match self.0 {
            Hash::Sha256 => alg_id::ECDSA_SHA256,
            Hash::Sha384 => alg_id::ECDSA_SHA384,
            Hash::Sha512 => alg_id::ECDSA_SHA512,
        }
    }
}

#[derive(Debug)]
struct Group;

struct Exchange {
    secret: SecretKey,
    public: Vec<u8>,
}

impl SupportedKxGroup for Group {
    fn start(&self) -> Result<Box<dyn ActiveKeyExchange>, Error> {
        let secret = random_secret(rustls::crypto::ring::default_provider().secure_random)?;
        let public = secret.public_key().to_sec1_point(false).as_bytes().to_vec();
        Ok(Box::new(Exchange { secret, public }))
    }

    fn name(&self) -> NamedGroup {
        NamedGroup::secp521r1
    }
}

/// Nearly every number of 521 bits is below the group's order. If this many in a row are not, the source is not random.
const TRIES: usize = 8;

fn random_secret(random: &dyn SecureRandom) -> Result<SecretKey, GetRandomFailed> {
    let mut number = [0; FIELD_BYTES];
    for _ in 0..TRIES {
        random.fill(&mut number)?;
        number[0] &= 1;
        if let Ok(secret) = SecretKey::from_slice(&number) {
            return Ok(secret);
        }
    }
    Err(GetRandomFailed)
}

impl ActiveKeyExchange for Exchange {
    fn complete(self: Box<Self>, peer_pub_key: &[u8]) -> Result<SharedSecret, Error> {
        // Accepts only a point that is on the curve.
        let peer = PublicKey::from_sec1_bytes(peer_pub_key).map_err(|_| PeerMisbehaved::InvalidKeyShare)?;
        let shared = p521::ecdh::diffie_hellman(self.secret.to_nonzero_scalar(), peer.as_affine());
        Ok(SharedSecret::from(shared.raw_secret_bytes().as_slice()))
    }

    fn pub_key(&self) -> &[u8] {
        &self.public
    }

    fn group(&self) -> NamedGroup {
        NamedGroup::secp521r1
    }
}

/// Loads keys of this curve, and leaves others to ring.
#[derive(Debug)]
struct Keys;

impl KeyProvider for Keys {
    fn load_private_key(
        &self,
        key_der: PrivateKeyDer<'static>,
    ) -> Result<Arc<dyn rustls::sign::SigningKey>, Error> {
        let own = match &key_der {
            PrivateKeyDer::Pkcs8(der) => SecretKey::from_pkcs8_der(der.secret_pkcs8_der()).ok(),
            PrivateKeyDer::Sec1(der) => SecretKey::from_sec1_der(der.secret_sec1_der()).ok(),
            _ => None,
        };
        match own {
            Some(secret) => Ok(Arc::new(Key(Arc::new(SigningKey::from(&secret))))),
            None => rustls::crypto::ring::default_provider().key_provider.load_private_key(key_der),
        }
    }
}

#[derive(Clone)]
struct Key(Arc<SigningKey>);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(***)")
    }
}

impl rustls::sign::SigningKey for Key {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        offered.contains(&SCHEME).then(|| Box::new(self.clone()) as _)
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        let point = self.0.verifying_key().to_sec1_point(false);
        Some(public_key_to_spki(&alg_id::ECDSA_P521, point.as_bytes()))
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ECDSA
    }
}

impl Signer for Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        let signature: Signature =
            self.0.try_sign(message).map_err(|_| Error::General("P-521 does not sign".to_owned()))?;
        Ok(signature.to_der().as_bytes().to_vec())
    }

    fn scheme(&self) -> SignatureScheme {
        SCHEME
    }
}
