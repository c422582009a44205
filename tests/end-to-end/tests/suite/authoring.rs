//! What an author of plugins types, from nothing to a tested component.

mod actions;
mod said;

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use memchr::memmem;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;
use watchkeep_end_to_end::{Answering, Site, binary, user_cache};

/// Every plugin that these tests make is built here, so that the SDK is compiled once.
fn target() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("authoring")
}

/// What Python and JavaScript are built with, as the tests' preparation has installed it.
fn tools() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("tools")
}

/// The SDK of this checkout: one path for all tests, so one build of it.
fn sdk() -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdk/rust").display().to_string()
}

/// Types a command of the binary in `folder`: exit code, standard output and standard error.
pub(crate) async fn typed(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(binary())
        .args(arguments)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env("CARGO_TARGET_DIR", target())
        .env("WATCHKEEP_TOOLS", tools())
        .env("XDG_CACHE_HOME", user_cache())
        .env_remove("RUST_LOG")
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

#[track_caller]
fn good((code, out, errors): (i32, String, String)) -> String {
    assert_eq!(code, 0, "{out}{errors}");
    out
}

/// Refused with exit code 1 and this in the sentence.
#[track_caller]
fn refused((code, out, errors): (i32, String, String), says: &str) {
    assert!(code == 1 && errors.contains(says) && !errors.contains("panicked"), "{code}: {out}{errors}");
}

async fn made(folder: &Path, name: &str, kind: &str) -> PathBuf {
    good(typed(folder, &["plugin", "new", name, "--kind", kind, "--lang", "rust", "--sdk", &sdk()]).await);
    folder.join(name)
}

fn replaced(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from} is not in {text}");
    std::fs::write(path, text.replace(from, to)).unwrap();
}

#[tokio::test]
async fn a_check_with_the_carried_sdk_passes_its_tests_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let out =
        good(typed(folder.path(), &["plugin", "new", "shop", "--kind", "check", "--lang", "rust"]).await);
    assert!(out.contains("watchkeep plugin test"), "{out}");
    let manifest = std::fs::read_to_string(folder.path().join("shop/Cargo.toml")).unwrap();
    assert!(manifest.contains("path = \"watchkeep/sdk/rust\""), "{manifest}");
    let out = good(typed(&folder.path().join("shop"), &["plugin", "test"]).await);
    assert!(out.contains("tests/example.json: ok"), "{out}");
    // Nothing stands where cargo could not find it again.
    let lock = std::fs::read_to_string(folder.path().join("shop/Cargo.lock")).unwrap();
    assert!(lock.contains("name = \"shop\"") && lock.contains("name = \"wit-bindgen\""), "{lock}");

    refused(
        typed(folder.path(), &["plugin", "new", "shop", "--kind", "check", "--lang", "rust"]).await,
        "`shop` exists already; hint: choose another name",
    );
    refused(
        typed(folder.path(), &["plugin", "new", "Shop_2", "--kind", "check", "--lang", "rust"]).await,
        "hint: `shop-2` would do",
    );
    let (code, _, errors) =
        typed(folder.path(), &["plugin", "new", "x", "--kind", "chekc", "--lang", "rust"]).await;
    assert!(code == 2 && errors.contains("possible values: check, notifier, action"), "{errors}");
    refused(
        typed(folder.path(), &["plugin", "new", "x", "--kind", "check", "--lang", "rust", "--sdk", "shop"])
            .await,
        "`shop` holds no crate `watchkeep-sdk`",
    );
    refused(
        typed(folder.path(), &["plugin", "build"]).await,
        "there is no `Cargo.toml`, `plugin.py` or `plugin.js` in it; hint: name the",
    );
    refused(typed(folder.path(), &["plugin", "build", "nowhere"]).await, "there is no folder `nowhere`");
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["shop"], "nothing half made is left behind");
}

#[tokio::test]
async fn a_notifier_is_made_tested_and_tells_of_what_it_did() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = made(folder.path(), "pusher", "notifier").await;
    let out = good(typed(&plugin, &["plugin", "test", "--json"]).await);
    let tested: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(tested, json!([{"test": "tests/example.json", "problem": null}]));

    let site = Site::start().await;
    let config = json!({"url": site.url("/topic")}).to_string();
    let run = ["plugin", "run", "pusher.wasm", "--config", &config, "--notification", "test"];
    let out = good(typed(&plugin, &run).await);
    assert!(out.starts_with("DELIVERED"), "{out}");
    site.set("/topic", Answering::Status(503));
    let (code, out, errors) = typed(&plugin, &run).await;
    assert!(code == 2 && out.contains("TO BE TRIED AGAIN: answered 503"), "{out}{errors}");
    refused(
        typed(&plugin, &["plugin", "run", "pusher.wasm", "--config", &config, "--notification", "frining"])
            .await,
        "hint: there are `firing`, `reminder`, `resolved`, `test`",
    );
}

#[tokio::test]
async fn a_run_is_recorded_and_replayed_without_its_target() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = made(folder.path(), "taped", "check").await;
    good(typed(&plugin, &["plugin", "build"]).await);
    let site = Site::start().await;
    let config = json!({"url": site.url("/page"), "find": "well"}).to_string();
    good(
        typed(&plugin, &["plugin", "run", "taped.wasm", "--config", &config, "--record", "tests/well.json"])
            .await,
    );
    assert_eq!(site.requests("/page").len(), 1);

    let replay = ["plugin", "run", "taped.wasm", "--replay", "tests/well.json"];
    let out = good(typed(&plugin, &replay).await);
    assert!(out.starts_with("OK: the page is as it should be"), "{out}");
    assert_eq!(site.requests("/page").len(), 1, "a replay asks nobody");
    let out = good(typed(&plugin, &["plugin", "test"]).await);
    assert!(out.contains("tests/example.json: ok") && out.contains("tests/well.json: ok"), "{out}");

    // What differs is named: a call, the end, the plugin, the file itself.
    let well = plugin.join("tests/well.json");
    let recorded = std::fs::read_to_string(&well).unwrap();
    std::fs::write(&well, recorded.replace("/page\"", "/other\"")).unwrap();
    replaced(&well, "\"config\": {", "\"kv\": {}, \"config\": {");
    let mut changed: Value = serde_json::from_str(&recorded).unwrap();
    changed["calls"][0]["with"]["request"]["url"] = "http://127.0.0.1:9/other".into();
    std::fs::write(&well, changed.to_string()).unwrap();
    let (code, out, errors) = typed(&plugin, &replay).await;
    assert!(
        code == 1 && errors.contains("call 1, `http.send`: `request.url` is `\"http://127.0.0.1:9/other\"`"),
        "{out}{errors}"
    );
    let mut changed: Value = serde_json::from_str(&recorded).unwrap();
    changed["ends"]["state"] = "critical".into();
    std::fs::write(&well, changed.to_string()).unwrap();
    refused(typed(&plugin, &replay).await, "`state` is `\"ok\"` and was to be `\"critical\"`");
    refused(typed(&plugin, &["plugin", "test"]).await, "1 of 2 exchanges did not go as recorded");
    std::fs::write(&well, &recorded[..recorded.len() / 2]).unwrap();
    refused(typed(&plugin, &replay).await, "`tests/well.json` is cut off");
    let mut changed: Value = serde_json::from_str(&recorded).unwrap();
    changed["calls"] = json!([]);
    std::fs::write(&well, changed.to_string()).unwrap();
    refused(typed(&plugin, &replay).await, "and the recording holds no call");
    std::fs::write(&well, recorded.replace("\"taped\"", "\"other\"")).unwrap();
    refused(typed(&plugin, &replay).await, "is a recording of plugin `other`, and this is plugin `taped`");
}

#[tokio::test]
async fn a_panic_is_told_with_the_line_of_the_source_and_a_release_names_no_path() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = made(folder.path(), "trapper", "check").await;
    let source = plugin.join("src/lib.rs");
    let panic = "    assert!(config.find.len() < 3, \"this text is too long\");\n    let page";
    replaced(&source, "    let page", panic);
    let text = std::fs::read_to_string(&source).unwrap();
    let line = 1 + text.lines().position(|line| line.contains("too long")).unwrap();
    good(typed(&plugin, &["plugin", "build"]).await);
    let config = json!({"url": "http://127.0.0.1:9/", "find": "long"}).to_string();
    let (code, out, errors) = typed(&plugin, &["plugin", "run", "trapper.wasm", "--config", &config]).await;
    assert_eq!(code, 3, "{out}{errors}");
    for told in ["plugin `trapper` (generation ", "this text is too long", &format!("src/lib.rs:{line}")] {
        assert!(out.contains(told), "{told} is not in\n{out}{errors}");
    }
    let (_, backtrace) = out.split_once("wasm backtrace:").expect("a backtrace is told");
    assert!(backtrace.contains(&format!("src/lib.rs:{line}:")), "the line is not in the backtrace:\n{out}");

    let with_lines = std::fs::metadata(plugin.join("trapper.wasm")).unwrap().len();
    good(typed(&plugin, &["plugin", "build", "--release", "--out", "small"]).await);
    let small = std::fs::read(plugin.join("small/trapper.wasm")).unwrap();
    assert!((small.len() as u64) * 2 < with_lines, "{} and {with_lines} bytes", small.len());
    let own = [
        folder.path().to_owned(),
        target(),
        Path::new(&sdk()).canonicalize().unwrap(),
        std::env::home_dir().unwrap(),
    ];
    for bytes in [&small, &std::fs::read(plugin.join("trapper.wasm")).unwrap()] {
        for path in &own {
            let path = path.display().to_string();
            let found = memmem::find(bytes, path.as_bytes()).is_some();
            assert!(!found, "the component names `{path}`");
        }
    }
    let problem =
        typed(&plugin, &["plugin", "run", "trapper.wasm", "--config", "{\"url\": 3, \"find\": \"a\"}"]).await;
    refused(problem, "`/url`");
}

#[tokio::test]
async fn a_secret_is_put_in_place_by_hand_and_stands_in_no_recording() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = made(folder.path(), "keyed", "check").await;
    let source = plugin.join("src/lib.rs");
    replaced(&source, "    find: String,", "    find: String,\n    key: Option<Secret>,");
    replaced(
        &source,
        "http::get(&config.url).send()?",
        "match &config.key { Some(key) => http::get(&config.url).bearer(key), None => http::get(&config.url) }.send()?",
    );
    good(typed(&plugin, &["plugin", "build"]).await);
    let site = Site::start().await;
    std::fs::write(plugin.join("key.txt"), "hunter22-hunter22\n").unwrap();
    // The page repeats what it was sent: what comes back masked did arrive.
    site.set("/page", Answering::Echo);
    let config = json!({"url": site.url("/page"), "find": "Bearer", "key": {"secret": "api"}}).to_string();
    let run = ["plugin", "run", "keyed.wasm", "--config", &config, "--secret", "api=key.txt"];
    good(typed(&plugin, &[&run[..], &["--record", "tests/keyed.json"]].concat()).await);
    let recorded = std::fs::read_to_string(plugin.join("tests/keyed.json")).unwrap();
    assert!(!recorded.contains("hunter22") && recorded.contains("Bearer ***"), "{recorded}");
    let out = good(typed(&plugin, &["plugin", "test"]).await);
    assert!(out.contains("tests/keyed.json: ok"), "{out}");
    refused(
        typed(&plugin, &["plugin", "run", "keyed.wasm", "--config", &config, "--secret", "api"]).await,
        "hint: write it as `--secret NAME=FILE`",
    );
}

#[tokio::test]
async fn inspecting_says_what_a_config_grants_and_what_it_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = made(folder.path(), "asker", "check").await;
    let source = plugin.join("src/lib.rs");
    replaced(
        &source,
        "summary = \"Looks for a text on a page\"",
        "summary = \"Looks for a text on a page\", request(capability = \"http\", target = \"https://api.example.com\", reason = \"prices\")",
    );
    let built = typed(&plugin, &["plugin", "build"]).await;
    good(built);
    let config = json!({"url": "https://shop.example.com/x", "find": "a"}).to_string();
    let inspect = ["plugin", "inspect", "asker.wasm", "--config", &config];
    let out = good(typed(&plugin, &inspect).await);
    for told in [
        "contract  0.1.0",
        "this config grants  http: https://shop.example.com",
        "not granted: http: https://api.example.com; hint: add",
    ] {
        assert!(out.contains(told), "{told} is not in\n{out}");
    }
    let out = good(
        typed(&plugin, &[&inspect[..], &["--grant", "http=https://*.example.com", "--json"]].concat()).await,
    );
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(told["uses"][0]["not_granted"], json!([]));
    assert_eq!(told["contract"], "0.1.0");

    std::fs::create_dir(plugin.join("plugins")).unwrap();
    std::fs::copy(plugin.join("asker.wasm"), plugin.join("plugins/asker.wasm")).unwrap();
    std::fs::write(
        plugin.join("host.toml"),
        "[[check]]\nname = \"shop\"\nplugin = \"asker\"\ninterval = \"60s\"\n\
         config = { url = \"https://shop.example.com/\", find = \"a\" }\n\n\
         [[receiver]]\nname = \"c\"\nplugin = \"console\"\n\n[[route]]\nname = \"root\"\nreceivers = [\"c\"]\n",
    )
    .unwrap();
    let out = good(typed(&plugin, &["--config", "host.toml", "plugin", "inspect", "asker.wasm"]).await);
    assert!(
        out.contains("check `shop` grants  http: https://shop.example.com") && out.contains("not granted"),
        "{out}"
    );
}

#[tokio::test]
async fn a_file_that_is_saved_is_built_and_tested_again() {
    let folder = tempfile::tempdir().unwrap();
    let plugin = made(folder.path(), "watched", "check").await;
    let mut watching = Command::new(binary())
        .args(["plugin", "watch"])
        .current_dir(&plugin)
        .env("CARGO_TARGET_DIR", target())
        .env("XDG_CACHE_HOME", user_cache())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(watching.stdout.take().unwrap()).lines();
    let mut until = async |says: &str| {
        let mut said = String::new();
        let heard = tokio::time::timeout(Duration::from_secs(300), async {
            while let Some(line) = lines.next_line().await.unwrap() {
                said.push_str(&line);
                if line.contains(says) {
                    return true;
                }
            }
            false
        });
        assert!(matches!(heard.await, Ok(true)), "`{says}` was not said, but: {said}");
    };
    until("tests/example.json: ok").await;
    replaced(&plugin.join("src/lib.rs"), "the page is as it should be", "the page is fine");
    until("tests/example.json: FAILED: it ended otherwise: `summary`").await;
    replaced(&plugin.join("tests/example.json"), "the page is as it should be", "the page is fine");
    until("tests/example.json: ok").await;
    watching.kill().await.unwrap();
}

async fn passes_its_tests_at_once(language: &str, kind: &str) -> PathBuf {
    let folder = tempfile::tempdir().unwrap();
    good(typed(folder.path(), &["plugin", "new", "other", "--kind", kind, "--lang", language]).await);
    let plugin = folder.path().join("other");
    let out = good(typed(&plugin, &["plugin", "test"]).await);
    assert!(out.contains("built ./other.wasm") && out.contains("tests/example.json: ok"), "{out}");
    folder.keep().join("other")
}

#[tokio::test]
async fn a_check_in_python_passes_its_tests_at_once_and_is_recorded() {
    let plugin = passes_its_tests_at_once("python", "check").await;
    recorded_and_replayed(&plugin).await;
    // A unit test that fails is told before anything is built.
    replaced(&plugin.join("plugin.py"), "is not on the page", "is missing");
    refused(typed(&plugin, &["plugin", "test"]).await, "the unit tests in `.` do not pass");
    std::fs::remove_dir_all(plugin.parent().unwrap()).unwrap();
}

#[tokio::test]
async fn a_check_in_javascript_passes_its_tests_at_once_and_is_recorded() {
    let plugin = passes_its_tests_at_once("js", "check").await;
    recorded_and_replayed(&plugin).await;
    replaced(&plugin.join("plugin.js"), "is not on the page", "is missing");
    refused(typed(&plugin, &["plugin", "test"]).await, "the unit tests in `.` do not pass");
    std::fs::remove_dir_all(plugin.parent().unwrap()).unwrap();
}

#[tokio::test]
async fn notifiers_in_python_and_javascript_pass_their_tests_at_once() {
    for language in ["python", "js"] {
        let plugin = passes_its_tests_at_once(language, "notifier").await;
        std::fs::remove_dir_all(plugin.parent().unwrap()).unwrap();
    }
}

async fn recorded_and_replayed(plugin: &Path) {
    let site = Site::start().await;
    let config = json!({"url": site.url("/page"), "find": "well"}).to_string();
    let run = ["plugin", "run", "other.wasm", "--timeout", "60"];
    good(typed(plugin, &[&run[..], &["--config", &config, "--record", "tests/well.json"]].concat()).await);
    assert_eq!(site.requests("/page").len(), 1);
    let out = good(typed(plugin, &["plugin", "run", "other.wasm", "--replay", "tests/well.json"]).await);
    assert!(out.starts_with("OK: the page is as it should be"), "{out}");
    assert_eq!(site.requests("/page").len(), 1, "a replay asks nobody");
}
