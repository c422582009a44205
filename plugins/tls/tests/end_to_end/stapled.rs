//! Stapled OCSP responses, made by `openssl ocsp`.

use watchkeep_end_to_end::servers::{Bench, Wanted};

use super::{hold, served};
use crate::clock_jumps;

#[tokio::test]
async fn a_stapled_response_is_read_as_openssl_makes_it() {
    let bench = Bench::new();
    bench.root("root");
    for name in ["good", "revoked", "old", "bare"] {
        bench.signed("root", name, Wanted::default());
    }
    bench.revoked("root", "revoked");
    bench.ocsp("root", "good", &[]);
    bench.ocsp("root", "revoked", &[]);
    let library = clock_jumps::library();
    bench.ocsp("root", "old", &[("LD_PRELOAD", library.to_str().unwrap()), ("FAKETIME", "-4d")]);
    let stapling =
        |name: &str, response: &str| format!("-cert {name}.pem -key {name}.key -status_file {response}.ocsp");
    let one = |name: &str, shown: &str, response: &str, more: &str, state, words: &[&str]| {
        served(&bench, (name, &stapling(shown, response)), more, state, words)
    };
    let required = "ocsp = \"required\"";
    let cases = [
        one("good", "good", "good", required, "ok", &[]),
        one(
            "revoked",
            "revoked",
            "revoked",
            "",
            "critical",
            &["the certificate is revoked, says the stapled OCSP response"],
        ),
        one("revoked-ignored", "revoked", "revoked", "ocsp = \"ignored\"", "ok", &[]),
        one("old", "old", "old", "", "warning", &["the stapled OCSP response has been out of date for 3 d"]),
        one("old-required", "old", "old", required, "critical", &["has been out of date for 3 d"]),
        one(
            "anothers",
            "bare",
            "good",
            "",
            "warning",
            &["the stapled OCSP response says nothing: it is about another certificate"],
        ),
        served(
            &bench,
            ("none", "-cert bare.pem -key bare.key"),
            required,
            "critical",
            &["no OCSP response is stapled"],
        ),
    ];
    hold(&bench.read("root.pem"), "", &cases).await;
}
