//! What people outside are shown, over the public address of a real host.

use watchkeep_end_to_end::{Answering, Folder, Hook, Host, Site, closed_port, eventually_seeing};

use crate::command_line::{json, typed};
use crate::notices::{alerting, webhook};

const TOKEN: &str = "0f0e0d0c0b0a49088706";

const PAGES: &str = r#"
[secrets]
page = { file = "page" }

[[service]]
name = "inside"
display = "The shop"
match = ['check="shop"']

[[status_page]]
name = "acme"
title = "Acme"
services = ["inside"]

[[status_page]]
name = "closed"
title = "Closed"
services = ["inside"]
token = { secret = "page" }
"#;

#[tokio::test]
async fn a_client_sees_what_was_chosen_and_a_note_outlives_the_host() {
    let (site, hook, public) = (Site::start().await, Hook::start().await, closed_port().await);
    let config = alerting(&[("shop", site.url("/shop"))], &webhook(&hook)) + PAGES;
    let folder = Folder::new(&format!("public_listen = \"{public}\"\n{config}"));
    folder.secret("page", TOKEN);
    let host = Host::start(&folder).await;
    let read = async |path: &str| {
        let answer = reqwest::get(format!("http://{public}{path}")).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let says = async |word: &str| {
        eventually_seeing(word, async || {
            let (status, text) = read("/status/acme/the-shop/badge.json").await;
            if status == 200 && text.contains(word) { Ok(()) } else { Err(text) }
        })
        .await;
    };
    says("Operational").await;
    site.set("/shop", Answering::Status(500));
    says("Down").await;
    let (status, page) = read("/status/acme").await;
    assert!(status == 200 && page.contains("The shop") && page.contains("Some systems are down"), "{page}");
    for inside in ["inside", "/shop", "http", "status 500"] {
        assert!(!page.replace("http://www.w3.org", "").contains(inside), "{inside}: {page}");
    }
    let missing = read("/status/nobody").await;
    assert_eq!(read("/status/closed").await, missing);
    assert_eq!(read(&format!("/status/closed?token={TOKEN}0")).await, missing);
    assert_eq!(read(&format!("/status/closed?token={TOKEN}")).await.0, 200);
    assert!(!host.log().contains(TOKEN), "a token is not logged");

    let note = ["status", "note", "acme", "--title", "Orders are slow", "--text", "We are looking into it."];
    let (code, id) = typed(&folder, &note).await;
    assert_eq!(code, 0, "{id}");
    let id = id.trim().to_owned();
    let more = ["status", "note", &id, "--stage", "identified", "--text", "A disk is full."];
    assert_eq!(typed(&folder, &more).await.0, 0);
    host.kill().await;
    let host = Host::start(&folder).await;
    eventually_seeing("the note is there after a kill", async || {
        let (_, text) = read("/status/acme/feed.xml").await;
        if text.contains("Identified: Orders are slow") { Ok(()) } else { Err(text) }
    })
    .await;
    let listed = json(&folder, &["status", "list"]).await;
    assert_eq!(listed.as_array().unwrap().len(), 3, "two pages and a note: {listed:#}");
    assert_eq!(typed(&folder, &["status", "end", &id]).await.0, 0);
    let (code, text) = typed(&folder, &["status", "end", &id]).await;
    assert!(code == 1 && text.contains("has ended already"), "{text}");
    assert_eq!(typed(&folder, &["status", "remove", &id]).await.0, 0);
    assert_eq!(host.get("/status/acme").await.status, 200, "the host's own address has pages too");
}
