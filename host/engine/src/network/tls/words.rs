//! Why there is no TLS, in words for people who are woken by it: without names of types, and with dates.

use rustls::pki_types::{ServerName, UnixTime};
use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, OtherError, PeerIncompatible};
use watchkeep_core::time::Wall;

use super::super::certificate;

/// More names would be a page, not a sentence.
const NAMES_SHOWN: usize = 5;

/// Why the chain is not trusted. `chain` is as the peer sent it, leaf first.
pub(super) fn untrusted(error: &Error, chain: &[Vec<u8>]) -> String {
    match error {
        Error::InvalidCertificate(error) => of_certificate(error, chain),
        Error::NoCertificatesPresented => "the server sent no certificate".to_owned(),
        error => handshake(error),
    }
}

fn of_certificate(error: &CertificateError, chain: &[Vec<u8>]) -> String {
    match error {
        CertificateError::Expired => format!("{} expired", which(None, chain)),
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("{} expired on {}", which(Some(*not_after), chain), date(*not_after))
        }
        CertificateError::NotValidYet => "it is not valid yet".to_owned(),
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("it is not valid before {}", date(*not_before))
        }
        CertificateError::NotValidForName => "it is not valid for this name".to_owned(),
        CertificateError::NotValidForNameContext { expected, .. } => not_for(expected, chain),
        CertificateError::UnknownIssuer => unknown_issuer(chain),
        // Another authority of the same name is trusted here.
        CertificateError::BadSignature
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. }
            if is_by_itself(chain) =>
        {
            short_key(chain).unwrap_or_else(|| unknown_issuer(chain))
        }
        CertificateError::BadSignature => {
            short_key(chain).unwrap_or_else(|| "its signature is not its issuer's".to_owned())
        }
        CertificateError::BadEncoding => "it cannot be read".to_owned(),
        CertificateError::Revoked => "its authority has revoked it".to_owned(),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            "it is not meant for servers".to_owned()
        }
        CertificateError::UnhandledCriticalExtension => {
            "it demands something (a critical extension) that this host does not know".to_owned()
        }
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => weak(chain),
        CertificateError::Other(error) => other(error, chain),
        _ => "it does not keep to the rules for certificates".to_owned(),
    }
}

fn other(OtherError(error): &OtherError, chain: &[Vec<u8>]) -> String {
    use webpki::Error;
    match error.downcast_ref::<Error>() {
        Some(Error::CaUsedAsEndEntity) => {
            "it is an authority's certificate, which a server may not show; hint: if it is this server's own and signed by \
             itself, name it in `ca_file` under [host]"
                .to_owned()
        }
        Some(Error::EndEntityUsedAsCa) => "one that signed it is not an authority's".to_owned(),
        Some(Error::UnsupportedCertVersion) => "it is of an old version, not of version 3".to_owned(),
        Some(Error::NameConstraintViolation) => "its authority may not sign for this name".to_owned(),
        Some(Error::PathLenConstraintViolated) => "its authority may not sign for other authorities".to_owned(),
        Some(Error::UnsupportedCriticalExtension) => {
            "it demands something (a critical extension) that this host does not know".to_owned()
        }
        Some(Error::SignatureAlgorithmMismatch) => weak(chain),
        Some(_) | None => "it does not keep to the rules for certificates".to_owned(),
    }
}

/// Names the certificate, or one that it depends on.
fn which(not_after: Option<UnixTime>, chain: &[Vec<u8>]) -> &'static str {
    let leaf = chain.first().map(|der| certificate::facts(der).not_after / 1_000);
    match (not_after, leaf) {
        (Some(not_after), Some(leaf)) if not_after.as_secs() != leaf => "one of its authorities'",
        _ => "it",
    }
}

fn not_for(expected: &ServerName<'_>, chain: &[Vec<u8>]) -> String {
    let expected = expected.to_str();
    let names = chain.first().map(|der| certificate::facts(der).names).unwrap_or_default();
    let more = names.len().saturating_sub(NAMES_SHOWN);
    let shown = names.iter().take(NAMES_SHOWN).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match (shown.as_str(), more) {
        ("", _) => {
            format!("it is not valid for `{expected}`: it names no host (no subject alternative name)")
        }
        (shown, 0) => format!("it is not valid for `{expected}`, only for {shown}"),
        (shown, more) => format!("it is not valid for `{expected}`, only for {shown} and {more} more"),
    }
}

fn is_by_itself(chain: &[Vec<u8>]) -> bool {
    let leaf = chain.first().map(|der| certificate::facts(der));
    leaf.is_some_and(|leaf| leaf.subject == leaf.issuer)
}

fn unknown_issuer(chain: &[Vec<u8>]) -> String {
    let facts = chain.first().map(|der| certificate::facts(der));
    match facts {
        Some(_) if is_by_itself(chain) => {
            "it is signed by itself; hint: name it in `ca_file` under [host] to trust it".to_owned()
        }
        Some(leaf) if chain.len() == 1 => format!(
            "no authority that is trusted here signed it (it is by `{}`), and the server sends none that leads to one; \
             hint: let it send its whole chain, or name the authority in `ca_file` under [host]",
            leaf.issuer
        ),
        Some(_) | None => {
            "no authority that is trusted here signed it; hint: name the authority in `ca_file` under [host]"
                .to_owned()
        }
    }
}

/// The sentence if a key is too short: no signature by such a key is accepted, whoever made it.
fn short_key(chain: &[Vec<u8>]) -> Option<String> {
    let leaf = chain.first().map(|der| certificate::facts(der))?;
    let is_short = leaf.key_algorithm == "rsaEncryption" && leaf.key_bits < 2_048;
    is_short.then(|| format!("its RSA key of {} bits is too short", leaf.key_bits))
}

fn weak(chain: &[Vec<u8>]) -> String {
    if let Some(why) = short_key(chain) {
        return why;
    }
    match chain.first().map(|der| certificate::facts(der)) {
        Some(leaf) if !leaf.signature_algorithm.is_empty() => format!(
            "it, or one that it rests on, is signed or keyed in a way that this host does not know or trust ({}, key {} of {} bits)",
            leaf.signature_algorithm, leaf.key_algorithm, leaf.key_bits
        ),
        Some(_) | None => "it is signed in a way that this host does not know or trust".to_owned(),
    }
}

/// Why a handshake, or what followed it, failed for a reason other than the chain.
pub(crate) fn handshake(error: &Error) -> String {
    match error {
        Error::InvalidMessage(
            InvalidMessage::InvalidContentType | InvalidMessage::UnknownProtocolVersion,
        ) => {
            "what answers there speaks no TLS; hint: is it meant to be `http://`, or another port?".to_owned()
        }
        Error::InvalidMessage(_)
        | Error::PeerMisbehaved(_)
        | Error::InappropriateMessage { .. }
        | Error::InappropriateHandshakeMessage { .. }
        | Error::PeerSentOversizedRecord => "the server does not keep to the rules of TLS".to_owned(),
        Error::PeerIncompatible(incompatible) => of_incompatible(incompatible),
        Error::AlertReceived(alert) => of_alert(*alert),
        Error::NoApplicationProtocol => "the server takes none of the protocols that were offered".to_owned(),
        Error::DecryptError => "what the server sends cannot be decrypted".to_owned(),
        Error::NoCertificatesPresented => "the server sent no certificate".to_owned(),
        Error::InvalidCertificate(error) => of_certificate(error, &[]),
        Error::FailedToGetRandomBytes | Error::FailedToGetCurrentTime => {
            "this host has no clock or no random numbers for it".to_owned()
        }
        _ => "it ended for a reason of its own".to_owned(),
    }
}

/// For TLS before 1.3, which has no alert that says so.
pub(super) const WANTS_A_CERTIFICATE: &str = "the server wants a client certificate";

const OLD: &str =
    "the server speaks no TLS newer than 1.1, which nobody should; hint: let it speak TLS 1.2 or 1.3";

fn of_incompatible(incompatible: &PeerIncompatible) -> String {
    match incompatible {
        PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig => OLD.to_owned(),
        PeerIncompatible::NoSignatureSchemesInCommon
        | PeerIncompatible::NoCertificateRequestSignatureSchemesInCommon => {
            "the server and the host share no signature algorithm".to_owned()
        }
        _ => "the server wants what this host does not speak".to_owned(),
    }
}

fn of_alert(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::ProtocolVersion => OLD.to_owned(),
        AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity => {
            "the server and the host share no key exchange or cipher (the server's alert: handshake failure): it may know \
             only key exchange by RSA or by DHE, or only ciphers in CBC mode; hint: this host speaks TLS 1.2 and 1.3 with \
             ECDHE and AES-GCM or ChaCha20"
                .to_owned()
        }
        AlertDescription::CertificateRequired | AlertDescription::NoCertificate => {
            WANTS_A_CERTIFICATE.to_owned()
        }
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::AccessDenied => {
            let why = match alert {
                AlertDescription::CertificateExpired => "it has expired",
                AlertDescription::CertificateRevoked => "it is revoked",
                AlertDescription::UnknownCA => "it does not trust the authority that signed it",
                AlertDescription::AccessDenied => "it has no access",
                _ => "it does not say why",
            };
            format!("the server does not take the client certificate: {why}")
        }
        AlertDescription::UnrecognisedName => "the server knows no site of this name".to_owned(),
        AlertDescription::InternalError => "the server failed inside of itself (its alert: internal error)".to_owned(),
        AlertDescription::NoApplicationProtocol => {
            "the server takes none of the protocols that were offered".to_owned()
        }
        alert => match alert.as_str() {
            Some(name) => format!("the server ended it with the alert {}", spaced(name)),
            None => format!("the server ended it with the alert {}", u8::from(alert)),
        },
    }
}

/// `DecodeError` is "decode error".
fn spaced(name: &str) -> String {
    let mut spaced = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() && !spaced.is_empty() {
            spaced.push(' ');
        }
        spaced.push(c.to_ascii_lowercase());
    }
    spaced
}

fn date(moment: UnixTime) -> String {
    let millis = i64::try_from(moment.as_secs()).unwrap_or(i64::MAX).saturating_mul(1_000);
    let day = Wall::from_millis(millis).utc().map(|at| at.date_naive().to_string());
    day.unwrap_or_else(|| "a day that no calendar has".to_owned())
}
