//! Bodies that are too large, of the wrong kind, or none at all. No write is done for one, and each is refused in a sentence.

use axum::body::Body;
use bytes::Bytes;
use http::Method;
use watchkeep_web::routes;

use super::answers::{ADMIN, asked, is_inert};
use super::stored::filled;
use super::world::World;

/// A byte more than a body may have.
const TOO_LONG: usize = (64 << 10) + 1;

/// Whatever these are sent with, they read none of it.
const WITHOUT_BODY: [&str; 11] = [
    "/api/v1/backup",
    "/api/v1/checks/{name}/pause",
    "/api/v1/checks/{name}/resume",
    "/api/v1/checks/{name}/run",
    "/api/v1/checks/{name}/snapshots/accept",
    "/api/v1/deliveries/{id}/retry",
    "/api/v1/plugins/{name}/rollback",
    "/api/v1/receivers/{name}/test",
    "/api/v1/users/{name}/disable",
    "/api/v1/users/{name}/enable",
    "/-/reload",
];

fn bad() -> Vec<(&'static str, Vec<u8>)> {
    let deep = |open: &str, count: usize| open.repeat(count).into_bytes();
    vec![
        ("a list", b"[]".to_vec()),
        ("a text", b"\"x\"".to_vec()),
        ("a number", b"1e999".to_vec()),
        ("nothing", b"null".to_vec()),
        ("half of it", b"{\"name\": \"x\"".to_vec()),
        ("two", b"{} {}".to_vec()),
        ("deep lists", deep("[", 60_000)),
        ("deep objects", deep("{\"a\":", 12_000)),
        ("an unknown field", b"{\"zzunknown\": 1}".to_vec()),
        ("a field twice", b"{\"by\": \"a\", \"by\": \"b\", \"name\": \"a\", \"name\": \"b\"}".to_vec()),
        ("no UTF-8", b"{\"by\": \"\xff\xfe\", \"name\": \"\xc3\x28\"}".to_vec()),
        ("a mark in front", b"\xef\xbb\xbf{}".to_vec()),
        ("half a surrogate", b"{\"by\": \"\\ud800\", \"name\": \"\\ud800\"}".to_vec()),
        ("a zero", b"{\"by\": \"a\\u0000b\", \"name\": \"a\\u0000b\"}".to_vec()),
    ]
}

#[tokio::test]
async fn a_body_that_is_none_changes_nothing_and_is_told_so() {
    let World { host, router, .. } = World::new();
    let token = [ADMIN[0], ("content-type", "application/json")];
    let writes = routes().into_iter().filter(|(method, path, _)| {
        method == Method::POST && (path.starts_with("/api/") || path.starts_with("/-/"))
    });
    for (method, path, _) in writes.filter(|(_, path, _)| !WITHOUT_BODY.contains(path)) {
        let path = filled(&host, path).remove(0);
        for (what, body) in bad() {
            let before = host.with(|board| board.audit_log.len());
            let answer = asked(&router, &method, &path, &token, Body::from(body)).await;
            assert!(answer.status.is_client_error(), "{path}, {what}: {} {}", answer.status, answer.text);
            assert_eq!(answer.header("content-type"), "application/problem+json", "{path}, {what}");
            assert!(answer.text.len() < 1000, "{path}, {what}: {}", answer.text.len());
            is_inert(&path, &answer);
            assert_eq!(
                host.with(|board| board.audit_log.len()),
                before,
                "{path}, {what}: something was done"
            );
        }
        // A kind that another site may send without being asked.
        for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
        {
            let token = [ADMIN[0], ("content-type", kind)];
            let answer = asked(&router, &method, &path, &token, Body::from("{\"x\":1}")).await;
            assert!(answer.status.is_client_error(), "{path} as {kind}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn a_body_that_is_too_long_is_refused_whether_it_says_how_long_or_not() {
    let World { host, router, .. } = World::new();
    // Without a token that the host made, the body of an answer to a message is not even looked at.
    let writes = routes().into_iter().filter(|(method, ..)| method != Method::GET);
    for (method, path, _) in writes.filter(|(_, path, _)| !path.starts_with("/reply/")) {
        let path = filled(&host, path).remove(0);
        for kind in ["application/json", "application/x-www-form-urlencoded"] {
            let length = TOO_LONG.to_string();
            let with = [ADMIN[0], ADMIN[2], ("content-type", kind), ("content-length", &length)];
            let answer = asked(&router, &method, &path, &with, Body::from(vec![b'a'; TOO_LONG])).await;
            assert_eq!(answer.status, 413, "{method} {path}: {}", answer.text);
            is_inert(&path, &answer);
            // In pieces that never say how much is to come, and never end: what reads it stops by itself.
            let endless =
                futures::stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b'a'; 1024])));
            let answer = asked(&router, &method, &path, &with[..3], Body::from_stream(endless)).await;
            assert!(answer.status.as_u16() < 500, "{method} {path}: {}", answer.status);
        }
    }
}

/// One function reads bodies, with a limit of bytes and one of time.
#[test]
fn no_body_is_read_without_limits() {
    fn readers(folder: &std::path::Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries
            .flat_map(|path| match path.is_dir() {
                true => readers(&path),
                false => {
                    let text = std::fs::read_to_string(&path).unwrap();
                    let reads = ["to_bytes(", "axum::Form", "Multipart", "body: Bytes", "Json<Value>"];
                    let found = reads.iter().any(|way| text.contains(way));
                    found
                        .then(|| path.file_name().unwrap().to_string_lossy().into_owned())
                        .into_iter()
                        .collect()
                }
            })
            .collect()
    }
    let mut found = readers(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    found.sort();
    // The last two read answers of this host.
    assert_eq!(found, ["body.rs", "csrf.rs", "idempotency.rs"]);
}

#[tokio::test]
async fn a_form_that_is_none_is_no_fault_of_the_host() {
    let World { host, router, .. } = World::new();
    let form = [&ADMIN[..], &[("content-type", "application/x-www-form-urlencoded")]].concat();
    let many = "name&".repeat(13_000);
    let bodies: [&[u8]; 6] = [
        b"name=%ff%fe&by=%c3%28&password=%00",
        b"name=a&name=b&by=a&by=b",
        b"=&=&==&&&",
        b"%=%zz&name=%",
        b"name=\xff\xfe\x00",
        many.as_bytes(),
    ];
    let forms =
        routes().into_iter().filter(|(method, path, _)| method == Method::POST && !path.starts_with("/api/"));
    for (method, path, _) in forms {
        let path = filled(&host, path).remove(0);
        for body in bodies {
            let answer = asked(&router, &method, &path, &form, Body::from(body.to_vec())).await;
            assert!(answer.status.as_u16() < 500, "{path}: {} {}", answer.status, answer.text);
            is_inert(&path, &answer);
        }
    }
}
