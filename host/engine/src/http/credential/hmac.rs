//! A keyed digest of a text that the plugin put together, in a header. The text may contain secrets that the plugin
//! does not hold, such as an API key.

use base64::Engine as _;
use base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose};
use http::header::HeaderValue;
use ring::hmac;

use super::super::mask::Mask;
use super::{Flaw, Named, Unplaced, sensitive};
use crate::contract::transport::{Digest, Encoding, HmacPlacement, MessagePart};
use crate::network::failure::Problem;

/// Refuses what can be refused before a key is looked at.
pub(super) fn check(placement: &HmacPlacement) -> Result<(), Problem> {
    if matches!(placement.output_encoding, Encoding::Raw) {
        let message = "a raw digest cannot be in a header; hint: let the output be `base64` or `hex`";
        return Err(Problem::invalid(message));
    }
    let cannot = || Problem::invalid("the prefix of the digest cannot be in a header");
    sensitive(&placement.prefix).map(drop).ok_or_else(cannot)
}

/// The header's value. `within` are the secrets of the text, in order; from now on key and digest are masked.
pub(super) fn header(
    key: &Named,
    placement: &HmacPlacement,
    within: &[Named],
    mask: &mut Mask,
) -> Result<HeaderValue, Unplaced> {
    let HmacPlacement { header: _, prefix, digest, key_encoding, output_encoding, message } = placement;
    let bytes = match key_encoding {
        Encoding::Raw => key.bytes().to_vec(),
        Encoding::Base64 => of_base64(key.bytes()).ok_or_else(|| key.unfit(Flaw::NoBase64))?,
        Encoding::Hex => hex::decode(key.bytes()).map_err(|_| key.unfit(Flaw::NoHex))?,
    };
    mask.add(&bytes);
    let algorithm = match digest {
        Digest::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Digest::Sha256 => hmac::HMAC_SHA256,
        Digest::Sha512 => hmac::HMAC_SHA512,
    };
    let mut context = hmac::Context::with_key(&hmac::Key::new(algorithm, &bytes));
    let mut within = within.iter();
    for part in message {
        match part {
            MessagePart::Bytes(bytes) => context.update(bytes),
            MessagePart::Secret(_) => {
                let secret = within.next().expect("every secret of the text was taken");
                context.update(secret.bytes());
            }
        }
    }
    let tag = context.sign();
    let text = match output_encoding {
        Encoding::Base64 => general_purpose::STANDARD.encode(tag.as_ref()),
        // `Raw` was refused before.
        Encoding::Hex | Encoding::Raw => hex::encode(tag.as_ref()),
    };
    mask.add_signature(&text);
    sensitive(&format!("{prefix}{text}")).ok_or_else(|| key.unfit(Flaw::NotTogether))
}

/// Decodes either alphabet, with or without padding.
fn of_base64(key: &[u8]) -> Option<Vec<u8>> {
    let engine = |alphabet: &Alphabet| {
        let config = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
        GeneralPurpose::new(alphabet, config)
    };
    engine(&STANDARD).decode(key).or_else(|_| engine(&URL_SAFE).decode(key)).ok()
}
