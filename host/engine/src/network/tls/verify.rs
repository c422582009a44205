//! Decides whether a chain is trusted, and remembers what the peer showed, however it ends.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::pki_types::{CertificateDer, ServerName, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme};
use webpki::{EndEntityCert, KeyUsage};

use super::super::certificate::{self, Named};
use super::{Trust, words};
use crate::contract::transport::TlsFacts;
use crate::error::EngineError;

/// One for all handshakes.
#[derive(Debug)]
pub(super) struct Verifier {
    webpki: Arc<WebPkiServerVerifier>,
    anchors: Vec<TrustAnchor<'static>>,
    /// The certificates that the operator named, which may be servers' own.
    named: Vec<CertificateDer<'static>>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Verifier {
    pub(super) fn new(
        roots: RootCertStore,
        named: Vec<CertificateDer<'static>>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, EngineError> {
        let anchors = roots.roots.clone();
        let webpki = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
            .build()
            .map_err(|error| EngineError::Roots(error.to_string()))?;
        Ok(Self { webpki, anchors, named, algorithms: provider.signature_verification_algorithms })
    }

    pub(super) fn webpki(&self) -> Arc<dyn ServerCertVerifier> {
        Arc::clone(&self.webpki) as _
    }

    /// Verifies the chain. Returns the places of the certificates that the trust is based on, leaf first.
    fn verify(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<Vec<u32>, Error> {
        match self.webpki.verify_server_cert(end_entity, intermediates, name, ocsp, now) {
            Ok(_) => Ok(self.path(end_entity, intermediates, now)),
            Err(error) => match self.named_for(end_entity, &error, now) {
                Some(named) => certificate::holds_for(end_entity, named, name, now)
                    .map(|()| vec![0])
                    .map_err(Error::InvalidCertificate),
                None => Err(error),
            },
        }
    }

    /// How the operator named the certificate. For those that webpki does not accept from a server: certificates of an
    /// authority, and any not of version 3.
    fn named_for(&self, end_entity: &CertificateDer<'_>, error: &Error, now: UnixTime) -> Option<Named> {
        if self.is_named(end_entity) {
            return Some(Named::Itself);
        }
        let mut authorities = self.named.iter();
        let is_signed =
            |authority| certificate::is_signed_by(end_entity, authority, self.algorithms.all, now);
        (is_an_authoritys(error) && authorities.any(is_signed)).then_some(Named::Authority)
    }

    fn is_named(&self, end_entity: &CertificateDer<'_>) -> bool {
        self.named.iter().any(|named| named.as_ref() == end_entity.as_ref())
    }

    /// Verifies a signature of a certificate that the operator named itself and that webpki cannot read.
    fn is_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> bool {
        let known = self.algorithms.mapping.iter().find(|(scheme, _)| *scheme == signed.scheme);
        self.is_named(cert)
            && known.is_some_and(|(_, algorithms)| {
                let made = |algorithm: &&dyn SignatureVerificationAlgorithm| {
                    certificate::is_key_of(cert, *algorithm, message, signed.signature())
                };
                algorithms.iter().any(made)
            })
    }

    /// The path of a chain that is trusted. webpki says which path it took only if it is asked directly.
    fn path(&self, end_entity: &CertificateDer<'_>, sent: &[CertificateDer<'_>], now: UnixTime) -> Vec<u32> {
        let mut path = vec![0];
        let Ok(leaf) = EndEntityCert::try_from(end_entity) else { return path };
        let usage = KeyUsage::server_auth();
        let found = leaf.verify_for_usage(self.algorithms.all, &self.anchors, sent, now, usage, None, None);
        let Ok(found) = found else { return path };
        for used in found.intermediate_certificates() {
            let place = sent.iter().position(|der| der.as_ref() == used.der().as_ref());
            path.extend(place.and_then(|place| u32::try_from(place + 1).ok()));
        }
        path
    }
}

fn is_an_authoritys(error: &Error) -> bool {
    let Error::InvalidCertificate(CertificateError::Other(OtherError(error))) = error else { return false };
    matches!(error.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

/// Verifies, and remembers.
#[derive(Debug)]
pub(crate) struct Recorder {
    verifier: Arc<Verifier>,
    trust: Trust,
    seen: Mutex<Observed>,
}

#[derive(Debug, Default)]
struct Observed {
    /// DER, leaf first. Empty until the peer has shown a certificate.
    chain: Vec<Vec<u8>>,
    /// Places in it, once it is trusted.
    path: Vec<u32>,
    ocsp: Option<Vec<u8>>,
    untrusted: Option<String>,
    protocol: Option<String>,
    cipher_suite: Option<String>,
    alpn: Option<String>,
    wants_certificate: bool,
}

impl Recorder {
    pub(super) fn new(verifier: Arc<Verifier>, trust: Trust) -> Self {
        Self { verifier, trust, seen: Mutex::default() }
    }

    fn with_seen<T>(&self, look: impl FnOnce(&mut Observed) -> T) -> T {
        // These are plain values, which can be read even after a panic.
        look(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn agreed(&self, connection: &rustls::ClientConnection) {
        self.with_seen(|seen| {
            seen.protocol = connection.protocol_version().map(|version| match version {
                rustls::ProtocolVersion::TLSv1_2 => "TLSv1.2".to_owned(),
                rustls::ProtocolVersion::TLSv1_3 => "TLSv1.3".to_owned(),
                other => format!("{other:?}"),
            });
            seen.cipher_suite =
                connection.negotiated_cipher_suite().map(|suite| format!("{:?}", suite.suite()));
            seen.alpn =
                connection.alpn_protocol().map(|protocol| String::from_utf8_lossy(protocol).into_owned());
        });
    }

    /// `None` until the peer has shown a certificate.
    pub(crate) fn facts(&self) -> Option<TlsFacts> {
        self.with_seen(|seen| {
            (!seen.chain.is_empty()).then(|| TlsFacts {
                protocol: seen.protocol.clone().unwrap_or_else(|| "TLS".to_owned()),
                cipher_suite: seen.cipher_suite.clone(),
                alpn: seen.alpn.clone(),
                chain: seen.chain.iter().map(|der| certificate::facts(der)).collect(),
                ocsp: seen.ocsp.clone(),
                untrusted: seen.untrusted.clone(),
            })
        })
    }

    /// DER, as the peer sent it.
    pub(crate) fn chain(&self) -> Vec<Vec<u8>> {
        self.with_seen(|seen| seen.chain.clone())
    }

    /// Why the chain is not trusted.
    pub(super) fn untrusted(&self) -> Option<String> {
        self.with_seen(|seen| seen.untrusted.clone())
    }

    /// The places in the chain of the certificates that the trust is based on; empty if it is not trusted.
    pub(crate) fn path(&self) -> Vec<u32> {
        self.with_seen(|seen| seen.path.clone())
    }

    pub(super) fn certificate_wanted(&self) {
        self.with_seen(|seen| seen.wants_certificate = true);
    }
    /// Whether the peer asked for a client certificate.
    pub(crate) fn wants_certificate(&self) -> bool {
        self.with_seen(|seen| seen.wants_certificate)
    }

    fn by_key(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
        error: Error,
    ) -> Result<HandshakeSignatureValid, Error> {
        match self.verifier.is_signature(message, cert, signed) {
            true => Ok(HandshakeSignatureValid::assertion()),
            false => Err(error),
        }
    }

    /// Takes in the verdict on whether the peer holds its certificate's key. It is noted but not enforced where any
    /// certificate would do: there it proves nothing, and keys that are too short or certificates that cannot be read
    /// would fail it.
    fn signature(
        &self,
        protocol: &str,
        verdict: Result<HandshakeSignatureValid, Error>,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.with_seen(|seen| {
            seen.protocol = Some(protocol.to_owned());
            if let Err(error) = &verdict {
                let reason = words::untrusted(error, &seen.chain);
                seen.untrusted.get_or_insert(reason);
                seen.path.clear();
            }
        });
        match self.trust {
            Trust::Require => verdict,
            Trust::Ignore => Ok(HandshakeSignatureValid::assertion()),
        }
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verdict = self.verifier.verify(end_entity, intermediates, server_name, ocsp_response, now);
        self.with_seen(|seen| {
            seen.chain = std::iter::once(end_entity).chain(intermediates).map(|der| der.to_vec()).collect();
            seen.ocsp = (!ocsp_response.is_empty()).then(|| ocsp_response.to_vec());
            seen.untrusted = verdict.as_ref().err().map(|error| words::untrusted(error, &seen.chain));
            seen.path = verdict.as_ref().cloned().unwrap_or_default();
        });
        match (self.trust, verdict) {
            (Trust::Require, Err(error)) => Err(error),
            (Trust::Require, Ok(_)) | (Trust::Ignore, _) => Ok(ServerCertVerified::assertion()),
        }
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let verdict = self.verifier.webpki.verify_tls12_signature(message, cert, dss);
        self.signature("TLSv1.2", verdict.or_else(|error| self.by_key(message, cert, dss, error)))
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let verdict = self.verifier.webpki.verify_tls13_signature(message, cert, dss);
        self.signature("TLSv1.3", verdict.or_else(|error| self.by_key(message, cert, dss, error)))
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let mut schemes = self.verifier.webpki.supported_verify_schemes();
        if self.trust == Trust::Ignore {
            // Schemes that are not verified need not be known.
            schemes.extend([
                SignatureScheme::ED448,
                SignatureScheme::RSA_PKCS1_SHA1,
                SignatureScheme::ECDSA_SHA1_Legacy,
            ]);
        }
        schemes
    }
}
