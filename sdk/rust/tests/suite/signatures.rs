//! Signatures: a key in the host's form, and a test that says what is right.

use watchkeep_sdk::prelude::*;
use watchkeep_sdk::signatures::{self, Algorithm, VerifyError, rsa_key};
use watchkeep_sdk::testing::{Dialogue, Host};

#[test]
fn a_key_of_rsa_is_written_as_der_wants_it() {
    let small = |modulus: &[u8], exponent: &[u8]| rsa_key(modulus, exponent);
    assert_eq!(small(&[0x7f], &[3]), [0x30, 6, 2, 1, 0x7f, 2, 1, 3]);
    // A first bit would be a sign.
    assert_eq!(small(&[0x80], &[1, 0, 1]), [0x30, 9, 2, 2, 0, 0x80, 2, 3, 1, 0, 1]);
    // In as few bytes as it needs, and zero needs one.
    assert_eq!(small(&[0, 0, 5], &[0]), [0x30, 6, 2, 1, 5, 2, 1, 0]);
    assert_eq!(small(&[], &[3]), small(&[0], &[3]));
    // 127 bytes are told in one byte, 128 in two, 256 in three.
    for (bytes, front) in [
        (121, &[0x30, 0x7f, 2, 121][..]),
        (124, &[0x30, 0x81, 0x81, 2, 124]),
        (128, &[0x30, 0x81, 0x86, 2, 0x81, 0x80]),
        (256, &[0x30, 0x82, 1, 7, 2, 0x82, 1, 0]),
    ] {
        let exponent: &[u8] = if bytes == 121 { &[1, 1] } else { &[3] };
        let key = rsa_key(&vec![1; bytes], exponent);
        assert!(key.starts_with(front), "{bytes}: {:x?}", &key[..8]);
    }
}

#[derive(Config)]
struct Door {
    #[config(grants = "tcp")]
    address: String,
}

fn knock(config: Door, _: Run) -> Verdict {
    let mut door = net::target(&*config.address).connect()?;
    let nonce = random::bytes(8);
    door.write(&nonce)?;
    let signature = door.read_exactly(8)?;
    Ok(match signatures::verify(Algorithm::Ed25519, &[7; 32], &nonce, &signature) {
        Ok(()) => Report::ok("theirs"),
        Err(VerifyError::Wrong) => Report::critical("not theirs"),
        Err(VerifyError::Key(why)) => Report::critical(why),
    })
}

const CONFIG: &str = r#"{"address":"door.example.com:7"}"#;

fn answered(answer: impl Fn(&[u8]) -> Vec<u8> + 'static) -> Host {
    Host::new().answer("tcp door.example.com:7", Dialogue::new().says_by(answer).heedless())
}

/// Whoever says the message backwards has signed it.
fn backwards(_: Algorithm, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), VerifyError> {
    if key != [7; 32] {
        return Err(VerifyError::Key("another key".to_owned()));
    }
    if message.iter().rev().eq(signature) { Ok(()) } else { Err(VerifyError::Wrong) }
}

#[test]
fn a_peer_answers_what_it_was_asked_and_the_test_says_whether_that_is_right() {
    let right = |heard: &[u8]| heard.iter().rev().copied().collect();
    let ran = answered(right).verified_by(backwards).check(knock, CONFIG);
    assert_eq!(ran.report().summary, "theirs");
    let ran = answered(|heard| heard.to_vec()).verified_by(backwards).check(knock, CONFIG);
    assert_eq!(ran.report().summary, "not theirs");
}

#[test]
#[should_panic(expected = "hint: `.verified_by(...)` says which ones are right")]
fn nothing_is_right_by_itself() {
    answered(|heard| heard.to_vec()).check(knock, CONFIG);
}
