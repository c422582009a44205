//! Automatic recovery, the whole way: a real host, actions that act, what people and receivers are told of it.

mod hostile;
mod interrupted;
mod people;

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::Value;
use watchkeep_end_to_end::servers::Docker;
use watchkeep_end_to_end::{Answering, Folder, Hook, Host, Site, eventually, run_to_end};

use crate::notices::webhook;

/// A command `mend` that runs this script, an action of the same name with these keys, and a check `shop` of the URL that names it
/// under `on`.
fn config(folder: &Folder, hook: &Hook, url: &str, on: &str, action: &str) -> String {
    format!(
        "[defaults]\ninterval = \"300ms\"\nretry_interval = \"100ms\"\nfailure_threshold = 1\nsuccess_threshold = 1\n\n\
         [commands.mend]\nprogram = \"{}\"\n\n\
         [[action]]\nname = \"mend\"\nplugin = \"command\"\nconfig = {{ command = \"mend\" }}\n\
         allow = {{ commands = [\"mend\"] }}\nsettle = \"0s\"\n{action}\n\n\
         [[check]]\nname = \"shop\"\nplugin = \"http\"\nflapping = false\nconfig = {{ url = \"{url}\" }}\n{on} = [\"mend\"]\n\n\
         {}\n[[route]]\nname = \"root\"\nreceivers = [\"people\"]\ngroup_wait = \"0s\"\ngroup_interval = \"1s\"\n",
        folder.path().join("mend.sh").display(),
        webhook(hook)
    )
}

/// What the command `mend` runs.
fn script(folder: &Folder, lines: &str) {
    folder.write("mend.sh", &format!("#!/bin/sh\ncd {}\n{lines}\n", folder.path().display()));
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(folder.path().join("mend.sh"), mode).unwrap();
}

/// How often the script began.
fn runs(folder: &Folder) -> usize {
    std::fs::read_to_string(folder.path().join("runs")).map_or(0, |text| text.lines().count())
}

async fn says(folder: &Folder, arguments: &[&str]) -> String {
    let (code, out, err) = run_to_end(folder, arguments).await;
    assert_eq!(code, 0, "{arguments:?}: {out}{err}");
    out
}

/// The latest occasion, once it is in this status.
async fn occasion(host: &Host, status: &str) -> Value {
    eventually(&format!("an occasion is {status}"), async || {
        let all = host.get("/api/v1/occasions").await.json();
        all["items"].get(0).filter(|latest| latest["status"] == status).cloned()
    })
    .await
}

/// The check has been judged so many times more.
async fn goes_on(host: &Host, check: &str, times: usize) {
    let path = format!("/api/v1/checks/{check}/results?limit={times}");
    let newest = async || host.get(&path).await.json()["items"].as_array().cloned().unwrap_or_default();
    let number = |result: &Value| result["sequence"].as_u64().unwrap_or_default();
    let before = newest().await.first().map(number).unwrap_or_default();
    eventually("the check goes on", async || {
        let now = newest().await;
        let is_all_new = now.len() == times && now.iter().all(|result| number(result) > before);
        is_all_new.then_some(())
    })
    .await;
}

/// What a script has started, by the file that has its number. It ends with the test.
struct Started(PathBuf);

impl Drop for Started {
    fn drop(&mut self) {
        if let Ok(pid) = std::fs::read_to_string(&self.0) {
            let _ = std::process::Command::new("kill").arg(pid.trim()).status();
        }
    }
}

#[tokio::test]
async fn a_service_that_is_started_before_anybody_is_paged_is_told_as_an_event() {
    let hook = Hook::start().await;
    // Nobody listens there until the action has begun.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let folder = Folder::new("");
    folder.write("www/index.html", "open");
    let port = address.rsplit(':').next().unwrap();
    // What is started has to outlive the command, which is a process group of its own.
    let serve = format!(
        "setsid /bin/busybox httpd -f -p 127.0.0.1:{port} -h www </dev/null >/dev/null 2>&1 &\necho $! >pid\n\
         until busybox wget -q -O /dev/null http://{address}/ 2>/dev/null; do busybox sleep 0.05; done\necho started $!"
    );
    script(&folder, &format!("PATH=/usr/bin:/bin\necho run >>runs\n{serve}"));
    let patient = config(&folder, &hook, &format!("http://{address}/"), "on_pending", "")
        .replace("failure_threshold = 1", "failure_threshold = 100")
        // Only what the action asks for runs again, so that it has ended by then.
        .replace(
            "interval = \"300ms\"\nretry_interval = \"100ms\"",
            "interval = \"1h\"\nretry_interval = \"1h\"",
        );
    folder.config(&patient);
    let started = Started(folder.path().join("pid"));
    let host = Host::start(&folder).await;
    let told = eventually("somebody is told", async || hook.received().pop()).await;
    let pid = std::fs::read_to_string(&started.0).unwrap();

    assert_eq!(told.kind(), "event", "{}", told.body);
    assert_eq!(told.body["event"]["title"], "ran `mend`, and it recovered", "{}", told.body);
    let body = told.body["event"]["body"].as_str().unwrap();
    assert!(body.starts_with("`mend` at once: ran `mend`; it recovered"), "{body}");
    assert!(hook.of("firing", "shop").is_empty(), "nobody is paged");
    assert_eq!(runs(&folder), 1);
    let history = says(&folder, &["action", "history"]).await;
    assert!(history.contains("mend") && history.contains("shop") && history.contains("done"), "{history}");
    let item = host.get("/api/v1/occasions").await.json()["items"][0].clone();
    assert_eq!(
        (&item["helped"], &item["details"]),
        (&Value::Bool(true), &Value::from(format!("started {}", pid.trim())))
    );
}

#[tokio::test]
async fn what_was_tried_is_in_the_page_and_in_the_explanation() {
    let (site, hook) = (Site::start().await, Hook::start().await);
    site.set("/shop", Answering::Status(503));
    let folder = Folder::new("");
    script(&folder, "echo run >>runs\necho cannot reach the database >&2\nexit 7");
    folder.config(&config(&folder, &hook, &site.url("/shop"), "on_firing", "attempts = 1"));
    let host = Host::start(&folder).await;
    let failed = occasion(&host, "failed").await;
    let result = failed["result"].as_str().unwrap();
    assert!(
        result.starts_with("failed: ")
            && result.ends_with("`mend` exited with 7: `cannot reach the database`; it may have acted"),
        "{failed}"
    );
    let gave_up = eventually("whoever was told is told that recovery gave up", async || {
        hook.received()
            .into_iter()
            .find(|told| told.body["reason"].as_str().is_some_and(|reason| reason.contains("recovery")))
    })
    .await;
    let actions = gave_up.body["alerts"][0]["actions"].to_string();
    assert!(actions.contains("exited with 7"), "{}", gave_up.body);
    let explained = says(&folder, &["alert", "explain", "shop"]).await;
    assert!(explained.contains("`mend`") && explained.contains("exited with 7"), "{explained}");
    goes_on(&host, "shop", 5).await;
    assert_eq!(runs(&folder), 1);
}

#[tokio::test]
async fn a_recovery_that_does_not_help_brings_the_next_step_at_once() {
    let (site, hook) = (Site::start().await, Hook::start().await);
    site.set("/shop", Answering::Status(503));
    let folder = Folder::new("");
    script(&folder, "echo run >>runs");
    let ladder = "[[escalation.night]]\nafter = \"0s\"\nreceivers = [\"people\"]\n\n\
                  [[escalation.night]]\nafter = \"12h\"\nreceivers = [\"lead\"]\n";
    let lead = webhook(&hook).replace("\"people\"", "\"lead\"");
    let text = config(&folder, &hook, &site.url("/shop"), "on_firing", "attempts = 1")
        .replace("name = \"root\"\nreceivers = [\"people\"]", "name = \"root\"\nescalation = \"night\"");
    folder.config(&format!("{text}\n{lead}\n{ladder}"));
    let host = Host::start(&folder).await;
    let escalated = eventually("the lead is told", async || {
        hook.received().into_iter().find(|told| told.text("receiver") == "lead")
    })
    .await;
    assert_eq!(escalated.kind(), "escalated", "{}", escalated.body);
    let actions = escalated.body["alerts"][0]["actions"].to_string();
    assert!(actions.contains("ran `mend`; it did not help"), "{}", escalated.body);
    assert_eq!((runs(&folder), occasion(&host, "done").await["helped"].clone()), (1, Value::Bool(false)));
}

#[tokio::test]
async fn a_container_that_has_ended_is_restarted_by_its_finding() {
    let (docker, hook) = (Docker::start(), Hook::start().await);
    docker.run("shop-web", "[ -e /up ] || { : >/up; exit 3; }; while :; do /bin/busybox sleep 1; done", "");
    docker.run("bank", "exit 4", "");
    for name in ["shop-web", "bank"] {
        eventually("it has ended", async || {
            (docker.inspected(name)["State"]["Status"] == "exited").then_some(())
        })
        .await;
    }
    let folder = Folder::new("");
    folder.config(&format!(
        "[defaults]\ninterval = \"300ms\"\nretry_interval = \"100ms\"\nfailure_threshold = 3\nsuccess_threshold = 1\n\n\
         [sockets]\ndocker = {{ path = \"{}\" }}\n\n\
         [[action]]\nname = \"restart\"\nplugin = \"docker-restart\"\nsettle = \"0s\"\n\
         config = {{ socket = \"docker\", api_version = \"1.41\", names = \"shop-*\" }}\n\
         allow = {{ http_local = [\"docker GET /v1.41/containers\", \"docker POST /v1.41/containers/*/restart\"] }}\n\n\
         [[check]]\nname = \"containers\"\nplugin = \"docker\"\nflapping = false\non_firing = [\"restart\"]\n\
         config = {{ socket = \"docker\", api_version = \"1.41\" }}\n\
         allow = {{ http_local = [\"docker GET /v1.41/containers\"] }}\n\n\
         {}\n[[route]]\nname = \"root\"\nreceivers = [\"people\"]\ngroup_by = [\"...\"]\ngroup_wait = \"0s\"\n",
        docker.socket().display(),
        webhook(&hook)
    ));
    let host = Host::start(&folder).await;
    let of = |name: &str, kind: &str| {
        hook.of(kind, "containers").into_iter().find(|told| told.body["alerts"][0]["finding"] == name)
    };
    let resolved = eventually("the finding resolves", async || of("shop-web", "resolved")).await;
    // It may be found well while the action has not returned yet.
    let actions = resolved.body["alerts"][0]["actions"].to_string();
    assert!(actions.contains("`restart` at once"), "{actions}");
    let restarted = eventually("the action has restarted it", async || {
        let all = host.get("/api/v1/occasions").await.json();
        let is_done = |item: &&Value| item["finding"] == "shop-web" && item["status"] == "done";
        all["items"].as_array()?.iter().find(is_done).cloned()
    })
    .await;
    assert!(
        restarted["result"].as_str().unwrap().contains("restarted `shop-web`, which had exited "),
        "{restarted}"
    );
    assert_eq!(docker.inspected("shop-web")["State"]["Running"], true);
    // The other one is not the action's to touch.
    let refused = eventually("the other one was refused", async || {
        let all = host.get("/api/v1/occasions").await.json();
        all["items"]
            .as_array()?
            .iter()
            .find(|item| item["finding"] == "bank" && item["status"] == "failed")
            .cloned()
    })
    .await;
    // In its own words; whose they are is beside them.
    assert_eq!(
        refused["result"], "failed: the container `bank` matches none of `names`; nothing was done",
        "{refused}"
    );
    let said_by = refused["details"].as_str().unwrap();
    assert!(said_by.starts_with("plugin `docker-restart` (generation "), "{refused}");
    assert_eq!(docker.inspected("bank")["State"]["ExitCode"], 4);

    let arguments = ["action", "run", "restart", "containers/bank", "--dry-run"];
    let (code, out, _) = run_to_end(&folder, &arguments).await;
    assert!(code != 0 && out.contains("matches none of `names`"), "{code}: {out}");
}
