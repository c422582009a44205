//! The bundled `grpc` against real servers of gRPC's own library, and against what is none.

use watchkeep_end_to_end::cases::{case, hold};
use watchkeep_end_to_end::servers::{Bench, Grpc, Stranger, Wanted};
use watchkeep_end_to_end::{Folder, closed_port};

#[tokio::test]
async fn a_real_server_says_of_each_service_whether_it_serves() {
    let (server, bare) = (Grpc::start(&[], &[]), Grpc::start(&[], &[("NO_HEALTH", "1")]));
    let (closed, ssh) =
        (closed_port().await, Stranger::Saying(b"SSH-2.0-OpenSSH_9.2p1\r\n".to_vec()).start().await);
    let silent = Stranger::Silent.start().await;
    let page = Stranger::Saying(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi".to_vec()).start().await;
    let to = |address: &str, more: &str| {
        let more = if more.is_empty() { String::new() } else { format!(", {more}") };
        format!("url = \"http://{address}\"{more}")
    };
    let at = |port: u16, more: &str| to(&format!("127.0.0.1:{port}"), more);
    let cases = [
        case("whole", at(server.port, ""), "ok", &["SERVING in "]),
        case("orders", at(server.port, "service = \"shop.Orders\""), "ok", &["SERVING in "]),
        case(
            "stock",
            at(server.port, "service = \"shop.Stock\""),
            "critical",
            &["NOT_SERVING in ", "; expected SERVING"],
        ),
        case("drained", at(server.port, "service = \"shop.Stock\", expect = \"not_serving\""), "ok", &[]),
        case("odd", at(server.port, "service = \"shop.Odd\""), "critical", &["UNKNOWN in "]),
        case(
            "gone",
            at(server.port, "service = \"shop.Gone\""),
            "critical",
            &["NOT_FOUND in ", "it knows no service `shop.Gone`", ": no such service: \u{e9}"],
        ),
        case(
            "several",
            at(server.port, "service = [\"\", \"shop.Orders\", \"shop.Stock\"]"),
            "critical",
            &["1 of 3 critical: shop.Stock: NOT_SERVING in "],
        ),
        case(
            "slow",
            at(server.port, "service = \"slow\", timeout = \"300ms\""),
            "critical",
            &["timed out waiting for an answer from 127.0.0.1:"],
        ),
        case(
            "bare",
            at(bare.port, ""),
            "critical",
            &["UNIMPLEMENTED in ", "hint: register the health service"],
        ),
        case("closed", to(&closed, ""), "critical", &["connection refused by 127.0.0.1:"]),
        case("ssh", to(&ssh, ""), "critical", &["127.0.0.1:"]),
        case("page", to(&page, ""), "critical", &["127.0.0.1:"]),
        case(
            "silent",
            to(&silent, "timeout = \"300ms\""),
            "critical",
            &["timed out waiting for an answer from"],
        ),
        case(
            "tls-of-none",
            format!("url = \"https://127.0.0.1:{}\"", server.port),
            "critical",
            &["TLS handshake failed with 127.0.0.1:"],
        ),
    ];
    let folder = Folder::new("");
    hold(&folder, "", "grpc", &cases).await;
}

#[tokio::test]
async fn over_tls_with_a_token_and_with_a_clients_certificate() {
    let bench = Bench::new();
    bench.root("root");
    bench.signed("root", "server", Wanted::default());
    bench.signed("root", "soon", Wanted { to: chrono::Duration::days(9), ..Wanted::default() });
    bench.signed("root", "client", Wanted::default());
    let file = |name: &str| bench.path().join(name);
    let (chain, key, root) = (file("server.pem"), file("server.key"), file("root.pem"));
    let open = Grpc::start(&[&chain, &key], &[("TOKEN", "a-token-of-the-service")]);
    let soon = Grpc::start(&[&file("soon.pem"), &file("soon.key")], &[]);
    let mutual = Grpc::start(&[&chain, &key, &root], &[]);
    let at = |port: u16, more: &str| format!("url = \"https://127.0.0.1:{port}\"{more}");
    let token = ", bearer = { secret = \"token\" }";
    let other = ", bearer = { secret = \"other\" }";
    let client = ", client_certificate = { secret = \"client\" }";
    let cases = [
        case("token", at(open.port, token), "ok", &["SERVING in "]),
        case(
            "other",
            at(open.port, other),
            "critical",
            &[
                "UNAUTHENTICATED in ",
                "it wants a login; hint: `bearer` or `secret_metadata`: no token, or another",
            ],
        ),
        case("without", at(open.port, ""), "critical", &["UNAUTHENTICATED in "]),
        case("soon", at(soon.port, ""), "warning", &["certificate `CN=soon` expires in 8 days"]),
        case("mutual", at(mutual.port, client), "ok", &["SERVING in "]),
        case("unknown-client", at(mutual.port, ""), "critical", &["127.0.0.1:"]),
        case(
            "another-name",
            format!("url = \"https://127.0.0.2:{}\"", open.port),
            "critical",
            &["connection refused by 127.0.0.2:"],
        ),
        case(
            "named",
            at(open.port, &format!("{token}, server_name = \"shop.example.com\"")),
            "critical",
            &["not valid for `shop.example.com`"],
        ),
    ];
    let folder = Folder::new("");
    folder.write("authority.pem", &String::from_utf8_lossy(&bench.read("root.pem")));
    let client = [bench.read("client.pem"), bench.read("client.key")].concat();
    folder.write("client.pem", &String::from_utf8_lossy(&client));
    let secret = |name: &str, source: &str, port: u16| {
        format!("{name} = {{ {source}, to = [\"https://127.0.0.1:{port}\"] }}\n")
    };
    let rest = [
        "ca_file = \"authority.pem\"\n[secrets]\n".to_owned(),
        secret("token", "file = \"token\"", open.port),
        secret("other", "file = \"other\"", open.port),
        secret("client", "file = \"client.pem\"", mutual.port),
        "[plugin.grpc.allow]\nserver_name = [\"shop.example.com\"]".to_owned(),
    ]
    .concat();
    folder.write("token", "a-token-of-the-service\n");
    folder.write("other", "another-token-of-nobody\n");
    let host = hold(&folder, &rest, "grpc", &cases).await;
    let said = host.log();
    assert!(!said.contains("a-token-of-the-service"), "{said}");
}
