//! What an author is told of a plugin that is run by hand: all that it says, all that it finds, and why it failed.

use serde_json::{Value, json};
use watchkeep_end_to_end::closed_port;

use super::{good, made, refused, replaced, typed};

const CONFIG: &str = r#"{"url": "https://shop.example.com/", "find": "a"}"#;

#[tokio::test]
async fn a_run_by_hand_tells_the_log_and_everything_in_the_report() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = made(folder.path(), "teller", "check").await;
    replaced(
        &plugin.join("src/lib.rs"),
        "    let page = ",
        "    if config.find.len() == 1 {\n        log::debug(\"about to \\u{1b}[2J tell\");\n        let mail = Finding::critical(\"mail\", \"mail \
         is full\").metric(\"mails\", 7);\n        let report = Report::worst_of([Finding::ok(\"web\", \"fine\"), mail]);\n        \
         let event = Event::new(\"e1\", \"released\").severity(Severity::Warning).at(1_790_000_000_000);\n        return \
         Ok(Report { state: State::Ok, ..report }.metric(\"all\", 2).event(event));\n    }\n    let page = ",
    );
    good(typed(&plugin, &["plugin", "build"]).await);
    let run = ["plugin", "run", "teller.wasm", "--config", CONFIG];
    let (code, out, errors) = typed(&plugin, &run).await;
    assert_eq!(code, 0, "{out}{errors}");
    assert!(errors.contains("log debug: about to  [2J tell\n"), "{errors}");
    assert!(errors.contains("the report is ok, and its finding `mail` is critical"), "{errors}");
    for line in [
        "OK: 1 of 2 critical: mail is full (",
        "  all = 2.0\n",
        "  finding web: OK: fine\n",
        "  finding mail: CRITICAL: mail is full\n    mails = 7.0\n",
        "  event e1: warning: released\n",
    ] {
        assert!(out.contains(line), "{line} is not in\n{out}");
    }
    let (_, out, errors) = typed(&plugin, &[&run[..], &["--json"]].concat()).await;
    let told: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{errors}"));
    assert_eq!(told["findings"][1]["metrics"][0]["name"], "mails", "{told}");
    assert_eq!(told["events"][0]["title"], "released", "{told}");
    assert_eq!(told["events"][0]["at"], "2026-09-21T14:13:20.000Z", "{told}");
    assert_eq!(told["log"], json!([{"level": "debug", "message": "about to \u{1b}[2J tell"}]));
    assert!(told["remark"].as_str().is_some_and(|remark| remark.contains("Report::worst_of")), "{told}");

    let recording = json!({"recording": 1, "plugin": "teller",
        "config": serde_json::from_str::<Value>(CONFIG).unwrap(), "ends": {"state": "critical"}});
    std::fs::write(plugin.join("tests/example.json"), recording.to_string()).unwrap();
    let (code, out, errors) = typed(&plugin, &["plugin", "test"]).await;
    assert!(code == 1 && out.contains("log debug: about to"), "what failed shows its log: {out}{errors}");
    replaced(&plugin.join("tests/example.json"), "critical", "ok");
    let out = good(typed(&plugin, &["plugin", "test"]).await);
    assert!(out.contains("tests/example.json: ok\n  the report is ok, and its finding `mail`"), "{out}");
}

#[tokio::test]
async fn what_a_run_by_hand_lacks_is_told_as_the_option_to_add() {
    let folder = tempfile::tempdir().unwrap();
    let config = r#"{"url": "http://shop.example.com:1/", "secret_headers": {"x-key": {"secret": "bot"}}}"#;
    let run = ["plugin", "run", "http", "--config", config];
    refused(
        typed(folder.path(), &run).await,
        "the config names the secret `bot`, which was not given; hint: add `--secret bot=FILE`",
    );
    let unverified = r#"{"url": "https://127.0.0.1:1/", "ignore_certificate": true}"#;
    let (code, out, errors) = typed(folder.path(), &["plugin", "run", "http", "--config", unverified]).await;
    assert!(
        code == 3 && out.contains("hint: add `--grant tls_unverified=https://127.0.0.1:1`"),
        "{out}{errors}"
    );
    assert!(!out.contains("[plugin.http.allow]"), "{out}");
}

#[tokio::test]
async fn every_field_of_a_config_is_told_with_its_type_default_and_example() {
    let folder = tempfile::tempdir().unwrap();
    let out = good(typed(folder.path(), &["plugin", "inspect", "http"]).await);
    assert!(out.contains("    url (string, grants http)  "), "{out}");
    assert!(out.contains("        url = \"http"), "{out}");
    let out = good(typed(folder.path(), &["plugin", "inspect", "http", "--json"]).await);
    let told: Value = serde_json::from_str(&out).unwrap();
    let fields = told["config"].as_array().unwrap();
    assert!(fields.len() > 10, "{out}");
    for field in fields {
        assert!(field["type"].as_str().is_some_and(|kind| !kind.is_empty()), "{field}");
        assert!(field.get("default").is_some(), "{field}");
        assert!(!field["example"].is_null() || !field["hint"].is_null(), "{field}");
    }
}

/// The place, as `plugin.py line 44`.
fn place(source: &str, file: &str, part: &str) -> String {
    let line = 1 + source.lines().position(|line| line.contains(part)).unwrap();
    format!("({file} line {line})")
}

#[tokio::test]
async fn an_exception_in_python_is_the_error_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    good(typed(folder.path(), &["plugin", "new", "thrower", "--kind", "check", "--lang", "python"]).await);
    let plugin = folder.path().join("thrower");
    let start = "        config = json.loads(run.config)\n";
    replaced(
        &plugin.join("plugin.py"),
        start,
        &format!("{start}        print('about to fail')\n        raise ValueError('no such shop')\n"),
    );
    good(typed(&plugin, &["plugin", "build"]).await);
    let (code, out, errors) =
        typed(&plugin, &["plugin", "run", "thrower.wasm", "--config", CONFIG, "--timeout", "60"]).await;
    let source = std::fs::read_to_string(plugin.join("plugin.py")).unwrap();
    let place = place(&source, "plugin.py", "raise ValueError");
    assert!(
        code == 3 && out.contains(&format!("trapped: ValueError: no such shop {place}")),
        "{out}{errors}"
    );
    assert!(errors.contains("log info: about to fail") && out.contains("in execute"), "{out}{errors}");
}

#[tokio::test]
async fn an_exception_in_javascript_is_the_error_with_its_line_and_a_fetch_says_why_it_failed() {
    let folder = tempfile::tempdir().unwrap();
    good(typed(folder.path(), &["plugin", "new", "thrower", "--kind", "check", "--lang", "js"]).await);
    let plugin = folder.path().join("thrower");
    let start = "    const config = JSON.parse(run.config);\n";
    replaced(
        &plugin.join("plugin.js"),
        start,
        &format!("{start}    console.log('about to run');\n    if (config.find === 'a') undefined.shop;\n"),
    );
    good(typed(&plugin, &["plugin", "build"]).await);
    let run = async |config: &str| {
        typed(&plugin, &["plugin", "run", "thrower.wasm", "--config", config, "--timeout", "60"]).await
    };
    let (code, out, errors) = run(CONFIG).await;
    let source = std::fs::read_to_string(plugin.join("plugin.js")).unwrap();
    let place = place(&source, "plugin.js", "undefined.shop");
    assert!(code == 3 && out.contains("trapped: TypeError: ") && out.contains(&place), "{out}{errors}");
    assert!(errors.contains("log info: about to run"), "{errors}");

    let nobody = closed_port().await;
    let address = nobody.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let (code, out, errors) = run(&format!(r#"{{"url": "http://{address}/", "find": "b"}}"#)).await;
    assert!(code == 2 && out.contains(&format!("connection refused by {address} after ")), "{out}{errors}");
}

#[tokio::test]
async fn a_config_that_names_a_file_which_is_no_plugin_is_told_what_is_wrong_with_the_file() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("plugins")).unwrap();
    std::fs::write(folder.path().join("plugins/broken.wasm"), "no component").unwrap();
    let config = "[[check]]\nname = \"a\"\nplugin = \"broken\"\nconfig = {}\n";
    std::fs::write(folder.path().join("watchkeep.toml"), config).unwrap();
    let (code, out, errors) = typed(folder.path(), &["validate"]).await;
    assert!(
        code == 1 && errors.contains("plugin `broken` is not there yet: its file failed: "),
        "{out}{errors}"
    );
    assert!(errors.contains("watchkeep.toml:3:") && !errors.contains("unknown plugin"), "{errors}");
}
