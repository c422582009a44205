//! What the machine shows, and what the host does for a guest.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::grant::{Argument, Ceiling, Command, Rights};
use watchkeep_core::ids::{CommandName, RootName};
use watchkeep_core::outcome::{FailureReason, Outcome};

use super::{CANARY, Lab, holds_nothing, turned_back};
use crate::http::{respond, server};
use crate::support::failure;

#[tokio::test]
async fn what_the_kernel_shows_as_files_is_read_by_nobody() {
    let held = tempfile::tempdir().unwrap();
    std::fs::write(held.path().join("file"), "a file").unwrap();
    let links = held.path().join("links");
    std::os::unix::fs::symlink("/proc", &links).unwrap();
    for (root, path) in [
        ("/proc", "self/status"),
        ("/", "proc/self/environ"),
        ("/proc/self/root/proc", "1/status"),
        ("/sys", "kernel/vmcoreinfo"),
        (links.to_str().unwrap(), "self/environ"),
    ] {
        let mut lab = Lab::new(&[], &[], &[("files", "root")]);
        let mut rights = Rights::clone(&lab.rights);
        rights.ceiling =
            Arc::new(Ceiling { roots: [(RootName::from("root"), root.into())].into(), ..Ceiling::default() });
        lab.rights = Arc::new(rights);
        let seen = lab.read(&format!(r#""do":"machine","path":"{path}""#)).await;
        assert!(!seen.contains(" bytes\n") || root == "/", "{root}: {seen}");
        assert!(!seen.contains(&format!("{path} ")) || !seen.contains(&format!("{path} 0 bytes")), "{seen}");
        let of_path = seen.lines().find(|line| line.starts_with(&format!("{path} "))).unwrap();
        assert!(of_path.contains("Denied") || of_path.contains("NotFound"), "{root}: {seen}");
    }
}

/// A program that somebody else started with the secret among its arguments, which was not always the host's to forbid.
#[tokio::test]
async fn what_other_processes_were_started_with_shows_nothing() {
    let held = tempfile::tempdir().unwrap();
    // By its own name it is told from everything else that runs here.
    let program = held.path().join("c4n-holder");
    std::os::unix::fs::symlink("/bin/sh", &program).unwrap();
    let start = |arguments: &[&str]| {
        let mut starting = std::process::Command::new(&program);
        starting.args(["-c", "read line"]).args(arguments).stdin(std::process::Stdio::piped());
        starting.spawn().unwrap()
    };
    // What is shown of a command line ends at 4 KiB: within the secret, wherever that begins.
    let begin = program.as_os_str().len() + " -c read line ".len();
    let read = async |allow: &[(&str, &str)], arguments: &[&str]| {
        let mut running = start(arguments);
        let lab = Lab::new(&[], &[], allow);
        let ended = lab.run(r#""do":"machine","processes":"c4n-holder""#).await;
        drop(running.stdin.take());
        running.wait().unwrap();
        String::from_utf8_lossy(&turned_back(&ended)).into_owned()
    };
    let all = [("system", "processes:*"), ("system", "commands-of:*")];
    for before in 0..CANARY.len() + 2 {
        let filler = "x".repeat(4_096 - begin - before);
        let seen = read(&all, &[&format!("{filler}{CANARY}")]).await;
        assert!(seen.contains("read line xxxx") && !seen.contains("c4n4"), "{before}: {seen}");
    }
    let arguments = [CANARY, &format!("--password={CANARY}"), &hex::encode(CANARY), "c4n4ry of 7", "words"];
    let seen = read(&all, &arguments).await;
    holds_nothing(seen.as_bytes(), "command lines");
    assert!(seen.contains("read line *** --password=*** *** c4n4ry of 7 words"), "{seen}");
    // Without the right to whole lines, the program alone.
    let seen = read(&all[..1], &arguments).await;
    assert!(seen.ends_with("c4n-holder"), "{seen}");
}

/// A thousand forms of what was signed, looked for in answers of eight megabytes.
#[tokio::test]
async fn looking_for_secrets_counts_as_the_calls_own_work_and_ends() {
    let address = server(|_, stream| respond(stream, "200 OK", &vec![b'+'; 8 << 20]));
    let url = format!("http://{address}/");
    let mut lab = Lab::new(&[&url], &[], &[("http", "http://127.0.0.1:*")]);
    lab.limits.cpu = Duration::from_millis(100);
    let ended = lab.run(&format!(r#""do":"burn","url":"{url}""#)).await;
    // Whether it is told, or is ended as soon as it goes on.
    match &ended.value {
        Outcome::Failed(failure) => assert_eq!(failure.reason, FailureReason::CpuTime, "{ended:?}"),
        Outcome::Report(_) => {
            let seen = String::from_utf8_lossy(&turned_back(&ended)).into_owned();
            assert_eq!(seen, "FailureKind::Limit: the call used up its CPU time of 100ms");
        }
    }
}

/// A program that knows the secret writes it out, and what is kept of it ends anywhere.
#[tokio::test]
async fn what_a_command_writes_is_cut_without_a_beginning_of_a_secret() {
    for cut in 1..40 {
        let tool = Command {
            program: "/bin/sh".into(),
            arguments: ["-c", &format!("echo 'the key is {CANARY} today'; cat /proc/self/cmdline >&2")]
                .map(|text| Argument::parse(text).unwrap())
                .into(),
            parameters: BTreeMap::new(),
            environment: BTreeMap::new(),
            folder: "/".into(),
            timeout: None,
            output_bytes_max: cut,
        };
        let mut lab = Lab::new(&[], &[], &[("commands", "tool"), ("files", "root")]);
        let mut rights = Rights::clone(&lab.rights);
        let commands = [(CommandName::from("tool"), Arc::new(tool))].into();
        rights.ceiling = Arc::new(Ceiling { commands, ..Ceiling::default() });
        lab.rights = Arc::new(rights);
        let seen = lab.seen(r#""do":"machine""#).await;
        holds_nothing(&seen, "command");
        assert!(memchr::memmem::find(&seen, b"c4n4").is_none(), "{cut}: {}", String::from_utf8_lossy(&seen));
    }
}

#[tokio::test]
async fn a_fault_as_long_as_a_book_is_a_sentence_without_secrets() {
    let lab = Lab::new(&[], &[], &[("reveal", "key")]);
    let ended = lab.run(r#""do":"fault""#).await;
    let message = &failure(&ended).message;
    assert!(
        message.len() < 5_000 && !message.contains("c4n4ry"),
        "{} bytes: {}",
        message.len(),
        &message[..200]
    );
    assert!(message.contains("*** ***"), "{}", &message[..200]);
}
