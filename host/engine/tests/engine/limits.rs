//! Each limit that a guest meets ends the run as that limit, in a sentence that names the plugin, with the key to raise;
//! and where the host's ceiling is what holds, with that. What is cut instead of ending a run has its tests elsewhere:
//! lines of the log in `calls`, bodies in `hostile` and `languages`.

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::grant::Rights;
use watchkeep_core::limits::{Ceilings, Limit};
use watchkeep_core::outcome::{Failure, FailureReason};
use watchkeep_engine::Limits;

use crate::net::{at, peer};
use crate::support::{Memory, call, engine, failure, load, ports, rights};

/// How the program ends when `limit` is no more than `amount`.
async fn ends(program: &str, config: &str, rights: Arc<Rights>, limits: Limits) -> Failure {
    let generation = load(program).await;
    let mut call = call(config, rights);
    call.timeout = Duration::from_secs(20);
    call.limits = limits;
    failure(&engine().run_check(&generation, call, &ports(&Arc::new(Memory::default()))).await).clone()
}

/// Meets the limit twice: as the plugin's own, and as the host's ceiling.
async fn meets(
    limit: Limit,
    amount: u64,
    reason: FailureReason,
    program: &str,
    config: &str,
    allow: &[(&str, &str)],
) {
    let name = load(program).await.name.to_string();
    let rights = rights(&name, &[], allow);
    let mut own = Limits::default();
    own.set(limit, amount);
    let ceilings: Ceilings = [(limit, amount)].into_iter().collect();
    for (limits, says) in [
        (own, format!("raise `{limit}` under [plugin.{name}.limits]")),
        (
            Limits::default().under(&ceilings),
            format!(
                "the host's ceiling holds it: raise `{limit}` under [host.ceilings], and under [plugin.{name}."
            ),
        ),
    ] {
        let failure = ends(program, config, Arc::clone(&rights), limits).await;
        assert_eq!(failure.reason, reason, "{limit}: {failure:?}");
        assert!(failure.message.contains(&format!("plugin `{name}`")), "{limit}: {failure:?}");
        assert!(failure.hint.as_deref().is_some_and(|hint| hint.starts_with(&says)), "{limit}: {failure:?}");
    }
}

#[tokio::test]
async fn what_bounds_the_guest_itself_names_its_key() {
    meets(Limit::Cpu, 100, FailureReason::CpuTime, "endless_loop", "{}", &[]).await;
    meets(Limit::Memory, 8 << 20, FailureReason::Memory, "memory_bomb", "{}", &[]).await;
    meets(Limit::Tables, 5_000, FailureReason::Limit, "table_bomb", "{}", &[]).await;
    meets(Limit::HostCalls, 50, FailureReason::Limit, "host_call_flood", "{}", &[]).await;
    meets(Limit::CallBytes, 1 << 20, FailureReason::Limit, "huge_report", "{}", &[]).await;
}

#[tokio::test]
async fn what_bounds_the_state_of_a_check_names_its_key() {
    let flood = r#"{"then":"flood"}"#;
    meets(Limit::Kv, 150_000, FailureReason::Limit, "kv_writer", flood, &[]).await;
    meets(Limit::KvValue, 50_000, FailureReason::Limit, "kv_writer", flood, &[]).await;
    meets(Limit::KvKeys, 3, FailureReason::Limit, "kv_writer", flood, &[]).await;
}

#[tokio::test]
async fn what_bounds_the_network_names_its_key() {
    let limit = FailureReason::Limit;
    let http = [("http", "http://127.0.0.1:9")];
    meets(Limit::HttpRequests, 0, limit, "http_flood", r#"{"url":"http://127.0.0.1:9/"}"#, &http).await;

    let address = peer(|mut stream| drop(stream.read(&mut [0; 64])));
    let streams = format!("tcp://{address}");
    let talk = format!(r#"{{"do":"talk","say":"hello",{}}}"#, at(address));
    meets(Limit::Connections, 0, limit, "net_caller", &talk, &[("net", &streams)]).await;
    meets(Limit::NetBytes, 4, limit, "net_caller", &talk, &[("net", &streams)]).await;

    let datagrams = r#"{"do":"udp","host":"127.0.0.1","port":"9"}"#;
    meets(Limit::Datagrams, 0, limit, "net_caller", datagrams, &[("net", "udp://127.0.0.1:9")]).await;

    let question = r#"{"name":"a.test","kind":"A","server":"127.0.0.1","port":"9","timeout":"1"}"#;
    meets(Limit::DnsQueries, 0, limit, "dns_caller", question, &[("dns", "*@127.0.0.1:9")]).await;

    let ping = r#"{"host":"127.0.0.1","count":"3"}"#;
    meets(Limit::Echoes, 2, limit, "icmp_caller", ping, &[("icmp", "127.0.0.1")]).await;
}

#[tokio::test]
async fn a_bound_that_no_key_raises_says_so() {
    let address = peer(|mut stream| while stream.read(&mut [0; 4_096]).is_ok_and(|read| read > 0) {});
    let memory = Arc::new(Memory::default());
    memory.secret("key", "c4n4ry-s3cret", &[&format!("tcp://{address}")]);
    let config = format!(r#"{{"do":"secrets","around":"16","attached":{{"secret":"key"}},{}}}"#, at(address));
    let generation = load("net_caller").await;
    let granted = rights("net-caller", &[], &[("net", &format!("tcp://{address}"))]);
    let ended = engine().run_check(&generation, call(&config, granted), &ports(&memory)).await;
    let hint = failure(&ended).hint.clone().unwrap_or_default();
    assert!(hint.starts_with("no key of the config raises it"), "{ended:?}");
}
