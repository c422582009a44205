//! The way of somebody who is woken: sign in, find what is down, look at it, take it, and hide it for a while. Meanwhile the
//! page is live.

use std::time::Instant;

use watchkeep_end_to_end::{Answering, Device, Page, eventually};

use super::stage::{IS_LIVE, Stage, keep, shoot, texts};

/// Notes when the alert is on the screen, by the clock that the host goes by as well.
const WATCH: &str = "new MutationObserver((_, observer) => {
    if (!document.querySelector('#alerts .alert-name')) return;
    requestAnimationFrame(() => { window.seenAt = Date.now(); });
    observer.disconnect();
}).observe(document.body, { childList: true, subtree: true }), true";

/// Writes beside the pictures how long it took from the decision that the alert fires to the screen. It is a figure to look at,
/// meant to stay under half a second on a machine with nothing else to do.
async fn note_delay(stage: &Stage, page: &Page<'_>, device: Device) {
    page.until("window.seenAt > 0").await;
    let seen_at = page.is("window.seenAt").await.as_f64().unwrap();
    let changes = stage.host.get("/api/v1/checks/shop/transitions").await.json();
    let fired = changes["items"].as_array().unwrap().iter().find(|it| it["transition"] == "firing").unwrap();
    let fired_at = page.is(&format!("Date.parse({})", fired["at"])).await.as_f64().unwrap();
    let text = format!("{:.0} ms from the decision to the screen\n", seen_at - fired_at);
    keep(&format!("delay-{}.txt", device.name()), text.as_bytes());
}

async fn way(device: Device) {
    let stage = Stage::set().await;
    let page = stage.signed_in(device).await;
    page.until("document.querySelectorAll('tr.check').length >= 5").await;
    shoot(&page, device, "1-all-well").await;

    // The list narrows while one types, and the page is not loaded again.
    page.is("window.isTheSame = true").await;
    page.click("#q").await;
    page.write("blog").await;
    page.until(
        "[...document.querySelectorAll('tr.check .c-name > a')].map((it) => it.innerText).join() === 'blog'",
    )
    .await;
    page.until("location.search === '?q=blog'").await;
    shoot(&page, device, "2-filtered").await;
    page.press("Escape").await;
    page.until("document.querySelectorAll('tr.check').length >= 5 && location.search === ''").await;

    // What breaks shows by itself, and says so in the tab.
    page.is(WATCH).await;
    stage.site.set("/shop", Answering::Status(500));
    page.until("document.querySelector('#alerts .alert-name')?.innerText === 'shop'").await;
    note_delay(&stage, &page, device).await;
    page.until("document.title.startsWith('(1)')").await;
    assert_eq!(page.is("window.isTheSame").await, true);
    eventually("people are told", async || (!stage.hook.of("firing", "shop").is_empty()).then_some(())).await;
    page.until("document.querySelector('#alerts .told')?.innerText.includes('people')").await;
    shoot(&page, device, "3-shop-is-down").await;

    page.click("#alerts .alert-name").await;
    page.until("document.querySelector('h1')?.innerText === 'shop'").await;
    page.until(IS_LIVE).await;
    shoot(&page, device, "4-the-check").await;
    let why = texts(&page, "#why").await.concat();
    assert!(why.contains("firing: it is critical"), "{why}");

    // Two clicks and a comment take it.
    page.click("details.act[id^=ack-] > summary").await;
    page.click("details.act[id^=ack-] input[name=comment]").await;
    page.write("on it").await;
    shoot(&page, device, "5-taking-it").await;
    page.click("details.act[id^=ack-] button.main").await;
    page.until("document.querySelector('#now .taken')?.innerText.includes('on it')").await;
    let alert = stage.host.get("/api/v1/alerts").await.json()["items"][0].clone();
    assert_eq!(alert["acknowledged"]["comment"], "on it", "{alert}");
    shoot(&page, device, "6-taken").await;

    // The alert's own page says what happened, and offers a silence that is ready for it.
    page.click("#now a.more").await;
    page.until("location.pathname.startsWith('/alerts/')").await;
    page.until(IS_LIVE).await;
    page.click("#silence > summary").await;
    shoot(&page, device, "7-silencing").await;
    page.click("#silence button.main").await;
    let silence = eventually("it is silenced", async || {
        let all = stage.host.get("/api/v1/silences").await.json();
        all["items"].as_array()?.first().cloned()
    })
    .await;
    assert_eq!(silence["state"], "open", "{silence}");
    page.go(&stage.at("/silences")).await;
    page.until(IS_LIVE).await;
    shoot(&page, device, "8-silenced").await;

    // What a target says stays text, with the script of the page as well.
    page.go(&stage.at("/checks/mail")).await;
    page.until(IS_LIVE).await;
    assert_eq!(page.is("document.querySelectorAll('img[onerror], main script').length").await, 0);
    assert_eq!(page.is("document.title.includes('owned')").await, false);
    shoot(&page, device, "9-hostile-text").await;

    // And when it is well again, whoever looks sees it without doing anything.
    page.go(&stage.at("/")).await;
    page.until(IS_LIVE).await;
    page.is("window.isTheSame = true").await;
    let began = Instant::now();
    stage.site.set("/shop", Answering::Well);
    page.until("document.querySelector('tr[data-check=shop]')?.dataset.standing === 'ok'").await;
    assert_eq!(page.is("window.isTheSame").await, true);
    assert!(began.elapsed().as_secs() < 60);
    shoot(&page, device, "10-well-again").await;
}

#[tokio::test]
async fn from_the_sign_in_to_the_silence_on_a_desktop() {
    way(Device::Desktop).await;
}

#[tokio::test]
async fn from_the_sign_in_to_the_silence_on_a_phone() {
    way(Device::Phone).await;
}
