//! What needs no plugin: heartbeats, rules over stored metrics, and the host's own dead-man signal.

use watchkeep_end_to_end::{Folder, Hook, Host, Site, closed_port, eventually};

use crate::notices::{alerting, webhook};

const KEY: &str = "0f0e0d0c-0b0a-4908-8706-050403020100";

#[tokio::test]
async fn a_job_that_fails_pages_and_its_next_ping_resolves_over_the_public_address_alone() {
    let (site, hook, public) = (Site::start().await, Hook::start().await, closed_port().await);
    let heartbeat = format!("\n[[heartbeat]]\nname = \"backup\"\nkey = \"{KEY}\"\nevery = \"1d\"\n");
    let folder = Folder::new(&format!(
        "public_listen = \"{public}\"\n{}{heartbeat}",
        alerting(&[("shop", site.url("/shop"))], &webhook(&hook))
    ));
    let host = Host::start(&folder).await;
    let ping = async |path: &str| {
        let answer = reqwest::get(format!("http://{public}/ping/{path}")).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(ping(&format!("{KEY}/start")).await, (200, "OK".to_owned()));
    assert_eq!(ping(&format!("{KEY}/7")).await.0, 200);
    let page = eventually("the page arrives", async || hook.of("firing", "backup").pop()).await;
    assert!(page.text("title").contains("exit status 7"), "{}", page.text("title"));
    let check = host.check("backup").await.unwrap();
    assert_eq!(check["state"], "critical", "{check}");

    assert_eq!(ping(KEY).await.0, 200);
    eventually("the resolve arrives", async || hook.of("resolved", "backup").pop()).await;
    assert_eq!(ping("0f0e0d0c-0b0a-4908-8706-ffffffffffff").await.0, 404);
    let elsewhere = reqwest::get(format!("http://{public}/api/v1/checks")).await.unwrap();
    assert_eq!(elsewhere.status().as_u16(), 404, "the public address serves no API");
    assert_eq!(host.get(&format!("/ping/{KEY}")).await.status, 200, "the host's own address takes pings too");
    assert!(!host.log().contains(KEY), "a key is not logged");
}

#[tokio::test]
async fn a_rule_over_stored_metrics_pages() {
    let (site, hook) = (Site::start().await, Hook::start().await);
    let rule = "\n[[rule]]\nname = \"slow\"\nmatch = ['check=\"shop\"']\nmetric = \"probe_duration_seconds\"\n\
                aggregate = \"max\"\nover = \"5m\"\nabove = 0.0\nseverity = \"error\"\ninterval = \"1s\"\n";
    let folder = Folder::new(&(alerting(&[("shop", site.url("/shop"))], &webhook(&hook)) + rule));
    let host = Host::start(&folder).await;
    let page = eventually("the page arrives", async || hook.of("firing", "slow").pop()).await;
    assert!(page.text("title").contains("max of probe_duration_seconds over 5m"), "{}", page.text("title"));
    let check = host.check("slow").await.unwrap();
    assert_eq!((&check["state"], &check["plugin"]), (&"critical".into(), &"rule".into()), "{check}");
}

#[tokio::test]
async fn the_host_says_that_it_is_alive() {
    let (site, hook) = (Site::start().await, Hook::start().await);
    let beat = format!("dead_man_signal = {{ url = \"{}\", interval = \"1s\" }}\n", site.url("/alive"));
    let folder = Folder::new(&(beat + &alerting(&[("shop", site.url("/shop"))], &webhook(&hook))));
    let host = Host::start(&folder).await;
    eventually("two dead-man signals arrive", async || (site.requests("/alive").len() >= 2).then_some(()))
        .await;
    assert!(!host.log().contains("/alive"), "whoever knows the URL can speak for the host");
}
