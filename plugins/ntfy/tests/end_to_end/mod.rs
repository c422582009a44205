//! The bundled `ntfy` against a double that refuses what an ntfy server refuses.

#[allow(dead_code, unreachable_pub, reason = "the plugin's own tests use the other part of it")]
#[path = "../suite/double/mod.rs"]
mod double;

use watchkeep_doubles::Served;
use watchkeep_end_to_end::{Answering, Folder, Host, Site, eventually};

use crate::notices::{alerting, dead_letter, is_kept};

use double::Ntfy;

fn phone(url: &str) -> String {
    format!(
        "[secrets]\nphone = {{ file = \"phone\", to = [\"{url}\"] }}\n\n[[receiver]]\nname = \"people\"\nplugin = \"ntfy\"\n\
         config = {{ server = \"{url}\", topic = \"{}\", token = {{ secret = \"phone\" }} }}\n",
        Ntfy::TOPIC
    )
}

#[tokio::test]
async fn a_protected_topic_gets_the_page_and_its_resolve() {
    let (site, ntfy) = (Site::start().await, Served::start(Ntfy::protected()).await);
    let folder = Folder::new(&alerting(&[("shop", site.url("/shop"))], &phone(&ntfy.url)));
    folder.secret("phone", Ntfy::TOKEN);
    let host = Host::start(&folder).await;
    host.state("shop", "ok").await;

    site.set("/shop", Answering::Status(500));
    let page = eventually("the page arrives", async || ntfy.with(|it| it.pushes().first().cloned())).await;
    assert!(page["title"].as_str().is_some_and(|title| title.starts_with("CRITICAL: shop")), "{page:#}");
    assert_eq!((&page["topic"], &page["priority"]), (&Ntfy::TOPIC.into(), &5.into()));

    site.set("/shop", Answering::Well);
    let resolve =
        eventually("the resolve arrives", async || ntfy.with(|it| it.pushes().get(1).cloned())).await;
    assert!(
        resolve["title"].as_str().is_some_and(|title| title.starts_with("RESOLVED: shop")),
        "{resolve:#}"
    );
    assert_eq!(resolve["priority"], 3);
    is_kept(&folder, "phone", Ntfy::TOKEN);
}

#[tokio::test]
async fn a_token_that_the_server_does_not_know_is_a_dead_letter_that_says_what_to_do() {
    let (site, ntfy) = (Site::start().await, Served::start(Ntfy::protected()).await);
    let folder = Folder::new(&alerting(&[("shop", site.url("/shop"))], &phone(&ntfy.url)));
    folder.secret("phone", "tk_wrong");
    let host = Host::start(&folder).await;
    site.set("/shop", Answering::Status(500));
    let said = dead_letter(&host).await;
    assert!(said.contains("unauthorized") && said.contains("does not know this `token`"), "{said}");
}
