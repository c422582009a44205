//! A program in C that knows nothing of Watchkeep, dropped into a host as its compiler made it.

use std::path::Path;
use std::process::Command;

use watchkeep_end_to_end::{Folder, Host, run_to_end};

/// Puts what `examples/NAME` is built to into the folder's `plugins`.
async fn dropped_in(folder: &Folder, example: &'static str, file: &str) {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().to_owned();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../component.sh");
    let building = tokio::task::spawn_blocking(move || {
        Command::new(script).arg(example).env("CARGO_TARGET_DIR", target).output().unwrap()
    });
    let output = building.await.unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success(),
        "examples/{example} is not built; hint: tests/prepare.sh test\n{complaint}"
    );
    let plugins = folder.path().join("plugins");
    std::fs::create_dir_all(&plugins).unwrap();
    std::fs::copy(String::from_utf8_lossy(&output.stdout).trim(), plugins.join(file)).unwrap();
}

fn config(name: &str, args: &str) -> String {
    format!(
        "[[check]]\nname = \"{name}\"\nplugin = \"check-until\"\ninterval = \"1s\"\nconfig = {{ args = {args} }}\n"
    )
}

#[tokio::test]
async fn a_program_of_the_nagios_convention_is_looked_into_run_by_hand_and_run_by_a_host() {
    let far = config("licence", r#"["-d", "2199-01-01", "-w", "30"]"#);
    let past = config("domain", r#"["-d", "2020-01-01"]"#);
    let folder = Folder::new(&(far + &past));
    dropped_in(&folder, "nagios-c", "check_until.wasm").await;

    let (code, text, errors) = run_to_end(&folder, &["plugin", "inspect", "plugins/check_until.wasm"]).await;
    assert!(
        code == 0 && text.contains("check-until") && text.contains("args (array of string"),
        "{text}{errors}"
    );
    let arguments =
        ["plugin", "run", "plugins/check_until.wasm", "--config", r#"{"args": ["-d", "2020-01-01"]}"#];
    let (code, text, errors) = run_to_end(&folder, &arguments).await;
    assert!(code == 2 && text.contains("UNTIL CRITICAL"), "{text}{errors}");

    let host = Host::start(&folder).await;
    let check = host.state("licence", "ok").await;
    assert_eq!(check["plugin"], "check-until");
    assert!(check["summary"].as_str().is_some_and(|summary| summary.starts_with("UNTIL OK - ")), "{check}");
    host.state("domain", "critical").await;
    let page = host.get("/checks/licence").await;
    assert!(
        page.status == 200 && page.text.contains("days left") && page.text.contains("until 2199-01-01"),
        "{}",
        page.text
    );
    let metrics = host.get("/metrics").await.text;
    assert!(metrics.contains("watchkeep_runs_total{plugin=\"check-until\""), "{metrics}");
}

#[tokio::test]
async fn arguments_are_held_to_the_schema_that_the_host_made() {
    let folder = Folder::new(&config("licence", r#"["-w", 30]"#));
    dropped_in(&folder, "nagios-c", "check_until.wasm").await;
    let (code, text, errors) = run_to_end(&folder, &["validate"]).await;
    assert_eq!(code, 1, "{text}{errors}");
    let told = format!("{text}{errors}");
    assert!(told.contains("args") && told.contains("30"), "{told}");

    folder.config(&config("licence", r#"["-w", "30"]"#));
    let (code, text, errors) = run_to_end(&folder, &["validate"]).await;
    assert_eq!(code, 0, "{text}{errors}");
    let (code, text, _) = run_to_end(&folder, &["config", "schema"]).await;
    assert!(code == 0 && text.contains("Arguments of the program"), "{text}");
}
