//! What a time server answers: a datagram. The first eight bytes say to which question it has to belong.

use watchkeep_plugin_ntp::bytes::read;
use watchkeep_plugin_ntp::run;
use watchkeep_sdk::State;
use watchkeep_sdk::testing::{Datagrams, Host};

/// From 1900 on, within the era that ends in 2036.
const ERA_SECONDS: f64 = 4_294_967_296.0;

/// What is taken from the bytes stands in them, and whatever they are, the server is judged in a sentence.
pub fn ntp(bytes: &[u8]) {
    let Some((nonce, data)) = bytes.split_first_chunk::<8>() else { return };
    match read(data, u64::from_be_bytes(*nonce)) {
        Ok(answer) => {
            assert!(data.len() >= 48 && data[24..32] == *nonce, "it answers another question");
            assert_eq!(
                data[0],
                answer.leap << 6 | data[0] & 0b00_111_000 | 4,
                "a server says something else"
            );
            assert_eq!((data[1], &data[12..16]), (answer.stratum, &answer.reference[..]));
            for moment in [answer.received, answer.sent] {
                assert!((0.0..=ERA_SECONDS).contains(&moment), "{moment} is in no era");
            }
            for span in [answer.root_delay, answer.root_dispersion] {
                assert!((0.0..65_536.0).contains(&span), "{span} is no span of 32 bits");
            }
        }
        Err(why) => assert!(why.len() < 200 && !why.chars().any(char::is_control), "{why:?} is no sentence"),
    }
    judged(data);
}

/// As an answer to the question that was asked, where it is long enough for one.
fn judged(data: &[u8]) {
    let question = question();
    let mut answer = data.to_vec();
    if let Some(origin) = answer.get_mut(24..32) {
        origin.copy_from_slice(&question[40..]);
    }
    let ran = Host::new()
        .answer("udp ntp.example.com:123", Datagrams::to(question).reply(answer))
        .check(run, r#"{"server":"ntp.example.com:123","stratum_warning":4}"#);
    match &ran.result {
        Ok(report) => {
            let sentence = &report.summary;
            assert!(!sentence.is_empty() && !sentence.chars().any(char::is_control), "{sentence:?}");
            assert!(report.metrics.iter().all(|metric| metric.value.is_finite()), "{:?}", report.metrics);
            let is_synchronised = data.len() >= 48 && data[0] >> 6 < 3 && (1..16).contains(&data[1]);
            assert!(
                is_synchronised || report.state == State::Critical,
                "without a time it is {:?}",
                report.state
            );
        }
        Err(fault) => {
            let sends_away =
                data.len() >= 48 && data[1] == 0 && data[12..16].iter().all(u8::is_ascii_alphanumeric);
            assert!(sends_away, "only who sends one away, and says why, judges nothing: {fault:?}");
        }
    }
}

/// With the number that the scripted host's randomness yields.
fn question() -> Vec<u8> {
    fn draw(_: Nothing, _: watchkeep_sdk::Run) -> watchkeep_sdk::Report {
        let drawn = watchkeep_sdk::random::bytes(8);
        watchkeep_sdk::Report::ok(drawn.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    }
    let drawn = Host::new().check(draw, "{}").report().summary.clone();
    let nonce = u64::from_str_radix(&drawn, 16).expect("it was written as one");
    let mut packet = vec![0; 48];
    packet[0] = 0b0010_0011;
    packet[40..].copy_from_slice(&nonce.to_be_bytes());
    packet
}

#[derive(watchkeep_sdk::Config)]
struct Nothing {}
