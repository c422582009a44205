//! One test for each kind of bad input.

mod lab;

use lab::{Lab, check};

#[test]
fn an_unknown_key_is_told_with_the_nearest_known_one() {
    insta::assert_snapshot!(check("[host]\ndata-dir = \"x\"\nzebra = 1\n"), @r##"
error: unknown key `data-dir` in [host]
 --> main.toml:2:1
  |
2 | data-dir = "x"
  | ^^^^^^^^
  |
  = key: host.data-dir
  = hint: did you mean `data_dir`?

error: unknown key `zebra` in [host]
 --> main.toml:3:1
  |
3 | zebra = 1
  | ^^^^^
  |
  = key: host.zebra
  = hint: its keys are `data_dir`, `listen`, `external_url`, `plugin_dir`, `plugin_settle`, `include`, `ca_file`, `private_networks`, `labels`, `admin_token`, `concurrency`, `results_keep`, `transitions_keep`, `store_cache`

2 errors
"##);
}

#[test]
fn an_unknown_section_is_told_with_the_nearest_known_one() {
    insta::assert_snapshot!(check("[[recever]]\nname = \"x\"\n"), @r##"
error: unknown section `recever`
 --> main.toml:1:3
  |
1 | [[recever]]
  |   ^^^^^^^
  |
  = key: recever
  = hint: did you mean `receiver`?

1 error
"##);
}

#[test]
fn what_a_later_version_reads_is_refused_as_not_yet() {
    let text = "[client.acme]\n[[rule]]\n[[silence]]\n[[escalation.on-call]]\n[host]\npublic_listen = \"x\"\n\
                [[receiver]]\nname = \"a\"\nplugin = \"console\"\nfallback = \"b\"\n\
                [[route]]\nname = \"root\"\nreceivers = [\"a\"]\nescalation = \"on-call\"\n";
    let printed = check(text);
    for key in ["client", "rule", "silence", "escalation", "public_listen", "fallback"] {
        assert!(
            printed.contains(&format!("`{key}` is not yet supported by this version")),
            "{key}: {printed}"
        );
    }
    assert!(printed.ends_with("7 errors\n"), "{printed}");
}

#[test]
fn several_syntax_errors_in_several_files_are_all_told() {
    let main = "[host]\ninclude = [\"more.toml\"]\nlisten = \n[defaults]\ninterval = 30s\n";
    let lab = Lab::new(&[("main.toml", main), ("more.toml", "[[check]\nname = \"a\"\n[site.a]\n[site.a]\n")]);
    insta::assert_snapshot!(lab.printed("main.toml"), @r##"
error: not TOML: a value is missing
 --> main.toml:3:10
  |
3 | listen = 
  |          ^
  |
  = hint: texts, durations and sizes stand in quotes: `interval = "30s"`

error: not TOML: a text without quotes
 --> main.toml:5:12
  |
5 | interval = 30s
  |            ^^^
  |
  = hint: texts, durations and sizes stand in quotes: `interval = "30s"`

error: not TOML: unclosed array table, expected `]`
 --> more.toml:1:9
  |
1 | [[check]
  |         ^
  |
  = hint: write `key = value` lines under `[section]` headers; texts stand in quotes

error: `a` is given twice in this file
 --> more.toml:4:7
  |
4 | [site.a]
  |       ^
  |
  = hint: keep one of the two

4 errors
"##);
}

#[test]
fn a_syntax_error_is_not_followed_by_names_that_seem_to_be_missing() {
    let text = "[[receiver]\nname = \"chat\"\nplugin = \"console\"\n[[route]]\nname = \"root\"\nreceivers = [\"chat\"]\n";
    let printed = check(text);
    assert!(printed.contains("not TOML"), "{printed}");
    assert!(!printed.contains("unknown receiver"), "{printed}");
}

#[test]
fn a_file_that_is_not_utf_8_is_told_with_the_line() {
    let lab = Lab::new(&[]);
    lab.write("main.toml", b"[host]\nlabels = { a = \"\xff\" }\n");
    insta::assert_snapshot!(lab.printed("main.toml").replace(&format!("{}/", lab.path("").display()), ""), @r##"
error: `main.toml` is not UTF-8: the first bad byte is on line 2
 |
 = hint: save it as UTF-8

1 error
"##);
}

#[test]
fn a_file_that_is_not_there_is_told() {
    let printed = Lab::new(&[]).printed("main.toml");
    assert!(printed.contains("cannot read `main.toml`: No such file"), "{printed}");
}

#[test]
fn a_folder_without_a_config_is_told() {
    let lab = Lab::new(&[("conf/readme.txt", "")]);
    assert!(lab.printed("conf").contains("the folder `conf` has no `.toml` file"));
}

#[test]
fn a_name_given_twice_across_files_is_told_with_both_places() {
    let main = "[host]\ninclude = [\"b.toml\"]\n[site.oslo]\n[defaults]\ninterval = \"10s\"\n";
    let lab = Lab::new(&[("a.toml", main), ("b.toml", "[site.oslo]\n[defaults]\ninterval = \"20s\"\n")]);
    insta::assert_snapshot!(lab.printed("a.toml"), @r##"
error: site `oslo` is given twice
 --> b.toml:1:7
  |
1 | [site.oslo]
  |       ^^^^
  |
 ::: a.toml:3:7
  |
3 | [site.oslo]
  |       ---- first given here
  |
  = key: site.oslo
  = hint: keep one of the two, or rename one

error: `interval` is given twice
 --> b.toml:3:1
  |
3 | interval = "20s"
  | ^^^^^^^^
  |
 ::: a.toml:5:1
  |
5 | interval = "10s"
  | -------- first given here
  |
  = key: defaults.interval
  = hint: keep one of the two, or rename one

2 errors
"##);
}

#[test]
fn includes_in_a_circle_are_refused() {
    let lab = Lab::new(&[
        ("a.toml", "[host]\ninclude = [\"b.toml\"]\n"),
        ("b.toml", "[host]\ninclude = [\"a.toml\"]\n"),
    ]);
    insta::assert_snapshot!(lab.printed("a.toml"), @r##"
error: `a.toml` includes itself
 --> b.toml:2:12
  |
2 | include = ["a.toml"]
  |            ^^^^^^^^
  |
  = key: host.include
  = hint: put included files into a folder of their own, such as `conf.d/*.toml`

1 error
"##);
}

#[test]
fn an_include_that_matches_nothing_is_a_warning_and_a_missing_file_an_error() {
    insta::assert_snapshot!(check("[host]\ninclude = [\"conf.d/*.toml\", \"gone.toml\"]\n"), @r##"
warning: no file matches `conf.d/*.toml`
 --> main.toml:2:12
  |
2 | include = ["conf.d/*.toml", "gone.toml"]
  |            ^^^^^^^^^^^^^^^
  |
  = key: host.include
  = hint: it is looked for in `.`

error: cannot read `gone.toml`: No such file or directory (os error 2)
 --> main.toml:2:29
  |
2 | include = ["conf.d/*.toml", "gone.toml"]
  |                             ^^^^^^^^^^^
  |
  = hint: check the path; a relative one starts at the including file's folder

1 error, 1 warning
"##);
}

#[test]
fn wrong_durations_sizes_and_numbers_are_told_with_how_they_are_written() {
    let text = "[defaults]\ninterval = 30\ntimeout = \"10 seconds\"\nfailure_threshold = 0\nsend_short = \"yes\"\n\
                retry_interval = \"1ms\"\nmissed = \"often\"\ntime_zone = \"Europe/Olso\"\n\
                [plugin.http.limits]\nmemory = \"lots\"\nkv = \"1TiB\"\n";
    insta::assert_snapshot!(check(text), @r##"
error: `interval` wants a duration, not a number
 --> main.toml:2:12
  |
2 | interval = 30
  |            ^^
  |
  = key: defaults.interval
  = hint: write it with its unit: `"30s"`

error: `10 seconds` is no duration
 --> main.toml:3:11
  |
3 | timeout = "10 seconds"
  |           ^^^^^^^^^^^^
  |
  = key: defaults.timeout
  = hint: write it as `"1h30m"` or `"500ms"`

error: `failure_threshold` cannot be 0
 --> main.toml:4:21
  |
4 | failure_threshold = 0
  |                     ^
  |
  = key: defaults.failure_threshold
  = hint: it goes from 1 to 100

error: `send_short` wants `true` or `false`, not a text
 --> main.toml:5:14
  |
5 | send_short = "yes"
  |              ^^^^^
  |
  = key: defaults.send_short
  = hint: write `true` or `false`

error: `retry_interval` cannot be 1ms
 --> main.toml:6:18
  |
6 | retry_interval = "1ms"
  |                  ^^^^^
  |
  = key: defaults.retry_interval
  = hint: it goes from 100ms to 366d

error: `missed` cannot be `often`
 --> main.toml:7:10
  |
7 | missed = "often"
  |          ^^^^^^^
  |
  = key: defaults.missed
  = hint: it is one of `skip`, `run_once`

error: unknown time zone `Europe/Olso`
 --> main.toml:8:13
  |
8 | time_zone = "Europe/Olso"
  |             ^^^^^^^^^^^^^
  |
  = key: defaults.time_zone
  = hint: did you mean `Europe/Oslo`?

error: `lots` is no size
  --> main.toml:10:10
   |
10 | memory = "lots"
   |          ^^^^^^
   |
   = key: plugin.http.limits.memory
   = hint: write it as `"32MiB"`

error: `kv` cannot be 1TiB
  --> main.toml:11:6
   |
11 | kv = "1TiB"
   |      ^^^^^^
   |
   = key: plugin.http.limits.kv
   = hint: it goes from 0B to 64MiB

9 errors
"##);
}

#[test]
fn listening_beyond_loopback_wants_an_admin_token() {
    insta::assert_snapshot!(check("[host]\nlisten = \"0.0.0.0:8686\"\n"), @r##"
error: `listen` is beyond loopback (`0.0.0.0:8686`), and there is no `admin_token`
 --> main.toml:2:10
  |
2 | listen = "0.0.0.0:8686"
  |          ^^^^^^^^^^^^^^
  |
  = key: host.listen
  = hint: add `admin_token = { secret = "admin-token" }` here and that secret under [secrets], or listen on `127.0.0.1`

1 error
"##);
}

#[test]
fn host_values_of_the_wrong_form_are_told() {
    let text = "[host]\nlisten = \"localhost\"\nexternal_url = \"watch.example.com\"\nprivate_networks = [\"10/8\"]\n\
                admin_token = \"hunter2hunter2\"\n";
    let printed = check(text);
    assert!(!printed.contains("hunter2"), "{printed}");
    insta::assert_snapshot!(printed, @r##"
error: `localhost` is no address to listen on
 --> main.toml:2:10
  |
2 | listen = "localhost"
  |          ^^^^^^^^^^^
  |
  = key: host.listen
  = hint: write address and port as numbers: `"127.0.0.1:8686"` or `"[::1]:8686"`

error: `external_url` is no URL: it has no scheme
 --> main.toml:3:16
  |
3 | external_url = "watch.example.com"
  |                ^^^^^^^^^^^^^^^^^^^
  |
  = key: host.external_url
  = hint: write it as `"https://watch.example.com"`

error: `10/8` is no network
 --> main.toml:4:21
  |
4 | private_networks = ["10/8"]
  |                     ^^^^^^
  |
  = key: host.private_networks
  = hint: write it as `"10.0.0.0/8"`

error: `admin_token` wants a secret, not a text
 --> main.toml:5:15
  |
5 | admin_token = ****************
  |               ^^^^^^^^^^^^^^^^
  |
  = key: host.admin_token
  = hint: write it as `{ secret = "admin-token" }`, and give that secret under [secrets]

4 errors
"##);
}

#[test]
fn calendars_that_make_no_sense_are_told() {
    let text = r#"
[calendars.never]
time_zone = "UTC"
[calendars.odd]
hours = { mon-fry = ["08:00-18:00"], sat = ["8-18", "10:00-12:00", "11:00-13:00"], sun = "10:00-12:00" }
holidays = ["2026-02-30"]
exceptions = { 2026-12-24 = ["25:00-26:00"] }
[calendars.twice]
hours = { mon-fri = ["08:00-18:00"], fri = ["19:00-20:00"] }
[calendars.always]
hours = { mon = ["08:00-18:00"] }
[calendars.file]
hours = { mon = ["08:00-18:00"] }
holidays = "gone.ics"
"#;
    insta::assert_snapshot!(check(text), @r##"
error: the calendar `never` is never open
 --> main.toml:2:12
  |
2 | [calendars.never]
  |            ^^^^^
  |
  = key: calendars.never
  = hint: give it `hours`, such as `hours = { mon-fri = ["08:00-18:00"] }`

error: `mon-fry` has no day of the week in `fry`
 --> main.toml:5:11
  |
5 | hours = { mon-fry = ["08:00-18:00"], sat = ["8-18", "10:00-12:00", "11:00-13:00"], sun = "10:00-12:00" }
  |           ^^^^^^^
  |
  = key: calendars.odd.hours.mon-fry
  = hint: write days as `mon-fri`, `sat` or `mon,wed,fri`

error: `8-18` has no time of day in `8`
 --> main.toml:5:45
  |
5 | hours = { mon-fry = ["08:00-18:00"], sat = ["8-18", "10:00-12:00", "11:00-13:00"], sun = "10:00-12:00" }
  |                                             ^^^^^^
  |
  = key: calendars.odd.hours.sat
  = hint: write hours as `08:00-18:00`, overnight as `22:00-06:00`, all day as `00:00-24:00`

error: `11:00-13:00` overlaps other hours of the same day
 --> main.toml:5:68
  |
5 | hours = { mon-fry = ["08:00-18:00"], sat = ["8-18", "10:00-12:00", "11:00-13:00"], sun = "10:00-12:00" }
  |                                                                    ^^^^^^^^^^^^^
  |
  = key: calendars.odd.hours.sat
  = hint: join the two

error: `sun` wants a list of texts, not a text
 --> main.toml:5:90
  |
5 | hours = { mon-fry = ["08:00-18:00"], sat = ["8-18", "10:00-12:00", "11:00-13:00"], sun = "10:00-12:00" }
  |                                                                                          ^^^^^^^^^^^^^
  |
  = key: calendars.odd.hours.sun
  = hint: write it as `["10:00-12:00"]`

error: `2026-02-30` is no date
 --> main.toml:6:13
  |
6 | holidays = ["2026-02-30"]
  |             ^^^^^^^^^^^^
  |
  = key: calendars.odd.holidays
  = hint: write it as `"2026-12-25"`

error: `25:00-26:00` has no time of day in `25:00`
 --> main.toml:7:30
  |
7 | exceptions = { 2026-12-24 = ["25:00-26:00"] }
  |                              ^^^^^^^^^^^^^
  |
  = key: calendars.odd.exceptions.2026-12-24
  = hint: write hours as `08:00-18:00`, overnight as `22:00-06:00`, all day as `00:00-24:00`

error: Fri has hours twice
 --> main.toml:9:38
  |
9 | hours = { mon-fri = ["08:00-18:00"], fri = ["19:00-20:00"] }
  |                                      ^^^
  |
 ::: main.toml:9:11
  |
9 | hours = { mon-fri = ["08:00-18:00"], fri = ["19:00-20:00"] }
  |           ------- first given here
  |
  = key: calendars.twice.hours.fri
  = hint: put all hours of a day into one list

error: `always` is the calendar that is always open
  --> main.toml:10:12
   |
10 | [calendars.always]
   |            ^^^^^^
   |
   = key: calendars.always
   = hint: give the calendar another name

error: cannot read `gone.ics`: No such file or directory (os error 2)
  --> main.toml:14:12
   |
14 | holidays = "gone.ics"
   |            ^^^^^^^^^^
   |
   = key: calendars.file.holidays
   = hint: check the path; a relative one starts at the including file's folder

10 errors
"##);
}

#[test]
fn names_that_lead_nowhere_are_told_with_what_is_there() {
    let text = r#"
[[check]]
name = "a"
plugin = "htp"
site = "oslo"
run_hours = "office"
use = ["web"]
depends_on = ["b"]
config = { url = "https://example.com/" }

[[route]]
name = "root"
receivers = ["chat"]
[[route]]
name = "urgent"
under = "rooot"
"#;
    insta::assert_snapshot!(check(text), @r##"
error: unknown plugin `htp`
 --> main.toml:4:10
  |
4 | plugin = "htp"
  |          ^^^^^
  |
  = key: check.a.plugin
  = hint: did you mean `http`?

error: unknown site `oslo`
 --> main.toml:5:8
  |
5 | site = "oslo"
  |        ^^^^^^
  |
  = key: check.a.site
  = hint: there is none yet: give it as `[site.NAME]`

error: unknown calendar `office`
 --> main.toml:6:13
  |
6 | run_hours = "office"
  |             ^^^^^^^^
  |
  = key: check.a.run_hours
  = hint: there is none yet: give it as `[calendars.NAME]`

error: unknown template `web`
 --> main.toml:7:8
  |
7 | use = ["web"]
  |        ^^^^^
  |
  = key: check.a.use
  = hint: there is none yet: give it as `[template.NAME]`

error: unknown check `b`
 --> main.toml:8:15
  |
8 | depends_on = ["b"]
  |               ^^^
  |
  = key: check.a.depends_on
  = hint: there are `a`

error: unknown receiver `chat`
  --> main.toml:13:14
   |
13 | receivers = ["chat"]
   |              ^^^^^^
   |
   = key: route.root.receivers
   = hint: there is none yet: give it as `[[receiver]]`

error: unknown route `rooot`
  --> main.toml:16:9
   |
16 | under = "rooot"
   |         ^^^^^^^
   |
   = key: route.urgent.under
   = hint: did you mean `root`?

7 errors
"##);
}

#[test]
fn a_notifier_is_no_check() {
    insta::assert_snapshot!(check("[[check]]\nname = \"a\"\nplugin = \"console\"\n"), @r##"
error: `console` is a plugin of kind notifier, and a check wants one of kind check
 --> main.toml:3:10
  |
3 | plugin = "console"
  |          ^^^^^^^^^
  |
  = key: check.a.plugin
  = hint: use it in a [[receiver]]

1 error
"##);
}

#[test]
fn a_check_without_name_or_plugin_is_told_at_its_header() {
    insta::assert_snapshot!(check("[[check]]\ninterval = \"10s\"\n"), @r##"
error: a check has no `name`
 --> main.toml:1:1
  |
1 | [[check]]
  | ^^^^^^^^^
  |
  = key: check
  = hint: add `name = "..."`

error: a check names no `plugin`
 --> main.toml:1:1
  |
1 | [[check]]
  | ^^^^^^^^^
  |
  = key: check
  = hint: add `plugin = "http"`; there are `http`, `tcp`

2 errors
"##);
}

#[test]
fn keys_that_exclude_each_other_are_told() {
    let text = "[[check]]\nname = \"a\"\nplugin = \"tcp\"\nconfig = { address = \"db:5432\" }\n\
                interval = \"10s\"\nschedule = \"* * * * *\"\nfailure_threshold = 2\nfailures = \"3 of 5\"\n";
    insta::assert_snapshot!(check(text), @r##"
error: `interval` and `schedule` exclude each other
 --> main.toml:6:1
  |
6 | schedule = "* * * * *"
  | ^^^^^^^^
  |
 ::: main.toml:5:1
  |
5 | interval = "10s"
  | -------- the other one
  |
  = key: check.a.schedule
  = hint: keep one of the two

error: `failure_threshold` and `failures` exclude each other
 --> main.toml:8:1
  |
8 | failures = "3 of 5"
  | ^^^^^^^^
  |
 ::: main.toml:7:1
  |
7 | failure_threshold = 2
  | ----------------- the other one
  |
  = key: check.a.failures
  = hint: keep one of the two

2 errors
"##);
}

#[test]
fn failures_have_a_form() {
    let printed = check("[defaults]\nfailures = \"5 of 3\"\n");
    assert!(printed.contains("write it as `\"3 of 5\"`"), "{printed}");
}

#[test]
fn an_impossible_schedule_is_told() {
    let printed = check(
        "[[check]]\nname = \"a\"\nplugin = \"tcp\"\nconfig = { address = \"db:5432\" }\nschedule = \"0 0 31 2 *\"\n",
    );
    assert!(printed.contains("`0 0 31 2 *` is no cron expression"), "{printed}");
}

#[test]
fn labels_that_the_host_makes_cannot_be_set() {
    let text = "[host]\nlabels = { severity = \"x\", \"not good\" = \"y\", env = 3 }\n";
    insta::assert_snapshot!(check(text), @r##"
error: the label `severity` is made by the host
 --> main.toml:2:12
  |
2 | labels = { severity = "x", "not good" = "y", env = 3 }
  |            ^^^^^^^^
  |
  = key: host.labels.severity
  = hint: give the label another name

error: `not good` is no name of a label
 --> main.toml:2:28
  |
2 | labels = { severity = "x", "not good" = "y", env = 3 }
  |                            ^^^^^^^^^^
  |
  = key: host.labels.not good
  = hint: use letters, digits and `_`, and no digit in front

error: `env` wants a text, not a number
 --> main.toml:2:52
  |
2 | labels = { severity = "x", "not good" = "y", env = 3 }
  |                                                    ^
  |
  = key: host.labels.env
  = hint: put it in quotes

3 errors
"##);
}

#[test]
fn names_have_letters_digits_and_few_signs() {
    let text =
        "[[check]]\nname = \"a b\"\nplugin = \"tcp\"\nconfig = { address = \"db:5432\" }\n[site.\"a/b\"]\n";
    let printed = check(text);
    assert!(printed.contains("a name cannot have ` ` in it"), "{printed}");
    assert!(printed.contains("a name cannot have `/` in it"), "{printed}");
}

#[test]
fn entries_that_make_the_same_name_are_told_with_both_entries() {
    let text = r#"
[[check]]
name = "site-${each.team}"
plugin = "http"
each = { shop = { team = "web" }, blog = { team = "web" } }
config = { url = "https://${each.key}.example.com/" }
"#;
    insta::assert_snapshot!(check(text), @r##"
error: the check `site-web` is given twice by the entry `blog`
 --> main.toml:5:35
  |
5 | each = { shop = { team = "web" }, blog = { team = "web" } }
  |                                   ^^^^
  |
 ::: main.toml:5:10
  |
5 | each = { shop = { team = "web" }, blog = { team = "web" } }
  |          ---- first given here by the entry `shop`
  |
  = key: check.site-web.name
  = hint: names are unique across all files: rename one

1 error
"##);
}

#[test]
fn entries_whose_key_is_not_in_the_name_are_told() {
    let text = "[[check]]\nname = \"site\"\nplugin = \"http\"\neach = { a = {}, b = {} }\nconfig = { url = \"https://${each.key}/\" }\n";
    insta::assert_snapshot!(check(text), @r##"
error: every entry would get the same name
 --> main.toml:2:8
  |
2 | name = "site"
  |        ^^^^^^
  |
  = key: check.site.name
  = hint: put the entry's key into it, such as `name = "site-${each.key}"`

1 error
"##);
}

#[test]
fn placeholders_that_stand_for_nothing_are_told() {
    let text = r#"
[[check]]
name = "site-${each.key}"
plugin = "http"
each = { shop = { url = "https://shop.example.com/" } }
labels = { team = "${each.team}", env = "${env}", open = "${each.key" }
config = { url = "${each.ulr}" }

[[check]]
name = "alone"
plugin = "http"
config = { url = "https://${each.key}/" }
"#;
    insta::assert_snapshot!(check(text), @r##"
error: `${each.team}`: the entry `shop` has no `team`
 --> main.toml:6:19
  |
6 | labels = { team = "${each.team}", env = "${env}", open = "${each.key" }
  |                   ^^^^^^^^^^^^^^
  |
 ::: main.toml:5:10
  |
5 | each = { shop = { url = "https://shop.example.com/" } }
  |          ---- the entry
  |
  = key: check.site-shop.labels.team
  = hint: its fields are `key`, `url`

error: unknown placeholder `${env}`
 --> main.toml:6:41
  |
6 | labels = { team = "${each.team}", env = "${env}", open = "${each.key" }
  |                                         ^^^^^^^^
  |
  = key: check.site-shop.labels.env
  = hint: write `${each.key}` or `${each.FIELD}`, or `$${` for `${` itself

error: a placeholder is not closed
 --> main.toml:6:58
  |
6 | labels = { team = "${each.team}", env = "${env}", open = "${each.key" }
  |                                                          ^^^^^^^^^^^^
  |
  = key: check.site-shop.labels.open
  = hint: write `${each.FIELD}`, or `$${` for `${` itself

error: `${each.ulr}`: the entry `shop` has no `ulr`
 --> main.toml:7:18
  |
7 | config = { url = "${each.ulr}" }
  |                  ^^^^^^^^^^^^^
  |
 ::: main.toml:5:10
  |
5 | each = { shop = { url = "https://shop.example.com/" } }
  |          ---- the entry
  |
  = key: check.site-shop.config.url
  = hint: did you mean `${each.url}`?

error: `${each.key}` stands for nothing: the check has no `each`
  --> main.toml:12:18
   |
12 | config = { url = "https://${each.key}/" }
   |                  ^^^^^^^^^^^^^^^^^^^^^^
   |
   = key: check.alone.config.url
   = hint: give the check `each` or `each_file`, or write `$${` for `${` itself

5 errors
"##);
}

#[test]
fn a_csv_file_with_a_short_line_or_a_key_twice_is_told_at_the_line() {
    let main = "[[check]]\nname = \"${each.key}\"\nplugin = \"tcp\"\neach_file = \"sites.csv\"\n\
                config = { address = \"${each.host}:1\" }\n";
    let csv = "key,host\r\na,one\r\nb\r\na,two\r\n";
    insta::assert_snapshot!(Lab::new(&[("main.toml", main), ("sites.csv", csv)]).printed("main.toml"), @r##"
error: fields: 1 on this line, 2 in the header
 --> sites.csv:3:1
  |
3 | b
  | ^
  |
  = key: check.${each.key}.each_file
  = hint: put texts with commas into double quotes

error: the key `a` is given twice
 --> sites.csv:4:1
  |
4 | a,two
  | ^^^^^
  |
 ::: sites.csv:2:1
  |
2 | a,one
  | ----- first given here
  |
  = key: check.${each.key}.each_file
  = hint: keys are unique in one file: rename one

2 errors
"##);
}

#[test]
fn templates_that_use_each_other_are_refused() {
    let text = "[template.a]\nuse = [\"b\"]\n[template.b]\nuse = [\"a\"]\n";
    insta::assert_snapshot!(check(text), @r##"
error: templates use each other: `a` -> `b` -> `a`
 --> main.toml:4:8
  |
4 | use = ["a"]
  |        ^^^
  |
  = key: template.b.use
  = hint: take one of them out

1 error
"##);
}

#[test]
fn a_mistake_in_a_template_is_told_once_even_if_nobody_or_everybody_uses_it() {
    let template = "[template.web]\nplugin = \"http\"\ninterval = \"soon\"\n";
    let check_of = |name: &str| {
        format!(
            "[[check]]\nname = \"{name}\"\nuse = [\"web\"]\nconfig = {{ url = \"https://a.example.com/\" }}\n"
        )
    };
    let unused = check(template);
    let used = check(&format!("{template}{}{}", check_of("a"), check_of("b")));
    assert!(unused.ends_with("1 error\n"), "{unused}");
    assert_eq!(unused, used);
}

#[test]
fn checks_that_depend_on_each_other_are_refused() {
    let check_of = |name: &str, on: &str| {
        format!(
            "[[check]]\nname = \"{name}\"\nplugin = \"tcp\"\nconfig = {{ address = \"db:1\" }}\ndepends_on = [\"{on}\"]\n"
        )
    };
    let text = [check_of("a", "b"), check_of("b", "c"), check_of("c", "b"), check_of("d", "d")].concat();
    insta::assert_snapshot!(check(&text), @r##"
error: checks depend on each other: `b` -> `c` -> `b`
  --> main.toml:15:15
   |
15 | depends_on = ["b"]
   |               ^^^
   |
   = key: check.c.depends_on
   = hint: take one of them out of `depends_on`

error: checks depend on each other: `d` -> `d`
  --> main.toml:20:15
   |
20 | depends_on = ["d"]
   |               ^^^
   |
   = key: check.d.depends_on
   = hint: take one of them out of `depends_on`

2 errors
"##);
}

#[test]
fn a_receiver_that_no_route_tells_is_a_warning() {
    insta::assert_snapshot!(check("[[receiver]]\nname = \"a\"\nplugin = \"console\"\n"), @r##"
warning: no route tells the receiver `a`
 --> main.toml:2:8
  |
2 | name = "a"
  |        ^^^
  |
  = key: receiver.a
  = hint: add `receivers = ["a"]` to a [[route]], or take it out

1 warning
"##);
}

#[test]
fn routes_that_are_no_tree_are_refused() {
    let text = "[[route]]\nname = \"one\"\n[[route]]\nname = \"two\"\n\
                [[route]]\nname = \"a\"\nunder = \"b\"\n[[route]]\nname = \"b\"\nunder = \"a\"\n";
    insta::assert_snapshot!(check(text), @r##"
error: `two` is a second root
 --> main.toml:4:8
  |
4 | name = "two"
  |        ^^^^^
  |
 ::: main.toml:2:8
  |
2 | name = "one"
  |        ----- the first root
  |
  = key: route.two.under
  = hint: add `under = "one"`: only one route is without `under`

error: routes are under each other: `a` -> `b` -> `a`
 --> main.toml:7:9
  |
7 | under = "b"
  |         ^^^
  |
  = key: route.a.under
  = hint: one of them has to be under a route that leads to the root

2 errors
"##);
}

#[test]
fn routes_without_a_root_are_refused() {
    let printed = check("[[route]]\nname = \"a\"\nunder = \"a\"\n");
    assert!(printed.contains("routes are under each other: `a` -> `a`"), "{printed}");
}

#[test]
fn what_a_root_cannot_have_is_told() {
    let text = "[[route]]\nname = \"root\"\nmatch = ['team=\"web\"']\ncontinue = true\n\
                [[route]]\nname = \"x\"\nunder = \"root\"\nmatch = ['team']\ngroup_by = [\"...\", \"team\"]\n";
    insta::assert_snapshot!(check(text), @r##"
error: the root takes every alert, so it has no `match`
 --> main.toml:3:1
  |
3 | match = ['team="web"']
  | ^^^^^
  |
  = key: route.root.match
  = hint: put it into a route `under` this one

error: the root takes every alert, so it has no `continue`
 --> main.toml:4:1
  |
4 | continue = true
  | ^^^^^^^^
  |
  = key: route.root.continue
  = hint: put it into a route `under` this one

error: `team` is no matcher: no operator follows the label `team`
 --> main.toml:8:10
  |
8 | match = ['team']
  |          ^^^^^^
  |
  = key: route.x.match
  = hint: write it as `'team="web"'`, with `=`, `!=`, `=~` or `!~`

error: `...` groups nothing, so it stands alone
 --> main.toml:9:13
  |
9 | group_by = ["...", "team"]
  |             ^^^^^
  |
  = key: route.x.group_by
  = hint: take the labels out, or `...`

4 errors
"##);
}

#[test]
fn grants_that_cannot_be_are_told() {
    let text = "[plugin.http]\nallow = { htp = [], http = [\"example.com\"], files = [\"/etc\"], net = \"a:1\" }\n\
                [plugin.gone]\n";
    insta::assert_snapshot!(check(text), @r##"
error: unknown capability `htp`
 --> main.toml:2:11
  |
2 | allow = { htp = [], http = ["example.com"], files = ["/etc"], net = "a:1" }
  |           ^^^
  |
  = key: plugin.http.allow.htp
  = hint: did you mean `http`?

error: `example.com` is no target for `http`: it has no scheme
 --> main.toml:2:29
  |
2 | allow = { htp = [], http = ["example.com"], files = ["/etc"], net = "a:1" }
  |                             ^^^^^^^^^^^^^
  |
  = key: plugin.http.allow.http
  = hint: write it as `https://api.example.com`, `https://*.example.com:8443` or `http://10.0.0.0/8:*`

error: `files` is not yet supported by this version
 --> main.toml:2:45
  |
2 | allow = { htp = [], http = ["example.com"], files = ["/etc"], net = "a:1" }
  |                                             ^^^^^
  |
  = key: plugin.http.allow.files
  = hint: take it out until a later version reads it

error: `net` wants a list of texts, not a text
 --> main.toml:2:69
  |
2 | allow = { htp = [], http = ["example.com"], files = ["/etc"], net = "a:1" }
  |                                                                     ^^^^^
  |
  = key: plugin.http.allow.net
  = hint: write it as `["a:1"]`

warning: no plugin `gone` is loaded
 --> main.toml:3:9
  |
3 | [plugin.gone]
  |         ^^^^
  |
  = key: plugin.gone
  = hint: put its file into `plugin_dir`, or take this section out

4 errors, 1 warning
"##);
}

#[test]
fn a_section_of_the_wrong_shape_is_told() {
    insta::assert_snapshot!(check("check = 3\nsite = []\n[[host]]\n[calendars]\noffice = 3\n"), @r##"
error: a check is written as `[[check]]`
 --> main.toml:1:9
  |
1 | check = 3
  |         ^
  |
  = key: check
  = hint: write the header `[[check]]`

error: a site is written as `[site.NAME]`
 --> main.toml:2:8
  |
2 | site = []
  |        ^^
  |
  = key: site
  = hint: write the header `[site.NAME]`

error: [host] is written as `[host]`
 --> main.toml:3:1
  |
3 | [[host]]
  | ^^^^^^^^
  |
  = key: host
  = hint: write the header `[host]`

error: `office` wants a table, not a number
 --> main.toml:5:10
  |
5 | office = 3
  |          ^
  |
  = key: calendars.office
  = hint: write a table: a header of its own, or braces

4 errors
"##);
}
