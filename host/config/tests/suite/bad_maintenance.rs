//! One test for each kind of bad input: maintenance, the witness, and what the host says of itself.

use crate::lab::{Lab, check};

const WEB: &str = "[[maintenance]]\nname = \"move\"\nmatch = ['team=\"web\"']\n";

#[test]
fn a_window_that_hides_everything_is_refused() {
    let at = "from = \"2026-12-24 22:00\"\nuntil = \"2026-12-25 02:00\"\n";
    let text = format!(
        "[[maintenance]]\nname = \"a\"\n{at}[[maintenance]]\nname = \"b\"\nmatch = []\n{at}\
         [[maintenance]]\nname = \"c\"\nmatch = ['team!=\"web\"', 'site=~\".*\"']\n{at}\
         [[maintenance]]\nname = \"d\"\nmatch = ['team']\n{at}"
    );
    insta::assert_snapshot!(check(&text), @r##"
error: the window has no matcher, so it would hide every alert
 --> main.toml:1:1
  |
1 | [[maintenance]]
  | ^^^^^^^^^^^^^^^
  |
  = key: maintenance.a.match
  = hint: say what it is about, as in `match = ['team="web"']`

error: the window has no matcher, so it would hide every alert
 --> main.toml:7:9
  |
7 | match = []
  |         ^^
  |
  = key: maintenance.b.match
  = hint: say what it is about, as in `match = ['team="web"']`

error: every matcher fits what has no such label, so it would hide every alert
  --> main.toml:12:9
   |
12 | match = ['team!="web"', 'site=~".*"']
   |         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   |
   = key: maintenance.c.match
   = hint: add one that names a value, as in `'team="web"'`

error: `team` is not a valid matcher: no operator follows the label `team`
  --> main.toml:17:10
   |
17 | match = ['team']
   |          ^^^^^^
   |
   = key: maintenance.d.match
   = hint: write it as `'team="web"'`, with `=`, `!=`, `=~` or `!~`

4 errors
"##);
}

#[test]
fn a_window_says_when_it_is_in_one_way() {
    let text = format!(
        "{WEB}[[maintenance]]\nname = \"b\"\nmatch = ['a=b']\nfrom = \"2026-12-24 22:00\"\nlasts = \"2h\"\n\
                        [[maintenance]]\nname = \"c\"\nmatch = ['a=b']\nuntil = \"2026-12-24 22:00\"\n\
                        [[maintenance]]\nname = \"d\"\nmatch = ['a=b']\nschedule = \"0 2 * * sun\"\n"
    );
    insta::assert_snapshot!(check(&text), @r##"
error: the window does not say when it is
 --> main.toml:1:1
  |
1 | [[maintenance]]
  | ^^^^^^^^^^^^^^^
  |
  = key: maintenance.move
  = hint: add `from` and `until`, or `schedule` and `lasts`

error: `from` and `lasts` exclude each other
 --> main.toml:8:1
  |
8 | lasts = "2h"
  | ^^^^^
  |
 ::: main.toml:7:1
  |
7 | from = "2026-12-24 22:00"
  | ---- the other one
  |
  = key: maintenance.b.lasts
  = hint: keep `from` and `until` for once, or `schedule` and `lasts` for again and again

error: the window has no `from`
 --> main.toml:9:1
  |
9 | [[maintenance]]
  | ^^^^^^^^^^^^^^^
  |
  = key: maintenance.c
  = hint: add `from = "2026-12-24 22:00"`

error: the window has no `lasts`
  --> main.toml:13:1
   |
13 | [[maintenance]]
   | ^^^^^^^^^^^^^^^
   |
   = key: maintenance.d
   = hint: add `lasts = "2h"`

4 errors
"##);
}

#[test]
fn a_window_that_ends_before_it_begins_or_never_is_refused() {
    let text = format!(
        "{WEB}from = 2026-12-24T22:00:00+01:00\nuntil = \"2026-12-24T21:00:00Z\"\n\
         [[maintenance]]\nname = \"long\"\nmatch = ['a=b']\nfrom = \"2026-01-01 00:00\"\nuntil = \"2028-01-01 00:00\"\n"
    );
    insta::assert_snapshot!(check(&text), @r##"
error: the window ends before it begins
 --> main.toml:5:9
  |
5 | until = "2026-12-24T21:00:00Z"
  |         ^^^^^^^^^^^^^^^^^^^^^^
  |
  = key: maintenance.move.until
  = hint: write an `until` that is after `from`

error: the window is longer than the 400 days that one may last
  --> main.toml:10:9
   |
10 | until = "2028-01-01 00:00"
   |         ^^^^^^^^^^^^^^^^^^
   |
   = key: maintenance.long.until
   = hint: make it shorter, or disable what it is about: there everybody sees it

2 errors
"##);
}

#[test]
fn moments_that_are_none_are_told_with_the_form() {
    let text = format!(
        "{WEB}time_zone = \"Europe/Oslo\"\nfrom = \"2026-03-29 02:30\"\nuntil = \"tomorrow\"\n\
         [[maintenance]]\nname = \"b\"\nmatch = ['a=b']\nfrom = 20261224\nuntil = 2026-12-24\n"
    );
    insta::assert_snapshot!(check(&text), @r##"
error: `2026-03-29 02:30` does not come in Europe/Oslo: clocks are put forward over it
 --> main.toml:5:8
  |
5 | from = "2026-03-29 02:30"
  |        ^^^^^^^^^^^^^^^^^^
  |
  = key: maintenance.move.from
  = hint: write a time before or after it

error: `tomorrow` is not a date and time
 --> main.toml:6:9
  |
6 | until = "tomorrow"
  |         ^^^^^^^^^^
  |
  = key: maintenance.move.until
  = hint: write it as `2026-12-24T22:00:00+01:00`, or as `"2026-12-24 22:00"` in `time_zone`

error: `from` wants a date and time, not a number
  --> main.toml:10:8
   |
10 | from = 20261224
   |        ^^^^^^^^
   |
   = key: maintenance.b.from
   = hint: write it as `2026-12-24T22:00:00+01:00`, or as `"2026-12-24 22:00"` in `time_zone`

error: `2026-12-24` is not a date and time
  --> main.toml:11:9
   |
11 | until = 2026-12-24
   |         ^^^^^^^^^^
   |
   = key: maintenance.b.until
   = hint: write it as `2026-12-24T22:00:00+01:00`, or as `"2026-12-24 22:00"` in `time_zone`

4 errors
"##);
}

#[test]
fn a_window_given_twice_is_refused() {
    let at = "from = \"2026-12-24 22:00\"\nuntil = \"2026-12-25 02:00\"\n";
    let printed = check(&format!("{WEB}{at}{WEB}{at}"));
    assert!(printed.contains("the maintenance window `move` is given twice"), "{printed}");
}

const CHECKS: &str = "[[check]]\nname = \"gateway\"\nplugin = \"tcp\"\nconfig = { address = \"gw:1\" }\n\
                      [[check]]\nname = \"far\"\nplugin = \"tcp\"\nconfig = { address = \"far:1\" }\nbeyond_witness = true\n\
                      [[heartbeat]]\nname = \"job\"\nkey = \"0123456789abcdef\"\nevery = \"1h\"\n";

#[test]
fn a_check_beyond_a_witness_that_is_not_there_is_told() {
    let other = CHECKS.replace("\"gateway\"", "\"near\"\nbeyond_witness = true");
    insta::assert_snapshot!(check(&other), @r##"
warning: `near` is `beyond_witness` (and so is 1 more), and without [witness] that says nothing
 --> main.toml:5:1
  |
5 | config = { address = "gw:1" }
  | ^^^^^^
  |
  = key: check.near.beyond_witness
  = hint: add [witness] with the checks that tell whether this host is cut off

1 warning
"##);
}

#[test]
fn a_witness_that_cannot_tell_is_refused() {
    let text =
        format!("{CHECKS}[witness]\nchecks = [\"gateway\", \"far\", \"job\", \"gatewy\"]\nquorum = 9\n");
    insta::assert_snapshot!(check(&text), @r##"
error: the witness `far` is itself `beyond_witness`
  --> main.toml:15:22
   |
15 | checks = ["gateway", "far", "job", "gatewy"]
   |                      ^^^^^
   |
   = key: witness.checks
   = hint: take `beyond_witness` out of that check, or the check out of here

error: `job` is a heartbeat, which cannot be asked whether the host is cut off
  --> main.toml:15:29
   |
15 | checks = ["gateway", "far", "job", "gatewy"]
   |                             ^^^^^
   |
   = key: witness.checks
   = hint: name a [[check]]

error: unknown check `gatewy`
  --> main.toml:15:36
   |
15 | checks = ["gateway", "far", "job", "gatewy"]
   |                                    ^^^^^^^^
   |
   = key: witness.checks
   = hint: did you mean `gateway`?

3 errors
"##);
}

#[test]
fn a_quorum_above_the_number_of_checks_is_refused() {
    insta::assert_snapshot!(check(&format!("{CHECKS}[witness]\nchecks = [\"gateway\"]\nquorum = 2\n")), @r##"
error: `quorum` is 2, above the number of checks, 1
  --> main.toml:16:10
   |
16 | quorum = 2
   |          ^
   |
   = key: witness.quorum
   = hint: it goes from 1 to 1

1 error
"##);
}

#[test]
fn a_witness_without_checks_is_refused() {
    let empty = check("[witness]\nchecks = []\n");
    assert!(empty.contains("the witness has no check"), "{empty}");
    let without = check("[witness]\nquorum = 1\n");
    assert!(without.contains("[witness] has no `checks`"), "{without}");
}

#[test]
fn the_two_addresses_of_a_host_differ() {
    insta::assert_snapshot!(check("[host]\npublic_listen = \"0.0.0.0:8686\"\n"), @r##"
error: `public_listen` (`0.0.0.0:8686`) and `listen` (`127.0.0.1:8686`) are one address
 --> main.toml:2:17
  |
2 | public_listen = "0.0.0.0:8686"
  |                 ^^^^^^^^^^^^^^
  |
  = key: host.public_listen
  = hint: give it a port of its own, such as `"0.0.0.0:8687"`

1 error
"##);
    assert_eq!(check("[host]\npublic_listen = \"0.0.0.0:8687\"\n"), "");
    let printed = check("[host]\npublic_listen = \"everywhere\"\n");
    assert!(printed.contains("`everywhere` is not an address to listen on"), "{printed}");
}

#[test]
fn a_beat_that_goes_nowhere_is_refused_and_its_url_not_shown() {
    let printed =
        check("[host.dead_man_signal]\nurl = \"htp://hc.example.com/hidden\"\ninterval = \"10ms\"\n");
    assert!(!printed.contains("hidden"), "{printed}");
    insta::assert_snapshot!(printed, @r##"
error: it is not the URL of a web server
 --> main.toml:2:7
  |
2 | url = *****************************
  |       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = key: host.dead_man_signal.url
  = hint: write it as `"https://hc.example.com/ping/..."`

error: `interval` cannot be 10ms
 --> main.toml:3:12
  |
3 | interval = "10ms"
  |            ^^^^^^
  |
  = key: host.dead_man_signal.interval
  = hint: it goes from 1s to 1d

2 errors
"##);
    let without = check("[host.dead_man_signal]\n");
    assert!(without.contains("[host.dead_man_signal] has no `url`"), "{without}");
    let text = "[host]\ndead_man_signal = { url = { secret = \"gone\" } }\n";
    assert!(check(text).contains("unknown secret `gone`"), "{}", check(text));
}

#[test]
fn a_calendar_of_holidays_that_is_none_is_refused() {
    let main = "[calendars.office]\nhours = { mon-fri = [\"08:00-18:00\"] }\nholidays = \"no.ics\"\n";
    let lab = Lab::new(&[
        ("main.toml", main),
        ("no.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:soon\nEND:VEVENT\nEND:VCALENDAR\n"),
    ]);
    insta::assert_snapshot!(lab.printed("main.toml"), @r##"
error: `no.ics`, line 3: `DTSTART:soon` is not a date
 --> main.toml:3:12
  |
3 | holidays = "no.ics"
  |            ^^^^^^^^
  |
  = key: calendars.office.holidays
  = hint: holidays are all-day events, such as `DTSTART;VALUE=DATE:20261225`

1 error
"##);
}
