//! A daemon that cannot be asked judges nothing, and the fault says what to do.

use serde_json::{Value, json};
use watchkeep_plugin_docker::run;
use watchkeep_sdk::Fault;
use watchkeep_sdk::http::{FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Host, Ran};

use crate::double::container;
use crate::{Runs, config};

const VERSION: &str = "GET unix:docker:/version";

fn said<T: std::fmt::Debug>(ran: &Ran<T, Fault>) -> String {
    match ran.error() {
        Fault::Inconclusive(said) => format!("inconclusive: {said}"),
        Fault::Config(said) => format!("config: {said}"),
        Fault::Denied(said) => format!("denied: {said}"),
        Fault::Other(said) => format!("other: {said}"),
    }
}

#[track_caller]
fn faults(answer: Answer, expected: &str) {
    let ran = Host::new().answer(VERSION, answer).check(run, &config(json!({})));
    assert_eq!(said(&ran), expected);
}

#[test]
fn a_socket_that_leads_nowhere_is_told_with_the_way_to_mend_it() {
    let failure = |kind, phase, message| Answer::failure(kind, phase, message);
    faults(
        failure(
            FailureKind::Refused,
            Phase::Connect,
            "socket `docker` is not there: no file `/run/docker.sock`",
        ),
        "inconclusive: Docker could not be asked: socket `docker` is not there: no file `/run/docker.sock`; hint: is Docker \
         running, and listening there?",
    );
    faults(
        failure(
            FailureKind::Denied,
            Phase::Connect,
            "socket `docker`, since the host itself may not open it",
        ),
        "denied: socket `docker`, since the host itself may not open it",
    );
    faults(
        failure(FailureKind::TimedOut, Phase::Wait, ""),
        "inconclusive: Docker could not be asked: timed out waiting for an answer from 192.0.2.1:443 after 10 ms; hint: does \
         `docker ps` answer on that machine?",
    );
    faults(
        failure(FailureKind::Limit, Phase::Policy, "more than 100 HTTP requests in one call"),
        "denied: more than 100 HTTP requests in one call",
    );
}

#[test]
fn refusals_of_the_api_are_told_apart() {
    let message =
        |status, message: &str| Answer::status(status).body(json!({ "message": message }).to_string());
    for (answer, words) in [
        (message(401, "unauthorized"), vec!["config: ", "401", "asks for a login"]),
        (
            Answer::status(403).body("<html>Forbidden</html>"),
            vec!["config: ", "403", "<html>", "a proxy in front"],
        ),
        (
            message(404, "page not found"),
            vec!["config: Docker answers 404 to `GET /version`: `page not found`; hint: is it"],
        ),
        (message(500, "disk is full"), vec!["inconclusive: Docker answers 500: `disk is full`"]),
        (message(503, ""), vec!["inconclusive: Docker answers 503"]),
        (
            Answer::status(400).body("Client sent an HTTP request to an HTTPS server.\n"),
            vec!["config: ", "hint: write `https://` in `url`"],
        ),
        (
            Answer::status(302).header("location", "https://x/"),
            vec!["config: ", "302", "hint: write the `url`"],
        ),
        (Answer::status(418), vec!["inconclusive: Docker answers 418 to `GET /version`"]),
        (
            Answer::status(200).body("<html>hello</html>"),
            vec!["inconclusive: ", "no JSON of its API: `<html>hello</html>`"],
        ),
        (Answer::status(200).body("{}"), vec!["inconclusive: Docker names no `ApiVersion`"]),
        (
            Answer::status(200).body("x".repeat(9 << 20)),
            vec!["inconclusive: Docker answers more than 8388608 bytes"],
        ),
        (
            Answer::status(200).body(r#"{"ApiVersion":"1.22","MinAPIVersion":"1.12"}"#),
            vec![
                "config: this Docker speaks version 1.22 of the API, and 1.24 is needed (Docker 1.12); hint: update Docker",
            ],
        ),
    ] {
        let ran = Host::new().answer(VERSION, answer).check(run, &config(json!({})));
        let said = said(&ran);
        assert!(words.iter().all(|word| said.contains(word)), "{said}\n{words:?}");
    }
}

#[test]
fn both_sides_agree_on_a_version() {
    let agreed = |newest, oldest| {
        let mut runs = Runs::of([container("web")], json!({}));
        runs.daemon.with(|daemon| (daemon.newest, daemon.oldest) = (newest, oldest));
        assert_eq!(runs.says(0).1, "web is up for 59 min");
        runs.asked()[1].split('/').nth(1).unwrap().to_owned()
    };
    assert_eq!(agreed((1, 41), (1, 12)), "v1.41");
    assert_eq!(agreed((1, 51), (1, 24)), "v1.44");
    assert_eq!(agreed((1, 60), (1, 52)), "v1.52");
    assert_eq!(agreed((2, 0), (1, 44)), "v1.44");
}

#[test]
fn a_version_that_the_operator_chose_is_used_without_asking() {
    let mut runs = Runs::of([container("web")], json!({ "api_version": "1.41" }));
    assert_eq!(runs.says(0).1, "web is up for 59 min");
    assert!(runs.asked().iter().all(|path| path.starts_with("/v1.41/containers/")));
    let mut runs = Runs::of([container("web")], json!({ "api_version": "1.99" }));
    assert_eq!(
        said(&runs.at(0)),
        "config: Docker answers 400 to `GET /v1.99/containers/json`: `client version 1.99 is too new. Maximum supported API \
         version is 1.41`; hint: leave `api_version` out"
    );
}

#[test]
fn a_container_that_cannot_be_inspected_is_unknown_unless_it_is_certainly_bad() {
    let mut runs = Runs::of([container("web"), container("db")], json!({}));
    runs.daemon.with(|daemon| daemon.stuck.push("db".to_owned()));
    let said = "1 of 2 unknown: db is up; not judged: it could not be inspected: Docker answers 500: `open \
                /var/lib/docker/containers: input/output error`";
    assert_eq!(runs.says(0), (watchkeep_sdk::State::Unknown, said.to_owned()));
    runs.daemon.with(|daemon| daemon.of("db").state = "dead");
    assert_eq!(runs.says(1).0, watchkeep_sdk::State::Critical);
}

#[test]
fn over_tcp_the_peer_and_its_certificate_are_the_operators() {
    let asked = |more: Value, answer: Answer| {
        let mut config = json!({ "url": "https://docker.example.com:2376/" });
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Host::new()
            .secret("client", "pem")
            .answer("GET https://docker.example.com:2376/version", answer)
            .check(run, &config.to_string())
    };
    let ran = asked(json!({}), Answer::failure(FailureKind::Tls, Phase::Tls, "certificate required"));
    assert_eq!(
        said(&ran),
        "inconclusive: Docker could not be asked: TLS handshake failed with 192.0.2.1:443 after 10 ms: certificate required; \
         hint: a daemon with `--tlsverify` demands a `client_certificate`"
    );
    let ran = asked(
        json!({ "client_certificate": { "secret": "client" } }),
        Answer::failure(FailureKind::Tls, Phase::Tls, "the server does not take the client certificate"),
    );
    assert!(said(&ran).ends_with(
        "; hint: is the `client_certificate` one of the authority in the daemon's `--tlscacert`?"
    ));
    let ran = asked(
        json!({ "client_certificate": { "secret": "client" } }),
        Answer::failure(FailureKind::Certificate, Phase::Tls, "unknown issuer"),
    );
    assert_eq!(
        said(&ran),
        "inconclusive: Docker could not be asked: untrusted certificate from 192.0.2.1:443 after 10 ms: unknown issuer"
    );
    let tls = ran.sent[0].tls.as_ref().unwrap();
    assert_eq!(tls.client_certificate.as_deref(), Some("client"));
    let ran = asked(json!({}), Answer::failure(FailureKind::Refused, Phase::Connect, ""));
    assert!(said(&ran).contains("connection refused by 192.0.2.1:443 after 10 ms; hint: is Docker running"));
}
