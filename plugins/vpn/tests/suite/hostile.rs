//! Peers that say anything.

use std::time::Duration;

use serde_json::json;
use watchkeep_plugin_vpn::run;
use watchkeep_sdk::State;
use watchkeep_sdk::testing::{Dialogue, Host, NOW};

use super::openvpn::{AT, HELLO, config, state, visit};
use super::{BERLIN, Told, finding, hex, inconclusive, interface, metric, uapi, wireguard};

#[test]
fn an_interface_that_says_nonsense_judges_nothing() {
    let well = interface(&[BERLIN]);
    for (said, why) in [
        (well.replace("listen_port=", "listen_port"), "line 2 has no `=`"),
        (well.replace("listen_port", "Listen Port"), "line 2 does not begin with a name"),
        (well.replace(&hex(1), &hex(1)[2..]), "line 4 is not a public key"),
        (well.replace(&hex(1), &"g".repeat(64)), "line 4 is not a public key"),
        (format!("rx_bytes=5\n{well}"), "line 1 comes before any peer"),
        (well.replace("rx_bytes=5000", "rx_bytes=18446744073709551616"), "line 11 is not a number"),
        (well.replace("rx_bytes=5000", "rx_bytes=-1"), "line 11 is not a number"),
        (well.replace("rx_bytes=5000", "rx_bytes=+1"), "line 11 is not a number"),
        (well.replace("tx_bytes=4000", "tx_bytes="), "line 10 is not a number"),
        (well.replace("keepalive_interval=25", "keepalive_interval=often"), "line 12 is not a number"),
        (well.replace("errno=0", "errno=13"), "error number 13"),
        (well.replace("errno=0", "errno=none"), "is not an error number"),
        (well.replace("errno=0\n", ""), "is empty"),
        (well.replace("errno=0\n\n", "x"), "closed the connection in the middle of its answer"),
        ("\n".to_owned(), "line 1 is empty"),
        (String::new(), "closed the connection"),
        ("HTTP/1.1 400 Bad Request\r\n\r\n".to_owned(), "line 1 has no `=`"),
        ("a".repeat(20_000), "a line is longer than 16384 bytes"),
    ] {
        let answer = uapi(&said).closes();
        let ran = Host::new().answer("unix wg0", answer).check(run, &wireguard(json!({})).to_string());
        inconclusive(&ran, why);
        inconclusive(&ran, "socket `wg0` of wg0");
    }
    let binary: Vec<u8> = (0..=255).cycle().take(4_096).collect();
    let ran =
        Host::new().answer("unix wg0", uapi(binary).closes()).check(run, &wireguard(json!({})).to_string());
    inconclusive(&ran, "cannot be read: ");
}

#[test]
fn an_answer_without_end_is_cut() {
    let endless = "allowed_ip=10.9.0.2/32\n".repeat(20_000);
    let begun = Dialogue::new().says(interface(&[BERLIN]).replace("errno=0\n\n", ""));
    let dialogue = (0..40).fold(begun, |dialogue, _| dialogue.says(&endless));
    let ran =
        Host::new().answer("unix wg0", dialogue.heedless()).check(run, &wireguard(json!({})).to_string());
    inconclusive(&ran, "it says more than 12582912 bytes");
    let drip =
        (0..1_000).fold(Dialogue::new(), |dialogue, _| dialogue.says("a").waits(Duration::from_millis(1)));
    let ran = Host::new().answer("unix wg0", drip.heedless()).check(run, &wireguard(json!({})).to_string());
    inconclusive(&ran, "pieces not what was waited for");
    let slow = (0..60)
        .fold(Dialogue::new(), |dialogue, _| dialogue.says("fwmark=0\n").waits(Duration::from_secs(1)));
    let ran = Host::new().answer("unix wg0", slow.heedless()).check(run, &wireguard(json!({})).to_string());
    inconclusive(&ran, "did not answer within 2.0 s");
}

#[test]
fn ten_thousand_peers_are_judged_and_the_worst_are_shown() {
    let many = |count: u64, silent: u64| {
        let peers = (0..count).map(|at| {
            let age = if at < silent { 900 } else { 30 };
            BERLIN.text_with(&format!("{at:064x}"), NOW / 1_000 - age)
        });
        format!("private_key={}\n{}errno=0\n\n", hex(0xdd), peers.collect::<String>())
    };
    let ran =
        Host::new().answer("unix wg0", uapi(many(10_000, 3))).check(run, &wireguard(json!({})).to_string());
    let report = ran.report();
    assert_eq!(report.state, State::Critical);
    assert!(report.summary.starts_with("3 of 10001 critical: peer silent: "), "{}", report.summary);
    assert!(report.findings.len() <= 500, "{}", report.findings.len());
    let silent = report.findings.iter().filter(|finding| finding.summary.starts_with("peer silent: "));
    assert_eq!(silent.count(), 3);
    assert!(ran.kv("peers").unwrap().len() <= 256 << 10);
    let ran =
        Host::new().answer("unix wg0", uapi(many(20_001, 0))).check(run, &wireguard(json!({})).to_string());
    inconclusive(&ran, "more than 20000 peers");
}

#[test]
fn the_same_peer_twice_is_one() {
    let ran = super::check(&wireguard(json!({})), &[BERLIN, BERLIN]);
    assert_eq!(ran.report().findings.len(), 2);
    let largest = Told { received: u64::MAX, sent: u64::MAX, ..BERLIN };
    let ran = super::check(&wireguard(json!({})), &[largest]);
    assert!(metric(ran.report(), "peer AQEBAQEB", "vpn_peer_sent_bytes").is_some_and(f64::is_finite));
    let handshake = interface(&[BERLIN]).replace(&BERLIN.handshake().to_string(), &u64::MAX.to_string());
    let ran = Host::new().answer("unix wg0", uapi(handshake)).check(run, &wireguard(json!({})).to_string());
    assert_eq!(finding(ran.report(), "peer AQEBAQEB").0, State::Unknown);
}

#[test]
fn what_earlier_runs_left_may_be_anything() {
    let key = &super::base64(1)[..22];
    for kept in [
        String::new(),
        "\u{0}".to_owned(),
        format!("{}\n1 2 3\n\n- - - - - -", NOW - 1),
        format!("{}\n1 2 {} {} h {key}", NOW - 1, u64::MAX, u64::MAX),
        format!("{}\n1 2 3 4 h {key}", NOW + 60_000),
        format!("{}\n{} {} 3 4  {key}", NOW - 1, u64::MAX, u64::MAX),
    ] {
        let host = Host::new().kv("peers", &kept).answer("unix wg0", uapi(interface(&[BERLIN])));
        let ran = host.check(run, &wireguard(json!({})).to_string());
        assert_eq!(ran.report().state, State::Ok, "{kept:?}");
    }
}

#[test]
fn what_is_no_management_interface_judges_nothing() {
    for (said, why) in [
        (
            "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
            "it greets with `SSH-2.0-OpenSSH_9.2p1 Debian-2`; hint: is that the port",
        ),
        ("\u{0}\u{1}\u{2}\u{1b}[2J\n", r"it greets with `\u{0}\u{1}\u{2}\u{1b}[2J`"),
        ("", "closed the connection"),
        ("ENTER PASS\n", "it greets with `ENTER PASS`"),
    ] {
        let ran = Host::new()
            .answer(AT, Dialogue::new().says(said).closes())
            .check(run, &config(json!({})).to_string());
        inconclusive(&ran, why);
    }
    let endless = "x".repeat(100_000);
    let ran = Host::new()
        .answer(AT, Dialogue::new().says(endless).heedless())
        .check(run, &config(json!({})).to_string());
    inconclusive(&ran, "a line is longer than 16384 bytes");
}

#[test]
fn answers_of_another_form_judge_nothing() {
    let asked = |state: &str, status: Option<&str>| {
        let dialogue = Dialogue::new().says(HELLO).hears("state\n").says(state);
        let dialogue = match status {
            Some(status) => dialogue.hears("status 3\n").says(status).closes(),
            None => dialogue.closes(),
        };
        Host::new().answer(AT, dialogue).check(run, &config(json!({})).to_string())
    };
    for (state, why) in [
        ("END\r\n", "it answers `state` with nothing"),
        ("soon,CONNECTED,SUCCESS\r\nEND\r\n", "it answers `state` with something else"),
        ("18446744073709551616,CONNECTED\r\nEND\r\n", "it answers `state` with something else"),
        ("5,connected\r\nEND\r\n", "it answers `state` with something else"),
        ("5\r\nEND\r\n", "it answers `state` with something else"),
        ("\r\n", "it answers `state` with something else"),
        ("ERROR: unknown command\r\n", "it refuses: unknown command"),
    ] {
        inconclusive(&asked(state, None), why);
    }
    let connected = state("CONNECTED", "SUCCESS");
    const HEADER: &str = "TITLE\tx\nHEADER\tCLIENT_LIST\tCommon Name\tReal Address\tBytes Received\tBytes Sent\tConnected Since (time_t)\n";
    for (status, why) in [
        ("END\n".to_owned(), "it ends without a status"),
        ("TITLE\tx\nCLIENT_LIST\ta\tb\t1\t2\t3\nEND\n".to_owned(), "line 2 comes before its header"),
        ("TITLE\tx\nHEADER\tCLIENT_LIST\tCommon Name\nEND\n".to_owned(), "line 2 lacks a column"),
        (format!("{HEADER}CLIENT_LIST\ta\tb\t1\n"), "line 3 is too short"),
        (
            format!("{HEADER}CLIENT_LIST\ta\tb\t1\tmany\t3\n"),
            "line 3 has something else where a number should be",
        ),
        (format!("{HEADER}CLIENT_LIST\ta\tb\t18446744073709551616\t1\t3\n"), "line 3 has something else"),
        (format!("{HEADER}CLIENT_LIST\t{}\tb\t1\t1\t3\n", "n".repeat(300)), "a name that is too long"),
        ("OpenVPN STATISTICS\nTCP/UDP read bytes,-1\n".to_owned(), "line 2 has something else"),
        ("OpenVPN STATISTICS\n".to_owned(), "closed the connection"),
        (">LOG:5,I,nothing\n".to_owned(), "closed the connection"),
    ] {
        inconclusive(&asked(&connected, Some(&status)), why);
    }
    let clients = |names: &str| format!("{HEADER}CLIENT_LIST\t{names}\tb\t1\t1\t3\nEND\n");
    let ran = Host::new()
        .answer(AT, visit(&connected, &clients("\u{1b}[2J")))
        .check(run, &config(json!({})).to_string());
    assert_eq!(ran.report().findings[1].key, "client  [2J");
    assert!(ran.report().findings.iter().all(|finding| !finding.summary.contains('\u{1b}')));
}

#[test]
fn ten_thousand_clients_are_judged_and_notices_between_them_are_left_out() {
    let rows: String =
        (0..10_000).map(|at| format!("CLIENT_LIST\tc{at}\t192.0.2.1:{at}\t1\t1\t3\n>LOG:1,,x\n")).collect();
    let status = format!(
        "TITLE\tx\nHEADER\tCLIENT_LIST\tCommon Name\tReal Address\tBytes Received\tBytes Sent\tConnected Since (time_t)\n{rows}END\n"
    );
    let config = config(json!({ "clients": ["gone"] })).to_string();
    let ran = Host::new().answer(AT, visit(&state("CONNECTED", "SUCCESS"), &status)).check(run, &config);
    assert_eq!(finding(ran.report(), "client gone").0, State::Critical);
    assert_eq!(ran.report().findings.len(), 500);
    assert!(ran.kv("peers").unwrap().len() <= 256 << 10);
}
