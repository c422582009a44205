//! Whether a restart is needed, and since when.

use serde_json::json;
use watchkeep_sdk::State;
use watchkeep_sdk::system::{RebootSign, RebootState};
use watchkeep_sdk::testing::NOW;

use crate::{Runs, metric, of, says};

fn sign(kind: &str, names: &[&str], since: Option<u64>) -> RebootSign {
    RebootSign { kind: kind.to_owned(), names: names.iter().map(|&name| name.to_owned()).collect(), since }
}

fn machine(signs: Vec<RebootSign>) -> RebootState {
    RebootState { kernel: "6.1.0-28-amd64".to_owned(), signs }
}

#[test]
fn each_sign_is_told_by_what_was_seen() {
    let mut runs = Runs::of(json!({ "parts": "reboot" }));
    let mut finds =
        |signs, state, said: &str| says(&runs.at(0, "reboot", machine(signs)), "reboot", state, said);
    finds(vec![], State::Ok, "kernel 6.1.0-28-amd64 runs, no restart is needed");
    let runs_and = "kernel 6.1.0-28-amd64 runs; a restart is needed: ";
    for (sign, said) in [
        (sign("marked", &[], None), "packages have asked for it"),
        (
            sign("marked", &["libc6", "dbus", "a", "b", "c", "d", "e"], None),
            "packages have asked for it (libc6, dbus, a, b, c and 2 more)",
        ),
        (sign("newer-kernel", &["6.1.0-30-amd64"], None), "kernel 6.1.0-30-amd64 is installed"),
        (
            sign("modules-gone", &["6.1.0-30-amd64"], None),
            "the running kernel is no longer installed, so that it cannot load modules (there is 6.1.0-30-amd64)",
        ),
        (sign("microcode", &["0x1f"], None), "microcode (0x1f)"),
    ] {
        finds(vec![sign], State::Warning, &format!("{runs_and}{said}"));
    }
    finds(
        vec![sign("marked", &[], None), sign("newer-kernel", &["6.1.0-30-amd64"], None)],
        State::Warning,
        &format!("{runs_and}packages have asked for it, kernel 6.1.0-30-amd64 is installed"),
    );
}

#[test]
fn since_when_it_is_needed_is_the_first_that_was_ever_seen() {
    const HOUR: u64 = 3_600;
    let mut runs =
        Runs::of(json!({ "parts": "reboot", "reboot_warning_after": "1d", "reboot_critical_after": "3d" }));
    // The mark is written anew with each package.
    let marked = |hours: u64| machine(vec![sign("marked", &[], Some(NOW + hours * HOUR * 1_000))]);
    let opening = "kernel 6.1.0-28-amd64 runs; a restart is needed: packages have asked for it";
    says(&runs.at(0, "reboot", marked(0)), "reboot", State::Ok, opening);
    let ran = runs.at(23 * HOUR, "reboot", marked(22));
    says(&ran, "reboot", State::Ok, &format!("{opening} (23 h ago)"));
    assert_eq!(metric(of(&ran, "reboot"), "system_reboot_needed_for"), Some(82_800.0));
    says(
        &runs.at(24 * HOUR, "reboot", marked(22)),
        "reboot",
        State::Warning,
        &format!("{opening} (1 d ago)"),
    );
    let said = format!("{opening} (3 d 1 h ago); that is longer ago than 3 d");
    says(&runs.at(73 * HOUR, "reboot", marked(70)), "reboot", State::Critical, &said);
    let ran = runs.at(74 * HOUR, "reboot", machine(vec![]));
    assert_eq!(of(&ran, "reboot").state, State::Ok);
    assert_eq!(metric(of(&ran, "reboot"), "system_reboot_needed"), Some(0.0));
    says(&runs.at(75 * HOUR, "reboot", marked(75)), "reboot", State::Ok, opening);
    // A sign from the time to come counts from now.
    let mut runs = Runs::of(json!({ "parts": "reboot" }));
    says(&runs.at(0, "reboot", marked(1_000)), "reboot", State::Warning, opening);
}
