//! Keys of P-521, on either side, as OpenSSL makes them: the curve that the TLS library does not bring.

use crate::openssl::{Bench, IGNORE, answers, fetch, refuses, show};

const KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:P-521";

/// `NAME.pem` and `NAME.key`: an authority, signed by itself.
fn authority(bench: &Bench, name: &str) {
    bench.openssl(&format!(
        "req -x509 -nodes {KEY} -keyout {name}.key -out {name}.pem -days 30 -subj /CN=root -sha512"
    ));
}

/// `leaf.pem`, by `authority`, with this hash.
fn leaf(bench: &Bench, authority: &str, hash: &str) {
    bench.write("leaf.cnf", "subjectAltName=DNS:localhost\n");
    bench.openssl(&format!("req -new -nodes {KEY} -keyout leaf.key -out leaf.csr -subj /CN=leaf"));
    bench.openssl(&format!(
        "x509 -req -in leaf.csr -CA {authority}.pem -CAkey {authority}.key -CAcreateserial -out leaf.pem -days 30 -extfile leaf.cnf {hash}"
    ));
}

#[tokio::test]
async fn a_server_and_its_authority_are_verified_under_either_version_and_every_hash() {
    let bench = Bench::new();
    authority(&bench, "root");
    authority(&bench, "other");
    for hash in ["-sha256", "-sha384", "-sha512"] {
        leaf(&bench, "root", hash);
        for version in ["-tls1_2", "-tls1_3"] {
            let server = bench.serve(&format!("-cert leaf.pem -key leaf.key {version}"));
            answers(&fetch(&server, &[bench.read("root.pem")], "").await);
            // An authority of the same name, with another key.
            refuses(&fetch(&server, &[bench.read("other.pem")], "").await, "Certificate", "");
            answers(&fetch(&server, &[], IGNORE).await);
        }
    }
    // A signature of another curve's key is none of this one's.
    leaf(&bench, "root", "-sha512");
    bench.self_signed("plain", "-addext subjectAltName=DNS:localhost");
    let server = bench.serve("-cert plain.pem -key plain.key");
    refuses(&fetch(&server, &[bench.read("root.pem")], "").await, "Certificate", "");
}

#[tokio::test]
async fn a_server_that_agrees_on_keys_by_no_other_curve_is_spoken_to() {
    let bench = Bench::new();
    bench.self_signed("a", "-addext subjectAltName=DNS:localhost");
    for version in ["-tls1_2", "-tls1_3"] {
        let server = bench.serve(&format!("-cert a.pem -key a.key -groups P-521 {version}"));
        answers(&fetch(&server, &[bench.read("a.pem")], "").await);
    }
}

#[tokio::test]
async fn a_client_shows_a_certificate_whose_key_is_of_it() {
    let bench = Bench::new();
    bench.self_signed("a", "-addext subjectAltName=DNS:localhost");
    bench.openssl(&format!("req -x509 -nodes {KEY} -keyout c.key -out c.pem -days 30 -subj /CN=client"));
    // The older form of the same key.
    bench.openssl("ec -in c.key -out sec1.key");
    for version in ["-tls1_2", "-tls1_3"] {
        let server = bench.serve(&format!("-cert a.pem -key a.key -Verify 1 {version}"));
        for key in ["c.key", "sec1.key"] {
            let secret = [bench.read("c.pem"), bench.read(key)].concat();
            let (ended, said) = show(&server, &[bench.read("a.pem")], &secret).await;
            assert!(said.contains("CN = client") || said.contains("Client certificate"), "{said} {ended:?}");
        }
    }
}
