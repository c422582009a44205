//! Lists of hops, written by those who would like to be somebody else.

use super::*;

fn networks() -> Vec<IpNet> {
    ["10.0.0.0/8", "127.0.0.1/32", "fd00::/8"].iter().map(|text| text.parse().unwrap()).collect()
}

fn asks(peer_address: &str, lines: &[&str]) -> Peer {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(FORWARDED_FOR, line.parse().unwrap());
    }
    peer(&networks(), Some(peer_address.parse().unwrap()), &headers)
}

fn proxied(address: &str) -> Peer {
    Peer::Proxied(address.parse().unwrap())
}

#[test]
fn the_last_hop_that_is_not_trusted_asks() {
    for (lines, expected) in [
        (&["203.0.113.7"][..], "203.0.113.7"),
        (&["198.51.100.1, 203.0.113.7"], "203.0.113.7"),
        (&["198.51.100.1, 203.0.113.7, 10.1.2.3"], "203.0.113.7"),
        (&["198.51.100.1", "203.0.113.7", "10.1.2.3,10.3.2.1"], "203.0.113.7"),
        (&["203.0.113.7:4711"], "203.0.113.7"),
        (&["2001:db8::7"], "2001:db8::7"),
        (&["[2001:db8::7]"], "2001:db8::7"),
        (&["[2001:db8::7]:4711"], "2001:db8::7"),
        (&["  203.0.113.7\t"], "203.0.113.7"),
        (&["::ffff:203.0.113.7, ::ffff:10.0.0.2"], "203.0.113.7"),
        (&["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        (&["fd00::1, 127.0.0.1"], "fd00::1"),
    ] {
        assert_eq!(asks("127.0.0.1", lines), proxied(expected), "{lines:?}");
        assert_eq!(asks("::ffff:127.0.0.1", lines), proxied(expected), "{lines:?}");
    }
}

#[test]
fn what_is_no_address_ends_the_list_and_whoever_passed_it_on_asks() {
    for garbage in [
        "",
        ",",
        "unknown",
        "_hidden",
        "203.0.113.7:x",
        "203.0.113",
        "[2001:db8::7",
        "2001:db8::7]",
        "1e3",
        "a b",
        "[]",
    ] {
        assert_eq!(asks("127.0.0.1", &[garbage]), proxied("127.0.0.1"), "{garbage}");
        let behind = format!("203.0.113.7, {garbage}, 10.0.0.2");
        assert_eq!(asks("127.0.0.1", &[&behind]), proxied("10.0.0.2"), "{garbage}");
    }
    assert_eq!(asks("10.0.0.9", &[]), proxied("10.0.0.9"), "it says nothing, and is a proxy all the same");
}

#[test]
fn whoever_is_not_trusted_is_not_believed() {
    for line in ["127.0.0.1", "10.0.0.1", "203.0.113.7, 10.0.0.1", "garbage"] {
        let address = "192.0.2.1".parse().unwrap();
        assert_eq!(asks("192.0.2.1", &[line]), Peer::Tcp(Some(address)));
    }
    let mut headers = HeaderMap::new();
    headers.insert(FORWARDED_FOR, "10.0.0.1".parse().unwrap());
    headers.insert(FORWARDED_PROTO, "https".parse().unwrap());
    assert_eq!(peer(&networks(), None, &headers), Peer::Tcp(None));
    assert_eq!(peer(&[], Some("127.0.0.1".parse().unwrap()), &headers), Peer::Tcp("127.0.0.1".parse().ok()));
    assert!(!says_https(&networks(), Some("192.0.2.1".parse().unwrap()), &headers));
    assert!(!says_https(&[], Some("127.0.0.1".parse().unwrap()), &headers));
}

#[test]
fn a_trusted_proxy_says_by_which_scheme_it_was_asked() {
    let here = Some("127.0.0.1".parse().unwrap());
    for (lines, expected) in [
        (&["https"][..], true),
        (&["HTTPS"], true),
        (&["http"], false),
        (&["http, https"], true),
        (&["https, http"], false),
        (&["https", "http"], false),
        (&["", "x"], false),
        (&[], false),
    ] {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_PROTO, line.parse().unwrap());
        }
        assert_eq!(says_https(&networks(), here, &headers), expected, "{lines:?}");
    }
}

#[test]
fn a_proxy_on_this_machine_gives_itself_away() {
    let here = Peer::Tcp("127.0.0.1".parse().ok());
    let none = HeaderMap::new();
    assert_eq!(Route::of(here, Version::HTTP_11, &none), Route::Straight);
    assert_eq!(Route::of(here, Version::HTTP_10, &none), Route::ThroughAProxy);
    assert_eq!(Route::of(proxied("10.0.0.1"), Version::HTTP_11, &none), Route::ThroughAProxy);
    for name in TRACES {
        let mut headers = HeaderMap::new();
        headers.insert(name.clone(), "".parse().unwrap());
        assert_eq!(Route::of(here, Version::HTTP_11, &headers), Route::ThroughAProxy, "{name}");
    }
}

/// Whatever stands in the list, what comes out is the peer itself or an address that stands in it, and never passes an
/// untrusted hop.
#[test]
fn no_list_leads_past_a_hop_that_is_not_trusted() {
    const PARTS: [&str; 8] =
        ["203.0.113.7", "198.51.100.1", "10.0.0.2", "127.0.0.1", "[fd00::1]:80", "x", "", "::1"];
    for number in 0..PARTS.len().pow(4) {
        let parts: Vec<&str> =
            (0..4).map(|place| PARTS[number / PARTS.len().pow(place) % PARTS.len()]).collect();
        let Peer::Proxied(found) = asks("10.0.0.9", &[&parts.join(",")]) else { panic!("{parts:?}") };
        let last_stranger = parts
            .iter()
            .rev()
            .find(|part| !matches!(address_of(part), Some(a) if is_trusted(&networks(), a)));
        let expected = match last_stranger.map(|part| address_of(part)) {
            Some(Some(stranger)) => stranger,
            // Garbage, or nobody: then it is one that is trusted.
            Some(None) | None => {
                assert!(is_trusted(&networks(), found), "{parts:?}");
                continue;
            }
        };
        assert_eq!(found, expected, "{parts:?}");
    }
}
