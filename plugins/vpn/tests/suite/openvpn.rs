//! OpenVPN, as its management interface tells of it.

use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_plugin_vpn::run;
use watchkeep_sdk::http::{Encoding, FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Dialogue, Host, NOW, Ran};
use watchkeep_sdk::{Fault, Report, State};

use super::{finding, inconclusive, metric};

pub(super) const HELLO: &str =
    ">INFO:OpenVPN Management Interface Version 5 -- type 'help' for more info\r\n";
pub(super) const AT: &str = "tcp 127.0.0.1:7505";
const HEADER: &str = "HEADER\tCLIENT_LIST\tCommon Name\tReal Address\tVirtual Address\tVirtual IPv6 Address\tBytes Received\tBytes Sent\tConnected Since\tConnected Since (time_t)\tUsername\tClient ID\tPeer ID\tData Channel Cipher\r\n";

pub(super) fn config(more: Value) -> Value {
    let mut config = json!({ "address": "127.0.0.1:7505" });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "openvpn": config })
}

fn since(seconds: u64) -> u64 {
    NOW / 1_000 - seconds
}

pub(super) fn state(name: &str, detail: &str) -> String {
    format!("{},{name},{detail},10.8.0.1,192.0.2.1,1194,,\r\nEND\r\n", since(90))
}

pub(super) fn client_status(received: u64, sent: u64) -> String {
    format!(
        "OpenVPN STATISTICS\r\nUpdated,2026-11-30 17:13:28\r\nTUN/TAP read bytes,0\r\nTUN/TAP write bytes,0\r\n\
         TCP/UDP read bytes,{received}\r\nTCP/UDP write bytes,{sent}\r\nAuth read bytes,0\r\nEND\r\n"
    )
}

fn row(name: &str, address: &str, received: u64, sent: u64, seconds: u64) -> String {
    let since = since(seconds);
    format!(
        "CLIENT_LIST\t{name}\t{address}\t10.8.0.2\t\t{received}\t{sent}\t2026-11-30 17:13:15\t{since}\tUNDEF\t3\t3\tAES-256-GCM\r\n"
    )
}

fn server_status(rows: &[String]) -> String {
    format!(
        "TITLE\tOpenVPN 2.6.14\r\nTIME\t2026-11-30 17:13:22\t1796058802\r\n{HEADER}{}HEADER\tROUTING_TABLE\tVirtual Address\tCommon Name\tReal Address\tLast Ref\tLast Ref (time_t)\r\n\
         GLOBAL_STATS\tMax bcast/mcast queue length\t3\r\nEND\r\n",
        rows.concat()
    )
}

pub(super) fn visit(state: &str, status: &str) -> Dialogue {
    Dialogue::new().says(HELLO).hears("state\n").says(state).hears("status 3\n").says(status).hears("quit\n")
}

fn check(more: Value, state: &str, status: &str) -> Ran<Report, Fault> {
    Host::new().answer(AT, visit(state, status)).check(run, &config(more).to_string())
}

#[test]
fn a_client_that_is_connected_is_told_with_its_traffic() {
    let connected = state("CONNECTED", "SUCCESS");
    let ran = check(json!({}), &connected, &client_status(10_000, 20_000));
    let report = ran.report();
    assert_eq!((report.state, &*report.summary), (State::Ok, "OpenVPN is connected for 90.0 s"));
    assert_eq!(metric(report, "tunnel", "vpn_link_received_bytes"), Some(10_000.0));
    assert_eq!(metric(report, "tunnel", "vpn_up"), Some(1.0));
    let again = Host::new()
        .clock(NOW + 60_000)
        .kv("peers", ran.kv("peers").unwrap())
        .answer(AT, visit(&connected, &client_status(10_600, 80_000)))
        .check(run, &config(json!({})).to_string());
    assert_eq!(again.report().summary, "OpenVPN is connected for 2 min, 10 B/s in, 1000 B/s out");
    assert_eq!(metric(again.report(), "tunnel", "vpn_link_sent_bytes_per_second"), Some(1_000.0));
}

#[test]
fn each_state_of_a_client_has_words_of_its_own() {
    for (name, detail, state_of_it, said) in [
        (
            "CONNECTED",
            "ROUTE_ERROR",
            State::Warning,
            "routes missing: OpenVPN is connected for 90.0 s, and could",
        ),
        (
            "CONNECTED",
            "ERROR",
            State::Warning,
            "errors at start: OpenVPN is connected for 90.0 s (CONNECTED ERROR)",
        ),
        (
            "RECONNECTING",
            "ping-restart",
            State::Critical,
            "peer silent: OpenVPN is reconnecting, because the other end fell silent (RECONNECTING ping-restart, for 90.0 s)",
        ),
        (
            "WAIT",
            "",
            State::Critical,
            "peer silent: OpenVPN waits for a first answer from the other end (WAIT, for 90.0 s)",
        ),
        ("TCP_CONNECT", "", State::Critical, "peer silent: OpenVPN waits for a connection over TCP"),
        (
            "RECONNECTING",
            "tls-error",
            State::Critical,
            "tunnel down: OpenVPN is reconnecting (RECONNECTING tls-error, for 90.0 s); hint: its log",
        ),
        ("RECONNECTING", "auth-failure", State::Critical, "; hint: user name and password"),
        ("CONNECTING", "", State::Critical, "tunnel down: OpenVPN is connecting"),
        ("RESOLVE", "", State::Critical, "tunnel down: OpenVPN is looking up the address of the other end"),
        ("AUTH", "", State::Critical, "tunnel down: OpenVPN is logging in"),
        ("AUTH_PENDING", "", State::Critical, "tunnel down: OpenVPN waits for a login that needs a person"),
        ("GET_CONFIG", "", State::Critical, "tunnel down: OpenVPN waits for its settings from the server"),
        ("ASSIGN_IP", "", State::Critical, "tunnel down: OpenVPN is setting up its interface"),
        ("EXITING", "SIGTERM", State::Critical, "tunnel down: OpenVPN is ending (EXITING SIGTERM"),
        ("SOMETHING", "", State::Critical, "tunnel down: OpenVPN is in an unknown state (SOMETHING"),
    ] {
        let ran = check(json!({}), &state(name, detail), &client_status(0, 0));
        let (found, summary) = finding(ran.report(), "tunnel");
        assert!(found == state_of_it && summary.contains(said), "{name}: {found:?}: {summary}");
    }
}

#[test]
fn what_it_waits_for_is_told() {
    for (notice, said) in [
        (">HOLD:Waiting for hold release:0\r\n", "; it waits for `hold release` on its management interface"),
        (">PASSWORD:Need 'Auth' username/password\r\n", "; it waits for a password or an answer"),
    ] {
        let state = format!(">LOG:1,I,something\r\n{notice}{}", state("CONNECTING", ""));
        let ran = check(json!({}), &state, &client_status(0, 0));
        assert!(finding(ran.report(), "tunnel").1.contains(said), "{:?}", ran.report());
    }
}

#[test]
fn clients_of_a_server_are_findings() {
    let rows = [
        row("berlin", "192.0.2.7:40000", 5_000, 6_000, 3_600),
        row("UNDEF", "192.0.2.66:1", 1, 1, 5),
        row("laptop", "192.0.2.9:40001", 10, 20, 300),
        row("laptop", "192.0.2.10:40002", 30, 40, 60),
    ];
    let connected = state("CONNECTED", "SUCCESS");
    let clients = json!({ "clients": ["berlin"] });
    let ran = check(clients.clone(), &connected, &server_status(&rows));
    let report = ran.report();
    assert_eq!((report.state, &*report.summary), (State::Ok, "OpenVPN is up with 2 clients"));
    assert_eq!(finding(report, "tunnel").1, "OpenVPN is up with 2 clients, 1 not logged in yet");
    assert_eq!(finding(report, "client berlin").1, "`berlin` from 192.0.2.7:40000 is connected for 60 min");
    assert_eq!(
        finding(report, "client laptop").1,
        "`laptop` from 192.0.2.10:40002 is connected for 60.0 s, 2 times"
    );
    assert_eq!(metric(report, "client laptop", "vpn_client_received_bytes"), Some(40.0));
    assert_eq!(metric(report, "client berlin", "vpn_client_connected_seconds"), Some(3_600.0));
    assert_eq!(metric(report, "tunnel", "vpn_clients"), Some(2.0));
    assert_eq!(metric(report, "tunnel", "vpn_clients_pending"), Some(1.0));
    let moved = [row("berlin", "198.51.100.7:40000", 5_600, 6_000, 3_660)];
    let again = Host::new()
        .clock(NOW + 60_000)
        .kv("peers", ran.kv("peers").unwrap())
        .answer(AT, visit(&connected, &server_status(&moved)))
        .check(run, &config(clients).to_string());
    assert_eq!(again.report().events[0].title, "`berlin` moved from 192.0.2.7 to 198.51.100.7");
    assert_eq!(metric(again.report(), "client berlin", "vpn_client_received_bytes_per_second"), Some(10.0));
}

#[test]
fn clients_that_are_missing_or_not_expected_are_findings() {
    let connected = state("CONNECTED", "SUCCESS");
    let rows = [row("laptop", "192.0.2.9:40001", 10, 20, 300)];
    let more = json!({ "clients": ["berlin"], "unexpected_clients": "warning" });
    let ran = check(more.clone(), &connected, &server_status(&rows));
    assert_eq!(
        finding(ran.report(), "client berlin"),
        (State::Critical, "client missing: `berlin` is not connected")
    );
    let said =
        "unexpected client: `laptop` from 192.0.2.9:40001 is connected for 5 min; it is not in `clients`";
    assert_eq!(finding(ran.report(), "client laptop"), (State::Warning, said));
    // Servers behind one that is missing are not asked.
    let mut hidden = config(more);
    hidden["servers"] = json!([{ "address": "10.8.0.6:22", "peer": "berlin" }]);
    let ran =
        Host::new().answer(AT, visit(&connected, &server_status(&rows))).check(run, &hidden.to_string());
    assert_eq!(
        finding(ran.report(), "server 10.8.0.6:22"),
        (State::Unknown, "not judged: `berlin` is silent")
    );
    hidden["servers"] = json!([{ "address": "10.8.0.6:22" }]);
    let ran = Host::new().answer(AT, visit(&connected, &server_status(&[]))).check(run, &hidden.to_string());
    assert_eq!(
        finding(ran.report(), "server 10.8.0.6:22"),
        (State::Unknown, "not judged: no client is connected")
    );
    let ran = check(json!({ "clients": ["berlin"] }), &connected, &client_status(0, 0));
    assert!(
        matches!(ran.error(), Fault::Config(said) if said.contains("leave `clients` out")),
        "{:?}",
        ran.error()
    );
}

#[test]
fn a_process_that_is_gone_is_a_tunnel_that_is_down() {
    let refused = |message: &str| Answer::failure(FailureKind::Refused, Phase::Connect, message);
    let clients = json!({ "clients": ["berlin"] });
    let ran = Host::new().answer(AT, refused("")).check(run, &config(clients).to_string());
    let (state, said) = finding(ran.report(), "tunnel");
    assert_eq!(state, State::Critical);
    assert!(
        said.starts_with("tunnel down: OpenVPN does not run: `127.0.0.1:7505` refuses connections; hint: "),
        "{said}"
    );
    assert_eq!(finding(ran.report(), "client berlin"), (State::Unknown, "not judged: the tunnel is down"));
    let local = json!({ "openvpn": { "socket": "ovpn" } }).to_string();
    let ran =
        Host::new().answer("unix ovpn", refused("socket `ovpn` is not there: no file")).check(run, &local);
    assert_eq!(finding(ran.report(), "tunnel").1, "tunnel down: OpenVPN does not run: socket `ovpn` is gone");
}

#[test]
fn an_interface_that_another_client_holds_is_a_fault_with_its_fix() {
    let held = Dialogue::new().waits(Duration::from_secs(60)).heedless();
    let ran = Host::new().answer(AT, held).check(run, &config(json!({})).to_string());
    inconclusive(
        &ran,
        "is busy: it says nothing within 2.0 s, and serves one client at a time; hint: end the session",
    );
    let late = Answer::failure(FailureKind::TimedOut, Phase::Connect, "");
    let ran = Host::new().answer(AT, late).check(run, &config(json!({})).to_string());
    inconclusive(&ran, "`127.0.0.1:7505` is busy: it accepts no connection in time");
    for kind in [FailureKind::Unreachable, FailureKind::NameNotFound, FailureKind::Reset] {
        let ran = Host::new()
            .answer(AT, Answer::failure(kind, Phase::Connect, ""))
            .check(run, &config(json!({})).to_string());
        inconclusive(&ran, "`127.0.0.1:7505`: ");
    }
    let stuck = Dialogue::new().says(HELLO).waits(Duration::from_secs(60)).heedless();
    let ran = Host::new().answer(AT, stuck).check(run, &config(json!({})).to_string());
    inconclusive(&ran, "did not answer within 2.0 s");
}

#[test]
fn the_password_is_written_where_it_is_asked_for() {
    let with = config(json!({ "password": { "secret": "management" } })).to_string();
    let asked =
        || Dialogue::new().says("ENTER PASSWORD:").hears_secret("management", "", "\n", Encoding::Raw);
    let connected = state("CONNECTED", "SUCCESS");
    let well = asked()
        .says(format!("SUCCESS: password is correct\r\n{HELLO}"))
        .hears("state\n")
        .says(&connected)
        .hears("status 3\n")
        .says(client_status(1, 2))
        .hears("quit\n");
    let host = || Host::new().secret("management", "sesame-open-now");
    assert_eq!(host().answer(AT, well).check(run, &with).report().state, State::Ok);
    let ran = host().answer(AT, asked().says("ENTER PASSWORD:")).check(run, &with);
    assert!(
        matches!(ran.error(), Fault::Config(said) if said.contains("refuses the password; hint")),
        "{:?}",
        ran.error()
    );
    let ran = Host::new()
        .answer(AT, Dialogue::new().says("ENTER PASS").says("WORD:"))
        .check(run, &config(json!({})).to_string());
    assert!(
        matches!(ran.error(), Fault::Config(said) if said.contains("asks for a password; hint")),
        "{:?}",
        ran.error()
    );
    // It need not ask.
    let ran = host().answer(AT, visit(&connected, &client_status(1, 2))).check(run, &with);
    assert_eq!(ran.report().state, State::Ok);
}
