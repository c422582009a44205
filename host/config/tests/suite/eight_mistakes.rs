//! A config with eight mistakes in two files prints eight problems, each with file, line, column, snippet and
//! hint.

use crate::lab::Lab;

const MAIN: &str = r#"[host]
listen = "127.0.0.1:8686"
include = ["conf.d/*.toml"]

[defaults]
intervall = "30s"

[calendars.office]
time_zone = "Europe/Oslo"
hours = { mon-fri = ["08:00-18:00"] }

[[check]]
name = "shop"
plugin = "http"
timeout = 10
run_hours = "ofice"
config = { url = "https://shop.example.com/", find = 3 }

[[receiver]]
name = "chat"
plugin = "console"

[[route]]
name = "root"
receivers = ["chatt"]
"#;

const MORE: &str = r#"[[check]]
name = "shop"
plugin = "http"
config = { url = "https://blog.example.com/" }

[[check]]
name = "nightly"
plugin = "htttp"
schedule = "61 2 * * *"
"#;

#[test]
fn eight_mistakes_in_two_files_are_eight_problems() {
    let lab = Lab::new(&[("main.toml", MAIN), ("conf.d/more.toml", MORE)]);
    let loaded = lab.load("main.toml");
    assert!(loaded.config.is_none());
    let errors = loaded.problems.iter().filter(|p| p.severity == watchkeep_config::Severity::Error);
    for problem in errors {
        assert!(problem.place.line > 0 && problem.place.column > 0, "{problem:?}");
        assert!(problem.place.snippet.is_some(), "{problem:?}");
        assert!(problem.hint.is_some(), "{problem:?}");
    }
    insta::assert_snapshot!(lab.printed("main.toml"), @r##"
error: the check `shop` is given twice
  --> conf.d/more.toml:2:8
   |
 2 | name = "shop"
   |        ^^^^^^
   |
  ::: main.toml:13:8
   |
13 | name = "shop"
   |        ------ first given here
   |
   = key: check.shop.name
   = hint: names are unique across all files: rename one

error: unknown plugin `htttp`
 --> conf.d/more.toml:8:10
  |
8 | plugin = "htttp"
  |          ^^^^^^^
  |
  = key: check.nightly.plugin
  = hint: did you mean `http`?

error: `61 2 * * *` is not a valid cron expression: minute `61` is not within 0 to 59
 --> conf.d/more.toml:9:12
  |
9 | schedule = "61 2 * * *"
  |            ^^^^^^^^^^^^
  |
  = key: check.nightly.schedule
  = hint: minute takes 0 to 59

error: unknown key `intervall` in [defaults]
 --> main.toml:6:1
  |
6 | intervall = "30s"
  | ^^^^^^^^^
  |
  = key: defaults.intervall
  = hint: did you mean `interval`?

error: `timeout` wants a duration, not a number
  --> main.toml:15:11
   |
15 | timeout = 10
   |           ^^
   |
   = key: check.shop.timeout
   = hint: write it with its unit: `"10s"`

error: unknown calendar `ofice`
  --> main.toml:16:13
   |
16 | run_hours = "ofice"
   |             ^^^^^^^
   |
   = key: check.shop.run_hours
   = hint: did you mean `office`?

error: `find` wants a text, not a number
  --> main.toml:17:54
   |
17 | config = { url = "https://shop.example.com/", find = 3 }
   |                                                      ^
   |
   = key: check.shop.config.find
   = hint: put it in quotes

error: unknown receiver `chatt`
  --> main.toml:25:14
   |
25 | receivers = ["chatt"]
   |              ^^^^^^^
   |
   = key: route.root.receivers
   = hint: did you mean `chat`?

8 errors
"##);
}
