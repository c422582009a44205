//! The core against `cronsim` from PyPI, which aims at Debian's cron as well and was written by others.
//!
//! Needs `python3` with `venv`, and the package index once; both pins move together with chrono-tz.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use chrono_tz::{IANA_TZDB_VERSION, Tz};
use watchkeep_core::cron::CronSchedule;
use watchkeep_core::time::Wall;
use watchkeep_schedule_oracle::expressions::{MINUTELY, SECONDLY};
use watchkeep_schedule_oracle::zones::{FROM, UNTIL, ZONES, changes};

const CRONSIM: &str = "cronsim==2.8";
/// The same rules of the zones as chrono-tz has.
const TZDATA: (&str, &str) = ("2025b", "tzdata==2025.2");
const HOUR: i64 = 3600;

/// Where cronsim differs around a change of clocks, and why. Everything else has to agree.
const DIFFERENCES: [Difference; 5] = [
    Difference { why: SIX_FIELDS, zones: &[Tz::Europe__Oslo, Tz::America__New_York], expressions: IN_GAP },
    Difference {
        why: SIX_FIELDS,
        zones: &[Tz::Europe__Oslo, Tz::America__New_York, Tz::Australia__Lord_Howe],
        expressions: &["30 0-59/10 1-3 * * sun"],
    },
    Difference { why: SIX_FIELDS, zones: &[Tz::America__New_York], expressions: &["10 30 1 * * *"] },
    Difference {
        why: SIX_FIELDS,
        zones: &[Tz::America__New_York, Tz::Australia__Lord_Howe],
        expressions: &["59 59 1 * * *"],
    },
    Difference {
        why: HALF_HOUR,
        zones: &[Tz::Australia__Lord_Howe],
        expressions: &[
            "30 * * * *",
            "0 */2 * * *",
            "15 */3 * * *",
            "0 */5 * * *",
            "*/20 */4 * * *",
            "* 2 * * *",
            "*/10 2 * * *",
            "*/15 23 * * *",
            "*,30 2 * * *",
            "15,45 30 * * * *",
            "*/20 */15 2 * * *",
        ],
    },
];
/// On purpose: to cronsim, Debian's handling of a change is a matter of five fields alone. To the core a fixed
/// time is a fixed time, with or without seconds.
const SIX_FIELDS: &str = "with seconds, cronsim lets fixed times follow the clock";
/// An error of cronsim's: it looks for the next hour in steps of 3600 seconds from a full hour on, and for the
/// next full hour by minutes; after a shift of half an hour it steps over 02:00 and what follows.
const HALF_HOUR: &str = "cronsim steps over times that match after a shift of half an hour";
const IN_GAP: &[&str] = &["0 30 2 * * *", "*/15 30 2 * * *"];

struct Difference {
    why: &'static str,
    zones: &'static [Tz],
    expressions: &'static [&'static str],
}

struct Question {
    zone: Tz,
    from: i64,
    until: i64,
    most: usize,
    expression: &'static str,
}

/// The year from its start, the days around each change of clocks, and the hours around it.
fn questions() -> Vec<Question> {
    let mut questions = Vec::new();
    for zone in ZONES {
        let changes = changes(zone);
        for expression in MINUTELY.into_iter().chain(SECONDLY) {
            let mut ask =
                |from, until, most| questions.push(Question { zone, from, until, most, expression });
            ask(FROM, UNTIL, 40);
            for &change in &changes {
                ask(change - 26 * HOUR, change + 26 * HOUR, 40);
                ask(change - 2 * HOUR, change + 3 * HOUR, 400);
            }
        }
    }
    questions
}

fn answer(question: &Question) -> Vec<i64> {
    let schedule = CronSchedule::parse(question.expression, question.zone).expect("a sound expression");
    let next = |at: i64| schedule.next_after(Wall::from_millis(at * 1000)).map(|next| next.millis() / 1000);
    std::iter::successors(next(question.from), |&at| next(at))
        .take_while(|&at| at < question.until)
        .take(question.most)
        .collect()
}

fn shown(zone: Tz, at: Option<&i64>) -> String {
    let Some(at) = at else { return "never".to_owned() };
    let utc = chrono::DateTime::from_timestamp(*at, 0).expect("a moment of our time");
    utc.with_timezone(&zone).format("%a %F %T %z").to_string()
}

#[test]
fn the_core_starts_when_cronsim_does() {
    assert_eq!(IANA_TZDB_VERSION, TZDATA.0, "pin the tzdata of PyPI that goes with chrono-tz's");
    let questions = questions();
    let answers = ask_cronsim(&questions);
    assert_eq!(answers.len(), questions.len());
    let mut found: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut text = String::new();
    for (question, theirs) in questions.iter().zip(answers) {
        let ours = answer(question);
        if ours == theirs {
            continue;
        }
        assert_ne!(
            question.from, FROM,
            "`{}` in {}, far from any change",
            question.expression, question.zone
        );
        if found.insert((question.zone.name(), question.expression)) {
            let at = (0..ours.len()).find(|&at| ours.get(at) != theirs.get(at)).unwrap_or(ours.len());
            let (ours, theirs) = (shown(question.zone, ours.get(at)), shown(question.zone, theirs.get(at)));
            let _ = writeln!(
                text,
                "`{}` in {}: the core {ours}, cronsim {theirs}",
                question.expression, question.zone
            );
        }
    }
    let known: BTreeSet<(&str, &str)> = DIFFERENCES
        .iter()
        .flat_map(|difference| {
            assert!(!difference.why.is_empty());
            let zones = difference.zones.iter();
            zones.flat_map(|zone| difference.expressions.iter().map(|expression| (zone.name(), *expression)))
        })
        .collect();
    assert_eq!(found, known, "{text}");
}

fn ask_cronsim(questions: &[Question]) -> Vec<Vec<i64>> {
    let input: String = questions
        .iter()
        .map(|q| format!("{}\t{}\t{}\t{}\t{}\n", q.zone, q.from, q.until, q.most, q.expression))
        .collect();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cronsim_oracle.py");
    let mut python = Command::new(python())
        .arg(script)
        // The package's rules of the zones, and not this machine's.
        .env("PYTHONTZPATH", "")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the environment was made just before");
    let mut stdin = python.stdin.take().expect("it is piped");
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = python.wait_with_output().expect("python was started");
    writer.join().expect("writing does not panic").expect("python reads all of it");
    assert!(output.status.success());
    String::from_utf8(output.stdout).expect("numbers are text").lines().map(read_starts).collect()
}

fn read_starts(line: &str) -> Vec<i64> {
    line.split_whitespace().map(|at| at.parse().expect("cronsim_oracle.py prints numbers")).collect()
}

/// A virtual environment with the pinned packages, made once per target folder and pin.
fn python() -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{CRONSIM}-{}", TZDATA.1));
    let python = home.join("bin/python");
    let ready = home.join("ready");
    if !ready.exists() {
        run(
            Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home),
            "apt-get install python3-venv",
        );
        let packages = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", CRONSIM, TZDATA.1];
        run(Command::new(&python).args(packages), "the package index has to be reachable once");
        std::fs::write(ready, "").expect("the target folder can be written");
    }
    python
}

fn run(command: &mut Command, hint: &str) {
    let status = command.status();
    assert!(status.as_ref().is_ok_and(|status| status.success()), "{command:?}: {status:?}; hint: {hint}");
}
