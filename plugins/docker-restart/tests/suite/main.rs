//! The action `docker-restart` against a scripted daemon.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

use serde_json::{Value, json};
use watchkeep_plugin_docker_restart::{MANIFEST, perform, plan};
use watchkeep_sdk::http::{FailureKind, Phase};
use watchkeep_sdk::testing::{Answer, Host, NOW, Ran, occasion, page};
use watchkeep_sdk::wording::rfc3339;
use watchkeep_sdk::{Effect, Fault, Occasion};

const INSPECT: &str = "GET unix:docker:/v1.41/containers/web/json";
const RESTART: &str = "POST unix:docker:/v1.41/containers/web/restart?t=10";

fn of(finding: &str) -> Occasion {
    Occasion { finding: Some(finding.to_owned()), ..occasion("containers") }
}

fn config(more: &Value) -> String {
    let mut config = json!({ "socket": "docker", "api_version": "1.41", "names": ["web*", "db"] });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config.to_string()
}

/// The occasion's problem began five minutes ago.
fn container(status: &str, started_seconds_ago: u64, more: Value) -> Answer {
    let mut state = json!({
        "Status": status, "StartedAt": rfc3339(NOW - started_seconds_ago * 1_000),
        "FinishedAt": if status == "exited" { rfc3339(NOW - 60_000) } else { "0001-01-01T00:00:00Z".to_owned() },
        "ExitCode": if status == "exited" { 137 } else { 0 },
    });
    let mut document = json!({ "Name": "/web", "RestartCount": more["restarts"].as_u64().unwrap_or(0) });
    if let Some(health) = more.get("health") {
        state["Health"] = json!({ "Status": health });
    }
    document["State"] = state;
    Answer::status(200).body(document.to_string())
}

fn exited() -> Answer {
    container("exited", 7_200, json!({}))
}

fn started() -> Answer {
    container("running", 0, json!({}))
}

fn refusal(status: u16, message: &str) -> Answer {
    Answer::status(status).body(json!({ "message": message }).to_string())
}

fn said<T: std::fmt::Debug>(ran: &Ran<T, Fault>) -> String {
    ran.error().message().to_owned()
}

fn told(ran: &Ran<Effect, Fault>) -> (bool, &str) {
    (ran.value().changed, &ran.value().summary)
}

#[test]
fn the_container_of_the_finding_is_restarted() {
    let ran = Host::new()
        .answer(INSPECT, exited())
        .answer(RESTART, Answer::status(204))
        .answer(INSPECT, started())
        .perform(perform, &config(&json!({})), of("web"));
    assert_eq!(told(&ran), (true, "restarted `web`, which had exited 60.0 s ago with 137"));
}

#[test]
fn the_version_is_agreed_on_and_a_chosen_container_has_no_need_of_a_finding() {
    let config = json!({ "socket": "docker", "names": "web", "container": "web", "stop_timeout": "30s" });
    let ran = Host::new()
        .answer(
            "GET unix:docker:/version",
            Answer::status(200).body(r#"{"ApiVersion":"1.99","MinAPIVersion":"1.24"}"#),
        )
        .answer("GET unix:docker:/v1.44/containers/web/json", container("running", 7_200, json!({})))
        .answer("POST unix:docker:/v1.44/containers/web/restart?t=30", Answer::status(204))
        .answer("GET unix:docker:/v1.44/containers/web/json", exited())
        .perform(perform, &config.to_string(), occasion("shop"));
    assert_eq!(
        told(&ran),
        (true, "restarted `web`, which was running since 120 min; it exited 60.0 s ago with 137 again")
    );
}

#[test]
fn a_container_that_no_pattern_names_is_never_touched() {
    for (finding, words) in [
        ("cache", "the container `cache` matches none of `names`"),
        ("../web", "the finding `../web` is not a container's name"),
        ("web/../../exec", "is not a container's name"),
        ("web?x", "is not a container's name"),
        ("", "is not a container's name"),
    ] {
        let ran = Host::new().perform(perform, &config(&json!({})), of(finding));
        assert!(said(&ran).contains(words) && said(&ran).ends_with("nothing was done"), "{}", said(&ran));
    }
    let ran = Host::new().perform(perform, &config(&json!({})), occasion("shop"));
    assert!(said(&ran).contains("`shop` has no finding that names a container"));
}

#[test]
fn another_container_under_the_beginning_of_its_id_is_left_alone() {
    let other = Answer::status(200).body(r#"{"Name":"/bank","State":{"Status":"running"}}"#);
    let ran = Host::new().answer(INSPECT, other).perform(perform, &config(&json!({})), of("web"));
    assert!(said(&ran).contains("another container under `web`: `bank`; nothing was done"), "{}", said(&ran));
}

#[test]
fn one_that_was_started_since_needs_nothing_unless_something_speaks_against_it() {
    let young = |more: Value| container("running", 60, more);
    let ran = Host::new().answer(INSPECT, young(json!({}))).perform(perform, &config(&json!({})), of("web"));
    let (changed, summary) = told(&ran);
    assert!(!changed && summary.contains("`web`: it was started at 05:05 UTC, 4 min after"), "{summary}");
    for more in [json!({ "restarts": 2 }), json!({ "health": "unhealthy" })] {
        let ran = Host::new()
            .answer(INSPECT, young(more))
            .answer(RESTART, Answer::status(204))
            .answer(INSPECT, started())
            .perform(perform, &config(&json!({})), of("web"));
        assert!(ran.value().changed);
    }
}

#[test]
fn its_own_restart_is_no_reason_to_leave_it_alone_for_the_next_decision() {
    let first = Host::new()
        .answer(INSPECT, exited())
        .answer(RESTART, Answer::status(204))
        .answer(INSPECT, container("running", 60, json!({})))
        .perform(perform, &config(&json!({})), of("web"));
    let own = first.kv("started").unwrap().to_vec();
    let again = |occasion: Occasion| {
        Host::new()
            .kv("started", &own)
            .always(INSPECT, container("running", 60, json!({})))
            .answer(RESTART, Answer::status(204))
            .perform(perform, &config(&json!({})), occasion)
    };
    assert!(again(Occasion { id: "o2".to_owned(), ..of("web") }).value().changed);
    // After a crash in the middle of the same decision it was this very restart.
    let retried = Host::new().kv("started", &own).answer(INSPECT, container("running", 60, json!({})));
    let retried = retried.perform(perform, &config(&json!({})), Occasion { attempt: 2, ..of("web") });
    assert!(!retried.value().changed);
}

#[test]
fn containers_by_labels_are_restarted_together_or_not_at_all() {
    let list =
        "GET unix:docker:/v1.41/containers/json?all=true&filters=%7B%22label%22%3A%5B%22a%3Db%22%5D%7D";
    let listed = |names: &[&str]| {
        let all: Vec<Value> =
            names.iter().map(|name| json!({ "Names": [format!("/x/{name}"), format!("/{name}")] })).collect();
        Answer::status(200).body(Value::from(all).to_string())
    };
    let of_labels = config(&json!({ "labels": "a=b", "containers_max": 2 }));
    let named = |name: &str| {
        Answer::status(200)
            .body(json!({ "Name": format!("/{name}"), "State": { "Status": "created" } }).to_string())
    };
    let ran = Host::new()
        .answer(list, listed(&["web-2", "cache", "web-1"]))
        .answer("GET unix:docker:/v1.41/containers/web-1/json", named("web-1"))
        .answer("POST unix:docker:/v1.41/containers/web-1/restart?t=10", Answer::status(204))
        .answer("GET unix:docker:/v1.41/containers/web-1/json", named("web-1"))
        .answer("GET unix:docker:/v1.41/containers/web-2/json", named("web-2"))
        .answer("POST unix:docker:/v1.41/containers/web-2/restart?t=10", refusal(500, "cannot stop"))
        .perform(perform, &of_labels, occasion("shop"));
    let told = said(&ran);
    assert!(
        told.starts_with(
            "restarted `web-1`, which was created; it is created again; then it failed: Docker answers 500"
        ),
        "{told}"
    );
    let ran = Host::new().answer(list, listed(&["web-1", "web-2", "web-3"])).perform(
        perform,
        &of_labels,
        occasion("x"),
    );
    assert!(
        said(&ran).contains("3 containers have these labels, more than `containers_max`; nothing was done")
    );
    let ran = Host::new().answer(list, listed(&["cache"])).perform(perform, &of_labels, occasion("x"));
    assert!(said(&ran).contains("no container has these labels and a name in `names`, of 1 listed"));
}

#[test]
fn starting_leaves_alone_what_runs() {
    let start = "POST unix:docker:/v1.41/containers/web/start";
    let to_start = config(&json!({ "how": "start" }));
    let ran =
        Host::new().answer(INSPECT, exited()).answer(start, Answer::status(204)).answer(INSPECT, started());
    assert_eq!(
        told(&ran.perform(perform, &to_start, of("web"))),
        (true, "started `web`, which had exited 60.0 s ago with 137")
    );
    let ran = Host::new().answer(INSPECT, container("running", 7_200, json!({})));
    assert_eq!(told(&ran.perform(perform, &to_start, of("web"))), (false, "`web`: it runs already"));
    let ran = Host::new().answer(INSPECT, exited()).answer(start, Answer::status(304));
    assert_eq!(told(&ran.perform(perform, &to_start, of("web"))), (false, "`web` runs already"));
}

#[test]
fn refusals_are_told_apart() {
    for (answer, words) in [
        (
            refusal(404, "No such container: web"),
            "`No such container: web`; nothing was done; hint: it was removed",
        ),
        (
            refusal(403, "authorization denied by plugin"),
            "nothing was done; hint: a proxy in front of the API",
        ),
        (refusal(409, "removal in progress"), "something else is being done to it; nothing was done"),
        (
            refusal(500, "cannot kill"),
            "`cannot kill`; it may have acted, and the container may be stopped now",
        ),
        (
            Answer::failure(FailureKind::TimedOut, Phase::Wait, ""),
            "it may have acted, and the container may be stopped now; hint: raise `timeout`",
        ),
        (Answer::denied("denied: docker POST"), "denied: docker POST"),
    ] {
        let ran = Host::new().answer(INSPECT, exited()).answer(RESTART, answer);
        let told = said(&ran.perform(perform, &config(&json!({})), of("web")));
        assert!(told.contains(words), "`{words}` is not in: {told}");
    }
    for (answer, words) in [
        (refusal(404, "No such container: web"), "hint: it was removed, or renamed"),
        (refusal(400, "client version 1.41 is too old."), "hint: leave `api_version` out"),
        (
            Answer::failure(FailureKind::Refused, Phase::Connect, "socket `docker` is not there"),
            "socket `docker` is not there; nothing was done; hint: is Docker running",
        ),
        (Answer::status(200).body("<html>\u{1b}[2J"), r"and no JSON of its API: `<html>\u{1b}[2J`"),
        (Answer::status(200).body("[]"), "does not say in which state"),
        (Answer::status(200).body(vec![b'x'; 9 << 20]), "answers more than 8388608 bytes"),
    ] {
        let ran = Host::new().answer(INSPECT, answer);
        let told = said(&ran.perform(perform, &config(&json!({})), of("web")));
        assert!(told.contains(words) && told.len() < 1_000, "`{words}` is not in: {told}");
    }
}

#[test]
fn an_occasion_is_acted_on_once() {
    let first = Host::new()
        .answer(INSPECT, exited())
        .answer(RESTART, Answer::status(204))
        .answer(INSPECT, started())
        .perform(perform, &config(&json!({})), of("web"));
    let done = first.kv("done").unwrap().to_vec();
    let again = Host::new().kv("done", done).perform(perform, &config(&json!({})), of("web"));
    assert!(!again.value().changed);
}

#[test]
fn a_dry_run_says_which_container_in_which_state_and_only_looks() {
    let ran = Host::new().answer(INSPECT, exited()).plan(plan, &config(&json!({})), of("web"));
    let step = &ran.value()[0];
    assert_eq!(
        (&*step.title, &*step.target),
        ("restart the container, which exited 60.0 s ago with 137", "web")
    );
    let young = container("running", 60, json!({}));
    let ran = Host::new().answer(INSPECT, young).plan(plan, &config(&json!({})), of("web"));
    assert!(ran.value()[0].title.starts_with("leave the container alone: it was started at "));
    assert!(ran.sent.iter().all(|sent| sent.method == "GET"));
}

#[test]
fn a_config_names_one_daemon_and_some_containers() {
    let refuses = |config: Value, said: &str| {
        Host::new().perform(perform, &config.to_string(), of("web")).refuses_config(said);
    };
    let with = |more: Value| {
        let mut config = json!({ "socket": "docker", "names": "web" });
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        config
    };
    refuses(json!({ "names": "web" }), "no daemon is named");
    refuses(json!({ "socket": "docker" }), "`names` is missing");
    refuses(with(json!({ "names": [] })), "no container may be touched");
    refuses(with(json!({ "url": "http://x:2375" })), "are two ways");
    refuses(with(json!({ "container": "/web" })), "is not a container's name");
    refuses(with(json!({ "container": "db" })), "`db` is left out by `names`");
    refuses(with(json!({ "container": "web", "labels": "a" })), "`container` and `labels` are two ways");
    refuses(with(json!({ "labels": "=x" })), "names no label");
    refuses(with(json!({ "api_version": "v1" })), "is no version of the API");
    refuses(with(json!({ "ignore_certificate": true })), "only `https://` uses TLS");
    refuses(with(json!({ "timeout": "0s" })), "nothing is answered in no time");
}

#[test]
fn the_page_has_the_keys_of_the_schema() {
    page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
