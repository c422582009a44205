//! The bundled `websocket` against a real server, with nginx in front of it as well, and against what is none.

use std::time::Duration;

use watchkeep_end_to_end::cases::{Case, case, hold};
use watchkeep_end_to_end::servers::{Bench, Stranger, Tls, Wanted, WebSocketServer};
use watchkeep_end_to_end::{Folder, Identity, Nginx, closed_port, resetting};

fn at(port: u16, path: &str, more: &str) -> String {
    let more = if more.is_empty() { String::new() } else { format!(", {more}") };
    format!("url = \"ws://127.0.0.1:{port}{path}\", timeout = \"2s\"{more}")
}

fn identity(bench: &Bench, name: &str, wanted: Wanted<'_>) -> Identity {
    bench.signed("root", name, wanted);
    let file = |ending: &str| String::from_utf8(bench.read(&format!("{name}.{ending}"))).unwrap();
    Identity { chain: file("pem"), key: file("key") }
}

#[tokio::test]
async fn a_server_says_what_is_expected_or_closes_or_refuses() {
    let server = WebSocketServer::start(&Tls::Off);
    let at = |path: &str, more: &str| at(server.port, path, more);
    let token = "bearer = { secret = \"token\" }";
    let wrong = "bearer = { secret = \"wrong\" }";
    let cases = [
        case("open", at("/echo", ""), "ok", &["open in "]),
        case("by-name", at("/echo", "").replace("127.0.0.1", "localhost"), "ok", &["open in "]),
        case("echo", at("/echo", "send = \"ping\", expect = \"ping\""), "ok", &["; it says `ping`"]),
        case(
            "bytes",
            at("/echo", "talk = [{ send_hex = \"68c3a9\" }, { expect = \"hé\" }]"),
            "ok",
            &["; it says `hé`"],
        ),
        case(
            "long",
            at("/echo", &format!("send = \"{0}\", expect = \"{0}\"", "0123456789".repeat(7_000))),
            "ok",
            &["; it says `0123456789"],
        ),
        case("parts", at("/hello", "expect = \"welcome, naïve client\""), "ok", &["`welcome, naïve client`"]),
        case("pings", at("/pings", "expect = \"you are there\""), "ok", &["; it says `you are there`"]),
        case(
            "another",
            at("/echo", "send = \"ping\", expect = \"pong\""),
            "critical",
            &["`pong` did not come within 2.0 s; it says `ping`"],
        ),
        case(
            "protocol",
            at("/echo", "subprotocols = [\"soap\", \"graphql-transport-ws\"]"),
            "ok",
            &["with `graphql-transport-ws`"],
        ),
        case("no-protocol", at("/echo", "subprotocols = \"soap\""), "critical", &["it speaks none of soap"]),
        case(
            "going-away",
            at("/close?code=1001&reason=restart", "ping = false, expect = \"x\""),
            "critical",
            &["it closes with 1001 going away, `restart` before `x` came"],
        ),
        case(
            "policy",
            at("/close?code=1008", "ping = false, expect = \"x\""),
            "critical",
            &["it closes with 1008 policy violation before `x` came"],
        ),
        case(
            "later",
            at("/close?code=1013", ""),
            "critical",
            &["it closes with 1013 try again later before its answer to a ping"],
        ),
        case(
            "crash",
            at("/crash", "send = \"x\", expect = \"y\""),
            "critical",
            &["it closes with 1011 internal error before `y` came"],
        ),
        case(
            "large",
            at("/large", "expect = \"y\""),
            "critical",
            &["a frame of 2097152 bytes; at most 1048576"],
        ),
        case("moved", at("/moved", ""), "critical", &["status 302 in place of 101; it redirects to /echo"]),
        case("page", at("/page", ""), "critical", &["status 200 in place of 101; hint: there is a page"]),
        case(
            "busy",
            at("/busy", ""),
            "critical",
            &["status 503 in place of 101; it says to try again after 120"],
        ),
        case(
            "nobody",
            at("/private", ""),
            "critical",
            &["status 401 in place of 101; hint: it wants a login"],
        ),
        case("wrong", at("/private", wrong), "critical", &["status 401 in place of 101"]),
        case("known", at("/private", token), "ok", &["open in "]),
        case("keyed", at("/keyed", "secret_headers = { X-Api-Key = { secret = \"token\" } }"), "ok", &[]),
        case(
            "stranger",
            at("/own-pages", ""),
            "critical",
            &["status 403 in place of 101; hint: many servers"],
        ),
        case("own-page", at("/own-pages", "origin = \"https://chat.example.com\""), "ok", &[]),
        // It is bound to the address of the server, not to its name.
        case(
            "not-bound",
            at("/private", token).replace("127.0.0.1", "localhost"),
            "fault",
            &["secret", "token"],
        ),
    ];
    let folder = Folder::new("");
    folder.secret("token", WebSocketServer::TOKEN);
    folder.secret("wrong", "correct-horse-buttery");
    let to = format!("to = [\"tcp://127.0.0.1:{}\"]", server.port);
    let rest =
        format!("[secrets]\ntoken = {{ file = \"token\", {to} }}\nwrong = {{ file = \"wrong\", {to} }}\n");
    let host = hold(&folder, &rest, "websocket", &cases).await;
    assert!(!host.log().contains(WebSocketServer::TOKEN));
    for Case { name, .. } in &cases {
        let results = host.get(&format!("/api/v1/checks/{name}/results")).await.text;
        assert!(!results.contains(WebSocketServer::TOKEN), "{name}: {results}");
    }
}

#[tokio::test]
async fn under_tls_and_behind_nginx_it_is_trusted_or_not() {
    let bench = Bench::new();
    bench.root("root");
    let well = identity(&bench, "well", Wanted::default());
    let days = |days: i64| Wanted {
        to: chrono::Duration::days(days) + chrono::Duration::hours(1),
        ..Wanted::default()
    };
    let (clear, tls) = (WebSocketServer::start(&Tls::Off), WebSocketServer::start(&Tls::With(&well)));
    let soon = WebSocketServer::start(&Tls::With(&identity(&bench, "soon", days(9))));
    bench.signed("root", "authority", Wanted { signs: true, ..days(9) });
    bench.signed("authority", "leaf", Wanted::default());
    let file = |name: &str| String::from_utf8(bench.read(name)).unwrap();
    let behind =
        Identity { chain: format!("{}{}", file("leaf.pem"), file("authority.pem")), key: file("leaf.key") };
    bench.self_signed("own", "-addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=CA:FALSE");
    let own = Identity {
        chain: String::from_utf8(bench.read("own.pem")).unwrap(),
        key: String::from_utf8(bench.read("own.key")).unwrap(),
    };
    let own = WebSocketServer::start(&Tls::With(&own));
    let gone = closed_port().await;
    let upgrade = "proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;";
    let locations = format!(
        "location / {{ proxy_pass http://127.0.0.1:{0}; {upgrade} }}
         location /gone {{ proxy_pass http://{gone}; {upgrade} }}
         location /forgotten/ {{ proxy_pass http://127.0.0.1:{0}/; }}",
        clear.port
    );
    let nginx = Nginx::start(&locations, &well).await;
    let behind = Nginx::start(&locations, &behind).await;
    let wss = |port: u16, path: &str, more: &str| at(port, path, more).replace("ws://", "wss://");
    let echo = "send = \"ping\", expect = \"ping\"";
    let cases = [
        case("tls", wss(tls.port, "/echo", echo), "ok", &["; it says `ping`"]),
        case("nginx", wss(nginx.tls_port, "/echo", echo), "ok", &["; it says `ping`"]),
        case("nginx-clear", at(nginx.port, "/echo", echo), "ok", &["; it says `ping`"]),
        case("nginx-token", wss(nginx.tls_port, "/private", "bearer = { secret = \"token\" }"), "ok", &[]),
        case("gone", wss(nginx.tls_port, "/gone", ""), "critical", &["status 502 in place of 101"]),
        case(
            "forgotten",
            at(nginx.port, "/forgotten/echo", ""),
            "critical",
            &["status 4", " in place of 101"],
        ),
        case("soon", wss(soon.port, "/echo", ""), "warning", &["certificate `CN=soon` expires in 9 days"]),
        case(
            "authority-soon",
            wss(behind.tls_port, "/echo", echo),
            "warning",
            &["; it says `ping`; certificate `CN=authority` expires in 9 days"],
        ),
        case(
            "authority-late",
            wss(behind.tls_port, "/echo", "expiry_warning_days = 9, expiry_critical_days = 1"),
            "ok",
            &[],
        ),
        case(
            "another-name",
            wss(tls.port, "/echo", "server_name = \"chat.example.com\""),
            "critical",
            &["untrusted certificate from 127.0.0.1:", "not valid for `chat.example.com`"],
        ),
        case("own", wss(own.port, "/echo", ""), "critical", &["untrusted certificate from 127.0.0.1:"]),
        case("own-ignored", wss(own.port, "/echo", &format!("ignore_certificate = true, {echo}")), "ok", &[]),
        case(
            "not-ignored",
            wss(tls.port, "/echo", "ignore_certificate = true"),
            "fault",
            &["tls_unverified"],
        ),
        // Closed or reset, as it comes.
        case("clear-at-tls", at(tls.port, "/echo", ""), "critical", &[]),
        case(
            "tls-at-clear",
            wss(clear.port, "/echo", ""),
            "critical",
            &["TLS handshake failed with 127.0.0.1:"],
        ),
    ];
    let folder = Folder::new("");
    folder.secret("token", WebSocketServer::TOKEN);
    folder.write("authority.pem", &String::from_utf8_lossy(&bench.read("root.pem")));
    let rest = format!(
        "ca_file = \"authority.pem\"\n\n[plugin.websocket.allow]\nserver_name = [\"chat.example.com\"]\n\
         tls_unverified = [\"tcp://127.0.0.1:{}\"]\n\n[secrets]\n\
         token = {{ file = \"token\", to = [\"tcp://127.0.0.1:{}\"] }}\n",
        own.port, nginx.tls_port
    );
    hold(&folder, &rest, "websocket", &cases).await;
}

#[tokio::test]
async fn what_is_no_server_is_told_within_the_timeout() {
    let (closed, resetting) = (closed_port().await, resetting().await);
    let silent = Stranger::Silent.start().await;
    let ssh = Stranger::Saying(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()).start().await;
    let dripping = Stranger::Dripping(b"HTTP/1.1 101 Switching Protocols\r\nX: ", Duration::from_millis(20))
        .start()
        .await;
    let endless =
        Stranger::Saying([b"HTTP/1.1 101 x\r\nX: ".to_vec(), vec![b'y'; 1 << 20]].concat()).start().await;
    let head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ";
    let parrot =
        Stranger::Saying(format!("{head}s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n").into_bytes()).start().await;
    let at = |address: &str| format!("url = \"ws://{address}/\", timeout = \"800ms\"");
    let cases = [
        case("closed", at(&closed), "critical", &["connection refused by 127.0.0.1:"]),
        case("resetting", at(&resetting), "critical", &["connection reset by 127.0.0.1:"]),
        case("silent", at(&silent), "critical", &["its answer did not come within 800 ms"]),
        case("ssh", at(&ssh), "critical", &["it speaks no HTTP; it says `SSH-2.0-OpenSSH_9.2`"]),
        case("dripping", at(&dripping), "critical", &["its answer was not whole within 800 ms"]),
        case("endless", at(&endless), "critical", &["the head of its answer is longer than 16384 bytes"]),
        case("parrot", at(&parrot), "critical", &["its `Sec-WebSocket-Accept` belongs to another key"]),
    ];
    let folder = Folder::new("");
    hold(&folder, "", "websocket", &cases).await;
}
