//! What a run asked of the host, on tape: recorded against a real peer, then answered without one.

use std::sync::Arc;

use watchkeep_core::grant::Rights;
use watchkeep_core::outcome::{FailureReason, Outcome};
use watchkeep_engine::{Ended, RecordedCall, Tape};

use crate::net::{allowed, at, echo, peer, tcp};
use crate::support::{Memory, call, engine, failure, load, ports, report};

async fn run(config: &str, rights: Arc<Rights>, memory: &Arc<Memory>, tape: &Tape) -> Ended<Outcome> {
    let generation = load("net_caller").await;
    let mut ports = ports(memory);
    ports.tape = Some(tape.clone());
    engine().run_check(&generation, call(&format!("{{{config}}}"), rights), &ports).await
}

fn names(calls: &[RecordedCall]) -> Vec<&str> {
    calls.iter().map(|call| call.call.as_str()).collect()
}

#[tokio::test]
async fn a_stream_is_recorded_and_answered_without_a_peer_a_right_or_the_secret() {
    let address = peer(echo);
    let memory = Arc::new(Memory::default());
    memory.secret("key", "c4n4ry-s3cret", &[&format!("tcp://{address}")]);
    let config = format!(r#""do":"secret","attached":{{"secret":"key"}},{}"#, at(address));
    let tape = Tape::record();
    let told = run(&config, tcp(address), &memory, &tape).await;
    let summary = report(&told).summary.clone();
    assert_eq!(summary.trim_end(), "\0user\0***!");

    let calls = tape.recorded();
    assert_eq!(names(&calls)[..2], ["net.connect", "net.connection.write-secret"]);
    assert!(calls[1].sent && !calls[0].sent, "opening a stream sends nothing of a plugin's: {calls:?}");
    let kept = serde_json::to_string(&calls).unwrap();
    let read: String = serde_json::from_str::<Vec<serde_json::Value>>(&kept)
        .unwrap()
        .iter()
        .filter(|call| call["call"] == "net.connection.read")
        .filter_map(|call| call["answer"]["ok"].as_str())
        .collect();
    assert_eq!(read, "\0user\0***!\n", "the stream was read byte by byte");
    assert!(!kept.contains("c4n4ry"), "{kept}");

    let again = Tape::replay(serde_json::from_str(&kept).unwrap());
    let replayed = run(&config, allowed(&[]), &Arc::default(), &again).await;
    assert_eq!(report(&replayed).summary, summary);
    assert_eq!(again.differs(), None);
}

#[tokio::test]
async fn a_denial_on_tape_ends_the_run_as_it_did_whatever_the_plugin_makes_of_it() {
    let address = peer(echo);
    let config = format!(r#""do":"peer",{}"#, at(address));
    let tape = Tape::record();
    let told = run(&config, allowed(&[]), &Arc::default(), &tape).await;
    assert_eq!(failure(&told).reason, FailureReason::Denied);
    // It is the tape's word that counts now, and not the rights.
    let again = Tape::replay(tape.recorded());
    let replayed = run(&config, tcp(address), &Arc::default(), &again).await;
    assert_eq!(failure(&replayed).reason, FailureReason::Denied);
    assert_eq!(failure(&replayed).hint, failure(&told).hint);
}

#[tokio::test]
async fn a_call_that_is_not_the_recorded_one_ends_the_run_and_is_named() {
    let address = peer(echo);
    let tape = Tape::record();
    let config = |say: &str| format!(r#""do":"talk","say":"{say}",{}"#, at(address));
    report(&run(&config("hello"), tcp(address), &Arc::default(), &tape).await);
    let again = Tape::replay(tape.recorded());
    let replayed = run(&config("goodbye"), allowed(&[]), &Arc::default(), &again).await;
    let told = &failure(&replayed).message;
    assert_eq!(failure(&replayed).reason, FailureReason::Host, "{told}");
    let difference = "call 2, `net.connection.write`: `data` is `\"hello\"` in the recording, and the plugin gives \
                      `\"goodbye\"`";
    assert!(told.contains(difference), "{told}");
    assert_eq!(again.differs().as_deref(), Some(difference));
}
