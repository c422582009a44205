//! The bundled `alertmanager` against a real one.

use watchkeep_end_to_end::{Alertmanager, Answering, Folder, Host, Site, closed_port, eventually};

use crate::notices::alerting;

#[tokio::test]
async fn an_alert_fires_in_alertmanager_and_is_gone_when_it_is_over() {
    let (site, alertmanager) = (Site::start().await, Alertmanager::start().await);
    // The other member of the cluster is down: one is enough.
    let receiver = format!(
        "[[receiver]]\nname = \"people\"\nplugin = \"alertmanager\"\nconfig = {{ url = [\"http://{}\", \"{}\"] }}\n",
        closed_port().await,
        alertmanager.url
    );
    let folder = Folder::new(&alerting(&[("shop", site.url("/shop"))], &receiver));
    let host = Host::start(&folder).await;
    host.state("shop", "ok").await;
    assert_eq!(alertmanager.alerts("shop").await, Some(Vec::new()));

    site.set("/shop", Answering::Status(500));
    let alert = eventually("it fires", async || alertmanager.alerts("shop").await?.first().cloned()).await;
    assert_eq!(alert["labels"]["severity"], "critical");
    assert_eq!(alert["status"]["state"], "active");
    assert!(alert["annotations"]["summary"].as_str().is_some_and(|text| text.contains("500")), "{alert:#}");
    assert!(alert["generatorURL"].as_str().is_some_and(|url| url.ends_with("/checks/shop")), "{alert:#}");

    site.set("/shop", Answering::Well);
    eventually("it is gone", async || alertmanager.alerts("shop").await?.is_empty().then_some(())).await;
}
