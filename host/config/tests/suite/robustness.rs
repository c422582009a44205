//! Whatever the text is: no panic, every place lies in its file, and 10,000 checks are read in good time.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::lab::{Lab, but_for_telling, plugins};
use proptest::prelude::*;
use watchkeep_config::{Colour, load, render, to_json};

/// Loads and prints; places have to lie within the text.
fn holds(text: &str) {
    let lab = Lab::new(&[("main.toml", text)]);
    let loaded = lab.load("main.toml");
    let _ = (render(&loaded.problems, Colour::Plain), to_json(&loaded.problems));
    let lines: Vec<&str> = text.split('\n').collect();
    for problem in &loaded.problems {
        let place = &problem.place;
        if place.line > 0 && place.file.ends_with("main.toml") {
            let line = lines[place.line as usize - 1];
            assert!(place.column as usize <= line.chars().count() + 1, "{problem:?}");
        }
    }
}

/// Pieces of configs, so that random texts reach beyond the parser.
const PIECES: &[&str] = &[
    "[host]\n",
    "[[check]]\n",
    "[[receiver]]\n",
    "[[route]]\n",
    "[template.a]\n",
    "[secrets]\n",
    "[calendars.c]\n",
    "[site.s]\n",
    "[plugin.http]\n",
    "[defaults]\n",
    "name = \"a\"\n",
    "name = \"${each.key}\"\n",
    "plugin = \"http\"\n",
    "plugin = \"slack\"\n",
    "use = [\"a\"]\n",
    "each = { x = {}, y = { url = 1 } }\n",
    "each_file = \"main.toml\"\n",
    "config = { url = \"https://a/\" }\n",
    "config = { url = { secret = \"k\" } }\n",
    "config.url = \"${each.url}\"\n",
    "k = { env = \"K\" }\n",
    "under = \"a\"\n",
    "hours = { mon-fri = [\"08:00-18:00\"] }\n",
    "labels = { a = \"${\" }\n",
    "interval = \"1h\"\n",
    "schedule = \"* * * * *\"\n",
    "depends_on = [\"a\"]\n",
    "include = [\"*\"]\n",
    "[[rule]]\n",
    "[[heartbeat]]\n",
    "[[maintenance]]\n",
    "[[escalation.a]]\n",
    "[witness]\n",
    "[host.dead_man_signal]\n",
    "depends_on = [[\"a\", \"b/c\"], \"a/\"]\n",
    "match = ['a=b']\n",
    "from = 2026-12-24T22:00:00+01:00\n",
    "until = \"2026-03-29 02:30\"\n",
    "lasts = \"2h\"\n",
    "metric = \"m\"\n",
    "aggregate = \"forecast\"\n",
    "over = \"5m\"\n",
    "above = 1\n",
    "for = \"5m\"\n",
    "key = \"0123456789abcdef\"\n",
    "every = \"1h\"\n",
    "checks = [\"a\"]\n",
    "escalation = \"a\"\n",
    "receivers = [\"a\"]\n",
    "url = \"https://a/\"\n",
    "holidays = \"main.toml\"\n",
    "=",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "'''",
    "\\",
    "\u{feff}",
    "\r\n",
    "ø",
    "\0",
    "1e999",
    "nan",
    "99999999999999999999",
    "2026-02-30",
    "${",
    "}",
    ".",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_text_never_panics(text in any::<String>()) {
        holds(&text);
    }

    #[test]
    fn arbitrary_pieces_of_configs_never_panic(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..40)) {
        holds(&pieces.concat());
    }
}

#[test]
fn a_key_without_end_is_refused() {
    let text = format!("{} = 1\n[{}]\n", vec!["a"; 100_000].join("."), vec!["b"; 100_000].join("."));
    holds(&text);
    holds(&format!("a = {}", "[".repeat(100_000)));
    holds(&format!("a = {}", "{ a = ".repeat(100_000)));
}

#[test]
fn an_endless_chain_of_dependencies_and_routes_is_walked() {
    let mut text = String::from("[[route]]\nname = \"r0\"\n");
    for at in 0..3_000 {
        writeln!(text, "[[check]]\nname = \"c{at}\"\nplugin = \"tcp\"\nconfig = {{ address = \"db:1\" }}\ndepends_on = [\"c{}\"]\n[[route]]\nname = \"r{}\"\nunder = \"r{at}\"", at + 1, at + 1).unwrap();
    }
    let lab = Lab::new(&[("main.toml", &text)]);
    let problems = lab.load("main.toml").problems;
    assert!(problems.iter().any(|problem| problem.message == "unknown check `c3000`"), "{}", problems.len());
    let deep = problems.iter().filter(|problem| problem.message.contains("below the root")).count();
    assert_eq!(deep, 3_000 - 64);
}

/// Not a benchmark: a guard against work that grows with the square of the checks.
#[test]
fn ten_thousand_checks_are_read_in_good_time() {
    let mut text = String::from(
        "[calendars.office]\nhours = { mon-fri = [\"08:00-18:00\"] }\n[template.web]\nplugin = \"http\"\nrun_hours = \"office\"\n",
    );
    for at in 0..5_000 {
        writeln!(text, "[[check]]\nname = \"one-{at}\"\nuse = [\"web\"]\nlabels = {{ team = \"web\" }}\nconfig = {{ url = \"https://h{at}.example.com/\" }}").unwrap();
    }
    text.push_str("[[check]]\nname = \"site-${each.key}\"\nuse = [\"web\"]\neach_file = \"sites.csv\"\nconfig = { url = \"${each.url}\" }\n");
    let mut csv = String::from("key,url\n");
    for at in 0..5_000 {
        writeln!(csv, "s{at},https://s{at}.example.com/").unwrap();
    }
    let lab = Lab::new(&[("main.toml", &text), ("sites.csv", &csv)]);
    let plugins = plugins();
    let started = Instant::now();
    let loaded = but_for_telling(load(&lab.path("main.toml"), &plugins, &lab.env));
    let took = started.elapsed();
    assert_eq!(loaded.problems, []);
    assert_eq!(loaded.config.unwrap().setup.checks.len(), 10_000);
    println!("10,000 checks: {took:?}");
    assert!(took < Duration::from_secs(20), "{took:?}");
}
