//! The bundled `ntp` against real servers of chrony, and against what is none.

use tokio::net::UdpSocket;
use watchkeep_end_to_end::Folder;
use watchkeep_end_to_end::cases::{case, hold};
use watchkeep_end_to_end::servers::{Chrony, Clock, free_udp_port};

use crate::clock_jumps::library;

/// Answers each datagram with what this makes of it, for as long as the test runs.
async fn answering(answer: impl Fn(&[u8]) -> Vec<u8> + Send + 'static) -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut question = [0; 512];
        while let Ok((size, from)) = socket.recv_from(&mut question).await {
            let _ = socket.send_to(&answer(&question[..size]), from).await;
        }
    });
    port
}

#[tokio::test]
async fn chrony_is_right_ahead_far_away_or_without_a_time() {
    let library = library();
    let near = Chrony::start(&Clock::Local { stratum: 3 });
    let far = Chrony::start(&Clock::Local { stratum: 12 });
    let ahead = Chrony::start(&Clock::Ahead { stratum: 3, seconds: 10, library: &library });
    let without = Chrony::start(&Clock::Unsynchronised);
    let (nobody, silent) = (free_udp_port(), UdpSocket::bind("127.0.0.1:0").await.unwrap());
    let garbage = answering(|_| b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u6".to_vec()).await;
    let echo = answering(<[u8]>::to_vec).await;
    let huge = answering(|_| vec![0xff; 60_000]).await;
    let at = |port: u16, more: &str| {
        let more = if more.is_empty() { String::new() } else { format!(", {more}") };
        format!("server = \"127.0.0.1:{port}\"{more}")
    };
    let limits = "stratum_warning = 4, stratum_critical = 10";
    let cases = [
        case("near", at(near.port, limits), "ok", &["stratum 3 in ", "; its clock is "]),
        case("by-name", format!("server = \"localhost:{}\", ip_family = \"ipv4\"", near.port), "ok", &[]),
        case("warned", at(near.port, "stratum_warning = 2"), "warning", &["; stratum 3 is worse than 2"]),
        case("far", at(far.port, limits), "critical", &["stratum 12 in ", "; stratum 12 is worse than 10"]),
        case(
            "ahead",
            at(ahead.port, ""),
            "critical",
            &["; its clock is ", " s ahead of this host's; its clock differs by more than 5.0 s"],
        ),
        case(
            "ahead-warned",
            at(ahead.port, "offset_critical = \"20s\""),
            "warning",
            &["its clock differs by more than 500 ms"],
        ),
        case(
            "ahead-allowed",
            at(ahead.port, "offset_warning = \"11s\", offset_critical = \"20s\""),
            "ok",
            &[],
        ),
        case(
            "without",
            at(without.port, ""),
            "critical",
            &["stratum 16 in ", "; it says that it is not synchronised"],
        ),
        case("nobody", at(nobody, ""), "critical", &["connection refused by 127.0.0.1:"]),
        case(
            "silent",
            at(silent.local_addr().unwrap().port(), "timeout = \"200ms\", attempts = 2"),
            "critical",
            &["timed out waiting for an answer from 127.0.0.1:"],
        ),
        case("garbage", at(garbage, ""), "critical", &["it answers with 38 bytes; NTP has at least 48"]),
        case("echo", at(echo, ""), "critical", &["it answers in mode 3; a server's is 4"]),
        case("huge", at(huge, ""), "critical", &["it answers in mode 7; a server's is 4"]),
    ];
    let folder = Folder::new("");
    let host = hold(&folder, "", "ntp", &cases).await;
    let metrics = host.get("/metrics").await.text;
    let offset = |check: &str| -> f64 {
        let of = |line: &&str| {
            line.starts_with("probe_ntp_offset_seconds{") && line.contains(&format!("\"{check}\""))
        };
        let line = metrics.lines().find(of).unwrap_or_else(|| panic!("{check} has no offset:\n{metrics}"));
        line.rsplit(' ').next().unwrap().parse().unwrap()
    };
    let (right, wrong) = (offset("near"), offset("ahead"));
    // The machine is loaded, and both clocks are its own.
    assert!((wrong - right - 10.0).abs() < 1.0, "{wrong} is not ten seconds beside {right}");
}
