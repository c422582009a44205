//! TLS for the broker: one configuration for all, and per exchange a verifier that remembers what the peer
//! showed and what became of it, also when the answer is no.

use std::sync::Arc;
use std::time::Instant;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{
    ClientSessionStore, Resumption, Tls12ClientSessionValue, Tls13ClientSessionValue, WebPkiServerVerifier,
};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, Error, NamedGroup, RootCertStore, SignatureScheme};

use super::trace::{Handshake, Trace};
use crate::error::EngineError;

/// Shared by all exchanges.
pub(super) struct Tls {
    config: ClientConfig,
    webpki: Arc<WebPkiServerVerifier>,
}

/// Whether a chain must be trusted before anything is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Trust {
    Require,
    Ignore,
}

impl Tls {
    /// Trusts what the system trusts (the public roots where it has none), and `extra_roots_pem`.
    pub(super) fn new(extra_roots_pem: &[Vec<u8>]) -> Result<Self, EngineError> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        for pem in extra_roots_pem {
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate = certificate.map_err(|error| EngineError::Roots(error.to_string()))?;
                roots.add(certificate).map_err(|error| EngineError::Roots(error.to_string()))?;
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let webpki = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
            .build()
            .map_err(|error| EngineError::Roots(error.to_string()))?;
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| EngineError::Roots(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&webpki) as Arc<dyn ServerCertVerifier>)
            .with_no_client_auth();
        config.resumption = Resumption::disabled();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self { config, webpki })
    }

    /// For an exchange without TLS.
    pub(super) fn unused(&self) -> ClientConfig {
        self.config.clone()
    }

    pub(super) fn recording(&self, trace: &Arc<Trace>, trust: Trust, alpn: &[String]) -> ClientConfig {
        let mut config = self.config.clone();
        let verifier = Recorder { trace: Arc::clone(trace), webpki: Arc::clone(&self.webpki), trust };
        config.dangerous().set_certificate_verifier(Arc::new(verifier));
        config.resumption = Resumption::store(Arc::new(HelloMark(Arc::clone(trace))));
        if !alpn.is_empty() {
            config.alpn_protocols = alpn.iter().map(|protocol| protocol.clone().into_bytes()).collect();
        }
        config
    }
}

#[derive(Debug)]
struct Recorder {
    trace: Arc<Trace>,
    webpki: Arc<WebPkiServerVerifier>,
    trust: Trust,
}

impl Recorder {
    fn protocol(&self, protocol: &'static str) {
        if let Some(handshake) = &mut self.trace.marks().tls {
            handshake.protocol = protocol;
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
        let verdict =
            self.webpki.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        self.trace.marks().tls = Some(Handshake {
            chain: std::iter::once(end_entity).chain(intermediates).map(|der| der.to_vec()).collect(),
            ocsp: (!ocsp_response.is_empty()).then(|| ocsp_response.to_vec()),
            untrusted: verdict.as_ref().err().map(reason),
            protocol: "TLS",
            alpn: None,
        });
        match self.trust {
            Trust::Require => verdict,
            Trust::Ignore => Ok(ServerCertVerified::assertion()),
        }
    }
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.protocol("TLSv1.2");
        self.webpki.verify_tls12_signature(message, cert, dss)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.protocol("TLSv1.3");
        self.webpki.verify_tls13_signature(message, cert, dss)
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.webpki.supported_verify_schemes()
    }
}

/// Why a chain is not trusted, without rustls's own preamble.
pub(super) fn reason(error: &Error) -> String {
    let text = error.to_string();
    text.strip_prefix("invalid peer certificate: ").unwrap_or(&text).to_owned()
}

/// Keeps nothing; being asked for a hint is how the begin of a handshake shows.
#[derive(Debug)]
struct HelloMark(Arc<Trace>);

impl ClientSessionStore for HelloMark {
    fn set_kx_hint(&self, _: ServerName<'static>, _: NamedGroup) {}
    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        self.0.marks().tls_began.get_or_insert_with(Instant::now);
        None
    }
    fn set_tls12_session(&self, _: ServerName<'static>, _: Tls12ClientSessionValue) {}
    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        None
    }
    fn remove_tls12_session(&self, _: &ServerName<'static>) {}
    fn insert_tls13_ticket(&self, _: ServerName<'static>, _: Tls13ClientSessionValue) {}
    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        None
    }
}
