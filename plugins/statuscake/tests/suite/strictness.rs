//! The double of StatusCake refuses what StatusCake refuses.

use std::time::Duration;

use serde_json::Value;
use watchkeep_doubles::statuscake::{StatusCake, heartbeat_test, history_row, uptime_test};
use watchkeep_doubles::{Double as _, Reply, Request};

fn account() -> StatusCake {
    let mut account = (0..3)
        .fold(StatusCake::new(), |it, at| it.with("uptime", uptime_test(&at.to_string(), &format!("t{at}"))))
        .with("heartbeat", heartbeat_test("9", "backup"));
    let rows = ["05:02", "05:01", "05:00"].map(|at| history_row(&format!("2026-03-04T{at}:00Z"), 100));
    account.keep("1", "history", rows.to_vec());
    account
}

fn ask(account: &mut StatusCake, method: &str, path: &str, token: &str) -> Reply {
    let request = Request {
        method: method.to_owned(),
        path: path.to_owned(),
        headers: vec![("authorization".to_owned(), token.to_owned())],
        body: Vec::new(),
    };
    account.answer(&request, Duration::from_secs(10), "https://api.statuscake.com")
}

fn get(account: &mut StatusCake, path: &str) -> (u16, Value) {
    let reply = ask(account, "GET", path, &format!("Bearer {}", StatusCake::TOKEN));
    (reply.status, serde_json::from_str(&reply.body).unwrap())
}

#[test]
fn a_request_of_another_form_is_refused_with_the_reason() {
    for (path, status, said) in [
        ("/v1/uptime?page=0", 400, "page must be between 1"),
        ("/v1/uptime?page=x", 400, "page must be between 1"),
        ("/v1/uptime?limit=101", 400, "limit must be between 1 and 100"),
        ("/v1/uptime?status=paused", 400, "status must be one of up, down"),
        ("/v1/uptime?matchany=1&tags=a", 400, "matchany must be true or false"),
        ("/v1/uptime?nouptime=yes", 400, "nouptime must be true or false"),
        ("/v1/uptime?tag=a", 400, "tag is not known here"),
        ("/v1/uptime?page=1&page=2", 400, "stands twice"),
        ("/v1/ssl?tags=a", 400, "tags is not known here"),
        ("/v1/uptime/1/history?after=yesterday", 400, "after must be a UNIX timestamp"),
        ("/v1/uptime/77", 404, "Not found"),
        ("/v1/uptime/77/history", 404, "Not found"),
        ("/v1/uptime/1/rows", 404, "Not found"),
        ("/v1/tests", 404, "Not found"),
        ("/v1/uptime/", 404, "Not found"),
        ("/uptime", 404, "Not found"),
    ] {
        let mut account = account();
        let (found, body) = get(&mut account, path);
        assert!(found == status && body.to_string().contains(said), "{path}: {found} {body}");
        assert_eq!(account.wrong().len(), usize::from(found == 400), "{path}");
    }
    let mut account = account();
    let bearer = format!("Bearer {}", StatusCake::TOKEN);
    assert_eq!(ask(&mut account, "POST", "/v1/uptime", &bearer).status, 405);
    for token in ["", "Bearer other", StatusCake::TOKEN] {
        assert_eq!(ask(&mut account, "GET", "/v1/uptime", token).status, 401);
    }
}

#[test]
fn lists_have_pages_and_show_less_than_a_test_alone() {
    let mut account = account();
    let (_, page) = get(&mut account, "/v1/uptime?page=2&limit=2");
    assert_eq!(page["data"].as_array().unwrap().len(), 1);
    assert_eq!(page["metadata"]["page_count"], 2);
    assert!(page["data"][0]["uptime"].is_number() && page["data"][0]["status_codes"].is_null());
    assert!(get(&mut account, "/v1/uptime?nouptime=true").1["data"][0]["uptime"].is_null());
    assert!(get(&mut account, "/v1/uptime/2").1["data"]["status_codes"].is_array());
    assert_eq!(get(&mut account, "/v1/heartbeat").1["data"][0]["name"], "backup");
}

#[test]
fn a_history_goes_on_behind_a_link() {
    let mut account = account();
    let (_, rows) = get(&mut account, "/v1/uptime/1/history?limit=2");
    let next = rows["links"]["next"].as_str().unwrap().to_owned();
    assert!(rows["links"]["self"].is_string() && rows["data"].as_array().unwrap().len() == 2);
    let (_, rest) = get(&mut account, next.strip_prefix("https://api.statuscake.com").unwrap());
    assert_eq!(rest["data"][0]["created_at"], "2026-03-04T05:00:00Z");
    assert!(rest["links"]["next"].is_null());
}

#[test]
fn five_requests_go_into_a_second_and_sixty_into_a_minute() {
    let mut account = account();
    let bearer = format!("Bearer {}", StatusCake::TOKEN);
    let mut at = |millis: u64| {
        let mut request = Request::new("GET", "/v1/uptime", "", "");
        request.headers = vec![("authorization".to_owned(), bearer.clone())];
        let reply = account.answer(&request, Duration::from_millis(millis), "");
        let header =
            |name: &str| reply.headers.iter().find(|(it, _)| *it == name).map(|(_, value)| value.clone());
        (reply.status, header("x-ratelimit-remaining").unwrap(), header("x-ratelimit-limit").unwrap())
    };
    assert_eq!(at(0), (200, "4".to_owned(), "5, 60;w=60, 5;w=1".to_owned()));
    for _ in 1..5 {
        assert_eq!(at(0).0, 200);
    }
    assert_eq!((at(999).0, at(1_000).0), (429, 200));
    let begun = (2..56).filter(|second| at(second * 1_000).0 == 200).count();
    assert_eq!((begun, at(59_000).0, at(60_000).0), (54, 429, 200));
}
