//! Receivers that misbehave, all at once, each in its own way: none of them keeps the others' pages back, each
//! attempt's end is told in words, and each page arrives under the key of its first attempt when the receiver is well.

use std::time::Duration;

use serde_json::Value;
use watchkeep_end_to_end::{
    Answering, Faulty, Folder, Host, Identity, Nginx, Received, Site, Then, eventually, eventually_seeing,
};

use crate::notices::alerting;

/// What an attempt may take.
const TIMEOUT: Duration = Duration::from_secs(1);

/// Name, what it does with a notice at first, and what is told of that.
fn faults() -> [(&'static str, Then, &'static str); 7] {
    [
        ("busy", Then::status(429, ""), "status 429"),
        ("patient", Then::status(429, "retry-after: 1\r\n"), "asks"),
        ("failing", Then::status(500, ""), "status 500"),
        ("resetting", Then::Resets, "reset"),
        ("garbled", Then::Says("SSH-2.0-OpenSSH_9.2\r\n".to_owned()), "HTTP"),
        ("late", Then::late(TIMEOUT * 2), "timed out"),
        ("silent", Then::Silence, "timed out"),
    ]
}

fn receiver(name: &str, url: &str) -> String {
    format!(
        "[[receiver]]\nname = \"{name}\"\nplugin = \"webhook\"\ntimeout = \"{}s\"\nconfig = {{ url = \"{url}\" }}\n",
        TIMEOUT.as_secs()
    )
}

async fn delivery(host: &Host, receiver: &str) -> Option<Value> {
    let page = host.get("/api/v1/deliveries?limit=200").await.json();
    page["items"].as_array()?.iter().find(|item| item["receiver"] == receiver).cloned()
}

fn ids(received: &[Received]) -> Vec<(&str, &str)> {
    received.iter().map(|it| (it.text("id"), it.dedup_key())).collect()
}

#[tokio::test]
async fn each_fault_is_told_in_words_none_holds_others_back_and_every_page_arrives() {
    let site = Site::start().await;
    let well = Faulty::start(Then::status(200, "")).await;
    let mut faulty = Vec::new();
    for (name, then, says) in faults() {
        faulty.push((name, Faulty::start(then).await, says));
    }
    // A name that does not exist, and a server whose certificate nobody vouches for.
    let signed = watchkeep_lab::certificate::signed(&["localhost"], time::Duration::days(30)).unwrap();
    let identity = Identity { chain: signed.chain_pem, key: signed.key_pem };
    let nginx = Nginx::start("location / { return 200 \"well\\n\"; }", &identity).await;
    let lost = [
        ("nameless", "http://hooks.invalid/".to_owned(), "hooks.invalid"),
        ("untrusted", format!("https://localhost:{}/", nginx.tls_port), "certificate"),
    ];

    let mut receivers = receiver("well", &well.url);
    faulty.iter().for_each(|(name, it, _)| receivers += &receiver(name, &it.url));
    lost.iter().for_each(|(name, url, _)| receivers += &receiver(name, url));
    let names: Vec<&str> = faulty.iter().map(|it| it.0).chain(lost.iter().map(|it| it.0)).collect();
    let all = format!(
        "[{}]",
        names.iter().chain(&["well"]).map(|name| format!("{name:?}")).collect::<Vec<_>>().join(", ")
    );
    let config = alerting(&[("shop", site.url("/shop"))], &receivers).replace("[\"people\"]", &all);
    let folder = Folder::new(&config);
    let host = Host::start(&folder).await;
    host.state("shop", "ok").await;
    site.set("/shop", Answering::Status(500));

    eventually("the healthy one is told", async || well.received().pop()).await;
    for (name, words) in faulty.iter().map(|it| (it.0, it.2)).chain(lost.iter().map(|it| (it.0, it.2))) {
        eventually_seeing(&format!("`{name}` tells of `{words}`"), async || {
            let now = delivery(&host, name).await.unwrap_or_default();
            if now["error"].as_str().is_some_and(|error| error.contains(words)) { Ok(()) } else { Err(now) }
        })
        .await;
    }
    for (name, it, _) in &faulty {
        it.set(Then::status(200, ""));
        eventually(&format!("`{name}` is delivered"), async || {
            (delivery(&host, name).await?["status"] == "delivered").then_some(())
        })
        .await;
        let received = it.received();
        assert!(received.len() > 1, "`{name}` was tried again");
        assert!(ids(&received).iter().all(|id| *id == ids(&received)[0]), "`{name}`: {received:#?}");
    }
    assert_eq!(well.received().len(), 1);
    let asked = faulty.iter().find(|it| it.0 == "patient").unwrap().1.received();
    assert!(asked[1].at - asked[0].at >= Duration::from_secs(1), "Retry-After is kept");
    for (name, ..) in &lost {
        let now = delivery(&host, name).await.unwrap();
        assert!(now["ended_at"].is_null(), "`{name}` is tried on: {now:#}");
    }
}
