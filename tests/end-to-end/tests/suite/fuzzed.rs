//! The API, tried by Schemathesis against its own document: nothing that it describes fails, answers as it does not say, takes what
//! it calls wrong, or refuses what it calls right. `tests/schemathesis/schemathesis.toml` says what no document can.

use std::path::Path;

use serde_json::json;
use tokio::process::Command;
use watchkeep_end_to_end::{Answering, Folder, Hook, Host, Site, eventually, run_to_end};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";
/// The most requests of random values for one operation, beside those that each bound of the document calls for.
const EXAMPLES: &str = "4";
/// It never ends.
const LEFT_OUT: &str = "/api/v1/stream";

/// Where the program lies, which is installed if it is missing.
async fn program() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let tools = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("tools");
    let install = root.join("tests/schemathesis/install.sh");
    let output = Command::new(install).env("WATCHKEEP_TOOLS", tools).output().await.unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "Schemathesis is not installed; hint: tests/prepare.sh test\n{complaint}"
    );
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Who asks, as `hooks.py` knows them, and the token if there is one. The document is read by the admin, whoever is tried.
async fn tried(host: &Host, folder: &Folder, caller: &str, token: Option<&str>) {
    let settings = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemathesis");
    let document = folder.path().join("openapi.json");
    let text = host.get("/api/v1/openapi.json").await.text;
    std::fs::write(&document, text).unwrap();
    let mut command = Command::new(program().await);
    command.arg("--config-file").arg(settings.join("schemathesis.toml")).arg("run").arg(&document);
    command.args(["--url", &host.url, "--phases", "coverage,fuzzing", "--max-examples", EXAMPLES]);
    command.args(["--seed", "1", "--no-shrink", "--continue-on-failure", "--workers", "1", "--no-color"]);
    command.args(["--exclude-path", LEFT_OUT, "--warnings", "off", "--request-timeout", "30"]);
    match token {
        Some(token) => command.args(["--header", &format!("Authorization: Bearer {token}")]),
        // Who is nobody is not told by what methods else one may ask.
        None => command.args(["--exclude-checks", "unsupported_method"]),
    };
    command.env("PYTHONPATH", &settings).env("SCHEMATHESIS_HOOKS", "hooks").env("WATCHKEEP_CALLER", caller);
    command.env("WATCHKEEP_TOKEN", token.unwrap_or_default());
    command.env("PYTHONDONTWRITEBYTECODE", "1").current_dir(folder.path()).kill_on_drop(true);
    let output = command.output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("generated"), "it has tried something: {said}");
}

fn config(site: &Site, hook: &Hook) -> String {
    format!(
        "admin_token = {{ secret = \"admin\" }}\n\n[secrets]\nadmin = {{ file = \"admin\" }}\n\n\
         [[check]]\nname = \"shop\"\nplugin = \"http\"\ninterval = \"500ms\"\nlabels = {{ team = \"web\" }}\n\
         failure_threshold = 1\nconfig = {{ url = \"{}\" }}\n\n\
         [[heartbeat]]\nname = \"backup\"\nkey = \"0123456789abcdef0123\"\nevery = \"1d\"\n\n\
         [[route]]\nname = \"root\"\nreceivers = [\"people\"]\ngroup_wait = \"0s\"\n\n\
         [[receiver]]\nname = \"people\"\nplugin = \"webhook\"\nconfig = {{ url = \"{}\" }}\n",
        site.url("/shop"),
        hook.url(),
    )
}

/// With something in each list.
async fn started(folder: &Folder, site: &Site, hook: &Hook) -> Host {
    let host = Host::start(folder).await;
    host.state("shop", "ok").await;
    site.set("/shop", Answering::Status(500));
    host.state("shop", "critical").await;
    eventually("people are told", async || (!hook.of("firing", "shop").is_empty()).then_some(())).await;
    let client = reqwest::Client::new();
    for (path, body) in [
        ("silences", json!({"matchers": ["team=\"other\""], "for": "1h"})),
        ("maintenance", json!({"matchers": ["team=\"other\""], "for": "1h"})),
        ("markers", json!({"text": "shop 1.4.2"})),
    ] {
        let sent =
            client.post(format!("{}/api/v1/{path}", host.url)).bearer_auth(TOKEN).json(&body).send().await;
        assert_eq!(sent.unwrap().status(), 201, "{path}");
    }
    host
}

#[tokio::test]
async fn the_api_keeps_to_its_document_with_and_without_rights() {
    let (site, hook) = (Site::start().await, Hook::start().await);
    let folder = Folder::new(&config(&site, &hook));
    folder.secret("admin", TOKEN);
    let host = started(&folder, &site, &hook).await;
    let (code, made, error) = run_to_end(&folder, &["token", "add", "reader", "--role", "viewer"]).await;
    assert_eq!(code, 0, "{error}");
    let reader = made.split_whitespace().find(|word| word.starts_with("wk_")).expect("the token is printed");
    tried(&host, &folder, "nobody", None).await;
    tried(&host, &folder, "viewer", Some(reader)).await;
    tried(&host, &folder, "admin", Some(TOKEN)).await;
    // And it goes on as before.
    let ready = host.get("/-/ready").await;
    assert_eq!(ready.status, 200, "{}", ready.text);
    assert!(!host.log().contains("panicked"), "{}", host.log());
}
