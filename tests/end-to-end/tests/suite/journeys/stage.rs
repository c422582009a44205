//! What all journeys begin with: a host that watches something, a browser, and somebody who has signed in.

use std::collections::{BTreeSet, VecDeque};

use serde_json::json;
use watchkeep_end_to_end::servers::Stranger;
use watchkeep_end_to_end::{
    Answering, Browser, Device, Folder, Hook, Host, Look, Page, Site, build, eventually,
};

const TOKEN: &str = "c4n4ry-admin-token";
pub(super) const IS_LIVE: &str = "document.getElementById('connection')?.className === 'live'";

/// Where the pictures of the yard are that its plugin compares with, until the newest is accepted.
pub(super) const YARD: &str = ".reference:has(input[value=snapshot])";

/// What a target says that wants to be more than text.
const HOSTILE: &str =
    "220 <img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>\r\n";

pub(super) struct Stage {
    pub(super) site: Site,
    pub(super) hook: Hook,
    pub(super) folder: Folder,
    pub(super) host: Host,
    pub(super) browser: Browser,
}

impl Stage {
    /// Where things happen while one looks.
    pub(super) async fn set() -> Stage {
        Stage::paced("300ms").await
    }

    /// Where little happens, for those who look at every page.
    pub(super) async fn calm() -> Stage {
        Stage::paced("3s").await
    }

    async fn paced(interval: &str) -> Stage {
        let (site, hook) = (Site::start().await, Hook::start().await);
        let stranger = Stranger::Saying(HOSTILE.into()).start().await;
        let browser = Browser::start("Europe/Oslo").await;
        site.give("/yard.png", yard(&browser, "steelblue").await);
        let folder = Folder::new(&config(&site, &hook, &stranger, interval));
        folder.secret("admin", TOKEN);
        let plugins = folder.path().join("plugins");
        std::fs::create_dir_all(&plugins).unwrap();
        std::fs::write(plugins.join("steady.wasm"), build("steady", 1)).unwrap();
        let host = Host::start(&folder).await;
        for check in ["shop", "blog", "mail", "it"] {
            host.state(check, "ok").await;
        }
        host.ran("yard").await;
        Stage { site, hook, folder, host, browser }
    }

    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.host.url)
    }

    /// The shop has been down for long enough that people were told.
    pub(super) async fn break_shop(&self) {
        self.site.set("/shop", Answering::Status(500));
        eventually("people are told", async || (!self.hook.of("firing", "shop").is_empty()).then_some(()))
            .await;
    }

    /// A page of somebody who has signed in.
    pub(super) async fn signed_in(&self, device: Device) -> Page<'_> {
        let page = self.browser.open("about:blank").await;
        page.on(device).await;
        page.look(Look::Light).await;
        page.go(&self.at("/login")).await;
        page.click("input[name=name]").await;
        page.write("admin").await;
        page.click("input[name=password]").await;
        page.write(TOKEN).await;
        shoot(&page, device, "sign-in").await;
        page.press("Enter").await;
        page.until("location.pathname === '/'").await;
        page.until(IS_LIVE).await;
        page
    }

    /// Every page that a link leads to from the first one, and those that only their names lead to. What is added to the
    /// pages is found by itself.
    pub(super) async fn pages(&self, page: &Page<'_>) -> Vec<String> {
        let mut waiting: VecDeque<String> =
            ["/", "/?wall", "/reputation", "/pipelines", "/password", "/nothing-is-here"]
                .map(str::to_owned)
                .into();
        let mut known: BTreeSet<String> = waiting.iter().cloned().collect();
        let mut found = Vec::new();
        while let Some(path) = waiting.pop_front() {
            page.go(&self.at(&path)).await;
            found.push(path);
            let links = page
                .is("[...document.querySelectorAll('a[href^=\"/\"]')].map((link) => new URL(link.href).pathname)")
                .await;
            for link in links.as_array().unwrap().iter().map(|link| link.as_str().unwrap().to_owned()) {
                let is_page =
                    !["/api/", "/metrics", "/snapshots/", "/assets/"].iter().any(|it| link.starts_with(it));
                if is_page && !link.ends_with(".csv") && !link.ends_with(".xml") && known.insert(link.clone())
                {
                    waiting.push_back(link);
                }
            }
        }
        assert!(found.len() >= 15, "only these are linked: {found:?}");
        found
    }
}

/// A picture as a camera might take it.
pub(super) async fn yard(browser: &Browser, colour: &str) -> Vec<u8> {
    let scene = format!(
        "data:text/html,<meta name=viewport content=width=device-width><body style='margin:0;width:320px;height:180px;overflow:hidden;background:{colour}'>\
         <div style='margin:60px 40px;width:90px;height:90px;background:gold'></div>"
    );
    let page = browser.open(&scene).await;
    page.on(Device::SmallPhone).await;
    let picture = page.picture().await;
    page.close().await;
    picture
}

fn config(site: &Site, hook: &Hook, stranger: &str, interval: &str) -> String {
    let (shop, blog, yard) = (site.url("/shop"), site.url("/blog"), site.url("/yard.png"));
    format!(
        r#"admin_token = {{ secret = "admin" }}
plugin_settle = "50ms"
plugin_settle_max = "400ms"

[secrets]
admin = {{ file = "admin" }}

[plugin.steady]
allow = {{ http = ["http://127.0.0.1:9"] }}

[defaults]
interval = "{interval}"
retry_interval = "100ms"
failure_threshold = 1
success_threshold = 1

[[check]]
name = "shop"
plugin = "http"
flapping = false
labels = {{ team = "web", priority = "high" }}
runbook = "https://wiki.example.com/shop"
config = {{ url = "{shop}" }}

[[check]]
name = "blog"
plugin = "http"
flapping = false
labels = {{ team = "press" }}
config = {{ url = "{blog}" }}

[[check]]
name = "mail"
plugin = "tcp"
labels = {{ team = "web" }}
config = {{ address = "{stranger}", expect = "220" }}

[[check]]
name = "yard"
plugin = "snapshot-compare"
labels = {{ site = "oslo-12" }}
config = {{ camera = "{yard}" }}

[[check]]
name = "it"
plugin = "steady"
config = {{}}

[[heartbeat]]
name = "backup"
key = "b7b1c0de-1111-2222-3333-444455556666"
every = "1h"

[[service]]
name = "storefront"
match = ['team="web"']

[[status_page]]
name = "acme"
title = "Acme"
services = ["storefront"]
url = "https://status.example.com/status/acme"
subscriptions = "letters"

[[receiver]]
name = "letters"
plugin = "email"
config = {{ server = "127.0.0.1:9", security = "plaintext", from = "status@example.com", to = "ops@example.com" }}

[[receiver]]
name = "people"
plugin = "webhook"
config = {{ url = "{hook}" }}

[[route]]
name = "root"
receivers = ["people"]
group_wait = "0s"
group_interval = "1s"
"#,
        hook = hook.url()
    )
}

/// Keeps what the page looks like, light and dark.
pub(super) async fn shoot(page: &Page<'_>, device: Device, station: &str) {
    for look in [Look::Dark, Look::Light] {
        page.look(look).await;
        let picture = page.picture().await;
        let name = format!("{station}-{}-{}.png", device.name(), look.name());
        keep(&name, &picture);
    }
}

/// Writes a file into `target/screenshots`.
pub(super) fn keep(name: &str, bytes: &[u8]) {
    let target = watchkeep_end_to_end::binary();
    let folder = target.ancestors().nth(2).expect("it lies in a target folder").join("screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(name), bytes).unwrap();
}

/// The texts of all that a selector finds and that is to be seen.
pub(super) async fn texts(page: &Page<'_>, selector: &str) -> Vec<String> {
    let seen = format!(
        "[...document.querySelectorAll({})].filter((node) => node.checkVisibility()).map((node) => node.innerText.trim())",
        json!(selector)
    );
    let found = page.is(&seen).await;
    found.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}
