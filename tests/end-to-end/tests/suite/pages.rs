//! The pages in a browser, with their script: what they show is what a person sees. Everything else about pages is tried
//! without one.

use serde_json::{Value, json};
use watchkeep_end_to_end::servers::Stranger;
use watchkeep_end_to_end::{Answering, Browser, Folder, Host, Page, Site};

/// Where the browser's device is: nine hours ahead of UTC, with no change of clocks.
const ZONE: &str = "Asia/Tokyo";

/// The texts of all that a selector finds.
async fn texts(page: &Page<'_>, selector: &str) -> Vec<String> {
    let found = page
        .is(&format!(
            "[...document.querySelectorAll({})].map((node) => node.textContent.trim())",
            json!(selector)
        ))
        .await;
    let texts = found.as_array().expect("it is a list").iter();
    texts.map(|text| text.as_str().expect("it is a text").to_owned()).collect()
}

async fn count(page: &Page<'_>, selector: &str) -> Value {
    page.is(&format!("document.querySelectorAll({}).length", json!(selector))).await
}

/// As when another page is looked at in its place.
const HIDE: &str = "Object.defineProperty(document, 'hidden', { value: true, configurable: true }), \
                    document.dispatchEvent(new Event('visibilitychange'))";
const SHOW: &str = "Object.defineProperty(document, 'hidden', { value: false, configurable: true }), \
                    document.dispatchEvent(new Event('visibilitychange'))";

const IS_LIVE: &str = "document.getElementById('connection')?.className === 'live'";

#[tokio::test]
async fn a_page_is_live_in_one_zone_which_it_names_and_shows_what_comes_meanwhile() {
    let hostile =
        "220 <img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>\r\n";
    let (site, stranger) = (Site::start().await, Stranger::Saying(hostile.into()).start().await);
    let config = format!(
        "admin_token = {{ secret = \"admin\" }}\n\n[secrets]\nadmin = {{ file = \"admin\" }}\n\n\
         [[check]]\nname = \"shop\"\nplugin = \"http\"\ninterval = \"200ms\"\nconfig = {{ url = \"{}\" }}\n\n\
         [[check]]\nname = \"mail\"\nplugin = \"tcp\"\ninterval = \"1s\"\nconfig = {{ address = \"{stranger}\", expect = \"220\" }}\n",
        site.url("/shop")
    );
    let folder = Folder::new(&config);
    folder.secret("admin", "c4n4ry-admin-token");
    let host = Host::start(&folder).await;
    host.state("shop", "ok").await;
    host.state("mail", "ok").await;
    let browser = Browser::start(ZONE).await;
    let at = |path: &str| format!("{}{path}", host.url.trim_end_matches('/'));
    let door = browser.open(&at("/alerts")).await;
    door.until("document.querySelector('input[name=password]') !== null").await;
    door.is("document.querySelector('input[name=name]').value = 'admin', \
             document.querySelector('input[name=password]').value = 'c4n4ry-admin-token', \
             document.querySelector('main form button').click()")
        .await;
    door.until("location.pathname === '/alerts'").await;
    door.until(IS_LIVE).await;
    door.is(HIDE).await;

    for path in ["/", "/checks/shop", "/checks/mail", "/silences", "/plugins"] {
        let page = browser.open(&at(path)).await;
        page.until(IS_LIVE).await;
        assert_eq!(texts(&page, "#zone strong").await, [ZONE], "{path}");
        for time in texts(&page, "time.clock").await {
            assert!(!time.contains("UTC"), "{path} shows {time}");
        }
        assert_eq!(count(&page, "time.clock:not(.local)").await, 0, "{path} has a moment in another zone");
        // What strangers say is text.
        assert_eq!(count(&page, "img[onerror], main script").await, 0, "{path}");
        assert!(!texts(&page, "title").await.concat().contains("owned"), "{path}");
        // A browser has six connections to a host: all pages together would leave none for the last ones.
        page.is(HIDE).await;
    }
    // Moments that stand outside of lists name their zone.
    let page = browser.open(&at("/checks/shop")).await;
    page.until(IS_LIVE).await;
    let named = texts(&page, "time.clock.named").await;
    assert!(
        !named.is_empty() && named.iter().all(|time| time.contains("GMT+9") || time.contains("JST")),
        "{named:?}"
    );
    page.is(HIDE).await;
    // What is typed into the form is meant in the zone that the page shows.
    let form = browser.open(&at("/silences")).await;
    form.until(&format!("document.querySelector('input[data-zone]')?.value === '{ZONE}'")).await;

    form.is(HIDE).await;

    // A page that was open while all was well shows what came since, without being loaded again.
    let overview = browser.open(&at("/")).await;
    overview.until(IS_LIVE).await;
    overview.is("window.isTheSame = true").await;
    site.set("/shop", Answering::Status(500));
    overview.until("document.querySelector('tr[data-check=shop]')?.dataset.standing === 'critical'").await;
    assert_eq!(overview.is("window.isTheSame").await, true);
    // One that nobody saw meanwhile is asked for anew when it is looked at again.
    overview.is(HIDE).await;
    site.set("/shop", Answering::Well);
    host.state("shop", "ok").await;
    overview.is(SHOW).await;
    overview.until("document.querySelector('tr[data-check=shop]')?.dataset.standing === 'ok'").await;
    // And says so when nothing comes any more.
    host.signal("KILL").await;
    overview.until("document.getElementById('connection').className === 'lost'").await;
}
