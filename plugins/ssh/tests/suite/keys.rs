//! Host keys as expected, and others.

use watchkeep_sdk::net::{FailureKind, Phase};
use watchkeep_sdk::testing::Answer;

use super::*;

fn shows(key: &[u8]) -> Dialogue {
    speaks(&[DEBIAN.as_bytes(), &usual(ALL_TYPES), &reply(key)])
}

fn bare(key: &[u8]) -> String {
    use sha2::Digest as _;
    format!("SHA256:{}", STANDARD.encode(sha2::Sha256::digest(key)).trim_end_matches('='))
}

/// Behind the cookie of a first message that asks for these keys.
fn asks_for(types: &str) -> Vec<u8> {
    let exchanges = "curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,\
        ecdh-sha2-nistp521,diffie-hellman-group14-sha256,\
        diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,diffie-hellman-group15-sha512,\
        diffie-hellman-group14-sha1,diffie-hellman-group1-sha1";
    let ciphers =
        "aes128-ctr,aes256-ctr,aes128-gcm@openssh.com,chacha20-poly1305@openssh.com,aes128-cbc,3des-cbc";
    let macs =
        "hmac-sha2-256,hmac-sha2-512,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha1";
    kexinit(exchanges, types, ciphers, macs).split_off(4 + 1 + 1 + 16)
}

#[test]
fn each_expected_type_is_asked_for_alone_on_a_connection_of_its_own() {
    let (first, second) = (github(), key("ssh-rsa", 3));
    let strict = |types: &str, key: &[u8]| {
        Dialogue::new()
            .hears(OWN)
            .says(DEBIAN)
            .hears_to(asks_for(types))
            .says(usual(ALL_TYPES))
            // A share of 32 bytes, the base point, and six of padding.
            .hears([0, 0, 0, 44, 6, 30, 0, 0, 0, 32, 9])
            .hears([0; 31 + 6])
            .says(reply(key))
    };
    let ran = check(
        json!({ "host_keys": [line(&first), line(&second)] }),
        [strict("ssh-ed25519", &first), strict("rsa-sha2-512,rsa-sha2-256,ssh-rsa", &second)],
    );
    assert_eq!((ran.report().state, ran.report().summary.as_str()), (State::Ok, GREETS));
    let details = ran.report().details.as_deref().unwrap();
    assert!(
        details.starts_with(&format!("host key ssh-ed25519 {GITHUB_PRINT}\nhost key ssh-rsa SHA256:")),
        "{details}"
    );
}

#[test]
fn a_key_is_expected_in_every_form_that_tools_print() {
    for written in [
        GITHUB_PRINT.to_owned(),
        format!("{GITHUB_PRINT}="),
        format!("ssh-ed25519 {GITHUB_PRINT}"),
        format!("256 {GITHUB_PRINT} shell.example.com (ED25519)"),
        format!("ssh-ed25519 {GITHUB}"),
        format!("ssh-ed25519 {GITHUB} somebody@example.com"),
        format!("[shell.example.com]:22 ssh-ed25519 {GITHUB}"),
    ] {
        says(json!({ "host_keys": written.clone() }), [shows(&github())], State::Ok, GREETS);
        let ran = check(
            json!({ "host_keys": written.clone() }),
            std::iter::repeat_with(|| shows(&key("ssh-ed25519", 1))).take(1).chain(
                // A fingerprint alone may be that of any key.
                if written.starts_with("SHA256") {
                    vec![shows(&key("ecdsa-sha2-nistp256", 2)), shows(&key("ssh-rsa", 3))]
                } else {
                    Vec::new()
                },
            ),
        );
        assert_eq!(ran.report().state, State::Critical, "{written}: {}", ran.report().summary);
        assert!(ran.report().summary.contains(GITHUB_PRINT), "{}", ran.report().summary);
    }
}

#[test]
fn another_key_is_told_with_both_fingerprints() {
    let says = check(json!({ "host_keys": line(&key("ssh-ed25519", 1)) }), [shows(&github())]);
    let said = &says.report().summary;
    let start = format!(
        "{GREETS}; another host key: the one of the type ssh-ed25519 is {GITHUB_PRINT}; expected SHA256:"
    );
    assert!(says.report().state == State::Critical && said.starts_with(&start), "{said}");
    assert_eq!(says.report().value("probe_success"), Some(0.0));
}

#[test]
fn of_two_keys_of_a_type_either_will_do_and_one_connection() {
    let both = json!({ "host_keys": [line(&key("ssh-ed25519", 1)), line(&github())] });
    says(both, [shows(&github())], State::Ok, GREETS);
}

#[test]
fn fingerprints_without_a_type_are_looked_for_among_all_keys_and_none_may_be_missing() {
    let rsa = key("ssh-rsa", 3);
    let servers = || [shows(&github()), shows(&key("ecdsa-sha2-nistp256", 2)), shows(&rsa)];
    says(json!({ "host_keys": [bare(&rsa), GITHUB_PRINT] }), servers(), State::Ok, GREETS);
    let ran = check(json!({ "host_keys": [bare(&key("ssh-rsa", 4)), GITHUB_PRINT.to_owned()] }), servers());
    let said = &ran.report().summary;
    let expected = format!(
        "{GREETS}; no host key is {}; it shows ssh-ed25519 {GITHUB_PRINT}, ",
        bare(&key("ssh-rsa", 4))
    );
    assert!(ran.report().state == State::Critical && said.starts_with(&expected), "{said}");
}

#[test]
fn a_server_without_the_type_that_is_tried_first_is_asked_anew() {
    let rsa = key("ssh-rsa", 3);
    let offer = usual("rsa-sha2-512");
    let first = Dialogue::new().hears(OWN).says(DEBIAN).hears_to(asks_for("ssh-ed25519")).says(&offer);
    let second = speaks(&[DEBIAN.as_bytes(), &offer, &reply(&rsa)]);
    says(json!({ "host_keys": bare(&rsa) }), [first, second], State::Ok, GREETS);
}

#[test]
fn a_type_that_is_not_offered_is_critical() {
    let server = speaks(&[DEBIAN.as_bytes(), &usual("ssh-ed25519")]);
    says(
        json!({ "host_keys": line(&key("ssh-rsa", 3)) }),
        [server],
        State::Critical,
        &format!("{GREETS}; it offers no host key of the type ssh-rsa, but ssh-ed25519"),
    );
}

#[test]
fn a_key_of_another_type_than_asked_for_is_none() {
    says(
        json!({ "host_keys": line(&github()) }),
        [shows(&key("ssh-rsa", 3))],
        State::Critical,
        &format!(
            "{GREETS}; it was asked for a host key of the type ssh-ed25519 and shows one of the type ssh-rsa"
        ),
    );
}

#[test]
fn a_key_that_cannot_be_seen_is_never_ok_and_hides_nothing() {
    let both =
        |more: &str| json!({ "host_keys": [line(&github()), line(&key("ssh-rsa", 3))], "banner": more });
    let host = |key: &[u8]| {
        let busy = Answer::failure(FailureKind::Refused, Phase::Connect, "").from("192.0.2.1", 22);
        Host::new().verified_by(|_, _, _, _| Ok(())).answer(SHELL, shows(key)).answer(SHELL, busy)
    };
    let ran = host(&github()).check(run, &config(both("SSH")));
    let Fault::Inconclusive(why) = ran.error() else { panic!("{:?}", ran.error()) };
    assert_eq!(
        why,
        "its host key of the type ssh-rsa is not known: connection refused by 192.0.2.1:22 after 10 ms"
    );
    let ran = host(&github()).check(run, &config(both("Dropbear")));
    assert_eq!(ran.report().state, State::Critical);
    assert!(
        ran.report().summary.contains("not judged: its host key of the type ssh-rsa"),
        "{}",
        ran.report().summary
    );
}

#[test]
fn servers_without_curves_are_asked_in_older_ways() {
    for (exchange, size) in
        [("ecdh-sha2-nistp256", 65), ("ecdh-sha2-nistp384", 97), ("ecdh-sha2-nistp521", 133)]
    {
        let offer = kexinit(exchange, "ssh-ed25519", "aes128-ctr", "hmac-sha2-256");
        let share = [&[4], &vec![7; size - 1][..]].concat();
        let server = Dialogue::new().says(DEBIAN).says(offer).says(reply_with(&github(), &share)).heedless();
        says(json!({ "host_keys": line(&github()) }), [server], State::Ok, GREETS);
    }
    for group in ["14-sha256", "15-sha512", "16-sha512", "18-sha512"] {
        let exchange = format!("diffie-hellman-group{group}");
        let offer = kexinit(&exchange, "ssh-ed25519", "aes128-ctr", "hmac-sha2-256");
        let server =
            Dialogue::new().says(DEBIAN).says(offer).says(reply_with(&github(), &[7; 200])).heedless();
        says(json!({ "host_keys": line(&github()) }), [server], State::Ok, GREETS);
    }
    let offer = kexinit("mlkem768x25519-sha256", "ssh-ed25519", "aes128-ctr", "hmac-sha2-256");
    says(
        json!({ "host_keys": line(&github()) }),
        [speaks(&[DEBIAN.as_bytes(), &offer])],
        State::Critical,
        &format!("{GREETS}; it has no key exchange that this check knows, but mlkem768x25519-sha256"),
    );
}
