//! What a device of ONVIF is asked with: envelopes of SOAP 1.2, and the login of WS-Security. How much of an answer a plugin has to
//! understand differs, and so does what reads it.
//!
//! ```
//! use watchkeep_sdk::onvif::{DEVICE, content_type, envelope};
//!
//! let request = envelope("", DEVICE, "GetSystemDateAndTime", "");
//! assert!(request.contains(r#"<GetSystemDateAndTime xmlns="http://www.onvif.org/ver10/device/wsdl">"#));
//! assert!(content_type(DEVICE, "SystemReboot").ends_with(r#"/device/wsdl/SystemReboot""#));
//! ```

use sha1::{Digest as _, Sha1};

use crate::mail::base64;
use crate::random;
use crate::wording::rfc3339;

/// The namespace of SOAP 1.2.
pub const ENVELOPE: &str = "http://www.w3.org/2003/05/soap-envelope";
/// The namespaces of services, which are part of their actions as well.
pub const DEVICE: &str = "http://www.onvif.org/ver10/device/wsdl";
pub const MEDIA: &str = "http://www.onvif.org/ver10/media/wsdl";

const EXTENSION: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
const UTILITY: &str = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
const DIGEST: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest";
const BINARY: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary";
const NONCE_BYTES: u32 = 16;

/// A request's text. `header` and `content` are XML: an empty text or a [`login`], and what stands in the operation.
pub fn envelope(header: &str, service: &str, operation: &str, content: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><s:Envelope xmlns:s=\"{ENVELOPE}\">{header}<s:Body>\
         <{operation} xmlns=\"{service}\">{content}</{operation}></s:Body></s:Envelope>"
    )
}

/// The value of `Content-Type` that goes with it.
pub fn content_type(service: &str, operation: &str) -> String {
    format!("application/soap+xml; charset=utf-8; action=\"{service}/{operation}\"")
}

/// The header of an envelope that logs a user in by a UsernameToken with a digest, for which the password has to be
/// [revealed](crate::secrets::reveal). `created` is in milliseconds since the Unix epoch by the device's clock: it refuses what it
/// takes for old.
pub fn login(user: &str, password: &[u8], created: u64) -> String {
    let nonce = random::bytes(NONCE_BYTES);
    let created = rfc3339(created);
    let digest = Sha1::new().chain_update(&nonce).chain_update(&created).chain_update(password).finalize();
    let (user, digest, nonce) = (escaped(user), base64(&digest), base64(&nonce));
    format!(
        "<s:Header><w:Security xmlns:w=\"{EXTENSION}\" s:mustUnderstand=\"1\"><w:UsernameToken>\
         <w:Username>{user}</w:Username><w:Password Type=\"{DIGEST}\">{digest}</w:Password>\
         <w:Nonce EncodingType=\"{BINARY}\">{nonce}</w:Nonce><u:Created xmlns:u=\"{UTILITY}\">{created}</u:Created>\
         </w:UsernameToken></w:Security></s:Header>"
    )
}

/// A text as it is written in XML.
///
/// ```
/// assert_eq!(watchkeep_sdk::onvif::escaped("a<b & \"c\""), "a&lt;b &amp; &quot;c&quot;");
/// ```
pub fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}
