//! A certificate authority that exists for one start of the lab, and the certificate of the TLS site. Keys never
//! leave the process; only the authority's certificate may be written, so that a client can trust it.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use time::{Duration, OffsetDateTime};

/// A certificate that an authority of its own has signed.
pub struct Signed {
    /// The authority's certificate, PEM: what a client must trust.
    pub authority_pem: String,
    /// The leaf, then the authority, PEM: what a server such as nginx presents.
    pub chain_pem: String,
    /// The leaf's private key, PKCS #8, PEM.
    pub key_pem: String,
    /// For a rustls server.
    pub server: Arc<ServerConfig>,
}

#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    #[error("making the certificate of the TLS site failed")]
    Make(#[from] rcgen::Error),
    #[error("setting up the TLS site failed")]
    Serve(#[from] rustls::Error),
}

/// For `names` (host names and IP addresses), valid from an hour ago until `valid_for` from now. A negative span
/// gives an expired certificate.
pub fn signed(names: &[&str], valid_for: Duration) -> Result<Signed, CertificateError> {
    let now = OffsetDateTime::now_utc();
    let authority = authority(now)?;

    let mut params = CertificateParams::new(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>())?;
    params.distinguished_name.push(DnType::CommonName, names.first().copied().unwrap_or("lab"));
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    params.not_after = now + valid_for;
    params.not_before = (now - Duration::HOUR).min(params.not_after - Duration::HOUR);
    let key = KeyPair::generate()?;
    let leaf = params.signed_by(&key, &authority)?;

    let server = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(
            vec![leaf.der().clone(), authority.der().clone()],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )?;
    Ok(Signed {
        authority_pem: authority.pem(),
        chain_pem: format!("{}{}", leaf.pem(), authority.pem()),
        key_pem: key.serialize_pem(),
        server: Arc::new(server),
    })
}

fn authority(now: OffsetDateTime) -> Result<CertifiedIssuer<'static, KeyPair>, rcgen::Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Watchkeep lab authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = now - Duration::days(30);
    params.not_after = now + Duration::days(365);
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}
