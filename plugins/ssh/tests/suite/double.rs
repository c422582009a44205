//! A server that exchanges keys and signs as OpenSSH does, by libraries that the check does not use; and the host's side,
//! which verifies.

use std::process::Command;
use std::sync::LazyLock;

use p521::ecdsa::signature::{Signer as _, Verifier as _};
use p521::elliptic_curve::sec1::ToSec1Point as _;
use ring::agreement::{self, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::digest;
use ring::rand::SystemRandom;
use ring::signature::{self, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RsaKeyPair};
use watchkeep_sdk::signatures::{Algorithm, VerifyError};

use super::*;

/// A server's key pair.
pub(crate) enum Pair {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    P521(p521::ecdsa::SigningKey),
    Rsa(RsaKeyPair, &'static str),
}

static RSA: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let asked = ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-outform", "DER"];
    let made = Command::new("openssl").args(asked).output();
    made.expect("openssl can be started; hint: `make setup` installs it").stdout
});

fn ecdsa(algorithm: &'static signature::EcdsaSigningAlgorithm) -> EcdsaKeyPair {
    let key = EcdsaKeyPair::generate_pkcs8(algorithm, &SystemRandom::new()).unwrap();
    EcdsaKeyPair::from_pkcs8(algorithm, key.as_ref(), &SystemRandom::new()).unwrap()
}

impl Pair {
    pub(crate) fn ed25519() -> Self {
        let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Pair::Ed25519(Ed25519KeyPair::from_pkcs8(key.as_ref()).unwrap())
    }
    pub(crate) fn p256() -> Self {
        Pair::P256(ecdsa(&signature::ECDSA_P256_SHA256_FIXED_SIGNING))
    }
    pub(crate) fn p384() -> Self {
        Pair::P384(ecdsa(&signature::ECDSA_P384_SHA384_FIXED_SIGNING))
    }
    pub(crate) fn p521(byte: u8) -> Self {
        Pair::P521(p521::ecdsa::SigningKey::from_slice(&[&[0], &[byte; 65][..]].concat()).unwrap())
    }
    /// Which signs by this algorithm.
    pub(crate) fn rsa(algorithm: &'static str) -> Self {
        // The form is the one that this version of openssl writes.
        let pair = RsaKeyPair::from_pkcs8(&RSA).or_else(|_| RsaKeyPair::from_der(&RSA));
        Pair::Rsa(pair.unwrap(), algorithm)
    }

    pub(crate) fn algorithm(&self) -> &'static str {
        match self {
            Pair::Ed25519(_) => "ssh-ed25519",
            Pair::P256(_) => "ecdsa-sha2-nistp256",
            Pair::P384(_) => "ecdsa-sha2-nistp384",
            Pair::P521(_) => "ecdsa-sha2-nistp521",
            Pair::Rsa(_, algorithm) => algorithm,
        }
    }

    /// As it goes over the wire.
    pub(crate) fn public(&self) -> Vec<u8> {
        let curve = |name: &str, point: &[u8]| {
            [string(format!("ecdsa-sha2-{name}")), string(name), string(point)].concat()
        };
        match self {
            Pair::Ed25519(pair) => [string("ssh-ed25519"), string(pair.public_key())].concat(),
            Pair::P256(pair) => curve("nistp256", pair.public_key().as_ref()),
            Pair::P384(pair) => curve("nistp384", pair.public_key().as_ref()),
            Pair::P521(pair) => curve("nistp521", pair.verifying_key().to_sec1_point(false).as_bytes()),
            Pair::Rsa(pair, _) => {
                let public = signature::RsaPublicKeyComponents::<Vec<u8>>::from(pair.public());
                [string("ssh-rsa"), string(mpint(&public.e)), string(mpint(&public.n))].concat()
            }
        }
    }

    /// As it goes over the wire, with the algorithm's name.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let fixed = |bytes: &[u8]| {
            let (r, s) = bytes.split_at(bytes.len() / 2);
            [string(mpint(r)), string(mpint(s))].concat()
        };
        let bytes = match self {
            Pair::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
            Pair::P256(pair) | Pair::P384(pair) => {
                fixed(pair.sign(&SystemRandom::new(), message).unwrap().as_ref())
            }
            Pair::P521(pair) => {
                let signature: p521::ecdsa::Signature = pair.sign(message);
                fixed(&signature.to_bytes())
            }
            Pair::Rsa(pair, algorithm) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                let padding: &'static dyn signature::RsaEncoding = match *algorithm {
                    "rsa-sha2-256" => &signature::RSA_PKCS1_SHA256,
                    _ => &signature::RSA_PKCS1_SHA512,
                };
                pair.sign(padding, &SystemRandom::new(), message, &mut signature).unwrap();
                signature
            }
        };
        [string(self.algorithm()), string(bytes)].concat()
    }
}

/// RFC 4251, 5.
pub(crate) fn mpint(number: &[u8]) -> Vec<u8> {
    let number: Vec<u8> = number.iter().copied().skip_while(|byte| *byte == 0).collect();
    if number.first().is_some_and(|first| *first >= 0x80) { [vec![0], number].concat() } else { number }
}

/// Both sides of an exchange, as the server knows them when it signs.
pub(crate) struct Heard {
    /// The client's first message and its share.
    pub(crate) offer: Vec<u8>,
    pub(crate) share: Vec<u8>,
}

impl Heard {
    pub(crate) fn read(written: &[u8]) -> Self {
        let rest = written.strip_prefix(OWN.as_bytes()).unwrap();
        let (offer, rest) = carried(rest);
        let (init, rest) = carried(rest);
        assert!(rest.is_empty() && init[0] == 30, "{init:?}");
        Heard { offer, share: init[5..].to_vec() }
    }
}

fn carried(bytes: &[u8]) -> (Vec<u8>, &[u8]) {
    let size = usize::try_from(u32::from_be_bytes(bytes[..4].try_into().unwrap())).unwrap();
    let (packet, rest) = bytes[4..].split_at(size);
    (packet[1..size - usize::from(packet[0])].to_vec(), rest)
}

/// The server's share, and what both agree on.
pub(crate) fn agree(exchange: &str, theirs: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let algorithm = match exchange {
        "ecdh-sha2-nistp521" => {
            let own = p521::SecretKey::from_slice(&[&[0], &[0x5a; 65][..]].concat()).unwrap();
            let peer = p521::PublicKey::from_sec1_bytes(theirs).unwrap();
            let agreed = p521::ecdh::diffie_hellman(own.to_nonzero_scalar(), peer.as_affine());
            let share = own.public_key().to_sec1_point(false).as_bytes().to_vec();
            return (share, agreed.raw_secret_bytes().to_vec());
        }
        "ecdh-sha2-nistp256" => &agreement::ECDH_P256,
        "ecdh-sha2-nistp384" => &agreement::ECDH_P384,
        _ => &agreement::X25519,
    };
    let own = EphemeralPrivateKey::generate(algorithm, &SystemRandom::new()).unwrap();
    let share = own.compute_public_key().unwrap().as_ref().to_vec();
    let agreed = agree_ephemeral(own, &UnparsedPublicKey::new(algorithm, theirs), <[u8]>::to_vec).unwrap();
    (share, agreed)
}

/// What a server of this exchange signs: RFC 4253, 8.
pub(crate) fn exchange_hash(
    exchange: &str,
    heard: &Heard,
    offer: &[u8],
    key: &[u8],
    share: &[u8],
    agreed: &[u8],
) -> Vec<u8> {
    let algorithm = match exchange {
        "ecdh-sha2-nistp384" => &digest::SHA384,
        "ecdh-sha2-nistp521" => &digest::SHA512,
        _ => &digest::SHA256,
    };
    let said = [
        OWN.trim_end().as_bytes(),
        DEBIAN.trim_end().as_bytes(),
        &heard.offer,
        offer,
        key,
        &heard.share,
        share,
        &mpint(agreed),
    ];
    digest::digest(algorithm, &said.map(string).concat()).as_ref().to_vec()
}

/// A server with this key; `sign` makes its signature of what it ought to sign.
pub(crate) fn server(
    exchange: &'static str,
    shown: Vec<u8>,
    algorithm: &str,
    sign: impl Fn(&[u8]) -> Vec<u8> + 'static,
) -> Dialogue {
    let offer = kexinit(exchange, algorithm, "aes128-ctr", "hmac-sha2-256");
    let (said, _) = carried(&offer);
    let replies = move |written: &[u8]| {
        let heard = Heard::read(written);
        let (share, agreed) = agree(exchange, &heard.share);
        let hash = exchange_hash(exchange, &heard, &said, &shown, &share, &agreed);
        packet(&[&[31], &*string(&shown), &*string(&share), &*string(sign(&hash))].concat())
    };
    Dialogue::new().says(DEBIAN).says(offer).says_by(replies).heedless()
}

/// As the host does it.
pub(crate) fn verify(
    algorithm: Algorithm,
    key: &[u8],
    message: &[u8],
    signed: &[u8],
) -> Result<(), VerifyError> {
    let by: &'static dyn signature::VerificationAlgorithm = match algorithm {
        Algorithm::Ed25519 => &signature::ED25519,
        Algorithm::EcdsaP256Sha256 => &signature::ECDSA_P256_SHA256_FIXED,
        Algorithm::EcdsaP384Sha384 => &signature::ECDSA_P384_SHA384_FIXED,
        Algorithm::RsaPkcs1Sha256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        Algorithm::RsaPkcs1Sha512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        Algorithm::EcdsaP521Sha512 => {
            let key = p521::ecdsa::VerifyingKey::from_sec1_bytes(key).map_err(|_| VerifyError::Wrong)?;
            let signed = p521::ecdsa::Signature::from_slice(signed).map_err(|_| VerifyError::Wrong)?;
            return key.verify(message, &signed).map_err(|_| VerifyError::Wrong);
        }
        other => panic!("no server signs by {other:?}"),
    };
    signature::UnparsedPublicKey::new(by, key).verify(message, signed).map_err(|_| VerifyError::Wrong)
}
