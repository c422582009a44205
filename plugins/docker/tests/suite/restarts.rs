//! Crash loops: found by the count of restarts, while the container looks as if it ran.

use serde_json::json;
use watchkeep_sdk::State;

use crate::Runs;
use crate::double::{Container, container};

const UP: &str = "web is up for";

/// A run so many minutes from now that finds this count.
#[track_caller]
fn finds(runs: &mut Runs, minutes: u64, count: u64, state: State, end: &str) {
    runs.daemon.with(|daemon| daemon.of("web").restarts = count);
    let (found, said) = runs.says(minutes);
    assert!(said.starts_with(UP), "{said}");
    assert_eq!((found, said.split_once("; ").map_or("", |(_, end)| end)), (state, end), "at {minutes} min");
}

#[test]
fn restarts_since_the_window_began_are_counted_and_old_ones_are_forgotten() {
    let mut runs = Runs::of([container("web")], json!({}));
    let (ok, warning, critical) = (State::Ok, State::Warning, State::Critical);
    // However often it was before anybody looked.
    finds(&mut runs, 0, 40, ok, "");
    finds(&mut runs, 1, 40, ok, "");
    finds(&mut runs, 2, 41, warning, "it was restarted once in 60 s");
    finds(&mut runs, 3, 42, warning, "it was restarted 2 times in 2 min");
    finds(&mut runs, 4, 43, critical, "it was restarted 3 times in 3 min: a crash loop");
    finds(&mut runs, 5, 43, critical, "it was restarted 3 times in 4 min: a crash loop");
    // Of 15 minutes ago is the run that found 41: from then on there were two.
    finds(&mut runs, 17, 43, warning, "it was restarted 2 times in 15 min");
    finds(&mut runs, 18, 43, warning, "it was restarted once in 15 min");
    finds(&mut runs, 19, 43, ok, "");
    finds(&mut runs, 30, 43, ok, "");
    finds(&mut runs, 31, 44, warning, "it was restarted once in 60 s");
}

#[test]
fn a_count_that_began_anew_counts_since_the_last_look() {
    let mut runs = Runs::of([container("web")], json!({}));
    finds(&mut runs, 0, 40, State::Ok, "");
    // Started by hand, and well.
    finds(&mut runs, 1, 0, State::Ok, "");
    finds(&mut runs, 2, 0, State::Ok, "");
    // Started by hand, and in a loop at once.
    finds(&mut runs, 3, 40, State::Critical, "it was restarted 40 times in 60 s: a crash loop");
    finds(&mut runs, 4, 4, State::Critical, "it was restarted 4 times in 60 s: a crash loop");
}

#[test]
fn thresholds_and_window_are_the_operators() {
    let more = json!({ "restarts_warning": 5, "restarts_critical": 10, "restarts_window": "2m" });
    let mut runs = Runs::of([container("web")], more);
    finds(&mut runs, 0, 0, State::Ok, "");
    finds(&mut runs, 1, 4, State::Ok, "");
    finds(&mut runs, 2, 9, State::Warning, "it was restarted 9 times in 2 min");
    finds(&mut runs, 3, 13, State::Warning, "it was restarted 9 times in 2 min");
    finds(&mut runs, 4, 19, State::Critical, "it was restarted 10 times in 2 min: a crash loop");
    let ran = runs.at(5);
    let metric =
        ran.report().findings[0].metrics.iter().find(|it| it.name == "docker_container_restarts_in_window");
    let metric = metric.unwrap();
    assert_eq!(
        (metric.value, metric.warning.unwrap().high, metric.critical.unwrap().high),
        (6.0, Some(4.0), Some(9.0))
    );
}

#[test]
fn a_container_that_is_seen_restarting_is_at_least_a_warning() {
    let restarting = |restarts| Container { state: "restarting", exit_code: 1, restarts, ..container("web") };
    let said = "web is restarting; it exited with 1 and is started again";
    let mut runs = Runs::of([restarting(2)], json!({}));
    assert_eq!(runs.says(0), (State::Warning, said.to_owned()));
    // Nothing is known of when, but it fails now.
    let mut runs = Runs::of([restarting(7)], json!({}));
    let said = "web is restarting; it was restarted 7 times so far: a crash loop; it exited with 1 and is started again"
        .to_owned();
    assert_eq!(runs.says(0), (State::Critical, said));
    // Docker waits up to a minute before it starts one again: few restarts fall into the window.
    let (state, said) = runs.says(30);
    assert!(
        state == State::Critical && said.contains("it was restarted 7 times so far: a crash loop"),
        "{said}"
    );
    // What is missing of a container that is started again and again is not said to be expected.
    let mut runs = Runs::of([restarting(2)], json!({ "expected": "web" }));
    assert_eq!(runs.says(0).0, State::Warning);
}

#[test]
fn a_container_that_was_made_anew_begins_anew() {
    let mut runs = Runs::of([container("web")], json!({}));
    finds(&mut runs, 0, 40, State::Ok, "");
    runs.daemon.with(|daemon| daemon.of("web").id = "f".repeat(64));
    finds(&mut runs, 1, 50, State::Ok, "");
    finds(&mut runs, 2, 53, State::Critical, "it was restarted 3 times in 60 s: a crash loop");
}

#[test]
fn hours_of_a_loop_are_kept_in_a_few_bytes() {
    let mut runs = Runs::of([container("web")], json!({ "restarts_window": "7d" }));
    finds(&mut runs, 0, 0, State::Ok, "");
    for minute in 1..200 {
        runs.daemon.with(|daemon| daemon.of("web").restarts = minute);
        let (state, said) = runs.says(minute);
        let expected = if minute < 3 { State::Warning } else { State::Critical };
        assert_eq!(state, expected, "{said}");
        assert!(minute == 1 || said.contains(&format!("restarted {minute} times")), "{said}");
        assert!(runs.kept.as_ref().unwrap().len() < 400);
    }
}

#[test]
fn what_was_kept_by_something_else_is_no_history() {
    for kept in
        ["", "\n\n", "a b c", "0 0 0 0 0", "0123456789ab x running +- 1:2", "\u{0}", "0123456789ab 1 running"]
    {
        let mut runs = Runs::of([container("web")], json!({}));
        runs.kept = Some(kept.as_bytes().to_vec());
        finds(&mut runs, 0, 40, State::Ok, "");
    }
}
