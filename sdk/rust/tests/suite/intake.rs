//! What a peer says in packets, within limits.

use watchkeep_sdk::net::{Intake, Unread};
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::testing::{Dialogue, Host};

#[derive(Config)]
struct Nothing {}

/// A line of at most 20 bytes in at most 4 pieces, within 3 seconds.
fn line(_: Nothing, _: Run) -> Verdict {
    let mut peer = net::connect("example.com:7")?;
    let mut intake = Intake::new(20, 4);
    let until = clock::monotonic() + Duration::from_secs(3);
    let end = loop {
        if let Some(end) = intake.bytes().iter().position(|byte| *byte == b'\n') {
            break end;
        }
        if let Err(unread) = intake.more(&mut peer, until) {
            return Ok(Report::critical(match unread {
                Unread::Late => "late".to_owned(),
                Unread::Closed => "closed".to_owned(),
                Unread::Endless(sentence) => sentence,
                Unread::Failed(failure) => failure.sentence(),
            }));
        }
    };
    let line = String::from_utf8_lossy(&intake.bytes()[..end]).into_owned();
    // More than there is does no harm.
    intake.take(end + 1);
    let rest = intake.bytes().len();
    intake.take(100);
    assert!(intake.bytes().is_empty(), "all of it was taken");
    Ok(Report::ok(format!("{line}, and {rest} bytes")))
}

#[track_caller]
fn says(peer: Dialogue, summary: &str) {
    let ran = Host::new().answer("tcp example.com:7", peer.heedless()).check(line, "{}");
    assert_eq!(ran.report().summary, summary);
}

#[test]
fn what_comes_in_pieces_is_read_together_and_what_is_left_stays() {
    says(Dialogue::new().says("he").says("llo\nyou"), "hello, and 3 bytes");
    says(Dialogue::new().says("hello\n"), "hello, and 0 bytes");
}

#[test]
fn a_peer_without_end_in_drops_or_silent_is_told_apart() {
    says(Dialogue::new().says("x".repeat(21)), "it says more than 20 bytes, and not what was waited for");
    let drops = (0..5).fold(Dialogue::new(), |drops, _| drops.says("x"));
    says(drops, "it says in 4 pieces not what was waited for");
    says(Dialogue::new().says("x").closes(), "closed");
    says(Dialogue::new().waits(Duration::from_secs(3)), "late");
    // Drops do not make the time last.
    let slow = (0..4).fold(Dialogue::new(), |slow, _| slow.waits(Duration::from_secs(1)).says("x"));
    says(slow, "late");
}

#[test]
fn a_piece_is_as_large_as_it_may_be() {
    fn pieces(_: Nothing, _: Run) -> Verdict {
        let mut peer = net::connect("example.com:7")?;
        let mut sizes = Vec::new();
        for mut intake in [Intake::new(1 << 20, 9), Intake::new(1 << 20, 9).pieces_of(20_000)] {
            let _ = intake.more(&mut peer, Duration::from_secs(3));
            sizes.push(intake.bytes().len());
        }
        Ok(Report::ok(format!("{sizes:?}")))
    }
    let peer = Dialogue::new().says([0; 60_000]).heedless();
    let ran = Host::new().answer("tcp example.com:7", peer).check(pieces, "{}");
    assert_eq!(ran.report().summary, "[16384, 20000]");
}
