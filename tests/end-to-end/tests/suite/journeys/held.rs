//! What somebody has a finger on is not taken away from under it.

use watchkeep_end_to_end::{Device, eventually};

use super::stage::Stage;

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
