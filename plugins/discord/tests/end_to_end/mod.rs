//! The bundled `discord` against a double that refuses what Discord refuses.

#[allow(dead_code, unreachable_pub, reason = "the plugin's own tests use the other part of it")]
#[path = "../suite/double/mod.rs"]
mod double;

use watchkeep_doubles::Served;
use watchkeep_end_to_end::{Answering, Folder, Host, Site, eventually};

use crate::notices::{alerting, dead_letter, is_kept};

use double::Discord;

const CHANNEL: &str = "[secrets]\nchannel = { file = \"channel\" }\n\n[[receiver]]\nname = \"people\"\nplugin = \"discord\"\n\
                       config = { webhook_url = { secret = \"channel\" }, mention = \"@here\" }\n";

#[tokio::test]
async fn the_first_message_shows_how_it_is_and_what_is_new_is_told() {
    let (site, discord) = (Site::start().await, Served::start(Discord::new()).await);
    let folder = Folder::new(&alerting(&[("shop", site.url("/shop"))], CHANNEL));
    folder.secret("channel", &format!("{}{}", discord.url, Discord::WEBHOOK));
    let host = Host::start(&folder).await;
    host.state("shop", "ok").await;

    site.set("/shop", Answering::Status(500));
    let first =
        eventually("the alert is posted", async || discord.with(|it| it.messages().first().cloned())).await;
    assert!(first.content().contains("CRITICAL: shop"), "{}", first.content());
    assert_eq!(first.calls, ["@here"]);

    site.set("/shop", Answering::Well);
    let messages = eventually("the resolve is posted", async || {
        discord.with(|it| (it.messages().len() > 1).then(|| it.messages().to_vec()))
    })
    .await;
    assert!(messages[0].edits >= 1);
    for message in &messages {
        assert!(message.content().contains("RESOLVED: shop"), "{}", message.content());
    }
    assert!(messages[1].calls.is_empty());
    // Who knows the path can post, so it is the secret.
    is_kept(&folder, "channel", Discord::WEBHOOK);
}

#[tokio::test]
async fn a_webhook_that_was_removed_is_a_dead_letter_that_says_what_to_do() {
    let (site, discord) = (Site::start().await, Served::start(Discord::new()).await);
    discord.with(Discord::remove_webhook);
    let folder = Folder::new(&alerting(&[("shop", site.url("/shop"))], CHANNEL));
    folder.secret("channel", &format!("{}{}", discord.url, Discord::WEBHOOK));
    let host = Host::start(&folder).await;
    site.set("/shop", Answering::Status(500));
    let said = dead_letter(&host).await;
    assert!(said.contains("Unknown Webhook") && said.contains("make a new one"), "{said}");
}

#[tokio::test]
async fn a_message_leads_to_a_page_whose_button_acknowledges_once() {
    let (site, discord) = (Site::start().await, Served::start(Discord::new()).await);
    let read = CHANNEL.replace("name = \"people\"\n", "name = \"people\"\npeople = [\"*\"]\n");
    let folder = Folder::new(&alerting(&[("shop", site.url("/shop"))], &format!("[person.ada]\n\n{read}")));
    folder.secret("channel", &format!("{}{}", discord.url, Discord::WEBHOOK));
    let host = Host::start(&folder).await;
    host.state("shop", "ok").await;
    site.set("/shop", Answering::Status(500));
    let path = eventually("the message has a link", async || {
        let text = discord.with(|it| it.messages().first().map(|message| message.body.to_string()))?;
        let (_, token) = text.split_once("/reply/")?;
        Some(format!("/reply/{}", token.split(')').next()?))
    })
    .await;
    let acknowledged = async || host.get("/api/v1/alerts").await.json()["items"][0]["acknowledged"].clone();
    let page = host.get(&path).await;
    assert!(page.status == 200 && page.text.contains(">Acknowledge</button>"), "{}", page.text);
    assert!(acknowledged().await.is_null(), "opening it changes nothing");
    assert_eq!(host.submit(&path, "person=ada", "").await, 200);
    assert_eq!(acknowledged().await["by"], "ada");
    assert_eq!(host.submit(&path, "person=ada", "").await, 409);
}
