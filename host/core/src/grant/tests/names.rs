//! Which names are allowed, capability by capability.

use super::Answer::{Denied, Never, Open};
use super::check;

#[test]
fn nothing_is_open_unless_it_was_granted() {
    check(&[
        ("", "http https://example.com:443", Denied),
        ("", "net tcp://example.com:5432", Denied),
        ("", "net udp://example.com:161", Denied),
        ("", "icmp example.com", Denied),
        ("", "dns example.com", Denied),
        ("", "dns example.com@9.9.9.9:53", Denied),
        ("", "reveal api-key", Denied),
        ("", "tls https://example.com:443", Denied),
        ("", "host other.example for example.com", Denied),
    ]);
}

#[test]
fn a_grant_of_one_capability_is_none_of_another() {
    check(&[
        ("http https://example.com", "net tcp://example.com:443", Denied),
        ("net tcp://example.com:443", "http https://example.com:443", Denied),
        ("http https://example.com", "icmp example.com", Denied),
        ("http https://example.com", "dns example.com", Denied),
        ("http https://example.com", "tls https://example.com:443", Denied),
        ("tls_unverified https://example.com", "http https://example.com:443", Denied),
        ("dns example.com", "icmp example.com", Denied),
        ("icmp example.com", "dns example.com", Denied),
    ]);
}

#[test]
fn scheme_host_and_port_all_have_to_fit() {
    check(&[
        ("http https://example.com", "http https://example.com:443", Open),
        ("http https://example.com", "http https://example.com:8443", Denied),
        ("http https://example.com", "http http://example.com:80", Denied),
        ("http https://example.com", "http http://example.com:443", Denied),
        ("http https://example.com", "http https://example.org:443", Denied),
        ("http https://example.com:8443", "http https://example.com:8443", Open),
        ("http https://example.com:8443", "http https://example.com:443", Denied),
        ("http https://example.com/", "http https://example.com:443", Open),
        ("http http://example.com", "http http://example.com:80", Open),
        ("http HTTPS://Example.COM", "http https://example.com:443", Open),
    ]);
}

#[test]
fn a_star_stands_for_a_whole_part() {
    check(&[
        ("http *://example.com", "http https://example.com:443", Open),
        ("http *://example.com", "http http://example.com:80", Open),
        ("http *://example.com", "http http://example.com:443", Denied),
        ("http *://example.com", "http http://example.com:8080", Denied),
        ("http *://example.com:*", "http http://example.com:8080", Open),
        ("http https://*", "http https://anything.test:443", Open),
        ("http https://*", "http https://anything.test:444", Denied),
        ("http https://*:*", "http https://203.0.113.9:444", Open),
        ("http *://*:*", "http http://anything.test:1", Open),
        ("net *:443", "net tcp://example.com:443", Open),
        ("net *:443", "net tcp://example.com:444", Denied),
        ("net tcp://example.com:*", "net tcp://example.com:1", Open),
        ("net tcp://example.com:*", "net udp://example.com:1", Denied),
        ("net *://example.com:53", "net udp://example.com:53", Open),
        ("net example.com:53", "net udp://example.com:53", Open),
        ("icmp *", "icmp example.com", Open),
    ]);
}

#[test]
fn subdomains_are_below_the_domain_and_nothing_else_is() {
    let given = "http https://*.example.com";
    check(&[
        (given, "http https://www.example.com:443", Open),
        (given, "http https://a.b.example.com:443", Open),
        (given, "http https://WWW.Example.Com.:443", Open),
        (given, "http https://example.com:443", Denied),
        (given, "http https://example.com.evil.test:443", Denied),
        (given, "http https://www.example.com.evil.test:443", Denied),
        (given, "http https://evilexample.com:443", Denied),
        (given, "http https://evil-example.com:443", Denied),
        (given, "http https://.example.com:443", Never),
        ("http https://example.com", "http https://www.example.com:443", Denied),
        ("icmp *.example.com", "icmp db.example.com", Open),
        ("http https://*.com", "http https://example.com:443", Open),
    ]);
}

#[test]
fn names_are_compared_in_one_spelling() {
    let given = "http https://example.com";
    check(&[
        (given, "http https://EXAMPLE.com:443", Open),
        (given, "http https://example.com.:443", Open),
        ("http https://EXAMPLE.com.", "http https://example.com:443", Open),
        ("http https://xn--bcher-kva.example", "http https://XN--BCHER-KVA.example:443", Open),
        (given, "http https://example.com..:443", Never),
        (given, "http https://bücher.example:443", Never),
        (given, "http https://example.com%2eevil.test:443", Never),
        (given, "http https://user@example.com:443", Never),
        (given, "http https://example.com evil:443", Never),
        (given, "http https://example.com\\evil:443", Never),
        (given, "http https://:443", Never),
        (given, "http https://ex ample.com:443", Never),
    ]);
}

#[test]
fn a_target_in_the_config_grants_exactly_itself() {
    check(&[
        ("target http https://shop.example.com/cart?x=1", "http https://shop.example.com:443", Open),
        ("target http https://shop.example.com:8443", "http https://shop.example.com:8443", Open),
        ("target tcp wss://chat.example.com/room?x=1", "net tcp://chat.example.com:443", Open),
        ("target tcp wss://chat.example.com/room?x=1", "net tcp://chat.example.com:80", Denied),
        ("target tcp wss://chat.example.com/room?x=1", "net udp://chat.example.com:443", Denied),
        ("target tcp wss://chat.example.com/room?x=1", "http https://chat.example.com:443", Denied),
        ("target tcp ws://chat.example.com", "net tcp://chat.example.com:80", Open),
        ("target tcp ws://[2001:db8::1]:8080/room", "net tcp://[2001:db8::1]:8080", Open),
        ("target tcp rtsp://cam.example.com/stream1", "net tcp://cam.example.com:554", Open),
        ("target tcp rtsps://cam.example.com/stream1", "net tcp://cam.example.com:322", Open),
        ("target tcp rtsp://cam.example.com/stream1", "net tcp://cam.example.com:443", Denied),
        ("target tcp rtsp://cam.example.com/stream1", "net tcp://other.example.com:554", Denied),
        ("target tcp rtsp://[2001:db8::1]:8554/a?b=c:1", "net tcp://[2001:db8::1]:8554", Open),
        ("target tcp rtsp://[2001:db8::1]/a", "net tcp://[2001:db8::1]:554", Open),
        ("target http https://shop.example.com/", "http https://cdn.example.com:443", Denied),
        ("target http https://shop.example.com/", "http http://shop.example.com:80", Denied),
        ("target net db.example.com:5432", "net tcp://db.example.com:5432", Open),
        ("target net db.example.com:5432", "net udp://db.example.com:5432", Open),
        ("target tcp db.example.com:5432", "net tcp://db.example.com:5432", Open),
        ("target tcp db.example.com:5432", "net udp://db.example.com:5432", Denied),
        ("target udp ntp.example.com:123", "net udp://ntp.example.com:123", Open),
        ("target net tcp://[2001:db8::5]:5432", "net tcp://[2001:db8::5]:5432", Open),
        ("target icmp gw.example.com", "icmp gw.example.com", Open),
        ("target icmp 10.0.0.1", "icmp 10.0.0.1", Open),
        ("target dns example.com", "dns example.com", Open),
        ("target dns example.com", "dns www.example.com", Denied),
    ]);
}

#[test]
fn dns_grants_name_questions_and_servers() {
    check(&[
        ("dns *.example.com", "dns www.example.com", Open),
        ("dns *.example.com", "dns example.com", Denied),
        ("dns example.com", "dns EXAMPLE.com.", Open),
        ("dns example.com", "dns example.com@9.9.9.9:53", Denied),
        ("dns example.com@9.9.9.9", "dns example.com@9.9.9.9:53", Open),
        ("dns example.com@9.9.9.9", "dns example.com", Denied),
        ("dns example.com@9.9.9.9", "dns example.com@9.9.9.9:5353", Denied),
        ("dns example.com@9.9.9.9:*", "dns example.com@9.9.9.9:5353", Open),
        ("dns example.com@9.9.9.9", "dns example.org@9.9.9.9:53", Denied),
        ("dns example.com; dns @9.9.9.9", "dns example.com@9.9.9.9:53", Open),
        ("dns example.com; dns @9.9.9.9", "dns example.com@8.8.8.8:53", Denied),
        ("target dns example.com; target dns 9.9.9.9", "dns example.com@9.9.9.9:53", Open),
        (
            "target dns example.com; target dns [2001:db8::53]:5353",
            "dns example.com@[2001:db8::53]:5353",
            Open,
        ),
        ("dns *@*", "dns example.com@9.9.9.9:53", Open),
        ("dns *@*", "dns example.com@10.0.0.53:53", Denied),
        ("dns *@*; private 10.0.0.0/8", "dns example.com@10.0.0.53:53", Open),
        ("dns *@10.0.0.53", "dns example.com@10.0.0.53:53", Open),
        ("dns *@10.0.0.0/8", "dns example.com@10.0.0.53:53", Open),
        ("dns *@*", "dns example.com@127.0.0.1:53", Denied),
        ("dns *", "dns .", Open),
        ("", "dns .", Denied),
        ("dns *", "dns _dmarc.example.com", Open),
        ("dns *", "dns 2.0.0.127.zen.spamhaus.org", Open),
        ("dns *", "dns a b", Never),
    ]);
}

#[test]
fn unverified_tls_revealing_and_other_names_are_grants_of_their_own() {
    check(&[
        ("tls_unverified https://old.example.com", "tls https://old.example.com:443", Open),
        ("tls_unverified https://old.example.com", "tls https://old.example.com:8443", Denied),
        ("tls_unverified tcp://mail.example.com:993", "tls tcp://mail.example.com:993", Open),
        ("target http https://old.example.com/", "tls https://old.example.com:443", Denied),
        ("reveal smtp-password", "reveal smtp-password", Open),
        ("reveal smtp-password", "reveal api-key", Denied),
        ("", "host example.com for example.com", Open),
        ("", "host EXAMPLE.com.:8080 for example.com", Open),
        ("", "host other.example for 203.0.113.9", Denied),
        ("server_name shop.example.com", "host shop.example.com for 203.0.113.9", Open),
        ("server_name *.example.com", "host shop.example.com:443 for 203.0.113.9", Open),
        ("server_name shop.example.com", "host evil.test for 203.0.113.9", Denied),
        ("", "host a\r\nb for example.com", Never),
    ]);
}

#[test]
fn what_a_plugin_did_not_ask_for_stays_closed() {
    check(&[
        ("asks http https://api.example.com; http https://*", "http https://api.example.com:443", Open),
        ("asks http https://api.example.com; http https://*", "http https://other.example.com:443", Never),
        ("asks http https://*; http https://api.example.com", "http https://api.example.com:443", Open),
        ("asks http https://*", "http https://api.example.com:443", Denied),
        ("asks http https://*; target net db:5432", "net tcp://db:5432", Open),
        ("asks http https://*; net tcp://db:5432", "net tcp://db:5432", Never),
        ("asks reveal a; reveal a", "reveal a", Open),
    ]);
}

#[test]
fn a_name_server_that_looks_hosts_up_is_granted_by_itself() {
    check(&[
        ("", "server 9.9.9.9:53", Denied),
        ("dns @9.9.9.9", "server 9.9.9.9:53", Open),
        ("dns @9.9.9.9", "server 9.9.9.9:5353", Denied),
        ("dns @9.9.9.9", "server 9.9.9.10:53", Denied),
        ("dns *", "server 9.9.9.9:53", Denied),
        ("dns example.com@9.9.9.9", "server 9.9.9.9:53", Denied),
        ("dns @127.0.0.1", "server 127.0.0.1:53", Open),
        ("dns @0.0.0.0/0", "server 127.0.0.1:53", Denied),
        ("dns @0.0.0.0/0", "server 169.254.169.254:53", Denied),
        ("http https://example.com", "server 9.9.9.9:53", Denied),
    ]);
}
