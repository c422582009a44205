//! What a block list answers: the first line is the status, each other one a record. What begins with a quotation mark is a text,
//! anything else an address.

use std::net::Ipv4Addr;

use watchkeep_plugin_ip_reputation::answers::{Said, read, reason};
use watchkeep_plugin_ip_reputation::run;
use watchkeep_sdk::State;
use watchkeep_sdk::testing::{Host, dns_answer};

/// Listed is who has an answer of a list and no other; and the check says so in a sentence.
pub fn reputation(bytes: &[u8]) {
    let whole = String::from_utf8_lossy(bytes);
    let (status, lines) = whole.split_once('\n').unwrap_or((&whole, ""));
    let (texts, addresses): (Vec<&str>, Vec<&str>) = lines.lines().partition(|line| line.starts_with('"'));
    let records: Vec<_> = addresses.iter().map(|data| ("x", "A", 60, *data)).collect();
    let answer = dns_answer(status, &records);
    let said = read(&answer);
    match &said {
        Said::Listed { codes, .. } => {
            assert!(status == "NOERROR" && !codes.is_empty() && codes.len() <= 10, "{codes:?}");
            assert!(addresses.iter().all(|data| is_listing(data)), "{addresses:?}");
        }
        Said::NotListed => {
            assert!(status == "NXDOMAIN" || status == "NOERROR" && addresses.is_empty(), "{whole:?}")
        }
        Said::Unjudged(why) => {
            assert!(!why.is_empty() && why.len() < 3_000 && !why.chars().any(char::is_control), "{why:?}");
        }
        Said::NotAsked => panic!("it was asked"),
    }
    for text in &texts {
        let reason = reason(text);
        assert!(reason.chars().count() <= 2_100 && !reason.chars().any(char::is_control), "{reason:?}");
    }
    let texts: Vec<_> = texts.iter().map(|data| ("x", "TXT", 60, *data)).collect();
    judged(&said, answer, dns_answer("NOERROR", &texts));
}

fn is_listing(data: &str) -> bool {
    data.parse::<Ipv4Addr>().is_ok_and(|code| {
        let [first, second, third, _] = code.octets();
        first == 127 && (second, third) != (255, 255) && code != Ipv4Addr::LOCALHOST
    })
}

fn judged(said: &Said, answer: watchkeep_sdk::dns::Answer, texts: watchkeep_sdk::dns::Answer) {
    let host = Host::new()
        .answer("dns A 2.0.0.127.l.example", dns_answer("NOERROR", &[("x", "A", 60, "127.0.0.2")]))
        .answer("dns A 1.0.0.127.l.example", dns_answer("NXDOMAIN", &[]))
        .answer("dns A 1.2.0.192.l.example", answer)
        .always("dns TXT 1.2.0.192.l.example", texts);
    let config = r#"{"addresses":"192.0.2.1","lists":[],"critical_lists":"l.example","own_lists":[{"zone":"l.example"}]}"#;
    let ran = host.check(run, config);
    match said {
        Said::Listed { .. } => assert_eq!(ran.report().state, State::Critical),
        Said::NotListed => assert_eq!(ran.report().state, State::Ok),
        Said::Unjudged(_) | Said::NotAsked => assert!(ran.result.is_err(), "nothing was said"),
    }
}
