//! The table of who may make which requests.

use super::*;

const NEAR: Peer = Peer::Tcp(Some(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST)));
const FAR: Peer = Peer::Tcp(Some(IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 9))));

fn open() -> Access {
    Access { control_socket: "/data/control.sock".into(), ..Access::default() }
}
fn guarded() -> Access {
    Access {
        admin_token: Some(AdminToken::new("s3cret")),
        external_url: Some("https://watch.example.com/base".to_owned()),
        hosts: vec!["10.0.0.1:8686".to_owned()],
        ..open()
    }
}

fn ask(access: &Access, peer: Peer, method: &Method, headers: &[(&'static str, &str)]) -> u16 {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.insert(*name, value.parse().unwrap());
    }
    match admit(access, peer, Audience::Reader, method, &map) {
        Ok(()) => 200,
        Err(problem) => problem.status.as_u16(),
    }
}

#[test]
fn only_our_own_names_are_answered() {
    for (host, expected) in [
        ("localhost", 200),
        ("LOCALHOST:8686", 200),
        ("127.0.0.1:8686", 200),
        ("127.9.9.9", 200),
        ("[::1]:8686", 200),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example:8686", 421),
        ("0.0.0.0", 421),
        ("", 421),
        ("localhost@evil.example", 421),
    ] {
        assert_eq!(ask(&open(), NEAR, &Method::GET, &[("host", host)]), expected, "{host}");
    }
    assert_eq!(ask(&open(), NEAR, &Method::GET, &[]), 400, "no Host at all");
}

#[test]
fn beyond_loopback_the_token_is_needed_to_read() {
    let host = ("host", "10.0.0.1:8686");
    let right = ("authorization", "Bearer s3cret");
    assert_eq!(ask(&guarded(), FAR, &Method::GET, &[host]), 401);
    assert_eq!(ask(&guarded(), FAR, &Method::GET, &[host, ("authorization", "Bearer wrong")]), 401);
    assert_eq!(ask(&guarded(), FAR, &Method::GET, &[host, ("authorization", "Basic s3cret")]), 401);
    assert_eq!(ask(&guarded(), FAR, &Method::GET, &[host, right]), 200);
    assert_eq!(ask(&guarded(), FAR, &Method::GET, &[("host", "watch.example.com"), right]), 200);
    assert_eq!(ask(&guarded(), FAR, &Method::GET, &[("host", "10.0.0.1:9999"), right]), 421);
    assert_eq!(ask(&guarded(), Peer::Tcp(None), &Method::GET, &[("host", "localhost")]), 401);
    assert_eq!(ask(&open(), FAR, &Method::GET, &[("host", "localhost")]), 403, "none is configured");
}

#[test]
fn a_proxy_on_this_machine_does_not_make_the_world_near() {
    for header in ["forwarded", "x-forwarded-for", "x-real-ip"] {
        let headers = [("host", "localhost"), (header, "203.0.113.7")];
        assert_eq!(ask(&guarded(), NEAR, &Method::GET, &headers), 401, "{header}");
    }
    assert_eq!(ask(&guarded(), NEAR, &Method::GET, &[("host", "watch.example.com")]), 401);
}

#[test]
fn every_write_over_tcp_needs_the_token() {
    let host = ("host", "localhost:8686");
    let right = ("authorization", "bearer s3cret");
    assert_eq!(ask(&open(), NEAR, &Method::POST, &[host]), 403);
    assert_eq!(ask(&open(), NEAR, &Method::POST, &[host, ("authorization", "Bearer ")]), 403);
    assert_eq!(ask(&guarded(), NEAR, &Method::POST, &[host]), 401);
    assert_eq!(ask(&guarded(), NEAR, &Method::POST, &[host, right]), 200);
    assert_eq!(ask(&guarded(), NEAR, &Method::DELETE, &[host]), 401);
    assert_eq!(ask(&open(), Peer::ControlSocket, &Method::POST, &[]), 200);
    let problem = admit(&open(), NEAR, Audience::Reader, &Method::POST, &{
        let mut headers = HeaderMap::new();
        headers.insert("host", "localhost".parse().unwrap());
        headers
    });
    let detail = problem.unwrap_err().detail;
    assert!(detail.contains("/data/control.sock") && detail.contains("admin_token"), "{detail}");
}

#[test]
fn a_foreign_page_cannot_write_even_with_the_token() {
    let host = ("host", "localhost:8686");
    let right = ("authorization", "Bearer s3cret");
    for (origin, expected) in [
        ("http://localhost:8686", 200),
        ("https://watch.example.com", 200),
        ("http://localhost:9999", 403),
        ("https://evil.example", 403),
        ("null", 403),
        ("https://watch.example.com.evil.example", 403),
    ] {
        let headers = [host, right, ("origin", origin)];
        assert_eq!(ask(&guarded(), NEAR, &Method::POST, &headers), expected, "{origin}");
    }
    let headers = [host, right, ("sec-fetch-site", "cross-site")];
    assert_eq!(ask(&guarded(), NEAR, &Method::POST, &headers), 403);
}

#[test]
fn an_empty_token_opens_nothing() {
    let access = Access { admin_token: Some(AdminToken::new("")), ..open() };
    let headers = [("host", "localhost"), ("authorization", "Bearer ")];
    assert_eq!(ask(&access, NEAR, &Method::POST, &headers), 401);
}

#[test]
fn the_token_is_never_printed() {
    assert!(!format!("{:?}", guarded()).contains("s3cret"));
}
