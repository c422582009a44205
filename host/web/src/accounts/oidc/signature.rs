//! Signatures of tokens, as RFC 7515 and RFC 7518 have them. Only those of public keys: what `none` and the shared secrets
//! of `HS256` would prove, anybody can make up.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    self, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use serde::Deserialize;

/// The most keys of a provider that are looked at.
const KEYS_MAX: usize = 100;

/// A public key, as a provider publishes it (RFC 7517).
#[derive(Clone, Deserialize, Debug)]
pub(super) struct Key {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    used_for: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Keys {
    /// Keys of a kind that is not known here are left out, not refused.
    keys: Vec<serde_json::Value>,
}

impl Keys {
    pub(super) fn usable(self) -> Vec<Key> {
        self.keys.into_iter().take(KEYS_MAX).filter_map(|key| serde_json::from_value(key).ok()).collect()
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// Extensions that must be understood. None is.
    crit: Option<serde_json::Value>,
}

/// Why a token is not believed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Distrust {
    Malformed,
    /// Its algorithm is none that proves anything.
    Algorithm(String),
    /// None of the keys is the one that it names.
    UnknownKey,
    WrongSignature,
}

enum Way {
    Rsa(&'static RsaParameters),
    /// With the name of the curve.
    Curve(&'static dyn VerificationAlgorithm, &'static str),
}

fn way(alg: &str) -> Option<Way> {
    Some(match alg {
        "RS256" => Way::Rsa(&signature::RSA_PKCS1_2048_8192_SHA256),
        "RS384" => Way::Rsa(&signature::RSA_PKCS1_2048_8192_SHA384),
        "RS512" => Way::Rsa(&signature::RSA_PKCS1_2048_8192_SHA512),
        "PS256" => Way::Rsa(&signature::RSA_PSS_2048_8192_SHA256),
        "PS384" => Way::Rsa(&signature::RSA_PSS_2048_8192_SHA384),
        "PS512" => Way::Rsa(&signature::RSA_PSS_2048_8192_SHA512),
        "ES256" => Way::Curve(&signature::ECDSA_P256_SHA256_FIXED, "P-256"),
        "ES384" => Way::Curve(&signature::ECDSA_P384_SHA384_FIXED, "P-384"),
        "EdDSA" => Way::Curve(&signature::ED25519, "Ed25519"),
        _ => return None,
    })
}

/// What a token says, if one of the keys signed it.
pub(super) fn payload(token: &str, keys: &[Key]) -> Result<Vec<u8>, Distrust> {
    let (signed, given) = token.rsplit_once('.').ok_or(Distrust::Malformed)?;
    let (header, payload) = signed.split_once('.').ok_or(Distrust::Malformed)?;
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| Distrust::Malformed);
    let header: Header = serde_json::from_slice(&decoded(header)?).map_err(|_| Distrust::Malformed)?;
    if header.crit.is_some() {
        return Err(Distrust::Malformed);
    }
    let way = way(&header.alg).ok_or_else(|| Distrust::Algorithm(header.alg.chars().take(20).collect()))?;
    let (payload, given) = (decoded(payload)?, decoded(given)?);
    let mut is_known = false;
    for key in keys.iter().filter(|key| key.may_have_signed(&header)) {
        let Some(is_good) = key.verifies(&way, signed.as_bytes(), &given) else { continue };
        if is_good {
            return Ok(payload);
        }
        is_known = true;
    }
    Err(if is_known { Distrust::WrongSignature } else { Distrust::UnknownKey })
}

impl Key {
    fn may_have_signed(&self, header: &Header) -> bool {
        (header.kid.is_none() || self.kid == header.kid)
            && self.used_for.as_deref().is_none_or(|used_for| used_for == "sig")
            && self.alg.as_deref().is_none_or(|alg| alg == header.alg)
    }
    /// `None` if it is a key of another kind.
    fn verifies(&self, way: &Way, signed: &[u8], given: &[u8]) -> Option<bool> {
        let part = |text: &Option<String>| URL_SAFE_NO_PAD.decode(text.as_deref()?).ok();
        match way {
            Way::Rsa(parameters) => {
                let (n, e) = (self.kty == "RSA").then(|| Some((part(&self.n)?, part(&self.e)?)))??;
                Some(RsaPublicKeyComponents { n, e }.verify(parameters, signed, given).is_ok())
            }
            Way::Curve(algorithm, curve) => {
                if self.crv.as_deref() != Some(curve) {
                    return None;
                }
                let point = match self.kty.as_str() {
                    "EC" => [vec![4], part(&self.x)?, part(&self.y)?].concat(),
                    "OKP" => part(&self.x)?,
                    _ => return None,
                };
                Some(UnparsedPublicKey::new(*algorithm, point).verify(signed, given).is_ok())
            }
        }
    }
}
