//! The bundled `http-call` against a real lighttpd, against a site that answers as it is told, and against nobody.

use serde_json::json;
use watchkeep_end_to_end::cases::acted;
use watchkeep_end_to_end::servers::{Lighttpd, Stranger};
use watchkeep_end_to_end::{Answering, Folder, Site, closed_port, resetting};

#[tokio::test]
async fn a_call_logs_in_by_digest_at_a_real_server() {
    let server = Lighttpd::with_digest("admin", "correct-horse");
    let folder = Folder::new("");
    folder.secret("password", "correct-horse");
    let url = format!("http://127.0.0.1:{}/SHA-256/", server.port);
    let login = json!({ "user": "admin", "password": { "secret": "p" } });
    let with = |key: &str| json!({ "url": url, "method": "GET", key: login });
    let secret = ["--secret", "p=password"];
    let said = acted(&folder, "http-call", &with("digest"), &secret).await;
    assert!(said.0 == 0 && said.1.contains("was answered with 200"), "{said:?}");
    let said = acted(&folder, "http-call", &with("basic"), &secret).await;
    assert!(said.0 == 2 && said.1.contains("hint: it asks for `digest`"), "{said:?}");
}

#[tokio::test]
async fn what_a_service_answers_is_told_apart() {
    let (site, folder) = (Site::start().await, Folder::new(""));
    let (closed, reset) = (closed_port().await, resetting().await);
    let silent = Stranger::Silent.start().await;
    site.set("/fails", Answering::Status(503));
    for (url, code, words) in [
        (site.url("/restart/{check}"), 0, "was answered with 200"),
        (site.url("/fails"), 2, "it failed, and may have acted"),
        (format!("http://{closed}/"), 2, "nothing was done; hint: does the service run"),
        (format!("http://{reset}/"), 2, "it may have acted"),
        (format!("http://{silent}/"), 2, "it may have acted"),
    ] {
        let config = json!({ "url": url, "timeout": "500ms", "body": "{\"why\": \"{summary}\"}" });
        let said = acted(&folder, "http-call", &config, &[]).await;
        assert!(said.0 == code && said.1.contains(words), "{url}: {said:?}");
    }
    let requests = site.requests("/restart/shop");
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].headers.get("idempotency-key").unwrap(), "by-hand-1");
    let before = site.requests("/fails").len();
    let planned = acted(&folder, "http-call", &json!({ "url": site.url("/fails") }), &["--dry-run"]).await;
    assert!(planned.0 == 0 && planned.1.starts_with("WOULD: call the service (POST "), "{planned:?}");
    assert_eq!(site.requests("/fails").len(), before);
}
