//! What every request must have, and where it comes from.

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
    match entrance(access, peer, method, &map) {
        Ok(_) => 200,
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
fn only_what_comes_from_here_to_a_name_of_here_is_near() {
    let distance = |peer: Peer, headers: &[(&'static str, &str)]| {
        let mut map = HeaderMap::new();
        headers.iter().for_each(|(name, value)| drop(map.insert(*name, value.parse().unwrap())));
        entrance(&guarded(), peer, &Method::GET, &map).unwrap()
    };
    let localhost = ("host", "localhost:8686");
    assert_eq!(distance(NEAR, &[localhost]), Distance::Near);
    assert_eq!(distance(FAR, &[localhost]), Distance::Far);
    assert_eq!(distance(Peer::Tcp(None), &[localhost]), Distance::Far, "an unknown peer");
    let proxied = Peer::Proxied(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST));
    assert_eq!(distance(proxied, &[localhost]), Distance::Far, "whatever a proxy asks for");
    assert_eq!(distance(NEAR, &[("host", "watch.example.com")]), Distance::Far);
    for header in
        ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "x-forwarded-proto", "via"]
    {
        let headers = [localhost, (header, "203.0.113.7")];
        assert_eq!(distance(NEAR, &headers), Distance::Far, "a proxy on this machine: {header}");
    }
}

#[test]
fn https_is_what_the_external_url_says_of_the_name_that_was_asked() {
    let https = |host: &str| {
        let mut map = HeaderMap::new();
        map.insert("host", host.parse().unwrap());
        is_https_by_name(&guarded(), &map)
    };
    assert!(https("watch.example.com") && !https("localhost:8686") && !https("watch.example.com.evil"));
    assert!(!is_https_by_name(&open(), &HeaderMap::new()));
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
    assert!(!AdminToken::new("").is("") && AdminToken::new("a").is("a"));
}

#[test]
fn the_token_is_never_printed() {
    assert!(!format!("{:?}", guarded()).contains("s3cret"));
}
