//! TLS as other people set it up: servers and certificates made by OpenSSL, some of them old, odd or not meant for this.

use std::sync::Arc;

use watchkeep_core::outcome::{FailureReason, Outcome};
use watchkeep_engine::{Ended, Engine};

pub(crate) use crate::servers::openssl::{Bench, SServer};
use crate::support::{Memory, call, failure, module, options, ports, report, rights};

/// Fetches from it, with these certificates in `ca_file`; `more` stands in the guest's config.
pub(crate) async fn fetch(server: &SServer, roots: &[Vec<u8>], more: &str) -> Ended<Outcome> {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(folder.path());
    options.extra_roots_pem = roots.to_vec();
    let engine = Engine::new(options).unwrap();
    let generation = engine.load(module("slow_target").into(), "slow_target.wasm").await.unwrap();
    let url = format!("https://localhost:{}/", server.port);
    let config = format!(r#"{{"url":"{url}","call":"fetch"{more}}}"#);
    let origin = url.trim_end_matches('/');
    let call = call(&config, rights("slow-target", &[&url], &[("tls_unverified", origin)]));
    engine.run_check(&generation, call, &ports(&Arc::new(Memory::default()))).await
}

pub(crate) const IGNORE: &str = r#","trust":"ignore""#;

#[track_caller]
pub(crate) fn answers(ended: &Ended<Outcome>) {
    assert!(report(ended).summary.starts_with("whole status 200"), "{ended:?}");
}

#[track_caller]
pub(crate) fn refuses(ended: &Ended<Outcome>, kind: &str, words: &str) {
    let said = &report(ended).summary;
    assert!(said.starts_with(&format!("unanswered FailureKind::{kind}")) && said.contains(words), "{said}");
    for jargon in ["DnsName", "UNIX", "Invalid", "://docs", "(\"", "{"] {
        assert!(!said.replace("FailureKind::", "").contains(jargon), "{said}");
    }
}

#[tokio::test]
async fn a_server_that_is_its_own_authority_is_trusted_where_it_is_named() {
    let bench = Bench::new();
    bench.self_signed("plain", "");
    bench.self_signed("named", "-addext subjectAltName=DNS:localhost");
    bench.self_signed("other", "-addext subjectAltName=DNS:other.example.com");
    bench.self_signed("leaf", "-addext subjectAltName=DNS:localhost -addext basicConstraints=CA:FALSE");
    for name in ["plain", "named", "leaf"] {
        let server = bench.serve(&format!("-cert {name}.pem -key {name}.key"));
        let ended = fetch(&server, &[bench.read(&format!("{name}.pem"))], "").await;
        answers(&ended);
        assert!(report(&ended).details.as_deref().unwrap().contains("path [0]"), "{name}: {ended:?}");
        refuses(&fetch(&server, &[], "").await, "Certificate", "");
    }
    // One of version 1, too, under either version of TLS.
    bench.write("none.cnf", "[req]\ndistinguished_name=d\nprompt=no\n[d]\nCN=localhost\n");
    bench.openssl("req -new -nodes -newkey rsa:2048 -keyout v1.key -out v1.csr -config none.cnf");
    bench.openssl("x509 -req -in v1.csr -signkey v1.key -out v1.pem -days 30");
    for version in ["-tls1_2", "-tls1_3"] {
        let server = bench.serve(&format!("-cert v1.pem -key v1.key {version}"));
        answers(&fetch(&server, &[bench.read("v1.pem")], "").await);
        refuses(
            &fetch(&server, &[bench.read("plain.pem")], "").await,
            "Certificate",
            "it is of an old version",
        );
    }
    let server = bench.serve("-cert other.pem -key other.key");
    let ended = fetch(&server, &[bench.read("other.pem")], "").await;
    refuses(&ended, "Certificate", "it is not valid for `localhost`, only for `other.example.com`");
    // A named one is trusted for its own key, not for whoever has its name.
    let server = bench.serve("-cert named.pem -key named.key");
    refuses(&fetch(&server, &[bench.read("plain.pem")], "").await, "Certificate", "");
    // Nor does it matter which kind of key that one has.
    bench.openssl(
        "req -x509 -nodes -newkey rsa:2048 -keyout rsa.key -out rsa.pem -days 30 -subj /CN=localhost",
    );
    let server = bench.serve("-cert leaf.pem -key leaf.key");
    for name in ["plain", "rsa"] {
        let ended = fetch(&server, &[bench.read(&format!("{name}.pem"))], "").await;
        refuses(&ended, "Certificate", "it is signed by itself; hint: name it in `ca_file`");
    }
}

#[tokio::test]
async fn a_server_that_shows_an_authoritys_certificate_is_trusted_by_a_named_authority_alone() {
    let bench = Bench::new();
    bench.self_signed("root", "");
    bench.write("both.cnf", "basicConstraints=critical,CA:TRUE\nsubjectAltName=DNS:localhost\n");
    bench.write("other.cnf", "basicConstraints=critical,CA:TRUE\nsubjectAltName=DNS:other.example.com\n");
    bench.write(
        "mail.cnf",
        "basicConstraints=CA:TRUE\nsubjectAltName=DNS:localhost\nextendedKeyUsage=emailProtection\n",
    );
    bench.openssl("req -new -nodes -newkey rsa:2048 -keyout a.key -out a.csr -subj /CN=localhost");
    // An authority of the same name as the root, with a key of its own.
    bench.self_signed("false", "");
    for (extensions, authority, words) in [
        ("both", "root", None),
        ("other", "root", Some("it is not valid for `localhost`, only for `other.example.com`")),
        ("mail", "root", Some("it is an authority's certificate")),
        ("both", "false", Some("")),
    ] {
        bench.openssl(&format!(
            "x509 -req -in a.csr -CA {authority}.pem -CAkey {authority}.key -CAcreateserial -out a.pem -days 30 -extfile {extensions}.cnf"
        ));
        let server = bench.serve("-cert a.pem -key a.key");
        let ended = fetch(&server, &[bench.read("root.pem")], "").await;
        match words {
            None => answers(&ended),
            Some(words) => refuses(&ended, "Certificate", words),
        }
    }
}

#[tokio::test]
async fn an_expired_certificate_is_told_with_its_day() {
    let bench = Bench::new();
    bench.openssl("req -new -nodes -newkey rsa:2048 -keyout a.key -out a.csr -subj /CN=localhost");
    bench.write("index.txt", "");
    bench.write("serial", "01\n");
    bench.write("v3.cnf", "[x]\nsubjectAltName=DNS:localhost\n");
    bench.write(
        "ca.cnf",
        "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n",
    );
    bench.openssl(
        "ca -batch -config ca.cnf -selfsign -keyfile a.key -in a.csr -out a.pem -notext -startdate 20150101000000Z -enddate 20150601000000Z -extfile v3.cnf -extensions x",
    );
    let server = bench.serve("-cert a.pem -key a.key");
    let ended = fetch(&server, &[bench.read("a.pem")], "").await;
    refuses(&ended, "Certificate", "it expired on 2015-06-01");
    answers(&fetch(&server, &[], IGNORE).await);
}

#[tokio::test]
async fn whatever_is_wrong_with_a_certificate_is_ignored_where_that_is_granted() {
    let bench = Bench::new();
    bench.write("none.cnf", "[req]\ndistinguished_name=d\nprompt=no\n[d]\nCN=localhost\n");
    bench.openssl("req -new -nodes -newkey rsa:2048 -keyout v1.key -out v1.csr -config none.cnf");
    bench.openssl("x509 -req -in v1.csr -signkey v1.key -out v1.pem -days 30");
    bench.openssl(
        "req -x509 -nodes -newkey rsa:1024 -keyout short.key -out short.pem -days 30 -subj /CN=localhost",
    );
    for (name, version) in [("v1", "-tls1_2"), ("v1", "-tls1_3"), ("short", "-tls1_2"), ("short", "-tls1_3")]
    {
        let weak = "-cipher ALL:@SECLEVEL=0";
        let server = bench.serve(&format!("-cert {name}.pem -key {name}.key {weak} {version}"));
        let ended = fetch(&server, &[], IGNORE).await;
        answers(&ended);
        assert!(report(&ended).details.as_deref().unwrap().contains("path []"), "{name}: {ended:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_spoken_is_named() {
    let bench = Bench::new();
    bench.openssl("req -x509 -nodes -newkey rsa:2048 -keyout a.key -out a.pem -days 30 -subj /CN=localhost");
    for (arguments, words) in [
        ("-tls1_1 -cipher ALL:@SECLEVEL=0", "the server speaks no TLS newer than 1.1"),
        ("-tls1 -cipher ALL:@SECLEVEL=0", "the server speaks no TLS newer than 1.1"),
        ("-tls1_2 -cipher AES128-SHA256", "key exchange by RSA"),
        ("-tls1_2 -cipher DHE-RSA-AES128-GCM-SHA256", "by DHE"),
        // TLS 1.2 has one alert for everything that a server misses.
        ("-tls1_2 -Verify 1", "the server wants a client certificate"),
    ] {
        let server = bench.serve(&format!("-cert a.pem -key a.key {arguments}"));
        refuses(&fetch(&server, &[bench.read("a.pem")], "").await, "Tls", words);
    }
}

#[tokio::test]
async fn a_certificate_beside_the_trusted_way_does_not_stand_in_it() {
    let bench = crossed();
    for (order, path) in [(["crossed", "inter"], "path [0, 2]"), (["inter", "crossed"], "path [0, 1]")] {
        let chain = order.map(|name| bench.read(&format!("{name}.pem"))).concat();
        std::fs::write(bench.path().join("chain.pem"), chain).unwrap();
        let server = bench.serve("-cert leaf.pem -key leaf.key -cert_chain chain.pem");
        let ended = fetch(&server, &[bench.read("root.pem")], "").await;
        answers(&ended);
        assert!(report(&ended).details.as_deref().unwrap().contains(path), "{ended:?}");
    }
}

/// `leaf` by `inter` by `root`, and `crossed`, which is in nobody's way.
pub(crate) fn crossed() -> Bench {
    let bench = Bench::new();
    bench.openssl("req -x509 -nodes -newkey rsa:2048 -keyout root.key -out root.pem -days 30 -subj /CN=root");
    bench.openssl(
        "req -x509 -nodes -newkey rsa:2048 -keyout stray.key -out stray.pem -days 30 -subj /CN=stray",
    );
    bench.write("inter.cnf", "basicConstraints=critical,CA:TRUE\n");
    bench.write("leaf.cnf", "subjectAltName=DNS:localhost\n");
    bench.openssl("req -new -nodes -newkey rsa:2048 -keyout inter.key -out inter.csr -subj /CN=inter");
    bench.openssl("x509 -req -in inter.csr -CA root.pem -CAkey root.key -CAcreateserial -out inter.pem -days 30 -extfile inter.cnf");
    bench.openssl("req -new -nodes -newkey rsa:2048 -keyout leaf.key -out leaf.csr -subj /CN=leaf");
    bench.openssl("x509 -req -in leaf.csr -CA inter.pem -CAkey inter.key -CAcreateserial -out leaf.pem -days 30 -extfile leaf.cnf");
    // The intermediate once more, by another authority and long expired: what is sent beside a way that holds.
    bench.openssl("x509 -req -in inter.csr -CA stray.pem -CAkey stray.key -CAcreateserial -out crossed.pem -days -1 -extfile inter.cnf");
    bench
}

#[tokio::test]
async fn what_is_wrong_with_a_client_certificate_is_told_to_the_operator_alone() {
    let bench = Bench::new();
    bench.self_signed("a", "");
    bench.self_signed("b", "");
    bench.openssl("pkey -in a.key -out locked.key -aes256 -passout pass:secret");
    bench.openssl("ec -in a.key -out old.key -aes256 -passout pass:secret");
    bench.openssl("req -x509 -nodes -newkey rsa:1024 -keyout short.key -out short.pem -days 30 -subj /CN=c");
    bench.openssl("req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:secp256k1 -keyout k1.key -out k1.pem -days 30 -subj /CN=c");
    bench.openssl("pkcs12 -export -in a.pem -inkey a.key -out a.p12 -passout pass:");
    let server = bench.serve("-cert a.pem -key a.key");
    for (files, problem, hint) in [
        (&["a.pem"][..], "it holds no private key", "write the client's certificate"),
        (&["a.key"], "it holds no certificate", "write the client's certificate"),
        (&["a.pem", "b.key"], "its certificate and its key do not belong together", "write"),
        (&["a.pem", "locked.key"], "its key is encrypted", "without a pass phrase"),
        (&["a.pem", "old.key"], "its key is encrypted", "without a pass phrase"),
        (&["short.pem", "short.key"], "its RSA key of 1024 bits is too short", "take a key of P-256"),
        (&["k1.pem", "k1.key"], "its key is not one with which this host can sign", "take a key of P-256"),
        (&["a.p12"], "it is not in PEM form", "openssl pkcs12"),
    ] {
        let secret = files.iter().map(|name| bench.read(name)).collect::<Vec<_>>().concat();
        let (ended, said) = show(&server, &[bench.read("a.pem")], &secret).await;
        let failure = failure(&ended);
        assert_eq!(failure.reason, FailureReason::Config, "{failure:?}");
        assert!(
            failure
                .message
                .contains(&format!("secret `key` is not a client certificate that can be shown: {problem}")),
            "{failure:?}"
        );
        assert!(failure.hint.as_deref().is_some_and(|found| found.contains(hint)), "{failure:?}");
        // The guest has one sentence, whatever it is.
        assert_eq!(
            said,
            "FailureKind::Invalid: a secret cannot be used where the request places it; the operator of this host is told why"
        );
    }
}

#[tokio::test]
async fn a_client_certificate_of_version_1_and_one_behind_its_authority_are_shown() {
    let bench = Bench::new();
    bench.self_signed("a", "-addext subjectAltName=DNS:localhost");
    bench.write("none.cnf", "[req]\ndistinguished_name=d\nprompt=no\n[d]\nCN=client\n");
    bench.openssl("req -new -nodes -newkey rsa:2048 -keyout v1.key -out v1.csr -config none.cnf");
    bench.openssl("x509 -req -in v1.csr -signkey v1.key -out v1.pem -days 30");
    let server = bench.serve("-cert a.pem -key a.key -Verify 1");
    for files in [&["v1.pem", "v1.key"][..], &["a.pem", "v1.key", "v1.pem"]] {
        let secret = files.iter().map(|name| bench.read(name)).collect::<Vec<_>>().concat();
        let (ended, said) = show(&server, &[bench.read("a.pem")], &secret).await;
        assert!(
            said.contains("Subject: CN = client") || said.contains("Client certificate"),
            "{said} {ended:?}"
        );
    }
}

/// Shows the secret as a client certificate; how the run ended, and what the guest knew.
pub(crate) async fn show(server: &SServer, roots: &[Vec<u8>], secret: &[u8]) -> (Ended<Outcome>, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut options = options(folder.path());
    options.extra_roots_pem = roots.to_vec();
    let engine = Engine::new(options).unwrap();
    let generation = engine.load(module("secret_echo").into(), "secret_echo.wasm").await.unwrap();
    let url = format!("https://localhost:{}/", server.port);
    let memory = Arc::new(Memory::default());
    memory.secret_bytes("key", secret, &[url.trim_end_matches('/')]);
    let config = format!(
        r#"{{"url":"{url}","secret":"key","attached":{{"secret":"key"}},"placement":"certificate"}}"#
    );
    let call = call(&config, rights("secret-echo", &[&url], &[]));
    let tape = watchkeep_engine::Tape::record();
    let mut ports = ports(&memory);
    ports.tape = Some(tape.clone());
    let ended = engine.run_check(&generation, call, &ports).await;
    let recorded = tape.recorded();
    let sent = recorded.iter().find(|recorded| recorded.call == "http.send").unwrap();
    let said = match sent.answer.get("err") {
        Some(failure) => format!("FailureKind::Invalid: {}", failure["message"].as_str().unwrap_or_default()),
        None => sent.answer.to_string(),
    };
    (ended, said)
}
