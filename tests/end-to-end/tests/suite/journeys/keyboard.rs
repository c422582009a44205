//! The way of somebody without a mouse: everything by keys, and always to be seen where one is.

use watchkeep_end_to_end::{Answering, Device, Page, eventually};

use super::stage::{IS_LIVE, Stage, shoot, texts};

/// What has the focus, in a word, and whether it can be seen that it has.
const FOCUS: &str = "(() => {
    const node = document.activeElement;
    if (!node || node === document.body) return { name: 'nothing', isSeen: true, at: -1 };
    const style = getComputedStyle(node), box = node.getBoundingClientRect();
    const isRinged = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0 || style.boxShadow !== 'none';
    const isInSight = box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    const all = [...document.querySelectorAll('*')];
    return { name: `${node.tagName.toLowerCase()} ${node.id || node.name || node.innerText?.trim().split('\\n')[0] || ''}`.trim(), isSeen: isRinged && isInSight, at: all.indexOf(node) };
})()";

async fn focused(page: &Page<'_>) -> String {
    page.is(FOCUS).await["name"].as_str().unwrap().to_owned()
}

/// From the top to the bottom of a page by the tab key alone: each stop is in sight and marked, in the order of the page.
async fn walk(page: &Page<'_>) -> Vec<String> {
    page.is("document.activeElement.blur(), scrollTo(0, 0)").await;
    let (mut stops, mut last) = (Vec::new(), -1);
    loop {
        page.press("Tab").await;
        let stop = page.is(FOCUS).await;
        let (name, at) = (stop["name"].as_str().unwrap().to_owned(), stop["at"].as_i64().unwrap());
        if at <= last {
            break;
        }
        last = at;
        assert_eq!(stop["isSeen"], true, "nobody sees that {name} has the focus");
        stops.push(name);
        assert!(stops.len() < 1000, "{stops:?}");
    }
    stops
}

#[tokio::test]
async fn an_alert_is_found_taken_and_hidden_by_keys_alone() {
    let stage = Stage::set().await;
    let page = stage.signed_in(Device::Desktop).await;
    stage.site.set("/shop", Answering::Status(500));
    stage.site.set("/blog", Answering::Status(500));
    page.until("document.querySelectorAll('#alerts .alert-name').length === 2").await;

    // The first stop skips what is on each page.
    page.go(&stage.at("/")).await;
    page.until(IS_LIVE).await;
    page.press("Tab").await;
    assert_eq!(focused(&page).await, "a Skip to the content");
    shoot(&page, Device::Desktop, "keys-1-skip").await;
    page.press("Enter").await;
    assert_eq!(focused(&page).await, "main main");

    page.press("?").await;
    page.until("document.getElementById('keys').open").await;
    shoot(&page, Device::Desktop, "keys-2-help").await;
    page.press("Escape").await;
    page.until("!document.getElementById('keys').open").await;

    page.press("/").await;
    assert_eq!(focused(&page).await, "input q");
    page.write("mail").await;
    page.until(
        "[...document.querySelectorAll('tr.check .c-name > a')].map((it) => it.innerText).join() === 'mail'",
    )
    .await;
    page.press("Escape").await;
    page.until("location.search === ''").await;
    page.press("Escape").await;
    page.until("document.activeElement === document.body").await;

    // Down and up the list, and into what is found.
    let names = texts(&page, "main .alert-name").await;
    page.press("j").await;
    assert_eq!(focused(&page).await, format!("a {}", names[0]));
    page.press("j").await;
    assert_eq!(focused(&page).await, format!("a {}", names[1]));
    page.press("k").await;
    assert_eq!(focused(&page).await, format!("a {}", names[0]));
    assert_eq!(page.is(FOCUS).await["isSeen"], true);
    shoot(&page, Device::Desktop, "keys-3-next").await;
    page.press("Enter").await;
    page.until(&format!("document.querySelector('h1')?.innerText === '{}'", names[0])).await;
    page.until(IS_LIVE).await;

    page.press("a").await;
    page.until("document.querySelector('details.act[id^=ack-]').open").await;
    assert_eq!(focused(&page).await, "button Acknowledge");
    shoot(&page, Device::Desktop, "keys-4-take").await;
    page.press("Enter").await;
    page.until("document.querySelector('#now .taken') !== null").await;

    page.press("s").await;
    page.until("location.pathname.startsWith('/alerts/') && document.getElementById('silence')?.open").await;
    shoot(&page, Device::Desktop, "keys-5-silence").await;
    let inside = "document.getElementById('silence').contains(document.activeElement)";
    assert_eq!(page.is(inside).await, true, "the focus is at {}", focused(&page).await);
    for _ in 0..12 {
        if page.is("document.activeElement.matches('#silence button.main')").await == true {
            break;
        }
        page.press("Tab").await;
    }
    page.press("Enter").await;
    eventually("it is silenced", async || {
        let all = stage.host.get("/api/v1/silences").await.json();
        all["items"].as_array()?.first().map(|_| ())
    })
    .await;
}

#[tokio::test]
async fn the_tab_key_leads_through_each_page_in_its_order() {
    let stage = Stage::calm().await;
    stage.break_shop().await;
    let page = stage.signed_in(Device::Desktop).await;
    for path in stage.pages(&page).await {
        page.go(&stage.at(&path)).await;
        // What is folded opens by its own key, and is walked as well.
        page.is("document.querySelectorAll('details').forEach((details) => { details.open = true })").await;
        let stops = walk(&page).await;
        let links = page.is("document.querySelectorAll('main a[href]').length").await;
        assert!(stops.len() as u64 >= links.as_u64().unwrap(), "{path}: {stops:?}");
    }
}
