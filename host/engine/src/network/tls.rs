//! TLS over any stream: one configuration for all, and per handshake a verifier that remembers what the peer showed
//! and what became of it, also when the answer is no.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::certificate;
use super::failure::{self, Problem};
use super::marks::Marks;
use crate::contract::transport::{self as contract, FailureKind, Phase, TlsFacts};
use crate::error::EngineError;

/// Shared by all connections.
pub(crate) struct Tls {
    config: ClientConfig,
    webpki: Arc<WebPkiServerVerifier>,
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

/// A client's certificate with its key.
#[derive(Clone, Debug)]
pub(crate) struct Identity(Arc<SingleCertAndKey>);

impl Identity {
    /// Of a secret that holds chain and key in PEM form, in any order. What is wrong repeats nothing of it.
    pub(crate) fn of_pem(pem: &[u8]) -> Result<Self, &'static str> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<_, _>>()
            .map_err(|_| "a certificate in it is not valid PEM")?;
        if chain.is_empty() {
            return Err("it holds no certificate in PEM form");
        }
        let key = PrivateKeyDer::from_pem_slice(pem).map_err(|_| "it holds no private key in PEM form")?;
        let certified = CertifiedKey::from_der(chain, key, &rustls::crypto::ring::default_provider())
            .map_err(|_| "its certificate and its key do not belong together")?;
        Ok(Self(Arc::new(SingleCertAndKey::from(certified))))
    }
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
        Ok(Self { config, webpki })
    }

    /// What the peer showed is in the marks, however it ends.
    pub(crate) async fn handshake<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        marks: &mut Marks,
        stream: S,
        asked: Handshake<'_>,
    ) -> Result<TlsStream<S>, Problem> {
        let Handshake { server_name, trust, alpn, identity } = asked;
        let bare = server_name.trim_start_matches('[').trim_end_matches(']').trim_end_matches('.');
        let name = ServerName::try_from(bare.to_owned()).map_err(|_| {
            Problem::new(FailureKind::Invalid, Phase::Tls, format!("`{server_name}` is no server name"))
        })?;
        let recorder = Arc::new(Recorder { webpki: Arc::clone(&self.webpki), trust, seen: Mutex::default() });
        let mut config = self.config.clone();
        config.dangerous().set_certificate_verifier(Arc::clone(&recorder) as Arc<dyn ServerCertVerifier>);
        config.alpn_protocols = alpn;
        if let Some(Identity(identity)) = identity {
            config.client_auth_cert_resolver = Arc::clone(identity) as _;
        }
        marks.tls_began(Arc::clone(&recorder));
        let stream = TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await
            .map_err(|error| failure::of_io(&error, Phase::Tls))?;
        recorder.agreed(stream.get_ref().1);
        marks.tls_ended();
        Ok(stream)
    }
}

/// Verifies, and remembers.
#[derive(Debug)]
pub(crate) struct Recorder {
    webpki: Arc<WebPkiServerVerifier>,
    trust: Trust,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// DER, leaf first; empty until the peer showed one.
    chain: Vec<Vec<u8>>,
    ocsp: Option<Vec<u8>>,
    untrusted: Option<String>,
    protocol: Option<String>,
    cipher_suite: Option<String>,
    alpn: Option<String>,
}

impl Recorder {
    fn with_seen<T>(&self, look: impl FnOnce(&mut Seen) -> T) -> T {
        // What was seen is plain values: whoever panicked left them readable.
        look(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn agreed(&self, connection: &rustls::ClientConnection) {
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

    /// None until the peer showed a certificate.
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
        self.with_seen(|seen| {
            seen.chain = std::iter::once(end_entity).chain(intermediates).map(|der| der.to_vec()).collect();
            seen.ocsp = (!ocsp_response.is_empty()).then(|| ocsp_response.to_vec());
            seen.untrusted = verdict.as_ref().err().map(reason);
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
        self.with_seen(|seen| seen.protocol = Some("TLSv1.2".to_owned()));
        self.webpki.verify_tls12_signature(message, cert, dss)
    }
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.with_seen(|seen| seen.protocol = Some("TLSv1.3".to_owned()));
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
