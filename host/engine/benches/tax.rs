//! The sandbox's tax: CPU of one null check through the whole engine path (store, instance, call, classify),
//! with one task, and with 32 tasks on 2 threads. Prints microseconds a run.
#![allow(clippy::print_stdout, reason = "the figures are its product")]

#[allow(dead_code, unused_imports, reason = "the tests use more of it")]
#[path = "../tests/support/mod.rs"]
mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use watchkeep_core::outcome::Outcome;
use watchkeep_engine::Generation;

use support::{Memory, call, engine, load, ports, rights};

const RUNS: u32 = 20_000;
const TASKS: u32 = 32;

/// The CPU time of the whole process, all threads.
fn cpu() -> Duration {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(spent.tv_sec.unsigned_abs(), u32::try_from(spent.tv_nsec).unwrap_or(0))
}

async fn runs(generation: Arc<Generation>, count: u32) {
    let ports = ports(&Arc::new(Memory::default()));
    let call = call("{}", rights("null", &[], &[]));
    for _ in 0..count {
        let ended = engine().run_check(&generation, call.clone(), &ports).await;
        assert!(matches!(ended.value, Outcome::Report(_)), "{:?}", ended.value);
    }
}

fn measure(what: &str, runs: u32, work: impl FnOnce()) {
    let (cpu_before, began) = (cpu(), Instant::now());
    work();
    let (cpu, wall) = (cpu() - cpu_before, began.elapsed());
    let micros = |span: Duration| span.as_secs_f64() * 1e6 / f64::from(runs);
    println!("{what}: {:.1} us CPU a run, {:.1} us wall", micros(cpu), micros(wall));
}

fn main() {
    let one = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    let generation = one.block_on(load("null"));
    println!("{:?}", engine().allocation());
    one.block_on(runs(Arc::clone(&generation), RUNS / 10));
    measure("1 task", RUNS, || one.block_on(runs(Arc::clone(&generation), RUNS)));
    let two = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime starts");
    measure("32 tasks on 2 threads", RUNS, || {
        let tasks: Vec<_> =
            (0..TASKS).map(|_| two.spawn(runs(Arc::clone(&generation), RUNS / TASKS))).collect();
        for task in tasks {
            two.block_on(task).expect("no run panics");
        }
    });
}
