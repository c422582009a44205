//! Headers: what each answer carries, and what a request's own may not bring about.

use axum::body::Body;
use http::Method;
use watchkeep_web::{public_router, routes};

use super::answers::{ADMIN, asked, is_guarded, is_inert};
use super::stored::{filled, looked_at};
use super::world::World;
use crate::support::ask::{request, send};

/// Whoever asks, and whatever comes of it.
#[tokio::test]
async fn every_answer_is_guarded_refusals_and_faults_too() {
    let World { host, router, .. } = World::new();
    let callers: [&[(&str, &str)]; 8] = [
        &[],
        &ADMIN,
        &[("accept", "text/html")],
        &[("authorization", "Bearer wrong")],
        &[("host", "evil.example"), ("accept", "text/html")],
        &[("authorization", "Bearer s3cret"), ("origin", "https://evil.example")],
        &[("authorization", "Bearer s3cret"), ("content-length", "99999999")],
        &[("cookie", "watchkeep=0"), ("accept", "text/html"), ("sec-fetch-site", "cross-site")],
    ];
    let methods = ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "TRACE"];
    let mut paths: Vec<String> =
        routes().iter().flat_map(|(_, path, _)| filled(&host, path).into_iter().take(1)).collect();
    paths.extend(["/nothing", "/ping/5d7a", "/ping/unknown", "/ping/5d7a/unknown", "*"].map(str::to_owned));
    paths.sort();
    paths.dedup();
    for path in paths.iter().filter(|path| !path.ends_with("stream")) {
        for method in methods {
            for caller in callers {
                let answer = asked(&router, &method.parse().unwrap(), path, caller, Body::empty()).await;
                is_guarded(&format!("{method} {path} {caller:?}"), &answer.headers);
            }
        }
    }
    host.with(|board| board.broken = true);
    let path = &filled(&host, "/checks/{name}")[0];
    let answer = asked(&router, &Method::GET, path, &ADMIN, Body::empty()).await;
    assert_eq!(answer.status, 500);
    is_inert(path, &answer);
    assert!(!answer.text.contains("s3cret-array"), "causes are for the log: {}", answer.text);
}

/// The address that strangers reach has nothing to frame or to run either.
#[tokio::test]
async fn answers_at_the_public_address_are_guarded_too() {
    let World { host, .. } = World::new();
    for path in ["/", "/ping/5d7a", "/ping/%3Cscript%3E", "/ping/x/%3Cscript%3E", "/people"] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let answer = send(public_router(host.clone()), request(method.clone(), path, &[])).await;
            is_guarded(&format!("{method} {path}"), &answer.headers);
            assert!(!answer.text.contains("script"), "{method} {path}: {}", answer.text);
        }
    }
}

/// Names by which a host could be made to write links that lead elsewhere.
const TRICKS: [(&str, &str); 9] = [
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-proto", "evil.example"),
    ("x-forwarded-server", "evil.example"),
    ("x-host", "evil.example"),
    ("forwarded", "host=evil.example;proto=https"),
    ("x-original-url", "/people?evil.example"),
    ("x-rewrite-url", "/people?evil.example"),
    ("referer", "https://evil.example/"),
    ("x-forwarded-prefix", "//evil.example"),
];

async fn plain(router: &axum::Router, path: &str) -> u16 {
    asked(router, &Method::GET, path, &ADMIN, Body::empty()).await.status.as_u16()
}

#[tokio::test]
async fn no_header_of_a_request_stands_in_an_answer() {
    let World { host, router, .. } = World::new();
    for path in looked_at(&host) {
        let headers = [&ADMIN[..], &TRICKS].concat();
        let answer = asked(&router, &Method::GET, &path, &headers, Body::empty()).await;
        assert_eq!(answer.status.as_u16(), plain(&router, &path).await, "{path}");
        assert!(!answer.text.contains("evil.example"), "{path}");
        assert!(!format!("{:?}", answer.headers).contains("evil.example"), "{path}: {:?}", answer.headers);
        // Nor the name by which it was asked, which a proxy may pass on as a client gave it.
        let named = [&ADMIN[..], &[("host", "127.0.0.77:4321")]].concat();
        let answer = asked(&router, &Method::GET, &path, &named, Body::empty()).await;
        assert!(!answer.text.contains("127.0.0.77"), "{path}");
    }
}

#[tokio::test]
async fn a_form_leads_back_to_a_page_of_this_host_and_nowhere_else() {
    let World { host, router, .. } = World::new();
    let away = [
        "https://evil.example",
        "https://evil.example/",
        "https://x//evil.example/",
        "https://x/\\evil.example",
        "https://x/\t/evil.example",
        "javascript://x/%0aalert(1)",
        "data://x//evil.example",
        "//evil.example/",
        "https://x/%0d%0aset-cookie:a=b",
    ];
    let forms =
        routes().into_iter().filter(|(method, path, _)| method == Method::POST && !path.starts_with("/api"));
    let mut led = 0;
    for (method, path, _) in forms {
        let path = filled(&host, path).remove(0);
        for referer in away {
            let Ok(referer) = http::HeaderValue::try_from(referer) else { continue };
            let headers = [&ADMIN[..], &[("referer", referer.to_str().unwrap_or("https://x/"))]].concat();
            let answer = asked(&router, &method, &path, &headers, Body::from("for=1h&by=ann&to=ann")).await;
            is_inert(&format!("{path} from {referer:?}"), &answer);
            let to = answer.header("location");
            assert!(!to.contains("evil") || to.starts_with('/'), "{path} from {referer:?} leads to {to}");
            led += usize::from(!to.is_empty());
        }
    }
    assert!(led > 30, "only {led} led back");
}

#[tokio::test]
async fn names_that_only_look_like_ours_are_not() {
    let World { host, router, .. } = World::new();
    host.with(|board| board.access.external_url = Some("https://watch.example.com".to_owned()));
    for name in [
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil.example#localhost",
        "localhost@evil.example",
        "evil.example:localhost",
        "localhost:8686@evil.example",
        "localhost:86a",
        "watch.example.com.evil.example",
        "xwatch.example.com",
        "watch.example.com:443:1",
        "[::1",
        "[::2]",
        "0.0.0.0",
        "2130706433",
        "",
        " ",
        ",",
        "localhost,evil.example",
        "localhost evil.example",
        "watch.example.com/evil",
        "localhost%00.evil.example",
    ] {
        let headers = [&ADMIN[..], &[("host", name)]].concat();
        let answer = asked(&router, &Method::GET, "/", &headers, Body::empty()).await;
        assert_eq!(answer.status, 421, "{name:?}");
        is_inert(name, &answer);
    }
    // Which of two would count differs from one program to the next.
    let mut request = request(Method::GET, "/", &ADMIN);
    request.headers_mut().append("host", http::HeaderValue::from_static("evil.example"));
    let answer = send(watchkeep_web::router(host.clone()), request).await;
    assert_eq!(answer.status, 400, "two names");
}
