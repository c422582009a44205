//! What this machine lacks is no word about a target: a guest that takes every failure for one that is down judges
//! nothing, whichever interface it asked. A monitoring host that had no descriptor left once paged for every check.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use watchkeep_core::grant::{Ceiling, Rights};
use watchkeep_core::ids::{CommandName, RootName};
use watchkeep_core::outcome::{FailureReason, Outcome};
use watchkeep_engine::{Ended, Generation, Tape};

use crate::commands::command;
use crate::support::{Memory, call, engine, failure, load, ports, report, rights};

/// While it lives, this process can open nothing more.
struct NoDescriptors(Rlimit);

impl NoDescriptors {
    fn begin() -> Self {
        let before = getrlimit(Resource::Nofile);
        setrlimit(Resource::Nofile, Rlimit { current: Some(3), maximum: before.maximum }).unwrap();
        Self(before)
    }
}

impl Drop for NoDescriptors {
    fn drop(&mut self) {
        setrlimit(Resource::Nofile, self.0).unwrap();
    }
}

struct Asked {
    program: &'static str,
    config: String,
    rights: Arc<Rights>,
}

impl Asked {
    fn new(program: &'static str, config: impl Into<String>, allow: &[(&str, &str)]) -> Self {
        let rights = rights(&program.replace('_', "-"), &[], allow);
        Self { program, config: config.into(), rights }
    }
    fn under(mut self, ceiling: Ceiling) -> Self {
        let mut rights = Rights::clone(&self.rights);
        rights.ceiling = Arc::new(ceiling);
        self.rights = Arc::new(rights);
        self
    }
    async fn run(&self, generation: &Arc<Generation>, tape: Option<&Tape>) -> Ended<Outcome> {
        let mut ports = ports(&Arc::new(Memory::default()));
        ports.tape = tape.cloned();
        engine().run_check(generation, call(&self.config, Arc::clone(&self.rights)), &ports).await
    }
}

fn every_interface(port: u16, folder: &Path) -> Vec<Asked> {
    let tcp = format!("tcp://127.0.0.1:{port}");
    let by_name = format!("tcp://localhost:{port}");
    let (url, udp) = (format!("http://127.0.0.1:{port}/"), format!("udp://127.0.0.1:{port}"));
    let net = |what: &str, host: &str| format!(r#"{{"do":"{what}","host":"{host}","port":"{port}"}}"#);
    let dns = |protocol: &str| {
        format!(
            r#"{{"name":"a.test","kind":"A","server":"127.0.0.1","port":"{port}","protocol":"{protocol}"}}"#
        )
    };
    let server = format!("*@127.0.0.1:{port}");
    let command = command("/bin/true", &[], &[]);
    let commands = [(CommandName::from("tool"), Arc::new(command))].into();
    let roots = [(RootName::from("logs"), folder.to_path_buf())].into();
    vec![
        Asked::new("denied_as_down", format!(r#"{{"url":"{url}"}}"#), &[("http", &url)]),
        Asked::new("net_caller", net("peer", "127.0.0.1"), &[("net", &tcp)]),
        Asked::new("net_caller", net("inspect", "127.0.0.1"), &[("net", &tcp)]),
        Asked::new("net_caller", net("peer", "localhost"), &[("net", &by_name)]),
        Asked::new("net_caller", net("udp", "127.0.0.1"), &[("net", &udp)]),
        Asked::new("dns_caller", dns("udp"), &[("dns", &server)]),
        Asked::new("dns_caller", dns("tcp"), &[("dns", &server)]),
        Asked::new("icmp_caller", r#"{"host":"127.0.0.1"}"#, &[("icmp", "127.0.0.1")]),
        Asked::new("files_caller", r#"{"root":"logs","do":"stat","path":"a"}"#, &[("files", "logs")])
            .under(Ceiling { roots, ..Ceiling::default() }),
        Asked::new("command_caller", r#"{"command":"tool"}"#, &[("commands", "tool")])
            .under(Ceiling { commands, ..Ceiling::default() }),
        Asked::new("system_caller", r#"{"read":"disks"}"#, &[("system", "disks")]),
        Asked::new("system_caller", r#"{"read":"memory"}"#, &[("system", "memory")]),
        Asked::new("system_caller", r#"{"read":"load"}"#, &[("system", "load")]),
        Asked::new("system_caller", r#"{"read":"links"}"#, &[("system", "links")]),
        Asked::new("system_caller", r#"{"read":"processes","pattern":"*"}"#, &[("system", "processes:*")]),
        Asked::new("system_caller", r#"{"read":"pressure"}"#, &[("system", "pressure")]),
        Asked::new("system_caller", r#"{"read":"file-handles"}"#, &[("system", "file-handles")]),
        Asked::new("system_caller", r#"{"read":"temperatures"}"#, &[("system", "temperatures")]),
        Asked::new("system_caller", r#"{"read":"reboot"}"#, &[("system", "reboot")]),
        Asked::new("system_caller", r#"{"read":"listeners"}"#, &[("system", "listeners")]),
    ]
}

#[tokio::test]
async fn without_descriptors_no_interface_judges_a_target() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a"), "a").unwrap();
    let all = every_interface(port, &folder.path().canonicalize().unwrap());
    let mut wrong = Vec::new();
    for asked in &all {
        let generation = load(asked.program).await;
        let short = NoDescriptors::begin();
        let ended = asked.run(&generation, None).await;
        drop(short);
        match &ended.value {
            Outcome::Failed(failure) if failure.reason == FailureReason::Host => {
                assert!(failure.message.contains("descriptor"), "{failure:?}");
                assert!(failure.hint.is_some(), "{failure:?}");
            }
            other => wrong.push(format!("{} {}: {other:?}", asked.program, asked.config)),
        }
    }
    assert!(wrong.is_empty(), "judged for want of a descriptor:\n{}", wrong.join("\n"));
    // What lacked nothing judges as ever.
    let memory = all.iter().find(|asked| asked.config.contains("memory")).unwrap();
    report(&memory.run(&load(memory.program).await, None).await);
}

#[tokio::test]
async fn a_recorded_shortage_is_one_in_a_replay() {
    let asked =
        Asked::new("denied_as_down", r#"{"url":"http://127.0.0.1:9/"}"#, &[("http", "http://127.0.0.1:9")]);
    let generation = load(asked.program).await;
    let tape = Tape::record();
    let short = NoDescriptors::begin();
    let ended = asked.run(&generation, Some(&tape)).await;
    drop(short);
    let again = asked.run(&generation, Some(&Tape::replay(tape.recorded()))).await;
    assert_eq!(failure(&ended), failure(&again));
    assert_eq!(failure(&again).reason, FailureReason::Host);
}
