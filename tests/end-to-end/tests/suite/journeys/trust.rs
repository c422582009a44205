//! The way of somebody who answers for what runs: a plugin that asks for more, and a picture that has become another one.

use watchkeep_end_to_end::{Device, build, eventually};

use super::stage::{IS_LIVE, Stage, YARD, shoot, texts, yard};
use crate::hot_loading::drop_in;

async fn way(device: Device) {
    let stage = Stage::set().await;
    let page = stage.signed_in(device).await;

    // The file asks for more than the one before it: nothing of it runs until somebody has read what, and agreed.
    page.go(&stage.at("/plugins")).await;
    page.until(IS_LIVE).await;
    shoot(&page, device, "plugins").await;
    drop_in(&stage.folder, &build("grasping", 1));
    eventually("it waits", async || {
        let all = stage.host.get("/api/v1/plugins").await.json();
        let all = all["items"].as_array()?.clone();
        all.iter().find(|it| it["name"] == "steady" && it["status"] == "pending-grant").map(|_| ())
    })
    .await;
    page.go(&stage.at("/plugins")).await;
    page.click("#approve-steady > summary").await;
    let asked = texts(&page, "article:has(#approve-steady) .line").await.concat();
    assert!(asked.contains("http: http://127.0.0.1:9"), "{asked}");
    shoot(&page, device, "plugin-asks-for-more").await;
    page.click("#approve-steady button.main").await;
    page.until("document.getElementById('approve-steady') === null").await;
    let said = eventually("the new one runs", async || {
        let results = stage.host.get("/api/v1/checks/it/results?limit=1").await.json();
        let said = results["items"][0]["summary"].as_str()?.to_owned();
        (said == "grasping").then_some(said)
    })
    .await;
    assert_eq!(said, "grasping");
    shoot(&page, device, "plugin-approved").await;

    // Nobody has said yet what the yard should look like.
    page.go(&stage.at("/checks/yard")).await;
    page.click(&format!("{YARD} details.act > summary")).await;
    shoot(&page, device, "picture-to-accept").await;
    page.click(&format!("{YARD} button.main")).await;
    page.until("[...document.querySelectorAll('.reference')].some((it) => it.innerText.startsWith('snapshot') && it.innerText.includes('was accepted'))").await;
    shoot(&page, device, "picture-accepted").await;

    // It changes. Both stand beside each other, and a slider shows the one over the other.
    stage.site.give("/yard.png", yard(&stage.browser, "firebrick").await);
    page.until("document.querySelector('#references .slide') !== null").await;
    // They are loaded when somebody comes near them.
    page.is("document.querySelector('#references .slide').scrollIntoView()").await;
    page.until(
        "[...document.querySelectorAll('#references img')].every((it) => it.complete && it.naturalWidth > 0)",
    )
    .await;
    shoot(&page, device, "picture-changed").await;
    page.click(&format!("{YARD} details.act > summary")).await;
    page.click(&format!("{YARD} button.main")).await;
    page.until("document.querySelector('#references .slide') === null").await;
    shoot(&page, device, "picture-accepted-again").await;
}

#[tokio::test]
async fn a_plugin_is_approved_and_a_picture_accepted_on_a_desktop() {
    way(Device::Desktop).await;
}

#[tokio::test]
async fn a_plugin_is_approved_and_a_picture_accepted_on_a_phone() {
    way(Device::Phone).await;
}
