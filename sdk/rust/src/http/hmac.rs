//! A keyed digest of a text, in a header.

use super::{Digest, Encoding, HmacPlacement, MessagePart, Placement};
use crate::config::Secret;

/// What is signed, and how. The host holds the key, and puts the digest in place: the plugin sees neither.
///
/// ```
/// use watchkeep_sdk::prelude::*;
///
/// fn tell(hook: &str, key: &Secret, body: &str) -> http::Request {
///     let signature = http::Hmac::sha256("x-hub-signature-256").prefix("sha256=").text(body);
///     http::post(hook).json(body).hmac(key, signature)
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is signed before it is given to a request"]
pub struct Hmac {
    placement: HmacPlacement,
}

impl Hmac {
    /// For services that are old; the digest goes into the header of this name.
    pub fn sha1(header: impl Into<String>) -> Self {
        Self::new(Digest::Sha1, header)
    }
    /// The digest goes into the header of this name.
    pub fn sha256(header: impl Into<String>) -> Self {
        Self::new(Digest::Sha256, header)
    }
    /// The digest goes into the header of this name.
    pub fn sha512(header: impl Into<String>) -> Self {
        Self::new(Digest::Sha512, header)
    }
    fn new(digest: Digest, header: impl Into<String>) -> Self {
        let placement = HmacPlacement {
            header: header.into(),
            prefix: String::new(),
            digest,
            key_encoding: Encoding::Raw,
            output_encoding: Encoding::Hex,
            message: Vec::new(),
        };
        Self { placement }
    }
    /// How the secret writes the key; as it is unless this says otherwise.
    pub fn key_encoding(mut self, encoding: Encoding) -> Self {
        self.placement.key_encoding = encoding;
        self
    }
    /// How the header writes the digest: `hex` unless this says `base64`.
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.placement.output_encoding = encoding;
        self
    }
    /// Stands before the digest.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.placement.prefix = prefix.into();
        self
    }
    /// More of what is signed; nothing comes between two texts.
    pub fn text(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.placement.message.push(MessagePart::Bytes(text.into()));
        self
    }
    /// A secret within what is signed, such as an API key.
    pub fn secret(mut self, secret: &Secret) -> Self {
        self.placement.message.push(MessagePart::Secret(secret.name().to_owned()));
        self
    }

    pub(super) fn placement(self) -> Placement {
        Placement::Hmac(self.placement)
    }
}
