//! One test for each kind of bad input: a plugin's limits and its owner, the host's ceilings.

use crate::lab::check;

const RECEIVER: &str = "[[receiver]]\nname = \"developers\"\nplugin = \"console\"\n";

#[test]
fn a_limit_above_the_hosts_ceiling_names_both_places() {
    let text = "[host]\nceilings = { cpu = \"2s\", memory = \"32MiB\" }\n\
                [plugin.http.limits]\ncpu = \"5s\"\nmemory = \"32MiB\"\nechoes = 1000\n";
    insta::assert_snapshot!(check(text), @r##"
error: `cpu` is 5s, above the host's ceiling of 2s
 --> main.toml:4:7
  |
4 | cpu = "5s"
  |       ^^^^
  |
 ::: main.toml:2:14
  |
2 | ceilings = { cpu = "2s", memory = "32MiB" }
  |              --- the host's ceiling
  |
  = key: plugin.http.limits.cpu
  = hint: lower it, or raise `cpu` under [host.ceilings]

1 error
"##);
}

#[test]
fn what_is_no_ceiling_is_told() {
    let text = "[host.ceilings]\ncpu = 2\nmemry = \"1MiB\"\nconnections = 1000\n";
    insta::assert_snapshot!(check(text), @r##"
error: `cpu` wants a duration, not a number
 --> main.toml:2:7
  |
2 | cpu = 2
  |       ^
  |
  = key: host.ceilings.cpu
  = hint: write it with its unit: `"2s"`

error: unknown key `memry` in ceilings
 --> main.toml:3:1
  |
3 | memry = "1MiB"
  | ^^^^^
  |
  = key: host.ceilings.memry
  = hint: did you mean `memory`?

error: `connections` cannot be 1000
 --> main.toml:4:15
  |
4 | connections = 1000
  |               ^^^^
  |
  = key: host.ceilings.connections
  = hint: it goes from 0 to 256

3 errors
"##);
}

#[test]
fn ceilings_that_are_no_table_are_told() {
    insta::assert_snapshot!(check("[host]\nceilings = 7\n"), @r##"
error: `ceilings` wants a table, not a number
 --> main.toml:2:12
  |
2 | ceilings = 7
  |            ^
  |
  = key: host.ceilings
  = hint: write it as `ceilings = { memory = "32MiB" }`

1 error
"##);
}

#[test]
fn an_owner_that_is_no_receiver_is_told_with_the_nearest() {
    let text = format!("{RECEIVER}[plugin.http]\nowner = \"develpers\"\n");
    insta::assert_snapshot!(check(&text), @r##"
error: unknown receiver `develpers`
 --> main.toml:5:9
  |
5 | owner = "develpers"
  |         ^^^^^^^^^^^
  |
  = key: plugin.http.owner
  = hint: did you mean `developers`?

1 error
"##);
}

#[test]
fn an_owner_is_one_receiver_or_several() {
    let text = format!("{RECEIVER}[plugin.http]\nowner = []\n[plugin.tcp]\nowner = 3\n");
    insta::assert_snapshot!(check(&text), @r##"
warning: no route tells the receiver `developers`
 --> main.toml:2:8
  |
2 | name = "developers"
  |        ^^^^^^^^^^^^
  |
  = key: receiver.developers
  = hint: add `receivers = ["developers"]` to a [[route]], or take it out

error: `owner` names no receiver
 --> main.toml:5:9
  |
5 | owner = []
  |         ^^
  |
  = key: plugin.http.owner
  = hint: name a receiver, or take it out: then routes decide who is told

error: `owner` wants a name or a list of names, not a number
 --> main.toml:7:9
  |
7 | owner = 3
  |         ^
  |
  = key: plugin.tcp.owner
  = hint: write a name or a list of names

2 errors, 1 warning
"##);
}

#[test]
fn a_receiver_that_is_only_an_owner_is_not_unused() {
    for owner in ["\"developers\"", "[\"developers\"]"] {
        assert_eq!(check(&format!("{RECEIVER}[plugin.http]\nowner = {owner}\n")), "");
    }
}

#[test]
fn a_name_of_no_plugin_is_answered_with_those_of_the_kind_that_is_wanted() {
    let check_of = |plugin: &str| check(&format!("[[check]]\nname = \"a\"\nplugin = \"{plugin}\"\n"));
    insta::assert_snapshot!(check_of("ping"), @r#"
error: unknown plugin `ping`
 --> main.toml:3:10
  |
3 | plugin = "ping"
  |          ^^^^^^
  |
  = key: check.a.plugin
  = hint: put its file into `plugin_dir`; check plugins there are: `http`, `tcp`

1 error
"#);
    insta::assert_snapshot!(check_of("slack"), @r#"
error: `slack` is a plugin of kind notifier, and a check wants one of kind check
 --> main.toml:3:10
  |
3 | plugin = "slack"
  |          ^^^^^^^
  |
  = key: check.a.plugin
  = hint: use it in a [[receiver]]; plugins of kind check are `http`, `tcp`

1 error
"#);
    assert!(
        check_of("slac").contains("check plugins there are"),
        "a notifier is no help: {}",
        check_of("slac")
    );
    let receiver = check("[[receiver]]\nname = \"a\"\nplugin = \"htt\"\n");
    assert!(receiver.contains("notifier plugins there are: `console`, `mail`, `slack`"), "{receiver}");
    let template = check("[template.t]\nplugin = \"console\"\n");
    assert!(template.contains("`console` is a plugin of kind notifier"), "{template}");
}

#[test]
fn a_url_that_is_none_is_one_error() {
    let check_of = |url: &str| {
        check(&format!("[[check]]\nname = \"a\"\nplugin = \"http\"\nconfig = {{ url = \"{url}\" }}\n"))
    };
    for url in ["/status", "example.com", "ftp://example.com/", "https://", ""] {
        let printed = check_of(url);
        assert!(printed.contains("1 error\n"), "{url}: {printed}");
    }
}

#[test]
fn what_is_written_otherwise_than_a_pattern_wants_is_told_in_the_plugins_words() {
    let text = "[[check]]\nname = \"a\"\nplugin = \"http\"\nconfig = { url = \"https://a.example.com/\", wait = \"0.5s\", expect_status = [\"2xx\"], code = \"x\" }\n";
    insta::assert_snapshot!(check(text), @r#"
error: `wait` is not written as plugin `http` wants it
 --> main.toml:4:51
  |
4 | config = { url = "https://a.example.com/", wait = "0.5s", expect_status = ["2xx"], code = "x" }
  |                                                   ^^^^^^
  |
  = key: check.a.config.wait
  = hint: write whole numbers with `s`: `10s`

error: `expect_status` is not written as plugin `http` wants it
 --> main.toml:4:76
  |
4 | config = { url = "https://a.example.com/", wait = "0.5s", expect_status = ["2xx"], code = "x" }
  |                                                                            ^^^^^
  |
  = key: check.a.config.expect_status.0
  = hint: it has to match `^[0-9]{3}(-[0-9]{3})?$`

error: `code` is not written as plugin `http` wants it
 --> main.toml:4:91
  |
4 | config = { url = "https://a.example.com/", wait = "0.5s", expect_status = ["2xx"], code = "x" }
  |                                                                                           ^^^
  |
  = key: check.a.config.code
  = hint: write it as `NO` or `SE`

3 errors
"#);
}

#[test]
fn a_name_in_place_of_the_urls_host_is_told_if_nobody_granted_it() {
    let text = |before: &str, name: &str, after: &str| {
        check(&format!(
            "{before}[[check]]\nname = \"a\"\nplugin = \"http\"\n\
             config = {{ url = \"https://a.example.com/\", server_name = \"{name}\" }}\n{after}"
        ))
    };
    insta::assert_snapshot!(text("", "shop.example.com", ""), @r#"
error: `shop.example.com` is asked for in place of the URL's host, and nobody granted that
 --> main.toml:4:58
  |
4 | config = { url = "https://a.example.com/", server_name = "shop.example.com" }
  |                                                          ^^^^^^^^^^^^^^^^^^
  |
  = key: check.a.config
  = hint: add `allow = { server_name = ["shop.example.com"] }` to the check

1 error
"#);
    assert!(text("", "shop.example.com:8443", "").contains("nobody granted"));
    assert!(text("", "[2001:db8::1]:443", "").contains("nobody granted"));
    for (before, name, after) in [
        ("", "a.example.com", ""),
        ("", "A.example.com:443", ""),
        ("", "shop.example.com", "allow = { server_name = [\"shop.example.com\"] }\n"),
        ("", "shop.example.com", "allow = { server_name = [\"*.example.com\"] }\n"),
        ("[plugin.http]\nallow = { server_name = [\"*\"] }\n", "shop.example.com:81", ""),
    ] {
        assert_eq!(text(before, name, after), "", "{before}{name}{after}");
    }
}
