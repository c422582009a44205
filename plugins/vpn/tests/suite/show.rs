//! Peers of WireGuard, as `wg show` tells of them.

use serde_json::{Value, json};
use watchkeep_plugin_vpn::run;
use watchkeep_sdk::commands::{CommandError, Output};
use watchkeep_sdk::testing::{Host, NOW, Ran, output};
use watchkeep_sdk::{Fault, Report, State};

use super::{base64, finding, inconclusive, metric};

const HANDSHAKES: &str = "command wg interface=wg0 what=latest-handshakes";

fn config() -> Value {
    json!({ "wireguard": {
        "interface": "wg0", "command": "wg", "peers": [{ "name": "berlin", "public_key": base64(1) }]
    } })
}

fn host(handshakes: &str, transfer: &str, endpoints: &str, keepalive: &str) -> Host {
    let of = |what: &str| format!("command wg interface=wg0 what={what}");
    Host::new()
        .answer(HANDSHAKES, output(0, handshakes))
        .answer(&of("transfer"), output(0, transfer))
        .answer(&of("endpoints"), output(0, endpoints))
        .answer(&of("persistent-keepalive"), output(0, keepalive))
}

fn failing(status: i32, complaint: &str) -> Ran<Report, Fault> {
    let output = Output { stderr: complaint.as_bytes().to_vec(), ..output(status, "") };
    Host::new().answer(HANDSHAKES, output).check(run, &config().to_string())
}

#[test]
fn tables_are_joined_by_their_keys() {
    let (one, two, gone) = (base64(1), base64(2), base64(3));
    let at = NOW / 1_000 - 720;
    let ran = host(
        &format!("{two}\t0\n{one}\t{at}\n"),
        &format!("{gone}\t7\t7\n{one}\t100\t200\n{two}\t0\t0\n"),
        &format!("{one}\t192.0.2.7:51820\n{two}\t(none)\n"),
        &format!("{one}\t25\n{two}\toff\n"),
    )
    .check(run, &config().to_string());
    let report = ran.report();
    let said = "peer silent: `berlin`: last handshake 12 min ago, more than 5 min";
    assert_eq!(finding(report, "peer berlin"), (State::Critical, said));
    assert_eq!(finding(report, "peer AgICAgIC").0, State::Ok);
    assert_eq!(metric(report, "peer berlin", "vpn_peer_received_bytes"), Some(100.0));
    assert_eq!(metric(report, "peer berlin", "vpn_peer_sent_bytes"), Some(200.0));
    assert_eq!(report.findings.len(), 3, "who left between two tables is not told");
}

#[test]
fn an_interface_that_wg_does_not_know_is_a_tunnel_that_is_down() {
    for complaint in [
        "Unable to access interface: No such device\n",
        "Unable to access interface: Protocol not supported\n",
    ] {
        let ran = failing(1, complaint);
        let said = "tunnel down: there is no interface wg0; hint: `wg-quick up wg0`";
        assert_eq!(finding(ran.report(), "tunnel"), (State::Critical, said));
    }
}

#[test]
fn a_command_that_fails_judges_nothing_and_says_what_to_do() {
    inconclusive(&failing(1, "Unable to access interface: Operation not permitted\n"), "`CAP_NET_ADMIN`");
    inconclusive(&failing(1, "sudo: a password is required\n"), "a line in sudoers");
    inconclusive(&failing(127, "sh: not found\n"), "`wg` failed for wg0: sh: not found");
    let with = |error| Host::new().answer(HANDSHAKES, error).check(run, &config().to_string());
    inconclusive(&with(CommandError::TimedOut), "`wg` did not end in time");
    let ran = with(CommandError::Parameter("`what` does not fit".to_owned()));
    assert!(matches!(ran.error(), Fault::Config(said) if said.contains("latest-handshakes|transfer|")));
    assert!(matches!(with(CommandError::Denied("denied".to_owned())).error(), Fault::Denied(_)));
    assert!(matches!(with(CommandError::NotStartable("gone".to_owned())).error(), Fault::Other(_)));
    let cut = Output { truncated: true, ..output(0, "") };
    let ran = Host::new().answer(HANDSHAKES, cut).check(run, &config().to_string());
    inconclusive(&ran, "hint: raise its `output_max`");
}

#[test]
fn a_table_of_another_form_judges_nothing_and_is_not_repeated() {
    let (one, secret) = (base64(1), base64(0xdd));
    for (table, said) in [
        (format!("{secret}\t{one}\t51820\toff\n"), "line 1 has another number of columns"),
        (format!("wg0\t{one}\t0\n"), "line 1 does not begin with a public key"),
        (secret.clone(), "line 1 does not begin with a public key and a tab"),
        (format!("{one}\t5\n{one}\t{secret}\n"), "line 2 has something else where a number should be"),
        (format!("{one}\t18446744073709551616\n"), "line 1 has something else"),
        (format!("{one}\t-5\n"), "line 1 has something else"),
        ("\u{0}\u{1}\u{2}".to_owned(), "line 1 does not begin"),
    ] {
        let ran = Host::new().answer(HANDSHAKES, output(0, &table)).check(run, &config().to_string());
        inconclusive(&ran, said);
        assert!(!format!("{:?}", ran.result).contains(&secret[..12]), "{:?}", ran.result);
    }
}
