//! What an interface of WireGuard and a management interface of OpenVPN say. The first byte says which of them is asked, and in
//! which pieces its words arrive.

use watchkeep_plugin_vpn::{Interface, Status, Table, run, table, without_keys};
use watchkeep_sdk::Fault;
use watchkeep_sdk::testing::{Dialogue, Host, output};

/// Whole, or as a slow network brings them.
const PIECES: [usize; 4] = [usize::MAX, 1, 2, 7];
const SECRETS: [&str; 2] = ["private_key=", "preshared_key="];
/// Shorter ones occur by chance.
const SECRET_BYTES_MIN: usize = 16;

/// Whatever it says: it is judged in a sentence, or not for a reason, and no private or preshared key is in either.
pub fn vpn(bytes: &[u8]) {
    let Some((&first, said)) = bytes.split_first() else { return };
    parsers(said);
    let piece = PIECES[usize::from(first >> 2) % PIECES.len()];
    let pieces = || said.chunks(piece).take(300).fold(Dialogue::new(), Dialogue::says).heedless();
    let wireguard =
        r#""interface":"wg0","unexpected_peers":"warning","peers":[{"name":"berlin","public_key":"AAAAAA"}]"#;
    let ran = match first & 3 {
        0 => {
            let config = format!(r#"{{"wireguard":{{{wireguard},"socket":"wg0"}}}}"#);
            Host::new().answer("unix wg0", pieces()).check(run, &config)
        }
        1 => {
            let config = format!(r#"{{"wireguard":{{{wireguard},"command":"wg"}}}}"#);
            let text = String::from_utf8_lossy(said);
            let route = |what: &str| format!("command wg interface=wg0 what={what}");
            let words = ["latest-handshakes", "transfer", "endpoints", "persistent-keepalive"];
            let tables = words.iter().zip(text.split('\u{1e}').chain(["", "", "", ""]));
            let host =
                tables.fold(Host::new(), |host, (what, text)| host.always(&route(what), output(0, text)));
            host.check(run, &config)
        }
        _ => {
            let config = r#"{"openvpn":{"address":"127.0.0.1:7505","clients":["berlin"],"unexpected_clients":"warning"}}"#;
            Host::new().answer("tcp 127.0.0.1:7505", pieces()).check(run, config)
        }
    };
    let sentences = match &ran.result {
        Ok(report) => {
            assert!(report.metrics.iter().all(|metric| metric.value.is_finite()), "{:?}", report.metrics);
            let findings = report.findings.iter().map(|finding| finding.summary.clone());
            assert!(report.findings.iter().any(|finding| finding.key == "tunnel"), "{report:?}");
            findings.chain([report.summary.clone()]).collect()
        }
        Err(Fault::Config(said) | Fault::Inconclusive(said)) => vec![said.clone()],
        Err(other) => panic!("{other:?}"),
    };
    for sentence in &sentences {
        assert!(!sentence.is_empty() && !sentence.chars().any(char::is_control), "{sentence:?}");
    }
    secrets_are_in_none(said, &format!("{:?} {:?} {:?}", ran.result, ran.log, ran.kv("peers")));
}

/// What is taken from the bytes is within its limits.
fn parsers(bytes: &[u8]) {
    let (mut interface, mut status) = (Interface::default(), Status::default());
    let mut lines = bytes.split(|byte| *byte == b'\n');
    let _ = lines.clone().try_for_each(|line| interface.line(line).map(drop));
    let _ = lines.try_for_each(|line| status.line(line).map(drop));
    assert!(interface.peers.iter().all(|peer| peer.key.len() == 44), "{interface:?}");
    assert!(
        status.clients.iter().all(|client| !client.key.is_empty() && !client.key.contains(char::is_control)),
        "{status:?}"
    );
    let mut peers = Vec::new();
    for what in Table::ALL {
        let _ = table(what, bytes, &mut peers);
    }
    assert!(!without_keys(&String::from_utf8_lossy(bytes)).contains(char::is_control));
}

/// Unless the bytes have it elsewhere as well.
fn secrets_are_in_none(bytes: &[u8], left: &str) {
    let text = String::from_utf8_lossy(bytes);
    for line in text.lines() {
        let Some(secret) = SECRETS.iter().find_map(|name| line.strip_prefix(name)) else { continue };
        let is_alone = text.matches(secret).count() == 1;
        if secret.len() >= SECRET_BYTES_MIN && secret.bytes().all(|byte| byte.is_ascii_hexdigit()) && is_alone
        {
            assert!(!left.contains(secret), "a key is in {left}");
        }
    }
}
