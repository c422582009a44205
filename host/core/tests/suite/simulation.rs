//! Years in a random world: targets that come and go, plugins that break, people who silence and acknowledge, reloads,
//! renames, crashes, receivers that fail, clocks that jump. After every input what must always hold is looked at.
//!
//! What happens is written down in the words of scenarios; a world that breaks a promise is shortened as far as it
//! still does, and printed as a scenario. `WATCHKEEP_SIM_WORLDS` and `WATCHKEEP_SIM_DAYS` ask for more than the usual,
//! `WATCHKEEP_SIM_SEED` for one world.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "how much is asked for comes from the environment"
)]

use std::panic::AssertUnwindSafe;

use crate::support::play::Play;
use crate::support::random::{Happening, Script};
use crate::support::watchman::Watchman;

#[test]
fn years_in_random_worlds_break_no_promise() {
    let asked =
        |name: &str, usual: u64| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual);
    let days = asked("WATCHKEEP_SIM_DAYS", 60);
    let seeds = match std::env::var("WATCHKEEP_SIM_SEED").ok().and_then(|text| text.parse().ok()) {
        Some(seed) => seed..seed + 1,
        None => 0..asked("WATCHKEEP_SIM_WORLDS", 8),
    };
    // A broken promise is a panic; only the last one, of the shortened world, is worth reading.
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let broken = seeds.into_iter().find_map(|seed| {
        let script = Script::random(seed, days);
        play(&script).err().map(|problem| (seed, problem, script))
    });
    std::panic::set_hook(hook);
    let Some((seed, problem, script)) = broken else { return };
    std::panic::set_hook(Box::new(|_| {}));
    let (script, problem) = shortened(script, problem);
    drop(std::panic::take_hook());
    panic!("world {seed}: {problem}\n\n{script}");
}

fn play(script: &Script) -> Result<(), String> {
    let played = std::panic::catch_unwind(AssertUnwindSafe(|| {
        let watchman = Watchman::default();
        let mut play = Play::before(watchman.onlooker());
        play.lines(&script.to_string())?;
        watchman.ends_well(play.world()?);
        Ok(())
    }));
    match played {
        Ok(done) => done,
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            Err(text
                .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
                .unwrap_or_default())
        }
    }
}

/// Leaves out what the problem does not need: halves first, then ever smaller pieces.
fn shortened(mut script: Script, mut problem: String) -> (Script, String) {
    let mut piece = script.happenings.len().div_ceil(2);
    while piece > 0 {
        let mut from = 0;
        while from < script.happenings.len() {
            let until = (from + piece).min(script.happenings.len());
            let left: Vec<Happening> = [&script.happenings[..from], &script.happenings[until..]].concat();
            let shorter = Script { happenings: left, ..script.clone() };
            match play(&shorter) {
                Err(still) => {
                    script = shorter;
                    problem = still;
                }
                Ok(()) => from = until,
            }
        }
        piece /= 2;
    }
    (script, problem)
}
