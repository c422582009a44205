//! A guest that sleeps costs nothing but its own time, and gets no more of that than any other wait.

use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::delivery::AttemptResult;
use watchkeep_core::outcome::{FailureReason, Outcome};
use watchkeep_engine::{Ended, Engine, RecordedCall, Tape};

use crate::support::{
    Memory, call, engine, failure, lasting_cache, load, module, options, ports, report, rights, run,
};

const FOR_EVER: &str = r#"{"millis":"18446744073709551615"}"#;

async fn slept(config: &str, timeout: Duration, tape: Option<&Tape>) -> Ended<Outcome> {
    let generation = load("sleeper").await;
    let mut call = call(config, rights("sleeper", &[], &[]));
    call.timeout = timeout;
    let mut ports = ports(&Arc::default());
    ports.tape = tape.cloned();
    engine().run_check(&generation, call, &ports).await
}

/// Milliseconds of its time that are gone, and that are left, as it was told.
fn told(ended: &Ended<Outcome>) -> (u64, u64) {
    let (gone, left) = report(ended).summary.split_once(' ').unwrap();
    (gone.parse().unwrap(), left.parse().unwrap())
}

#[tokio::test]
pub(crate) async fn a_sleep_ends_before_the_run_does_as_a_read_that_hangs() {
    let ended = slept(FOR_EVER, Duration::from_secs(2), None).await;
    let (gone, left) = told(&ended);
    assert!((1_490..2_000).contains(&gone) && left == 0, "{ended:?}");
    assert!(ended.cpu < Duration::from_millis(300), "waiting is no work: {:?}", ended.cpu);
    // What has no time left waits no more.
    let again = r#"{"times":"900","millis":"4294967295"}"#;
    assert_eq!(told(&slept(again, Duration::from_secs(2), None).await).1, 0);
    let short = told(&slept(r#"{"times":"3","millis":"100"}"#, Duration::from_secs(60), None).await);
    assert!(short.0 >= 300 && short.1 > 40_000, "{short:?}");
}

#[tokio::test]
async fn others_run_while_one_sleeps() {
    let sleeping = slept(FOR_EVER, Duration::from_secs(600), None);
    let others = async {
        for _ in 0..20 {
            assert_eq!(report(&run("null", "{}").await).summary, "fine");
        }
    };
    tokio::select! {
        ended = sleeping => panic!("{ended:?}"),
        () = others => {}
    }
}

/// What a host does with whoever is still there when it ends.
#[tokio::test]
async fn a_run_that_is_given_up_in_its_sleep_leaves_its_place_at_once() {
    let mut options = options(&lasting_cache());
    options.pool.memories = 1;
    let engine = Engine::new(options).unwrap();
    let load = async |name: &str| engine.load(module(name).into(), &format!("{name}.wasm")).await.unwrap();
    let (sleeper, null) = (load("sleeper").await, load("null").await);
    let tape = Tape::record();
    let run = async |generation, config, name| {
        let mut call = call(config, rights(name, &[], &[]));
        call.timeout = Duration::from_secs(600);
        let mut ports = ports(&Arc::default());
        ports.tape = Some(tape.clone());
        engine.run_check(generation, call, &ports).await
    };
    let asleep = async {
        while tape.recorded().is_empty() {
            tokio::task::yield_now().await;
        }
        // As often as this the other would have ended by now, had it a place.
        for _ in 0..5 {
            assert_eq!(report(&crate::support::run("null", "{}").await).summary, "fine");
        }
    };
    {
        let heard = r#"{"millis":"18446744073709551615","heard":"yes"}"#;
        let sleeping = run(&sleeper, heard, "sleeper");
        // It is polled first, and has the only place.
        tokio::select! {
            biased;
            ended = sleeping => panic!("{ended:?}"),
            ended = run(&null, "{}", "null") => panic!("there are two places: {ended:?}"),
            () = asleep => {}
        }
    }
    let ended = tokio::time::timeout(Duration::from_secs(60), run(&null, "{}", "null")).await;
    assert_eq!(report(&ended.expect("the place is free")).summary, "fine");
}

#[tokio::test]
async fn a_flood_of_sleeps_meets_the_limit_of_host_calls() {
    let ended = run("sleeper", r#"{"times":"2000","millis":"0"}"#).await;
    assert_eq!(failure(&ended).reason, FailureReason::Limit);
    assert!(failure(&ended).message.contains("more than 1000 host calls"), "{ended:?}");
    let few = told(&run("sleeper", r#"{"times":"900","millis":"0"}"#).await);
    assert!(few.1 > 40_000, "nothing is no time: {few:?}");
}

/// The program sleeps in `describe`, and traps if that took its time. With a cache of its own it is described anew.
#[tokio::test]
async fn what_is_described_does_not_wait() {
    let cache = tempfile::tempdir().unwrap();
    let engine = Engine::new(options(cache.path())).unwrap();
    let loaded = engine.load(module("sleeper").into(), "sleeper.wasm").await;
    assert!(loaded.is_ok(), "{:?}", loaded.err());
}

#[tokio::test]
async fn a_notifier_that_sleeps_has_its_attempt_and_no_more() {
    let generation = load("notifier").await;
    let mut call = crate::delivering::call(r#"{"then":"sleep"}"#, &[]);
    call.timeout = Duration::from_secs(2);
    let ended = engine().deliver(&generation, call, &ports(&Arc::new(Memory::default()))).await;
    assert_eq!(ended.value.result, AttemptResult::Retryable("0 ms left".into()));
    assert!(ended.took < Duration::from_secs(2), "{:?}", ended.took);
}

#[tokio::test]
async fn nobody_waits_in_a_replay_and_time_goes_on_all_the_same() {
    let config = r#"{"millis":"40000"}"#;
    let hour = Duration::from_secs(3_600);
    // The recording says nothing of time.
    let tape = Tape::replay(Vec::new());
    let ended = slept(config, hour, Some(&tape)).await;
    let (gone, left) = told(&ended);
    assert!((40_000..60_000).contains(&gone) && left < 3_240_000 - 40_000, "{ended:?}");
    assert!(ended.took < Duration::from_secs(20), "{:?}", ended.took);
    assert_eq!(tape.differs(), None);

    let tape = Tape::record();
    let config = r#"{"millis":"40"}"#;
    let recorded = told(&slept(config, hour, Some(&tape)).await);
    let names: Vec<String> = tape.recorded().into_iter().map(|RecordedCall { call, .. }| call).collect();
    assert_eq!(names, ["clock.sleep", "clock.monotonic", "clock.remaining"]);
    let again = Tape::replay(tape.recorded());
    assert_eq!(told(&slept(config, hour, Some(&again)).await), recorded);
    let another = Tape::replay(tape.recorded());
    let ended = slept(r#"{"millis":"41"}"#, hour, Some(&another)).await;
    assert!(failure(&ended).message.contains("`duration` is `40` in the recording"), "{ended:?}");
}
