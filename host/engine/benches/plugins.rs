//! What plugins cost, whatever language they come from: compiling, loading from the cache, a call in a fresh store,
//! and the memory of a run that waits. Arguments are files; prints a line for each.
#![allow(clippy::print_stdout, reason = "the figures are its product")]

#[allow(dead_code, unused_imports, reason = "the tests use more of it")]
#[path = "../tests/support/mod.rs"]
mod support;

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use watchkeep_engine::{Engine, Generation, PluginKind};

use support::{call, options, ports, rights};

const CALLS: u32 = 200;
/// Interpreters take megabytes each.
const WAITING: usize = 50;
const WAITING_SMALL: usize = 2_000;
const SMALL_BYTES_MAX: usize = 1 << 20;

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime starts");
    // Cargo adds `--bench`.
    for file in std::env::args().skip(1).filter(|argument| !argument.starts_with("--")) {
        runtime.block_on(measure(Path::new(&file)));
    }
}

async fn measure(file: &Path) {
    let name = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let bytes: Arc<[u8]> = std::fs::read(file).expect("the file is readable").into();
    let folder = tempfile::tempdir().expect("a folder can be made");
    let load = async || {
        let engine = Engine::new(options(folder.path())).expect("the engine starts");
        let began = Instant::now();
        let generation = engine.load(Arc::clone(&bytes), &name).await.expect("the plugin loads");
        (engine, generation, began.elapsed())
    };
    let (first, _, compiled) = load().await;
    drop(first);
    let (engine, generation, cached) = load().await;
    println!(
        "{name}: {} bytes, compiled in {} us, loaded from the cache in {} us, called in {} us, {} bytes while it waits",
        bytes.len(),
        compiled.as_micros(),
        cached.as_micros(),
        called(&engine, &generation).await.as_micros(),
        waiting(&engine, &generation, if bytes.len() < SMALL_BYTES_MAX { WAITING_SMALL } else { WAITING })
            .await,
    );
}

/// `validate`: a fresh store, an instance, a call that reads a config, and nothing of the network.
async fn called(engine: &Engine, generation: &Generation) -> Duration {
    let config = r#"{"url":"http://127.0.0.1/"}"#;
    let began = Instant::now();
    for _ in 0..CALLS {
        // What it thinks of the config is not what is measured.
        let _ = engine.validate(generation, config).await;
    }
    began.elapsed() / CALLS
}

/// Resident bytes of one run that waits for its target, over many of them; 0 for what asks no URL.
async fn waiting(engine: &Engine, generation: &Arc<Generation>, count: usize) -> usize {
    let asks = generation.schema["properties"]["url"]["x-watchkeep-grant"] == "http";
    if generation.kind != PluginKind::Check || !asks {
        return 0;
    }
    // It accepts and never answers.
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    let accepting = silent.try_clone().expect("a descriptor is free");
    std::thread::spawn(move || {
        let held: Vec<_> = accepting.incoming().take(count).collect();
        // Until the run is over, and with it the process's need of them.
        std::thread::park();
        drop(held);
    });
    let url = format!("http://{}/", silent.local_addr().expect("it is bound"));
    let call = {
        let mut call = call(&format!(r#"{{"url":"{url}"}}"#), rights(generation.name.as_str(), &[&url], &[]));
        call.timeout = Duration::from_secs(6);
        call
    };
    let before = resident();
    let runs: Vec<_> = (0..count)
        .map(|_| {
            let (engine, generation, call) = (engine.clone(), Arc::clone(generation), call.clone());
            tokio::spawn(async move { engine.run_check(&generation, call, &ports(&Arc::default())).await })
        })
        .collect();
    // Half of their time: all of them wait by now, and none has given up.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let held = resident().saturating_sub(before) / count;
    for run in runs {
        let ended = run.await.expect("no run panics");
        assert!(matches!(ended.value, watchkeep_core::outcome::Outcome::Report(_)), "{:?}", ended.value);
    }
    held
}

fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells it");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux tells it");
    let kib: usize = line.trim().trim_end_matches(" kB").parse().expect("it is a number");
    kib << 10
}
