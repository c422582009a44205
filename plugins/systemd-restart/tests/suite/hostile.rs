//! What others on the bus may send.

use watchkeep_plugin_systemd_restart::wire::message;

use super::bus::{self, OWNER, answer, ready, removed};
use super::{JOB, ran, said};

#[test]
fn lengths_that_lie_are_held_to_limits() {
    let fixed = |body: u32, fields: u32| {
        let mut bytes = vec![b'l', 2, 0, 1];
        bytes.extend(body.to_le_bytes());
        bytes.extend(1_u32.to_le_bytes());
        bytes.extend(fields.to_le_bytes());
        bytes.extend([0; 64]);
        bytes
    };
    for (body, fields) in [(u32::MAX, 0), (0, u32::MAX), (2 << 20, 0), (0, 65 << 10)] {
        assert!(message(&fixed(body, fields)).unwrap_err().contains("longer than is read"));
    }
    assert_eq!(message(&fixed(0, 1_000)).unwrap(), None);
    let told = said(&ran(ready().says(fixed(u32::MAX, 0))));
    assert!(told.contains("longer than is read; it may have acted"), "{told}");
}

#[test]
fn every_cut_and_every_changed_byte_ends_in_a_sentence_or_a_message() {
    let whole = removed(OWNER, JOB, "done");
    for cut in 0..whole.len() {
        assert_eq!(message(&whole[..cut]).unwrap_or(None), None);
    }
    for at in 0..whole.len() {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut changed = whole.clone();
            changed[at] = value;
            if let Ok(Some((message, count))) = message(&changed) {
                assert!(count <= changed.len());
                let _ = message.strings();
            }
        }
    }
}

#[test]
fn the_other_byte_order_is_read_too() {
    let mut bytes = vec![b'B', 3, 0, 1];
    bytes.extend(0_u32.to_be_bytes());
    bytes.extend(1_u32.to_be_bytes());
    bytes.extend(15_u32.to_be_bytes());
    bytes.extend([5, 1, b'u', 0, 0, 0, 0, 6, 4, 1, b's', 0]);
    bytes.extend([0, 0, 0, 0]);
    // The error's name is cut off: its length says none, and its end is the padding.
    let said = message(&bytes);
    assert!(said.is_err() || said.unwrap().is_some_and(|(message, _)| message.reply_to == Some(6)));
}

#[test]
fn signals_without_end_are_given_up_on() {
    let many: Vec<u8> = (0..2_000).flat_map(|_| removed(":1.66", JOB, "done")).collect();
    let told = said(&ran(ready().says(answer(6, &[JOB])).says(&many).says(&many).closes()));
    assert!(told.contains("closed the connection; systemd goes on"), "{told}");
    let mut dialogue = ready().says(answer(6, &[JOB]));
    for _ in 0..60 {
        dialogue = dialogue.says(many.repeat(2));
    }
    let told = said(&ran(dialogue));
    assert!(
        told.contains("and not what was waited for") || told.contains("not what was waited for"),
        "{told}"
    );
}

#[test]
fn fields_that_nobody_knows_are_passed_over_and_odd_ones_refused() {
    let known = bus::message(4, None, &[(2, "a.b"), (3, "C"), (7, OWNER)], &[]);
    assert_eq!(message(&known).unwrap().unwrap().0.member, "C");
    let mut odd = known;
    // The type of the first field.
    odd[18] = b'v';
    assert!(message(&odd).unwrap_err().contains("of another type"));
    odd[18] = b's';
    odd[0] = b'x';
    assert!(message(&odd).unwrap_err().contains("begins with the byte 120"));
}
