//! Certificates of every kind, shown by `openssl s_server`.

use watchkeep_end_to_end::servers::{Bench, Wanted};

use super::{case, hold, served};

fn days(days: i64) -> chrono::Duration {
    chrono::Duration::days(days) + chrono::Duration::hours(1)
}

#[tokio::test]
async fn time_name_and_trust_are_told_apart() {
    let bench = Bench::new();
    bench.root("root");
    let ending = |to| Wanted { to, ..Wanted::default() };
    for (name, wanted) in [
        ("well", Wanted::default()),
        ("soon", ending(days(9))),
        ("sooner", ending(days(2))),
        ("over", ending(days(-3))),
        ("early", Wanted { from: days(2), ..Wanted::default() }),
        ("other", Wanted { names: "DNS:other.example.com", ..Wanted::default() }),
    ] {
        bench.signed("root", name, wanted);
    }
    bench.self_signed("own", "-addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=CA:FALSE");
    // What `openssl req -x509` makes by itself may sign others.
    bench.self_signed("both", "-addext subjectAltName=IP:127.0.0.1");
    let print = |name: &str| {
        bench.openssl(&format!("x509 -in {name}.pem -noout -fingerprint -sha256 -out {name}.print"));
        String::from_utf8_lossy(&bench.read(&format!("{name}.print")))
            .trim()
            .rsplit('=')
            .next()
            .unwrap()
            .to_owned()
    };
    let (own, well) = (print("own"), print("well"));
    let shows = |name: &str| format!("-cert {name}.pem -key {name}.key");
    let one = |name: &str, shown: &str, more: &str, state, words: &[&str]| {
        served(&bench, (name, &shows(shown)), more, state, words)
    };
    let v6 = bench.serve_at("[::1]", &shows("well"));
    let cases = [
        one("well", "well", "", "ok", &["TLSv1.3 in ", "certificate `CN=well` expires in 100 days"]),
        case("v6", &format!("[::1]:{}", v6.port), "", "ok", &["`CN=well` expires in 100 days"]),
        one("soon", "soon", "", "warning", &["`CN=soon` expires in 9 days"]),
        one("soon-allowed", "soon", "expiry_warning_days = 9", "ok", &[]),
        one("sooner", "sooner", "", "critical", &["`CN=sooner` expires in 2 days"]),
        one("over", "over", "", "critical", &["the certificate is not trusted: it expired on "]),
        one("early", "early", "", "critical", &["the certificate is not trusted: it is not valid before "]),
        one("other", "other", "", "critical", &["not valid for `127.0.0.1`, only for `other.example.com`"]),
        one("other-asked-for", "other", "server_name = \"other.example.com\"", "ok", &[]),
        one(
            "names",
            "well",
            "names = [\"localhost\", \"www.example.com\"]",
            "critical",
            &["the certificate is not for `www.example.com`, but for localhost, 127.0.0.1, ::1"],
        ),
        one(
            "issuer",
            "well",
            "issuer = \"Another\"",
            "critical",
            &["issued by `CN=root`; expected `Another`"],
        ),
        one("own", "own", "", "critical", &["it is signed by itself; hint: "]),
        one(
            "own-authority",
            "both",
            "",
            "critical",
            &["it is an authority's certificate, which a server may not show; hint: "],
        ),
        one("own-ignored", "own", "ignore_trust = true", "ok", &["`CN=localhost` expires in 29 days"]),
        one("own-known", "own", &format!("ignore_trust = true, fingerprints = \"{own}\""), "ok", &[]),
        one(
            "own-another",
            "own",
            &format!("ignore_trust = true, fingerprints = [\"{well}\"]"),
            "critical",
            &[&format!(
                "the certificate is another one: its SHA-256 is {}",
                own.replace(':', "").to_lowercase()
            )],
        ),
        one("own-over", "over", "ignore_trust = true", "critical", &["certificate `CN=over` has expired"]),
    ];
    let rights = "[plugin.tls.allow]\nserver_name = [\"other.example.com\"]\n";
    hold(&bench.read("root.pem"), rights, &cases).await;
}

#[tokio::test]
async fn what_stands_between_a_certificate_and_its_authority_is_judged_too() {
    let bench = Bench::new();
    bench.root("root");
    let authority = Wanted { signs: true, ..Wanted::default() };
    bench.signed("root", "lasting", authority);
    bench.signed("root", "ending", Wanted { to: days(5), ..authority });
    bench.signed("lasting", "leaf", Wanted::default());
    bench.signed("ending", "outliving", Wanted::default());
    let chained =
        |leaf: &str, chain: &str| format!("-cert {leaf}.pem -key {leaf}.key -cert_chain {chain}.pem");
    let cases = [
        served(&bench, ("whole", &chained("leaf", "lasting")), "", "ok", &["expires in 100 days"]),
        served(
            &bench,
            ("broken", "-cert leaf.pem -key leaf.key"),
            "",
            "critical",
            &[
                "no authority that is trusted here signed it (it is by `CN=lasting`), and the server sends none that leads to one; hint: let it send its whole chain",
            ],
        ),
        served(
            &bench,
            ("wrong", &chained("leaf", "ending")),
            "",
            "critical",
            &["no authority that is trusted here signed it"],
        ),
        served(
            &bench,
            ("outlived", &chained("outliving", "ending")),
            "",
            "warning",
            &["certificate `CN=ending` expires in 5 days"],
        ),
    ];
    hold(&bench.read("root.pem"), "", &cases).await;
}

#[tokio::test]
async fn weak_keys_and_signatures_are_a_warning_where_trust_is_not_asked_for() {
    let bench = Bench::new();
    bench.root("root");
    bench.signed("root", "short", Wanted { key: "rsa:1024", ..Wanted::default() });
    bench.signed("root", "sha1", Wanted { digest: "sha1", ..Wanted::default() });
    bench.signed("root", "small", Wanted { key: "ec -pkeyopt ec_paramgen_curve:P-224", ..Wanted::default() });
    bench.signed("root", "curve", Wanted::default());
    let weak = |name: &str| format!("-cert {name}.pem -key {name}.key -cipher DEFAULT@SECLEVEL=0");
    let one = |name: &str, shown: &str, more: &str, state, words: &[&str]| {
        served(&bench, (name, &weak(shown)), more, state, words)
    };
    let cases = [
        one(
            "short",
            "short",
            "ignore_trust = true",
            "warning",
            &["the key of `CN=short` has 1024 bits, fewer than 2048"],
        ),
        one("short-allowed", "short", "ignore_trust = true, minimum_rsa_bits = 1024", "ok", &[]),
        one("short-trusted", "short", "", "critical", &["its RSA key of 1024 bits is too short"]),
        one(
            "sha1",
            "sha1",
            "ignore_trust = true",
            "warning",
            &["the signature on `CN=sha1` is a weak one: "],
        ),
        one("sha1-trusted", "sha1", "", "critical", &["the certificate is not trusted: "]),
        one(
            "curve",
            "curve",
            "minimum_ec_bits = 384",
            "warning",
            &["the key of `CN=curve` has 256 bits, fewer than 384"],
        ),
        // A curve that nobody takes for TLS any more.
        one(
            "small",
            "small",
            "ignore_trust = true",
            "critical",
            &["TLS handshake failed", "handshake failure"],
        ),
    ];
    hold(&bench.read("root.pem"), "", &cases).await;
}
