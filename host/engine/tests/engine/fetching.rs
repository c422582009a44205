//! What a guest that judges is told of an answer that is not whole, of a redirect that leads nowhere, and of peers that do not
//! keep to the rules.

use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use watchkeep_core::outcome::Outcome;
use watchkeep_core::report::Report;
use watchkeep_engine::Ended;

use crate::http::{get, get_with, respond, server};
use crate::support::{failure, report};

pub(crate) async fn fetch_with(url: &str, more: &str, allow: &[(&str, &str)]) -> Ended<Outcome> {
    get_with(url, &format!(r#","call":"fetch"{more}"#), allow, Duration::from_secs(10)).await
}

async fn fetch(address: SocketAddr) -> Report {
    let ended = fetch_with(&format!("http://{address}/"), "", &[]).await;
    report(&ended).clone()
}

fn says(bytes: impl Into<Vec<u8>>) -> SocketAddr {
    let bytes = bytes.into();
    server(move |_, stream| drop(stream.write_all(&bytes)))
}

/// Keeps the connection open until the client closes it.
fn hold(stream: &mut TcpStream) {
    let _ = std::io::Read::read(stream, &mut [0; 1]);
}

#[track_caller]
fn begins(report: &Report, with: &str) {
    assert!(report.summary.starts_with(with), "{report:?}");
}

#[track_caller]
fn details(report: &Report, part: &str) {
    assert!(report.details.as_deref().unwrap().contains(part), "{report:?}");
}

#[tokio::test]
async fn a_body_that_breaks_off_keeps_its_status_and_what_came() {
    let told = fetch(says("HTTP/1.1 503 Gone\r\ncontent-length: 100\r\n\r\nshort")).await;
    begins(
        &told,
        "cut status 503 version HTTP/1.1 truncated false reading Reading::All body short FailureKind::Closed",
    );
    assert!(told.summary.ends_with("the connection was closed before all was there"), "{told:?}");
    details(&told, "connect wait transfer");
}

#[tokio::test]
async fn a_body_that_stalls_keeps_its_status_and_what_came() {
    let address = server(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort");
        hold(stream);
    });
    let url = format!("http://{address}/");
    let ended = get_with(&url, r#","call":"fetch""#, &[], Duration::from_secs(2)).await;
    let told = report(&ended);
    begins(
        told,
        "cut status 200 version HTTP/1.1 truncated false reading Reading::All body short FailureKind::TimedOut",
    );
}

#[tokio::test]
async fn a_body_that_cannot_be_decoded_keeps_its_status() {
    let told = fetch(says("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\nno gzip at all")).await;
    begins(&told, "cut status 200");
    assert!(
        told.summary.contains(
            "FailureKind::Protocol in Phase::Transfer: the body is not validly compressed as `gzip`"
        )
    );
}

#[tokio::test]
async fn a_text_in_another_charset_comes_in_utf8() {
    let told =
        fetch(says(b"HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=gbk\r\n\r\n\xb4\xed\xce\xf3")).await;
    begins(
        &told,
        "whole status 200 version HTTP/1.1 truncated false reading Reading::All body \u{9519}\u{8bef}",
    );
    let told = fetch(says("HTTP/1.1 200 OK\r\ncontent-encoding: zstd\r\n\r\nx")).await;
    assert!(
        told.summary
            .contains(r#"reading Reading::Nothing("it is coded as `zstd`, which was not asked for")"#),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_redirect_that_leads_nowhere_is_told_with_its_status() {
    for (location, why) in [
        ("myapp://open", "it redirects to `myapp://open`, which is not an HTTP URL"),
        ("https:///login", "it redirects to `https:///login`, which names no host"),
        ("https://_/", "it redirects to `https://_/`, which names a host that can be none"),
        ("/again", "more than 5 redirects"),
    ] {
        let told =
            fetch(says(format!("HTTP/1.1 302 Found\r\ncontent-length: 0\r\nlocation: {location}\r\n\r\n")))
                .await;
        begins(&told, "stopped status 302");
        assert!(told.summary.ends_with(&format!("FailureKind::Protocol in Phase::Wait: {why}")), "{told:?}");
    }
    let told = fetch(says("HTTP/1.1 302 Found\r\ncontent-length: 0\r\nlocation:  \r\n\r\n")).await;
    begins(&told, "whole status 302");
}

#[tokio::test]
async fn a_redirect_to_what_was_not_granted_is_the_targets_doing() {
    for to in ["http://169.254.169.254/latest/", "http://localhost:1/", "https://other.example.com/x?token=1"]
    {
        let address = server(move |_, stream| respond(stream, &format!("302 Found\r\nlocation: {to}"), b""));
        let ended = fetch_with(&format!("http://{address}/"), "", &[]).await;
        let told = report(&ended);
        begins(told, "stopped status 302");
        let shown = to.split('?').next().unwrap();
        assert!(told.summary.contains(&format!("it redirects to `{shown}")), "{told:?}");
        assert!(
            told.summary.contains("which is denied: ") && told.summary.contains("hint: add `http = ["),
            "{told:?}"
        );
        assert_eq!(ended.denied, 1, "it is counted all the same");
        details(told, "legs []");
        details(told, "connect wait transfer");
        // Who does not look at the redirect itself has no more rights than before.
        let ended = get(&format!("http://{address}/")).await;
        assert!(failure(&ended).message.contains("was denied"), "{ended:?}");
    }
}

#[tokio::test]
async fn a_guest_that_follows_by_itself_is_led_there_by_the_target_and_nowhere_else() {
    let follow = async |address: SocketAddr, to: &str| {
        let config = format!(r#","call":"follow","to":"{to}""#);
        get_with(&format!("http://{address}/"), &config, &[], Duration::from_secs(10)).await
    };
    for to in ["http://169.254.169.254/latest/", "http://localhost:1/", "https://other.example.com/"] {
        let address = server(move |_, stream| respond(stream, &format!("302 Found\r\nlocation: {to}"), b""));
        let ended = follow(address, "").await;
        begins(report(&ended), "unanswered FailureKind::Denied");
        assert_eq!(ended.denied, 1, "it is counted all the same");
        // Another port, or another host, is not where it was sent.
        for elsewhere in ["http://169.254.169.254:81/", "http://localhost:2/", "http://other.example.com/"] {
            let ended = follow(address, elsewhere).await;
            assert!(failure(&ended).message.contains("was denied"), "{to} {elsewhere}: {ended:?}");
        }
    }
    // What is no redirect leads nowhere, whatever it says.
    let address = server(|_, stream| respond(stream, "200 OK\r\nlocation: http://localhost:1/", b""));
    assert!(failure(&follow(address, "").await).message.contains("was denied"));
}

#[tokio::test]
async fn a_target_that_was_never_granted_is_no_redirect() {
    let address = says("HTTP/1.1 200 OK\r\n\r\n");
    let generation = crate::support::load("slow_target").await;
    let config = format!(r#"{{"url":"http://{address}/","call":"fetch"}}"#);
    let call = crate::support::call(&config, crate::support::rights("slow-target", &[], &[]));
    let ports = crate::support::ports(&std::sync::Arc::default());
    let ended = crate::support::engine().run_check(&generation, call, &ports).await;
    assert!(failure(&ended).message.contains("was denied"), "{ended:?}");
}

#[tokio::test]
async fn a_hop_that_fails_keeps_the_hops_before_it() {
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let address =
        server(move |_, stream| respond(stream, &format!("302 Found\r\nlocation: http://{gone}/"), b""));
    let allow = format!("http://{gone}");
    let ended = fetch_with(&format!("http://{address}/"), "", &[("http", &allow)]).await;
    begins(report(&ended), "unanswered FailureKind::Refused in Phase::Connect");
    details(report(&ended), r#"legs ["302 connect wait transfer 0"]"#);
}

#[tokio::test]
async fn what_sloppy_servers_write_is_read_and_noted() {
    let many: String = (0..300).map(|number| format!("x-{number}: y\r\n")).collect();
    for (answer, noted) in [
        (
            "HTTP/1.1 200 OK\r\nset-cookie: a=\x01b\r\n\r\nok".to_owned(),
            "control characters in header `set-cookie`",
        ),
        ("HTTP/1.1 200 OK\r\nx-a: one,\r\n two\r\n\r\nok".to_owned(), "header `x-a` goes on in another line"),
        ("HTTP/1.1 200 OK\r\nx-a : one\r\n\r\nok".to_owned(), "blanks before the colon of header `x-a`"),
        ("HTTP/1.1 200 OK\r\nno colon\r\n\r\nok".to_owned(), "a header line without a colon"),
        (format!("HTTP/1.1 200 OK\r\n{many}\r\nok"), "300 headers"),
        (
            "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n".to_owned(),
            "HTTP/1.0 with a body in chunks",
        ),
    ] {
        let version = &answer[..8];
        let told = fetch(says(answer.clone())).await;
        begins(
            &told,
            &format!("whole status 200 version {version} truncated false reading Reading::All body ok"),
        );
        details(&told, noted);
    }
    let told = fetch(says("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")).await;
    details(&told, "leniences []");
}

#[tokio::test]
async fn headers_go_out_as_everybody_spells_them() {
    let address = server(|head, stream| match head.contains("\r\nHost: 127.0.0.1:") {
        true => respond(stream, "200 OK", b"known"),
        false => respond(stream, "400 Bad Request", b"no Host"),
    });
    begins(&fetch(address).await, "whole status 200");
}

#[tokio::test]
async fn a_cookie_that_a_redirect_wants_back_goes_back_and_no_further() {
    let other = server(|head, stream| respond(stream, "200 OK", head.as_bytes()));
    let address = server(move |head, stream| {
        if head.starts_with("GET /away ") {
            respond(stream, &format!("302 Found\r\nlocation: http://localhost:{}/", other.port()), b"");
        } else if head.contains("Cookie: seen=yes") {
            respond(stream, "200 OK", b"welcome");
        } else {
            respond(stream, "302 Found\r\nlocation: /\r\nset-cookie: seen=yes; Path=/; HttpOnly", b"");
        }
    });
    let told = fetch(address).await;
    begins(&told, "whole status 200");
    assert!(told.summary.ends_with("body welcome"), "{told:?}");
    let allow = format!("http://localhost:{}", other.port());
    let ended = fetch_with(&format!("http://{address}/away"), "", &[("http", &allow)]).await;
    begins(report(&ended), "whole status 200");
    assert!(!report(&ended).summary.contains("seen=yes"), "{ended:?}");
}

#[tokio::test]
async fn of_a_body_that_nobody_wants_nothing_is_waited_for() {
    let address = server(|_, stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n");
        hold(stream);
    });
    let ended = fetch_with(&format!("http://{address}/"), r#","body_max":"0""#, &[]).await;
    begins(report(&ended), "whole status 200 version HTTP/1.1 truncated true");
}
