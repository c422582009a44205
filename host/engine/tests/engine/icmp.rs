//! `icmp`: with either right to ping, and with none.

use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::grant::Rights;
use watchkeep_core::outcome::{FailureReason, Outcome};
use watchkeep_engine::{Ended, Tape};

use crate::room;
use crate::support::{call, engine, failure, load, module, ports, report, rights};

async fn ping(config: &str, rights: Arc<Rights>) -> Ended<Outcome> {
    ping_within(config, rights, Duration::from_secs(10)).await
}

async fn ping_within(config: &str, rights: Arc<Rights>, timeout: Duration) -> Ended<Outcome> {
    let generation = load("icmp_caller").await;
    let mut call = call(&format!("{{{config}}}"), rights);
    call.timeout = timeout;
    engine().run_check(&generation, call, &ports(&Arc::default())).await
}

fn allowed(entries: &[&str]) -> Arc<Rights> {
    let allow: Vec<_> = entries.iter().map(|entry| ("icmp", *entry)).collect();
    rights("icmp-caller", &[], &allow)
}

/// Everybody in the room may have datagram sockets, and nobody raw ones.
const BY_DATAGRAM: &str = "echo '0 0' > /proc/sys/net/ipv4/ping_group_range; set -- --bounding-set=-net_raw --inh-caps=-all \"$0\" \"$@\"; exec setpriv \"$@\"";
/// Nobody may have either.
const BY_NOTHING: &str = "set -- --bounding-set=-net_raw --inh-caps=-all \"$0\" \"$@\"; exec setpriv \"$@\"";

async fn echoes_on_tape_need_no_right() {
    let generation = load("icmp_caller").await;
    let ask = async |rights: Arc<Rights>, tape: &Tape| {
        let mut ports = ports(&Arc::default());
        ports.tape = Some(tape.clone());
        engine().run_check(&generation, call(r#"{"host":"127.0.0.1"}"#, rights), &ports).await
    };
    let tape = Tape::record();
    let told = ask(allowed(&["127.0.0.1"]), &tape).await;
    let again = Tape::replay(tape.recorded());
    let replayed = ask(allowed(&[]), &again).await;
    assert_eq!(report(&replayed).summary, report(&told).summary);
    assert_eq!(again.differs(), None);
}

async fn loopback_answers() {
    for (host, ip) in [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("localhost", "")] {
        let ended = ping(&format!(r#""host":"{host}""#), allowed(&[host])).await;
        let said = &report(&ended).summary;
        assert!(said.starts_with(ip) && said.ends_with(": 3 sent, 0 lost"), "{host}: {ended:?}");
    }
    echoes_on_tape_need_no_right().await;
    // Larger than one piece of many links.
    let ended = ping(r#""host":"127.0.0.1","size":"4000","count":"1""#, allowed(&["127.0.0.1"])).await;
    assert!(report(&ended).summary.ends_with("1 sent, 0 lost"), "{ended:?}");
}

#[tokio::test]
pub(crate) async fn loopback_answers_by_datagram_sockets() {
    module("icmp_caller");
    if room::inside("icmp::loopback_answers_by_datagram_sockets", BY_DATAGRAM) {
        loopback_answers().await;
    }
}

#[tokio::test]
async fn loopback_answers_by_raw_sockets() {
    module("icmp_caller");
    // Nobody's group is in the range of a new room.
    if room::inside("icmp::loopback_answers_by_raw_sockets", "") {
        loopback_answers().await;
    }
}

#[tokio::test]
async fn without_the_right_to_ping_the_setting_is_named_and_nothing_is_judged() {
    module("icmp_caller");
    let test = "icmp::without_the_right_to_ping_the_setting_is_named_and_nothing_is_judged";
    if !room::inside(test, BY_NOTHING) {
        return;
    }
    let ended = ping(r#""host":"127.0.0.1""#, allowed(&["127.0.0.1"])).await;
    assert_eq!(failure(&ended).reason, FailureReason::Limit, "{ended:?}");
    assert!(failure(&ended).message.contains("`net.ipv4.ping_group_range` is"), "{ended:?}");
    let hint = failure(&ended).hint.as_deref().unwrap();
    assert!(hint.contains("net.ipv4.ping_group_range = ") && hint.contains("CAP_NET_RAW"), "{hint}");
}

#[tokio::test]
async fn requests_that_are_lost_are_an_answer_and_end_before_the_deadline() {
    module("icmp_caller");
    let test = "icmp::requests_that_are_lost_are_an_answer_and_end_before_the_deadline";
    if !room::inside(test, "echo 1 > /proc/sys/net/ipv4/icmp_echo_ignore_all") {
        return;
    }
    let host = r#""host":"127.0.0.1""#;
    let ended = ping(&format!(r#"{host},"timeout":"100""#), allowed(&["127.0.0.1"])).await;
    assert_eq!(report(&ended).summary, "127.0.0.1: 3 sent, 3 lost", "{ended:?}");
    let config = format!(r#"{host},"count":"50","interval":"1000""#);
    let ended = ping_within(&config, allowed(&["127.0.0.1"]), Duration::from_secs(2)).await;
    let said = &report(&ended).summary;
    assert!(!said.contains("50 sent"), "there is no time for all: {said}");
    let ages = u64::MAX;
    let config = format!(r#"{host},"count":"100","interval":"{ages}","timeout":"{ages}""#);
    let ended = ping_within(&config, allowed(&["127.0.0.1"]), Duration::from_secs(1)).await;
    assert_eq!(report(&ended).summary, "127.0.0.1: 1 sent, 1 lost", "{ended:?}");
}

#[tokio::test]
async fn a_ping_is_denied_until_the_hints_entry_is_granted() {
    module("icmp_caller");
    if !room::inside("icmp::a_ping_is_denied_until_the_hints_entry_is_granted", "") {
        return;
    }
    let ended = ping(r#""host":"127.0.0.1""#, allowed(&["*"])).await;
    let hint = failure(&ended).hint.clone().unwrap();
    assert_eq!(hint, r#"add `icmp = ["127.0.0.1"]` under [plugin.icmp-caller.allow]"#);
    let entry = hint.split('"').nth(1).unwrap();
    let ended = ping(r#""host":"127.0.0.1""#, allowed(&[entry])).await;
    assert!(report(&ended).summary.ends_with("3 sent, 0 lost"), "{ended:?}");
}

#[tokio::test]
async fn a_flood_of_echoes_meets_a_limit() {
    let flood = r#""host":"127.0.0.1","count":"200","interval":"10""#;
    let ended = ping(flood, allowed(&["127.0.0.1"])).await;
    assert_eq!(failure(&ended).reason, FailureReason::Limit);
    assert!(failure(&ended).message.contains("more than 100 echo requests"), "{ended:?}");
    let config = r#""host":"127.0.0.1","interval":"1""#;
    let ended = ping(config, allowed(&["127.0.0.1"])).await;
    assert!(report(&ended).summary.contains("10ms is the least"), "{ended:?}");
}
