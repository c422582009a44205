//! Old protocols, weak ciphers, protocols within TLS and client certificates.

use watchkeep_end_to_end::servers::{Bench, Wanted};

use super::{case, hold, served};

/// All that this OpenSSL still has.
const ALL: &str = "-cipher ALL:COMPLEMENTOFALL@SECLEVEL=0";

/// A certificate with a key of RSA, with which every cipher goes.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.root("root");
    bench.signed("root", "rsa", Wanted { key: "rsa:2048", ..Wanted::default() });
    bench
}

fn with(arguments: &str) -> String {
    format!("-cert rsa.pem -key rsa.key {arguments}")
}

#[tokio::test]
async fn what_a_server_takes_below_the_minimum_is_critical() {
    let bench = bench();
    let one = |name: &str, arguments: &str, minimum: &str, state, words: &[&str]| {
        let minimum = format!("minimum_protocol = \"{minimum}\"");
        served(&bench, (name, &with(arguments)), &minimum, state, words)
    };
    let old = format!("-min_protocol TLSv1 {ALL}");
    let middle = format!("-min_protocol TLSv1.1 {ALL}");
    let cases = [
        one("old", &old, "TLSv1.2", "critical", &["it takes TLSv1.1; the minimum is TLSv1.2"]),
        one(
            "old-10",
            &format!("-no_tls1_1 {old}"),
            "TLSv1.2",
            "critical",
            &["it takes TLSv1.0; the minimum is TLSv1.2"],
        ),
        one("old-wanted", &old, "TLSv1.0", "ok", &[]),
        one("middle", &middle, "TLSv1.1", "ok", &[]),
        one("middle-12", &middle, "TLSv1.2", "critical", &["it takes TLSv1.1; the minimum is TLSv1.2"]),
        one("today", "-min_protocol TLSv1.2", "TLSv1.2", "ok", &["TLSv1.3 in "]),
        one(
            "today-13",
            "-min_protocol TLSv1.2",
            "TLSv1.3",
            "critical",
            &["it takes TLSv1.2; the minimum is TLSv1.3"],
        ),
        one(
            "only-12",
            "-tls1_2",
            "TLSv1.3",
            "critical",
            &["it speaks TLSv1.2 at best; the minimum is TLSv1.3"],
        ),
        one("only-13", "-tls1_3", "TLSv1.3", "ok", &["TLSv1.3 in "]),
        one(
            "only-11",
            &format!("-tls1_1 {ALL}"),
            "TLSv1.2",
            "critical",
            &["the server speaks no TLS newer than 1.1"],
        ),
    ];
    hold(&bench.read("root.pem"), "", &cases).await;
}

#[tokio::test]
async fn weak_ciphers_are_found_where_they_are_taken_and_only_there() {
    let bench = bench();
    let one = |name: &str, cipher: &str, refused: &str, state, words: &[&str]| {
        let arguments = with(&format!("-cipher {cipher}@SECLEVEL=0"));
        served(&bench, (name, &arguments), &format!("refused_ciphers = [{refused}]"), state, words)
    };
    let good = "ECDHE-RSA-AES128-GCM-SHA256";
    let broken = r#""null", "anonymous", "export", "rc4", "des""#;
    let all = format!(r#"{broken}, "no_forward_secrecy", "cbc""#);
    let cases = [
        one("good", good, &all, "ok", &[]),
        one(
            "null",
            &format!("{good}:NULL-SHA256"),
            broken,
            "critical",
            &["it takes ciphers without encryption: TLS_RSA_WITH_NULL_SHA256"],
        ),
        one(
            "anonymous",
            &format!("{good}:aNULL"),
            broken,
            "critical",
            &["it takes ciphers without a proof of who the server is: TLS_"],
        ),
        one(
            "rsa",
            &format!("{good}:AES128-SHA"),
            r#""no_forward_secrecy""#,
            "critical",
            &["it takes ciphers without forward secrecy: TLS_RSA_WITH_AES_128_CBC_SHA"],
        ),
        one("rsa-allowed", &format!("{good}:AES128-SHA"), broken, "ok", &[]),
        one(
            "cbc",
            &format!("{good}:ECDHE-RSA-AES256-SHA"),
            r#""cbc""#,
            "critical",
            &["it takes ciphers in CBC mode: TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"],
        ),
        one(
            "dhe",
            &format!("{good}:DHE-RSA-AES256-SHA"),
            r#""cbc""#,
            "critical",
            &["it takes ciphers in CBC mode: TLS_DHE_RSA_WITH_AES_256_CBC_SHA"],
        ),
        one(
            "many",
            &format!("{good}:aNULL:eNULL:AES128-SHA"),
            &all,
            "critical",
            &["without encryption", "who the server is", "without forward secrecy"],
        ),
        served(
            &bench,
            ("only-13", &with("-tls1_3")),
            &format!("refused_ciphers = [{all}]"),
            "ok",
            &["TLSv1.3 in "],
        ),
        served(
            &bench,
            ("only-rsa", &with("-tls1_2 -cipher AES128-SHA")),
            "",
            "critical",
            &["TLS handshake failed", "handshake failure"],
        ),
    ];
    hold(&bench.read("root.pem"), "", &cases).await;
}

#[tokio::test]
async fn a_protocol_within_tls_is_the_one_that_is_wanted_or_critical() {
    let bench = bench();
    let one = |name: &str, arguments: &str, wanted: &str, state, words: &[&str]| {
        served(&bench, (name, &with(arguments)), &format!("alpn = {wanted}"), state, words)
    };
    let cases = [
        one("right", "-alpn h2,http/1.1", r#""h2""#, "ok", &[]),
        one("second", "-alpn http/1.1", r#"["h2", "http/1.1"]"#, "ok", &[]),
        // OpenSSL's server ends the handshake, others go on without.
        one(
            "wrong",
            "-alpn http/1.1",
            r#""h2""#,
            "critical",
            &["the server takes none of the protocols that were offered"],
        ),
        one("none", "-tls1_2", r#"["h2", "imap"]"#, "critical", &["it speaks none of h2, imap"]),
    ];
    hold(&bench.read("root.pem"), "", &cases).await;
}

#[tokio::test]
async fn a_client_certificate_is_shown_where_it_is_demanded() {
    let bench = bench();
    bench.signed("root", "client", Wanted::default());
    bench.root("stranger");
    bench.signed("stranger", "foreign", Wanted::default());
    let demanding =
        |version: &str| with(&format!("-CAfile root.pem -verify_return_error -Verify 1 {version}"));
    let (old, new) = (bench.serve(&demanding("-tls1_2")), bench.serve(&demanding("-tls1_3")));
    let untrusted = bench.serve("-cert foreign.pem -key foreign.key");
    let addresses = [&old, &new, &untrusted].map(|server| format!("127.0.0.1:{}", server.port));
    let [old, new, untrusted] = &addresses;
    let shown = |secret: &str| format!("client_certificate = {{ secret = \"{secret}\" }}");
    let cases = [
        case("given-12", old, &shown("client"), "ok", &["TLSv1.2 in "]),
        case("given-13", new, &shown("client"), "ok", &["TLSv1.3 in "]),
        case(
            "missing-12",
            old,
            "",
            "critical",
            &["TLS handshake failed", "the server wants a client certificate"],
        ),
        // The client's part of the handshake is over before the server looks: what it shows is well.
        case("missing-13", new, "", "ok", &["TLSv1.3 in "]),
        case(
            "foreign-12",
            old,
            &shown("foreign"),
            "critical",
            &["the server does not take the client certificate: it does not trust the authority"],
        ),
        case("untrusted", untrusted, &shown("client"), "critical", &["the certificate is not trusted"]),
    ];
    let to = addresses.each_ref().map(|address| format!("\"tcp://{address}\"")).join(", ");
    let secrets = ["client", "foreign"].map(|name| {
        let both = [bench.read(&format!("{name}.pem")), bench.read(&format!("{name}.key"))].concat();
        let path = bench.path().join(format!("{name}.both"));
        bench.write(&format!("{name}.both"), both);
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        format!("{name} = {{ file = \"{}\", to = [{to}] }}\n", path.display())
    });
    hold(&bench.read("root.pem"), &format!("[secrets]\n{}", secrets.concat()), &cases).await;
}
