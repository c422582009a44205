//! Stopping, starting twice, starting again.

use std::time::Duration;

use watchkeep_end_to_end::{Answering, Folder, Hook, Host, Site, eventually, run_to_end};

use crate::notices::{alerting, webhook};

#[tokio::test]
async fn a_second_host_on_the_same_data_folder_is_refused_with_a_sentence() {
    let site = Site::start().await;
    let folder = Folder::new(&format!(
        "[[check]]\nname = \"shop\"\nplugin = \"http\"\ninterval = \"1s\"\nconfig = {{ url = \"{}\" }}\n",
        site.url("/")
    ));
    let host = Host::start(&folder).await;
    let (code, _, errors) = run_to_end(&folder, &["run", "--config", "watchkeep.toml"]).await;
    assert_eq!(code, 1, "{errors}");
    assert!(errors.contains("data") && errors.contains("hint:"), "{errors}");
    assert!(!errors.contains("panicked"), "{errors}");
    host.state("shop", "ok").await;
}

#[tokio::test]
async fn sigterm_lets_a_delivery_under_way_end_and_it_is_not_repeated() {
    let (site, hook) = (Site::start().await, Hook::start().await);
    hook.answer_after(Duration::from_millis(700));
    let folder = Folder::new(&alerting(&[("shop", site.url("/shop"))], &webhook(&hook)));
    let host = Host::start(&folder).await;
    host.state("shop", "ok").await;
    site.set("/shop", Answering::Status(500));
    eventually("the delivery begins", async || hook.of("firing", "shop").pop()).await;
    host.signal("TERM").await;
    let status = host.ended().await;
    assert!(status.success(), "{status}");

    // The new host knows that it was delivered: its next word about it is the resolve.
    let host = Host::start(&folder).await;
    host.state("shop", "critical").await;
    site.set("/shop", Answering::Well);
    eventually("the resolve arrives", async || hook.of("resolved", "shop").pop()).await;
    assert_eq!(hook.of("firing", "shop").len(), 1, "{:#?}", hook.received());
}

#[tokio::test]
async fn results_and_open_alerts_are_there_after_a_restart() {
    let (site, hook) = (Site::start().await, Hook::start().await);
    let folder = Folder::new(&alerting(&[("shop", site.url("/shop"))], &webhook(&hook)));
    let host = Host::start(&folder).await;
    site.set("/shop", Answering::Status(500));
    eventually("the page arrives", async || hook.of("firing", "shop").pop()).await;
    let before = host.get("/api/v1/alerts").await.json();
    host.signal("TERM").await;
    assert!(host.ended().await.success());

    let host = Host::start(&folder).await;
    let after = eventually("the open alert is shown", async || {
        let alerts = host.get("/api/v1/alerts").await.json();
        alerts["items"].get(0).cloned()
    })
    .await;
    assert_eq!(before["items"][0]["id"], after["id"]);
    assert_eq!(after["phase"], "firing");
    let results = host.get("/api/v1/checks/shop/results").await.json();
    assert!(!results["items"].as_array().unwrap().is_empty());
}
