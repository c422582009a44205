//! What a certificate in `ca_file` may be used for by whoever would like to be taken for another.

use crate::openssl::{Bench, answers, fetch, refuses};

const LEAF: &str = "subjectAltName=DNS:localhost\n";
const BOTH: &str = "basicConstraints=critical,CA:TRUE\nsubjectAltName=DNS:localhost\n";

/// `NAME.pem`, for the key `NAME.key`, by `authority`.
fn signed(bench: &Bench, name: &str, authority: &str, extensions: &str, more: &str) {
    bench.write("signed.cnf", extensions);
    bench.openssl(&format!(
        "req -new -nodes -newkey rsa:2048 -keyout {name}.key -out {name}.csr -subj /CN=localhost"
    ));
    bench.openssl(&format!(
        "x509 -req -in {name}.csr -CA {authority}.pem -CAkey {authority}.key -CAcreateserial -out {name}.pem -extfile signed.cnf {more}"
    ));
}

async fn is_refused(bench: &Bench, named: &str, serve: &str, words: &str) {
    let server = bench.serve(serve);
    refuses(&fetch(&server, &[bench.read(named)], "").await, "Certificate", words);
}

#[tokio::test]
async fn the_key_of_a_server_that_is_named_signs_for_nobody() {
    let bench = Bench::new();
    bench.self_signed("own", "-addext subjectAltName=DNS:localhost -addext basicConstraints=CA:FALSE");
    bench.self_signed(
        "usage",
        "-addext subjectAltName=DNS:localhost -addext keyUsage=critical,digitalSignature",
    );
    for own in ["own", "usage"] {
        let server = bench.serve(&format!("-cert {own}.pem -key {own}.key"));
        answers(&fetch(&server, &[bench.read(&format!("{own}.pem"))], "").await);
        for extensions in [LEAF, BOTH] {
            signed(&bench, "taken", own, extensions, "-days 30");
            for chain in ["", &format!(" -cert_chain {own}.pem")] {
                let serve = format!("-cert taken.pem -key taken.key{chain}");
                is_refused(&bench, &format!("{own}.pem"), &serve, "").await;
            }
        }
    }
}

#[tokio::test]
async fn an_authoritys_certificate_that_a_server_shows_is_held_against_the_named_authority_as_any_other() {
    let bench = Bench::new();
    bench.self_signed("root", "");
    signed(&bench, "good", "root", BOTH, "-days 30");
    let server = bench.serve("-cert good.pem -key good.key");
    answers(&fetch(&server, &[bench.read("root.pem")], "").await);
    // Authorities with the root's name and another key, or that have expired, may not sign, or may not sign for this
    // name.
    bench.self_signed("false", "");
    bench.self_signed("mute", "-addext keyUsage=critical,digitalSignature");
    bench.self_signed("bound", "-addext nameConstraints=critical,permitted;DNS:example.com");
    signed(&bench, "expired", "root", BOTH, "-days -1");
    signed(
        &bench,
        "elsewhere",
        "root",
        "basicConstraints=CA:TRUE\nsubjectAltName=DNS:other.example.com\n",
        "-days 30",
    );
    signed(&bench, "nameless", "root", "basicConstraints=CA:TRUE\n", "-days 30");
    signed(&bench, "mail", "root", &format!("{BOTH}extendedKeyUsage=emailProtection\n"), "-days 30");
    signed(&bench, "strange", "root", &format!("{BOTH}1.2.3.4=critical,ASN1:NULL\n"), "-days 30");
    for (name, words) in [
        ("expired", "it expired"),
        ("elsewhere", "only for `other.example.com`"),
        ("nameless", "it names no host"),
        ("mail", ""),
        ("strange", ""),
    ] {
        is_refused(&bench, "root.pem", &format!("-cert {name}.pem -key {name}.key"), words).await;
    }
    for authority in ["false", "mute", "bound"] {
        signed(&bench, "taken", authority, BOTH, "-days 30");
        let named = if authority == "false" { "root.pem".to_owned() } else { format!("{authority}.pem") };
        is_refused(&bench, &named, "-cert taken.pem -key taken.key", "").await;
    }
    // Two steps from the root: what an authority signs is its own doing, but it has to be sent as one.
    signed(&bench, "deep", "good", BOTH, "-days 30");
    is_refused(&bench, "root.pem", "-cert deep.pem -key deep.key -cert_chain good.pem", "").await;
}
