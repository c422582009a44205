//! What becomes of a container's state, health and memory.

use serde_json::json;
use watchkeep_sdk::State;

use crate::double::{Container, NOW, container, exited};
use crate::{Runs, keys, says};

#[test]
fn a_container_that_runs_is_ok_and_says_since_when() {
    says(container("web"), json!({}), State::Ok, "web is up for 59 min");
    let mut runs = Runs::of([container("web"), container("db")], json!({}));
    assert_eq!(runs.says(0), (State::Ok, "all 2 ok".to_owned()));
}

#[test]
fn health_is_judged_with_what_the_last_check_printed() {
    let with = |health| Container { health: Some(health), ..container("web") };
    says(with(("healthy", 0, "")), json!({}), State::Ok, "web is up for 59 min, healthy");
    says(
        with(("unhealthy", 4, "curl: (7) connection refused\n")),
        json!({}),
        State::Critical,
        "web is up for 59 min; unhealthy: 4 health checks failed in a row, the last with `curl: (7) connection refused`",
    );
    let starting = with(("starting", 0, ""));
    says(starting.clone(), json!({}), State::Ok, "web is up for 59 min, its health checks are starting");
    says(
        starting,
        json!({ "starting": "warning" }),
        State::Warning,
        "web is up for 59 min, its health checks are starting; it is not known to be healthy yet",
    );
    says(with(("none", 0, "")), json!({}), State::Ok, "web is up for 59 min");
}

#[test]
fn an_exit_is_judged_by_its_code_its_reason_and_what_is_wanted() {
    let said = "job exited with 0 2 h ago";
    says(exited("job", 0), json!({}), State::Ok, said);
    says(
        exited("job", 0),
        json!({ "finished": "warning" }),
        State::Warning,
        "job exited with 0 2 h ago; it has finished",
    );
    says(exited("job", 3), json!({}), State::Critical, "job exited with 3 2 h ago; it does not run");
    says(exited("job", 3), json!({ "exit_codes_ok": [0, 3] }), State::Ok, "job exited with 3 2 h ago");
    says(
        exited("job", 0),
        json!({ "expected": "job" }),
        State::Critical,
        "job exited with 0 2 h ago; it is expected to run",
    );
    says(
        Container { policy: "unless-stopped", ..exited("job", 0) },
        json!({}),
        State::Critical,
        "job exited with 0 2 h ago; it does not run, though its restart policy wants it to: somebody stopped it",
    );
    says(
        Container { out_of_memory: true, ..exited("job", 137) },
        json!({ "exit_codes_ok": 137 }),
        State::Critical,
        "job exited with 137 (killed by SIGKILL, out of memory) 2 h ago; it does not run",
    );
    says(
        Container { error: "no space left on device", ..exited("job", 128) },
        json!({}),
        State::Critical,
        "job exited with 128 2 h ago; it does not run: `no space left on device`",
    );
}

#[test]
fn the_other_states_are_told_apart() {
    let being = |state| Container { state, ..container("web") };
    says(being("paused"), json!({}), State::Warning, "web is paused; nothing in it runs");
    says(being("paused"), json!({ "paused": "ok" }), State::Ok, "web is paused");
    says(being("created"), json!({}), State::Warning, "web never ran; nobody started it");
    says(being("created"), json!({ "created": "ok" }), State::Ok, "web never ran");
    says(
        being("created"),
        json!({ "created": "ok", "expected": ["web"] }),
        State::Critical,
        "web never ran; it is expected to run",
    );
    let young = Container { created: NOW - 10, ..being("created") };
    says(young, json!({}), State::Ok, "web was just created");
    let refused = Container { error: "port is already allocated", exit_code: 128, ..being("created") };
    says(
        refused,
        json!({ "created": "ok" }),
        State::Critical,
        "web never ran; it could not be started: `port is already allocated`",
    );
    says(
        being("dead"),
        json!({}),
        State::Critical,
        "web does not run; it is dead: Docker could not remove all of it; hint: `docker rm --force web`",
    );
    says(being("removing"), json!({}), State::Ok, "web is being removed");
    says(
        being("hibernating"),
        json!({}),
        State::Unknown,
        "web; not judged: Docker says that it is `hibernating`, which this check does not know",
    );
}

#[test]
fn a_recent_start_and_a_process_killed_for_its_memory_are_warnings() {
    let limit = json!({ "started_within_warning": "2h" });
    says(container("web"), limit, State::Warning, "web is up for 59 min; it was started less than 2 h ago");
    says(container("web"), json!({ "started_within_warning": "30m" }), State::Ok, "web is up for 59 min");
    says(
        Container { out_of_memory: true, ..container("web") },
        json!({}),
        State::Warning,
        "web is up for 59 min; a process in it was killed, since it used more memory than it may",
    );
}

#[test]
fn memory_is_judged_without_the_cache_if_a_threshold_asks_for_it() {
    let web = || Container { memory: Some((900 << 20, 100 << 20, 1_000 << 20)), ..container("web") };
    says(web(), json!({ "memory_warning": 85 }), State::Ok, "web is up for 59 min");
    says(
        web(),
        json!({ "memory_warning": 75, "memory_critical": 90 }),
        State::Warning,
        "web is up for 59 min; uses 800 MiB of its 1000 MiB of memory, more than 75 %",
    );
    says(
        web(),
        json!({ "memory_critical": 79 }),
        State::Critical,
        "web is up for 59 min; uses 800 MiB of its 1000 MiB of memory, more than 79 %",
    );
    let mut runs = Runs::of([web(), exited("job", 0)], json!({ "memory_warning": 75 }));
    let ran = runs.at(0);
    let metrics: Vec<_> =
        ran.report().findings[0].metrics.iter().map(|it| (it.name.as_str(), it.value)).collect();
    assert_eq!(
        metrics,
        [
            ("docker_container_up", 1.0),
            ("docker_container_restarts", 0.0),
            ("docker_container_memory_used", 0.8)
        ]
    );
    assert_eq!(
        runs.asked().iter().filter(|path| path.contains("/stats")).count(),
        1,
        "only what runs has some"
    );
    // A machine that counts no memory by container.
    says(container("web"), json!({ "memory_warning": 1 }), State::Ok, "web is up for 59 min");
}

#[test]
fn what_is_expected_and_not_there_is_critical() {
    let mut runs = Runs::of([container("web")], json!({ "expected": ["web", "db"] }));
    let ran = runs.at(0);
    assert_eq!(
        (ran.report().state, ran.report().summary.as_str()),
        (State::Critical, "1 of 2 critical: db is not there: Docker has no container of this name")
    );
    assert_eq!(keys(&ran), ["db", "web"], "the worst comes first");
    let mut runs = Runs::of([container("web")], json!({ "expected": "web", "labels": "team=shop" }));
    let said = "web is not there: Docker has no container of this name with these labels";
    assert_eq!(runs.says(0), (State::Critical, said.to_owned()));
}

#[test]
fn containers_are_chosen_by_name_and_label() {
    let labelled = |name, labels: &[(&'static str, &'static str)]| Container {
        labels: labels.to_vec(),
        ..container(name)
    };
    let all = || {
        [
            labelled("web-1", &[("team", "shop"), ("com.docker.compose.project", "shop")]),
            labelled("web-2", &[("team", "blog")]),
            labelled("db", &[("team", "shop")]),
            container("ci-web-1"),
        ]
    };
    let chosen = |more| {
        let ran = Runs::of(all(), more).at(0);
        keys(&ran).iter().map(|key| (*key).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(chosen(json!({})), ["web-1", "web-2", "db", "ci-web-1"]);
    assert_eq!(chosen(json!({ "names": "web-?" })), ["web-1", "web-2"]);
    assert_eq!(chosen(json!({ "names": ["web-*", "db"], "exclude": "*-2" })), ["web-1", "db"]);
    assert_eq!(chosen(json!({ "labels": "team=shop" })), ["web-1", "db"]);
    assert_eq!(chosen(json!({ "labels": ["team", "team=blog"] })), ["web-2"]);
    let ran = Runs::of(all(), json!({ "names": "web-1" })).at(0);
    let labels: Vec<_> =
        ran.report().findings[0].labels.iter().map(|it| (it.name.as_str(), it.value.as_str())).collect();
    assert_eq!(labels, [("container", "web-1"), ("image", "shop:7"), ("compose_project", "shop")]);

    for (empty, state) in [("unknown", State::Unknown), ("critical", State::Critical), ("ok", State::Ok)] {
        let mut runs = Runs::of(all(), json!({ "names": "none", "empty": empty }));
        assert_eq!(runs.says(0), (state, "no containers".to_owned()));
    }
}
