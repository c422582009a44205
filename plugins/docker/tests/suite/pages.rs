//! More containers than fit into an answer, or than a run may ask about.

use serde_json::json;
use watchkeep_sdk::State;
use watchkeep_sdk::testing::{Answer, Host};

use crate::double::{Container, container, exited};
use crate::{Runs, config, keys};

fn many(count: usize) -> Vec<Container> {
    (0..count).map(|at| container(&format!("web-{at}"))).collect()
}

#[test]
fn ten_thousand_containers_are_listed_in_pages_and_judged() {
    let mut all = many(10_000);
    all[9_999] = exited("web-9999", 3);
    all[5_000] = Container { health: Some(("unhealthy", 3, "")), ..container("web-5000") };
    let mut runs = Runs::of(all, json!({ "expected": ["web-0", "gone"] }));
    let ran = runs.at(0);
    let report = ran.report();
    assert_eq!(report.state, State::Critical);
    assert_eq!(
        report.summary,
        "3 of 10001 critical: web-5000 is up; unhealthy; 9701 of 10001 containers are not shown"
    );
    assert_eq!(report.findings.len(), 300);
    assert_eq!(keys(&ran)[..4], ["web-5000", "web-9999", "gone", "web-0"]);
    assert_eq!(
        (report.value("docker_containers"), report.value("docker_containers_running")),
        (Some(10_000.0), Some(9_999.0))
    );
    let details = report.details.as_deref().unwrap();
    assert!(details.contains("9930 of 10000 containers were not inspected in this run"), "{details}");
    assert!(details.contains("9930 of them never were"), "{details}");
    assert!(details.contains("not shown, as the least bad of 10001 containers: 9701 ok"), "{details}");
    // The version, 20 full pages and an empty one, and 70 inspections.
    assert_eq!(runs.asked().len(), 1 + 21 + 70);
    assert!(runs.kept.as_ref().unwrap().len() <= 250_000);
}

#[test]
fn all_findings_of_a_thousand_fit_into_a_report() {
    let mut runs = Runs::of(many(1_500), json!({ "containers_max": 1000, "requests_max": 9000 }));
    let deadline = |minutes| {
        let host = Host::new()
            .deadline(std::time::Duration::from_secs(60))
            .clock(watchkeep_sdk::testing::NOW + minutes);
        host.served_by(runs.daemon.serve()).check(watchkeep_plugin_docker::run, &runs.config)
    };
    let ran = deadline(0);
    assert_eq!(ran.report().findings.len(), 1_000);
    let details = ran.report().details.as_deref().unwrap();
    assert!(details.contains("are without metrics, of which a report has at most 1000"), "{details}");
    runs.kept = ran.kv("containers").map(<[u8]>::to_vec);
    assert!(!details.contains("restarts of"), "{details}");
}

#[test]
fn containers_take_turns_and_changed_ones_come_first() {
    let mut runs = Runs::of(many(5), json!({ "requests_max": 2 }));
    let inspected = |runs: &mut Runs, minute| {
        runs.at(minute);
        let asked = runs.asked();
        let ids: Vec<_> = asked.iter().filter(|path| path.ends_with("/json")).cloned().collect();
        let name = |id: &String| {
            let all = runs.daemon.with(|daemon| daemon.containers.clone());
            all.into_iter().find(|it| id.contains(&it.id)).map(|it| it.name).unwrap()
        };
        ids.iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(inspected(&mut runs, 0), ["web-0", "web-1"]);
    assert_eq!(inspected(&mut runs, 1), ["web-2", "web-3"]);
    assert_eq!(inspected(&mut runs, 2), ["web-4", "web-0"]);
    runs.daemon.with(|daemon| daemon.of("web-3").state = "exited");
    assert_eq!(inspected(&mut runs, 3), ["web-3", "web-1"]);
    assert_eq!(inspected(&mut runs, 4), ["web-2", "web-0"]);
}

#[test]
fn between_its_turns_a_container_is_judged_by_the_list_and_what_was_seen() {
    let killed = Container { out_of_memory: true, ..exited("killed", 137) };
    let stopped = Container { policy: "always", ..exited("stopped", 0) };
    let sick = Container { health: Some(("unhealthy", 3, "")), ..container("sick") };
    let mut runs = Runs::of([killed, stopped, sick], json!({ "requests_max": 3, "exit_codes_ok": [0, 137] }));
    assert_eq!(runs.at(0).report().findings.iter().filter(|it| it.state == State::Critical).count(), 3);
    runs.config = config(json!({ "requests_max": 1, "exit_codes_ok": [0, 137] }));
    let ran = runs.at(1);
    let said: Vec<_> = ran.report().findings.iter().map(|it| it.summary.as_str()).collect();
    assert_eq!(
        said,
        [
            "killed exited with 137 (killed by SIGKILL, out of memory) 2 h 1 min ago; it does not run",
            "stopped exited with 0; it does not run, though its restart policy wants it to: somebody stopped it",
            "sick is up; unhealthy",
        ]
    );
}

#[test]
fn a_run_without_time_reports_what_it_has() {
    let slow = |mut serve: Box<dyn FnMut(&watchkeep_sdk::http::Sent) -> Answer>| {
        move |sent: &watchkeep_sdk::http::Sent| serve(sent).after(std::time::Duration::from_secs(3))
    };
    let runs = Runs::of(many(5), json!({}));
    let ran = Host::new()
        .served_by(slow(Box::new(runs.daemon.serve())))
        .check(watchkeep_plugin_docker::run, &runs.config);
    assert_eq!(ran.report().summary, "all 5 ok");
    let details = ran.report().details.as_deref().unwrap();
    assert!(details.starts_with("4 of 5 containers were not inspected"), "{details}");
}

#[test]
fn a_page_that_ends_with_a_container_that_is_removed_is_no_end() {
    let mut runs = Runs::of(many(700), json!({ "names": "none", "empty": "ok" }));
    runs.daemon.with(|daemon| daemon.vanishing.push("web-499".to_owned()));
    assert_eq!(runs.says(0).0, State::Ok);
    assert_eq!(runs.asked().len(), 1 + 2 + 2, "the list was begun anew");
}

#[test]
fn a_container_that_is_gone_before_its_inspection_is_no_finding_or_missing() {
    let vanishing = |more| {
        let runs = Runs::of([container("web"), container("db")], more);
        runs.daemon.with(|daemon| daemon.vanishing.push("web".to_owned()));
        runs
    };
    assert_eq!(vanishing(json!({})).says(0), (State::Ok, "db is up for 59 min".to_owned()));
    let said = "1 of 2 critical: web is not there: Docker has no container of this name";
    assert_eq!(vanishing(json!({ "expected": "web" })).says(0), (State::Critical, said.to_owned()));
}

#[test]
fn more_than_can_be_read_is_a_warning_and_nothing_is_called_missing() {
    let mut runs = Runs::of(many(12_600), json!({ "expected": "web-12599" }));
    let (state, said) = runs.says(0);
    assert_eq!(state, State::Warning);
    assert!(
        said.contains(
            "the daemon has more containers than the 12500 that are read; hint: choose some by `labels`"
        ),
        "{said}"
    );
    assert!(
        said.starts_with("1 of 12501 unknown: web-12599 is not among the containers that are read"),
        "{said}"
    );
}

#[test]
fn labels_that_are_too_long_for_a_page_make_pages_smaller() {
    let long: &'static str = Box::leak("x".repeat(100_000).into_boxed_str());
    let all = many(200).into_iter().map(|it| Container { labels: vec![("note", long)], ..it });
    let mut runs = Runs::of(all, json!({ "requests_max": 1 }));
    assert_eq!(runs.says(0), (State::Ok, "all 200 ok".to_owned()));
    let lists = runs.asked().iter().filter(|path| path.contains("limit=")).count();
    assert_eq!(lists, 1 + 1 + 7, "500 and 125 are too many, 31 are not");
}
