//! What becomes of an action that is under way when the host is killed, or its config changes.

use watchkeep_end_to_end::{Answering, Folder, Hook, Host, Site, eventually};

use super::{config, goes_on, occasion, runs, says, script};

/// Says that it has begun, and waits for a file.
const WAITS: &str = "echo run >>runs\nuntil [ -e go ]; do /bin/busybox sleep 0.05; done";

#[tokio::test]
async fn a_host_that_is_killed_meanwhile_acts_once_and_says_that_it_does_not_know() {
    let (site, hook) = (Site::start().await, Hook::start().await);
    site.set("/shop", Answering::Status(503));
    let folder = Folder::new("");
    script(&folder, WAITS);
    folder.config(&config(
        &folder,
        &hook,
        &site.url("/shop"),
        "on_firing",
        "attempts = 3\ncool_down = \"1h\"",
    ));
    let host = Host::start(&folder).await;
    eventually("the action is under way", async || (runs(&folder) == 1).then_some(())).await;
    host.kill().await;
    folder.write("go", "");

    let host = Host::start(&folder).await;
    let unknown = occasion(&host, "unknown").await;
    assert_eq!(unknown["number"], 1, "{unknown}");
    goes_on(&host, "shop", 5).await;
    assert_eq!(runs(&folder), 1, "one decision acts once");
    let explained = says(&folder, &["alert", "explain", "shop"]).await;
    assert!(explained.contains("its result is unknown") && explained.contains("cools down"), "{explained}");
    let history = says(&folder, &["action", "history"]).await;
    assert!(history.contains("unknown"), "{history}");

    site.set("/shop", Answering::Well);
    let resolved = eventually("the resolve arrives", async || hook.of("resolved", "shop").pop()).await;
    let actions = resolved.body["alerts"][0]["actions"].to_string();
    assert!(actions.contains("its result is unknown"), "{}", resolved.body);
}

#[tokio::test]
async fn an_action_that_a_reload_removes_ends_and_is_told_all_the_same() {
    let (site, hook) = (Site::start().await, Hook::start().await);
    site.set("/shop", Answering::Status(503));
    let folder = Folder::new("");
    script(&folder, WAITS);
    let whole = config(&folder, &hook, &site.url("/shop"), "on_firing", "cool_down = \"1h\"");
    folder.config(&whole);
    let host = Host::start(&folder).await;
    eventually("the action is under way", async || (runs(&folder) == 1).then_some(())).await;

    let (begins, ends) = (whole.find("[[action]]").unwrap(), whole.find("[[check]]").unwrap());
    let without = format!("{}{}", &whole[..begins], &whole[ends..]).replace("on_firing = [\"mend\"]\n", "");
    folder.config(&without);
    says(&folder, &["reload"]).await;
    assert!(says(&folder, &["action", "list"]).await.lines().all(|line| !line.starts_with("mend")));
    folder.write("go", "");
    let done = occasion(&host, "done").await;
    assert_eq!(done["action"], "mend", "{done}");

    site.set("/shop", Answering::Well);
    let resolved = eventually("the resolve arrives", async || hook.of("resolved", "shop").pop()).await;
    assert!(resolved.body["alerts"][0]["actions"].to_string().contains("ran `mend`"), "{}", resolved.body);
    assert_eq!(runs(&folder), 1);
}
