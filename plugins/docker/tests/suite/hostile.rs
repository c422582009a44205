//! Answers that Docker does not give.

use serde_json::{Value, json};
use watchkeep_plugin_docker::{exit_code_in, health_in, run};
use watchkeep_sdk::http::Sent;
use watchkeep_sdk::testing::{Answer, Host, Ran};
use watchkeep_sdk::{Fault, Report, State};

use crate::{config, keys};

/// A list, and the same answer to every inspection.
fn answering(list: impl Into<Vec<u8>>, inspection: &Value) -> Ran<Report, Fault> {
    let (list, inspection) = (list.into(), inspection.to_string());
    let serve = move |sent: &Sent| match sent.url.contains("limit=") {
        true => Answer::status(200).body(list.clone()),
        false => Answer::status(200).body(inspection.clone()),
    };
    Host::new().served_by(serve).check(run, &config(json!({ "api_version": "1.41", "memory_warning": 50 })))
}

fn id(at: usize) -> String {
    format!("{at:064x}")
}

#[test]
fn what_is_no_list_is_a_fault() {
    for body in [
        "",
        "null",
        "{}",
        "3",
        r#"["web"]"#,
        r#"[{"Names":["/web"]}]"#,
        r#"[{"Id":"../../../images"}]"#,
        r#"[{"Id":"0123456789ab/exec"}]"#,
        r#"[{"Id":"abc"}]"#,
        "\u{1b}[2J",
        &"[".repeat(100_000),
    ] {
        let ran = answering(body, &json!({}));
        let Fault::Inconclusive(said) = ran.error() else { panic!("{:?}", ran.error()) };
        assert!(said.len() < 1_000 && !said.chars().any(char::is_control), "{said}");
    }
}

#[test]
fn members_of_other_types_are_as_if_they_were_not_there() {
    for odd in
        [json!(null), json!(3), json!(-1.5), json!("text"), json!([null, 3, [], {}]), json!({ "a": [] })]
    {
        let item = json!({ "Id": id(1), "Names": odd, "Image": odd, "State": odd, "Status": odd, "Labels": odd, "Created": odd,
            "Health": odd });
        let state = json!({ "Status": odd, "ExitCode": odd, "OOMKilled": odd, "Error": odd, "StartedAt": odd, "FinishedAt": odd,
            "Health": odd });
        let health = json!({ "Status": odd, "FailingStreak": odd, "Log": odd });
        for inspection in [
            json!({ "State": odd, "RestartCount": odd, "HostConfig": odd, "memory_stats": odd }),
            json!({ "State": state, "RestartCount": odd, "HostConfig": { "RestartPolicy": odd } }),
            json!({ "State": { "Status": "running", "Health": health },
                    "memory_stats": { "usage": odd, "limit": odd, "stats": odd } }),
            odd.clone(),
        ] {
            let ran = answering(json!([item]).to_string(), &inspection);
            assert_eq!(ran.report().findings.len(), 1);
            assert!(!ran.report().summary.is_empty());
        }
    }
}

#[test]
fn a_list_that_never_ends_and_repeats_itself_is_read_to_a_bound() {
    let page: Vec<Value> = (0..500)
        .map(|at| json!({ "Id": id(at), "Names": [format!("/w{at}")], "State": "running" }))
        .collect();
    let ran = answering(Value::from(page).to_string(), &json!({ "State": { "Status": "running" } }));
    assert_eq!(ran.sent.iter().filter(|sent| sent.url.contains("limit=")).count(), 2);
    assert!(ran.report().findings.len() <= 300);
    assert_eq!(ran.report().state, State::Ok);
}

#[test]
fn a_page_with_more_than_was_asked_for_is_the_whole_list() {
    let all: Vec<Value> = (0..20_000)
        .map(|at| json!({ "Id": id(at), "Names": [format!("/w{at}")], "State": "exited" }))
        .collect();
    let ran = answering(Value::from(all).to_string(), &json!({}));
    assert_eq!(ran.report().value("docker_containers"), Some(20_000.0));
    assert_eq!(ran.report().findings.len(), 300);
}

#[test]
fn containers_of_one_name_are_still_two() {
    let twice = json!([
        { "Id": id(1), "Names": ["/web"], "State": "running" },
        { "Id": id(2), "Names": ["/web"], "State": "running" },
        { "Id": id(2), "Names": ["/web"], "State": "running" },
        { "Id": id(3), "Names": ["/other/alias", "/own"], "State": "running" },
        { "Id": id(4), "Names": [], "State": "running" },
    ]);
    let ran = answering(twice.to_string(), &json!({ "State": { "Status": "running" } }));
    assert_eq!(
        keys(&ran),
        ["web".to_owned(), format!("web ({})", id(2)), "own".to_owned(), "000000000000".to_owned()]
    );
}

#[test]
fn texts_of_a_container_are_cut_to_size_and_drive_no_terminal() {
    let long = "é\n\u{1b}[2J".repeat(20_000);
    let list = json!([{ "Id": id(1), "Names": [format!("/{long}")], "Image": long, "State": long, "Status": long,
        "Labels": { "com.docker.compose.project": long } }]);
    let health = json!({ "Status": "unhealthy", "FailingStreak": u64::MAX, "Log": [{ "Output": long }] });
    for state in [
        json!({ "Status": "running", "Health": health }),
        json!({ "Status": "running", "Health": { "Status": long } }),
        json!({ "Status": "exited", "ExitCode": 1, "Error": long }),
        json!({ "Status": long }),
    ] {
        let ran = answering(list.to_string(), &json!({ "State": state, "RestartCount": u64::MAX }));
        let report = ran.report();
        for said in [&report.summary, &report.findings[0].summary, &report.findings[0].key] {
            assert!(said.len() <= 1_024 && !said.chars().any(char::is_control), "{said}");
        }
        let kept = String::from_utf8(ran.kv("containers").unwrap().to_vec()).unwrap();
        assert!(kept.lines().count() == 1 && kept.len() < 200, "{kept}");
    }
}

#[test]
fn texts_for_people_are_read_where_nothing_else_is_there() {
    for (text, code) in [
        ("Exited (137) 2 hours ago", Some(137)),
        ("Restarting (1) 5 seconds ago", Some(1)),
        ("Exited (0)", Some(0)),
        ("Exited (-1) 2 hours ago", None),
        ("Exited () now", None),
        ("Exited (99999999999) now", None),
        ("Exited (12", None),
        ("Up 3 minutes", None),
        ("", None),
    ] {
        assert_eq!(exit_code_in(text), code, "{text}");
    }
    for (text, health) in [
        ("Up 3 minutes (healthy)", Some("healthy")),
        ("Up 3 minutes (unhealthy)", Some("unhealthy")),
        ("Up 3 seconds (health: starting)", Some("starting")),
        ("Up 3 minutes (Paused)", None),
        ("Exited (0) (healthy)", None),
        ("(healthy)", None),
    ] {
        assert_eq!(health_in(text), health, "{text}");
    }
}
