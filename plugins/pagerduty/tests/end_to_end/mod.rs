//! The bundled `pagerduty` against a double that refuses what PagerDuty refuses.

#[allow(dead_code, unreachable_pub, reason = "the plugin's own tests use the other part of it")]
#[path = "../suite/double/mod.rs"]
mod double;

use watchkeep_doubles::Served;
use watchkeep_end_to_end::{Answering, Folder, Host, Site, eventually};

use crate::notices::alerting;

use double::PagerDuty;

fn pager(url: &str) -> String {
    format!(
        "[secrets]\npager = {{ file = \"pager\", to = [\"{url}\"] }}\n\n[[receiver]]\nname = \"people\"\n\
         plugin = \"pagerduty\"\nconfig = {{ routing_key = {{ secret = \"pager\" }}, url = \"{url}\" }}\n"
    )
}

#[tokio::test]
async fn two_failing_checks_are_two_incidents_and_each_ends_by_itself() {
    let (site, pagerduty) = (Site::start().await, Served::start(PagerDuty::new()).await);
    let checks = [("shop", site.url("/shop")), ("blog", site.url("/blog"))];
    // All alerts are one group: a pager wants single ones all the same.
    let config = alerting(&checks, &pager(&pagerduty.url)).replace("group_wait", "group_by = []\ngroup_wait");
    let folder = Folder::new(&config);
    folder.secret("pager", PagerDuty::KEY);
    let host = Host::start(&folder).await;
    for (name, _) in &checks {
        host.state(name, "ok").await;
    }
    site.set("/shop", Answering::Status(500));
    site.set("/blog", Answering::Status(500));
    eventually("both are triggered", async || {
        pagerduty
            .with(|it| it.incidents().iter().filter(|incident| incident.status == "triggered").count() == 2)
            .then_some(())
    })
    .await;
    site.set("/shop", Answering::Well);
    let incidents = eventually("one of them is resolved", async || {
        let incidents = pagerduty.with(|it| it.incidents().to_vec());
        incidents.iter().any(|incident| incident.status == "resolved").then_some(incidents)
    })
    .await;
    for incident in &incidents {
        let status = if incident.event["payload"]["source"] == "shop" { "resolved" } else { "triggered" };
        assert_eq!(incident.status, status, "{incident:#?}");
    }
    assert_ne!(incidents[0].dedup_key, incidents[1].dedup_key);
}
