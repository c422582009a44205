//! A stapled OCSP response, RFC 6960, as far as it says how the server's certificate stands. Its signature is not verified:
//! the server whose certificate it is hands it out, and clients verify it.

use der::asn1::{AnyRef, GeneralizedTime, IntRef, ObjectIdentifier, OctetStringRef};
use der::{Decode, Enumerated, Sequence};

/// How a certificate stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CertificateStatus {
    Good,
    Revoked,
    Unknown,
}

/// Milliseconds since the Unix epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stapled {
    pub standing: CertificateStatus,
    pub this_update: u64,
    pub next_update: Option<u64>,
}

#[derive(Sequence)]
struct Response<'a> {
    status: Status,
    #[asn1(context_specific = "0", optional = "true", tag_mode = "EXPLICIT")]
    bytes: Option<Bytes<'a>>,
}

#[derive(Enumerated, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
enum Status {
    Successful = 0,
    MalformedRequest = 1,
    InternalError = 2,
    TryLater = 3,
    SigRequired = 5,
    Unauthorized = 6,
}

#[derive(Sequence)]
struct Bytes<'a> {
    kind: ObjectIdentifier,
    response: &'a OctetStringRef,
}

#[derive(Sequence)]
struct Basic<'a> {
    data: Data<'a>,
    algorithm: AnyRef<'a>,
    signature: AnyRef<'a>,
    #[asn1(context_specific = "0", optional = "true", tag_mode = "EXPLICIT")]
    certificates: Option<AnyRef<'a>>,
}

#[derive(Sequence)]
struct Data<'a> {
    #[asn1(context_specific = "0", optional = "true", tag_mode = "EXPLICIT")]
    version: Option<u8>,
    responder: AnyRef<'a>,
    produced: GeneralizedTime,
    responses: Vec<Single<'a>>,
    #[asn1(context_specific = "1", optional = "true", tag_mode = "EXPLICIT")]
    extensions: Option<AnyRef<'a>>,
}

#[derive(Sequence)]
struct Single<'a> {
    certificate: Id<'a>,
    /// `[0]` good, `[1]` revoked, `[2]` unknown.
    standing: AnyRef<'a>,
    this_update: GeneralizedTime,
    #[asn1(context_specific = "0", optional = "true", tag_mode = "EXPLICIT")]
    next_update: Option<GeneralizedTime>,
    #[asn1(context_specific = "1", optional = "true", tag_mode = "EXPLICIT")]
    extensions: Option<AnyRef<'a>>,
}

#[derive(Sequence)]
struct Id<'a> {
    algorithm: AnyRef<'a>,
    issuer_name: &'a OctetStringRef,
    issuer_key: &'a OctetStringRef,
    serial: IntRef<'a>,
}

/// What a response says of the certificate with this serial number in hexadecimal, or why it says nothing.
pub fn stapled(der: &[u8], serial: &str) -> Result<Stapled, String> {
    let broken = |error: der::Error| format!("it is not an OCSP response: {}", error.kind());
    let response = Response::from_der(der).map_err(broken)?;
    let status = match response.status {
        Status::Successful => None,
        Status::MalformedRequest => Some("malformed request"),
        Status::InternalError => Some("internal error"),
        Status::TryLater => Some("try later"),
        Status::SigRequired => Some("a signed request is required"),
        Status::Unauthorized => Some("unauthorized"),
    };
    if let Some(status) = status {
        return Err(format!("its responder says `{status}`"));
    }
    let bytes = response.bytes.ok_or("it is empty")?;
    let basic = Basic::from_der(bytes.response.as_bytes()).map_err(broken)?;
    let wanted = serial.trim_start_matches('0');
    let is_wanted = |single: &&Single<'_>| {
        let digits: String =
            single.certificate.serial.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        digits.trim_start_matches('0').eq_ignore_ascii_case(wanted)
    };
    let single = basic.data.responses.iter().find(is_wanted).ok_or("it is about another certificate")?;
    let tag = der::Tagged::tag(&single.standing);
    let standing = match tag.number().value() {
        0 => CertificateStatus::Good,
        1 => CertificateStatus::Revoked,
        _ => CertificateStatus::Unknown,
    };
    let millis =
        |time: GeneralizedTime| u64::try_from(time.to_unix_duration().as_millis()).unwrap_or(u64::MAX);
    Ok(Stapled {
        standing,
        this_update: millis(single.this_update),
        next_update: single.next_update.map(millis),
    })
}
