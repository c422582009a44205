//! Files dropped into the plugin folder of a real host, in every way in which files are dropped. Whatever becomes
//! of a file, the check goes on: none of its runs ends as anything but ok.

use std::path::PathBuf;

use serde_json::Value;
use watchkeep_end_to_end::{Folder, Host, build, digest, eventually, numbered, run_to_end};

/// `canary` is how long a new build is watched.
pub(crate) fn config(canary: &str) -> String {
    format!(
        "plugin_settle = \"50ms\"\nplugin_settle_max = \"400ms\"\nplugin_canary = \"{canary}\"\n\n\
         [plugin.steady]\nallow = {{ http = [\"http://127.0.0.1:9\"] }}\n\n\
         [[check]]\nname = \"it\"\nplugin = \"steady\"\ninterval = \"200ms\"\nconfig = {{}}\n"
    )
}

pub(crate) fn file(folder: &Folder) -> PathBuf {
    folder.path().join("plugins/steady.wasm")
}

/// A folder whose plugin folder holds one build, and a host that runs it.
pub(crate) async fn started(canary: &str, first: &[u8]) -> (Folder, Host) {
    let folder = Folder::new(&config(canary));
    std::fs::create_dir_all(folder.path().join("plugins")).unwrap();
    std::fs::write(file(&folder), first).unwrap();
    let host = Host::start(&folder).await;
    runs(&host, first).await;
    (folder, host)
}

/// Written elsewhere, then renamed into place.
pub(crate) fn drop_in(folder: &Folder, bytes: &[u8]) {
    let temporary = folder.path().join("plugins/.steady.new");
    std::fs::write(&temporary, bytes).unwrap();
    std::fs::rename(temporary, file(folder)).unwrap();
}

pub(crate) async fn named(host: &Host, name: &str) -> Option<Value> {
    let plugins = host.get("/api/v1/plugins").await.json();
    plugins["items"].as_array()?.iter().find(|plugin| plugin["name"] == *name).cloned()
}

pub(crate) async fn plugin(host: &Host) -> Option<Value> {
    named(host, "steady").await
}

pub(crate) fn bundled(name: &str) -> &'static [u8] {
    watchkeep_bundle::BUNDLED.iter().find(|plugin| plugin.name == name).unwrap().bytes
}

/// Waits until a run of exactly this build has ended.
pub(crate) async fn runs(host: &Host, bytes: &[u8]) {
    let wanted = digest(bytes);
    eventually("the build runs", async || {
        let live = plugin(host).await?["generation"]["digest"] == *wanted;
        let results = host.get("/api/v1/checks/it/results?limit=1").await.json();
        (live && results["items"][0]["generation"] == *wanted).then_some(())
    })
    .await;
}

pub(crate) async fn status(host: &Host, wanted: &str) -> Value {
    eventually(&format!("the plugin is {wanted}"), async || {
        plugin(host).await.filter(|plugin| plugin["status"] == *wanted)
    })
    .await
}

pub(crate) async fn said(host: &Host, what: &str) {
    eventually(&format!("the log says `{what}`"), async || host.log().contains(what).then_some(())).await;
}

fn times(host: &Host, what: &str) -> usize {
    host.log().matches(what).count()
}

pub(crate) async fn every_run_was_ok(host: &Host) {
    let results = host.get("/api/v1/checks/it/results?limit=1000").await.json();
    let items = results["items"].as_array().unwrap();
    let bad: Vec<_> = items.iter().filter(|result| result["state"] != "ok").collect();
    assert!(!items.is_empty() && bad.is_empty(), "{bad:#?}");
    let mut moments: Vec<_> = items.iter().map(|result| result["scheduled_at"].to_string()).collect();
    moments.sort();
    let before = moments.len();
    moments.dedup();
    assert_eq!(moments.len(), before, "no run came twice");
}

#[tokio::test]
async fn a_file_that_is_renamed_into_place_is_live_and_proves_itself() {
    let (one, two) = (build("steady", 1), build("steady", 2));
    let (folder, host) = started("300ms", &one).await;
    drop_in(&folder, &two);
    runs(&host, &two).await;
    status(&host, "live").await;
    said(&host, "has proven itself").await;
    every_run_was_ok(&host).await;
}

#[tokio::test]
async fn a_file_that_is_copied_in_place_piece_by_piece_is_taken_when_it_is_whole() {
    use std::io::Write as _;
    let (one, two) = (build("steady", 1), build("steady", 2));
    let (folder, host) = started("300ms", &one).await;
    let mut copy = std::fs::File::create(file(&folder)).unwrap();
    for piece in two.chunks(two.len() / 40) {
        copy.write_all(piece).unwrap();
        copy.sync_all().unwrap();
        tokio::task::yield_now().await;
    }
    drop(copy);
    runs(&host, &two).await;
    every_run_was_ok(&host).await;
}

#[tokio::test]
async fn keeps_the_old_generation_while_a_file_is_half_written_and_takes_it_when_it_is_completed() {
    use std::io::Write as _;
    let (one, two) = (build("steady", 1), build("steady", 2));
    let (folder, host) = started("300ms", &one).await;
    let mut copy = std::fs::File::create(file(&folder)).unwrap();
    let (front, back) = two.split_at(two.len() / 2);
    copy.write_all(front).unwrap();
    let kept = status(&host, "kept").await;
    let problem = kept["problem"].as_str().unwrap();
    assert!(problem.contains("truncated") && problem.contains("hint:"), "{problem}");
    assert_eq!(kept["generation"]["digest"], *digest(&one));
    let events = host.get("/api/v1/plugins/events").await.json();
    assert_eq!(events["items"][0]["digest"], *digest(front), "{events:#}");
    assert_eq!(events["items"][0]["stage"], "inspect");

    copy.write_all(back).unwrap();
    drop(copy);
    runs(&host, &two).await;
    every_run_was_ok(&host).await;
}

#[tokio::test]
async fn of_a_hundred_files_in_a_second_the_last_one_runs() {
    let builds: Vec<_> = (1..=101).map(|number| build("steady", number)).collect();
    let (folder, host) = started("300ms", &builds[0]).await;
    for bytes in &builds[1..] {
        drop_in(&folder, bytes);
    }
    runs(&host, &builds[100]).await;
    every_run_was_ok(&host).await;
}

#[tokio::test]
async fn a_plugin_whose_file_is_removed_is_disabled_until_it_comes_back() {
    let one = build("steady", 1);
    let (folder, host) = started("300ms", &one).await;
    std::fs::remove_file(file(&folder)).unwrap();
    status(&host, "disabled").await;
    eventually("the check has no plugin", async || {
        host.check("it").await.filter(|check| check["status"] == "no-plugin")
    })
    .await;
    drop_in(&folder, &one);
    runs(&host, &one).await;
}

#[tokio::test]
async fn a_file_that_is_renamed_goes_on_under_its_new_name() {
    let one = build("steady", 1);
    let (folder, host) = started("300ms", &one).await;
    std::fs::rename(file(&folder), folder.path().join("plugins/zz.wasm")).unwrap();
    eventually("the plugin comes from the new name", async || {
        let plugin = plugin(&host).await?;
        plugin["generation"]["source"].as_str()?.ends_with("zz.wasm").then_some(())
    })
    .await;
    every_run_was_ok(&host).await;
    assert!(!host.log().contains("was removed"), "{}", host.log());
}

#[tokio::test]
async fn a_folder_that_is_away_takes_nothing_along_and_is_watched_again_when_it_is_back() {
    let (one, two) = (build("steady", 1), build("steady", 2));
    let (folder, host) = started("300ms", &one).await;
    let (plugins, away) = (folder.path().join("plugins"), folder.path().join("away"));
    std::fs::rename(&plugins, &away).unwrap();
    said(&host, "cannot read the plugin folder").await;
    assert_eq!(plugin(&host).await.unwrap()["generation"]["digest"], *digest(&one));

    std::fs::create_dir(&plugins).unwrap();
    drop_in(&folder, &two);
    runs(&host, &two).await;
    said(&host, "the plugin folder can be read").await;
    every_run_was_ok(&host).await;
}

#[tokio::test]
async fn a_build_that_traps_gives_way_and_is_not_tried_again_until_it_is_another_build() {
    let (one, shaky, other) = (build("steady", 1), build("shaky", 1), build("shaky", 2));
    let (folder, host) = started("1h", &one).await;
    let back = "rolled back to the generation before it";
    drop_in(&folder, &shaky);
    said(&host, back).await;
    runs(&host, &one).await;
    let kept = status(&host, "kept").await;
    assert!(kept["problem"].as_str().unwrap().contains("trap in check `it`"), "{kept:#}");

    // Written once more, byte for byte: the next file shows that it was looked at and left alone.
    std::fs::write(file(&folder), &shaky).unwrap();
    std::fs::write(folder.path().join("plugins/zz.wasm"), b"no plugin").unwrap();
    said(&host, "is not WebAssembly").await;
    assert_eq!(times(&host, back), 1);
    drop_in(&folder, &other);
    eventually("another build is tried", async || (times(&host, back) == 2).then_some(())).await;
    runs(&host, &one).await;

    // A restart knows it still.
    host.signal("TERM").await;
    host.ended().await;
    let host = Host::start(&folder).await;
    runs(&host, &one).await;
    said(&host, "was rolled back before and is not tried again").await;
    assert_eq!(times(&host, back), 0);
}

#[tokio::test]
async fn a_start_goes_on_with_what_ran_well_when_the_file_is_broken_by_then() {
    let one = build("steady", 1);
    let (folder, host) = started("300ms", &one).await;
    host.signal("TERM").await;
    host.ended().await;
    std::fs::write(file(&folder), &one[..one.len() / 2]).unwrap();
    let host = Host::start(&folder).await;
    runs(&host, &one).await;
    status(&host, "kept").await;
    every_run_was_ok(&host).await;
}

/// A restart script that validates first must not be what stops the restart.
#[tokio::test]
async fn a_broken_file_is_told_as_such_beside_a_host_and_without_one_and_blocks_no_restart() {
    let one = build("steady", 1);
    let (folder, host) = started("300ms", &one).await;
    status(&host, "live").await;
    std::fs::write(file(&folder), &one[..one.len() / 2]).unwrap();
    status(&host, "kept").await;
    tells_of_the_file(&folder).await;
    host.signal("TERM").await;
    host.ended().await;
    tells_of_the_file(&folder).await;

    // Without a host, and without what it remembered, it is an error, and still about the file.
    std::fs::remove_dir_all(folder.path().join("data")).unwrap();
    let (code, _, errors) = run_to_end(&folder, &["validate"]).await;
    assert!(code == 1 && errors.contains("this plugin file is not taken"), "{errors}");
}

async fn tells_of_the_file(folder: &Folder) {
    let (code, text, errors) = run_to_end(folder, &["validate"]).await;
    assert!(code == 0 && text.contains("the config is good"), "{text}{errors}");
    assert!(errors.contains("steady.wasm") && errors.contains("this plugin file is not taken"), "{errors}");
    assert!(errors.contains("goes on with what ran before"), "{errors}");
    let (code, text, errors) = run_to_end(folder, &["plugin", "list"]).await;
    assert!(code == 0 && text.contains("steady"), "{text}{errors}");
}

#[tokio::test]
async fn a_kill_before_a_build_has_proven_itself_leaves_the_one_before_it_to_go_back_to() {
    let (one, two) = (build("steady", 1), build("steady", 2));
    let (folder, host) = started("1h", &one).await;
    drop_in(&folder, &two);
    runs(&host, &two).await;
    host.kill().await;

    let host = Host::start(&folder).await;
    runs(&host, &two).await;
    status(&host, "canary").await;
    let (code, text, errors) = run_to_end(&folder, &["plugin", "rollback", "steady"]).await;
    assert!(code == 0 && text.contains("rolled back"), "{text}{errors}");
    runs(&host, &one).await;
    let (code, _, errors) = run_to_end(&folder, &["plugin", "rollback", "steady"]).await;
    assert!(code == 1 && errors.contains("there is no generation"), "{errors}");
    every_run_was_ok(&host).await;
}

#[tokio::test]
async fn a_build_that_asks_for_more_waits_until_exactly_it_is_approved() {
    let (one, grasping) = (build("steady", 1), build("grasping", 1));
    let (folder, host) = started("100ms", &one).await;
    drop_in(&folder, &grasping);
    let waiting = status(&host, "pending-grant").await;
    assert_eq!(waiting["pending"]["rights"], serde_json::json!(["http: http://127.0.0.1:9"]));
    assert_eq!(waiting["pending"]["digest"], *digest(&grasping));
    assert_eq!(waiting["generation"]["digest"], *digest(&one), "the old one runs");

    let other = digest(&one);
    let arguments = ["plugin", "approve", "steady", "--digest", &other];
    let (code, _, errors) = run_to_end(&folder, &arguments).await;
    assert!(code == 1 && errors.contains("not the one to be approved"), "{errors}");
    assert_eq!(plugin(&host).await.unwrap()["status"], "pending-grant");

    let (code, text, errors) = run_to_end(&folder, &["plugin", "approve", "steady"]).await;
    assert!(code == 0 && text.contains("http: http://127.0.0.1:9"), "{text}{errors}");
    runs(&host, &grasping).await;
    status(&host, "live").await;
    said(&host, "has proven itself").await;
    every_run_was_ok(&host).await;

    // A restart does not ask again, whether the build has proven itself or not.
    host.signal("TERM").await;
    host.ended().await;
    let host = Host::start(&folder).await;
    runs(&host, &grasping).await;
    assert_eq!(times(&host, "asks for more"), 0);
}

#[tokio::test]
async fn an_approval_outlives_a_restart_before_the_build_has_proven_itself() {
    let (one, grasping) = (build("steady", 1), build("grasping", 1));
    let (folder, host) = started("1h", &one).await;
    drop_in(&folder, &grasping);
    status(&host, "pending-grant").await;
    let (code, _, errors) = run_to_end(&folder, &["plugin", "approve", "steady"]).await;
    assert_eq!(code, 0, "{errors}");
    runs(&host, &grasping).await;
    host.signal("TERM").await;
    host.ended().await;
    // What is resumed is the one before it, and what was approved is taken anew without being asked for.
    let host = Host::start(&folder).await;
    status(&host, "canary").await;
    runs(&host, &grasping).await;
    assert_eq!(times(&host, "asks for more"), 0);
}

#[tokio::test]
async fn a_file_that_waits_is_forgotten_when_it_is_another_by_then() {
    let (one, grasping, two) = (build("steady", 1), build("grasping", 1), build("steady", 2));
    let (folder, host) = started("100ms", &one).await;
    drop_in(&folder, &grasping);
    status(&host, "pending-grant").await;
    drop_in(&folder, b"no plugin");
    status(&host, "kept").await;
    let (code, _, errors) = run_to_end(&folder, &["plugin", "approve", "steady"]).await;
    assert!(code == 1 && errors.contains("waits for no approval"), "{errors}");
    drop_in(&folder, &two);
    runs(&host, &two).await;
}

#[tokio::test]
async fn removing_a_file_first_is_no_way_around_the_question() {
    let (one, grasping) = (build("steady", 1), build("grasping", 1));
    let (folder, host) = started("100ms", &one).await;
    std::fs::remove_file(file(&folder)).unwrap();
    said(&host, "was removed").await;
    drop_in(&folder, &grasping);
    said(&host, "asks for more than the one that ran: http: http://127.0.0.1:9").await;
    assert_eq!(plugin(&host).await.unwrap()["generation"], Value::Null);
    let (code, _, errors) = run_to_end(&folder, &["plugin", "approve", "steady"]).await;
    assert_eq!(code, 0, "{errors}");
    runs(&host, &grasping).await;
}

#[tokio::test]
async fn a_plugin_that_needs_another_config_waits_for_it_and_both_are_taken_in_one_step() {
    let (one, demanding) = (build("steady", 1), build("demanding", 1));
    let (folder, host) = started("300ms", &one).await;
    drop_in(&folder, &demanding);
    let kept = status(&host, "kept").await;
    let problem = kept["problem"].as_str().unwrap();
    assert!(problem.contains("depth") && problem.contains("watchkeep reload"), "{problem}");
    // A reload with a config that still does not fit takes the config alone.
    let (code, _, errors) = run_to_end(&folder, &["reload"]).await;
    assert_eq!(code, 0, "{errors}");
    assert_eq!(plugin(&host).await.unwrap()["generation"]["digest"], *digest(&one));

    folder.config(&config("300ms").replace("config = {}", "config = { depth = 3 }"));
    let (code, text, errors) = run_to_end(&folder, &["reload", "--dry-run"]).await;
    assert!(code == 0 && text.contains("~ check it"), "{text}{errors}");
    assert_eq!(plugin(&host).await.unwrap()["generation"]["digest"], *digest(&one), "nothing was changed");
    let (code, text, errors) = run_to_end(&folder, &["reload"]).await;
    assert!(code == 0 && text.contains("~ check it"), "{text}{errors}");
    runs(&host, &demanding).await;
    status(&host, "live").await;
    every_run_was_ok(&host).await;
}

#[tokio::test]
async fn a_file_wins_over_the_bundled_plugin_of_its_name_and_gives_it_back_when_it_goes() {
    let folder = Folder::new(
        "plugin_settle = \"50ms\"\n[[receiver]]\nname = \"r\"\nplugin = \"console\"\n[[route]]\nname = \"root\"\nreceivers = [\"r\"]\n",
    );
    let path = folder.path().join("plugins/console.wasm");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let host = Host::start(&folder).await;
    let source = async || Some(named(&host, "console").await?["generation"]["source"].as_str()?.to_owned());
    eventually("the bundled one runs", async || source().await.filter(|source| source == "bundled")).await;
    std::fs::write(&path, numbered(bundled("console"), 1)).unwrap();
    eventually("the file runs", async || source().await.filter(|source| source.ends_with("console.wasm")))
        .await;
    std::fs::remove_file(&path).unwrap();
    eventually("the bundled one runs again", async || source().await.filter(|source| source == "bundled"))
        .await;
}
