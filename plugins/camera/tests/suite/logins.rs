//! Logins: asked for by the camera, and answered in the safest way that it offers.

use serde_json::json;
use watchkeep_plugin_camera::run;
use watchkeep_sdk::net::Encoding;
use watchkeep_sdk::testing::{Dialogue, Host};
use watchkeep_sdk::{Fault, State};

use crate::digests::{md5, sha256};
use crate::{CAMERA, H264, URL, answer, config, described, login};

const BASIC: &str = "WWW-Authenticate: Basic realm=\"cam\"\r\n";
const MD5: &str = "WWW-Authenticate: Digest realm=\"cam\", nonce=\"abc\"\r\n";
const SHA: &str = "WWW-Authenticate: Digest realm=\"cam\", nonce=\"xyz\", qop=\"auth,auth-int\", algorithm=SHA-256, opaque=\"o\\\"p\"\r\n";

fn host() -> Host {
    Host::new().revealed("password", "s3cret")
}

/// DESCRIBE is asked twice; what is written the second time is kept.
fn asked(challenges: &str) -> Dialogue {
    Dialogue::new()
        .hears_to("\r\n\r\n")
        .says(answer(1, "200 OK", ""))
        .hears_to("\r\n\r\n")
        .says(answer(2, "401 Unauthorized", challenges))
        .hears_to("\r\n\r\n")
        .says(answer(3, "404 Not Found", ""))
}

/// The value of `Authorization` in what was asked last.
fn authorization(challenges: &str) -> String {
    let ran = host().answer(CAMERA, asked(challenges)).check(run, &config(login(), json!({})));
    let last = String::from_utf8(ran.heard.last().unwrap().clone()).unwrap();
    let lines = last.lines().find_map(|line| line.strip_prefix("Authorization: "));
    lines.unwrap().to_owned()
}

fn part<'h>(header: &'h str, name: &str) -> &'h str {
    let at = header.find(&format!("{name}=\"")).unwrap() + name.len() + 2;
    header[at..].split('"').next().unwrap()
}

#[test]
fn a_digest_is_answered_with_the_old_and_with_the_new_algorithm() {
    let header = authorization(MD5);
    let who = md5("ada:cam:s3cret");
    let response = md5(&format!("{who}:abc:{}", md5(&format!("DESCRIBE:{URL}"))));
    assert_eq!(
        header,
        format!(
            "Digest username=\"ada\", realm=\"cam\", nonce=\"abc\", uri=\"{URL}\", response=\"{response}\""
        )
    );
    let header = authorization(SHA);
    let (who, what) = (sha256("ada:cam:s3cret"), sha256(format!("DESCRIBE:{URL}")));
    let own = part(&header, "cnonce");
    let response = sha256(format!("{who}:xyz:00000001:{own}:auth:{what}"));
    assert_eq!(part(&header, "response"), response);
    assert_eq!(own.len(), 16);
    assert!(
        header.contains(", algorithm=SHA-256, opaque=\"o\\\"p\", qop=auth, nc=00000001, cnonce="),
        "{header}"
    );
}

#[test]
fn the_safest_login_is_chosen_whatever_comes_first() {
    for challenges in [
        [BASIC, MD5, SHA].concat(),
        [SHA, MD5, BASIC].concat(),
        "WWW-Authenticate: Basic realm=\"a, Digest b\", Digest realm=\"cam\", nonce=\"xyz\", algorithm=SHA-256\r\n".to_owned(),
    ] {
        assert!(authorization(&challenges).contains("algorithm=SHA-256"), "{challenges}");
    }
    assert!(authorization(&[BASIC, MD5].concat()).starts_with("Digest "));
    let odd = "WWW-Authenticate: Digest realm=\"cam\", nonce=\"n\", algorithm=SHA-512-256\r\n";
    assert!(authorization(&[odd, MD5].concat()).contains("nonce=\"abc\""));
}

#[test]
fn a_basic_login_is_put_in_place_by_the_host_and_needs_no_reveal() {
    let begins = "Authorization: Basic ";
    let dialogue = Dialogue::new()
        .hears_to("\r\n\r\n")
        .says(answer(1, "401 Unauthorized", BASIC))
        .hears_to(begins)
        .hears_secret("password", "ada:", "", Encoding::Base64)
        .hears("\r\n\r\n")
        .says(answer(2, "200 OK", ""))
        // From here on it is not asked for any more.
        .hears_to(begins)
        .hears_secret("password", "ada:", "", Encoding::Base64)
        .hears("\r\n\r\n")
        .says(answer(3, "404 Not Found", ""));
    let host = Host::new().secret("password", "s3cret");
    let ran = host.answer(CAMERA, dialogue).check(run, &config(login(), json!({})));
    assert!(ran.report().summary.contains("DESCRIBE with 404"), "{}", ran.report().summary);
}

#[test]
fn a_digest_without_the_right_to_it_is_a_fault_that_says_what_to_grant() {
    let dialogue = Dialogue::new().says(answer(1, "401 Unauthorized", MD5)).heedless();
    let host = Host::new().secret("password", "s3cret");
    let ran = host.answer(CAMERA, dialogue).check(run, &config(login(), json!({})));
    assert!(
        matches!(ran.error(), Fault::Denied(message) if message.contains("password")),
        "{:?}",
        ran.error()
    );
}

#[test]
fn a_login_that_is_refused_or_not_known_is_critical() {
    for (first, second, said) in [
        (MD5, MD5, "it refuses the login of `ada` (401 Unauthorized); hint: check user and password"),
        ("", "", "it answers 401 and does not say how to log in"),
        ("WWW-Authenticate: Negotiate\r\n", "", "it requires a login by `negotiate`, which is not supported"),
        (
            "WWW-Authenticate: Digest realm=\"a\", nonce=\"b\", qop=\"auth-int\"\r\n",
            "",
            "a login by `digest`, which",
        ),
        ("WWW-Authenticate: Digest realm=\"a\"\r\n", "", "a login by `digest`, which is not supported"),
    ] {
        let dialogue = Dialogue::new()
            .says(answer(1, "401 Unauthorized", first))
            .says(answer(2, "401 Unauthorized", second))
            .heedless();
        let ran = host().answer(CAMERA, dialogue).check(run, &config(login(), json!({})));
        assert_eq!(ran.report().state, State::Critical);
        assert!(ran.report().summary.contains(said), "{}", ran.report().summary);
        assert!(!ran.report().summary.contains("s3cret"));
    }
}

#[test]
fn a_new_nonce_in_between_is_answered_anew() {
    let other = "WWW-Authenticate: Digest realm=\"cam\", nonce=\"new\", stale=true\r\n";
    let dialogue = Dialogue::new()
        .hears_to("\r\n\r\n")
        .says(answer(1, "401 Unauthorized", MD5))
        .hears_to("\r\n\r\n")
        .says(answer(2, "200 OK", ""))
        .hears_to("\r\n\r\n")
        .says(answer(3, "401 Unauthorized", other))
        .hears_to("\r\n\r\n")
        .says(described(4, "", H264))
        .hears_to("\r\n\r\n")
        .says(answer(5, "500 No", ""));
    let ran = host().answer(CAMERA, dialogue).check(run, &config(login(), json!({})));
    let nonces: Vec<_> =
        ran.heard[1..].iter().map(|asked| part(str::from_utf8(asked).unwrap(), "nonce").to_owned()).collect();
    assert_eq!(nonces, ["abc", "abc", "new", "new"]);
    assert!(ran.report().summary.contains("SETUP with 500 No"), "{}", ran.report().summary);
}
