//! One test for each kind of bad input: checks, templates, entries and what depends on what.

use crate::lab::{Lab, check};

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
    insta::assert_snapshot!(check("[[check]]\nname = \"a\"\nplugin = \"console\"\n"), @r#"
error: `console` is a plugin of kind notifier, and a check wants one of kind check
 --> main.toml:3:10
  |
3 | plugin = "console"
  |          ^^^^^^^^^
  |
  = key: check.a.plugin
  = hint: use it in a [[receiver]]; plugins of kind check are `http`, `tcp`

1 error
"#);
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
fn an_impossible_schedule_is_told() {
    let printed = check(
        "[[check]]\nname = \"a\"\nplugin = \"tcp\"\nconfig = { address = \"db:5432\" }\nschedule = \"0 0 31 2 *\"\n",
    );
    assert!(printed.contains("`0 0 31 2 *` is not a valid cron expression"), "{printed}");
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
fn a_check_for_each_of_no_entries_is_told() {
    let text = "[[check]]\nname = \"site-${each.key}\"\nplugin = \"http\"\neach = {}\nconfig = { url = \"https://${each.key}/\" }\n";
    insta::assert_snapshot!(check(text), @r##"
warning: there is no entry, so this makes no check
 --> main.toml:4:1
  |
4 | each = {}
  | ^^^^
  |
  = key: check.site-${each.key}
  = hint: add an entry, or delete the check

1 warning
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

fn depending(name: &str, on: &str) -> String {
    format!(
        "[[check]]\nname = \"{name}\"\nplugin = \"tcp\"\nconfig = {{ address = \"db:1\" }}\ndepends_on = {on}\n"
    )
}

#[test]
fn a_circle_of_dependencies_is_told_whole_through_groups_and_findings() {
    let text = [
        depending("a", "[[\"b\", \"spare\"]]"),
        depending("b", "[\"c/disk /\"]"),
        depending("c", "[\"spare\", [\"a\"]]"),
        depending("spare", "[]"),
    ]
    .concat();
    insta::assert_snapshot!(check(&text), @r##"
error: checks depend on each other: `a` -> `b` -> `c` -> `a`
  --> main.toml:15:25
   |
15 | depends_on = ["spare", ["a"]]
   |                         ^^^
   |
   = key: check.c.depends_on
   = hint: take one of them out of `depends_on`

1 error
"##);
}

#[test]
fn dependencies_that_name_nothing_or_twice_are_told() {
    let text = [
        depending("a", "[\"/x\", \"b/\", [], 3, [\"b\", \"b\"], \"bb/x\"]"),
        depending("b", "\"a\""),
        depending("c", "[\"b\", \"b\", [\"b\", [\"a\"]]]"),
    ]
    .concat();
    insta::assert_snapshot!(check(&text), @r##"
error: `/x` names no finding of a check
 --> main.toml:5:15
  |
5 | depends_on = ["/x", "b/", [], 3, ["b", "b"], "bb/x"]
  |               ^^^^
  |
  = key: check.a.depends_on
  = hint: write it as `"CHECK/FINDING"`, as in `"disks/sda1"`

error: `b/` names no finding of a check
 --> main.toml:5:21
  |
5 | depends_on = ["/x", "b/", [], 3, ["b", "b"], "bb/x"]
  |                     ^^^^
  |
  = key: check.a.depends_on
  = hint: write it as `"CHECK/FINDING"`, as in `"disks/sda1"`

error: the redundancy group is empty
 --> main.toml:5:27
  |
5 | depends_on = ["/x", "b/", [], 3, ["b", "b"], "bb/x"]
  |                           ^^
  |
  = key: check.a.depends_on
  = hint: name its members, as in `["link-a", "link-b"]`, or take it out

error: `depends_on` wants names of checks, not a number
 --> main.toml:5:31
  |
5 | depends_on = ["/x", "b/", [], 3, ["b", "b"], "bb/x"]
  |                               ^
  |
  = key: check.a.depends_on
  = hint: write `"CHECK"` or `"CHECK/FINDING"`, or a list of them

warning: the redundancy group has it twice
 --> main.toml:5:40
  |
5 | depends_on = ["/x", "b/", [], 3, ["b", "b"], "bb/x"]
  |                                        ^^^
  |
  = key: check.a.depends_on
  = hint: keep one of the two

error: unknown check `bb`
 --> main.toml:5:46
  |
5 | depends_on = ["/x", "b/", [], 3, ["b", "b"], "bb/x"]
  |                                              ^^^^^^
  |
  = key: check.a.depends_on
  = hint: there are `a`, `b`, `c`

error: `depends_on` wants a list of checks, not a text
  --> main.toml:10:14
   |
10 | depends_on = "a"
   |              ^^^
   |
   = key: check.b.depends_on
   = hint: write it as `["a"]`

warning: the same parent is listed twice
  --> main.toml:15:20
   |
15 | depends_on = ["b", "b", ["b", ["a"]]]
   |                    ^^^
   |
   = key: check.c.depends_on
   = hint: keep one of the two

warning: the same parent is listed twice
  --> main.toml:15:25
   |
15 | depends_on = ["b", "b", ["b", ["a"]]]
   |                         ^^^^^^^^^^^^
   |
   = key: check.c.depends_on
   = hint: keep one of the two

error: `depends_on` wants names of checks, not a list
  --> main.toml:15:31
   |
15 | depends_on = ["b", "b", ["b", ["a"]]]
   |                               ^^^^^
   |
   = key: check.c.depends_on
   = hint: write `"CHECK"` or `"CHECK/FINDING"`, or a list of them

7 errors, 3 warnings
"##);
}

#[test]
fn how_reports_are_taken_is_one_of_what_there_is() {
    let text = depending("a", "[]")
        + "absent = \"forget\"\nflapping = \"no\"\nevent_memory = \"1s\"\nbeyond_witness = 1\n";
    insta::assert_snapshot!(check(&text), @r##"
error: `absent` cannot be `forget`
 --> main.toml:6:10
  |
6 | absent = "forget"
  |          ^^^^^^^^
  |
  = key: check.a.absent
  = hint: it is one of `keep`, `resolve`, `critical`

error: `flapping` wants `true` or `false`, not a text
 --> main.toml:7:12
  |
7 | flapping = "no"
  |            ^^^^
  |
  = key: check.a.flapping
  = hint: write `true` or `false`

error: `event_memory` cannot be 1s
 --> main.toml:8:16
  |
8 | event_memory = "1s"
  |                ^^^^
  |
  = key: check.a.event_memory
  = hint: it goes from 1h to 3660d

error: `beyond_witness` wants `true` or `false`, not a number
 --> main.toml:9:18
  |
9 | beyond_witness = 1
  |                  ^
  |
  = key: check.a.beyond_witness
  = hint: write `true` or `false`

4 errors
"##);
}

const OFFICE: &str = "[calendars.office]\ntime_zone = \"Europe/Oslo\"\nhours = { mon-fri = [\"08:00-18:00\"] }\n[site.oslo]\ncalendar = \"office\"\n";

#[test]
fn a_schedule_that_never_falls_into_its_hours_is_refused_wherever_the_hours_come_from() {
    let check = |keys: &str| {
        check(&format!(
            "{OFFICE}[[check]]\nname = \"nightly\"\nplugin = \"tcp\"\nconfig = {{ address = \"db:1\" }}\n{keys}"
        ))
    };
    insta::assert_snapshot!(check("schedule = \"0 3 * * *\"\ntime_zone = \"Europe/Oslo\"\nrun_hours = \"office\"\n"), @r#"
error: `0 3 * * *` never falls into the hours of the calendar `office`: it would never run
  --> main.toml:10:12
   |
10 | schedule = "0 3 * * *"
   |            ^^^^^^^^^^^
   |
   = key: check.nightly.schedule
   = hint: choose a time at which `office` is open, or another `run_hours`; with `missed = "run_once"` it runs when they open

1 error
"#);
    for never in [
        "schedule = \"0 3 * * *\"\nsite = \"oslo\"\n",
        "schedule = \"0 12 * * sat\"\nsite = \"oslo\"\n",
        "schedule = \"0 19 * * *\"\ntime_zone = \"Europe/Oslo\"\nsite = \"oslo\"\n",
    ] {
        assert!(check(never).contains("never falls into the hours"), "{never}: {}", check(never));
    }
    for fine in [
        "schedule = \"0 3 * * *\"\nsite = \"oslo\"\nmissed = \"run_once\"\n",
        "schedule = \"0 3 * * *\"\nsite = \"oslo\"\nrun_hours = \"always\"\n",
        "schedule = \"0 23 * * *\"\ntime_zone = \"America/New_York\"\nsite = \"oslo\"\nmissed = \"run_once\"\n",
        "schedule = \"0 3 * * *\"\ntime_zone = \"America/New_York\"\nsite = \"oslo\"\n",
    ] {
        assert_eq!(check(fine), "", "{fine}");
    }
    let heartbeat = "[[heartbeat]]\nname = \"job\"\nkey = \"0123456789abcdef\"\nschedule = \"0 3 * * *\"\nrun_hours = \"office\"\n";
    let printed = crate::lab::check(&format!("{OFFICE}{heartbeat}"));
    assert!(printed.contains("its pings would never be missed"), "{printed}");
}
