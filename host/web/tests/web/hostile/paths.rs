//! Names in paths that lead elsewhere on a file system, end a text early, or are none.

use axum::body::Body;
use http::Method;
use watchkeep_web::routes;

use super::answers::{ADMIN, asked, is_inert};
use super::world::World;

const ODD: [&str; 24] = [
    "..",
    "%2e%2e",
    "%2E%2E%2f%2E%2E%2fetc%2fpasswd",
    "..%2f..%2f..%2fwatchkeep.redb",
    "..%5c..%5cwatchkeep.toml",
    "%252e%252e%252fwatchkeep.toml",
    "..%c0%af..%c0%afetc%c0%afpasswd",
    "%00",
    "live.js%00.css",
    "watchkeep.css%2f..%2f..%2fCargo.toml",
    "%ff%fe",
    "%c3%28",
    "%",
    "%zz",
    "%2",
    "....%2f%2f....%2f%2f",
    "%2fetc%2fpasswd",
    "C:%5cWindows%5cwin.ini",
    "file:%2f%2f%2fetc%2fpasswd",
    "%0d%0aset-cookie:%20a=b",
    "%e2%80%ae%e2%80%8b",
    "%20",
    "*",
    "0000000000000000000000000000000000000000000000000000000000000000",
];

#[tokio::test]
async fn odd_names_in_a_path_are_not_there_and_say_so_in_a_sentence() {
    let World { host, router, .. } = World::new();
    let long = "a".repeat(20_000);
    let json = [ADMIN[0], ADMIN[2], ("content-type", "application/json")];
    let before = host.with(|board| (board.directory.users.len(), board.directory.tokens.len()));
    for (method, path, _) in routes().into_iter().filter(|(_, path, _)| path.contains('{')) {
        let (start, rest) = path.split_once('{').unwrap();
        let end = rest.split_once('}').unwrap().1;
        for name in ODD.into_iter().chain([&*long]) {
            let path = format!("{start}{name}{end}");
            for headers in [&ADMIN, &json] {
                let answer = asked(&router, &method, &path, headers, Body::empty()).await;
                // What is public says as little as it can, and in the same words whatever is there.
                if path.starts_with("/status/") || path.starts_with("/reply/") {
                    let is_style = path.ends_with("/style.css");
                    assert!(
                        answer.status.is_client_error() || is_style && answer.status == 200,
                        "{method} {path}"
                    );
                    assert!(!answer.text.contains('<') || is_style, "{}", answer.text);
                    continue;
                }
                let short: String = format!("{method} {path}").chars().take(200).collect();
                // The history of a check outlives it: of one that never was there is none.
                if answer.status == 200 {
                    assert_eq!(answer.json(), serde_json::json!({"items": [], "next": null}), "{short}");
                    continue;
                }
                assert!(answer.status.is_client_error(), "{short}: {} {}", answer.status, answer.text);
                is_inert(&short, &answer);
                let media_type = answer.header("content-type");
                // A form answers with its page, whatever was asked for.
                let is_sentence = media_type.starts_with("text/html")
                    || headers != &ADMIN && answer.json()["detail"].is_string();
                assert!(is_sentence, "{short}: {media_type}: {}", answer.text);
            }
        }
    }
    assert!(host.commands.lock().unwrap().is_empty());
    assert_eq!(before, host.with(|board| (board.directory.users.len(), board.directory.tokens.len())));
}

#[tokio::test]
async fn no_way_around_leads_to_a_page_whose_right_one_lacks() {
    let World { router, .. } = World::new();
    let around = [
        "//people",
        "/./people",
        "/x/../people",
        "/%2e/people",
        "/assets/../people",
        "/assets/..%2fpeople",
        "/people/",
        "/people/.",
        "/people;x",
        "/people%00",
        "/PEOPLE",
        "/people%20",
        "/people%2f",
        "/login/../people",
        "/ping/../people",
        "/ping/x/../../people",
        "/-/healthy/../ready",
        "/people?",
        "/assets/live.js/people",
    ];
    for path in around {
        let answer = asked(&router, &Method::GET, path, &[], Body::empty()).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
        assert!(!answer.text.contains("zz"), "{path} shows something");
    }
}
