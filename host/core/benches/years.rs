//! How many years of the simulation's random worlds are lived through in a second of one core, with the watchman looking
//! after every input and without: `cargo bench -p watchkeep-core --bench years`.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    reason = "a bench reads a clock and prints; what it measures does neither"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use support::play::{Onlooker, Play};
use support::random::Script;
use support::watchman::Watchman;

const WORLDS: u64 = 8;
const DAYS: u64 = 100;
const YEAR_DAYS: f64 = 365.25;

fn main() {
    let scripts: Vec<String> = (0..WORLDS).map(|seed| Script::random(seed, DAYS).to_string()).collect();
    for (what, is_watched) in [("watched", true), ("alone", false)] {
        let inputs = Rc::new(Cell::new(0_u64));
        let mut spent = Duration::ZERO;
        for script in &scripts {
            let watchman = Watchman::default();
            let mut onlooker: Onlooker = watchman.onlooker();
            let counted = Rc::clone(&inputs);
            let mut play = Play::before(Box::new(move |world, effects| {
                counted.set(counted.get() + 1);
                if is_watched {
                    onlooker(world, effects);
                }
            }));
            let began = Instant::now();
            play.lines(script).expect("a random world is playable");
            spent += began.elapsed();
            if is_watched {
                watchman.ends_well(play.world().expect("there is a world"));
            }
        }
        let years = (WORLDS * DAYS) as f64 / YEAR_DAYS;
        let seconds = spent.as_secs_f64();
        println!(
            "{what}: {:.2} years a second, {:.0} inputs a second",
            years / seconds,
            inputs.get() as f64 / seconds
        );
    }
}
