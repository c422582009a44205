//! The plugin's part, held against the plugin's schema.

use crate::lab::{check, good};

fn http(config: &str) -> String {
    format!("[[check]]\nname = \"a\"\nplugin = \"http\"\nconfig = {{ {config} }}\n")
}

#[test]
fn what_the_schema_refuses_is_told_at_the_key_or_the_value() {
    let text = http(
        r#"method = "GTE", expect_status = ["200", "ok"], redirects_max = 99, findd = "x", headers = { X = 3 }"#,
    );
    insta::assert_snapshot!(check(&text), @r##"
error: plugin `http` needs `url` in `config`
 --> main.toml:4:1
  |
4 | config = { method = "GTE", expect_status = ["200", "ok"], redirects_max = 99, findd = "x", headers = { X = 3 } }
  | ^^^^^^
  |
  = key: check.a.config
  = hint: add `url = ...`

error: `method` cannot be this
 --> main.toml:4:21
  |
4 | config = { method = "GTE", expect_status = ["200", "ok"], redirects_max = 99, findd = "x", headers = { X = 3 } }
  |                     ^^^^^
  |
  = key: check.a.config.method
  = hint: did you mean `GET`?

error: `expect_status` is not written as plugin `http` wants it
 --> main.toml:4:52
  |
4 | config = { method = "GTE", expect_status = ["200", "ok"], redirects_max = 99, findd = "x", headers = { X = 3 } }
  |                                                    ^^^^
  |
  = key: check.a.config.expect_status.1
  = hint: it has to match `^[0-9]{3}(-[0-9]{3})?$`

error: `redirects_max` is above 20
 --> main.toml:4:75
  |
4 | config = { method = "GTE", expect_status = ["200", "ok"], redirects_max = 99, findd = "x", headers = { X = 3 } }
  |                                                                           ^^
  |
  = key: check.a.config.redirects_max
  = hint: `watchkeep plugin inspect http` shows what it takes

error: plugin `http` has no `findd` in its config
 --> main.toml:4:79
  |
4 | config = { method = "GTE", expect_status = ["200", "ok"], redirects_max = 99, findd = "x", headers = { X = 3 } }
  |                                                                               ^^^^^
  |
  = key: check.a.config.findd
  = hint: did you mean `find`?

error: `X` has none of the forms that plugin `http` takes
 --> main.toml:4:108
  |
4 | config = { method = "GTE", expect_status = ["200", "ok"], redirects_max = 99, findd = "x", headers = { X = 3 } }
  |                                                                                                            ^
  |
  = key: check.a.config.headers.X
  = hint: `watchkeep plugin inspect http` shows what it takes

6 errors
"##);
}

#[test]
fn a_check_without_config_is_told_what_the_plugin_needs() {
    insta::assert_snapshot!(check("[[check]]\nname = \"a\"\nplugin = \"http\"\n"), @r##"
error: plugin `http` needs `url` in `config`
 --> main.toml:1:1
  |
1 | [[check]]
  | ^^^^^^^^^
  |
  = key: check.a.config
  = hint: add `url = ...`

1 error
"##);
}

#[test]
fn a_mistake_in_a_templates_config_is_told_there_with_who_uses_it() {
    let text = format!(
        "{}use = [\"web\"]\n[template.web]\nconfig = {{ method = \"PUT\", fnd = \"x\" }}\n",
        http("url = \"https://a.example.com/\"")
    );
    insta::assert_snapshot!(check(&text), @r##"
error: `method` cannot be this
 --> main.toml:7:21
  |
7 | config = { method = "PUT", fnd = "x" }
  |                     ^^^^^
  |
 ::: main.toml:1:1
  |
1 | [[check]]
  | --------- used by check `a`
  |
  = key: check.a.config.method
  = hint: it is one of `GET`, `HEAD`, `POST`

error: plugin `http` has no `fnd` in its config
 --> main.toml:7:28
  |
7 | config = { method = "PUT", fnd = "x" }
  |                            ^^^
  |
 ::: main.toml:1:1
  |
1 | [[check]]
  | --------- used by check `a`
  |
  = key: check.a.config.fnd
  = hint: did you mean `find`?

2 errors
"##);
}

#[test]
fn a_target_that_is_none_is_told() {
    insta::assert_snapshot!(check(&http("url = \"shop.example.com\"")), @r##"
error: this is not a valid target for `http`: it has no scheme
 --> main.toml:4:18
  |
4 | config = { url = "shop.example.com" }
  |                  ^^^^^^^^^^^^^^^^^^
  |
  = key: check.a.config.url
  = hint: write it as `https://api.example.com/path`

1 error
"##);
}

#[test]
fn only_what_stands_literally_in_the_config_is_a_target() {
    let config = good(&http("url = \"https://shop.example.com:8443/path?key=1\""));
    let entries: Vec<String> = config.check_targets["a"]
        .iter()
        .flat_map(|target| target.as_allow().entries())
        .map(|(capability, entry)| format!("{capability} {entry}"))
        .collect();
    // The schema's default for `proxy` is marked as well, and grants nothing.
    assert_eq!(entries, ["http https://shop.example.com:8443"]);
}

#[test]
fn tcp_is_a_half_of_net() {
    let config =
        good("[[check]]\nname = \"a\"\nplugin = \"tcp\"\nconfig = { address = \"db.example.com:5432\" }\n");
    let entries: Vec<String> = config.check_targets["a"]
        .iter()
        .flat_map(|target| target.as_allow().entries())
        .map(|(capability, entry)| format!("{capability} {entry}"))
        .collect();
    assert_eq!(entries, ["net tcp://db.example.com:5432"]);
}

#[test]
fn a_config_that_is_no_table_is_told() {
    let printed = check("[[check]]\nname = \"a\"\nplugin = \"http\"\nconfig = \"https://a.example.com\"\n");
    assert!(printed.contains("`config` wants a table, not a text"), "{printed}");
}

#[test]
fn a_secret_in_the_wrong_place_hides_no_other_problem() {
    let printed = check(
        "[[receiver]]\nname = \"c\"\nplugin = \"slack\"\nconfig = { webhook_url = \"https://a.example.com/x\", chanel = \"x\" }\n\
         [[check]]\nname = \"a\"\nplugin = \"http\"\nconfig = { url = { secret = \"k\" }, fnd = \"x\" }\n",
    );
    for told in ["`webhook_url` is a secret", "no `chanel`", "`url` takes no secret", "no `fnd`"] {
        assert!(printed.contains(told), "{told}: {printed}");
    }
    assert!(printed.contains("4 errors\n"), "{printed}");
}

#[test]
fn what_the_plugin_itself_finds_stands_at_the_config_too() {
    let config = good(&http("url = \"https://a.example.com/\""));
    let user = watchkeep_config::PluginUser::Check(&"a".into());
    let problem = config.plugin_problem(user, "/headers/X", "this header cannot be set");
    assert_eq!((problem.place.line, problem.place.column), (4, 1));
    assert_eq!(problem.key, "check.a.config.headers.X");
    assert!(problem.place.snippet.unwrap().text.starts_with("config = {"));
}
