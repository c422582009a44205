//! TLS over any stream: one configuration for all, and for each handshake a verifier that remembers what the peer
//! showed and what was made of it, also when the peer is not trusted.

mod identity;
mod p521;
mod records;
mod verify;
mod words;

use std::io;
use std::sync::Arc;

use rustls::client::danger::ServerCertVerifier;
use rustls::client::{ResolvesClientCert, Resumption};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;

use super::certificate;
use super::failure::{self, Problem};
use super::timeline::Timeline;
use crate::contract::transport::{self as contract, FailureKind, Phase};
use crate::error::EngineError;
pub(crate) use identity::{Flaw, Identity};
use records::Records;
pub(crate) use records::is_end_unannounced;
pub(crate) use verify::Recorder;
use verify::Verifier;
pub(crate) use words::handshake as words;

/// The stream after a handshake.
pub(crate) type TlsStream<S> = tokio_rustls::client::TlsStream<Records<S>>;

/// Shared by all connections.
pub(crate) struct Tls {
    config: ClientConfig,
    verifier: Arc<Verifier>,
}

/// Whether a chain must be trusted before anything is sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Trust {
    Require,
    Ignore,
}

/// What one handshake asks for.
#[derive(Debug)]
pub(crate) struct Handshake<'a> {
    /// The name that the certificate must be for, or an address.
    pub(crate) server_name: &'a str,
    pub(crate) trust: Trust,
    /// In order of preference; empty offers none.
    pub(crate) alpn: Vec<Vec<u8>>,
    /// Shown to the peer if it asks.
    pub(crate) identity: Option<&'a Identity>,
}

impl From<contract::Trust> for Trust {
    fn from(trust: contract::Trust) -> Self {
        match trust {
            contract::Trust::Require => Trust::Require,
            contract::Trust::Ignore => Trust::Ignore,
        }
    }
}

impl Tls {
    /// Trusts what the system trusts (the public roots where it has none), and `extra_roots_pem`.
    pub(crate) fn new(extra_roots_pem: &[Vec<u8>]) -> Result<Self, EngineError> {
        let mut roots = RootCertStore::empty();
        let mut named = Vec::new();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if roots.is_empty() {
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        }
        for pem in extra_roots_pem {
            for certificate in CertificateDer::pem_slice_iter(pem) {
                let certificate = certificate.map_err(|error| EngineError::Roots(error.to_string()))?;
                // A server's own certificate is trusted only as itself: as a root, its key could sign for any name.
                if certificate::may_sign(&certificate) {
                    roots.add(certificate.clone()).map_err(|error| EngineError::Roots(error.to_string()))?;
                }
                named.push(certificate);
            }
        }
        let provider = Arc::new(p521::provider());
        let verifier = Arc::new(Verifier::new(roots, named, &provider)?);
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| EngineError::Roots(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(verifier.webpki())
            .with_no_client_auth();
        config.resumption = Resumption::disabled();
        Ok(Self { config, verifier })
    }

    /// Performs a handshake. What the peer showed is in the timeline, however it ends.
    pub(crate) async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        timeline: &mut Timeline,
        stream: S,
        asked: Handshake<'_>,
    ) -> Result<TlsStream<S>, Problem> {
        let Handshake { server_name, trust, alpn, identity } = asked;
        let bare = server_name.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
        let name = ServerName::try_from(bare.to_owned()).map_err(|_| {
            Problem::new(FailureKind::Invalid, Phase::Tls, format!("`{server_name}` is not a server name"))
        })?;
        let recorder = Arc::new(Recorder::new(Arc::clone(&self.verifier), trust));
        let mut config = self.config.clone();
        config.dangerous().set_certificate_verifier(Arc::clone(&recorder) as Arc<dyn ServerCertVerifier>);
        config.alpn_protocols = alpn;
        config.client_auth_cert_resolver = Arc::new(ClientCertificateResolver {
            recorder: Arc::clone(&recorder),
            identity: identity.map(|Identity(identity)| Arc::clone(identity)),
        });
        timeline.tls_began(Arc::clone(&recorder));
        let stream = Records::new(stream);
        let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.map_err(|error| {
            let problem = failure::of_io(&error, Phase::Tls);
            if identity.is_none() && recorder.wants_certificate() && is_alert(&error) {
                return problem.saying(format!("no TLS connection: {}", words::WANTS_A_CERTIFICATE));
            }
            match recorder.untrusted() {
                // The verifier's reason says more than the error.
                Some(reason) if problem.kind == FailureKind::Certificate => {
                    let message = format!("the certificate is not trusted: {reason}");
                    problem.saying(message)
                }
                Some(_) | None => problem,
            }
        })?;
        recorder.agreed(stream.get_ref().1);
        timeline.tls_ended();
        Ok(stream)
    }
}

/// Shows the client certificate, if there is one, and remembers that the server asked for it.
#[derive(Debug)]
struct ClientCertificateResolver {
    recorder: Arc<Recorder>,
    identity: Option<Arc<SingleCertAndKey>>,
}

impl ResolvesClientCert for ClientCertificateResolver {
    fn resolve(&self, hints: &[&[u8]], schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.recorder.certificate_wanted();
        self.identity.as_ref().and_then(|identity| ResolvesClientCert::resolve(&**identity, hints, schemes))
    }
    fn has_certs(&self) -> bool {
        self.identity.is_some()
    }
}

/// Whether the server ended the handshake, and said so.
fn is_alert(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
    matches!(inner, Some(rustls::Error::AlertReceived(_)))
}
