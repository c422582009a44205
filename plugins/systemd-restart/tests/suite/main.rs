//! The action `systemd-restart` against a scripted bus.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test may"
)]

mod bus;
mod hostile;

use serde_json::{Value, json};
use watchkeep_plugin_systemd_restart::{MANIFEST, perform, plan};
use watchkeep_sdk::http::{FailureKind, Phase};
use watchkeep_sdk::system::SystemError;
use watchkeep_sdk::testing::{Answer, Dialogue, Host, Ran, occasion, page, unit};
use watchkeep_sdk::{Effect, Fault, Occasion};

use bus::{OWNER, answer, error, ready, removed, subscribed};

const JOB: &str = "/org/freedesktop/systemd1/job/42";

fn of(finding: &str) -> Occasion {
    Occasion { finding: Some(finding.to_owned()), ..occasion("services") }
}

fn config(more: &Value) -> String {
    let mut config = json!({ "units": ["nginx*", "shop-*.service"] });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config.to_string()
}

fn ran(dialogue: Dialogue) -> Ran<Effect, Fault> {
    Host::new().answer("unix system-bus", dialogue).perform(perform, &config(&json!({})), of("nginx.service"))
}

fn said<T: std::fmt::Debug>(ran: &Ran<T, Fault>) -> String {
    ran.error().message().to_owned()
}

#[test]
fn the_unit_of_the_finding_is_restarted_and_the_result_waited_for() {
    // Another job ends meanwhile, and somebody says that this one has failed.
    let ran = ran(ready()
        .says(answer(6, &[JOB]))
        .says(removed(OWNER, "/org/freedesktop/systemd1/job/41", "failed"))
        .says(removed(":1.66", JOB, "failed"))
        .says(removed(OWNER, JOB, "done")));
    assert!(ran.value().changed);
    assert!(ran.value().summary.starts_with("restarted `nginx.service` in "), "{}", ran.value().summary);
}

#[test]
fn a_job_that_ends_before_its_number_is_known_is_not_missed() {
    let ran = ran(ready().says([removed(OWNER, JOB, "done"), answer(6, &[JOB])].concat()));
    assert!(ran.value().changed);
}

#[test]
fn messages_in_pieces_are_put_together() {
    let mut dialogue = ready();
    for byte in [answer(6, &[JOB]), removed(OWNER, JOB, "done")].concat() {
        dialogue = dialogue.says([byte]);
    }
    assert!(ran(dialogue).value().changed);
}

#[test]
fn results_are_told_apart() {
    for (result, words) in [
        (
            "failed",
            "`nginx.service` did not start: its job failed; hint: `journalctl -u nginx.service -n 50`",
        ),
        ("timeout", "was not up in time"),
        ("dependency", "a unit that it needs did not start"),
        ("canceled", "was replaced by another one"),
        ("assert", "one of its assertions does not hold"),
        ("whatever\u{1b}", r"ended as `whatever\u{1b}`"),
    ] {
        let told = said(&ran(ready().says(answer(6, &[JOB])).says(removed(OWNER, JOB, result))));
        assert!(told.contains(words), "`{words}` is not in: {told}");
    }
    let skipped = ran(ready().says(answer(6, &[JOB])).says(removed(OWNER, JOB, "skipped")));
    assert_eq!(
        (skipped.value().changed, &*skipped.value().summary),
        (false, "`nginx.service` does not run, and was left alone")
    );
}

#[test]
fn refusals_come_with_their_fix() {
    for (name, words) in [
        (
            "org.freedesktop.DBus.Error.AccessDenied",
            "systemd does not allow it to the user of the host: `no`; nothing was done; hint: a rule of polkit",
        ),
        ("org.freedesktop.DBus.Error.InteractiveAuthorizationRequired", "hint: a rule of polkit"),
        (
            "org.freedesktop.systemd1.NoSuchUnit",
            "systemd has no unit `nginx.service`: `no`; nothing was done",
        ),
        ("org.freedesktop.systemd1.UnitMasked", "hint: `systemctl unmask nginx.service`"),
        ("org.freedesktop.systemd1.Whatever", "systemd refuses it: org.freedesktop.systemd1.Whatever: `no`"),
    ] {
        let told = said(&ran(subscribed().says(error(5, name, "no")).says(error(6, name, "no"))));
        assert!(told.contains(words), "`{words}` is not in: {told}");
    }
    let no_systemd = Dialogue::new().heedless().says("OK 1\r\n").says(answer(1, &[":1.7"])).says(error(
        2,
        "org.freedesktop.DBus.Error.NameHasNoOwner",
        "no such name",
    ));
    assert!(
        said(&ran(no_systemd)).contains("there is no systemd on this bus: `no such name`; nothing was done")
    );
    let rejected = Dialogue::new().heedless().says("REJECTED EXTERNAL\r\n");
    assert!(said(&ran(rejected)).contains("does not accept the user of the host: `REJECTED EXTERNAL`"));
}

#[test]
fn a_bus_that_is_none_or_leaves_is_told() {
    for (dialogue, words) in [
        (
            Dialogue::new().heedless().says("SSH-2.0-OpenSSH\r\n"),
            "is not a bus: it answers `SSH-2.0-OpenSSH`",
        ),
        (Dialogue::new().heedless().closes(), "broke off: connection closed"),
        (ready().closes(), "closed the connection; it may have acted"),
        (ready().says(answer(6, &[JOB])).closes(), "closed the connection; systemd goes on with the job"),
        (ready().says(answer(6, &[])), "names no job in its answer to `RestartUnit`; it may have acted"),
        (
            ready().says(answer(6, &[JOB])).waits(std::time::Duration::from_secs(3_600)),
            "the job for `nginx.service` is still under way",
        ),
        (
            ready().waits(std::time::Duration::from_secs(3_600)),
            "does not answer `RestartUnit` in time; it may have acted",
        ),
    ] {
        let told = said(&ran(dialogue));
        assert!(told.contains(words), "`{words}` is not in: {told}");
    }
    let gone = Answer::failure(FailureKind::Refused, Phase::Connect, "socket `system-bus` is not there");
    let ran = Host::new().answer("unix system-bus", gone).perform(
        perform,
        &config(&json!({})),
        of("nginx.service"),
    );
    assert!(said(&ran).contains("socket `system-bus` is not there; nothing was done"));
    let denied = Answer::denied("denied: socket; hint: add `net_local = [\"system-bus\"]`");
    let ran = Host::new().answer("unix system-bus", denied).perform(
        perform,
        &config(&json!({})),
        of("nginx.service"),
    );
    assert!(matches!(ran.error(), Fault::Denied(_)));
}

#[test]
fn a_unit_that_no_pattern_names_is_never_touched() {
    for (finding, words) in [
        ("sshd.service", "the unit `sshd.service` matches none of `units`"),
        ("nginx", "the finding `nginx` is not a unit's name"),
        ("nginx.service\0", "is not a unit's name"),
        ("nginx/x.service", "is not a unit's name"),
        (".service", "is not a unit's name"),
    ] {
        let ran = Host::new().perform(perform, &config(&json!({})), of(finding));
        assert!(said(&ran).contains(words), "{}", said(&ran));
    }
    let ran = Host::new().perform(perform, &config(&json!({})), occasion("shop"));
    assert!(said(&ran).contains("`shop` has no finding that names a unit"));
}

#[test]
fn several_units_go_one_by_one_and_what_was_done_is_told() {
    let both = config(&json!({ "unit": ["nginx.service", "shop-web.service"], "reset_failed": false }));
    let dialogue = subscribed()
        .says(answer(5, &[JOB]))
        .says(removed(OWNER, JOB, "done"))
        .says(answer(6, &["/job/2"]))
        .says(removed(OWNER, "/job/2", "failed"));
    let ran = Host::new().answer("unix system-bus", dialogue).perform(perform, &both, occasion("shop"));
    let told = said(&ran);
    assert!(
        told.starts_with("restarted `nginx.service` in ")
            && told.contains("; then it failed: `shop-web.service` did not start"),
        "{told}"
    );
}

#[test]
fn an_occasion_is_acted_on_once() {
    let first = ran(ready().says(answer(6, &[JOB])).says(removed(OWNER, JOB, "done")));
    let done = first.kv("done").unwrap().to_vec();
    let again = Host::new().kv("done", done).perform(perform, &config(&json!({})), of("nginx.service"));
    assert!(!again.value().changed);
    let second = Occasion { attempt: 2, ..of("nginx.service") };
    assert!(
        said(&Host::new().perform(perform, &config(&json!({})), second))
            .contains("earlier attempt may have acted")
    );
}

#[test]
fn a_dry_run_says_which_unit_in_which_state() {
    let ask = "system units nginx.service";
    let ran = Host::new().answer(ask, vec![unit("nginx.service", "failed", "failed")]);
    let ran = ran.plan(plan, &config(&json!({})), of("nginx.service"));
    let step = &ran.value()[0];
    assert_eq!(
        (&*step.title, &*step.target),
        ("restart the unit, which is failed (failed), the last time with `exit-code`", "nginx.service")
    );
    let ran = Host::new().answer(ask, SystemError::Denied("no".into())).plan(
        plan,
        &config(&json!({})),
        of("nginx.service"),
    );
    assert!(ran.value()[0].title.contains("`system = [\"units:nginx.service\"]` is not granted"));
    let mut absent = unit("nginx.service", "inactive", "dead");
    absent.load = "not-found".to_owned();
    let ran = Host::new().answer(ask, vec![absent]).plan(plan, &config(&json!({})), of("nginx.service"));
    assert!(said(&ran).contains("there is no unit `nginx.service`"));
}

#[test]
fn a_config_that_makes_no_sense_is_refused() {
    let refuses = |config: Value, said: &str| {
        Host::new().perform(perform, &config.to_string(), of("nginx.service")).refuses_config(said);
    };
    refuses(json!({}), "`units` is missing");
    refuses(json!({ "units": [] }), "no unit may be touched");
    refuses(json!({ "units": "*", "unit": "nginx" }), "is not a unit's name; hint: write it with its type");
    refuses(json!({ "units": "a*", "unit": "nginx.service" }), "`nginx.service` is left out by `units`");
    refuses(json!({ "units": "*", "socket": "" }), "must not be empty");
    refuses(json!({ "units": "*", "timeout": "0s" }), "nothing is done in no time");
    refuses(json!({ "units": "*", "how": "stop" }), "is none of");
}

#[test]
fn the_page_has_the_keys_of_the_schema() {
    page(&MANIFEST, env!("CARGO_MANIFEST_DIR"));
}
