//! Whether a server has the key that it shows.

use super::double::{Heard, Pair, agree, exchange_hash, server, verify};
use super::*;

fn tells(more: Value, server: Dialogue) -> Ran<Report, Fault> {
    Host::new().verified_by(verify).answer(SHELL, server).check(run, &config(more))
}

fn honest(exchange: &'static str, pair: Pair) -> (Value, Dialogue) {
    let (key, algorithm) = (pair.public(), pair.algorithm());
    let expected = json!({ "host_keys": line(&key) });
    (expected, server(exchange, key, algorithm, move |hash| pair.sign(hash)))
}

/// What is said of a server that signs so, with the key of `pair` shown.
#[track_caller]
fn refused(pair: &Pair, sign: impl Fn(&[u8]) -> Vec<u8> + 'static) -> String {
    let key = pair.public();
    let server = server("curve25519-sha256", key.clone(), pair.algorithm(), sign);
    let ran = tells(json!({ "host_keys": line(&key) }), server);
    let report = ran.report();
    assert_eq!(report.state, State::Critical, "{}", report.summary);
    assert!(report.details.as_deref().unwrap().contains(" (not proved)"), "{:?}", report.details);
    assert_eq!(report.value("probe_success"), Some(0.0));
    let front = format!("{GREETS}; it shows the host key ");
    let back = "; somebody is in between, or the server is broken";
    let said = report.summary.strip_prefix(&front).and_then(|said| said.strip_suffix(back));
    let (_, why) = said.unwrap_or_else(|| panic!("{}", report.summary)).split_once(": ").unwrap();
    why.to_owned()
}

const NOT_OF_KEY: &str = "its signature is not of this key";
const NONE: &str = "its signature, or the key, is not of this type";

fn pairs() -> [Pair; 6] {
    [
        Pair::ed25519(),
        Pair::p256(),
        Pair::p384(),
        Pair::p521(3),
        Pair::rsa("rsa-sha2-256"),
        Pair::rsa("rsa-sha2-512"),
    ]
}

#[test]
fn every_type_of_key_is_proved_over_every_exchange() {
    for exchange in [
        "curve25519-sha256",
        "curve25519-sha256@libssh.org",
        "ecdh-sha2-nistp256",
        "ecdh-sha2-nistp384",
        "ecdh-sha2-nistp521",
    ] {
        for pair in pairs() {
            let algorithm = pair.algorithm();
            let (expected, server) = honest(exchange, pair);
            let ran = tells(expected, server);
            let said = &ran.report().summary;
            assert_eq!((ran.report().state, &**said), (State::Ok, GREETS), "{exchange} {algorithm}");
            assert!(!ran.report().details.as_deref().unwrap().contains("not proved"));
        }
    }
}

#[test]
fn shares_and_signatures_that_begin_with_zeros_are_padded() {
    // Among this many, some begin with a zero, or with a bit that would be a sign.
    for _ in 0..300 {
        let (expected, server) = honest("ecdh-sha2-nistp256", Pair::p256());
        let ran = tells(expected, server);
        assert_eq!(ran.report().state, State::Ok, "{}", ran.report().summary);
    }
    // RFC 8332 lets the zeros of RSA's be left out; whoever makes them by hand finds none in a test.
    let pair = Pair::rsa("rsa-sha2-256");
    let short = |_: &[u8]| [string("rsa-sha2-256"), string([1])].concat();
    assert_eq!(refused(&pair, short), NOT_OF_KEY);
}

#[test]
fn a_wrong_signature_is_no_proof() {
    for pair in pairs() {
        let (key, algorithm) = (pair.public(), pair.algorithm());
        let flipped = move |hash: &[u8]| {
            let mut signature = pair.sign(hash);
            *signature.last_mut().unwrap() ^= 1;
            signature
        };
        let expected = json!({ "host_keys": line(&key) });
        let ran = tells(expected, server("curve25519-sha256", key, algorithm, flipped));
        assert_eq!(ran.report().state, State::Critical, "{algorithm}");
        assert!(ran.report().summary.contains(NOT_OF_KEY), "{algorithm}: {}", ran.report().summary);
    }
}

#[test]
fn somebody_in_between_who_shows_the_servers_key_and_signs_with_another_is_told() {
    for (shown, own) in [
        (Pair::ed25519(), Pair::ed25519()),
        (Pair::p256(), Pair::p256()),
        (Pair::p384(), Pair::p384()),
        (Pair::p521(3), Pair::p521(4)),
    ] {
        assert_eq!(refused(&shown, move |hash| own.sign(hash)), NOT_OF_KEY);
    }
    // Nor does one of another type help.
    let (shown, own) = (Pair::ed25519(), Pair::p256());
    assert_eq!(
        refused(&shown, move |hash| own.sign(hash)),
        "it agreed to sign as ssh-ed25519 and signs as `ecdsa-sha2-nistp256`"
    );
}

/// What is told of a server that signs with its own key, and takes the conversation for another one than it is.
fn mistaken(arrives: Vec<u8>, said: &[u8], heard: impl Fn(Heard) -> Heard + 'static) -> String {
    const WAY: &str = "curve25519-sha256";
    let pair = Pair::ed25519();
    let key = pair.public();
    let expected = json!({ "host_keys": line(&key) });
    let said = said[5..said.len() - usize::from(said[4])].to_vec();
    let replies = move |written: &[u8]| {
        let heard = heard(Heard::read(written));
        let (share, agreed) = agree(WAY, &heard.share);
        let hash = exchange_hash(WAY, &heard, &said, &key, &share, &agreed);
        packet(&[&[31], &*string(&key), &*string(share), &*string(pair.sign(&hash))].concat())
    };
    let server = Dialogue::new().says(DEBIAN).says(arrives).says_by(replies).heedless();
    let ran = tells(expected, server);
    assert_eq!(ran.report().state == State::Ok, ran.report().summary == GREETS);
    ran.report().summary.clone()
}

#[test]
fn what_the_server_has_signed_in_another_conversation_proves_nothing() {
    let offer = || kexinit("curve25519-sha256", "ssh-ed25519", "aes128-ctr", "hmac-sha2-256");
    assert_eq!(mistaken(offer(), &offer(), |heard| heard), GREETS);
    // All is as it was, but for the number that this side had drawn.
    let before = |mut heard: Heard| {
        heard.offer[1] ^= 1;
        heard
    };
    assert!(mistaken(offer(), &offer(), before).contains(NOT_OF_KEY));
    // Whoever strikes something from what the server offers has not signed what arrives.
    let longer = kexinit("curve25519-sha256", "ssh-ed25519", "aes256-ctr,aes128-ctr", "hmac-sha2-256");
    assert!(mistaken(offer(), &longer, |heard| heard).contains(NOT_OF_KEY));
}

#[test]
fn the_algorithm_is_the_one_that_was_agreed_on() {
    let rsa = || Pair::rsa("rsa-sha2-512");
    for signs in ["rsa-sha2-256", "ssh-rsa", "ssh-ed25519", "", "rsa-sha2-512\0", "\u{1b}[2J"] {
        let sign = move |hash: &[u8]| {
            let signed = rsa().sign(hash);
            [string(signs), signed[4 + "rsa-sha2-512".len()..].to_vec()].concat()
        };
        let shown: String = signs.chars().filter(|c| !c.is_control()).collect();
        assert_eq!(
            refused(&rsa(), sign),
            format!("it agreed to sign as rsa-sha2-512 and signs as `{shown}`")
        );
    }
}

#[test]
fn signatures_that_are_cut_off_or_go_on_are_none() {
    for make in [Pair::ed25519, Pair::p256] {
        let whole = make().sign(b"");
        for end in 0..whole.len() {
            let pair = make();
            let cut = move |hash: &[u8]| {
                let mut signature = pair.sign(hash);
                signature.truncate(end.min(signature.len() - 1));
                signature
            };
            let why = refused(&make(), cut);
            assert_eq!(why, "its signature cannot be read");
        }
        let pair = make();
        let why = refused(&make(), move |hash| [pair.sign(hash), vec![0]].concat());
        assert_eq!(why, "its signature cannot be read");
    }
    let with = |name: &'static str, bytes: Vec<u8>| move |_: &[u8]| [string(name), string(&bytes)].concat();
    for size in [0, 63, 65, 10_000] {
        assert_eq!(refused(&Pair::ed25519(), with("ssh-ed25519", vec![1; size])), NOT_OF_KEY, "{size}");
    }
    let numbers = |r: &[u8], s: &[u8]| with("ecdsa-sha2-nistp256", [string(r), string(s)].concat());
    for (r, s) in [
        // Negative, with zeros that are too many, too long, and none.
        (&[0x80; 32][..], &[1; 32][..]),
        (&[1; 32], &[0, 0x70]),
        (&[1; 33], &[1; 32]),
        (&[], &[1; 32]),
    ] {
        assert_eq!(refused(&Pair::p256(), numbers(r, s)), NONE, "{r:?}");
    }
    let more = with("ecdsa-sha2-nistp256", [string([1]), string([1]), string([1])].concat());
    assert_eq!(refused(&Pair::p256(), more), NONE);
    assert_eq!(refused(&Pair::rsa("rsa-sha2-512"), with("rsa-sha2-512", vec![1; 257])), NONE);
}

/// A server that shows such a key, which is expected, and signs with 64 bytes.
#[track_caller]
fn none_such(kind: &'static str, content: &[u8], signature: &[u8]) -> String {
    let key = [string(kind), content.to_vec()].concat();
    let signature = [string(kind), string(signature)].concat();
    let server = server("curve25519-sha256", key.clone(), kind, move |_| signature.clone());
    let ran = tells(json!({ "host_keys": line(&key) }), server);
    assert_eq!(ran.report().state, State::Critical, "{}", ran.report().summary);
    ran.report().summary.clone()
}

#[test]
fn keys_that_are_none_prove_nothing() {
    let numbers = [string([1; 32]), string([1; 32])].concat();
    let curve = |name: &str, point: &[u8]| [string(name), string(point)].concat();
    let point = [&[4][..], &[1; 64]].concat();
    let said = none_such("ecdsa-sha2-nistp256", &curve("nistp256", &point), &numbers);
    assert!(said.contains(NOT_OF_KEY), "a point that is not on the curve: {said}");
    for (name, point) in [
        ("nistp384", &point[..]),
        ("nistp256", &point[..64]),
        ("nistp256", &[&point[..], &[1]].concat()),
        ("nistp256", &[&[2][..], &[1; 32]].concat()),
        ("nistp256", &[&[5][..], &[1; 64]].concat()),
        ("nistp256", &[]),
    ] {
        let said = none_such("ecdsa-sha2-nistp256", &curve(name, point), &numbers);
        assert!(said.contains(NONE), "{name} {point:?}: {said}");
    }
    for size in [0, 31, 33] {
        let said = none_such("ssh-ed25519", &string(vec![1; size]), &[1; 64]);
        assert!(said.contains(NONE), "{said}");
    }
    let more = [string([1; 32]), string("")].concat();
    assert!(none_such("ssh-ed25519", &more, &[1; 64]).contains(NONE));
}

#[test]
fn shares_that_are_none_agree_on_nothing() {
    let none = "its share of the key exchange is not valid";
    for (exchange, share) in [
        ("curve25519-sha256", vec![1; 31]),
        ("curve25519-sha256", vec![1; 33]),
        ("ecdh-sha2-nistp256", vec![4; 64]),
        ("ecdh-sha2-nistp256", vec![2; 65]),
        ("ecdh-sha2-nistp384", vec![4; 65]),
        ("diffie-hellman-group14-sha256", Vec::new()),
        ("diffie-hellman-group14-sha256", vec![1]),
        ("diffie-hellman-group14-sha256", vec![0x80]),
        ("diffie-hellman-group14-sha256", vec![0, 2]),
        // Beyond the prime, and so far that nothing should be computed with it.
        ("diffie-hellman-group14-sha256", [&[0][..], &[0xff; 256]].concat()),
        ("diffie-hellman-group14-sha256", vec![1; 257]),
        ("diffie-hellman-group18-sha512", vec![1; 30_000]),
    ] {
        let offer = kexinit(exchange, "ssh-ed25519", "a", "b");
        let server = speaks(&[DEBIAN.as_bytes(), &offer, &reply_with(&github(), &share)]);
        let ran = check(json!({ "host_keys": line(&github()) }), [server]);
        assert_eq!(ran.report().state, State::Critical, "{exchange} {share:?}");
        assert!(ran.report().summary.contains(none), "{exchange}: {}", ran.report().summary);
    }
}

/// A server whose ways are too old to prove anything.
fn old(exchange: &str, algorithm: &str, key: &[u8]) -> Dialogue {
    let offer = kexinit(exchange, algorithm, "aes128-cbc", "hmac-sha1");
    let signature = [string(algorithm), string([1; 40])].concat();
    let reply = packet(&[&[31], &*string(key), &*string([5; 32]), &*string(signature)].concat());
    speaks(&[DEBIAN.as_bytes(), &offer, &reply])
}

#[test]
fn what_an_old_server_cannot_prove_counts_as_the_operator_says() {
    let rsa = key("ssh-rsa", 3);
    for (exchange, algorithm, key, why) in [
        ("curve25519-sha256", "ssh-rsa", &rsa, "it signs with SHA-1 alone"),
        ("diffie-hellman-group1-sha1", "ssh-rsa", &rsa, "it exchanges keys with SHA-1 alone"),
        ("diffie-hellman-group14-sha1", "ssh-ed25519", &github(), "it exchanges keys with SHA-1 alone"),
        ("curve25519-sha256", "ssh-dss", &key("ssh-dss", 1), "signatures of DSA are not verified"),
    ] {
        for (counts, state) in [
            (None, State::Critical),
            (Some("critical"), State::Critical),
            (Some("warning"), State::Warning),
            (Some("ok"), State::Ok),
        ] {
            let mut more = json!({ "host_keys": line(key) });
            if let Some(counts) = counts {
                more["unproved_keys"] = counts.into();
            }
            let ran = tells(more, old(exchange, algorithm, key));
            let said = &ran.report().summary;
            assert_eq!(ran.report().state, state, "{said}");
            assert_eq!(said.contains(why), state != State::Ok, "{said}");
            assert_eq!(said.contains("hint: `unproved_keys`"), state != State::Ok, "{said}");
            assert!(ran.report().details.as_deref().unwrap().contains(" (not proved)"));
        }
    }
    // Another key is another key, whatever its proof counts.
    let expected = json!({ "host_keys": line(&key("ssh-rsa", 4)), "unproved_keys": "ok" });
    let ran = tells(expected, old("curve25519-sha256", "ssh-rsa", &rsa));
    assert!(ran.report().summary.contains("another host key"), "{}", ran.report().summary);
    // And a wrong signature is a wrong one.
    let pair = Pair::ed25519();
    let expected = json!({ "host_keys": line(&pair.public()), "unproved_keys": "ok" });
    let server = server("curve25519-sha256", pair.public(), "ssh-ed25519", |_| {
        [string("ssh-ed25519"), string([1; 64])].concat()
    });
    assert_eq!(tells(expected, server).report().state, State::Critical);
}

#[test]
fn a_key_of_a_size_that_is_not_verified_is_not_proved() {
    use watchkeep_sdk::signatures::VerifyError;
    let rsa = key("ssh-rsa", 3);
    let offer = kexinit("curve25519-sha256", "rsa-sha2-512", "a", "b");
    let ran = Host::new()
        .verified_by(|_, _, _, _| Err(VerifyError::Key("a key of RSA has 1024 to 8192 bits".to_owned())))
        .answer(SHELL, speaks(&[DEBIAN.as_bytes(), &offer, &reply(&rsa)]))
        .check(run, &config(json!({ "host_keys": line(&rsa), "unproved_keys": "warning" })));
    assert_eq!(ran.report().state, State::Warning);
    assert!(ran.report().summary.contains("is not proved to be its own: a key of RSA has 1024 to 8192 bits"));
}

#[test]
fn a_server_that_offers_something_else_the_second_time_is_told() {
    let (first, second) = (github(), key("ssh-rsa", 3));
    let servers = [
        speaks(&[DEBIAN.as_bytes(), &usual(ALL_TYPES), &reply(&first)]),
        speaks(&[DEBIAN.as_bytes(), &usual("ssh-ed25519"), &reply(&second)]),
    ];
    let ran = check(json!({ "host_keys": [line(&first), line(&second)] }), servers);
    let said = "on another connection it offers no host key of the type ssh-rsa any more, but ssh-ed25519";
    assert!(ran.report().summary.contains(said), "{}", ran.report().summary);
}
