//! The action `vpn-restart` against a scripted OpenVPN and a scripted machine.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

use std::time::Duration;

use serde_json::{Value, json};
use watchkeep_plugin_vpn_restart::{MANIFEST, perform, plan};
use watchkeep_sdk::commands::CommandError;
use watchkeep_sdk::http::{Encoding, FailureKind, Phase};
use watchkeep_sdk::system::{NetworkLink, SystemError};
use watchkeep_sdk::testing::{Answer, Dialogue, Host, NOW, Ran, occasion, output, page};
use watchkeep_sdk::{Effect, Fault, Occasion};

const DOOR: &str = "tcp 127.0.0.1:7505";
const GREETING: &str = ">INFO:OpenVPN Management Interface Version 5 -- type 'help' for more info\r\n";

fn config(more: &Value) -> String {
    let mut openvpn = json!({ "address": "127.0.0.1:7505" });
    openvpn.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!({ "openvpn": openvpn }).to_string()
}

fn state(seconds_ago: u64, rest: &str) -> String {
    format!("{},{rest},10.8.0.2,192.0.2.9,1194,,\r\n", NOW / 1_000 - seconds_ago)
}

/// As far as the signal, which it got.
fn signalled(signal: &str) -> Dialogue {
    Dialogue::new()
        .says(GREETING)
        .hears("state\n")
        .says(format!("{}END\r\n", state(7_200, "RECONNECTING,ping-restart")))
        .hears("state on\n")
        .says("SUCCESS: real-time state notification set to ON\r\n")
        .hears(format!("signal {signal}\n"))
        .says(format!("SUCCESS: signal {signal} thrown\r\n"))
}

fn ran(dialogue: Dialogue) -> Ran<Effect, Fault> {
    Host::new().answer(DOOR, dialogue).perform(perform, &config(&json!({})), occasion("tunnel"))
}

fn said<T: std::fmt::Debug>(ran: &Ran<T, Fault>) -> String {
    ran.error().message().to_owned()
}

#[test]
fn a_tunnel_gets_its_signal_and_is_waited_for() {
    let ran = ran(signalled("SIGUSR1")
        .says(format!(
            ">STATE:{}>LOG:1,I,hello\r\n>STATE:{}",
            state(0, "RECONNECTING,SIGUSR1"),
            state(0, "WAIT,")
        ))
        .says(format!(">STATE:{}", state(0, "CONNECTED,SUCCESS")))
        .hears("quit\n"));
    assert!(ran.value().changed);
    let summary = &ran.value().summary;
    assert!(
        summary.starts_with("OpenVPN got SIGUSR1, was RECONNECTING and is connected after "),
        "{summary}"
    );
    assert_eq!(ran.kv("connected").unwrap(), (NOW / 1_000).to_string().as_bytes());
}

#[test]
fn after_sighup_the_interface_comes_back_and_a_hold_is_released() {
    let back = Dialogue::new()
        .says(GREETING)
        .hears("state on\nstate\n")
        .says(format!(
            ">HOLD:Waiting for hold release:0\r\nSUCCESS: on\r\n{}END\r\n",
            state(0, "CONNECTING,")
        ))
        .hears("hold release\n")
        .says(format!("SUCCESS: hold release succeeded\r\n>STATE:{}", state(0, "CONNECTED,ROUTE_ERROR")))
        .hears("quit\n");
    let ran = Host::new()
        .answer(DOOR, signalled("SIGHUP").closes())
        .answer(DOOR, Answer::failure(FailureKind::Refused, Phase::Connect, ""))
        .answer(DOOR, back)
        .perform(perform, &config(&json!({ "signal": "sighup" })), occasion("tunnel"));
    assert!(ran.value().summary.ends_with(", with `ROUTE_ERROR`"), "{}", ran.value().summary);
    assert_eq!(ran.slept.len(), 2);
}

#[test]
fn a_tunnel_that_stays_down_is_told_with_its_last_state() {
    let hour = Duration::from_secs(3_600);
    let waits = Dialogue::new()
        .heedless()
        .says(GREETING)
        .says(format!("{}END\r\n", state(7_200, "RECONNECTING,ping-restart")))
        .says("SUCCESS: on\r\nSUCCESS: thrown\r\n")
        .says(format!(">STATE:{}", state(0, "WAIT,")))
        .waits(hour);
    let told = said(&ran(waits));
    assert_eq!(
        told,
        "OpenVPN got SIGUSR1, and is not connected in time: it is WAIT; hint: is the other end reachable?"
    );
    let told = said(&ran(signalled("SIGUSR1").says(">PASSWORD:Need 'Auth' username/password\r\n")));
    assert!(told.contains("waits for a password or an answer"), "{told}");
    let told = said(&ran(signalled("SIGUSR1").says(">FATAL:Cannot open TUN/TAP dev\r\n")));
    assert!(told.contains("it ends: `Cannot open TUN/TAP dev`; OpenVPN got the signal"), "{told}");
}

#[test]
fn a_tunnel_that_came_back_by_itself_is_left_alone_unless_it_was_this_actions_own_doing() {
    let up = || {
        Dialogue::new()
            .says(GREETING)
            .hears("state\n")
            .says(format!("{}END\r\n", state(60, "CONNECTED,SUCCESS")))
    };
    let left = ran(up().hears("quit\n"));
    assert_eq!(
        (left.value().changed, &*left.value().summary),
        (false, "OpenVPN is connected since 05:05 UTC, after the problem began")
    );
    let own = (NOW / 1_000 - 60).to_string();
    let again = up()
        .hears("state on\n")
        .says("SUCCESS: on\r\n")
        .hears("signal SIGUSR1\n")
        .says("SUCCESS: thrown\r\n")
        .says(format!(">STATE:{}", state(0, "CONNECTED,SUCCESS")))
        .hears("quit\n");
    let ran = Host::new().kv("connected", own).answer(DOOR, again);
    assert!(ran.perform(perform, &config(&json!({})), occasion("tunnel")).value().changed);
}

#[test]
fn the_password_goes_as_a_secret_and_a_wrong_one_is_told() {
    let of_password = config(&json!({ "password": { "secret": "p" } }));
    let host = || Host::new().secret("p", "x");
    let asks = || Dialogue::new().says("ENTER PASSWORD:").hears_secret("p", "", "\n", Encoding::Raw);
    let refused = host().answer(DOOR, asks().says("ERROR: bad password\r\n"));
    let told = said(&refused.perform(perform, &of_password, occasion("t")));
    assert!(told.contains("refuses the password; nothing was done"), "{told}");
    let left = asks().says("SUCCESS: password is correct\r\n").says(GREETING).hears("state\n");
    let left = left.says(format!("{}END\r\n", state(60, "CONNECTED,SUCCESS"))).hears("quit\n");
    assert!(!host().answer(DOOR, left).perform(perform, &of_password, occasion("t")).value().changed);
    let told = said(&ran(Dialogue::new().says("ENTER PASSWORD:")));
    assert!(told.contains("asks for a password; nothing was done; hint: give `password`"), "{told}");
}

#[test]
fn what_is_no_management_interface_is_told() {
    let greeted = || Dialogue::new().says(GREETING).hears("state\n");
    for (dialogue, words) in [
        (Dialogue::new().says("SSH-2.0-OpenSSH\r\n"), "it greets with `SSH-2.0-OpenSSH`"),
        (Dialogue::new().heedless().closes(), "closed the connection; nothing was done"),
        (Dialogue::new().heedless().waits(Duration::from_secs(3_600)), "one client at a time"),
        (Dialogue::new().heedless().says(vec![b'>'; 100_000]), "a line is longer than 16384 bytes"),
        (greeted().says("ERROR: unknown command\r\n"), "it refuses: `unknown command`; nothing was done"),
        (greeted().says("\u{1b}[2J\r\n"), "it answers `state` with something else"),
        (greeted().says("END\r\n"), "it answers `state` with nothing"),
    ] {
        let told = said(&ran(dialogue));
        assert!(told.contains(words), "`{words}` is not in: {told}");
    }
    let refused = Host::new().answer(DOOR, Answer::failure(FailureKind::Refused, Phase::Connect, ""));
    let told = said(&refused.perform(perform, &config(&json!({})), occasion("t")));
    assert!(
        told.contains("does not listen at `127.0.0.1:7505`: nothing was done; hint: does it run"),
        "{told}"
    );
    let mut drip = Dialogue::new().heedless();
    for _ in 0..400 {
        drip = drip.says(">");
    }
    let told = said(&ran(drip));
    assert!(told.contains("in 300 pieces"), "{told}");
}

fn link(name: &str, up: bool) -> NetworkLink {
    NetworkLink {
        name: name.to_owned(),
        up,
        received_bytes: 0,
        sent_bytes: 0,
        received_errors: 0,
        sent_errors: 0,
        received_drops: 0,
        sent_drops: 0,
    }
}

fn wireguard() -> String {
    json!({ "wireguard": { "command": "wg-quick", "parameters": { "name": "{finding}" }, "interface": "wg0" } }).to_string()
}

fn of(finding: &str) -> Occasion {
    Occasion { finding: Some(finding.to_owned()), ..occasion("tunnels") }
}

#[test]
fn a_command_restarts_wireguard_and_its_interface_is_waited_for() {
    let ran = Host::new()
        .answer("command wg-quick name=wg0", output(0, ""))
        .answer("system links", vec![link("eth0", true)])
        .answer("system links", vec![link("wg0", false)])
        .answer("system links", vec![link("wg0", true)])
        .perform(perform, &wireguard(), of("wg0"));
    assert!(
        ran.value().summary.starts_with("ran `wg-quick`, and `wg0` is up after "),
        "{}",
        ran.value().summary
    );
    assert_eq!(ran.slept.len(), 2);
    let ran = Host::new()
        .answer("command wg-quick name=wg0", output(0, ""))
        .always("system links", vec![link("wg0", false)]);
    assert!(
        said(&ran.perform(perform, &wireguard(), of("wg0")))
            .contains("`wg0` is not up in time; hint: `wg show wg0`")
    );
    let ran = Host::new()
        .answer("command wg-quick name=wg0", output(0, ""))
        .answer("system links", SystemError::Denied("denied: system `links`".into()));
    assert!(ran.perform(perform, &wireguard(), of("wg0")).value().summary.contains("is not known: denied"));
}

#[test]
fn a_command_that_fails_is_told() {
    let ran = |reply: watchkeep_sdk::testing::Reply| {
        said(&Host::new().answer("command wg-quick name=wg0", reply).perform(
            perform,
            &wireguard(),
            of("wg0"),
        ))
    };
    assert_eq!(
        ran(output(1, "no such device\n").into()),
        "`wg-quick` exited with 1: `no such device`; it may have acted"
    );
    assert!(ran(CommandError::TimedOut.into()).contains("and was killed; it may have acted"));
    assert!(ran(CommandError::Parameter("`name` is unfit".into()).into()).ends_with("nothing was done"));
}

#[test]
fn an_occasion_is_acted_on_once() {
    let first =
        ran(signalled("SIGUSR1").says(format!(">STATE:{}", state(0, "CONNECTED,SUCCESS"))).hears("quit\n"));
    let done = first.kv("done").unwrap().to_vec();
    let again = Host::new().kv("done", done).perform(perform, &config(&json!({})), occasion("tunnel"));
    assert!(!again.value().changed);
    let second = Occasion { attempt: 2, ..occasion("tunnel") };
    assert!(
        said(&Host::new().perform(perform, &config(&json!({})), second))
            .contains("earlier attempt may have acted")
    );
}

#[test]
fn a_dry_run_says_what_it_would_do() {
    let ran = Host::new().plan(plan, &config(&json!({})), occasion("tunnel"));
    let step = &ran.value()[0];
    assert_eq!(
        (&*step.title, &*step.target),
        ("send SIGUSR1 to OpenVPN and wait until it is connected", "127.0.0.1:7505")
    );
    let ran =
        Host::new().answer("system links", vec![link("wg0", false)]).plan(plan, &wireguard(), of("wg0"));
    assert_eq!(ran.value()[0].target, "wg-quick name=`wg0`");
    assert_eq!(ran.value()[1].title, "wait until the interface is up, which now is down");
}

#[test]
fn a_config_that_makes_no_sense_is_refused() {
    let refuses = |config: Value, said: &str| {
        Host::new().perform(perform, &config.to_string(), of("wg0")).refuses_config(said);
    };
    refuses(json!({}), "either `openvpn` or `wireguard` must be given");
    refuses(
        json!({ "openvpn": { "address": "a:1" }, "wireguard": { "command": "x" } }),
        "either `openvpn` or `wireguard`",
    );
    refuses(json!({ "openvpn": {} }), "either `address` or `socket`");
    refuses(
        json!({ "openvpn": { "socket": "s", "password": { "secret": "p" } } }),
        "no secret goes over a socket",
    );
    refuses(json!({ "wireguard": { "command": "" } }), "must not be empty");
    refuses(json!({ "openvpn": { "socket": "s" }, "timeout": "0s" }), "nothing is up in no time");
}

#[test]
fn the_page_has_the_keys_of_the_schema() {
    page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
