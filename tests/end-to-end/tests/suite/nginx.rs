//! The HTTP check against a real nginx, and against what nginx never does.

use std::time::Duration;

use watchkeep_end_to_end::{Answering, Folder, Host, Identity, Nginx, Site, closed_port, resetting};
use watchkeep_lab::certificate;

const LOCATIONS: &str = r#"
    location = /well { return 200 "well\n"; }
    location = /gone { return 404 "gone\n"; }
    location = /broken { return 503 "broken\n"; }
    location = /moved { return 301 /well; }
    location = /away { return 302 http://127.0.0.2/well; }
"#;

fn identity(days: i64) -> (Identity, String) {
    let signed = certificate::signed(&["localhost", "127.0.0.1"], time::Duration::days(days)).unwrap();
    (Identity { chain: signed.chain_pem, key: signed.key_pem }, signed.authority_pem)
}

/// One check by name and the lines of its config.
fn check(name: &str, config: &str) -> String {
    format!("[[check]]\nname = \"{name}\"\nplugin = \"http\"\ninterval = \"1s\"\nconfig = {{ {config} }}\n\n")
}

#[tokio::test]
async fn status_codes_and_redirects_are_judged_as_the_config_says() {
    let nginx = Nginx::start(LOCATIONS, &identity(90).0).await;
    let at = format!("http://127.0.0.1:{}", nginx.port);
    let checks = [
        check("well", &format!(r#"url = "{at}/well""#)),
        check("broken", &format!(r#"url = "{at}/broken""#)),
        check("gone", &format!(r#"url = "{at}/gone""#)),
        check("gone-as-wanted", &format!(r#"url = "{at}/gone", expect_status = ["404", "410-419"]"#)),
        check("moved", &format!(r#"url = "{at}/moved", find = ["well"]"#)),
        check(
            "moved-not-followed",
            &format!(r#"url = "{at}/moved", follow_redirects = false, expect_status = ["301"]"#),
        ),
        check("text-missing", &format!(r#"url = "{at}/well", find = ["Add to cart"]"#)),
        check("away", &format!(r#"url = "{at}/away""#)),
    ];
    let folder = Folder::new(&checks.concat());
    let host = Host::start(&folder).await;
    for (name, state) in [
        ("well", "ok"),
        ("broken", "critical"),
        ("gone", "critical"),
        ("gone-as-wanted", "ok"),
        ("moved", "ok"),
        ("moved-not-followed", "ok"),
        ("text-missing", "critical"),
        // A deployment that sends everybody elsewhere does not hide behind what nobody granted.
        ("away", "critical"),
    ] {
        let check = host.ran(name).await;
        assert_eq!(check["state"], state, "{name}: {check:#}");
    }
    let broken = host.ran("broken").await["summary"].as_str().unwrap().to_owned();
    assert!(broken.contains("503"), "{broken}");
    let away = host.ran("away").await;
    let said = away["summary"].as_str().unwrap();
    assert!(said.starts_with("status 302 in "), "{away:#}");
    assert!(said.contains("it redirects to `http://127.0.0.2/well`, which is denied"), "{away:#}");
    assert!(
        said.contains(r#"hint: add `http = ["http://127.0.0.2"]` under [plugin.http.allow]"#),
        "{away:#}"
    );
}

#[tokio::test]
async fn a_certificate_that_ends_soon_or_is_not_trusted_is_told() {
    let (identity, authority) = identity(5);
    let nginx = Nginx::start(LOCATIONS, &identity).await;
    let url = format!("https://localhost:{}/well", nginx.tls_port);
    let unverified = |name: &str, days: u32| {
        let config = format!(
            r#"url = "{url}", ignore_certificate = true, tls_expiry_warning_days = {days}, tls_expiry_critical_days = 1"#
        );
        let allow = format!("allow = {{ tls_unverified = [\"https://localhost:{}\"] }}\n\n", nginx.tls_port);
        check(name, &config).trim_end().to_owned() + "\n" + &allow
    };
    let checks =
        check("untrusted", &format!(r#"url = "{url}""#)) + &unverified("soon", 14) + &unverified("later", 2);
    let folder = Folder::new(&checks);
    folder.write("authority.pem", &authority);
    let host = Host::start(&folder).await;
    let untrusted = host.ran("untrusted").await;
    assert_eq!(untrusted["state"], "critical", "{untrusted:#}");
    assert!(untrusted["summary"].as_str().unwrap().contains("certificate"), "{untrusted:#}");
    let soon = host.ran("soon").await;
    assert_eq!(soon["state"], "warning", "{soon:#}");
    assert_eq!(host.ran("later").await["state"], "ok");
}

/// Answers every connection with these bytes, and closes it.
fn saying(answer: &'static [u8]) -> String {
    use std::io::{Read as _, Write as _};

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0; 1];
                match stream.read(&mut byte) {
                    Ok(1) => head.push(byte[0]),
                    _ => break,
                }
            }
            let _ = stream.write_all(answer);
        }
    });
    format!("http://{address}/")
}

#[tokio::test]
async fn what_browsers_put_up_with_is_read_and_what_is_certain_is_judged() {
    let sloppy = saying(
        b"HTTP/1.0 200 OK\r\nset-cookie: a=\x01\r\nx-b : c\r\n d\r\nContent-Type: text/html; charset=gbk\r\n\
          Transfer-Encoding: chunked\r\n\r\n4\r\n\xb4\xed\xce\xf3\r\n0\r\n\r\n",
    );
    let cut = saying(b"HTTP/1.1 500 Oh\r\ncontent-length: 100\r\n\r\nfatal");
    let app = saying(b"HTTP/1.1 302 Found\r\ncontent-length: 0\r\nlocation: myapp://open\r\n\r\n");
    let unread = saying(b"HTTP/1.1 200 OK\r\ncontent-encoding: zstd\r\n\r\nx");
    let checks = [
        check("sloppy", &format!(r#"url = "{sloppy}", find = "\u9519\u8bef""#)),
        check("sloppy-bad", &format!(r#"url = "{sloppy}", do_not_find = "\u9519""#)),
        check("cut", &format!(r#"url = "{cut}", find = "never", do_not_find = "fatal""#)),
        check("app", &format!(r#"url = "{app}""#)),
        check("unread", &format!(r#"url = "{unread}", do_not_find = "fatal""#)),
    ];
    let folder = Folder::new(&checks.concat());
    let host = Host::start(&folder).await;
    for (name, state, words) in [
        ("sloppy", "ok", "status 200"),
        ("sloppy-bad", "critical", "`\u{9519}` is in the answer"),
        ("cut", "critical", "expected 200-299; the answer is not whole"),
        ("cut", "critical", "`fatal` is in the answer"),
        ("app", "critical", "it redirects to `myapp://open`, which is not an HTTP URL"),
        ("unread", "unknown", "it is coded as `zstd`"),
    ] {
        let check = host.ran(name).await;
        assert_eq!(check["state"], state, "{name}: {check:#}");
        assert!(check["summary"].as_str().unwrap().contains(words), "{name}: {check:#}");
    }
}

#[tokio::test]
async fn slow_refused_and_reset_are_told_apart_and_all_judge_the_target() {
    let site = Site::start().await;
    site.set("/late", Answering::After(Duration::from_millis(600)));
    site.set("/hanging", Answering::After(Duration::from_secs(3600)));
    let backend = site.url("");
    let proxied = format!("location / {{ proxy_pass {backend}; proxy_read_timeout 1h; }}");
    let nginx = Nginx::start(&proxied, &identity(90).0).await;
    let at = format!("http://127.0.0.1:{}", nginx.port);
    let (closed, resetting) = (closed_port().await, resetting().await);
    let checks = [
        check(
            "late",
            &format!(r#"url = "{at}/late", response_time_warning = "300ms", response_time_critical = "5s""#),
        ),
        check(
            "too-late",
            &format!(
                r#"url = "{at}/late", response_time_warning = "100ms", response_time_critical = "300ms""#
            ),
        ),
        check("hanging", &format!(r#"url = "{at}/hanging""#))
            .replace("interval", "timeout = \"1s\"\ninterval"),
        check("refused", &format!(r#"url = "http://{closed}/""#)),
        check("reset", &format!(r#"url = "http://{resetting}/""#)),
        check("no-name", r#"url = "http://nowhere.invalid/""#),
    ];
    let folder = Folder::new(&checks.concat());
    let host = Host::start(&folder).await;
    for (name, state, word) in [
        ("late", "warning", ""),
        ("too-late", "critical", ""),
        // The run's own deadline must not swallow it: a target that hangs is down, not "not judged".
        ("hanging", "critical", ""),
        ("refused", "critical", "refused"),
        ("reset", "critical", "reset"),
        ("no-name", "critical", "nowhere.invalid"),
    ] {
        let check = host.ran(name).await;
        assert_eq!(check["state"], state, "{name}: {check:#}");
        let summary = check["summary"].as_str().unwrap();
        assert!(summary.contains(word), "{name}: {summary}");
    }
}
