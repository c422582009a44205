//! The signature by which a server proves that it has the private half of the key that it shows: read here, verified by the
//! host.

use watchkeep_sdk::clipped;
use watchkeep_sdk::signatures::{self, Algorithm, VerifyError};

use crate::exchange::Signed;
use crate::keys::KeyType;
use crate::wire::{positive, strings};

/// Why a key is not known to be the server's own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Unproved {
    /// It is not, or the server is broken.
    Wrong(String),
    /// The server proves it in a way that proves nothing any more, or none that can be verified.
    Old(String),
}

/// Whether `signature` is that of `key` over what both sides said, by the algorithm that they agreed on.
pub(crate) fn prove(
    (kind, key): (KeyType, &[u8]),
    agreed: &str,
    signed: &Signed,
    signature: &[u8],
) -> Result<(), Unproved> {
    let wrong = |why: &str| Err(Unproved::Wrong(why.to_owned()));
    let Some([name, signature]) = strings(signature) else {
        return wrong("its signature cannot be read");
    };
    if name != agreed.as_bytes() {
        let name = String::from_utf8_lossy(name);
        let name: String = name.chars().filter(|c| !c.is_control()).collect();
        return wrong(&format!("it agreed to sign as {agreed} and signs as `{}`", clipped(&name)));
    }
    let hash = match signed {
        Signed::Hash(hash) => hash,
        Signed::Nothing => return wrong("its share of the key exchange is not valid"),
        Signed::Sha1 => return Err(Unproved::Old("it exchanges keys with SHA-1 alone".to_owned())),
    };
    let Some((algorithm, signature, verified)) = of_type(kind, agreed, key, signature)? else {
        return wrong("its signature, or the key, is not of this type");
    };
    match signatures::verify(algorithm, &verified, hash, &signature) {
        Ok(()) => Ok(()),
        Err(VerifyError::Wrong) => wrong("its signature is not of this key"),
        // The form is right, so it is the size.
        Err(VerifyError::Key(why)) => Err(Unproved::Old(why)),
    }
}

type SignatureCheck = (Algorithm, Vec<u8>, Vec<u8>);

/// Algorithm, signature and key in the host's form; none where they are not of this type.
fn of_type(
    kind: KeyType,
    agreed: &str,
    key: &[u8],
    signature: &[u8],
) -> Result<Option<SignatureCheck>, Unproved> {
    let old = |why: &str| Err(Unproved::Old(why.to_owned()));
    Ok(match (kind, agreed) {
        (KeyType::Ed25519, _) => ed25519(key, signature),
        (KeyType::EcdsaP256, _) => ecdsa(Algorithm::EcdsaP256Sha256, "nistp256", 32, key, signature),
        (KeyType::EcdsaP384, _) => ecdsa(Algorithm::EcdsaP384Sha384, "nistp384", 48, key, signature),
        (KeyType::EcdsaP521, _) => ecdsa(Algorithm::EcdsaP521Sha512, "nistp521", 66, key, signature),
        (KeyType::Rsa, "rsa-sha2-512") => rsa(Algorithm::RsaPkcs1Sha512, key, signature),
        (KeyType::Rsa, "rsa-sha2-256") => rsa(Algorithm::RsaPkcs1Sha256, key, signature),
        (KeyType::Rsa, _) => return old("it signs with SHA-1 alone"),
        (KeyType::Dsa, _) => return old("signatures of DSA are not verified"),
    })
}

/// RFC 8709.
fn ed25519(key: &[u8], signature: &[u8]) -> Option<SignatureCheck> {
    let [_, point] = strings(key)?;
    (point.len() == 32).then(|| (Algorithm::Ed25519, signature.to_vec(), point.to_vec()))
}

/// RFC 5656, 3.1.
fn ecdsa(
    algorithm: Algorithm,
    curve: &str,
    size: usize,
    key: &[u8],
    signature: &[u8],
) -> Option<SignatureCheck> {
    let [_, name, point] = strings(key)?;
    let is_point = name == curve.as_bytes() && point.len() == 1 + 2 * size && point.first() == Some(&4);
    let [r, s] = strings(signature)?;
    let numbers = [padded(positive(r)?, size)?, padded(positive(s)?, size)?];
    is_point.then(|| (algorithm, numbers.concat(), point.to_vec()))
}

/// RFC 8332. A signature that begins with zeros may come without them.
fn rsa(algorithm: Algorithm, key: &[u8], signature: &[u8]) -> Option<SignatureCheck> {
    let [_, exponent, modulus] = strings(key)?;
    let (exponent, modulus) = (positive(exponent)?, positive(modulus)?);
    let signature = padded(signature, modulus.len())?;
    Some((algorithm, signature, signatures::rsa_key(modulus, exponent)))
}

fn padded(number: &[u8], size: usize) -> Option<Vec<u8>> {
    let zeros = size.checked_sub(number.len())?;
    Some([&vec![0; zeros], number].concat())
}
