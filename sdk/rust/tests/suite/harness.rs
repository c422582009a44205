//! The scripted host is strict, and behaves as the real one where a plugin could tell.

use watchkeep_sdk::prelude::*;
use watchkeep_sdk::testing::{Answer, Host, notification, occasion};

#[derive(Config)]
struct Nothing {}

const URL: &str = "https://example.com/";
const GET: &str = "GET https://example.com/";

fn fetch(_: Nothing, _: Run) -> Verdict {
    let page = http::get(URL).send()?;
    Ok(Report::ok(format!("status {}", page.status)).metric("probe_duration_seconds", page.elapsed()))
}

fn nothing(_: Nothing, _: Run) -> Report {
    Report::ok("idle")
}

#[test]
#[should_panic(
    expected = "unexpected call: `GET https://example.com/`; the script still answers `GET https://example.org/`"
)]
fn a_call_that_the_script_does_not_hold_fails_the_test() {
    Host::new().answer("GET https://example.org/", Answer::status(200)).check(fetch, "{}");
}

#[test]
#[should_panic(expected = "the plugin never asked for `GET https://example.com/`; the run ended well")]
fn an_answer_that_nobody_asked_for_fails_the_test() {
    Host::new().answer(GET, Answer::status(200)).check(nothing, "{}");
}

#[test]
#[should_panic(expected = "which the script does not know; hint: `.secret(\"key\", \"...\")`")]
fn a_secret_that_the_script_does_not_know_fails_the_test() {
    fn attach(_: Nothing, _: Run) -> Verdict {
        http::get(URL).bearer(&Secret::named("key")).send()?;
        Ok(Report::ok("fetched"))
    }
    Host::new().always(GET, Answer::status(200)).check(attach, "{}");
}

#[test]
#[should_panic(expected = "a host call outside of a scripted run; hint: run the plugin with `testing::Host`")]
fn a_host_call_without_a_host_fails_the_test() {
    clock::now();
}

#[test]
fn a_plugin_that_panicked_leaves_nothing_to_the_next_test() {
    fn panics(_: Nothing, _: Run) -> Report {
        panic!("on purpose")
    }
    let caught = std::panic::catch_unwind(|| Host::new().check(panics, "{}"));
    assert!(caught.is_err());
    assert_eq!(Host::new().check(nothing, "{}").report().summary, "idle");
}

#[test]
fn a_failed_call_ends_the_run_the_right_way() {
    let refused = Answer::failure(http::FailureKind::Refused, http::Phase::Connect, "");
    let down = Host::new()
        .answer(GET, refused.from("127.0.0.1", 81).after(Duration::from_millis(3)))
        .check(fetch, "{}");
    assert_eq!(down.report().state, State::Critical);
    assert_eq!(down.report().summary, "connection refused by 127.0.0.1:81 after 3 ms");
    let denied = Host::new().answer(GET, Answer::denied("denied: http")).check(fetch, "{}");
    assert_eq!(denied.error(), &Fault::Denied("denied: http".to_owned()));
}

#[test]
fn what_a_run_writes_is_kept_only_if_it_ends_well() {
    fn count(_: Nothing, _: Run) -> Result<Report, Fault> {
        let count = kv::get_text("count").and_then(|text| text.parse::<u32>().ok()).unwrap_or(0) + 1;
        kv::set("count", count.to_string()).map_err(|error| Fault::other(error.to_string()))?;
        if count > 2 { Err(Fault::inconclusive("enough")) } else { Ok(Report::ok("counted")) }
    }
    assert_eq!(Host::new().check(count, "{}").kv("count"), Some(b"1".as_slice()));
    assert_eq!(Host::new().kv("count", "1").check(count, "{}").kv("count"), Some(b"2".as_slice()));
    assert_eq!(Host::new().kv("count", "2").check(count, "{}").kv("count"), Some(b"2".as_slice()));
}

#[test]
fn time_is_what_the_answers_take() {
    fn twice(_: Nothing, _: Run) -> Verdict {
        let began = clock::now();
        http::get(URL).send()?;
        http::get(URL).send()?;
        assert_eq!(clock::monotonic(), Duration::from_secs(3));
        assert_eq!(clock::remaining(), Duration::from_secs(7));
        Ok(Report::ok("done").metric("took", Duration::from_millis(clock::now() - began)))
    }
    let slow = |seconds| Answer::status(200).after(Duration::from_secs(seconds));
    let ran = Host::new().answer(GET, slow(1)).answer(GET, slow(2)).check(twice, "{}");
    assert_eq!(ran.report().value("took"), Some(3.0));
}

#[test]
fn randomness_is_the_same_in_every_run() {
    fn draw(_: Nothing, _: Run) -> Report {
        Report::ok(format!("{:?}", random::bytes(8)))
    }
    let drawn = || Host::new().check(draw, "{}").report().summary.clone();
    assert_eq!(drawn(), drawn());
}

#[test]
fn a_secret_is_revealed_only_with_the_right() {
    fn reveal(_: Nothing, _: Run) -> Result<Report, Fault> {
        match secrets::reveal(&Secret::named("key")) {
            Ok(bytes) => Ok(Report::ok(String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) => Err(Fault::Denied(format!("{error:?}"))),
        }
    }
    assert_eq!(Host::new().revealed("key", "s3cret").check(reveal, "{}").report().summary, "s3cret");
    assert!(matches!(Host::new().secret("key", "s3cret").check(reveal, "{}").error(), Fault::Denied(_)));
}

#[test]
fn log_lines_are_kept_in_order() {
    fn talk(_: Nothing, _: Notification) -> Result<Option<String>, DeliveryError> {
        log::info("one");
        log::write(log::Level::Warn, "two", &[("why", "a test")]);
        Ok(None)
    }
    let ran = Host::new().notify(talk, "{}", notification([]));
    assert_eq!(ran.log_text(), "one\ntwo\n");
    assert_eq!(ran.log[1].fields, [("why".to_owned(), "a test".to_owned())]);
}

fn restart() -> Result<Vec<Step>, Unable> {
    Ok(vec![Step::new("restart", "it")])
}

#[test]
fn a_plan_may_look_and_what_it_writes_is_not_kept() {
    fn plan(_: Nothing, _: Occasion) -> Result<Vec<Step>, Unable> {
        kv::set("planned", "yes").map_err(|error| Fault::other(error.to_string()))?;
        http::get(URL).send()?;
        restart()
    }
    let ran = Host::new().answer(GET, Answer::status(200)).plan(plan, "{}", occasion("shop"));
    assert_eq!((ran.value().len(), ran.kv("planned")), (1, None));
}

#[test]
#[should_panic(expected = "a plan may only look, and this one asked for `POST https://example.com/`")]
fn a_plan_that_posts_fails_the_test() {
    fn plan(_: Nothing, _: Occasion) -> Result<Vec<Step>, Unable> {
        http::post(URL).send()?;
        restart()
    }
    Host::new().answer("POST https://example.com/", Answer::status(200)).plan(plan, "{}", occasion("shop"));
}

#[test]
#[should_panic(expected = "a plan may only look, and this one asked for `command restart`")]
fn a_plan_that_runs_a_command_fails_the_test() {
    fn plan(_: Nothing, _: Occasion) -> Result<Vec<Step>, Unable> {
        commands::command("restart").run()?;
        restart()
    }
    Host::new().plan(plan, "{}", occasion("shop"));
}

/// As on a host: no wait is shorter than was asked for, none is longer than the run, and what is asked afterwards has no time.
#[test]
fn time_goes_on_while_a_plugin_sleeps_and_ends_with_the_run() {
    fn sleeps(_: Nothing, _: Run) -> Verdict {
        clock::sleep(Duration::from_micros(1_500));
        clock::sleep(Duration::from_secs(2));
        let page = http::get(URL).send()?;
        assert_eq!(clock::monotonic(), Duration::from_millis(2_012));
        clock::sleep(Duration::MAX);
        assert_eq!(clock::remaining(), Duration::ZERO);
        clock::sleep(Duration::from_secs(1));
        let late = http::get(URL).send().unwrap_err();
        Ok(Report::ok(format!("{} {:?}", page.text(), late.kind)))
    }
    let ran = Host::new()
        .served_in_time(|_, gone| Answer::status(200).body(format!("{} ms", gone.as_millis())))
        .check(sleeps, "{}");
    assert_eq!(ran.report().summary, "2002 ms FailureKind::TimedOut");
    assert_eq!(ran.slept, [2, 2_000, 7_988, 0].map(Duration::from_millis));
}
