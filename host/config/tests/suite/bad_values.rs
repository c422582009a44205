//! One test for each kind of bad input: values of the host, of calendars, labels and grants.

use crate::lab::check;

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

error: `10 seconds` is not a duration
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

error: `lots` is not a size
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
fn listening_beyond_loopback_wants_people_to_sign_in() {
    insta::assert_snapshot!(check("[host]\nlisten = \"0.0.0.0:8686\"\n"), @r##"
error: `listen` is beyond loopback (`0.0.0.0:8686`), and nobody has to sign in
 --> main.toml:2:10
  |
2 | listen = "0.0.0.0:8686"
  |          ^^^^^^^^^^^^^^
  |
  = key: host.listen
  = hint: add `users = true`, or `admin_token = { secret = "admin-token" }` and that secret under [secrets], or listen on `127.0.0.1`

1 error
"##);
}

#[test]
fn passwords_in_the_clear_are_warned_of_unless_something_is_in_front() {
    let warned = |more: &str| {
        let text = format!("[host]\nlisten = \"0.0.0.0:8686\"\nusers = true\n{more}\n");
        check(&text).contains("warning: passwords, cookies and tokens cross the network in the clear")
    };
    assert!(warned("") && warned("external_url = \"http://watch.example.com\""));
    assert!(!warned("external_url = \"https://watch.example.com\""));
    assert!(!warned("trusted_proxies = [\"10.0.0.7\"]"));
    assert!(!warned("tls = { certificate = \"cert.pem\", key = \"key.pem\" }"));
}

#[test]
fn what_is_wrong_with_tls_and_proxies_is_told_at_its_place() {
    let text = "[host]\ntls = \"cert.pem\"\npublic_tls = { certificate = \"cert.pem\", keys = \"key.pem\" }\n\
                trusted_proxies = [\"10.0.0.0/8\", \"0.0.0.0/0\", \"proxy\"]\n";
    insta::assert_snapshot!(check(text), @r##"
error: `tls` wants a table, not a text
 --> main.toml:2:7
  |
2 | tls = "cert.pem"
  |       ^^^^^^^^^^
  |
  = key: host.tls
  = hint: write it as `tls = { certificate = "cert.pem", key = "key.pem" }`

error: [host.public_tls] has no `key`
 --> main.toml:3:1
  |
3 | public_tls = { certificate = "cert.pem", keys = "key.pem" }
  | ^^^^^^^^^^
  |
  = key: host.public_tls
  = hint: add `key = "FILE.pem"`

warning: there is no `public_listen`, so `public_tls` is of no use
 --> main.toml:3:1
  |
3 | public_tls = { certificate = "cert.pem", keys = "key.pem" }
  | ^^^^^^^^^^
  |
  = key: host.public_tls
  = hint: add `public_listen`, or take it out; the pages have `tls`

error: unknown key `keys` in [host.public_tls]
 --> main.toml:3:42
  |
3 | public_tls = { certificate = "cert.pem", keys = "key.pem" }
  |                                          ^^^^
  |
  = key: host.public_tls.keys
  = hint: did you mean `key`?

error: `0.0.0.0/0` trusts everybody, so that anybody could claim to be anywhere
 --> main.toml:4:34
  |
4 | trusted_proxies = ["10.0.0.0/8", "0.0.0.0/0", "proxy"]
  |                                  ^^^^^^^^^^^
  |
  = key: host.trusted_proxies
  = hint: name the addresses of the proxies, such as `"10.0.0.7"`

error: `proxy` is not a network
 --> main.toml:4:47
  |
4 | trusted_proxies = ["10.0.0.0/8", "0.0.0.0/0", "proxy"]
  |                                               ^^^^^^^
  |
  = key: host.trusted_proxies
  = hint: write it as `"10.0.0.0/8"`

5 errors, 1 warning
"##);
}

#[test]
fn host_values_of_the_wrong_form_are_told() {
    let text = "[host]\nlisten = \"localhost\"\nexternal_url = \"watch.example.com\"\nprivate_networks = [\"10/8\"]\n\
                admin_token = \"hunter2hunter2\"\n";
    let printed = check(text);
    assert!(!printed.contains("hunter2"), "{printed}");
    insta::assert_snapshot!(printed, @r##"
error: `localhost` is not an address to listen on
 --> main.toml:2:10
  |
2 | listen = "localhost"
  |          ^^^^^^^^^^^
  |
  = key: host.listen
  = hint: write address and port as numbers: `"127.0.0.1:8686"` or `"[::1]:8686"`

error: `external_url` is not a URL: it has no scheme
 --> main.toml:3:16
  |
3 | external_url = "watch.example.com"
  |                ^^^^^^^^^^^^^^^^^^^
  |
  = key: host.external_url
  = hint: write it as `"https://watch.example.com"`

error: `10/8` is not a network
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

error: `2026-02-30` is not a date
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
fn failures_have_a_form() {
    let printed = check("[defaults]\nfailures = \"5 of 3\"\n");
    assert!(printed.contains("write it as `\"3 of 5\"`"), "{printed}");
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

error: `not good` is not a valid label name
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
fn grants_that_cannot_be_are_told() {
    let text = "[plugin.http]\nallow = { htp = [], http = [\"example.com\"], files = [\"/etc\"], net = \"a:1\" }\n\
                [plugin.gone]\n";
    insta::assert_snapshot!(check(text), @r#"
    error: unknown capability `htp`
     --> main.toml:2:11
      |
    2 | allow = { htp = [], http = ["example.com"], files = ["/etc"], net = "a:1" }
      |           ^^^
      |
      = key: plugin.http.allow.htp
      = hint: did you mean `http`?

    error: `example.com` is not a valid target for `http`: it has no scheme
     --> main.toml:2:29
      |
    2 | allow = { htp = [], http = ["example.com"], files = ["/etc"], net = "a:1" }
      |                             ^^^^^^^^^^^^^
      |
      = key: plugin.http.allow.http
      = hint: write it as `https://api.example.com`, `https://*.example.com:8443` or `http://10.0.0.0/8:*`

    error: unknown root `/etc`
     --> main.toml:2:54
      |
    2 | allow = { htp = [], http = ["example.com"], files = ["/etc"], net = "a:1" }
      |                                                      ^^^^^^
      |
      = key: plugin.http.allow.files
      = hint: there is none yet: give it as `[roots]`

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
    "#);
}

#[test]
fn what_a_machine_does_not_have_is_told() {
    let text = "[plugin.http]\nallow = { system = [\"disks\", \"memry\", \"unit:nginx.service\", \"units:nginx\", \"gpu\"] }\n";
    let printed = check(text);
    for told in [
        "`memry` is not a valid target for `system`: a machine has no `memry` to grant",
        "hint: did you mean `memory`?",
        "hint: did you mean `units:nginx.service`?",
        "hint: write it as `nginx.service`, or `nginx*` for all that begin so",
        "hint: targets are `disks`, `memory`, `load`, `links`, `pressure`, `clock`",
    ] {
        assert!(printed.contains(told), "{told}\n{printed}");
    }
    assert_eq!(printed.matches("is not a valid target for `system`").count(), 4, "{printed}");
}

#[test]
fn what_would_steer_a_terminal_is_shown_and_does_nothing() {
    let said = check("[host]\nlisten = \"a\u{9b}2J\"\nname\u{1b}c = 1\n");
    assert!(said.contains('\u{fffd}') && said.contains('␛'), "{said}");
    assert!(!said.chars().any(|c| c.is_control() && c != '\n'), "{said:?}");
}
