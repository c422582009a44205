//! That Detectify cannot be asked says nothing of the application.

use serde_json::json;
use watchkeep_plugin_detectify::run;
use watchkeep_sdk::Fault;
use watchkeep_sdk::http::{FailureKind, Phase};
use watchkeep_sdk::testing::Answer;

use super::double::{Detectify, Mood, profile};
use super::{check, config, host, served};

#[test]
fn refusals_and_outages_judge_nothing_and_name_the_fix() {
    for (mood, said) in [
        (
            Mood::Says(401),
            "config Detectify does not know the key, or its signature is wrong (401): `as the test wants it`",
        ),
        (Mood::Says(403), "config the key may not do `/v2/profiles/` (403)"),
        (Mood::Says(404), "config Detectify has no `/v2/profiles/` (404); hint: `url` ends in `/rest`"),
        (Mood::Says(400), "other Detectify refuses `/v2/profiles/` with 400"),
        (Mood::Says(500), "inconclusive Detectify answers 500"),
        (Mood::Says(504), "inconclusive Detectify answers 504"),
        (Mood::Limits, "inconclusive Detectify takes no more requests for 30 s (429)"),
        (Mood::Page, "inconclusive Detectify answers 200 and no JSON of its API: `<html>Sign in</html>`"),
    ] {
        let mut double = Detectify::new();
        double.mood = mood;
        let ran = check(&served(double), json!({}));
        let found = match ran.error() {
            Fault::Config(said) => format!("config {said}"),
            Fault::Inconclusive(said) => format!("inconclusive {said}"),
            Fault::Other(said) => format!("other {said}"),
            Fault::Denied(said) => format!("denied {said}"),
        };
        assert!(found.starts_with(said), "{mood:?}: {found}");
    }
}

#[test]
fn a_connection_that_fails_is_told_and_a_right_that_is_missing_is_a_denial() {
    let route = "GET https://api.detectify.com/rest/v2/profiles/";
    let failed = |answer: Answer| host().answer(route, answer).check(run, &config(json!({})));
    let ran = failed(Answer::failure(FailureKind::TimedOut, Phase::Wait, ""));
    assert!(
        matches!(ran.error(), Fault::Inconclusive(said) if said.starts_with("Detectify could not be asked: timed out"))
    );
    assert!(matches!(failed(Answer::denied("denied: http")).error(), Fault::Denied(_)));
    let moved = Answer::status(301).header("location", "https://detectify.com/");
    assert!(
        matches!(failed(moved).error(), Fault::Config(said) if said.contains("sends to `https://detectify.com/`"))
    );
}

#[test]
fn a_profile_that_the_key_does_not_see_is_told_with_those_that_it_sees() {
    let mut double = Detectify::new();
    double.profiles = vec![profile("aaaa", "Other", "other.example.com")];
    let ran = check(&served(double), json!({}));
    let Fault::Config(said) = ran.error() else { panic!("{:?}", ran.error()) };
    assert_eq!(
        said,
        "Detectify knows no profile `5605b488634efe810dff4276e28ca7f9` of this key; hint: the key sees `aaaa` (Other)"
    );
    let mut double = Detectify::new();
    double.profiles = vec![];
    let ran = check(&served(double), json!({}));
    assert!(matches!(ran.error(), Fault::Config(said) if said.ends_with("the key sees no profiles at all")));
}

#[test]
fn requests_are_signed_where_the_key_has_a_secret_key() {
    let mut double = Detectify::new().signed();
    double.ended(&super::days(-40), &super::days(-40), vec![super::double::finding("a", "t", 5.0)]);
    let service = served(double);
    let signed = json!({ "secret_key": { "secret": "secret-key" }, "scan_every": "30d" });
    let ran = check(&service, signed);
    // Profiles, the scan, its start, the report and a page of vulnerabilities, whose query is not signed.
    assert_eq!((ran.report().findings.len(), ran.sent.len()), (1, 5));
    assert_eq!(service.with(|it| it.started), 1);
    let unsigned = check(&service, json!({}));
    assert!(
        matches!(unsigned.error(), Fault::Config(said) if said.contains("(401): `Missing signature`; hint: where the key has a secret key"))
    );
}
