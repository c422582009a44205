//! TLS: an untrusted chain stops an exchange before anything is sent, and is told either way.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use watchkeep_core::outcome::{FailureReason, Outcome};
use watchkeep_engine::{Ended, Engine};

use crate::http::{get_with, summary};
use crate::support::{Memory, call, failure, module, options, ports, report, rights};

/// An authority that nobody trusts unless told to.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(rcgen::DnType::CommonName, "Test Authority");
        Self { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap() }
    }
    pub(crate) fn pem(&self) -> Vec<u8> {
        self.issuer.pem().into_bytes()
    }
    /// A server with a certificate for `name` that is good until `year`.
    fn server(&self, name: &str, year: i32) -> SocketAddr {
        let (certificate, key) = self.certificate(name, year);
        serve(certificate, key)
    }
    pub(crate) fn certificate(
        &self,
        name: &str,
        year: i32,
    ) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let (certificate, key) = self.issue(name, year);
        (certificate.der().clone(), PrivateKeyDer::try_from(key.serialize_der()).unwrap())
    }
    /// Certificate and key, as files hold them.
    pub(crate) fn certificate_pem(&self, name: &str) -> (String, String) {
        let (certificate, key) = self.issue(name, 2100);
        (certificate.pem(), key.serialize_pem())
    }
    fn issue(&self, name: &str, year: i32) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.not_after = date_time_ymd(year, 1, 1);
        (params.signed_by(&key, &self.issuer).unwrap(), key)
    }
}

pub(crate) fn server_config(
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
) -> Arc<rustls::ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    Arc::new(config)
}

fn serve(certificate: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> SocketAddr {
    serve_saying(certificate, key, b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", 0)
}

/// Says it, in one record the head and in another the body, but for the last `cut` bytes, and goes without a word of TLS.
fn serve_saying(
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
    answer: &'static [u8],
    cut: usize,
) -> SocketAddr {
    let config = server_config(certificate, key);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(mut stream), Ok(mut tls)) = (stream, rustls::ServerConnection::new(Arc::clone(&config)))
            else {
                return;
            };
            if rustls::Stream::new(&mut tls, &mut stream).read(&mut [0; 4_096]).is_ok() {
                let mut record = Vec::new();
                let head = answer.windows(4).position(|end| end == b"\r\n\r\n").map_or(0, |at| at + 4);
                for part in [&answer[..head], &answer[head..]] {
                    let _ = tls.writer().write_all(part);
                }
                while tls.wants_write() {
                    let _ = tls.write_tls(&mut record);
                }
                let _ = stream.write_all(&record[..record.len() - cut]);
            }
        }
    });
    address
}

pub(crate) async fn get_trusting(authority: &Authority, url: &str) -> Ended<Outcome> {
    get_named(authority, url, "", &[]).await
}

/// `more` stands in the guest's config.
async fn get_named(authority: &Authority, url: &str, more: &str, allow: &[(&str, &str)]) -> Ended<Outcome> {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(folder.path());
    options.extra_roots_pem = vec![authority.pem()];
    let engine = Engine::new(options).unwrap();
    let generation = engine.load(module("slow_target").into(), "slow_target.wasm").await.unwrap();
    let call = call(&format!(r#"{{"url":"{url}"{more}}}"#), rights("slow-target", &[url], allow));
    engine.run_check(&generation, call, &ports(&Arc::new(Memory::default()))).await
}

#[tokio::test]
async fn a_trusted_chain_is_told_with_its_facts() {
    let authority = Authority::new();
    let address = authority.server("localhost", 2100);
    let ended = get_trusting(&authority, &format!("https://localhost:{}/", address.port())).await;
    assert!(report(&ended).summary.contains("status 200"), "{ended:?}");
    let details = report(&ended).details.as_deref().unwrap();
    assert!(details.starts_with("name connect tls wait transfer "), "{details}");
    assert!(details.contains("TLSv1.3 None"), "the server agreed on no protocol: {details}");
    assert!(details.contains("for [\\\"localhost\\\"]"), "{details}");
    assert!(details.contains("key id-ecPublicKey 256, chain of 1, untrusted None"), "{details}");
}

#[tokio::test]
async fn an_end_that_tls_did_not_announce_is_an_end_where_nothing_is_missing() {
    let authority = Authority::new();
    let note = "the connection ended without TLS's word for it (close_notify), and the body with it";
    let closed = "the connection was closed before";
    for (answer, begins, says, noted) in [
        (&b"HTTP/1.1 200 OK\r\n\r\nhello"[..], "whole status 200", "body hello", note),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: identity\r\n\r\nhello",
            "whole status 200",
            "body hello",
            note,
        ),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", "whole status 200", "body hello", "[]"),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "whole status 200",
            "body hello",
            "[]",
        ),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
            "whole status 200",
            "body hello",
            "the line behind the last chunk is missing",
        ),
        (b"HTTP/1.1 200 OK\r\nserver: x\r\n", "whole status 200", "body ", note),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello", "cut status 200", closed, "[]"),
        (
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
            "cut status 200",
            closed,
            "[]",
        ),
        (b"HTTP/1.1 200 OK\r\nconte", "unanswered FailureKind::Closed", closed, "[]"),
        (b"", "unanswered FailureKind::Closed", closed, "[]"),
    ] {
        let (certificate, key) = authority.certificate("localhost", 2100);
        let url = format!("https://localhost:{}/", serve_saying(certificate, key, answer, 0).port());
        let ended = get_named(&authority, &url, r#","call":"fetch""#, &[]).await;
        let told = report(&ended);
        assert!(told.summary.starts_with(begins) && told.summary.contains(says), "{told:?}");
        assert!(told.details.as_deref().unwrap().contains(noted), "{told:?}");
    }
}

#[tokio::test]
async fn a_connection_that_ends_within_a_record_of_tls_was_cut() {
    let authority = Authority::new();
    for (answer, begins) in [
        (&b"HTTP/1.1 200 OK\r\n\r\nhello"[..], "cut status 200"),
        (b"HTTP/1.1 200 OK\r\n", "unanswered FailureKind::Closed in Phase::Wait"),
    ] {
        let (certificate, key) = authority.certificate("localhost", 2100);
        let url = format!("https://localhost:{}/", serve_saying(certificate, key, answer, 3).port());
        let ended = get_named(&authority, &url, r#","call":"fetch""#, &[]).await;
        let said = &report(&ended).summary;
        assert!(said.starts_with(begins), "{said}");
        assert!(said.ends_with("the connection was closed before all was there"), "{said}");
    }
}

#[tokio::test]
async fn an_expired_certificate_and_another_hosts_are_told_apart() {
    let authority = Authority::new();
    for (address, says) in [
        (authority.server("localhost", 2020), "expired"),
        (authority.server("elsewhere.example.com", 2100), "not valid for"),
    ] {
        let ended = get_trusting(&authority, &format!("https://localhost:{}/", address.port())).await;
        let said = &report(&ended).summary;
        assert!(
            said.starts_with("FailureKind::Certificate in Phase::Tls: the certificate is not trusted"),
            "{said}"
        );
        assert!(said.contains(says), "{said}");
        assert!(
            report(&ended).details.as_deref().unwrap().contains("chain of 1, untrusted Some"),
            "{ended:?}"
        );
    }
}

#[tokio::test]
async fn a_server_name_other_than_the_urls_host_is_a_grant_and_what_the_chain_is_held_against() {
    let authority = Authority::new();
    let url = format!("https://localhost:{}/", authority.server("shop.example.com", 2100).port());
    let named = r#","server_name":"shop.example.com""#;
    let ended = get_named(&authority, &url, named, &[]).await;
    let hint = failure(&ended).hint.clone().unwrap();
    assert_eq!(hint, r#"add `server_name = ["shop.example.com"]` under [plugin.slow-target.allow]"#);
    let ended = get_named(&authority, &url, named, &[("server_name", "shop.example.com")]).await;
    assert!(report(&ended).summary.contains("status 200"), "{ended:?}");
    let ended = get_named(&authority, &url, "", &[("server_name", "shop.example.com")]).await;
    assert!(report(&ended).summary.starts_with("FailureKind::Certificate"), "{ended:?}");
}

#[tokio::test]
async fn ignoring_an_untrusted_certificate_is_a_grant() {
    let address = Authority::new().server("localhost", 2100);
    let url = format!("https://localhost:{}/", address.port());
    let said = summary(&url).await;
    assert!(said.starts_with("FailureKind::Certificate in Phase::Tls"), "{said}");
    let ignore = r#","trust":"ignore""#;
    let ended = get_with(&url, ignore, &[], Duration::from_secs(10)).await;
    assert_eq!(failure(&ended).reason, FailureReason::Denied);
    assert!(failure(&ended).hint.as_deref().is_some_and(|hint| hint.contains("tls_unverified")), "{ended:?}");
    let granted = format!("https://localhost:{}", address.port());
    let ended = get_with(&url, ignore, &[("tls_unverified", &granted)], Duration::from_secs(10)).await;
    assert!(report(&ended).summary.contains("status 200"), "{:?}", ended.value);
}

#[tokio::test]
async fn what_is_no_tls_is_a_failure_of_the_handshake() {
    let plain = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = plain.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in plain.incoming() {
            let _ = stream.unwrap().write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    });
    let said = summary(&format!("https://localhost:{port}/")).await;
    let words = "no TLS connection: what answers there speaks no TLS; hint: is it meant to be `http://`, or another port?";
    assert!(
        said == format!("FailureKind::Tls in Phase::Tls: {words}")
            || said.starts_with("FailureKind::Reset in Phase::Tls"),
        "{said}"
    );
}
