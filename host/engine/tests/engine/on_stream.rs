//! What is known of TLS on a stream that goes on under it.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use watchkeep_engine::Engine;

use crate::net::{allowed, starttls_by};
use crate::openssl::{Bench, IGNORE, crossed};
use crate::support::{Memory, call, module, options, ports, report};

/// Whom a server asks for a certificate.
#[derive(Clone, Copy)]
enum Asks {
    Nobody,
    /// And takes those that have none.
    Everybody,
}

/// Shows these certificates, the first of which is its own.
fn server(bench: &Bench, chain: &[&str], asks: Asks) -> SocketAddr {
    let certificate =
        |name: &str| CertificateDer::from_pem_slice(&bench.read(&format!("{name}.pem"))).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .unwrap();
    let config = match asks {
        Asks::Nobody => config.with_no_client_auth(),
        Asks::Everybody => {
            let mut roots = RootCertStore::empty();
            roots.add(certificate("root")).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            config.with_client_cert_verifier(verifier.allow_unauthenticated().build().unwrap())
        }
    };
    let key = PrivateKeyDer::from_pem_slice(&bench.read(&format!("{}.key", chain[0]))).unwrap();
    let chain = chain.iter().map(|name| certificate(name)).collect();
    starttls_by(Arc::new(config.with_single_cert(chain, key).unwrap()), "")
}

/// What a guest says that talks with it, on a host that trusts these.
async fn said(address: SocketAddr, roots: &[Vec<u8>], more: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(folder.path());
    options.extra_roots_pem = roots.to_vec();
    let engine = Engine::new(options).unwrap();
    let generation = engine.load(module("net_caller").into(), "net_caller.wasm").await.unwrap();
    let config = format!(r#"{{"do":"start-tls","host":"localhost","port":"{}"{more}}}"#, address.port());
    let net = format!("tcp://localhost:{}", address.port());
    let call = call(&config, allowed(&[("net", &net), ("tls_unverified", &net)]));
    let ended = engine.run_check(&generation, call, &ports(&Arc::new(Memory::default()))).await;
    report(&ended).summary.clone()
}

#[tokio::test]
async fn the_path_of_trust_is_known_once_tls_began_and_only_where_there_is_trust() {
    let bench = crossed();
    let root = [bench.read("root.pem")];
    let crossed = server(&bench, &["leaf", "crossed", "inter"], Asks::Nobody);
    let trusted = said(crossed, &root, "").await;
    assert!(trusted.contains("chain of 3, untrusted None EHLO again; path [] and [0, 2],"), "{trusted}");
    let straight = said(server(&bench, &["leaf", "inter"], Asks::Nobody), &root, "").await;
    assert!(straight.contains("path [] and [0, 1],"), "{straight}");

    let unverified = said(crossed, &[], IGNORE).await;
    assert!(unverified.contains("untrusted Some"), "{unverified}");
    assert!(unverified.contains("EHLO again; path [] and [],"), "{unverified}");
}

#[tokio::test]
async fn that_a_client_certificate_was_asked_for_is_known() {
    let bench = crossed();
    let root = [bench.read("root.pem")];
    for (asks, known) in [(Asks::Nobody, "asks false"), (Asks::Everybody, "asks true")] {
        let said = said(server(&bench, &["leaf", "inter"], asks), &root, "").await;
        assert!(said.ends_with(known), "{said}");
    }
}
