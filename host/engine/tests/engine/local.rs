//! HTTP over sockets of this machine: by the operator's name, by method and path.

use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use watchkeep_core::grant::Rights;
use watchkeep_core::outcome::{FailureReason, Outcome};
use watchkeep_engine::{Ended, Limits};

use crate::http::{read_head, respond};
use crate::net::sockets;
use crate::support::{call, engine, failure, load, ports, report, rights};

/// Repeats the request's first line; `/moved` leads to `/there`, `/away` to another machine.
fn server(folder: &Path) -> PathBuf {
    let path = folder.join("daemon.sock");
    let listener = UnixListener::bind(&path).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let head = read_head(&mut stream);
            let line = head.lines().next().unwrap_or("").to_owned();
            match line.split(' ').nth(1).unwrap_or("") {
                "/moved" => respond(&mut stream, "302 Found\r\nlocation: /there", b""),
                "/away" => respond(&mut stream, "302 Found\r\nlocation: http://192.0.2.1/", b""),
                _ => respond(&mut stream, "200 OK", line.as_bytes()),
            }
        }
    });
    path
}

fn granted(path: &Path, allow: &[(&str, &str)]) -> Arc<Rights> {
    let mut rights = Rights::clone(&rights("slow-target", &[], allow));
    rights.ceiling = Arc::new(sockets(path, Path::new("/nowhere/control.sock")));
    Arc::new(rights)
}

async fn ask(method: &str, url: &str, rights: Arc<Rights>) -> Ended<Outcome> {
    let generation = load("slow_target").await;
    let config = format!(r#"{{"url":"{url}","socket":"chat","method":"{method}"}}"#);
    engine().run_check(&generation, call(&config, rights), &ports(&Arc::default())).await
}

fn folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().canonicalize().unwrap();
    (folder, path)
}

#[tokio::test]
async fn a_request_over_a_socket_is_denied_until_the_hints_entry_is_granted() {
    let (_held, folder) = folder();
    let path = server(&folder);
    let ended = ask("GET", "/info?all=1", granted(&path, &[])).await;
    let hint = failure(&ended).hint.clone().unwrap();
    assert_eq!(hint, r#"add `http_local = ["chat GET /info"]` under [plugin.slow-target.allow]"#);
    let entry = hint.split('"').nth(1).unwrap().to_owned();
    let rights = granted(&path, &[("http_local", &entry)]);
    for url in ["/info?all=1", "http://localhost/info?all=1"] {
        let ended = ask("GET", url, Arc::clone(&rights)).await;
        assert!(report(&ended).summary.ends_with("body GET /info?all=1 HTTP/1.1"), "{ended:?}");
    }
    for (method, url) in
        [("POST", "/info"), ("GET", "/informers"), ("GET", "/info/../exec"), ("GET", "/info/%2e%2e/exec")]
    {
        let ended = ask(method, url, Arc::clone(&rights)).await;
        assert_eq!(failure(&ended).reason, FailureReason::Denied, "{method} {url}: {ended:?}");
    }
}

#[tokio::test]
async fn each_redirect_over_a_socket_is_decided_and_none_leaves_it() {
    let (_held, folder) = folder();
    let path = server(&folder);
    let moved = &[("http_local", "chat GET /moved"), ("http_local", "chat GET /away")];
    let ended = ask("GET", "/moved", granted(&path, moved)).await;
    assert!(failure(&ended).hint.as_deref().unwrap().contains("chat GET /there"), "{ended:?}");
    let both = &[("http_local", "chat GET /moved"), ("http_local", "chat GET /there")];
    let ended = ask("GET", "/moved", granted(&path, both)).await;
    assert!(report(&ended).summary.contains("hops 1") && report(&ended).summary.contains("GET /there"));
    let ended = ask("GET", "/away", granted(&path, moved)).await;
    assert!(report(&ended).summary.contains("it redirects away from the socket"), "{ended:?}");
}

#[tokio::test]
async fn a_url_of_another_host_goes_over_no_socket() {
    let (_held, folder) = folder();
    let path = server(&folder);
    let rights = granted(&path, &[("http_local", "chat * /"), ("http", "http://*:*")]);
    for url in ["http://192.0.2.1/info", "http://localhost.example.com/info", "https://localhost/info"] {
        let ended = ask("GET", url, Arc::clone(&rights)).await;
        let said = &report(&ended).summary;
        assert!(said.starts_with("FailureKind::Invalid in Phase::Policy"), "{url}: {said}");
    }
}

#[tokio::test]
async fn requests_over_sockets_count_as_requests() {
    let (_held, folder) = folder();
    let path = server(&folder);
    let generation = load("slow_target").await;
    let config = r#"{"url":"/","socket":"chat"}"#;
    let mut call = call(config, granted(&path, &[("http_local", "chat GET /")]));
    call.limits = Limits { http_requests: 0, ..call.limits };
    let ended = engine().run_check(&generation, call, &ports(&Arc::default())).await;
    assert_eq!(failure(&ended).reason, FailureReason::Limit);
}
