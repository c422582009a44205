//! What somebody has a finger on is not taken away from under it.

use watchkeep_end_to_end::{Device, eventually};

use super::stage::{Stage, YARD, yard};

/// How many answers for the overview have come.
const RENEWALS: &str = "performance.getEntriesByType('resource').filter((it) => it.initiatorType === 'fetch' && new URL(it.name).pathname === '/').length";

#[tokio::test]
async fn a_page_that_is_renewed_keeps_what_is_pressed_until_it_is_let_go() {
    let stage = Stage::set().await;
    let page = stage.signed_in(Device::Desktop).await;
    let place = page.press_on("tr[data-check=mail] .c-name > a").await;
    page.is("window.pressed = document.querySelector('tr[data-check=mail] .c-name > a')").await;
    let before = page.is(RENEWALS).await.as_u64().unwrap();
    stage.break_shop().await;
    // The newer page has come, and nothing of it is shown.
    eventually("the page is asked again", async || {
        let now = page.is(RENEWALS).await.as_u64()?;
        (now > before).then_some(())
    })
    .await;
    assert_eq!(page.is("window.pressed.isConnected").await, true);
    assert_eq!(page.is("document.querySelectorAll('#alerts .alert-name').length").await, 0);
    // Let go elsewhere, it clicks nothing and shows what is new.
    page.mouse("mouseReleased", &serde_json::json!({ "x": 0, "y": 0 })).await;
    page.until("document.querySelector('#alerts .alert-name')?.innerText === 'shop'").await;
    // Let go where it was pressed, it clicks.
    let again = page.press_on("tr[data-check=mail] .c-name > a").await;
    assert_ne!(again, place, "the alert has moved it");
    page.mouse("mouseReleased", &again).await;
    page.until("location.pathname === '/checks/mail'").await;
}

/// Where the folds of the check's pictures lie on the page.
const FOLDS: &str = "[...document.querySelectorAll('#references details.act > summary')].map((it) => it.getBoundingClientRect().y + scrollY)";

/// Takes every picture off the page, as before it has come, and hands back how many there were.
const WITHOUT_PICTURES: &str = "(() => {
    const all = [...document.querySelectorAll('#references img')];
    for (const it of all) it.removeAttribute('src');
    return all.length;
})()";

#[tokio::test]
async fn a_picture_that_comes_late_moves_nothing_below_it_and_one_that_stays_is_not_loaded_anew() {
    let stage = Stage::calm().await;
    let page = stage.signed_in(Device::Desktop).await;
    page.go(&stage.at("/checks/yard")).await;
    // Of two series, the one of the camera.
    page.click(&format!("{YARD} details.act > summary")).await;
    page.click(&format!("{YARD} button.main")).await;
    page.until("document.querySelectorAll('#references details.act').length === 1").await;
    stage.site.give("/yard.png", yard(&stage.browser, "firebrick").await);
    page.until("document.querySelector('#references .slide') !== null").await;
    page.is("document.querySelector('#references .slide').scrollIntoView()").await;
    let loaded =
        "[...document.querySelectorAll('#references img')].every((it) => it.complete && it.naturalWidth > 0)";
    page.until(loaded).await;

    page.is("window.kept = document.querySelector('#references .over')").await;
    page.is("document.querySelector('#references p').dataset.old = '1'").await;
    page.until("document.querySelector('#references p').dataset.old === undefined").await;
    assert_eq!(page.is("window.kept.isConnected && window.kept.complete").await, true);

    let before = page.is(FOLDS).await;
    assert!(!before.as_array().unwrap().is_empty());
    assert!(page.is(WITHOUT_PICTURES).await.as_u64().unwrap() >= 4);
    assert_eq!(page.is(FOLDS).await, before);
}
