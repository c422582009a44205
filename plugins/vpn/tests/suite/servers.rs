//! Servers behind a tunnel.

use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_plugin_vpn::run;
use watchkeep_sdk::State;
use watchkeep_sdk::http::{FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Dialogue, Host, echoes};

use super::{BERLIN, HAMBURG, Told, base64, finding, interface, metric, uapi, wireguard};

fn config(servers: Value) -> String {
    let mut config = wireguard(json!({ "peers": [
        { "name": "berlin", "public_key": base64(1) }, { "name": "hamburg", "public_key": base64(2) }
    ] }));
    config["servers"] = servers;
    config.to_string()
}

fn host(peers: &[Told]) -> Host {
    Host::new().answer("unix wg0", uapi(interface(peers)))
}

fn crm() -> Value {
    json!({ "name": "crm", "address": "10.8.0.10:443" })
}

#[test]
fn a_server_that_answers_is_told_with_its_time() {
    let ran = host(&[BERLIN, HAMBURG])
        .answer("tcp 10.8.0.10:443", Dialogue::new())
        .answer("icmp 10.8.0.1", echoes("10.8.0.1", [Some(Duration::from_millis(8)), None, None]))
        .check(run, &config(json!([crm(), { "ping": "10.8.0.1", "loss_warning": 70, "loss_critical": 80 }])));
    let report = ran.report();
    assert_eq!(
        (report.state, &*report.summary),
        (State::Ok, "wg0 is up with 2 peers, 2 servers reachable behind it")
    );
    assert_eq!(finding(report, "server crm"), (State::Ok, "`crm` answers in 10 ms"));
    assert_eq!(finding(report, "server 10.8.0.1"), (State::Ok, "`10.8.0.1` answers in 8 ms, 2 of 3 lost"));
    assert_eq!(metric(report, "server crm", "vpn_server_response_seconds"), Some(0.01));
    assert_eq!(metric(report, "server crm", "vpn_server_up"), Some(1.0));
}

#[test]
fn a_server_that_is_down_while_the_tunnel_is_up_is_alone() {
    let ran = host(&[BERLIN, HAMBURG])
        .answer("tcp 10.8.0.10:443", Answer::failure(FailureKind::Refused, Phase::Connect, ""))
        .answer("icmp 10.8.0.1", echoes("10.8.0.1", [None, None, None]))
        .check(run, &config(json!([crm(), { "name": "gw", "ping": "10.8.0.1" }])));
    let report = ran.report();
    let said = "server down: `crm`: connection refused by 192.0.2.1:443 after 10 ms";
    assert_eq!(finding(report, "server crm"), (State::Critical, said));
    let said = "server down: `gw`: none of 3 echo requests was answered";
    assert_eq!(finding(report, "server gw"), (State::Critical, said));
    for well in ["tunnel", "peer berlin", "peer hamburg"] {
        assert_eq!(finding(report, well).0, State::Ok, "{well}");
    }
    assert_eq!(metric(report, "server crm", "vpn_server_up"), Some(0.0));
}

#[test]
fn nothing_is_asked_behind_a_tunnel_that_is_down() {
    let gone = "socket `wg0` is not there: no file";
    let ran = Host::new()
        .answer("unix wg0", Answer::failure(FailureKind::Refused, Phase::Connect, gone))
        .check(run, &config(json!([crm(), { "ping": "10.8.0.1", "peer": "berlin" }])));
    for key in ["server crm", "server 10.8.0.1"] {
        assert_eq!(finding(ran.report(), key), (State::Unknown, "not judged: the tunnel is down"));
    }
    let criticals = ran.report().findings.iter().filter(|finding| finding.state == State::Critical);
    assert_eq!(criticals.count(), 1, "one cause, one alert");
}

#[test]
fn a_server_is_hidden_by_its_own_peer_or_by_all_of_them() {
    let silent = |told: Told| Told { age: Some(900), keepalive: 25, ..told };
    let servers = json!([
        { "name": "a", "address": "10.8.0.10:443", "peer": "berlin" },
        { "name": "b", "address": "10.9.0.10:443", "peer": "hamburg" },
        { "name": "any", "address": "10.7.0.10:443" }
    ]);
    let ran = host(&[silent(BERLIN), HAMBURG])
        .answer("tcp 10.9.0.10:443", Dialogue::new())
        .answer("tcp 10.7.0.10:443", Dialogue::new())
        .check(run, &config(servers.clone()));
    let report = ran.report();
    assert_eq!(finding(report, "peer berlin").0, State::Critical);
    assert_eq!(finding(report, "server a"), (State::Unknown, "not judged: `berlin` is silent"));
    assert_eq!(finding(report, "server b").0, State::Ok);
    assert_eq!(finding(report, "server any").0, State::Ok);
    let ran = host(&[silent(BERLIN), silent(HAMBURG)]).check(run, &config(servers.clone()));
    assert_eq!(finding(ran.report(), "server any"), (State::Unknown, "not judged: all peers are silent"));
    assert_eq!(finding(ran.report(), "server b"), (State::Unknown, "not judged: `hamburg` is silent"));
    // One that is missing hides what is behind it, and nothing else.
    let ran = host(&[HAMBURG])
        .answer("tcp 10.9.0.10:443", Dialogue::new())
        .answer("tcp 10.7.0.10:443", Dialogue::new())
        .check(run, &config(servers));
    assert_eq!(finding(ran.report(), "server a"), (State::Unknown, "not judged: `berlin` is silent"));
    assert_eq!(finding(ran.report(), "server any").0, State::Ok);
}

#[test]
fn a_peer_that_is_not_expected_hides_nothing() {
    let mut config = wireguard(json!({ "unexpected_peers": "critical" }));
    config["servers"] = json!([crm()]);
    let ran = host(&[BERLIN]).answer("tcp 10.8.0.10:443", Dialogue::new()).check(run, &config.to_string());
    assert_eq!(ran.report().state, State::Critical);
    assert_eq!(finding(ran.report(), "server crm").0, State::Ok);
}

#[test]
fn slow_and_lossy_servers_are_judged_by_their_limits() {
    let servers = json!([{ "name": "crm", "address": "10.8.0.10:443", "response_time_warning": "100ms", "response_time_critical": "1s" }]);
    let after = |span: u64| {
        let slow = Dialogue::new().after(Duration::from_millis(span));
        host(&[BERLIN, HAMBURG]).answer("tcp 10.8.0.10:443", slow).check(run, &config(servers.clone()))
    };
    assert_eq!(after(100).report().state, State::Ok);
    let said = "server slow: `crm` answers in 300 ms; slower than 100 ms";
    assert_eq!(finding(after(300).report(), "server crm"), (State::Warning, said));
    assert_eq!(finding(after(1_500).report(), "server crm").0, State::Critical);
    let lossy = |came: [Option<Duration>; 4]| {
        let servers = json!([{ "name": "gw", "ping": "10.8.0.1", "count": 4 }]);
        host(&[BERLIN, HAMBURG])
            .answer("icmp 10.8.0.1", echoes("10.8.0.1", came))
            .check(run, &config(servers))
    };
    let it = Some(Duration::from_millis(5));
    let said = "server slow: `gw` answers in 5 ms, 1 of 4 lost; 1 of 4 echo requests lost, more than 20 %";
    assert_eq!(finding(lossy([it, it, None, it]).report(), "server gw"), (State::Warning, said));
    assert_eq!(finding(lossy([it, None, None, None]).report(), "server gw").0, State::Critical);
}

#[test]
fn rights_that_are_missing_judge_nothing_and_time_that_is_out_is_said() {
    let ran = host(&[BERLIN, HAMBURG])
        .answer("tcp 10.8.0.10:443", Answer::denied("denied: tcp to 10.8.0.10:443"))
        .check(run, &config(json!([crm()])));
    assert!(matches!(ran.error(), watchkeep_sdk::Fault::Denied(_)));
    let late = Answer::failure(FailureKind::TimedOut, Phase::Connect, "").after(Duration::from_secs(2));
    let ran = host(&[BERLIN, HAMBURG])
        .deadline(Duration::from_secs(3))
        .answer("tcp 10.8.0.10:443", late)
        .check(run, &config(json!([crm(), { "address": "10.8.0.11:443" }])));
    let said = "server down: `crm`: timed out connecting to 192.0.2.1:443 after 2.0 s";
    assert_eq!(finding(ran.report(), "server crm"), (State::Critical, said));
    let said = "not judged: the run has no time left; hint: raise the check's `timeout`";
    assert_eq!(finding(ran.report(), "server 10.8.0.11:443"), (State::Unknown, said));
}
