//! What people do about alerts, at the command line of a running host: silence, acknowledge, hand over, explain, and
//! that all of it outlives a host that is killed.

use watchkeep_end_to_end::{Answering, Folder, Hook, Host, Site, eventually, run_to_end};

use crate::notices::{alerting, webhook};

/// One page for each alert, so that each message is about one.
fn config(site: &Site, hook: &Hook) -> String {
    let single =
        webhook(hook).replace("plugin = \"webhook\"", "plugin = \"webhook\"\ngrouping = \"per_alert\"");
    alerting(&[("shop", site.url("/shop"))], &single)
}

async fn says(folder: &Folder, arguments: &[&str]) -> String {
    let (code, out, err) = run_to_end(folder, arguments).await;
    assert_eq!(code, 0, "{arguments:?}: {out}{err}");
    out
}

async fn refused(folder: &Folder, arguments: &[&str]) -> String {
    let (code, out, err) = run_to_end(folder, arguments).await;
    assert_ne!(code, 0, "{arguments:?}: {out}");
    err
}

#[tokio::test]
async fn a_silence_holds_back_until_it_is_ended_and_the_feed_shows_the_alert_meanwhile() {
    let (site, hook) = (Site::start().await, Hook::start().await);
    let folder = Folder::new(&config(&site, &hook));
    let host = Host::start(&folder).await;
    host.state("shop", "ok").await;

    let preview = says(&folder, &["silence", "add", "check=\"shop\"", "--for", "1h", "--dry-run"]).await;
    assert!(preview.contains("shop"), "{preview}");
    let id = says(&folder, &["silence", "add", "check=\"shop\"", "--for", "1h", "--comment", "deploy"]).await;
    let id = id.trim();
    site.set("/shop", Answering::Status(500));
    let alert = eventually("the alert is held back", async || {
        let open = host.get("/api/v1/alerts?held=silenced").await.json();
        open["items"].as_array()?.first().cloned()
    })
    .await;
    assert_eq!(alert["check"], "shop");
    assert!(hook.received().is_empty(), "nobody is told under a silence");
    let explained = says(&folder, &["alert", "explain", "shop"]).await;
    assert!(explained.contains("deploy") && explained.contains(id), "{explained}");

    says(&folder, &["silence", "end", id]).await;
    eventually("the page arrives", async || (!hook.of("firing", "shop").is_empty()).then_some(())).await;
    let listed = says(&folder, &["silence", "list"]).await;
    assert!(listed.contains(id) && listed.contains("ended"), "{listed}");
}

#[tokio::test]
async fn who_took_an_alert_is_told_to_whoever_was_told_and_outlives_a_kill() {
    let (site, hook) = (Site::start().await, Hook::start().await);
    let folder = Folder::new(&config(&site, &hook));
    let host = Host::start(&folder).await;
    site.set("/shop", Answering::Status(500));
    eventually("the page arrives", async || (!hook.of("firing", "shop").is_empty()).then_some(())).await;

    says(&folder, &["alert", "ack", "shop", "--comment", "on it", "--by", "kari"]).await;
    let told = eventually("the taking is told", async || hook.of("acknowledged", "shop").pop()).await;
    assert!(told.text("title").contains("kari"), "{}", told.text("title"));
    let listed = says(&folder, &["alert", "list"]).await;
    assert!(listed.contains("TAKEN BY") && listed.contains("kari"), "{listed}");
    says(&folder, &["alert", "hand-over", "shop", "--to", "web-team", "--by", "kari"]).await;
    let given = eventually("the handing over is told", async || hook.of("handed-over", "shop").pop()).await;
    assert_eq!(given.dedup_key(), told.dedup_key());

    host.kill().await;
    let host = Host::start(&folder).await;
    let alert = host.get("/api/v1/alerts").await.json()["items"][0].clone();
    assert_eq!(alert["acknowledged"]["by"], "kari", "{alert}");
    assert_eq!(alert["assigned"]["to"], "web-team", "{alert}");
    site.set("/shop", Answering::Well);
    let resolve = eventually("the resolve arrives", async || hook.of("resolved", "shop").pop()).await;
    assert_eq!(resolve.dedup_key(), told.dedup_key());
}

#[tokio::test]
async fn what_cannot_be_taken_is_refused_with_what_to_do() {
    let (site, hook) = (Site::start().await, Hook::start().await);
    let folder = Folder::new(&config(&site, &hook));
    let _host = Host::start(&folder).await;
    for (arguments, says) in [
        (["silence", "add", "check=~\".*\"", "--for", "1h"].as_slice(), "hide every alert"),
        (&["silence", "add", "check=shop", "--until", "2020-01-01T00:00:00Z"], "hint"),
        (&["silence", "add", "check=shop\"", "--for", "1h"], "is not a valid matcher"),
        (&["silence", "add", "check=shop", "--for", "soon"], "soon"),
        (&["silence", "end", "s-none"], "s-none"),
        (&["alert", "ack", "nothing"], "no open alert is called `nothing`"),
        (&["maintenance", "add", "check=shop", "--schedule", "61 * * * *", "--lasts", "1h"], "61"),
        (&["delivery", "retry", "d999"], "d999"),
    ] {
        let error = refused(&folder, arguments).await;
        assert!(error.contains(says), "{arguments:?}: {error}");
    }
}

#[tokio::test]
async fn a_dead_letter_is_tried_again_by_hand() {
    let (site, hook) = (Site::start().await, Hook::start().await);
    hook.answer_with(400);
    let folder = Folder::new(&config(&site, &hook));
    let host = Host::start(&folder).await;
    site.set("/shop", Answering::Status(500));
    let dead = eventually("it is given up", async || {
        let dead = host.get("/api/v1/deliveries?status=dead").await.json();
        dead["items"].as_array()?.first().map(|item| item["id"].as_str().unwrap_or_default().to_owned())
    })
    .await;
    hook.answer_with(200);
    let before = hook.of("firing", "shop").len();
    says(&folder, &["delivery", "retry", &dead]).await;
    eventually("it arrives", async || (hook.of("firing", "shop").len() > before).then_some(())).await;
}
