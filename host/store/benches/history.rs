//! Writes a year of history of checks `site-n0`, `site-n1`… into a folder, packed and rolled up as a host would have left it,
//! for measurements of what is read from it. A thousand of them have a result every few minutes in the last 30 days, the first
//! hundred every minute, and one a day in the rest of the year, so that its roll-ups are there; the others have two days of
//! hours, because packing takes most of the time and what is read of one check does not depend on them.
//! `cargo bench -p watchkeep-store --bench history -- FOLDER CHECKS SECONDS ENDS_AT`: between two results of a check, and
//! since 1970.
#![allow(clippy::print_stdout, reason = "it reports to a terminal")]
#![allow(clippy::unwrap_used, reason = "a benchmark that fails says where")]

mod made;

use std::path::Path;

use watchkeep_core::commit::ResultRow;
use watchkeep_core::ids::CheckName;
use watchkeep_core::time::Wall;
use watchkeep_store::{Appender, Retention, Upkeep};

use made::{Noise, commits, result};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const SPARSE: i64 = DAY;
const DENSE_DAYS: i64 = 30;
const YEAR_DAYS: i64 = 365;
/// So many of the checks have a whole year.
const WHOLE: usize = 1000;
const RECENT_HOURS: i64 = 48;
/// So many of the checks have a result every minute.
const MINUTELY: usize = 100;

struct Writing {
    appender: Appender,
    checks: Vec<CheckName>,
    noise: Noise,
    sequence: u64,
}

impl Writing {
    /// All results of a stretch.
    fn stretch(&mut self, begins: i64, ends: i64, checks: usize, every: impl Fn(usize) -> i64) {
        let mut rows: Vec<ResultRow> = Vec::new();
        for (place, check) in self.checks.iter().enumerate().take(checks) {
            let every = every(place);
            let offset = every * place as i64 / self.checks.len() as i64;
            let moments = (begins..ends).step_by(every as usize).map(|at| at + offset);
            rows.extend(moments.map(|at| result(check, place as u64, at, &mut self.noise)));
        }
        for commit in commits(rows, &mut self.sequence) {
            self.appender.commit([commit]).unwrap();
        }
    }

    fn tidy(&mut self, now: i64) {
        while self.appender.upkeep(Wall::from_millis(now)).unwrap() != Upkeep::Idle {}
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|it| !it.starts_with("--")).collect();
    let [folder, checks, seconds, ends_at] = arguments.as_slice() else {
        panic!("FOLDER CHECKS SECONDS ENDS_AT are wanted, not {arguments:?}")
    };
    let (checks, every): (usize, i64) = (checks.parse().unwrap(), seconds.parse::<i64>().unwrap() * 1000);
    let now = ends_at.parse::<i64>().unwrap() * 1000 / HOUR * HOUR;
    let (store, appender) = Appender::open(Path::new(folder), Retention::default()).unwrap();
    let checks = (0..checks).map(|n| CheckName::new(format!("site-n{n}"))).collect();
    let mut writing = Writing { appender, checks, noise: Noise(1), sequence: 0 };
    let (all, whole) = (writing.checks.len(), WHOLE.min(writing.checks.len()));
    let minutely = MINUTELY.min(all);
    for day in (DENSE_DAYS..YEAR_DAYS).rev() {
        let begins = now - (day + 1) * DAY;
        writing.stretch(begins, begins + DAY, whole, |_| SPARSE);
        writing.tidy(begins + DAY + HOUR / 4);
    }
    for hour in (0..DENSE_DAYS * 24).rev() {
        let begins = now - (hour + 1) * HOUR;
        let checks = if hour < RECENT_HOURS { all } else { whole };
        writing.stretch(begins, begins + HOUR, checks, |place| match place {
            place if place < minutely => MINUTE,
            place if place < whole => every,
            _ => HOUR,
        });
        writing.tidy(begins + HOUR + HOUR / 4);
    }
    println!("{} results, {} bytes", writing.sequence, store.stats().file_bytes);
}
