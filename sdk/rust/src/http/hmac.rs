//! A keyed digest of a text, in a header.

use super::{Digest, Encoding, HmacPlacement, MessagePart, Placement};
use crate::config::Secret;

/// What is signed, and how. The host has the key, and puts the digest in place: the plugin sees neither.
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
    /// A SHA-1 digest in the header of this name, for old services.
    pub fn sha1(header: impl Into<String>) -> Self {
        Self::new(Digest::Sha1, header)
    }
    /// A SHA-256 digest in the header of this name.
    pub fn sha256(header: impl Into<String>) -> Self {
        Self::new(Digest::Sha256, header)
    }
    /// A SHA-512 digest in the header of this name.
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
    /// Sets how the key is encoded in the secret. By default, the secret is the key as it is.
    pub fn key_encoding(mut self, encoding: Encoding) -> Self {
        self.placement.key_encoding = encoding;
        self
    }
    /// Sets how the digest is encoded in the header: `hex` by default, or `base64`.
    pub fn encoding(mut self, encoding: Encoding) -> Self {
        self.placement.output_encoding = encoding;
        self
    }
    /// Sets a text that comes before the digest.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.placement.prefix = prefix.into();
        self
    }
    /// Adds a text to what is signed; nothing comes between two texts.
    pub fn text(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.placement.message.push(MessagePart::Bytes(text.into()));
        self
    }
    /// Adds a secret to what is signed, such as an API key.
    pub fn secret(mut self, secret: &Secret) -> Self {
        self.placement.message.push(MessagePart::Secret(secret.name().to_owned()));
        self
    }

    pub(super) fn placement(self) -> Placement {
        Placement::Hmac(self.placement)
    }
}
