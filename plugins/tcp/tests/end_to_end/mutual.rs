//! Servers that let in nobody without a client certificate. Under TLS 1.3 they look at it when the handshake is over for the
//! client already.

use std::os::unix::fs::PermissionsExt;

use watchkeep_end_to_end::cases::{Case, case};
use watchkeep_end_to_end::servers::{Bench, Wanted};
use watchkeep_end_to_end::{Identity, Nginx};

use super::{at, hold_trusting};

/// `well` of the server, `client` of whom it lets in, and `foreign` of an authority that it does not know.
fn bench() -> Bench {
    let bench = Bench::new();
    bench.root("root");
    bench.root("stranger");
    for (authority, name) in [("root", "well"), ("root", "client"), ("stranger", "foreign")] {
        bench.signed(authority, name, Wanted::default());
    }
    bench
}

/// Both client certificates as secrets that are bound to these.
fn secrets(bench: &Bench, addresses: &[String]) -> String {
    let to = addresses.iter().map(|address| format!("\"tcp://{address}\"")).collect::<Vec<_>>().join(", ");
    let secrets = ["client", "foreign"].map(|name| {
        let both = [bench.read(&format!("{name}.pem")), bench.read(&format!("{name}.key"))].concat();
        bench.write(&format!("{name}.both"), both);
        let path = bench.path().join(format!("{name}.both"));
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
        format!("{name} = {{ file = \"{}\", to = [{to}] }}\n", path.display())
    });
    format!("[secrets]\n{}", secrets.concat())
}

/// Who shows no certificate, the right one, and one that the server does not know: each with words, and without any.
fn visits(address: &str, name: &str, words: &str, refusals: [&[&str]; 2]) -> Vec<Case> {
    let shown = |secret: &str| format!(", client_certificate = {{ secret = \"{secret}\" }}");
    let mut cases = Vec::new();
    for (how, words) in [("talks", format!("tls = true, {words}")), ("opens", "tls = true".to_owned())] {
        let [missing, foreign] = refusals;
        for (who, certificate, state, said) in [
            ("known", shown("client"), "ok", &["open in "][..]),
            ("nobody", String::new(), "critical", missing),
            ("stranger", shown("foreign"), "critical", foreign),
        ] {
            cases.push(case(
                &format!("{name}-{who}-{how}"),
                at(address, &format!("{words}{certificate}")),
                state,
                said,
            ));
        }
    }
    cases
}

const WANTS_ONE: &str = "the server wants a client certificate";
const TAKES_NOT: &str =
    "the server does not take the client certificate: it does not trust the authority that signed it";

#[tokio::test]
async fn a_server_that_demands_a_certificate_lets_in_who_shows_the_right_one() {
    let bench = bench();
    let page = r#"send = "GET / HTTP/1.0\r\n\r\n", expect = "HTTP/1.0 200 ok""#;
    let mut cases = Vec::new();
    let mut addresses = Vec::new();
    for version in ["tls1_2", "tls1_3"] {
        let demands = "-cert well.pem -key well.key -CAfile root.pem -verify_return_error -Verify 1";
        let server = bench.serve(&format!("{demands} -{version}"));
        let address = format!("127.0.0.1:{}", server.port);
        let name = version.replace('_', "-");
        cases.extend(visits(&address, &name, page, [&[WANTS_ONE], &[TAKES_NOT]]));
        cases.last_mut().unwrap().server = Some(server);
        addresses.push(address);
    }
    hold_trusting(&bench.read("root.pem"), &secrets(&bench, &addresses), &cases).await;
}

/// Its handshake ends well in any case, and then it leaves.
#[tokio::test]
async fn a_server_that_leaves_those_without_a_certificate_is_told_by_that() {
    let bench = bench();
    let text = |name: &str| String::from_utf8(bench.read(name)).unwrap();
    let identity = Identity { chain: text("well.pem"), key: text("well.key") };
    let nginx = Nginx::greeting("welcome", &text("root.pem"), &identity).await;
    let address = format!("127.0.0.1:{}", nginx.tls_port);
    let refusals: [&[&str]; 2] = [
        &[
            "connection closed without an answer by ",
            ": it asked for a client certificate, and none was shown",
        ],
        &["connection closed without an answer by ", ", and may not have taken the one that was shown"],
    ];
    let cases = visits(&address, "nginx", r#"expect = "welcome""#, refusals);
    hold_trusting(&bench.read("root.pem"), &secrets(&bench, &[address]), &cases).await;
}
