//! A database that cannot be written: the host says so, goes on, tells people, and loses nothing once there is
//! room again. A limit on the size of files stands for the disk; it meets the database and spares the short log.

use watchkeep_end_to_end::{Answering, Folder, Hook, Host, Site, eventually};

use crate::notices::{alerting, webhook};

#[tokio::test]
async fn a_full_disk_is_told_checks_go_on_notices_leave_and_results_are_there_afterwards() {
    let (site, hook) = (Site::start().await, Hook::start().await);
    let folder = Folder::new(&alerting(&[("shop", site.url("/shop"))], &webhook(&hook)));
    let host = Host::start(&folder).await;
    host.state("shop", "ok").await;
    assert_eq!(host.get("/-/ready").await.status, 200);

    host.limit_file_size("262144").await;
    let refusal = eventually("the host says that it is not ready", async || {
        let answer = host.get("/-/ready").await;
        (answer.status == 503).then_some(answer.text)
    })
    .await;
    assert!(refusal.contains("database") && refusal.contains("hint"), "{refusal}");

    // Checks go on, and after five seconds of failure people are told without the store.
    site.set("/shop", Answering::Status(500));
    host.state("shop", "critical").await;
    eventually("the page arrives although nothing can be written", async || hook.of("firing", "shop").pop())
        .await;

    host.limit_file_size("unlimited").await;
    eventually("the host is ready again", async || (host.get("/-/ready").await.status == 200).then_some(()))
        .await;
    let log = host.log();
    assert!(log.contains("cannot write to the store"), "{log}");
    host.kill().await;

    // What was decided while the disk was full is there for the next host.
    let host = Host::start(&folder).await;
    let alerts = host.get("/api/v1/alerts").await.json();
    assert_eq!(alerts["items"][0]["check"], "shop", "{alerts:#}");
    site.set("/shop", Answering::Well);
    eventually("the resolve arrives", async || hook.of("resolved", "shop").pop()).await;
}
