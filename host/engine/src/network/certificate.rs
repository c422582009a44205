//! What stands in a certificate. A certificate that cannot be read is still told, by its digest.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use rustls::CertificateError;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use sha2::{Digest as _, Sha256};
use webpki::EndEntityCert;
use x509_parser::extensions::GeneralName;
use x509_parser::objects::{oid_registry, oid2sn};
use x509_parser::prelude::{FromDer, X509Certificate};
use x509_parser::public_key::PublicKey;

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
    let algorithm = |oid| oid2sn(oid, oid_registry()).map_or_else(|_| format!("{oid}"), str::to_owned);
    let key = parsed.public_key();
    let key_bits = key.parsed().map_or(0, |key| match key {
        PublicKey::RSA(rsa) => rsa.key_size(),
        // A point's coordinates fill whole bytes; the curve's name has the bits.
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

/// Whether a server's own certificate, which the operator named as trusted, is one for this name and now. One that names no
/// host in the way of today (`openssl req -x509` writes none) is taken by its common name: it was named itself.
pub(super) fn holds_for(
    der: &CertificateDer<'_>,
    name: &ServerName<'_>,
    now: UnixTime,
) -> Result<(), CertificateError> {
    let (_, parsed) = X509Certificate::from_der(der).map_err(|_| CertificateError::BadEncoding)?;
    let moment = |at: i64| UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(at).unwrap_or(0)));
    let not_after = moment(parsed.validity().not_after.timestamp());
    let not_before = moment(parsed.validity().not_before.timestamp());
    if now > not_after {
        return Err(CertificateError::ExpiredContext { time: now, not_after });
    }
    if now < not_before {
        return Err(CertificateError::NotValidYetContext { time: now, not_before });
    }
    let is_named = if matches!(parsed.subject_alternative_name(), Ok(None)) {
        let written = name.to_str();
        let mut common = parsed.subject().iter_common_name().filter_map(|name| name.as_str().ok());
        common.any(|common| {
            let same_address = || Some(common.parse::<IpAddr>().ok()? == written.parse::<IpAddr>().ok()?);
            common.eq_ignore_ascii_case(&written) || same_address() == Some(true)
        })
    } else {
        let leaf = EndEntityCert::try_from(der);
        leaf.is_ok_and(|leaf| leaf.verify_is_valid_for_subject_name(name).is_ok())
    };
    let presented = names(&parsed);
    if is_named {
        Ok(())
    } else {
        Err(CertificateError::NotValidForNameContext { expected: name.to_owned(), presented })
    }
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
