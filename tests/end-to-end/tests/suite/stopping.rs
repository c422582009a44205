//! Stopping, starting twice, starting again.

use std::time::Duration;

use tokio::net::UdpSocket;
use watchkeep_end_to_end::{Answering, Folder, Hook, Host, Site, eventually, run_to_end};

use crate::notices::{alerting, webhook};
use crate::room;

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

/// It would go on for minutes, and is given up as a run is whose target hangs.
#[tokio::test]
async fn sigterm_is_obeyed_while_a_check_waits_for_its_next_try() {
    let site = Site::start().await;
    let folder = Folder::new(&format!(
        "[[check]]\nname = \"shop\"\nplugin = \"http\"\ninterval = \"15m\"\ntimeout = \"10m\"\nconfig = {{ url = \"{}\", attempts = 2, attempts_pause = \"5m\" }}\n",
        site.url("/")
    ));
    site.set("/", Answering::Status(500));
    let host = Host::start(&folder).await;
    eventually("the first try was made", async || site.requests("/").pop()).await;
    host.signal("TERM").await;
    let status = host.ended().await;
    assert!(status.success(), "{status}");
    assert_eq!(site.requests("/").len(), 1);
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

/// A name server that takes every question and answers none, and a C library that asks it for minutes.
const MUTE_RESOLVER: &str = "folder=$(mktemp -d); printf 'nameserver 127.0.0.1\\noptions timeout:30 attempts:5\\n' > $folder/resolv.conf; mount --bind $folder/resolv.conf /etc/resolv.conf";

/// Look-ups once waited in the pool that the runtime waits for at its end: a host whose name server was gone outlived its
/// SIGTERM by as long as the C library has patience, and the service manager killed it.
#[tokio::test]
async fn sigterm_is_obeyed_while_no_name_server_answers() {
    if !room::inside("stopping::sigterm_is_obeyed_while_no_name_server_answers", MUTE_RESOLVER) {
        return;
    }
    let mute = UdpSocket::bind(("127.0.0.1", 53)).await.unwrap();
    let check = |at: usize| {
        format!(
            "[[check]]\nname = \"shop{at}\"\nplugin = \"http\"\ninterval = \"1s\"\nconfig = {{ url = \"http://n{at}.slow.test/\" }}\n"
        )
    };
    let folder = Folder::new(&(0..30).map(check).collect::<String>());
    let host = Host::start(&folder).await;
    let mut asked = std::collections::BTreeSet::new();
    let mut question = [0; 512];
    while asked.len() < 20 {
        let (size, _) = mute.recv_from(&mut question).await.unwrap();
        // The number differs from one asking to the next, the name does not.
        asked.insert(question[12..size].to_vec());
    }
    host.signal("TERM").await;
    // Within the time for what is under way and a little more: the C library would take minutes.
    let status = host.ended().await;
    assert!(status.success(), "{status}");
}
