//! The bundled `http` against real servers, and against a site with a login that is strict.

mod login;

use std::net::{Ipv4Addr, SocketAddr};

use watchkeep_end_to_end::cases::{Case, case, hold};
use watchkeep_end_to_end::servers::{Bench, Dnsmasq, Lighttpd, Wanted, unused_port};
use watchkeep_end_to_end::{Folder, Identity, Nginx};
use watchkeep_lab::certificate;

use login::{PASSWORD, Site};

const LOCATIONS: &str = r#"
    location = /page { add_header X-Frame-Options DENY; add_header X-Cache HIT; return 200 "version 1.21.3\nup\n"; }
    location = /json { default_type application/json; return 200 '{"status": "up", "jobs": [1, 2, 3], "load": "0.7"}'; }
    location = /moved { return 301 /page; }
    location = /empty { return 204; }
    location = /astray { return 302 http://astray.example/take?session=1; }
    location = /post { if ($request_method != POST) { return 405; } return 200 "$content_type $content_length"; }
"#;

fn identity() -> (Identity, String) {
    let signed = certificate::signed(&["localhost", "127.0.0.1"], time::Duration::days(90)).unwrap();
    (Identity { chain: signed.chain_pem, key: signed.key_pem }, signed.authority_pem)
}

/// Another server of the same nginx: what stands before it closes the first one.
fn server(listen: &str, more: &str) -> String {
    format!("}} server {{ listen {listen}; ssl_certificate chain.pem; ssl_certificate_key key.pem; {more}")
}

#[tokio::test]
async fn what_nginx_answers_is_held_against_what_is_expected() {
    let nginx = Nginx::start(LOCATIONS, &identity().0).await;
    let at = |path: &str, more: &str| {
        let more = if more.is_empty() { String::new() } else { format!(", {more}") };
        format!("url = \"http://127.0.0.1:{}{path}\"{more}", nginx.port)
    };
    let digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let end = format!("expect_url = \"http://127.0.0.1:{}/page\"", nginx.port);
    let kept = format!("{end}, follow_redirects = false, expect_status = 301");
    let cases = [
        case(
            "astray",
            format!("step = [{{ {} }}, {{ {} }}]", at("/astray", ""), at("/page", "")),
            "critical",
            &[
                "step 1 `step 1`: status 302 in ",
                "it redirects to `http://astray.example/take`, which is denied: http to http://astray.example",
            ],
        ),
        case("pattern", at("/page", "find_pattern = '(?m)^version 1\\.[0-9.]+$'"), "ok", &["status 200"]),
        case(
            "no-pattern",
            at("/page", "find_pattern = '^up'"),
            "critical",
            &["nothing in the answer matches `^up`"],
        ),
        case(
            "forbidden",
            at("/page", "do_not_find_pattern = '(?i)VERSION 1'"),
            "critical",
            &["something in the answer matches"],
        ),
        case(
            "header",
            at("/page", "expect_header = [{ name = \"x-frame-options\", equals = \"DENY\" }]"),
            "ok",
            &[],
        ),
        case(
            "header-gone",
            at("/page", "expect_header = [{ name = \"Strict-Transport-Security\" }]"),
            "critical",
            &["header `Strict-Transport-Security` is not in the answer"],
        ),
        case(
            "header-shown",
            at("/page", "expect_header = [{ name = \"server\", does_not_match = '[0-9]' }]"),
            "critical",
            &["header `server` is `nginx/", "which matches `[0-9]`"],
        ),
        case(
            "small",
            at("/page", "body_size_min = \"1KiB\""),
            "critical",
            &["the body has 18 bytes, less than 1024"],
        ),
        case(
            "large",
            at("/page", "body_size_max = \"17B\""),
            "critical",
            &["the body has 18 bytes, more than 17"],
        ),
        case(
            "digest-of-nothing",
            at("/empty", &format!("body_sha256 = \"{digest}\"")),
            "ok",
            &["status 204"],
        ),
        case(
            "digest",
            at("/page", &format!("body_sha256 = \"{digest}\"")),
            "critical",
            &["the body's SHA-256 is "],
        ),
        case("ends", at("/moved", &end), "ok", &["status 200"]),
        case(
            "ends-elsewhere",
            at("/page", "expect_url_pattern = '/login$'"),
            "critical",
            &["it leads to http://127.0.0.1:"],
        ),
        case("location", at("/moved", &kept), "ok", &["status 301"]),
        case(
            "old",
            at("/page", "expect_http_version = \"2\""),
            "critical",
            &["it speaks HTTP/1.1, not HTTP/2"],
        ),
        case("no-http2", at("/page", "http2 = true, timeout = \"1s\""), "critical", &[]),
        case(
            "slow",
            at("/page", "phase_times = { processing = { warning = \"0s\" } }"),
            "warning",
            &["processing took ", "more than less than 1 ms"],
        ),
        case(
            "json",
            at(
                "/json",
                "json = [{ pointer = \"/jobs\", length_at_least = 3, type = \"array\" }, { pointer = \"/load\", at_most = 1, number_in_text = true }, { pointer = \"/error\", absent = true }]",
            ),
            "ok",
            &[],
        ),
        case(
            "json-short",
            at("/json", "json = [{ pointer = \"/jobs\", length_at_least = 4 }]"),
            "critical",
            &["`/jobs` has length 3, not at least 4"],
        ),
        case(
            "form",
            at(
                "/post",
                "method = \"POST\", form = { a = \"b c\" }, find = \"application/x-www-form-urlencoded 7\"",
            ),
            "ok",
            &[],
        ),
        case(
            "file",
            at(
                "/post",
                "method = \"POST\", body_file = { root = \"payloads\", path = \"order.json\" }, find = \"application/json 8\"",
            ),
            "ok",
            &[],
        ),
        case(
            "file-gone",
            at("/post", "method = \"POST\", body_file = { root = \"payloads\", path = \"gone\" }"),
            "fault",
            &["no file `gone` in `payloads`"],
        ),
    ];
    let folder = Folder::new("");
    std::fs::create_dir(folder.path().join("payloads")).unwrap();
    folder.write("payloads/order.json", "{\"a\": 1}");
    let rest = format!(
        "[roots]\npayloads = {{ path = \"{}\" }}\n\n[plugin.http.allow]\nfiles = [\"payloads\"]",
        folder.path().join("payloads").display()
    );
    hold(&folder, &rest, "http", &cases).await;
}

#[tokio::test]
async fn http2_is_spoken_where_it_has_to_be() {
    let (identity, authority) = identity();
    let (secure, clear) = (unused_port(), unused_port());
    let page = "location / { return 200 \"$server_protocol\"; }";
    let servers = [
        page.to_owned(),
        server(&format!("127.0.0.1:{secure} ssl http2"), page),
        server(&format!("127.0.0.1:{clear} http2"), page),
    ];
    let nginx = Nginx::start(&servers.concat(), &identity).await;
    let alone = format!("https://localhost:{}/", nginx.tls_port);
    let cases = [
        case(
            "agreed",
            format!("url = \"https://localhost:{secure}/\", expect_http_version = \"2\", find = \"HTTP/2\""),
            "ok",
            &[],
        ),
        case("alone", format!("url = \"https://localhost:{secure}/\", http2 = true"), "ok", &[]),
        case(
            "clear",
            format!("url = \"http://127.0.0.1:{clear}/\", http2 = true, find = \"HTTP/2\""),
            "ok",
            &[],
        ),
        case("refused", format!("url = \"{alone}\", http2 = true"), "critical", &[]),
        case(
            "older",
            format!("url = \"{alone}\", expect_http_version = [\"1.0\", \"2\"]"),
            "critical",
            &["it speaks HTTP/1.1, not HTTP/1.0 or HTTP/2"],
        ),
    ];
    let folder = Folder::new("");
    folder.write("authority.pem", &authority);
    hold(&folder, "ca_file = \"authority.pem\"", "http", &cases).await;
}

#[tokio::test]
async fn nginx_lets_in_who_shows_the_right_certificate() {
    let bench = Bench::new();
    bench.root("root");
    bench.signed("root", "server", Wanted::default());
    bench.signed("root", "client", Wanted::default());
    bench.root("stranger");
    bench.signed("stranger", "foreign", Wanted::default());
    let text = |name: &str| String::from_utf8(bench.read(name)).unwrap();
    let identity = Identity { chain: text("server.pem"), key: text("server.key") };
    let root = bench.path().join("root.pem");
    let locations = format!(
        "ssl_client_certificate {}; ssl_verify_client on; location / {{ return 200 \"$ssl_client_s_dn\"; }}",
        root.display()
    );
    let nginx = Nginx::start(&locations, &identity).await;
    let url = format!("https://localhost:{}/", nginx.tls_port);
    let shown = |name: &str| {
        format!("url = \"{url}\", client_certificate = {{ secret = \"{name}\" }}, find = \"CN=client\"")
    };
    let cases = [
        case("right", shown("client"), "ok", &["status 200"]),
        case(
            "missing",
            format!("url = \"{url}\", find = \"No required SSL certificate was sent\""),
            "critical",
            &["status 400 in ", "; expected 200-299"],
        ),
        case("wrong", shown("foreign"), "critical", &["status 400 in ", "expected 200-299"]),
    ];
    let folder = Folder::new("");
    folder.write("authority.pem", &text("root.pem"));
    let secrets = ["client", "foreign"].map(|name| {
        folder.secret(name, &(text(&format!("{name}.pem")) + &text(&format!("{name}.key"))));
        format!("{name} = {{ file = \"{name}\", to = [\"{}\"] }}\n", url.trim_end_matches('/'))
    });
    hold(&folder, &format!("ca_file = \"authority.pem\"\n\n[secrets]\n{}", secrets.concat()), "http", &cases)
        .await;
}

#[tokio::test]
async fn lighttpd_lets_in_who_answers_its_digest() {
    const SECRET: &str = "correct-horse-battery";
    let lighttpd = Lighttpd::with_digest("eve", SECRET);
    let at = format!("http://127.0.0.1:{}", lighttpd.port);
    let login = |name: &str| format!("digest = {{ user = \"eve\", password = {{ secret = \"{name}\" }} }}");
    let (right, wrong) = (login("right"), login("wrong"));
    let cases = [
        case("md5", format!("url = \"{at}/MD5/\", {right}, find = \"welcome\""), "ok", &["status 200"]),
        case("sha", format!("url = \"{at}/SHA-256/\", {right}, find = \"welcome\""), "ok", &["status 200"]),
        case("moved", format!("url = \"{at}/to/MD5/\", {right}, find = \"welcome\""), "ok", &["status 200"]),
        case(
            "wrong",
            format!("url = \"{at}/MD5/\", {wrong}"),
            "critical",
            &["status 401 in ", "; expected 200-299"],
        ),
        case("nobody", format!("url = \"{at}/MD5/\""), "critical", &["status 401"]),
        case(
            "basic",
            format!("url = \"{at}/MD5/\", basic = {{ user = \"eve\", password = {{ secret = \"right\" }} }}"),
            "critical",
            &["status 40"],
        ),
        case(
            "step",
            format!(
                "step = [{{ url = \"{at}/MD5/\", {right}, find = \"welcome\" }}, {{ url = \"{at}/open/\" }}]"
            ),
            "ok",
            &["2 of 2 steps in "],
        ),
    ];
    let folder = Folder::new("");
    let secrets = [("right", SECRET), ("wrong", "correct-horse-buttery")].map(|(name, secret)| {
        folder.secret(name, secret);
        format!("{name} = {{ file = \"{name}\", to = [\"{at}\"] }}\n")
    });
    let host = hold(&folder, &format!("[secrets]\n{}", secrets.concat()), "http", &cases).await;
    assert!(!host.log().contains(SECRET));
}

#[tokio::test]
async fn names_are_looked_up_where_the_config_says() {
    let dns: u16 = unused_port();
    let records = [
        "--host-record=web.test,127.0.0.1",
        "--host-record=both.test,127.0.0.1,::1",
        "--address=/gone.test/",
    ];
    let _server = Dnsmasq::start(SocketAddr::from((Ipv4Addr::LOCALHOST, dns)), &records);
    let both = unused_port();
    let listens = format!("{LOCATIONS} listen 127.0.0.1:{both}; listen [::1]:{both};");
    let nginx = Nginx::start(&listens, &identity().0).await;
    let at = |name: &str| format!("url = \"http://{name}:{}/page\"", nginx.port);
    let resolver = format!("resolver = \"127.0.0.1:{dns}\"");
    let cases = [
        case("there", format!("{}, {resolver}", at("web.test")), "ok", &["status 200"]),
        case(
            "gone",
            format!("{}, {resolver}", at("gone.test")),
            "critical",
            &["name not found", "knows no `gone.test`"],
        ),
        case("unknown", format!("{}, {resolver}", at("other.test")), "critical", &["answers REFUSED"]),
        case(
            "both",
            format!("url = \"http://both.test:{both}/page\", {resolver}, ip_family = \"both\""),
            "ok",
            &["IPv4: status 200", "; IPv6: status 200"],
        ),
        // The other family has an address, and nobody listens there.
        case(
            "one",
            format!("{}, {resolver}, ip_family = \"both\"", at("both.test")),
            "critical",
            &["1 of 2 critical: IPv6: connection refused by [::1]:"],
        ),
        case(
            "none",
            format!("{}, {resolver}, ip_family = \"both\"", at("web.test")),
            "critical",
            &["1 of 2 critical: IPv6: no answer from the name servers", "REFUSED"],
        ),
    ];
    // The address that is found is loopback, which the operator has to name.
    let own = [nginx.port, both].map(|port| format!("\"http://127.0.0.1:{port}\", \"http://[::1]:{port}\""));
    let rest = format!("[plugin.http.allow]\nhttp = [{}]", own.join(", "));
    hold(&Folder::new(""), &rest, "http", &cases).await;
}

#[tokio::test]
async fn somebody_logs_in_and_looks_around() {
    let site = Site::start();
    let at = site.url();
    let open = format!(
        "{{ name = \"open\", url = \"{at}/login\", capture = {{ csrf = {{ pattern = 'value=\"([^\"]+)\"' }} }} }}"
    );
    let log_in = |secret: &str, csrf: &str| {
        format!(
            "{{ name = \"log in\", url = \"{at}/login\", method = \"POST\", form = {{ csrf = \"{csrf}\", user = \"eve\", password = {{ secret = \"{secret}\" }} }}, expect_url = \"{at}/home\", find = \"Welcome, eve\", capture = {{ token = {{ header = \"x-token\" }} }} }}"
        )
    };
    let api = format!(
        "{{ name = \"api\", url = \"{at}/api\", headers = {{ authorization = \"Bearer {{{{token}}}}\" }}, json = [{{ pointer = \"/user\", equals = \"eve\" }}] }}"
    );
    let steps = |steps: &[&str]| format!("step = [{}]", steps.join(", "));
    let (right, wrong) = (log_in("right", "{{csrf}}"), log_in("wrong", "{{csrf}}"));
    let forged = log_in("right", "forged");
    let direct = format!("{{ url = \"{at}/home\", expect_url = \"{at}/home\" }}");
    let cases: [Case; 8] = [
        case("whole", steps(&[&open, &right, &api]), "ok", &["3 of 3 steps in "]),
        case(
            "wrong-password",
            steps(&[&open, &wrong, &api]),
            "critical",
            &["2 of 3 steps in ", "step 2 `log in`: status 403", "expected 200-299"],
        ),
        case("forged", steps(&[&open, &forged]), "critical", &["step 2 `log in`: status 400"]),
        case("no-cookie", steps(&[&direct]), "critical", &["step 1 `step 1`: status 200", "/login, not "]),
        case(
            "broken-at-first",
            format!("url = \"{at}/every-other\", attempts = 2, attempts_pause = \"0s\""),
            "ok",
            &["; the first try failed: status 503 in "],
        ),
        case(
            "restarting",
            format!("url = \"{at}/restarting\", attempts = 2"),
            "ok",
            &["status 200 in ", "; the first try failed: status 503 in "],
        ),
        case(
            "no-time",
            format!("url = \"{at}/broken\", attempts = 2, attempts_pause = \"1m\""),
            "critical",
            &["; not tried again: ", " remain, too little for a pause of 60.0 s and another try; hint: "],
        ),
        case(
            "broken",
            format!("url = \"{at}/broken\", attempts = 3, attempts_pause = \"100ms\""),
            "critical",
            &["; try 3 of 3; the first one said: status 503"],
        ),
    ];
    let folder = Folder::new("");
    let secrets = [("right", PASSWORD), ("wrong", "correct-horse-buttery")].map(|(name, secret)| {
        folder.secret(name, secret);
        format!("{name} = {{ file = \"{name}\", to = [\"{at}\"] }}\n")
    });
    let host = hold(&folder, &format!("[secrets]\n{}", secrets.concat()), "http", &cases).await;
    let mut seen = host.log();
    for Case { name, .. } in &cases {
        seen += &host.get(&format!("/api/v1/checks/{name}/results")).await.text;
    }
    for hidden in [PASSWORD, "csrf-token-", "session-", "api-token-"] {
        assert!(!seen.contains(hidden), "{hidden}");
    }
    let unexpected = site.unexpected();
    assert!(unexpected.is_empty(), "{unexpected:?}");
}
