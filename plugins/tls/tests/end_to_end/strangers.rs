//! What answers, and is no server of TLS.

use std::time::Duration;

use watchkeep_end_to_end::servers::Stranger;
use watchkeep_end_to_end::{Identity, Nginx, closed_port, resetting};
use watchkeep_lab::certificate;

use super::{case, hold, summary};

#[tokio::test]
async fn each_is_critical_and_told_as_what_it_is_within_the_timeout() {
    let signed = certificate::signed(&["127.0.0.1"], time::Duration::days(90)).unwrap();
    let identity = Identity { chain: signed.chain_pem, key: signed.key_pem };
    let nginx = Nginx::start("location / { return 200; }", &identity).await;
    let http = format!("127.0.0.1:{}", nginx.port);
    let ssh = Stranger::Saying(b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u6\r\n".to_vec()).start().await;
    let silent = Stranger::Silent.start().await;
    let dripping = Stranger::Dripping(b"220-", Duration::from_millis(100)).start().await;
    let (closed, resetting) = (closed_port().await, resetting().await);
    let asked = |starttls: &str| format!("timeout = \"600ms\", starttls = \"{starttls}\"");
    let at_once = "timeout = \"600ms\"";
    let no_tls = "what answers there speaks no TLS";
    let cases = [
        case("http", &http, at_once, "critical", &[no_tls]),
        case("ssh", &ssh, at_once, "critical", &[no_tls]),
        case(
            "ssh-smtp",
            &ssh,
            &asked("smtp"),
            "critical",
            &["no server of this protocol answers: it says `SSH-2.0-OpenSSH_9.2p1 "],
        ),
        case("http-ldap", &http, &asked("ldap"), "critical", &["what answers speaks no LDAP"]),
        case("closed", &closed, "", "critical", &["connection refused by "]),
        case("silent", &silent, at_once, "critical", &["timed out in the TLS handshake with "]),
        case("silent-imap", &silent, &asked("imap"), "critical", &["timed out "]),
        case("dripping", &dripping, at_once, "critical", &[]),
        case("dripping-smtp", &dripping, &asked("smtp"), "critical", &["timed out reading the answer from "]),
        case("resetting", &resetting, at_once, "critical", &["connection reset by "]),
        case("resetting-postgresql", &resetting, &asked("postgresql"), "critical", &["connection reset by "]),
    ];
    let (_folder, host) = hold(signed.authority_pem.as_bytes(), "", &cases).await;
    // Given up by the check itself, and not at the end of what the run may take.
    for name in ["silent", "silent-imap", "dripping-smtp"] {
        let said = summary(&host.ran(name).await);
        assert!(waited(&said) < Duration::from_secs(5), "{said}");
    }
}

/// How long it was, by what it says itself.
fn waited(said: &str) -> Duration {
    let (_, span) = said.rsplit_once(" after ").unwrap();
    match span.strip_suffix(" ms") {
        Some(millis) => Duration::from_millis(millis.parse().unwrap()),
        None => Duration::from_secs_f64(span.strip_suffix(" s").unwrap().parse().unwrap()),
    }
}
