//! A conversation in lines, and the management interface of OpenVPN, which is one.

use watchkeep_sdk::net::{Intake, Lines, Unread};
use watchkeep_sdk::openvpn::{Management, Said, State, Ungreeted};
use watchkeep_sdk::prelude::*;
use watchkeep_sdk::testing::{Dialogue, Host};

#[derive(Config)]
struct Nothing {}

fn told(unread: Unread) -> String {
    match unread {
        Unread::Late => "late".to_owned(),
        Unread::Closed => "closed".to_owned(),
        Unread::Endless(sentence) => sentence,
        Unread::Failed(failure) => failure.sentence(),
    }
}

/// Every line and every prompt `> `, until something is wrong.
fn heard(_: Nothing, _: Run) -> Verdict {
    let until = clock::monotonic() + Duration::from_secs(3);
    let mut lines = Lines::over(net::connect("example.com:7")?, Intake::new(100_000, 50), until);
    let mut heard = Vec::new();
    let mut next = || {
        if lines.prompts(b"> ")? {
            return Ok("PROMPT".to_owned());
        }
        Ok(format!("{:?}", String::from_utf8_lossy(lines.line()?)))
    };
    loop {
        match next() {
            Ok(line) => heard.push(line),
            Err(unread) => return Ok(Report::ok(format!("{} {}", heard.join(" "), told(unread)))),
        }
    }
}

#[track_caller]
fn hears(peer: Dialogue, summary: &str) {
    let ran = Host::new().answer("tcp example.com:7", peer.heedless()).check(heard, "{}");
    assert_eq!(ran.report().summary, summary);
}

#[test]
fn lines_and_prompts_are_read_whatever_pieces_they_come_in() {
    let said = "one\r\ntwo\n> >three\n\n";
    let all = r#""one" "two" PROMPT ">three" "" closed"#;
    hears(Dialogue::new().says(said).closes(), all);
    for size in [1, 2, 5] {
        let pieces = said.as_bytes().chunks(size).fold(Dialogue::new(), |peer, piece| peer.says(piece));
        hears(pieces.closes(), all);
    }
    // Only the end belongs to a line: a carriage return of its own does not.
    hears(Dialogue::new().says("a\r\r\nb\rc\n").closes(), "\"a\\r\" \"b\\rc\" closed");
}

#[test]
fn a_line_without_end_or_in_time_is_told_apart() {
    let long = "x".repeat(Lines::LINE_BYTES_MAX);
    hears(Dialogue::new().says(format!("{long}xx")), " a line is longer than 16384 bytes");
    hears(Dialogue::new().says("one\ntw").closes(), r#""one" closed"#);
    hears(Dialogue::new().says("one\n>"), r#""one" closed"#);
    hears(Dialogue::new().waits(Duration::from_secs(3)), " late");
    let drops = (0..60).fold(Dialogue::new(), |peer, _| peer.says("x"));
    hears(drops, " it says in 50 pieces not what was waited for");
}

/// What is said after the greeting, or why there is none.
fn visited(_: Nothing, _: Run) -> Verdict {
    let until = clock::monotonic() + Duration::from_secs(3);
    let mut management = Management::over(net::connect("example.com:7")?, Intake::new(10_000, 50), until);
    if let Err(ungreeted) = management.greet(None) {
        return Ok(Report::ok(match ungreeted {
            Ungreeted::Unread(unread) => told(unread),
            Ungreeted::PasswordWanted => "wanted".to_owned(),
            Ungreeted::PasswordRefused => "refused".to_owned(),
            Ungreeted::Foreign(line) => format!("foreign {:?}", String::from_utf8_lossy(&line)),
        }));
    }
    let mut heard = Vec::new();
    while let Ok(said) = management.hear() {
        let text = |line: &[u8]| String::from_utf8_lossy(line).into_owned();
        heard.push(match said {
            Said::Notice(line) => format!("notice {}", text(line)),
            Said::Refusal(line) => format!("refusal{}", text(line)),
            Said::Line(line) => format!("line {}", text(line)),
        });
    }
    Ok(Report::ok(heard.join(", ")))
}

#[test]
fn notices_refusals_and_answers_of_openvpn_are_told_apart() {
    let visits = |said: &'static str, summary: &str| {
        let peer = Dialogue::new().says(said).closes().heedless();
        let ran = Host::new().answer("tcp example.com:7", peer).check(visited, "{}");
        assert_eq!(ran.report().summary, summary);
    };
    visits(
        ">INFO:hello\r\n>STATE:1,WAIT,,,\r\nERROR: unknown\r\nEND\r\n",
        "notice >STATE:1,WAIT,,,, refusal unknown, line END",
    );
    visits("ENTER PASSWORD:", "wanted");
    visits("SSH-2.0-OpenSSH\r\n", "foreign \"SSH-2.0-OpenSSH\"");
    visits("", "closed");
}

#[test]
fn only_a_line_of_its_form_is_a_state() {
    let state = State::read(b"7,RECONNECTING,ping-restart,,").unwrap();
    assert_eq!((state.since, &*state.name, &*state.detail), (7, "RECONNECTING", "ping-restart"));
    assert!(!state.is_up() && State::read(b"7,CONNECTED").unwrap().is_up());
    for other in [
        &b""[..],
        b"END",
        b"7",
        b"7,",
        b"x,CONNECTED",
        b"-7,CONNECTED",
        b"7,connected",
        b"7,A B",
        b"7,\xff",
        &[b'A'; 99],
    ] {
        assert_eq!(State::read(other), None, "{other:?}");
    }
}
