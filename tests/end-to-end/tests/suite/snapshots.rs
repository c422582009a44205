//! What a check attaches: kept, read by its next run, shown on its page, told with its bytes, and there after a crash.

use watchkeep_end_to_end::{Folder, Hook, Host, build, digest, eventually, run_to_end};

const SEES: &str = "[[check]]\nname = \"lobby\"\nplugin = \"snapshots-caller\"\ninterval = \"200ms\"\n\
                    failure_threshold = 1\nconfig = { do = \"latest\", series = \"front\", attach = \"pixels\", \
                    then = \"critical\" }\n\n";

/// Reads what was accepted of the lobby.
const COMPARES: &str = "[plugin.snapshots-caller]\nallow = { snapshots = [\"lobby/front\"] }\n\n[[check]]\nname = \"compares\"\n\
                        plugin = \"snapshots-caller\"\ninterval = \"200ms\"\nconfig = { do = \"reference\", check = \"lobby\", \
                        series = \"front\" }\n\n";

fn receivers(hook: &Hook) -> String {
    format!(
        "[[receiver]]\nname = \"reader\"\nplugin = \"picture-reader\"\nconfig = {{}}\n\n\
         [[receiver]]\nname = \"hook\"\nplugin = \"webhook\"\nconfig = {{ url = \"{}\" }}\n\n\
         [[route]]\nname = \"root\"\nreceivers = [\"reader\", \"hook\"]\ngroup_wait = \"0s\"\n",
        hook.url()
    )
}

/// Its newest run has seen what an earlier one attached.
async fn sees_what_was_attached(host: &Host) {
    eventually("a run sees what an earlier one attached", async || {
        let results = host.get("/api/v1/checks/lobby/results?limit=1").await.json();
        let summary = results["items"][0]["summary"].as_str()?.to_owned();
        (summary.starts_with(&digest(b"pixels")) && summary.ends_with("image/png 6")).then_some(())
    })
    .await;
}

#[tokio::test]
async fn an_attachment_is_kept_read_shown_and_told() {
    let hook = Hook::start().await;
    let folder = Folder::new(&format!("{SEES}{COMPARES}{}", receivers(&hook)));
    let plugins = folder.path().join("plugins");
    std::fs::create_dir_all(&plugins).unwrap();
    for program in ["snapshots_caller", "picture_reader"] {
        std::fs::write(plugins.join(format!("{program}.wasm")), build(program, 1)).unwrap();
    }
    let host = Host::start(&folder).await;
    sees_what_was_attached(&host).await;

    let read = eventually("the notifier has read the picture", async || {
        let delivered = host.get("/api/v1/deliveries?status=delivered").await.json();
        let items = delivered["items"].as_array()?.clone();
        items.iter().find(|item| item["receiver"] == "reader")?["service_id"].as_str().map(str::to_owned)
    })
    .await;
    assert_eq!(read, "6 bytes: pixels");
    let told = eventually("the notice arrives", async || hook.of("firing", "lobby").pop()).await;
    let picture = &told.body["alerts"][0]["pictures"][0];
    assert_eq!(
        (picture["id"].as_str().unwrap(), picture["size_bytes"].as_u64()),
        (&*digest(b"pixels"), Some(6))
    );
    let url = picture["url"].as_str().unwrap();
    let path = &url[url.find("/snapshots/").unwrap()..];

    let kept = host.get("/api/v1/checks/lobby/snapshots?limit=2").await.json();
    assert_eq!(kept["items"][0]["series"], "front");
    assert_eq!(kept["items"][0]["url"], *path);
    let (code, _, said) = run_to_end(&folder, &["check", "accept", "lobby", "front"]).await;
    assert_eq!(code, 0, "{said}");
    eventually("another check sees what was accepted", async || {
        let results = host.get("/api/v1/checks/compares/results?limit=1").await.json();
        results["items"][0]["summary"].as_str()?.starts_with(&digest(b"pixels")).then_some(())
    })
    .await;
    let (code, _, said) = run_to_end(&folder, &["check", "accept", "lobby", "back"]).await;
    assert!(code != 0 && said.contains("series `back`"), "{said}");
    let (_, listed, _) = run_to_end(&folder, &["check", "snapshots", "lobby", "--limit", "1"]).await;
    assert!(listed.contains("front") && listed.contains(&digest(b"pixels")), "{listed}");
    let shown = host.get("/checks/lobby").await.text;
    assert!(shown.contains(&format!("<img src=\"{path}\"")), "{shown}");

    host.kill().await;
    let host = Host::start(&folder).await;
    sees_what_was_attached(&host).await;
    let answer = host.get(path).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, "pixels"));
    host.signal("TERM").await;
    host.ended().await;
}

#[tokio::test]
async fn what_finds_no_room_is_told_in_the_log_and_the_run_counts() {
    let folder = Folder::new(&format!("snapshots_max = \"16MiB\"\n\n{SEES}"));
    let plugins = folder.path().join("plugins");
    std::fs::create_dir_all(&plugins).unwrap();
    std::fs::write(plugins.join("snapshots_caller.wasm"), build("snapshots_caller", 1)).unwrap();
    let full = folder.data().join("snapshots").join("00");
    std::fs::create_dir_all(&full).unwrap();
    std::fs::write(full.join("0".repeat(64)), vec![0; 16 << 20]).unwrap();
    let host = Host::start(&folder).await;
    eventually("the log says so", async || {
        let log = host.log();
        (log.contains("an attachment is not kept") && log.contains("snapshots_max")).then_some(())
    })
    .await;
    // The log is first: results are stored together, a little later.
    let result = eventually("its result is stored", async || {
        let results = host.get("/api/v1/checks/lobby/results?limit=1").await.json();
        results["items"].as_array()?.first().cloned()
    })
    .await;
    assert_eq!(result["state"], "critical", "it judged all the same");
    assert_eq!(result["attachments"], serde_json::json!([]));
    host.signal("TERM").await;
    host.ended().await;
}
