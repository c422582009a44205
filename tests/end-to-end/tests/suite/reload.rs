//! A reload changes only what changed, and a bad one changes nothing.

use watchkeep_end_to_end::{Folder, Host, Site, eventually, run_to_end};

fn checks(site: &Site, names: &[&str]) -> String {
    let check = |name: &&str| {
        let url = site.url(&format!("/{name}"));
        format!(
            "[[check]]\nname = \"{name}\"\nplugin = \"http\"\ninterval = \"500ms\"\nconfig = {{ url = \"{url}\" }}\n\n"
        )
    };
    names.iter().map(check).collect()
}

#[tokio::test]
async fn sighup_adds_and_removes_checks_while_the_others_keep_running() {
    let site = Site::start().await;
    let folder = Folder::new(&checks(&site, &["kept", "removed"]));
    let host = Host::start(&folder).await;
    host.state("kept", "ok").await;
    host.state("removed", "ok").await;

    folder.config(&checks(&site, &["kept", "added"]));
    host.signal("HUP").await;
    eventually("the new check is there", async || host.check("added").await).await;
    host.state("added", "ok").await;
    eventually("the old one is gone", async || host.check("removed").await.is_none().then_some(())).await;
    let runs = site.requests("/kept").len();
    eventually("the kept one goes on", async || (site.requests("/kept").len() > runs + 1).then_some(()))
        .await;
}

#[tokio::test]
async fn a_bad_config_changes_nothing_and_says_why() {
    let site = Site::start().await;
    let folder = Folder::new(&checks(&site, &["kept"]));
    let host = Host::start(&folder).await;
    host.state("kept", "ok").await;

    folder.config("[[check]]\nname = \"kept\"\nplugin = \"htpp\"\n");
    host.signal("HUP").await;
    eventually("the log says why", async || host.log().contains("htpp").then_some(())).await;
    let runs = site.requests("/kept").len();
    eventually("the check goes on", async || (site.requests("/kept").len() > runs + 1).then_some(())).await;

    folder.config(&checks(&site, &["kept", "added"]));
    host.signal("HUP").await;
    host.state("added", "ok").await;
}

#[tokio::test]
async fn a_name_that_nothing_had_is_told_at_a_reload_and_at_a_start_and_a_real_one_is_not() {
    let site = Site::start().await;
    let folder = Folder::new(&checks(&site, &["shop"]));
    let host = Host::start(&folder).await;
    host.state("shop", "ok").await;
    let named = |name: &str, from: &str| {
        checks(&site, &[name]).replace("\n\n", &format!("\nrenamed_from = \"{from}\"\n\n"))
    };

    folder.config(&named("store", "shop"));
    let (code, out, err) = run_to_end(&folder, &["reload"]).await;
    assert!(code == 0 && !err.contains("never called"), "{out}{err}");
    host.state("store", "ok").await;
    // What a killed host had not stored yet, the next cannot know of.
    eventually("a result is stored", async || {
        let results = host.get("/api/v1/checks/store/results?limit=1").await.json();
        results["items"].as_array().is_some_and(|items| !items.is_empty()).then_some(())
    })
    .await;
    host.kill().await;
    // It stays in the config for years: it was right once.
    let host = Host::start(&folder).await;
    assert!(!host.log().contains("never called"), "{}", host.log());

    folder.config(&(named("store", "shop") + &named("blog", "bolg")));
    let (code, out, err) = run_to_end(&folder, &["reload", "--dry-run"]).await;
    assert!(
        code == 0 && err.contains("`blog` was never called `bolg`") && err.contains("hint"),
        "{out}{err}"
    );
    host.kill().await;
    let host = Host::start(&folder).await;
    assert!(host.log().contains("`blog` was never called `bolg`"), "{}", host.log());
}

/// A signal gets no answer: whoever sent it sees on the page that it did nothing.
#[tokio::test]
async fn a_config_that_was_refused_is_told_on_the_page_until_one_is_taken() {
    let site = Site::start().await;
    let folder = Folder::new(&checks(&site, &["shop"]));
    let host = Host::start(&folder).await;
    host.state("shop", "ok").await;
    let is_told = async || host.get("/").await.text.contains("The config on the disk was refused");
    assert!(!is_told().await);

    folder.config("[[check]]\nname = \"shop\"\nintervall = \"1s\"\n");
    let (code, _, err) = run_to_end(&folder, &["reload", "--dry-run"]).await;
    assert!(code != 0 && !is_told().await, "who only looks refuses nothing: {err}");
    host.signal("HUP").await;
    eventually("it is told", async || is_told().await.then_some(())).await;
    assert!(host.get("/").await.text.contains(">shop<"), "what runs goes on");

    folder.config(&checks(&site, &["shop", "blog"]));
    host.signal("HUP").await;
    host.state("blog", "ok").await;
    assert!(!is_told().await);
}
