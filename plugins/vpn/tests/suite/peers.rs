//! Peers of WireGuard, as its socket tells of them.

use serde_json::json;
use watchkeep_plugin_vpn::run;
use watchkeep_sdk::State;
use watchkeep_sdk::http::{FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Host, NOW};

use super::{
    BERLIN, HAMBURG, Told, base64, berlin, check, check_again, finding, hex, inconclusive, metric, wireguard,
};

#[test]
fn an_interface_that_is_up_is_told_with_its_peers() {
    let ran = check(&wireguard(berlin()), &[BERLIN, HAMBURG]);
    let report = ran.report();
    assert_eq!((report.state, &*report.summary), (State::Ok, "wg0 is up with 2 peers"));
    assert_eq!(finding(report, "tunnel"), (State::Ok, "wg0 is up with 2 peers"));
    assert_eq!(
        finding(report, "peer berlin"),
        (State::Ok, "`berlin` is connected, last handshake 30.0 s ago")
    );
    // The other one has no name: the beginning of its key.
    assert_eq!(finding(report, "peer AgICAgIC").0, State::Ok);
    assert_eq!(metric(report, "peer berlin", "vpn_peer_handshake_age_seconds"), Some(30.0));
    assert_eq!(metric(report, "peer berlin", "vpn_peer_received_bytes"), Some(5_000.0));
    assert_eq!(metric(report, "peer berlin", "vpn_peer_sent_bytes"), Some(4_000.0));
    assert_eq!(metric(report, "tunnel", "vpn_up"), Some(1.0));
    assert_eq!(metric(report, "tunnel", "vpn_peers"), Some(2.0));
    assert_eq!(report.value("probe_success"), Some(1.0));
}

#[test]
fn rates_are_told_from_the_second_run_on() {
    let before = Told { received: 5_000 - 600, sent: 4_000 - 6_144 / 2, ..BERLIN };
    let ran = check_again(&wireguard(berlin()), &[before], &[BERLIN]);
    let report = ran.report();
    let said = "`berlin` is connected, last handshake 30.0 s ago, 10 B/s in, 51.2 B/s out";
    assert_eq!(finding(report, "peer berlin"), (State::Ok, said));
    assert_eq!(metric(report, "peer berlin", "vpn_peer_received_bytes_per_second"), Some(10.0));
    // Counted anew, since the interface was made anew.
    let before = Told { received: 9_000, ..BERLIN };
    let ran = check_again(&wireguard(berlin()), &[before], &[BERLIN]);
    assert_eq!(metric(ran.report(), "peer berlin", "vpn_peer_received_bytes_per_second"), None);
}

#[test]
fn a_peer_that_sends_at_all_times_is_judged_by_its_handshake() {
    let at = |age| check(&wireguard(berlin()), &[Told { age: Some(age), ..BERLIN }]);
    assert_eq!(at(240).report().state, State::Ok, "as long as is allowed is not longer");
    let ran = at(241);
    let said = "handshake late: `berlin`: last handshake 4 min ago, more than 4 min";
    assert_eq!(finding(ran.report(), "peer berlin"), (State::Warning, said));
    let ran = at(720);
    let said = "peer silent: `berlin`: last handshake 12 min ago, more than 5 min";
    assert_eq!(finding(ran.report(), "peer berlin"), (State::Critical, said));
    assert_eq!(finding(ran.report(), "tunnel").0, State::Ok, "one cause, one alert");
    assert_eq!(ran.report().summary, format!("1 of 2 critical: {said}"));
    assert_eq!(ran.report().value("probe_success"), Some(0.0));
    let ran = check(&wireguard(berlin()), &[Told { age: None, ..BERLIN }]);
    let (state, said) = finding(ran.report(), "peer berlin");
    assert_eq!(state, State::Critical);
    assert!(said.starts_with("peer silent: `berlin` never completed a handshake; hint: "), "{said}");
    assert_eq!(metric(ran.report(), "peer berlin", "vpn_peer_handshake_age_seconds"), None);
}

#[test]
fn a_peer_without_keepalive_and_traffic_is_quiet_and_well() {
    let quiet = Told { age: Some(36_000), keepalive: 0, ..BERLIN };
    let ran = check(&wireguard(berlin()), &[quiet]);
    assert_eq!(
        finding(ran.report(), "peer berlin"),
        (State::Ok, "`berlin` is quiet, last handshake 600 min ago")
    );
    let never = Told { age: None, ..quiet };
    let ran = check(&wireguard(berlin()), &[never]);
    let said = "`berlin` has never connected; no traffic is expected";
    assert_eq!(finding(ran.report(), "peer berlin"), (State::Ok, said));
    // Unless it has to be there at all times: each of them, or this one.
    let mut config = berlin();
    config["always_on"] = json!(true);
    assert_eq!(
        finding(check(&wireguard(config.clone()), &[quiet]).report(), "peer berlin").0,
        State::Critical
    );
    config["peers"][0]["always_on"] = json!(false);
    assert_eq!(finding(check(&wireguard(config.clone()), &[quiet]).report(), "peer berlin").0, State::Ok);
    config["always_on"] = json!(false);
    config["peers"][0]["always_on"] = json!(true);
    assert_eq!(finding(check(&wireguard(config), &[never]).report(), "peer berlin").0, State::Critical);
}

#[test]
fn a_quiet_peer_that_owes_an_answer_is_silent() {
    let config = wireguard(berlin()).to_string();
    let run_at = |kept: Option<Vec<u8>>, minutes: u64, told: Told| {
        let said = super::uapi(super::interface(&[told]));
        let host = Host::new().clock(NOW + 60_000 * minutes).answer("unix wg0", said);
        let host = match kept {
            Some(kept) => host.kv("peers", kept),
            None => host,
        };
        let ran = host.check(run, &config);
        let (state, said) = finding(ran.report(), "peer berlin");
        ((state, said.to_owned()), ran.kv("peers").unwrap().to_vec())
    };
    let quiet = Told { age: Some(3_600), keepalive: 0, ..BERLIN };
    let ((state, _), kept) = run_at(None, 0, quiet);
    assert_eq!(state, State::Ok);
    // Something was sent just before: the answer may be on its way.
    let asked = Told { sent: quiet.sent + 148, ..quiet };
    let ((state, _), kept) = run_at(Some(kept), 1, asked);
    assert_eq!(state, State::Ok);
    // A minute later, it is not. Nor does it help that nobody tries any more.
    let ((state, said), kept) = run_at(Some(kept), 2, asked);
    assert_eq!(state, State::Critical);
    assert!(said.starts_with("peer silent: `berlin`: last handshake "), "{said}");
    assert!(said.ends_with(", more than 5 min, 0 B/s in, 0 B/s out"), "{said}");
    let ((state, _), kept) = run_at(Some(kept), 3, asked);
    assert_eq!(state, State::Critical);
    let answered = Told { received: asked.received + 92, ..asked };
    let ((state, _), _) = run_at(Some(kept), 4, answered);
    assert_eq!(state, State::Ok);
}

#[test]
fn silence_is_judged_sooner_than_handshakes_where_that_is_wanted() {
    let mut config = berlin();
    config["silence_warning"] = json!("30s");
    config["silence_critical"] = json!("90s");
    let again = |after: u64| {
        let kept =
            format!("{}\n5000 4000 {} 0 192.0.2.7 {}", NOW - 20_000, NOW - after * 1_000, &base64(1)[..22]);
        let said = super::uapi(super::interface(&[BERLIN]));
        let host = Host::new().kv("peers", kept).answer("unix wg0", said);
        host.check(run, &wireguard(config.clone()).to_string())
    };
    assert_eq!(again(30).report().state, State::Ok);
    let ran = again(45);
    let said = "peer quiet: `berlin`: nothing received for 45.0 s, more than 30.0 s, 0 B/s in, 0 B/s out";
    assert_eq!(finding(ran.report(), "peer berlin"), (State::Warning, said));
    let ran = again(100);
    let (state, said) = finding(ran.report(), "peer berlin");
    assert_eq!(state, State::Critical);
    assert!(
        said.starts_with("peer silent: `berlin`: nothing received for 100.0 s, more than 90.0 s"),
        "{said}"
    );
}

#[test]
fn peers_that_are_missing_or_not_expected_are_findings() {
    let ran = check(&wireguard(berlin()), &[HAMBURG]);
    let (state, said) = finding(ran.report(), "peer berlin");
    assert_eq!(state, State::Critical);
    assert!(said.starts_with("peer missing: wg0 has no peer `berlin`; hint: "), "{said}");
    let mut config = berlin();
    config["unexpected_peers"] = json!("warning");
    let ran = check(&wireguard(config.clone()), &[BERLIN, HAMBURG]);
    let said = "unexpected peer: `AgICAgIC` from 192.0.2.7:51820 is not in `peers`; `AgICAgIC` is quiet, last handshake 30.0 s ago";
    assert_eq!(finding(ran.report(), "peer AgICAgIC"), (State::Warning, said));
    assert_eq!(finding(ran.report(), "peer berlin").0, State::Ok);
    config["unexpected_peers"] = json!("critical");
    let ran = check(&wireguard(config), &[BERLIN, HAMBURG]);
    assert_eq!(finding(ran.report(), "peer AgICAgIC").0, State::Critical);
    let ran = check(&wireguard(json!({})), &[]);
    let said = "no peers: wg0 is up, but has none";
    assert_eq!(finding(ran.report(), "tunnel"), (State::Warning, said));
}

#[test]
fn a_key_may_be_written_as_its_beginning_or_in_hexadecimal() {
    for written in [base64(1), base64(1)[..6].to_owned(), hex(1), hex(1).to_uppercase()] {
        let config = wireguard(json!({ "peers": [{ "name": "berlin", "public_key": written }] }));
        assert_eq!(finding(check(&config, &[BERLIN]).report(), "peer berlin").0, State::Ok, "{written}");
    }
    // Two peers whose keys begin alike.
    let twin = |last: char| super::interface(&[BERLIN]).replace(&hex(1), &format!("{}{last}", &hex(1)[1..]));
    let both = twin('1').replace("errno=0\n\n", "") + &twin('2');
    let config = wireguard(json!({ "peers": [{ "name": "berlin", "public_key": &base64(0x10)[..8] }] }));
    let ran = Host::new().answer("unix wg0", super::uapi(both)).check(run, &config.to_string());
    assert!(
        format!("{:?}", ran.error()).contains("the key of `berlin` in `peers` fits 2 peers"),
        "{:?}",
        ran.error()
    );
    let config = wireguard(json!({ "peers": [
        { "name": "one", "public_key": base64(1) }, { "name": "other", "public_key": &base64(1)[..8] }
    ] }));
    let ran = check(&config, &[BERLIN]);
    assert!(format!("{:?}", ran.error()).contains("`one` and `other`"), "{:?}", ran.error());
}

#[test]
fn an_interface_that_is_gone_is_one_critical_and_the_rest_is_not_judged() {
    let refused = |message: &str| Answer::failure(FailureKind::Refused, Phase::Connect, message);
    let at =
        |answer: Answer| Host::new().answer("unix wg0", answer).check(run, &wireguard(berlin()).to_string());
    let ran = at(refused("socket `wg0` is not there: no file `/var/run/wireguard/wg0.sock`"));
    let report = ran.report();
    let said = "tunnel down: there is no interface wg0: socket `wg0` is gone";
    assert_eq!(finding(report, "tunnel"), (State::Critical, said));
    assert_eq!(finding(report, "peer berlin"), (State::Unknown, "not judged: the tunnel is down"));
    assert_eq!(report.summary, format!("1 of 2 critical, 1 unknown: {said}"));
    assert_eq!(metric(report, "tunnel", "vpn_up"), Some(0.0));
    let ran = at(refused(""));
    let (state, said) = finding(ran.report(), "tunnel");
    assert_eq!(state, State::Critical);
    assert!(
        said.starts_with(
            "tunnel down: the process behind wg0 has ended: socket `wg0` refuses connections; hint: "
        ),
        "{said}"
    );
    inconclusive(
        &at(refused("socket `wg0` takes no connection: its queue is full")),
        "is busy: its queue is full",
    );
    let other = Answer::failure(FailureKind::Other, Phase::Connect, "socket `wg0` cannot be looked at");
    inconclusive(&at(other), "socket `wg0` cannot be looked at");
    let denied = at(Answer::denied("denied: socket `wg0`"));
    assert!(matches!(denied.error(), watchkeep_sdk::Fault::Denied(_)));
}

#[test]
fn a_peer_that_moved_is_an_event() {
    let moved = |endpoint| {
        let ran = check_again(&wireguard(berlin()), &[BERLIN], &[Told { endpoint, ..BERLIN }]);
        let titles = ran.report().events.iter().map(|event| event.title.clone());
        titles.collect::<Vec<_>>()
    };
    assert_eq!(moved("198.51.100.9:4000"), ["`berlin` moved from 192.0.2.7 to 198.51.100.9"]);
    assert_eq!(moved("[2001:db8::9]:4000"), ["`berlin` moved from 192.0.2.7 to [2001:db8::9]"]);
    // A NAT gives out a new port now and then.
    assert!(moved("192.0.2.7:4000").is_empty());
    assert!(moved("").is_empty(), "nobody knows where it is");
}

#[test]
fn a_handshake_ahead_of_the_clock_is_not_judged() {
    let ahead = super::interface(&[BERLIN])
        .replace(&BERLIN.handshake().to_string(), &(NOW / 1_000 + 300).to_string());
    let ran = Host::new().answer("unix wg0", super::uapi(ahead)).check(run, &wireguard(berlin()).to_string());
    let said =
        "`berlin`: its last handshake is 5 min ahead of this host's clock; hint: was the clock set back?";
    assert_eq!(finding(ran.report(), "peer berlin"), (State::Unknown, said));
}
