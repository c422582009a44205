//! Compiling has lanes: what is large delays nothing small, and what compiles slowly nothing that compiles as it should.
//! Shown by order, not by time.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe;
use watchkeep_engine::{CompilerCommand, Engine, EngineOptions};

use crate::support::{call, compiler, failure, module, options, ports, report, rights};

/// The module with `size` bytes that mean nothing behind it.
fn padded(name: &str, size: usize) -> Vec<u8> {
    let mut bytes = module(name);
    let mut section = vec![3];
    section.extend_from_slice(b"pad");
    section.resize(4 + size, b'x');
    bytes.push(0);
    let mut length = section.len();
    loop {
        let low = u8::try_from(length & 0x7f).unwrap();
        length >>= 7;
        bytes.push(if length == 0 { low } else { low | 0x80 });
        if length == 0 {
            break;
        }
    }
    bytes.extend_from_slice(&section);
    bytes
}

/// A compiler that, for anything large, says that it has begun and waits for leave to go on.
fn waiting(folder: &Path) -> EngineOptions {
    let mut options = options(&folder.join("cache"));
    let CompilerCommand { program, .. } = compiler();
    let script = format!(
        "set -e; cd {}; in=in-$$; cat > $in; size=$(wc -c < $in)
         if [ $size -gt 1500000 ]; then echo > began; until [ -e go-on ]; do sleep 0.02; done; fi
         {} \"$@\" < $in",
        folder.display(),
        program.display()
    );
    options.compiler = CompilerCommand {
        program: "/bin/sh".into(),
        args: vec!["-c".into(), script.into(), "compile".into()],
    };
    options
}

/// Where the compiler says that it has begun: a pipe, so that nobody looks again and again.
struct Beginnings(pipe::Receiver);

impl Beginnings {
    fn new(folder: &Path) -> Self {
        let path = folder.join("began");
        let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success(), "mkfifo is part of coreutils");
        // Open for both, so that a compiler which nobody listens to any more is not held up.
        Self(pipe::OpenOptions::new().read_write(true).open_receiver(&path).unwrap())
    }

    async fn next(&mut self) {
        let told = tokio::time::timeout(Duration::from_secs(60), self.0.read_u8()).await;
        told.expect("the compiler begins").unwrap();
    }
}

#[tokio::test]
async fn while_a_large_plugin_compiles_small_ones_compile_and_run() {
    let folder = tempfile::tempdir().unwrap();
    let mut beginnings = Beginnings::new(folder.path());
    let engine = Engine::new(waiting(folder.path())).unwrap();
    let large = tokio::spawn({
        let engine = engine.clone();
        async move { engine.load(padded("null", 2 << 20).into(), "large.wasm").await }
    });
    beginnings.next().await;

    let small = engine.load(module("null").into(), "small.wasm").await.unwrap();
    let ended = engine.run_check(&small, call("{}", rights("null", &[], &[])), &ports(&Arc::default())).await;
    assert_eq!(report(&ended).summary, "fine");
    let other = engine.load(module("trap").into(), "other.wasm").await.unwrap();
    let ended = engine.run_check(&other, call("{}", rights("trap", &[], &[])), &ports(&Arc::default())).await;
    assert!(failure(&ended).message.contains("trapped"), "{ended:?}");
    assert!(!large.is_finished(), "the large one was to wait until now");

    std::fs::write(folder.path().join("go-on"), "").unwrap();
    assert_eq!(large.await.unwrap().unwrap().name.as_str(), "null");
}

#[tokio::test]
async fn large_plugins_compile_one_after_another() {
    let folder = tempfile::tempdir().unwrap();
    let mut beginnings = Beginnings::new(folder.path());
    let engine = Engine::new(waiting(folder.path())).unwrap();
    let load = |bytes: Vec<u8>| {
        let engine = engine.clone();
        tokio::spawn(async move { engine.load(bytes.into(), "large.wasm").await })
    };
    let first = load(padded("null", 2 << 20));
    beginnings.next().await;
    let second = load(padded("trap", 2 << 20));
    // A small one that goes all the way gives the second one time enough to begin, if it could.
    engine.load(module("null").into(), "small.wasm").await.unwrap();
    let inputs = std::fs::read_dir(folder.path())
        .unwrap()
        .filter(|entry| {
            entry.as_ref().is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with("in-"))
        })
        .count();
    assert_eq!(inputs, 2, "the first large one and the small one");
    std::fs::write(folder.path().join("go-on"), "").unwrap();
    first.await.unwrap().unwrap();
    second.await.unwrap().unwrap();
}

/// A compiler for which every file that is padded computes for ever.
fn endless(folder: &Path) -> EngineOptions {
    let mut options = options(&folder.join("cache"));
    let CompilerCommand { program, .. } = compiler();
    let script = format!(
        "cd {}; in=in-$$; cat > $in; size=$(wc -c < $in)
         if [ $size -gt 600000 ]; then echo > began; while :; do :; done; fi
         exec {} \"$@\" < $in",
        folder.display(),
        program.display()
    );
    options.compiler = CompilerCommand {
        program: "/bin/sh".into(),
        args: vec!["-c".into(), script.into(), "compile".into()],
    };
    options
}

/// Five such files once kept a good plugin waiting for two minutes and a half.
#[tokio::test]
async fn a_good_plugin_does_not_wait_until_slow_files_have_failed() {
    let folder = tempfile::tempdir().unwrap();
    let mut beginnings = Beginnings::new(folder.path());
    let mut options = endless(folder.path());
    // A first turn is a small part of it.
    options.compile.time_max = Duration::from_secs(90);
    let engine = Engine::new(options).unwrap();
    let slow: Vec<_> = (0..5)
        .map(|at| {
            let engine = engine.clone();
            let bytes = padded("null", 600_000 + at);
            tokio::spawn(async move { engine.load(bytes.into(), "slow.wasm").await })
        })
        .collect();
    beginnings.next().await;
    let good = engine.load(module("trap").into(), "good.wasm").await.unwrap();
    assert_eq!(good.name.as_str(), "trap");
    assert!(slow.iter().all(|slow| !slow.is_finished()), "they compile on, one after another");
    slow.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn the_hosts_own_plugins_wait_for_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut beginnings = Beginnings::new(folder.path());
    let engine = Engine::new(endless(folder.path())).unwrap();
    let slow: Vec<_> = (0..2)
        .map(|at| {
            let engine = engine.clone();
            let bytes = padded("null", 600_000 + at);
            tokio::spawn(async move { engine.load(bytes.into(), "slow.wasm").await })
        })
        .collect();
    beginnings.next().await;
    beginnings.next().await;
    let own = engine.load(module("trap").into(), "bundled").await.unwrap();
    assert_eq!(own.name.as_str(), "trap");
    assert!(slow.iter().all(|slow| !slow.is_finished()));
    slow.iter().for_each(tokio::task::JoinHandle::abort);
}
