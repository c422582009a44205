//! The bundled `tcp` against real servers, and against what is none.

mod mutual;

use std::time::Duration;

use watchkeep_end_to_end::cases::{Case, case, hold, outcome};
use watchkeep_end_to_end::servers::{Bench, Postfix, Redis, Stranger, Wanted};
use watchkeep_end_to_end::{Folder, Host, Identity, closed_port, resetting};
use watchkeep_lab::certificate;

use crate::room;

/// Nobody is asked for a name that the machine does not know itself.
const NO_NAME_SERVER: &str = "folder=$(mktemp -d); echo 'hosts: files' > $folder/switch; mount --bind $folder/switch /etc/nsswitch.conf";

/// Long enough for whoever answers, short enough to wait for whoever does not.
const SOON: &str = "timeout = \"2s\"";

fn at(address: &str, more: &str) -> String {
    let more = if more.is_empty() { String::new() } else { format!(", {more}") };
    format!("address = \"{address}\"{more}")
}

fn talk(address: &str, steps: &[&str]) -> String {
    let steps = steps.iter().map(|step| format!("{{ {step} }}")).collect::<Vec<_>>().join(", ");
    at(address, &format!("{SOON}, talk = [{steps}]"))
}

/// A host that trusts this authority.
async fn hold_trusting(authority: &[u8], rest: &str, cases: &[Case]) -> (Folder, Host) {
    let folder = Folder::new("");
    folder.write("authority.pem", &String::from_utf8_lossy(authority));
    let host = hold(&folder, &format!("ca_file = \"authority.pem\"\n\n{rest}"), "tcp", cases).await;
    (folder, host)
}

#[tokio::test]
async fn redis_answers_whom_it_knows_and_the_password_is_seen_nowhere() {
    const PASSWORD: &str = "correct-horse-battery";
    let redis = Redis::start(PASSWORD);
    let v4 = format!("127.0.0.1:{}", redis.port);
    let v6 = format!("[::1]:{}", redis.port);
    let ping = r#"send = "PING\r\n", expect = "+PONG""#;
    let auth = |secret: &str| format!(r#"send = "AUTH {{secret}}\r\n", secret = {{ secret = "{secret}" }}"#);
    let (right, wrong) = (auth("right"), auth("wrong"));
    let greeted = r#"expect = "+OK\r\n""#;
    let asked =
        |pattern: &'static str| [&*right, greeted, r#"send = "INFO\r\n""#, pattern].map(ToOwned::to_owned);
    let version = asked("expect_pattern = '(?m)^redis_version:[0-9]+\\.[0-9.]+\\r$'");
    let replica = asked("expect_pattern = '(?m)^role:slave\\r$'");
    let cases = [
        case("open", at(&v4, ""), "ok", &["open in "]),
        case("v6", at(&v6, ""), "ok", &["open in "]),
        case("both-by-name", at(&format!("localhost:{}", redis.port), ""), "ok", &["open in "]),
        case(
            "ping",
            at(&v4, &format!("{ping}, {SOON}")),
            "critical",
            &["open in ", "; `+PONG` did not come within 2.0 s; it says `-NOAUTH Authentication required.`"],
        ),
        case(
            "ping-known",
            talk(&v4, &[&right, greeted, r#"send = "PING\r\n""#, r#"expect = "+PONG""#]),
            "ok",
            &["open in ", "; it says `+PONG`"],
        ),
        case(
            "ping-guessing",
            talk(&v4, &[&wrong, greeted]),
            "critical",
            &["step 2: `+OK\\r\\n` did not come within 2.0 s; it says `-WRONGPASS "],
        ),
        case(
            "version",
            talk(&v4, &version.each_ref().map(|step| &**step)),
            "ok",
            &["; it says `redis_version:"],
        ),
        case(
            "replica",
            talk(&v4, &replica.each_ref().map(|step| &**step)),
            "critical",
            &["step 4: `(?m)^role:slave\\r$` did not come within 2.0 s; it says `"],
        ),
        // The secret is bound to the address of IPv4.
        case("elsewhere", talk(&v6, &[&right, greeted]), "fault", &["secret", "right"]),
    ];
    let folder = Folder::new("");
    let secrets: String = [("right", PASSWORD), ("wrong", "correct-horse-buttery")]
        .map(|(name, secret)| {
            folder.secret(name, secret);
            format!("{name} = {{ file = \"{name}\", to = [\"tcp://{v4}\"] }}\n")
        })
        .concat();
    let host = hold(&folder, &format!("[secrets]\n{secrets}"), "tcp", &cases).await;
    assert!(!host.log().contains(PASSWORD));
    for Case { name, .. } in &cases {
        let results = host.get(&format!("/api/v1/checks/{name}/results")).await.text;
        assert!(!results.contains(PASSWORD), "{name}: {results}");
    }
}

#[tokio::test]
async fn postfix_goes_on_under_tls() {
    let signed = certificate::signed(&["127.0.0.1"], time::Duration::days(90)).unwrap();
    let postfix = Postfix::start(&Identity { chain: signed.chain_pem, key: signed.key_pem });
    let (smtp, clear) = (format!("127.0.0.1:{}", postfix.port), format!("127.0.0.1:{}", postfix.clear_port));
    let hello = [
        "expect_pattern = '^220[ -]'",
        r#"send = "EHLO watch.example.com\r\n""#,
        "expect_pattern = '(?m)^250 '",
        r#"send = "STARTTLS\r\n""#,
        r#"expect = "220 ""#,
    ];
    let under = |last: &'static str| {
        [&hello[..], &["starttls = true", hello[1], "expect_pattern = '(?m)^250 '", last]].concat()
    };
    let quits = [&under(r#"send = "QUIT\r\n""#)[..], &[r#"expect = "221 ""#]].concat();
    let again = [&under(r#"send = "STARTTLS\r\n""#)[..], &[r#"expect = "220 ""#]].concat();
    let strange =
        format!("{}, server_name = \"mail.example.com\"", talk(&smtp, &under(r#"send = "QUIT\r\n""#)));
    let cases = [
        case("greets", at(&smtp, r#"expect = "220 ""#), "ok", &["; it says `220 localhost ESMTP Postfix"]),
        case("quits", talk(&smtp, &quits), "ok", &["; it says `221 2.0.0 Bye`"]),
        case(
            "begins-once",
            talk(&smtp, &again),
            "critical",
            &["step 10: `220 ` did not come ", "TLS already active"],
        ),
        case(
            "clear",
            talk(&clear, &hello),
            "critical",
            &[
                "step 5: `220 ` did not come within 2.0 s; it says `",
                "502 5.5.1 Error: command not implemented`",
            ],
        ),
        case(
            "another-name",
            strange,
            "critical",
            &["open in ", "step 6: untrusted certificate from ", "not valid for `mail.example.com`"],
        ),
        case("tls-at-once", at(&smtp, "tls = true"), "critical", &["TLS handshake failed with "]),
    ];
    let rights = "[plugin.tcp.allow]\nserver_name = [\"mail.example.com\"]\n";
    hold_trusting(signed.authority_pem.as_bytes(), rights, &cases).await;
}

#[tokio::test]
async fn tls_at_once_is_trusted_or_not() {
    let bench = Bench::new();
    bench.root("root");
    bench.signed("root", "well", Wanted::default());
    bench.self_signed("own", "-addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=CA:FALSE");
    let well = bench.serve("-cert well.pem -key well.key");
    let well_v6 = bench.serve_at("[::1]", "-cert well.pem -key well.key");
    let own = bench.serve("-cert own.pem -key own.key");
    let (own_at, well_at) = (format!("127.0.0.1:{}", own.port), format!("127.0.0.1:{}", well.port));
    let page =
        r#"tls = true, send = "GET / HTTP/1.0\r\n\r\n", expect = ["HTTP/1.0 200 ok", "Ciphers common"]"#;
    let cases = [
        case("well", at(&well_at, page), "ok", &["open in ", "; it says `Ciphers common"]),
        case("well-v6", at(&format!("[::1]:{}", well_v6.port), page), "ok", &[]),
        case(
            "own",
            at(&own_at, page),
            "critical",
            &["untrusted certificate from 127.0.0.1:", "signed by itself"],
        ),
        case("own-ignored", at(&own_at, &format!("ignore_certificate = true, {page}")), "ok", &[]),
        case(
            "not-ignored",
            at(&well_at, "tls = true, ignore_certificate = true"),
            "fault",
            &["denied", "tls_unverified"],
        ),
        case(
            "in-the-clear",
            at(&well_at, r#"send = "GET / HTTP/1.0\r\n\r\n", expect = "200", timeout = "2s""#),
            "critical",
            &["`200` did not come before it closed"],
        ),
    ];
    let rights = format!("[plugin.tcp.allow]\ntls_unverified = [\"tcp://{own_at}\"]\n");
    hold_trusting(&bench.read("root.pem"), &rights, &cases).await;
}

#[tokio::test]
async fn what_is_closed_and_what_is_no_server_are_told_apart_within_the_timeout() {
    let test = "tcp::what_is_closed_and_what_is_no_server_are_told_apart_within_the_timeout";
    if !room::inside(test, NO_NAME_SERVER) {
        return;
    }
    let (closed, resetting) = (closed_port().await, resetting().await);
    let silent = Stranger::Silent.start().await;
    let dripping = Stranger::Dripping("é".as_bytes(), Duration::from_millis(20)).start().await;
    let flood = Stranger::Saying(vec![b'x'; 1 << 20]).start().await;
    let binary = Stranger::Saying((0..=255).collect()).start().await;
    let expect = |text: &str| format!("expect = \"{text}\", timeout = \"600ms\"");
    let refused = "connection refused by 127.0.0.1:";
    let cases = [
        case("closed", at(&closed, ""), "critical", &[refused]),
        case("closed-well", at(&closed, "expect_closed = true"), "ok", &["closed, as expected: ", refused]),
        case(
            "open-wrong",
            at(&silent, "expect_closed = true"),
            "critical",
            &["the port is open; expected is that it is closed"],
        ),
        case("nobody", at("nobody.invalid:80", ""), "critical", &["name not found"]),
        case(
            "nobody-closed",
            at("nobody.invalid:80", "expect_closed = true"),
            "critical",
            &["name not found"],
        ),
        case(
            "silent",
            at(&silent, &expect("x")),
            "critical",
            &["`x` did not come within 600 ms; it says nothing"],
        ),
        case(
            "silent-tls",
            at(&silent, "tls = true, timeout = \"600ms\""),
            "critical",
            &["timed out in the TLS handshake with "],
        ),
        // Two bytes of one character never come together.
        case("dripping", at(&dripping, &expect("éé")), "ok", &["; it says `éé`"]),
        case(
            "dripping-on",
            at(&dripping, &expect("x")),
            "critical",
            &["`x` did not come within 600 ms; it says `ééé"],
        ),
        case(
            "flood",
            at(&flood, &expect("never")),
            "critical",
            &["`never` did not come in 16384 bytes; it says `xxx"],
        ),
        case(
            "binary",
            at(&binary, &expect("never")),
            "critical",
            &["`never` did not come within 600 ms; it says `"],
        ),
        case(
            "resetting",
            at(&resetting, r#"send = "PING\r\n", expect = "x""#),
            "critical",
            &["connection reset by 127.0.0.1:"],
        ),
    ];
    let folder = Folder::new("");
    let host = hold(&folder, "", "tcp", &cases).await;
    let (_, said) = outcome(&host, "binary").await;
    assert!(!said.chars().any(char::is_control), "{said:?}");
}
