//! What a certificate says. One that cannot be read is still reported, by its digest.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use rustls::CertificateError;
use rustls::pki_types::{
    CertificateDer, ServerName, SignatureVerificationAlgorithm, SubjectPublicKeyInfoDer, UnixTime,
};
use sha2::{Digest as _, Sha256};
use webpki::{EndEntityCert, RawPublicKeyEntity};
use x509_parser::extensions::GeneralName;
use x509_parser::objects::{oid_registry, oid2sn};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;
use x509_parser::x509::X509Version;

use crate::contract::transport::Certificate;

const NAMES_MAX: usize = 1_000;

pub(super) fn facts(der: &[u8]) -> Certificate {
    let sha256 = Sha256::digest(der).iter().map(|byte| format!("{byte:02x}")).collect();
    let Ok((_, parsed)) = X509Certificate::from_der(der) else {
        return Certificate {
            subject: String::new(),
            issuer: String::new(),
            serial: String::new(),
            not_before: 0,
            not_after: 0,
            names: Vec::new(),
            signature_algorithm: String::new(),
            key_algorithm: String::new(),
            key_bits: 0,
            sha256,
        };
    };
    let algorithm = |oid| match oid2sn(oid, oid_registry()) {
        Ok(name) => name.to_owned(),
        Err(_) => without_entry(&format!("{oid}")),
    };
    let key = parsed.public_key();
    let key_bits = key.parsed().map_or(0, |key| match key {
        PublicKey::RSA(rsa) => rsa.key_size(),
        // A point's coordinates fill whole bytes, while the curve is named by its bits.
        PublicKey::EC(point) if point.key_size() == 528 => 521,
        PublicKey::EC(point) => point.key_size(),
        PublicKey::DSA(_) | PublicKey::GostR3410(_) | PublicKey::GostR3410_2012(_) => 0,
        PublicKey::Unknown(bytes) => bytes.len() * 8,
    });
    let millis = |seconds: i64| u64::try_from(seconds).unwrap_or(0).saturating_mul(1_000);
    Certificate {
        subject: parsed.subject().to_string(),
        issuer: parsed.issuer().to_string(),
        serial: parsed.raw_serial_as_string().replace(':', ""),
        not_before: millis(parsed.validity().not_before.timestamp()),
        not_after: millis(parsed.validity().not_after.timestamp()),
        names: names(&parsed),
        signature_algorithm: algorithm(&parsed.signature_algorithm.algorithm),
        key_algorithm: algorithm(&key.algorithm.algorithm),
        key_bits: u32::try_from(key_bits).unwrap_or(0),
        sha256,
    }
}

/// The name of an algorithm that the registry does not have, or its number if it is not a common one.
fn without_entry(oid: &str) -> String {
    let name = match oid {
        "1.2.840.10045.4.1" => "ecdsa-with-SHA1",
        "1.2.840.113549.1.1.2" => "md2WithRSAEncryption",
        other => other,
    };
    name.to_owned()
}

/// What the operator named: the server's certificate itself, or the authority that signed it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Named {
    Itself,
    Authority,
}

/// Whether a certificate that is trusted because of what the operator named is valid for this name and now. If it was
/// named itself and lists no host as certificates do today (`openssl req -x509` writes none), its common name counts.
pub(super) fn holds_for(
    der: &CertificateDer<'_>,
    named: Named,
    name: &ServerName<'_>,
    now: UnixTime,
) -> Result<(), CertificateError> {
    let (_, parsed) = X509Certificate::from_der(der).map_err(|_| CertificateError::BadEncoding)?;
    is_current(&parsed, now)?;
    let has_names = !matches!(parsed.subject_alternative_name(), Ok(None));
    let is_for_it = match (has_names, named) {
        (false, Named::Itself) => is_common_name(&parsed, &name.to_str()),
        (_, _) => {
            let leaf = EndEntityCert::try_from(der);
            leaf.is_ok_and(|leaf| leaf.verify_is_valid_for_subject_name(name).is_ok())
        }
    };
    if is_for_it {
        Ok(())
    } else {
        Err(CertificateError::NotValidForNameContext { expected: name.to_owned(), presented: Vec::new() })
    }
}

/// Whether the certificate is an authority's, as far as can be read: it says so, is of a version that cannot say so, or
/// says only that its key signs certificates.
pub(super) fn may_sign(der: &CertificateDer<'_>) -> bool {
    X509Certificate::from_der(der).map_or(true, |(_, parsed)| {
        let of_key = parsed.key_usage().ok().flatten().map(|usage| usage.value.key_cert_sign());
        match parsed.basic_constraints() {
            Ok(Some(constraints)) => constraints.value.ca && of_key != Some(false),
            Ok(None) => parsed.version() == X509Version::V1 || of_key == Some(true),
            Err(_) => false,
        }
    })
}

/// Whether an authority that was named signed the certificate for a server. Checks what webpki does not: it does not
/// accept a certificate of an authority as a server's, and so does not examine one that says it is both.
pub(super) fn is_signed_by(
    der: &CertificateDer<'_>,
    authority: &CertificateDer<'_>,
    algorithms: &[&dyn SignatureVerificationAlgorithm],
    now: UnixTime,
) -> bool {
    let (Ok((_, leaf)), Ok((_, issuer))) =
        (X509Certificate::from_der(der), X509Certificate::from_der(authority))
    else {
        return false;
    };
    // Constraints would not be checked here, so such an issuer is left to webpki, which refuses it.
    let is_free = matches!(issuer.name_constraints(), Ok(None));
    let may_sign = issuer.is_ca() && may_sign(authority) && is_free && is_current(&issuer, now).is_ok();
    let for_servers = match leaf.extended_key_usage() {
        Ok(None) => true,
        Ok(Some(usage)) => usage.value.any || usage.value.server_auth,
        Err(_) => false,
    };
    let is_next = leaf.issuer().as_raw() == issuer.subject().as_raw();
    is_next
        && may_sign
        && for_servers
        && algorithms.iter().any(|algorithm| {
            is_key_of(authority, *algorithm, leaf.tbs_certificate.as_ref(), &leaf.signature_value.data)
        })
}

/// Whether the certificate's key made this signature. For any version of certificate.
pub(super) fn is_key_of(
    der: &CertificateDer<'_>,
    algorithm: &dyn SignatureVerificationAlgorithm,
    message: &[u8],
    signature: &[u8],
) -> bool {
    let Ok((_, parsed)) = X509Certificate::from_der(der) else { return false };
    let key = SubjectPublicKeyInfoDer::from(parsed.public_key().raw);
    let key = RawPublicKeyEntity::try_from(&key);
    key.is_ok_and(|key| key.verify_signature(algorithm, message, signature).is_ok())
}

fn is_current(parsed: &X509Certificate<'_>, now: UnixTime) -> Result<(), CertificateError> {
    let moment = |at: i64| UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(at).unwrap_or(0)));
    let not_after = moment(parsed.validity().not_after.timestamp());
    let not_before = moment(parsed.validity().not_before.timestamp());
    if now > not_after {
        return Err(CertificateError::ExpiredContext { time: now, not_after });
    }
    if now < not_before {
        return Err(CertificateError::NotValidYetContext { time: now, not_before });
    }
    Ok(())
}

fn is_common_name(parsed: &X509Certificate<'_>, name: &str) -> bool {
    let mut common = parsed.subject().iter_common_name().filter_map(|name| name.as_str().ok());
    let address = name.parse::<IpAddr>().ok();
    common.any(|common| {
        common.eq_ignore_ascii_case(name) || (address.is_some() && common.parse::<IpAddr>().ok() == address)
    })
}

fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else { return Vec::new() };
    let name = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match <[u8; 4]>::try_from(*bytes) {
            Ok(v4) => Some(Ipv4Addr::from(v4).to_string()),
            Err(_) => <[u8; 16]>::try_from(*bytes).ok().map(|v6| Ipv6Addr::from(v6).to_string()),
        },
        _ => None,
    };
    extension.value.general_names.iter().filter_map(name).take(NAMES_MAX).collect()
}
