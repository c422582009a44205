//! The counterparts themselves: if they did not misbehave as they should, the tests on them would prove nothing.

use std::error::Error as _;
use std::time::Duration;

use watchkeep_end_to_end::{Answering, Hook, Identity, Nginx, Site, closed_port, resetting, within};
use watchkeep_lab::certificate;

fn client() -> reqwest::ClientBuilder {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none())
}

/// The innermost cause of a request's failure.
async fn failure(url: &str) -> String {
    let error = client().build().unwrap().get(url).send().await.unwrap_err();
    let mut cause = error.source();
    let mut text = error.to_string();
    while let Some(inner) = cause {
        text = inner.to_string();
        cause = inner.source();
    }
    text
}

#[tokio::test]
async fn nginx_answers_plainly_and_behind_tls() {
    let signed = certificate::signed(&["localhost"], time::Duration::days(2)).unwrap();
    let identity = Identity { chain: signed.chain_pem, key: signed.key_pem };
    let nginx = Nginx::start("location / { return 418; }", &identity).await;
    let authority = reqwest::Certificate::from_pem(signed.authority_pem.as_bytes()).unwrap();
    let client = client().tls_certs_only([authority]).build().unwrap();
    for url in [format!("http://127.0.0.1:{}/", nginx.port), format!("https://localhost:{}/", nginx.tls_port)]
    {
        assert_eq!(client.get(&url).send().await.unwrap().status().as_u16(), 418, "{url}");
    }
}

#[tokio::test]
async fn refused_and_reset_are_what_they_say() {
    let refused = failure(&format!("http://{}/", closed_port().await)).await;
    assert!(refused.contains("refused"), "{refused}");
    let reset = failure(&format!("http://{}/", resetting().await)).await;
    assert!(reset.contains("reset"), "{reset}");
}

#[tokio::test]
async fn site_and_hook_do_as_they_are_told() {
    let (site, hook) = (Site::start().await, Hook::start().await);
    let client = client().build().unwrap();
    site.set("/down", Answering::Status(503));
    assert_eq!(client.get(site.url("/down")).send().await.unwrap().status().as_u16(), 503);
    assert_eq!(client.get(site.url("/up")).send().await.unwrap().status().as_u16(), 200);
    assert_eq!(site.requests("/down").len(), 1);
    let body = serde_json::json!({"kind": "firing", "dedup_key": "k", "alerts": [{"check": "shop"}]});
    hook.answer_with(500);
    assert_eq!(client.post(hook.url()).json(&body).send().await.unwrap().status().as_u16(), 500);
    assert_eq!(hook.of("firing", "shop").len(), 1);
    assert!(hook.of("resolved", "shop").is_empty() && hook.of("firing", "blog").is_empty());
}

#[tokio::test]
#[should_panic(expected = "not within 30ms: it rains")]
async fn waiting_ends_with_what_was_waited_for() {
    within(Duration::from_millis(30), "it rains", async || None::<()>).await;
}
