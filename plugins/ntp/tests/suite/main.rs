//! The check `ntp` against the scripted host.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

use serde_json::{Value, json};
use watchkeep_plugin_ntp::{MANIFEST, bytes, run};
use watchkeep_sdk::net::{FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Datagrams, Host, NOW, Ran};
use watchkeep_sdk::{Fault, Report, State};

const SERVER: &str = "udp ntp.example.com:123";

fn config(more: Value) -> String {
    let mut config = json!({ "server": "ntp.example.com:123" });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config.to_string()
}

/// The number that the scripted host's randomness yields.
fn nonce() -> [u8; 8] {
    fn draw(_: Nothing, _: watchkeep_sdk::Run) -> Report {
        Report::ok(
            watchkeep_sdk::random::bytes(8).iter().map(|byte| format!("{byte:02x}")).collect::<String>(),
        )
    }
    let drawn = Host::new().check(draw, "{}").report().summary.clone();
    u64::from_str_radix(&drawn, 16).unwrap().to_be_bytes()
}

#[derive(watchkeep_sdk::Config)]
struct Nothing {}

fn question() -> Vec<u8> {
    let mut packet = vec![0b0010_0011];
    packet.extend([0; 39]);
    packet.extend(nonce());
    packet
}

/// Milliseconds since the Unix epoch, in the form of NTP.
fn moment(millis: i64) -> [u8; 8] {
    let seconds = (millis.div_euclid(1_000) + 2_208_988_800) as u64 as u32;
    let fraction = (millis.rem_euclid(1_000) as u64 * 4_294_967_296 / 1_000) as u32;
    [seconds.to_be_bytes(), fraction.to_be_bytes()].concat().try_into().unwrap()
}

/// The answer of a server whose clock is ahead by this many milliseconds. The scripted answer takes 10 ms: it arrived
/// after 5 and left at once.
fn answer(first: u8, stratum: u8, ahead: i64) -> Vec<u8> {
    let mut packet = vec![first, stratum, 6, 0xe9];
    packet.extend([0, 0, 0x80, 0, 0, 0, 0x40, 0]);
    packet.extend(b"GPS\0");
    packet.extend([0; 8]);
    packet.extend(nonce());
    let came = NOW as i64 + 5 + ahead;
    packet.extend(moment(came));
    packet.extend(moment(came));
    packet
}

const SYNCHRONISED: u8 = 0b0010_0100;

fn check(more: Value, reply: Vec<u8>) -> Ran<Report, Fault> {
    Host::new().answer(SERVER, Datagrams::to(question()).reply(reply)).check(run, &config(more))
}

#[track_caller]
fn says(more: Value, reply: Vec<u8>, state: State, summary: &str) {
    let ran = check(more, reply);
    assert_eq!((ran.report().state, ran.report().summary.as_str()), (state, summary));
}

#[test]
fn an_offset_is_judged_by_its_size_and_told_with_its_direction() {
    let at = |ahead: i64| answer(SYNCHRONISED, 2, ahead);
    says(json!({}), at(250), State::Ok, "stratum 2 in 10 ms; its clock is 250 ms ahead of this host's");
    says(json!({}), at(-120), State::Ok, "stratum 2 in 10 ms; its clock is 120 ms behind this host's");
    says(
        json!({}),
        at(-700),
        State::Warning,
        "stratum 2 in 10 ms; its clock is 700 ms behind this host's; its clock differs by more than 500 ms",
    );
    says(
        json!({ "offset_warning": "1ms", "offset_critical": "10ms" }),
        at(20),
        State::Critical,
        "stratum 2 in 10 ms; its clock is 20 ms ahead of this host's; its clock differs by more than 10 ms",
    );
    let day = check(json!({}), at(86_400_000));
    assert_eq!(day.report().value("ntp_offset_seconds"), Some(86_400.0));
}

#[test]
fn a_server_without_a_time_of_its_own_is_critical() {
    let unsynchronised = answer(0b1110_0100, 5, 0);
    assert!(
        check(json!({}), unsynchronised).report().summary.ends_with("it says that it is not synchronised")
    );
    assert_eq!(check(json!({}), answer(SYNCHRONISED, 16, 0)).report().state, State::Critical);
    // Sixteen travels as zero, with the reason of ntpd, with chrony's none, or with what is none.
    for reference in [*b"INIT", *b"STEP", [0; 4], *b"\0\x1b[2"] {
        let mut without = answer(0b1110_0100, 0, 0);
        without[12..16].copy_from_slice(&reference);
        says(
            json!({ "stratum_warning": 4 }),
            without,
            State::Critical,
            "stratum 16 in 10 ms; its clock is less than 1 ms ahead of this host's; it says that it is not synchronised; \
             stratum 16 is worse than 4",
        );
    }
    // One second is added today: a fine clock.
    assert_eq!(check(json!({}), answer(0b0110_0100, 2, 0)).report().state, State::Ok);
}

#[test]
fn a_stratum_too_far_away_is_told() {
    let limits = json!({ "stratum_warning": 3, "stratum_critical": 6 });
    assert_eq!(check(limits.clone(), answer(SYNCHRONISED, 3, 0)).report().state, State::Ok);
    let ran = check(limits.clone(), answer(SYNCHRONISED, 4, 0));
    assert!(
        ran.report().state == State::Warning && ran.report().summary.ends_with("stratum 4 is worse than 3")
    );
    assert_eq!(check(limits, answer(SYNCHRONISED, 7, 0)).report().state, State::Critical);
}

#[test]
fn a_server_that_sends_one_away_judges_nothing() {
    for (code, said) in [("RATE", "asked too often"), ("DENY", "others only"), ("NKEY", "does not want")] {
        let mut kiss = answer(0b1110_0100, 0, 0);
        kiss[12..16].copy_from_slice(code.as_bytes());
        let ran = check(json!({}), kiss);
        let Fault::Inconclusive(why) = ran.error() else { panic!("{:?}", ran.error()) };
        assert!(why.contains(said), "{why}");
    }
}

#[test]
fn what_is_no_answer_is_critical() {
    says(json!({}), vec![0; 12], State::Critical, "it answers with 12 bytes; NTP has at least 48");
    says(json!({}), answer(0b0010_0011, 2, 0), State::Critical, "it answers in mode 3; a server's is 4");
    let mut another = answer(SYNCHRONISED, 2, 0);
    another[24] ^= 1;
    says(json!({}), another, State::Critical, "it answers another question than was asked");
}

#[test]
fn a_lost_datagram_is_asked_again_and_none_at_all_is_critical() {
    let lost = || Answer::failure(FailureKind::TimedOut, Phase::Wait, "").from("192.0.2.1", 123);
    let ran = Host::new()
        .answer(SERVER, lost())
        .answer(SERVER, lost())
        .answer(SERVER, Datagrams::to(question()).reply(answer(SYNCHRONISED, 2, 20)))
        .check(run, &config(json!({})));
    assert_eq!(ran.report().state, State::Ok, "{}", ran.report().summary);
    let ran = Host::new()
        .answer(SERVER, lost())
        .answer(SERVER, lost())
        .check(run, &config(json!({ "attempts": 2 })));
    assert_eq!(ran.report().summary, "timed out waiting for an answer from 192.0.2.1:123 after 10 ms");
    let refused = Answer::failure(FailureKind::Refused, Phase::Wait, "").from("192.0.2.1", 123);
    let ran = Host::new().answer(SERVER, refused).check(run, &config(json!({})));
    assert_eq!((ran.report().state, ran.report().value("probe_success")), (State::Critical, Some(0.0)));
    let ran = Host::new().answer(SERVER, Answer::denied("denied: net")).check(run, &config(json!({})));
    assert!(matches!(ran.error(), Fault::Denied(_)));
}

#[test]
fn numbers_are_in_seconds() {
    let ran = check(json!({}), answer(SYNCHRONISED, 2, 250));
    let report = ran.report();
    let near = |name: &str, value: f64| {
        let found = report.value(name).unwrap();
        assert!((found - value).abs() < 1e-6, "{name} is {found}");
    };
    near("ntp_offset_seconds", 0.25);
    near("ntp_delay_seconds", 0.01);
    near("ntp_root_delay_seconds", 0.5);
    near("ntp_root_dispersion_seconds", 0.25);
    near("ntp_stratum", 2.0);
}

#[test]
fn the_next_era_is_as_near_as_this_one() {
    // 2036-02-07T06:28:20Z is the fourth second of era 1.
    let mut packet = answer(SYNCHRONISED, 2, 0);
    for at in [32, 40] {
        packet[at..at + 8].copy_from_slice(&[0, 0, 0, 4, 0, 0, 0, 0]);
    }
    let ran = check(json!({}), packet);
    let ahead = ran.report().value("ntp_offset_seconds").unwrap();
    let expected = 2_085_978_500.0 - (NOW as f64 + 5.0) / 1_000.0;
    assert!((ahead - expected).abs() < 1.0, "{ahead} is not {expected}");
}

#[test]
fn no_damage_is_a_panic() {
    let whole = answer(SYNCHRONISED, 2, 0);
    for at in 0..whole.len() {
        let _ = bytes::read(&whole[..at], 0);
        for byte in [0, 0x7f, 0x80, 0xff] {
            let mut damaged = whole.clone();
            damaged[at] = byte;
            check(json!({}), damaged);
        }
    }
    check(json!({}), [whole, vec![0xff; 60_000]].concat());
}

#[test]
fn contradictions_are_told_with_a_fix() {
    for (more, said) in [
        (
            json!({ "offset_warning": "2s", "offset_critical": "1s" }),
            "must not be less than `offset_warning`",
        ),
        (json!({ "stratum_warning": 4, "stratum_critical": 2 }), "must not be less than `stratum_warning`"),
        (json!({ "stratum_warning": 16 }), "at most 15"),
        (json!({ "attempts": 0 }), "at least 1"),
        (json!({ "server": "192.0.2.1:123", "ip_family": "ipv6" }), "`192.0.2.1` is an IPv4 address"),
    ] {
        Host::new().check(run, &config(more)).refuses_config(said);
    }
}

#[test]
fn the_server_is_its_own_grant_and_the_readme_has_every_key() {
    let schema = watchkeep_sdk::testing::schema(&MANIFEST);
    assert_eq!(schema["properties"]["server"]["x-watchkeep-grant"], "udp");
    watchkeep_sdk::testing::page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
