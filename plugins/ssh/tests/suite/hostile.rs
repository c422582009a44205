//! Servers that send without end, in drops, or what nobody expects.

use std::time::Duration;

use super::*;

fn said(parts: &[&[u8]]) -> String {
    let ran = check(json!({ "host_keys": line(&github()) }), [speaks(parts)]);
    let report = ran.report();
    assert_eq!(report.state, State::Critical, "{}", report.summary);
    assert!(
        !report.summary.chars().any(char::is_control) && report.summary.len() < 1_024,
        "{}",
        report.summary
    );
    report.summary.clone()
}

#[test]
fn what_has_no_end_is_given_up() {
    assert_eq!(said(&["and on\r\n".repeat(200).as_bytes()]), "no SSH version in 50 lines; it says `and on`");
    assert_eq!(said(&[&[b'2'; 64 << 10]]), "no SSH version, but a line of more than 65536 bytes");
    let ignored = packet(&[&[2], &*string("nothing")].concat()).repeat(30);
    assert_eq!(
        said(&[DEBIAN.as_bytes(), &ignored]),
        "20 messages without a meaning in place of what it offers"
    );
    // Some of them are allowed.
    let some = packet(&[&[4], &*string("nothing")].concat()).repeat(3);
    let server = speaks(&[DEBIAN.as_bytes(), &some, &usual(ALL_TYPES), &some, &reply(&github())]);
    says(json!({ "host_keys": line(&github()) }), [server], State::Ok, GREETS);
}

#[test]
fn a_byte_now_and_then_does_not_make_the_talk_longer_than_its_timeout() {
    for text in ["SSH-", "SSH\r\n", "SSH-2.0-x\r\n\0\0\0\u{8}\u{4}\u{2}aaaaaa"] {
        let drips =
            text.bytes().cycle().take(2_000).fold(Dialogue::new(), |dialogue, byte| {
                dialogue.says([byte]).waits(Duration::from_millis(300))
            });
        let config = config(json!({ "timeout": "5s" }));
        let ran = Host::new().answer(SHELL, drips.heedless()).check(run, &config);
        let report = ran.report();
        assert_eq!(report.state, State::Critical, "{text:?}: {}", report.summary);
        let is_told = ["timed out", "no SSH version within 5.0 s", "behind its version"];
        assert!(is_told.iter().any(|told| report.summary.contains(told)), "{}", report.summary);
    }
}

#[test]
fn sizes_that_are_none_are_told() {
    assert_eq!(
        said(&[DEBIAN.as_bytes(), b"HTTP/1.1 400"]),
        "behind its version comes no SSH: a packet of 1213486160 bytes, at most 35000 are allowed"
    );
    let over = [&35_001_u32.to_be_bytes()[..], &[4, 20], &[0; 34_999]].concat();
    assert_eq!(
        said(&[DEBIAN.as_bytes(), &over]),
        "behind its version comes no SSH: a packet of 35001 bytes, at most 35000 are allowed"
    );
    let empty = "behind its version comes no SSH: a packet without content";
    assert_eq!(said(&[DEBIAN.as_bytes(), &[0, 0, 0, 2, 200, 20]]), empty);
    assert_eq!(said(&[DEBIAN.as_bytes(), &[0, 0, 0, 0]]), empty);
    assert_eq!(said(&[DEBIAN.as_bytes(), &[0, 0, 0, 1, 0]]), empty);
    assert_eq!(
        said(&[DEBIAN.as_bytes(), &packet(&[99])]),
        "in place of what it offers comes a message of kind 99"
    );
}

#[test]
fn lists_that_are_broken_or_hold_what_is_no_name_are_no_offer() {
    let broken = "what it offers cannot be read: a broken KEXINIT";
    for names in ["a\u{1b}[2J", "a b", ",", "a,,b", "\u{e9}", &"x".repeat(65)] {
        assert_eq!(said(&[DEBIAN.as_bytes(), &usual(names)]), broken, "{names:?}");
    }
    let whole = usual(ALL_TYPES);
    let payload = &whole[5..whole.len() - usize::from(whole[4])];
    for end in 1..payload.len() {
        assert_eq!(said(&[DEBIAN.as_bytes(), &packet(&payload[..end])]), broken, "{end}");
    }
    let mut longer = payload.to_vec();
    longer[17] = 0xff;
    assert_eq!(said(&[DEBIAN.as_bytes(), &packet(&longer)]), broken);
}

#[test]
fn as_many_names_as_a_packet_holds_are_judged() {
    let names = vec!["x"; 16_000].join(",");
    let offer = kexinit("curve25519-sha256", &names, "3des-cbc", "b");
    let ran = check(json!({ "refused_algorithms": "weak" }), [speaks(&[DEBIAN.as_bytes(), &offer])]);
    assert_eq!(ran.report().summary, format!("{GREETS}; it offers refused ciphers: 3des-cbc"));
    assert!(ran.report().details.as_deref().unwrap().len() < 2_000);
}

#[test]
fn replies_that_are_cut_off_hold_no_key() {
    let whole = reply(&github());
    let payload = &whole[5..whole.len() - usize::from(whole[4])];
    for end in 1..payload.len() {
        let said = said(&[DEBIAN.as_bytes(), &usual(ALL_TYPES), &packet(&payload[..end])]);
        assert_eq!(said, format!("{GREETS}; its host key cannot be read: a broken reply"));
    }
    let more = said(&[DEBIAN.as_bytes(), &usual(ALL_TYPES), &packet(&[payload, &[0]].concat())]);
    assert_eq!(more, format!("{GREETS}; its host key cannot be read: a broken reply"));
    for none in [&b"\0\0\0\x03\xff\xfe\xfd"[..], &github()[..40], &[&github()[..], b"more"].concat()] {
        let said = said(&[DEBIAN.as_bytes(), &usual(ALL_TYPES), &reply(none)]);
        assert_eq!(said, format!("{GREETS}; the host key that it shows is not valid"));
    }
}

#[test]
fn the_words_of_a_disconnect_are_told_and_drive_no_terminal() {
    let bye = packet(&[&[1, 0, 0, 0, 2], &*string("\u{1b}[2Jtoo\nmany"), &*string("en")].concat());
    assert_eq!(
        said(&[DEBIAN.as_bytes(), &bye]),
        "it disconnects before it says what it offers: `[2Jtoomany` (reason 2)"
    );
    assert_eq!(
        said(&[DEBIAN.as_bytes(), &usual(ALL_TYPES), &packet(&[1])]),
        format!("{GREETS}; it disconnects before it says its host key (reason 0)")
    );
    assert_eq!(said(&[b"\x1b[2J\x07gone\r\n"]), "it closes without an SSH version; it says `[2Jgone`");
    assert_eq!(said(&[b"SSH-2.0-\x1b[2Jx\r\n"]), "its version line is not as SSH wants it: `SSH-2.0-[2Jx`");
    assert!(said(&[&[b"SSH-2.0-", &[b'x'; 300][..], b"\r\n"].concat()]).contains("not as SSH wants it"));
}
