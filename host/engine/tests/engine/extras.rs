//! What few requests have: a name server of their own, HTTP/2 alone with what comes behind a body, a login by digest.

use std::io::Read as _;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use watchkeep_core::outcome::{FailureReason, Outcome};
use watchkeep_core::report::Report;
use watchkeep_engine::Ended;

use crate::http::{respond, server};
use crate::http2::http2_server;
use crate::servers::dnsmasq::Dnsmasq;
use crate::servers::lighttpd::Lighttpd;
use crate::servers::running::free_port;
use crate::support::{Memory, call, engine, failure, load, ports, report, rights};

async fn asked(memory: &Arc<Memory>, url: &str, more: &str, allow: &[(&str, &str)]) -> Ended<Outcome> {
    let generation = load("slow_target").await;
    let config = format!(r#"{{"url":"{url}","call":"fetch_with"{more}}}"#);
    let mut call = call(&config, rights("slow-target", &[url], allow));
    call.timeout = Duration::from_secs(8);
    engine().run_check(&generation, call, &ports(memory)).await
}

async fn told(url: &str, more: &str, allow: &[(&str, &str)]) -> Report {
    report(&asked(&Arc::default(), url, more, allow).await).clone()
}

/// With the request's `te` in its body.
async fn with_trailers(trailers: &'static [(&'static str, &'static str)]) -> SocketAddr {
    http2_server(move |request| {
        let te = request.headers().get("te").map_or("none", |te| te.to_str().unwrap());
        let trailers = trailers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        (format!("te {te}"), trailers.collect())
    })
    .await
}

#[tokio::test]
async fn http2_is_spoken_in_the_clear_and_what_comes_behind_the_body_is_told() {
    let address = with_trailers(&[("grpc-status", "5"), ("grpc-message", "no such service")]).await;
    let url = format!("http://{address}/grpc.health.v1.Health/Check");
    let told = told(&url, r#","http2":"yes""#, &[]).await;
    assert_eq!(
        told.summary,
        "whole status 200 version HTTP/2 truncated false reading Reading::All body te trailers \
         behind it grpc-status=5 behind it grpc-message=no such service"
    );
}

#[tokio::test]
async fn what_is_cut_off_has_nothing_behind_it() {
    let address = with_trailers(&[("grpc-status", "5")]).await;
    for most in ["0", "3"] {
        let more = format!(r#","http2":"yes","body_max":"{most}""#);
        let told = told(&format!("http://{address}/"), &more, &[]).await;
        assert!(told.summary.starts_with("whole status 200 version HTTP/2 truncated true"), "{told:?}");
        assert!(!told.summary.contains("behind it"), "{told:?}");
    }
}

#[tokio::test]
async fn a_server_that_does_not_speak_http2_is_told_as_such() {
    let address = server(|_, stream| {
        respond(stream, "200 OK", b"hello");
        // What it did not read would break the connection off.
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let told = told(&format!("http://{address}/"), r#","http2":"yes""#, &[]).await;
    assert!(told.summary.starts_with("unanswered FailureKind::Protocol"), "{told:?}");
}

#[tokio::test]
async fn names_are_looked_up_at_the_name_server_that_is_named_and_nowhere_else() {
    let port = free_port();
    let _server = Dnsmasq::start(
        SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        &[
            "--host-record=web.test,127.0.0.1",
            "--cname=alias.test,web.test",
            "--host-record=six.test,::1",
            "--address=/gone.test/",
        ],
    );
    let web = server(|head, stream| {
        if head.starts_with("GET /away ") {
            let host = head.lines().find_map(|line| line.strip_prefix("Host: ")).unwrap().to_owned();
            let to = host.replace("alias.test", "web.test");
            respond(stream, &format!("302 Found\r\nlocation: http://{to}/there"), b"");
        } else {
            respond(stream, "200 OK", head.lines().next().unwrap().as_bytes());
        }
    });
    let http = format!("http://*.test:{}", web.port());
    // The address is loopback: the operator names that, too.
    let own = format!("http://127.0.0.1:{}", web.port());
    let to_server = format!("@127.0.0.1:{port}");
    let allow = [("http", http.as_str()), ("http", own.as_str()), ("dns", to_server.as_str())];
    let more = format!(r#","resolver":"{port}""#);
    let at = |name: &str, path: &str| format!("http://{name}:{}{path}", web.port());
    for (url, body) in [
        (at("web.test", "/here"), "body GET /here HTTP/1.1"),
        (at("alias.test", "/here"), "body GET /here HTTP/1.1"),
        (at("alias.test", "/away"), "body GET /there HTTP/1.1"),
    ] {
        let told = told(&url, &more, &allow).await;
        assert!(told.summary.ends_with(body), "{url}: {told:?}");
        assert!(told.details.as_deref().unwrap().contains("name connect wait transfer"), "{told:?}");
    }
    for (name, why) in [
        (
            "gone.test",
            format!(
                "FailureKind::NameNotFound in Phase::Name: name server `127.0.0.1:{port}` knows no `gone.test`"
            ),
        ),
        (
            "other.test",
            format!(
                "FailureKind::NameServerFailed in Phase::Name: name server `127.0.0.1:{port}` answers REFUSED when it is asked for `other.test`"
            ),
        ),
    ] {
        let told = told(&at(name, "/"), &more, &allow).await;
        assert_eq!(told.summary, format!("unanswered {why}"));
    }
    // What the system knows, this server does not.
    let local = format!("http://localhost:{}/", web.port());
    let told = told(&local, &more, &allow).await;
    assert!(told.summary.starts_with("unanswered FailureKind::Name"), "{told:?}");
}

#[tokio::test]
async fn a_name_server_has_to_be_granted_and_may_be_silent() {
    let silent = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = silent.local_addr().unwrap().port();
    let more = format!(r#","resolver":"{port}""#);
    let url = "http://web.test/";
    let denied = asked(&Arc::default(), url, &more, &[]).await;
    let failed = failure(&denied);
    let said = format!("{:?}", failed.hint);
    assert_eq!(failed.reason, FailureReason::Denied);
    assert!(said.contains(&format!("@127.0.0.1:{port}")), "{said}");
    // A name at a server is no grant for the server.
    let of_name = format!("web.test@127.0.0.1:{port}");
    assert_eq!(
        failure(&asked(&Arc::default(), url, &more, &[("dns", &of_name)]).await).reason,
        FailureReason::Denied
    );
    silent.set_nonblocking(true).unwrap();
    assert!(silent.recv(&mut [0; 512]).is_err(), "nothing was asked that was not granted");
    let told = told(url, &more, &[("dns", &format!("@127.0.0.1:{port}"))]).await;
    assert!(told.summary.starts_with("unanswered FailureKind::TimedOut in Phase::Name"), "{told:?}");
}

const PASSWORD: &str = "correct horse battery";

fn knowing(password: &str, to: &str) -> Arc<Memory> {
    let memory = Memory::default();
    memory.secret("password", password, &[to]);
    Arc::new(memory)
}

const LOGIN: &str = r#","user":"watch","password":{"secret":"password"}"#;

#[tokio::test]
async fn lighttpd_lets_in_who_answers_its_digest() {
    let server = Lighttpd::with_digest("watch", PASSWORD);
    let origin = format!("http://127.0.0.1:{}", server.port);
    let memory = knowing(PASSWORD, &origin);
    for place in ["MD5/", "SHA-256/", "MD5/?query=a%20b", "to/MD5/", "open/"] {
        let url = format!("{origin}/{place}");
        let ended = asked(&memory, &url, LOGIN, &[]).await;
        let told = report(&ended);
        assert!(
            told.summary.starts_with("whole status 200") && told.summary.contains("body welcome"),
            "{place}: {told:?}"
        );
    }
    let wrong = knowing("another password", &origin);
    let ended = asked(&wrong, &format!("{origin}/MD5/"), LOGIN, &[]).await;
    assert!(report(&ended).summary.starts_with("whole status 401"), "{ended:?}");
    let without = asked(&memory, &format!("{origin}/MD5/"), "", &[]).await;
    assert!(report(&without).summary.starts_with("whole status 401"), "{without:?}");
}

#[tokio::test]
async fn a_digest_goes_only_where_its_password_is_bound_and_beside_no_other_login() {
    let server = Lighttpd::with_digest("watch", PASSWORD);
    let origin = format!("http://127.0.0.1:{}", server.port);
    let url = format!("{origin}/MD5/");
    let elsewhere = knowing(PASSWORD, "https://example.com");
    assert_eq!(failure(&asked(&elsewhere, &url, LOGIN, &[]).await).reason, FailureReason::Denied);
    let memory = knowing(PASSWORD, &origin);
    let beside = asked(&memory, &url, &format!(r#"{LOGIN},"header":"authorization""#), &[]).await;
    let said = &report(&beside).summary;
    assert!(
        said.starts_with("unanswered FailureKind::Invalid") && said.contains("`authorization`"),
        "{said}"
    );
}

#[tokio::test]
async fn a_server_that_asks_for_ever_is_answered_once_and_gets_no_password() {
    let (tell, heads) = std::sync::mpsc::channel();
    let tell = std::sync::Mutex::new(tell);
    let address = server(move |head, stream| {
        let _ = tell.lock().unwrap().send(head.to_owned());
        let asks = "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth\", algorithm=MD5";
        let (_, said) = head.split_once("response=").unwrap_or_default();
        respond(stream, &format!("401 Unauthorized\r\nset-cookie: seen=1\r\n{asks}"), said.as_bytes());
    });
    let url = format!("http://{address}");
    let memory = knowing(PASSWORD, &url);
    let ended = asked(&memory, &url, LOGIN, &[]).await;
    let told = report(&ended);
    assert!(told.summary.starts_with("whole status 401"), "{told:?}");
    let heads: Vec<String> = heads.try_iter().collect();
    assert_eq!(heads.len(), 2, "{heads:?}");
    let answer =
        heads[1].lines().find(|line| line.to_ascii_lowercase().starts_with("authorization: ")).unwrap();
    assert!(answer.contains("Digest username=\"watch\"") && answer.contains("uri=\"/\""), "{answer}");
    assert!(heads[1].contains("Cookie: seen=1"), "{heads:?}");
    // With it passwords can be tried without asking anybody.
    let (_, rest) = answer.split_once("response=\"").unwrap();
    let response = rest.split('"').next().unwrap();
    assert_eq!(response.len(), 32);
    assert!(!format!("{ended:?}").contains(response) && told.summary.contains("***"), "{told:?}");
}
