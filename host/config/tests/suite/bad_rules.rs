//! One test for each kind of bad input: rules and heartbeats.

use crate::lab::{Lab, check, good};
use watchkeep_core::ids::CheckName;

const RULE: &str =
    "[[rule]]\nname = \"slow\"\nmetric = \"probe_duration_seconds\"\naggregate = \"p95\"\nover = \"5m\"\n";
const HEARTBEAT: &str = "[[heartbeat]]\nname = \"export\"\nkey = \"0e8b0b6e-3a0c-4d0e-9d1f-6f5b3c2a1d00\"\n";

#[test]
fn a_rule_that_says_too_little_is_refused() {
    insta::assert_snapshot!(check("[[rule]]\nname = \"slow\"\n"), @r##"
error: the rule has neither `above` nor `below`
 --> main.toml:1:1
  |
1 | [[rule]]
  | ^^^^^^^^
  |
  = key: rule.slow
  = hint: add `above = 1.0`: beyond it the rule holds

error: the rule has no `aggregate`
 --> main.toml:1:1
  |
1 | [[rule]]
  | ^^^^^^^^
  |
  = key: rule.slow
  = hint: add `aggregate = "avg"`, or `max`, `p50`, `p95`, `p99`, `rate`, `forecast`

error: the rule has no `metric`
 --> main.toml:1:1
  |
1 | [[rule]]
  | ^^^^^^^^
  |
  = key: rule.slow
  = hint: add `metric = "probe_duration_seconds"`, or another one that checks report

error: the rule has no `over`
 --> main.toml:1:1
  |
1 | [[rule]]
  | ^^^^^^^^
  |
  = key: rule.slow
  = hint: add `over = "5m"`: so far back it looks

4 errors
"##);
}

#[test]
fn a_rule_whose_keys_exclude_each_other_is_refused() {
    insta::assert_snapshot!(check(&format!("{RULE}above = 1\nbelow = 0.5\nwithin = \"1h\"\n")), @r##"
error: `above` and `below` exclude each other
 --> main.toml:7:1
  |
7 | below = 0.5
  | ^^^^^
  |
 ::: main.toml:6:1
  |
6 | above = 1
  | ----- the other one
  |
  = key: rule.slow.below
  = hint: keep one of the two; write two rules for a range

error: `within` is for `forecast`, and the rule's aggregate is `p95`
 --> main.toml:8:1
  |
8 | within = "1h"
  | ^^^^^^
  |
  = key: rule.slow.within
  = hint: take it out, or write `aggregate = "forecast"`

2 errors
"##);
}

#[test]
fn a_forecast_says_how_far_ahead_it_looks() {
    let text = RULE.replace("p95", "forecast");
    insta::assert_snapshot!(check(&format!("{text}above = 1\n")), @r##"
error: the forecast does not say how far ahead it looks
 --> main.toml:4:13
  |
4 | aggregate = "forecast"
  |             ^^^^^^^^^^
  |
  = key: rule.slow.within
  = hint: add `within = "24h"`

1 error
"##);
}

#[test]
fn values_of_a_rule_that_are_none_are_told_with_what_is_taken() {
    let text = RULE.replace("p95", "p90").replace("5m", "0s");
    let more =
        "above = \"1\"\nseverity = \"critical\"\nmatch = [\"check\"]\nby = \"path\"\nplugin = \"http\"\n";
    insta::assert_snapshot!(check(&format!("{text}{more}")), @r##"
error: `aggregate` cannot be `p90`
 --> main.toml:4:13
  |
4 | aggregate = "p90"
  |             ^^^^^
  |
  = key: rule.slow.aggregate
  = hint: it is one of `avg`, `max`, `p50`, `p95`, `p99`, `rate`, `forecast`

error: `over` cannot be 0s
 --> main.toml:5:8
  |
5 | over = "0s"
  |        ^^^^
  |
  = key: rule.slow.over
  = hint: it goes from 1s to 366d

error: `above` wants a number, not a text
 --> main.toml:6:9
  |
6 | above = "1"
  |         ^^^
  |
  = key: rule.slow.above
  = hint: write it without quotes, such as `0.8`

error: `severity` cannot be `critical`
 --> main.toml:7:12
  |
7 | severity = "critical"
  |            ^^^^^^^^^^
  |
  = key: rule.slow.severity
  = hint: it is one of `info`, `warning`, `error`

error: `check` is not a valid matcher: no operator follows the label `check`
 --> main.toml:8:10
  |
8 | match = ["check"]
  |          ^^^^^^^
  |
  = key: rule.slow.match
  = hint: write it as `'team="web"'`, with `=`, `!=`, `=~` or `!~`

error: `by` wants a list of texts, not a text
 --> main.toml:9:6
  |
9 | by = "path"
  |      ^^^^^^
  |
  = key: rule.slow.by
  = hint: write it as `["path"]`

error: unknown key `plugin` in a rule
  --> main.toml:10:1
   |
10 | plugin = "http"
   | ^^^^^^
   |
   = key: rule.slow.plugin
   = hint: its keys are `name`, `each`, `each_file`, `labels`, `display`, `runbook`, `run_hours`, `notify_hours`, `depends_on`, `enabled`, `renamed_from`, `on_pending`, `on_firing`, `match`, `metric`, `aggregate`, `over`, `within`, `above`, `below`, `for`, `by`, `severity`, `interval`

7 errors
"##);
}

#[test]
fn a_rule_that_would_need_too_many_judgements_in_a_row_is_refused() {
    insta::assert_snapshot!(check(&format!("{RULE}above = 1\ninterval = \"10s\"\nfor = \"1d\"\n")), @r##"
error: `for` is 8641 times the interval of 10s, more than 2000
 --> main.toml:8:7
  |
8 | for = "1d"
  |       ^^^^
  |
  = key: rule.slow.for
  = hint: give the rule a longer `interval`, or a shorter `for`

1 error
"##);
}

#[test]
fn a_heartbeat_that_says_too_little_is_refused() {
    insta::assert_snapshot!(check("[[heartbeat]]\nname = \"export\"\n"), @r##"
error: the heartbeat has neither `every` nor `schedule`
 --> main.toml:1:1
  |
1 | [[heartbeat]]
  | ^^^^^^^^^^^^^
  |
  = key: heartbeat.export
  = hint: add `every = "1h"`, or the job's own `schedule`

error: the heartbeat has no `key`
 --> main.toml:1:1
  |
1 | [[heartbeat]]
  | ^^^^^^^^^^^^^
  |
  = key: heartbeat.export
  = hint: add `key = "..."`: use a new UUID, as `uuidgen` prints it

2 errors
"##);
}

#[test]
fn a_heartbeat_is_due_by_a_span_or_by_a_schedule() {
    let text = format!("{HEARTBEAT}every = \"1h\"\nschedule = \"@daily\"\n");
    insta::assert_snapshot!(check(&text), @r##"
error: `every` and `schedule` exclude each other
 --> main.toml:5:1
  |
5 | schedule = "@daily"
  | ^^^^^^^^
  |
 ::: main.toml:4:1
  |
4 | every = "1h"
  | ----- the other one
  |
  = key: heartbeat.export.schedule
  = hint: keep one of the two

1 error
"##);
}

#[test]
fn keys_that_are_short_odd_or_given_twice_are_refused_and_never_shown() {
    let heartbeat = |name: &str, key: &str| {
        format!("[[heartbeat]]\nname = \"{name}\"\nevery = \"1h\"\nkey = \"{key}\"\n")
    };
    let text = [
        heartbeat("short", "tooshort"),
        heartbeat("odd", "with/slash/in/the/key"),
        heartbeat("one", "0123456789abcdef"),
        heartbeat("two", "0123456789abcdef"),
    ]
    .concat();
    let printed = check(&text);
    for key in ["tooshort", "with/slash", "0123456789abcdef"] {
        assert!(!printed.contains(key), "{printed}");
    }
    insta::assert_snapshot!(printed, @r##"
error: the key has less than 16 characters
 --> main.toml:4:7
  |
4 | key = **********
  |       ^^^^^^^^^^
  |
  = key: heartbeat.short.key
  = hint: letters, digits, `-` and `_`; use a new UUID, as `uuidgen` prints it

error: the key has characters that cannot be in an address
 --> main.toml:8:7
  |
8 | key = ***********************
  |       ^^^^^^^^^^^^^^^^^^^^^^^
  |
  = key: heartbeat.odd.key
  = hint: letters, digits, `-` and `_`; use a new UUID, as `uuidgen` prints it

error: two heartbeats have the same key
  --> main.toml:16:7
   |
16 | key = ******************
   |       ^^^^^^^^^^^^^^^^^^
   |
  ::: main.toml:12:7
   |
12 | key = ******************
   |       ------------------ first given here
   |
   = key: heartbeat.two.key
   = hint: use a new UUID, as `uuidgen` prints it

3 errors
"##);
}

#[test]
fn a_key_may_be_a_secret_that_has_to_be_there() {
    let text = "[secrets]\nping = { env = \"PING\" }\n[[heartbeat]]\nname = \"a\"\nevery = \"1h\"\nkey = { secret = \"ping\" }\n\
                [[heartbeat]]\nname = \"b\"\nevery = \"1h\"\nkey = { secret = \"pong\" }\n";
    let mut lab = Lab::new(&[("main.toml", text)]);
    lab.env.insert("PING".to_owned(), "short-secret".to_owned());
    let printed = lab.printed("main.toml");
    assert!(!printed.contains("short-secret"), "{printed}");
    insta::assert_snapshot!(printed, @r##"
error: the key has less than 16 characters
 --> main.toml:6:18
  |
6 | key = { secret = "ping" }
  |                  ^^^^^^
  |
  = key: heartbeat.a.key
  = hint: letters, digits, `-` and `_`; use a new UUID, as `uuidgen` prints it

error: unknown secret `pong`
  --> main.toml:10:18
   |
10 | key = { secret = "pong" }
   |                  ^^^^^^
   |
   = key: heartbeat.b.key
   = hint: did you mean `ping`?

2 errors
"##);
}

#[test]
fn checks_rules_and_heartbeats_share_their_names() {
    let text = format!(
        "[[check]]\nname = \"export\"\nplugin = \"tcp\"\nconfig = {{ address = \"db:1\" }}\n{HEARTBEAT}every = \"1h\"\n"
    );
    insta::assert_snapshot!(check(&text), @r##"
error: the check `export` is given twice
 --> main.toml:6:8
  |
6 | name = "export"
  |        ^^^^^^^^
  |
 ::: main.toml:2:8
  |
2 | name = "export"
  |        -------- first given here
  |
  = key: heartbeat.export.name
  = hint: names are unique across all files: rename one

1 error
"##);
}

#[test]
fn names_of_plugins_that_the_host_has_itself_are_refused() {
    let text = "[plugin.heartbeat]\n[[check]]\nname = \"a\"\nplugin = \"rule\"\n";
    insta::assert_snapshot!(check(text), @r##"
error: `heartbeat` is not a plugin: the host does it itself
 --> main.toml:1:9
  |
1 | [plugin.heartbeat]
  |         ^^^^^^^^^
  |
  = key: plugin.heartbeat
  = hint: take the section out, and give the plugin another name if it is one

error: `rule` is not a plugin: the host does it itself
 --> main.toml:4:10
  |
4 | plugin = "rule"
  |          ^^^^^^
  |
  = key: check.a.plugin
  = hint: write a [[rule]]

2 errors
"##);
}

#[test]
fn rules_and_heartbeats_depend_as_checks_do() {
    let text = format!(
        "{RULE}above = 1\ndepends_on = [\"export\"]\n{HEARTBEAT}every = \"1h\"\ndepends_on = [[\"slow/x\", \"slo\"]]\n"
    );
    insta::assert_snapshot!(check(&text), @r##"
error: checks depend on each other: `slow` -> `export` -> `slow`
  --> main.toml:12:16
   |
12 | depends_on = [["slow/x", "slo"]]
   |                ^^^^^^^^
   |
   = key: heartbeat.export.depends_on
   = hint: take one of them out of `depends_on`

error: unknown check `slo`
  --> main.toml:12:26
   |
12 | depends_on = [["slow/x", "slo"]]
   |                          ^^^^^
   |
   = key: heartbeat.export.depends_on
   = hint: did you mean `slow`?

2 errors
"##);
}

#[test]
fn what_a_rule_or_a_heartbeat_is_after_defaults_can_be_read_back() {
    let text = format!(
        "[host]\nlabels = {{ env = \"prod\" }}\n{RULE}match = ['check=\"shop\"', 'team=~\"w.*\"']\nabove = 1.5\nfor = \"5m\"\n\
         by = [\"path\"]\nseverity = \"info\"\nlabels = {{ odd = \"$${{x}}\" }}\ndepends_on = [\"export\"]\n\
         {HEARTBEAT}schedule = \"30 2 * * *\"\ntime_zone = \"Europe/Oslo\"\n"
    );
    let config = good(&text);
    let shown = |name: &str| watchkeep_config::show(&config, &CheckName::from(name)).unwrap_or_default();
    let again = good(&format!("{}{}", shown("slow"), shown("export")));
    assert_eq!(again.setup.checks, config.setup.checks);
    let forecast = good(&format!("{}below = 0\nwithin = \"24h\"\n", RULE.replace("p95", "forecast")));
    let shown = watchkeep_config::show(&forecast, &CheckName::from("slow")).unwrap_or_default();
    assert_eq!(good(&shown).setup.checks, forecast.setup.checks);
}

#[test]
fn a_key_that_is_a_secret_is_shown_as_one() {
    let text = "[secrets]\nping = { env = \"PING\" }\n[[heartbeat]]\nname = \"a\"\nevery = \"1h\"\nkey = { secret = \"ping\" }\n";
    let mut lab = Lab::new(&[("main.toml", text)]);
    lab.env.insert("PING".to_owned(), "0123456789abcdef".to_owned());
    let loaded = lab.load("main.toml");
    assert_eq!(loaded.problems, [], "a key goes nowhere, so it needs no origin");
    let config = loaded.config.unwrap_or_else(|| unreachable!("there is no problem"));
    let shown = watchkeep_config::show(&config, &CheckName::from("a")).unwrap_or_default();
    assert!(shown.contains("secret = \"ping\"") && !shown.contains("0123456789abcdef"), "{shown}");
    assert!(!format!("{:?}", config).contains("0123456789abcdef"));
}
