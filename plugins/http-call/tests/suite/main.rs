//! The action `http-call` against a scripted service.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

use serde_json::{Value, json};
use watchkeep_plugin_http_call::{MANIFEST, perform, plan};
use watchkeep_sdk::http::{FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Host, Ran, occasion, page};
use watchkeep_sdk::{Effect, Fault, Occasion};

const URL: &str = "https://deploy.example.com/services/{finding}/restart";
const ROUTE: &str = "POST https://deploy.example.com/services/web/restart";

fn of(finding: &str) -> Occasion {
    Occasion { finding: Some(finding.to_owned()), ..occasion("shop") }
}

fn config(more: &Value) -> String {
    let mut config = json!({ "url": URL });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config.to_string()
}

fn answered(more: &Value, answer: Answer) -> Ran<Effect, Fault> {
    Host::new().secret("token", "t").answer(ROUTE, answer).perform(perform, &config(more), of("web"))
}

fn said(ran: &Ran<Effect, Fault>) -> String {
    ran.error().message().to_owned()
}

#[test]
fn a_call_carries_the_key_of_its_decision_and_its_answer_is_told() {
    let ran = answered(&json!({}), Answer::status(202).body("restarted\n 3 pods"));
    assert!(ran.value().changed);
    assert_eq!(
        ran.value().summary,
        "POST https://deploy.example.com/services/web/restart was answered with 202"
    );
    assert_eq!(ran.value().details.as_deref(), Some("restarted 3 pods"));
    let header = |name: &str| {
        let sent = ran.sent[0].headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
        sent.map(|header| header.value.clone())
    };
    assert_eq!(header("idempotency-key").as_deref(), Some("o1"));
    assert_eq!(ran.sent[0].redirects_max, 0);
}

#[test]
fn the_same_occasion_is_called_for_once() {
    let first = answered(&json!({}), Answer::status(200));
    let kept = first.kv("done").unwrap().to_vec();
    let again = Host::new().kv("done", kept).perform(perform, &config(&json!({})), of("web"));
    assert!(!again.value().changed);
    assert!(again.value().summary.contains("was done before"), "{}", again.value().summary);
}

#[test]
fn a_second_attempt_without_a_key_does_not_act() {
    let second = Occasion { attempt: 2, ..of("web") };
    let ran = Host::new().perform(perform, &config(&json!({ "idempotency_header": "" })), second.clone());
    assert!(said(&ran).contains("an earlier attempt may have acted"));
    let ran = Host::new().answer(ROUTE, Answer::status(200)).perform(perform, &config(&json!({})), second);
    assert!(ran.value().changed);
}

#[test]
fn a_body_is_escaped_for_what_it_is() {
    let hostile = Occasion { summary: "no \"route\"\n</x>&a=b".to_owned(), ..of("web") };
    for (body, kind, wanted) in [
        (r#"{"why": "{summary}"}"#, None, r#"{"why": "no \"route\"\n</x>&a=b"}"#),
        ("<why>{summary}</why>", None, "<why>no &quot;route&quot;\n&lt;/x&gt;&amp;a=b</why>"),
        (
            "why={summary}",
            Some("application/x-www-form-urlencoded"),
            "why=no%20%22route%22%0A%3C%2Fx%3E%26a%3Db",
        ),
        ("{summary}", Some("text/plain"), "no \"route\"\n</x>&a=b"),
    ] {
        let mut more = json!({ "body": body });
        if let Some(kind) = kind {
            more["headers"] = json!({ "Content-Type": kind });
        }
        let ran =
            Host::new().answer(ROUTE, Answer::status(200)).perform(perform, &config(&more), hostile.clone());
        assert_eq!(String::from_utf8_lossy(&ran.sent[0].body), wanted);
    }
}

#[test]
fn what_a_finding_is_called_leads_nowhere_else() {
    let asked = |finding: &str, route: &str| {
        Host::new().answer(route, Answer::status(200)).perform(perform, &config(&json!({})), of(finding))
    };
    asked("a/b?c#d", "POST https://deploy.example.com/services/a%2Fb%3Fc%23d/restart").value();
    asked("@evil.example.com", "POST https://deploy.example.com/services/%40evil.example.com/restart")
        .value();
    for up in ["..", "."] {
        let ran = Host::new().perform(perform, &config(&json!({})), of(up));
        assert!(said(&ran).contains("would name another path"), "{}", said(&ran));
    }
    let ran = Host::new().perform(perform, &config(&json!({})), occasion("shop"));
    assert!(said(&ran).contains("`{finding}` is needed"), "{}", said(&ran));
}

#[test]
fn answers_are_told_apart() {
    let login = json!({ "bearer": { "secret": "token" } });
    for (more, answer, words) in [
        (json!({}), Answer::status(401), "the login is refused; nothing was done; hint: give `basic`"),
        (login.clone(), Answer::status(401), "hint: is the secret still valid?"),
        (
            login.clone(),
            Answer::status(401).header("www-authenticate", "Digest realm=x"),
            "hint: it asks for `digest`",
        ),
        (login, Answer::status(403), "not allowed to whom it logs in as; nothing was done"),
        (
            json!({}),
            Answer::status(404).body("no such pod"),
            "answers 404: `no such pod`: there is no such thing",
        ),
        (json!({}), Answer::status(405), "does not take POST"),
        (json!({}), Answer::status(409), "does not accept the request; nothing was done"),
        (json!({}), Answer::status(429), "takes no more requests now; nothing was done"),
        (
            json!({}),
            Answer::status(302).header("location", "/login"),
            "redirects to `/login`, which is not followed",
        ),
        (json!({}), Answer::status(503), "it failed, and may have acted"),
        (json!({ "expect_status": 204 }), Answer::status(200), "not in `expect_status`; it may have acted"),
        (
            json!({}),
            Answer::failure(FailureKind::TimedOut, Phase::Wait, ""),
            "timed out waiting for an answer from 192.0.2.1:443 after 10 ms; it may have acted",
        ),
        (
            json!({}),
            Answer::failure(FailureKind::Refused, Phase::Connect, ""),
            "connection refused by 192.0.2.1:443 after 10 ms; nothing was done; hint: does the service run",
        ),
        (json!({}), Answer::failure(FailureKind::Reset, Phase::Wait, ""), "it may have acted"),
        (json!({}), Answer::failure(FailureKind::Certificate, Phase::Tls, "expired"), "nothing was done"),
        (json!({}), Answer::denied("denied: https"), "denied: https"),
    ] {
        let said = said(&answered(&more, answer));
        assert!(said.contains(words), "`{words}` is not in: {said}");
    }
}

#[test]
fn a_hostile_answer_is_cut_and_harmless() {
    let ran = answered(&json!({}), Answer::status(500).body(format!("\u{1b}[2J{}", "x".repeat(100_000))));
    let said = said(&ran);
    assert!(said.len() < 1_000 && !said.contains('\u{1b}'), "{said}");
    let ran = answered(&json!({}), Answer::status(200).body("half").cut(FailureKind::Closed, "closed"));
    assert!(ran.value().changed);
}

#[test]
fn a_service_that_is_well_is_not_called() {
    let with = config(&json!({ "health_url": "https://shop.example.com/health" }));
    let health = "GET https://shop.example.com/health";
    let ran = Host::new().answer(health, Answer::status(204)).perform(perform, &with, of("web"));
    assert_eq!(
        (ran.value().changed, &*ran.value().summary),
        (false, "`health_url` answers 204: nothing was called")
    );
    let ran = Host::new()
        .answer(health, Answer::failure(FailureKind::Refused, Phase::Connect, ""))
        .answer(ROUTE, Answer::status(200))
        .perform(perform, &with, of("web"));
    assert!(ran.value().changed);
    let ran = Host::new().answer(health, Answer::status(503)).plan(plan, &with, of("web"));
    assert_eq!(ran.value()[0].title, "call the service (`health_url`: answers 503)");
    let ran = Host::new().answer(health, Answer::status(200)).plan(plan, &with, of("web"));
    assert!(ran.value().is_empty());
}

#[test]
fn a_dry_run_says_what_would_be_called() {
    let ran = Host::new().plan(plan, &config(&json!({})), of("web"));
    assert_eq!(ran.value()[0].target, "POST https://deploy.example.com/services/web/restart");
}

#[test]
fn a_config_that_could_not_be_called_is_refused() {
    let refuses = |config: &Value, said: &str| {
        Host::new().perform(perform, &config.to_string(), of("web")).refuses_config(said);
    };
    let with = |more: Value| {
        let mut config = json!({ "url": URL });
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        config
    };
    let token = json!({ "secret": "token" });
    refuses(&json!({}), "`url` is missing");
    refuses(&json!({ "url": "https://{label.host}/x" }), "cannot stand in the host");
    refuses(
        &json!({ "url": "https://x/{fnding}" }),
        "there is no placeholder `{fnding}`; hint: there are `{check}`",
    );
    refuses(
        &with(json!({ "body": "{\"a\": {finding}}" })),
        "is not JSON; hint: placeholders stand between quotes",
    );
    refuses(&with(json!({ "body": "x", "method": "GET" })), "has no body");
    refuses(
        &with(
            json!({ "headers": { "host": "x" }, "bearer": token, "basic": { "user": "u", "password": token } }),
        ),
        "are the same header",
    );
    refuses(&with(json!({ "headers": { "content-length": "1" } })), "is set by the host itself");
    refuses(&with(json!({ "idempotency_header": "a b" })), "is not a header name");
    refuses(&with(json!({ "bearer": token, "ignore_certificate": true })), "no secret travels");
    refuses(&json!({ "url": "http://x/y", "ignore_certificate": true }), "only `https://` uses TLS");
    refuses(&with(json!({ "timeout": "0s" })), "nothing is answered in no time");
}

#[test]
fn the_page_has_the_keys_of_the_schema() {
    page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
