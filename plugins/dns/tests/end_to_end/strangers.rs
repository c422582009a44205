//! What listens where a name server should, and is none.

use std::net::UdpSocket;

use super::{case, hold, room};
use crate::room;

/// Answers what it is asked with what this makes of the question.
fn answers(at: &str, answer: fn(&[u8]) -> Vec<u8>) {
    let socket = UdpSocket::bind(at).unwrap();
    std::thread::spawn(move || {
        let mut bytes = [0; 512];
        while let Ok((size, from)) = socket.recv_from(&mut bytes) {
            let answer = answer(&bytes[..size]);
            let _ = socket.send_to(&answer, from);
        }
    });
}

/// The question as an answer without records.
fn reply(question: &[u8]) -> Vec<u8> {
    let mut reply = question.to_vec();
    reply[2] |= 0x80;
    reply
}

#[tokio::test]
async fn each_is_critical_and_told_as_what_it_is_within_the_timeout() {
    if !room::inside("dns::strangers::each_is_critical_and_told_as_what_it_is_within_the_timeout", &room()) {
        return;
    }
    answers("192.0.2.10:53", |_| b"HTTP/1.1 400 Bad Request".to_vec());
    answers("192.0.2.11:53", |question| {
        let mut other = reply(question);
        other[13] ^= 1;
        other
    });
    answers("192.0.2.12:53", |question| {
        let mut cut = reply(question);
        cut[2] |= 2;
        cut
    });
    // It says that it has answers, and has none.
    answers("192.0.2.13:53", |question| {
        let mut short = reply(question);
        short[7] = 9;
        short
    });
    answers("192.0.2.14:53", reply);
    let _mute = UdpSocket::bind("192.0.2.15:53").unwrap();
    let asked = |last: u8| format!("name = 'shop.example', server = '192.0.2.{last}', timeout = '1s'");
    let odd: &[&str] = &["broken answer from 192.0.2.1", "datagrams came, and none answers the question"];
    let bad = "critical";
    hold(&[
        case("garbage", asked(10), bad, odd),
        case("another-question", asked(11), bad, odd),
        case(
            "cut-without-tcp",
            asked(12),
            bad,
            &["the answer does not fit into a datagram, and over TCP: connection refused by 192.0.2.12:53"],
        ),
        case("short", asked(13), bad, &[]),
        case("empty", asked(14), bad, &["there is no record of type A"]),
        case("mute", asked(15), bad, &["timed out waiting for an answer from 192.0.2.15:53 after 1."]),
        case("closed", asked(16), bad, &["connection refused by 192.0.2.16:53"]),
    ])
    .await;
}
