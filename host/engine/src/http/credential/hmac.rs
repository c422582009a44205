//! A keyed digest of a text that the plugin put together, in a header. The text may contain secrets that the plugin
//! does not hold, such as an API key.

use base64::Engine as _;
use base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose};
use http::header::HeaderValue;
use ring::hmac;

use super::super::mask::Mask;
use super::{Named, sensitive};
use crate::contract::transport::{Digest, Encoding, HmacPlacement, MessagePart};
use crate::network::failure::Problem;

/// The header's value. `within` are the secrets of the text, in order; from now on key and digest are masked.
pub(super) fn header(
    key: &Named,
    placement: &HmacPlacement,
    within: &[Named],
    mask: &mut Mask,
) -> Result<HeaderValue, Problem> {
    let HmacPlacement { header: _, prefix, digest, key_encoding, output_encoding, message } = placement;
    let bytes = decoded(key.bytes(), *key_encoding).ok_or_else(|| {
        let form = match key_encoding {
            Encoding::Raw => "raw",
            Encoding::Base64 => "base64",
            Encoding::Hex => "hexadecimal",
        };
        Problem::invalid(format!("secret `{}` is not {form}, as the plugin takes it", key.name))
    })?;
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
        Encoding::Hex => hex::encode(tag.as_ref()),
        Encoding::Raw => {
            let message = "a raw digest cannot stand in a header; hint: let the output be `base64` or `hex`";
            return Err(Problem::invalid(message));
        }
    };
    mask.add_signature(&text);
    sensitive(&format!("{prefix}{text}"))
        .ok_or_else(|| Problem::invalid("the prefix of the digest cannot stand in a header"))
}

/// Base64 in either alphabet, with or without padding; hexadecimal in either case.
fn decoded(key: &[u8], encoding: Encoding) -> Option<Vec<u8>> {
    match encoding {
        Encoding::Raw => Some(key.to_vec()),
        Encoding::Base64 => {
            let engine = |alphabet: &Alphabet| {
                let config =
                    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
                GeneralPurpose::new(alphabet, config)
            };
            engine(&STANDARD).decode(key).or_else(|_| engine(&URL_SAFE).decode(key)).ok()
        }
        Encoding::Hex => hex::decode(key).ok(),
    }
}
