//! A secret goes where the operator bound it and nowhere else: not into logs, not into the API, not onto the
//! disk, however careless the other side is with it.

use memchr::memmem;
use watchkeep_end_to_end::{Answering, Folder, Hook, Host, Site, eventually};

const CANARY: &str = "canary-4f1d/8c+0b=9e";

/// The forms in which it might be left somewhere.
fn forms() -> Vec<(&'static str, String)> {
    vec![
        ("as it is", CANARY.to_owned()),
        ("percent", CANARY.replace('/', "%2F").replace('+', "%2B").replace('=', "%3D")),
        ("base64", "Y2FuYXJ5LTRmMWQvOGMrMGI9OWU".to_owned()),
        ("JSON with escaped slash", CANARY.replace('/', "\\/")),
    ]
}

#[track_caller]
fn holds_none(place: &str, bytes: &[u8]) {
    for (form, text) in forms() {
        let found = memmem::find(bytes, text.as_bytes()).is_some();
        assert!(!found, "the secret stands in {place} ({form})");
    }
}

#[tokio::test]
async fn it_is_sent_but_never_logged_shown_or_stored() {
    let (site, hook) = (Site::start().await, Hook::start().await);
    site.set("/echo", Answering::Echo);
    let config = format!(
        "[defaults]\ninterval = \"300ms\"\nfailure_threshold = 1\n\n\
         [secrets]\ntoken = {{ file = \"secrets/token\", to = [\"{origin}\"] }}\nhook = {{ file = \"secrets/hook\" }}\n\n\
         [[check]]\nname = \"echo\"\nplugin = \"http\"\n\
         config = {{ url = \"{origin}/echo\", bearer = {{ secret = \"token\" }}, find = [\"never there\"] }}\n\n\
         [[check]]\nname = \"refused\"\nplugin = \"http\"\n\
         config = {{ url = \"http://127.0.0.1:1/\", bearer = {{ secret = \"token\" }} }}\n\n\
         [[receiver]]\nname = \"people\"\nplugin = \"webhook\"\nconfig = {{ url = {{ secret = \"hook\" }} }}\n\n\
         [[route]]\nname = \"root\"\nreceivers = [\"people\"]\ngroup_wait = \"0s\"\n",
        origin = site.url(""),
    );
    let folder = Folder::new(&config);
    folder.secret("secrets/token", &format!("{CANARY}\n"));
    folder.secret("secrets/hook", &format!("{}/{}\n", hook.url(), CANARY.replace('=', "")));
    // wasmtime's own traces are of types and instances, by the million.
    let host = Host::start_with(&folder, "trace,wasmtime=info", &[]).await;

    let sent = eventually("the site gets it", async || site.requests("/echo").pop()).await;
    let authorization = sent.headers.get("authorization").unwrap().to_str().unwrap();
    assert_eq!(authorization, format!("Bearer {CANARY}"));
    eventually("a notice arrives", async || hook.received().pop()).await;
    host.state("echo", "critical").await;
    host.ran("refused").await;

    for path in [
        "/",
        "/metrics",
        "/-/ready",
        "/api/v1/checks",
        "/api/v1/checks/echo",
        "/api/v1/checks/echo/results",
        "/api/v1/checks/refused/results",
        "/api/v1/alerts",
        "/api/v1/alerts/explain?check=echo",
        "/api/v1/transitions",
        "/api/v1/plugins",
        "/api/v1/receivers",
        "/api/v1/deliveries",
    ] {
        let answer = host.get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        holds_none(path, answer.text.as_bytes());
    }
    for received in hook.received() {
        holds_none("a notice", received.body.to_string().as_bytes());
    }
    host.signal("TERM").await;
    assert!(host.ended().await.success());
    for (path, bytes) in folder.contents() {
        if !path.starts_with(folder.path().join("secrets")) {
            holds_none(&path.display().to_string(), &bytes);
        }
    }
}

#[test]
fn the_search_itself_finds_it() {
    for (form, text) in forms() {
        let found = std::panic::catch_unwind(|| holds_none("a text", format!("x{text}y").as_bytes()));
        assert!(found.is_err(), "{form}");
    }
}
