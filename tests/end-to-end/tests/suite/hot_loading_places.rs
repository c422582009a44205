//! Which file a plugin comes from: two files of one name, a file that becomes another plugin, files that are changed
//! or removed while no host runs, and what a host remembers of them.

use serde_json::Value;
use watchkeep_end_to_end::{Folder, Host, build, digest, eventually, numbered, run_to_end};

use crate::hot_loading::{
    bundled, config, drop_in, every_run_was_ok, file, named, plugin, runs, said, started, status,
};

const CONSOLE: &str =
    "\n[[receiver]]\nname = \"r\"\nplugin = \"console\"\n\n[[route]]\nname = \"root\"\nreceivers = [\"r\"]\n";

async fn stopped(host: Host) {
    host.signal("TERM").await;
    host.ended().await;
}

/// Files in a folder of the host's own whose names begin with this digest.
fn kept(folder: &Folder, below: &str, bytes: &[u8]) -> usize {
    let wanted = digest(bytes);
    let entries = std::fs::read_dir(folder.path().join("data").join(below)).unwrap();
    entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(&wanted)).count()
}

/// An operator who versions his files puts the new one beside the old one, reads that one has to go, and removes the
/// old one.
#[tokio::test]
async fn a_second_file_of_one_name_waits_and_runs_once_the_first_is_removed() {
    let (one, two) = (build("steady", 1), build("steady", 2));
    let (folder, host) = started("300ms", &one).await;
    let second = folder.path().join("plugins/steady-2.wasm");
    std::fs::write(&second, &two).unwrap();
    said(&host, "states the name `steady`, as ").await;
    assert_eq!(plugin(&host).await.unwrap()["generation"]["digest"], *digest(&one));
    std::fs::remove_file(file(&folder)).unwrap();
    runs(&host, &two).await;
    every_run_was_ok(&host).await;
    assert!(!host.log().contains("was removed"), "{}", host.log());
}

#[tokio::test]
async fn a_file_that_becomes_another_plugin_is_no_longer_the_one_it_was() {
    let (folder, host) = started("300ms", &build("steady", 1)).await;
    drop_in(&folder, &numbered(bundled("console"), 1));
    status(&host, "disabled").await;
    let console = named(&host, "console").await.unwrap();
    assert!(console["generation"]["source"].as_str().unwrap().ends_with("steady.wasm"), "{console:#}");
}

#[tokio::test]
async fn a_start_without_a_plugins_file_disables_it_and_remembers_what_it_was_allowed() {
    let (one, grasping) = (build("steady", 1), build("grasping", 1));
    let (folder, host) = started("300ms", &one).await;
    stopped(host).await;
    std::fs::remove_file(file(&folder)).unwrap();
    // Twice: the first start may not forget what the second one needs.
    for _ in 0..2 {
        let host = Host::start(&folder).await;
        status(&host, "disabled").await;
        eventually("the check has no plugin", async || {
            host.check("it").await.filter(|check| check["status"] == "no-plugin")
        })
        .await;
        said(&host, "was removed, and no other plugin fits").await;
        stopped(host).await;
    }
    let host = Host::start(&folder).await;
    status(&host, "disabled").await;
    drop_in(&folder, &grasping);
    said(&host, "asks for more than the one that ran: http: http://127.0.0.1:9").await;
    drop_in(&folder, &one);
    runs(&host, &one).await;
}

#[tokio::test]
async fn a_file_that_asks_for_more_waits_though_it_came_under_another_name_while_no_host_ran() {
    let (one, grasping) = (build("steady", 1), build("grasping", 1));
    let (folder, host) = started("300ms", &one).await;
    stopped(host).await;
    std::fs::remove_file(file(&folder)).unwrap();
    std::fs::write(folder.path().join("plugins/steady-2.wasm"), &grasping).unwrap();
    let host = Host::start(&folder).await;
    said(&host, "asks for more than the one that runs: http: http://127.0.0.1:9").await;
    let waiting = status(&host, "pending-grant").await;
    assert_eq!(waiting["pending"]["digest"], *digest(&grasping));
    let results = host.get("/api/v1/checks/it/results?limit=1000").await.json();
    let was_run = |result: &Value| result["generation"] == *digest(&grasping);
    assert!(!results["items"].as_array().unwrap().iter().any(was_run), "{results:#}");
}

/// Two files came while no host ran, and the config needs one of them. The other one is watched as ever.
#[tokio::test]
async fn a_start_takes_a_file_and_the_config_that_only_it_fits_and_no_other_file_along() {
    let (one, demanding) = (build("steady", 1), build("demanding", 1));
    let folder = Folder::new(&(config("1h") + CONSOLE));
    std::fs::create_dir_all(folder.path().join("plugins")).unwrap();
    std::fs::write(file(&folder), &one).unwrap();
    let host = Host::start(&folder).await;
    runs(&host, &one).await;
    stopped(host).await;

    let other = numbered(bundled("console"), 1);
    std::fs::write(file(&folder), &demanding).unwrap();
    std::fs::write(folder.path().join("plugins/console.wasm"), &other).unwrap();
    folder.config(&(config("1h").replace("config = {}", "config = { depth = 3 }") + CONSOLE));
    let host = Host::start(&folder).await;
    runs(&host, &demanding).await;
    let console = eventually("the other file runs", async || {
        named(&host, "console").await.filter(|plugin| plugin["generation"]["digest"] == *digest(&other))
    })
    .await;
    assert_eq!(console["status"], "canary", "it is held against the bundled one: {console:#}");
    every_run_was_ok(&host).await;
}

#[tokio::test]
async fn what_the_host_itself_could_not_load_is_tried_again() {
    let (one, two) = (build("steady", 1), build("steady", 2));
    let (folder, host) = started("300ms", &one).await;
    let (cache, away) = (folder.path().join("data/cache"), folder.path().join("data/away"));
    std::fs::rename(&cache, &away).unwrap();
    drop_in(&folder, &two);
    let kept = status(&host, "kept").await;
    let problem = kept["problem"].as_str().unwrap();
    assert!(problem.starts_with("host: "), "{problem}");
    std::fs::rename(&away, &cache).unwrap();
    // The same bytes; without that, the next listing of the folder tries them.
    drop_in(&folder, &two);
    runs(&host, &two).await;
    every_run_was_ok(&host).await;
}

#[tokio::test]
async fn bytes_and_compiled_code_of_what_nobody_needs_any_more_go() {
    let builds: Vec<_> = (1..=4).map(|number| build("steady", number)).collect();
    let (folder, host) = started("1ms", &builds[0]).await;
    for bytes in &builds[1..] {
        drop_in(&folder, bytes);
        runs(&host, bytes).await;
        status(&host, "live").await;
    }
    eventually("only what runs, and what ran before it, is kept", async || {
        let gone = |bytes: &Vec<u8>| kept(&folder, "last-good", bytes) + kept(&folder, "cache", bytes) == 0;
        builds[..2].iter().all(gone).then_some(())
    })
    .await;
    assert_eq!(kept(&folder, "last-good", &builds[3]), 1);
    assert_eq!(
        kept(&folder, "cache", &builds[3]),
        3,
        "its code, what it says of itself, and whose turn it is"
    );
}

#[tokio::test]
async fn a_notifier_that_traps_gives_way_and_the_notice_arrives_all_the_same() {
    let jammed = build("jammed", 1);
    let folder = Folder::new(&(config("1h") + CONSOLE));
    std::fs::create_dir_all(folder.path().join("plugins")).unwrap();
    std::fs::write(file(&folder), build("steady", 1)).unwrap();
    let host = Host::start(&folder).await;
    std::fs::write(folder.path().join("plugins/console.wasm"), &jammed).unwrap();
    eventually("the new build is watched", async || {
        named(&host, "console").await.filter(|plugin| plugin["status"] == "canary")
    })
    .await;
    let (_, text, errors) = run_to_end(&folder, &["receiver", "test", "r"]).await;
    said(&host, "trap in receiver `r`, which the generation before it did not show").await;
    eventually("the notice arrived", async || {
        let delivered = host.get("/api/v1/deliveries?status=delivered").await.json();
        (delivered["items"].as_array()?.len() == 1).then_some(())
    })
    .await;
    let console = named(&host, "console").await.unwrap();
    assert_eq!(console["status"], "kept", "{console:#}\n{text}{errors}");
    assert_eq!(console["generation"]["source"], "bundled");
}
