//! One test for each kind of bad input: files, includes and what is not TOML at all.

use crate::lab::{Lab, check};

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
  = hint: its keys are `data_dir`, `listen`, `public_listen`, `public_url`, `tls`, `public_tls`, `trusted_proxies`, `external_url`, `plugin_dir`, `plugin_settle`, `plugin_settle_max`, `plugin_canary`, `include`, `ca_file`, `private_networks`, `labels`, `admin_token`, `users`, `oidc`, `concurrency`, `ceilings`, `results_keep`, `five_minutes_keep`, `hours_keep`, `days_keep`, `transitions_keep`, `snapshots_keep`, `snapshots_max`, `snapshots_each`, `database_max`, `store_cache`, `dead_man_signal`

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
    let text = "[client.acme]\n[[silence]]\n[[incident]]\n[host]\n\
                [[check]]\nname = \"a\"\nplugin = \"tcp\"\nconfig = { address = \"db:1\" }\nclient = \"acme\"\n";
    let printed = check(text);
    for key in ["client", "silence", "incident"] {
        assert!(
            printed.contains(&format!("`{key}` is not yet supported by this version")),
            "{key}: {printed}"
        );
    }
    assert!(printed.ends_with("4 errors\n"), "{printed}");
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

#[test]
fn what_has_no_end_is_no_file_of_a_config() {
    let text = "[host]\ninclude = [\"/dev/zero\"]\n[secrets]\nk = { file = \"/dev/zero\" }\n";
    let problems = Lab::new(&[("main.toml", text)]).load("main.toml").problems;
    let said: Vec<_> = problems.iter().map(|problem| problem.message.as_str()).collect();
    assert!(said.contains(&"`/dev/zero` has more than 64 MiB"), "{said:?}");
    assert!(said.contains(&"the secret has more than 256 KiB"), "{said:?}");
}

#[test]
fn a_pattern_leaves_hidden_files_out_as_a_folder_does() {
    let lab = Lab::new(&[
        ("main.toml", "[host]\ninclude = [\"conf.d/*.toml\"]\n"),
        ("conf.d/a.toml", "[[receiver]]\nname = \"a\"\nplugin = \"console\"\n"),
        ("conf.d/.a.toml", "this is what an editor left behind"),
    ]);
    let config = lab.load("main.toml").config.expect("the hidden file is not read");
    assert_eq!(config.setup.receivers.len(), 1);
    let folder = Lab::new(&[("conf.d/a.toml", ""), ("conf.d/.b.toml", "broken")]);
    assert!(folder.load("conf.d").config.is_some());
    let named = Lab::new(&[("main.toml", "[host]\ninclude = [\".own.toml\"]\n"), (".own.toml", "broken")]);
    assert!(named.load("main.toml").config.is_none(), "what is named is meant");
}

#[cfg(unix)]
#[test]
fn a_link_that_leads_nowhere_is_told_wherever_it_is_met() {
    let lab = Lab::new(&[("main.toml", "[host]\ninclude = [\"conf.d/*.toml\"]\n"), ("conf.d/a.toml", "")]);
    std::os::unix::fs::symlink(lab.path("gone.toml"), lab.path("conf.d/b.toml")).unwrap();
    insta::assert_snapshot!(lab.printed("main.toml"), @r#"
error: `conf.d/b.toml` is a link, and what it leads to is not there
 --> main.toml:2:12
  |
2 | include = ["conf.d/*.toml"]
  |            ^^^^^^^^^^^^^^^
  |
  = hint: mend the link, or delete it

1 error
"#);
    let folder = lab.printed("conf.d");
    assert!(folder.contains("conf.d/b.toml` is a link, and what it leads to is not there"), "{folder}");
    std::fs::write(lab.path("gone.toml"), "").unwrap();
    assert!(lab.load("main.toml").config.is_some(), "a link to a file is the file");
}

#[test]
fn a_calendar_file_that_cannot_be_read_hides_no_other_mistake() {
    let text = "[calendars.office]\nhours = { mon-fri = [\"08:00-18:00\"] }\nholidays = \"gone.ics\"\n\
                [[check]]\nname = \"a\"\nplugin = \"htp\"\nconfig = { url = \"https://a.example.com/\" }\nrun_hours = \"offfice\"\n\
                [[route]]\nname = \"root\"\nreceivers = [\"nobody\"]\n";
    let printed = check(text);
    for wanted in
        ["cannot read", "unknown plugin `htp`", "unknown calendar `offfice`", "unknown receiver `nobody`"]
    {
        assert!(printed.contains(wanted), "{wanted}: {printed}");
    }
}

#[test]
fn a_column_that_stands_twice_is_told() {
    let lab = Lab::new(&[
        (
            "main.toml",
            "[[check]]\nname = \"c-${each.key}\"\nplugin = \"http\"\neach_file = \"s.csv\"\nconfig = { url = \"${each.url}\" }\n",
        ),
        ("s.csv", "key,url,url\na,https://a.example.com/,https://b.example.com/\n"),
    ]);
    insta::assert_snapshot!(lab.printed("main.toml"), @r#"
error: the column `url` is in the header twice
 --> s.csv:1:1
  |
1 | key,url,url
  | ^^^^^^^^^^^
  |
  = key: check.c-${each.key}.each_file
  = hint: each column has a name of its own: rename one, or take it out

1 error
"#);
}
