//! The action `command` against a scripted machine.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may")]

use serde_json::{Value, json};
use watchkeep_plugin_command::{MANIFEST, perform, plan};
use watchkeep_sdk::commands::{CommandError, Output};
use watchkeep_sdk::testing::{Host, Ran, Reply, occasion, output, page};
use watchkeep_sdk::{Effect, Fault, Occasion};

fn of(finding: &str) -> Occasion {
    Occasion { finding: Some(finding.to_owned()), ..occasion("shop") }
}

fn config(more: &Value) -> String {
    let mut config = json!({ "command": "restart", "parameters": { "unit": "{finding}.service" } });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config.to_string()
}

fn ran(more: &Value, reply: impl Into<Reply>) -> Ran<Effect, Fault> {
    Host::new().answer("command restart unit=web.service", reply).perform(perform, &config(more), of("web"))
}

fn said(ran: &Ran<Effect, Fault>) -> String {
    ran.error().message().to_owned()
}

#[test]
fn a_command_that_succeeds_is_done_and_shows_its_last_lines() {
    let ran = ran(&json!({}), output(0, "stopping\nstarting\n\u{1b}[2Jup\n"));
    assert_eq!((ran.value().changed, &*ran.value().summary), (true, "ran `restart`"));
    assert_eq!(ran.value().details.as_deref(), Some("stopping\nstarting\n\\u{1b}[2Jup"));
}

#[test]
fn only_the_last_lines_are_shown_and_complaints_come_last() {
    let many: String = (0..100_000).map(|at| format!("line {at}\n")).collect();
    let reply = Output { stderr: b"warning: slow".to_vec(), truncated: true, ..output(0, &many) };
    let ran = ran(&json!({}), reply);
    let details = ran.value().details.clone().unwrap();
    assert_eq!(details.lines().count(), 20);
    assert!(
        details.starts_with("line 99981\n") && details.ends_with("line 99999\nwarning: slow"),
        "{details}"
    );
}

#[test]
fn exit_codes_mean_what_the_operator_says() {
    let codes = json!({ "exit_codes_ok": [0, 2], "exit_codes_nothing": 3 });
    assert_eq!(ran(&codes, output(2, "")).value().summary, "ran `restart`, which exited with 2");
    let nothing = ran(&codes, output(3, ""));
    assert_eq!(
        (nothing.value().changed, &*nothing.value().summary),
        (false, "`restart` had nothing to do: it exited with 3")
    );
    assert_eq!(
        said(&ran(&codes, output(1, "no such unit\n"))),
        "`restart` exited with 1: `no such unit`; it may have acted"
    );
    assert_eq!(said(&ran(&codes, output(-1, ""))), "`restart` exited with -1; it may have acted");
}

#[test]
fn what_did_not_end_by_itself_may_have_acted() {
    let by_signal = Output { status: None, ..output(0, "") };
    assert_eq!(said(&ran(&json!({}), by_signal)), "`restart` was ended by a signal; it may have acted");
    let endless = Output { status: None, killed: true, truncated: true, ..output(0, "y\n") };
    assert!(
        said(&ran(&json!({}), endless))
            .contains("printed without end, and was killed: `y`; it may have acted")
    );
    let late = said(&ran(&json!({}), CommandError::TimedOut));
    assert_eq!(late, "command `restart` did not end in time, and was killed; it may have acted");
}

#[test]
fn what_could_not_be_run_has_done_nothing() {
    let denied = ran(&json!({}), CommandError::Denied("denied: command `restart`; hint: add it".into()));
    assert!(matches!(denied.error(), Fault::Denied(_)) && said(&denied).contains("hint: add it"));
    let unfit = ran(&json!({}), CommandError::Parameter("`unit` does not match `[a-z]+`".into()));
    assert_eq!(said(&unfit), "`unit` does not match `[a-z]+`; nothing was done");
    let absent = ran(&json!({}), CommandError::NotStartable("no file `/bin/x`".into()));
    assert_eq!(said(&absent), "no file `/bin/x`; nothing was done");
    let nothing = Host::new().perform(perform, &config(&json!({})), occasion("shop"));
    assert!(said(&nothing).contains("`{finding}` is needed"));
}

#[test]
fn an_occasion_is_acted_on_once() {
    let first = ran(&json!({}), output(0, ""));
    let kept = first.kv("done").unwrap().to_vec();
    let again = Host::new().kv("done", kept).perform(perform, &config(&json!({})), of("web"));
    assert_eq!(
        (again.value().changed, &*again.value().summary),
        (false, "it was done before for this occasion: ran `restart`")
    );
    let failed = ran(&json!({}), output(1, ""));
    assert_eq!(failed.kv("done"), None);
    let second = Occasion { attempt: 2, ..of("web") };
    assert!(
        said(&Host::new().perform(perform, &config(&json!({})), second))
            .contains("earlier attempt may have acted")
    );
}

#[test]
fn a_dry_run_runs_nothing() {
    let plan = Host::new().plan(plan, &config(&json!({})), of("web\n"));
    let step = &plan.value()[0];
    assert_eq!((&*step.title, &*step.target), ("run the command", r"restart unit=`web\n.service`"));
}

#[test]
fn a_config_that_makes_no_sense_is_refused() {
    let refuses = |config: String, said: &str| {
        Host::new().perform(perform, &config, of("web")).refuses_config(said);
    };
    refuses(json!({ "command": "" }).to_string(), "must not be empty");
    refuses(json!({}).to_string(), "`command` is missing");
    refuses(config(&json!({ "parameters": { "a": "{unit}" } })), "there is no placeholder `{unit}`");
    refuses(config(&json!({ "exit_codes_nothing": 0 })), "0 is in `exit_codes_ok` too");
    refuses(config(&json!({ "timeout": "0s" })), "no command ends in no time");
}

#[test]
fn the_page_has_the_keys_of_the_schema() {
    page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
