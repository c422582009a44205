//! The ways in: over TLS with a certificate that is replaced, through a real proxy, and by way of a real OpenID provider.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;
use watchkeep_end_to_end::servers::{Bench, OpenIdProvider, Wanted};
use watchkeep_end_to_end::{Browser, Folder, Host, Identity, Nginx, eventually, run_to_end};

const TLS: &str = "tls = { certificate = \"cert.pem\", key = \"key.pem\" }\n";

fn certificate(bench: &Bench, name: &str, wanted: Wanted<'_>) -> (String, String) {
    bench.signed("root", name, wanted);
    let text = |end: &str| String::from_utf8(bench.read(&format!("{name}.{end}"))).unwrap();
    (text("pem"), text("key"))
}

fn put(folder: &Folder, (certificate, key): &(String, String)) {
    folder.write("cert.pem", certificate);
    folder.secret("key.pem", key);
}

/// The serial number of the certificate that the host shows, and with which version of TLS.
async fn shown(host: &Host, version: &str) -> String {
    let at = host.url.strip_prefix("https://").unwrap().to_owned();
    let command = format!(
        "openssl s_client -connect {at} -servername localhost -alpn h2,http/1.1 {version} </dev/null 2>/dev/null"
    );
    let output = tokio::process::Command::new("sh").args(["-c", &command]).output().await.unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn body(text: &str) -> Option<String> {
    Some(text.split_once("BEGIN CERTIFICATE-----")?.1.split_once("-----END")?.0.trim().to_owned())
}

#[tokio::test]
async fn a_host_speaks_tls_and_takes_a_new_certificate_but_no_broken_one() {
    let bench = Bench::new();
    bench.root("root");
    let (first, second) =
        (certificate(&bench, "first", Wanted::default()), certificate(&bench, "second", Wanted::default()));
    let folder = Folder::new(TLS);
    put(&folder, &first);
    let host = Host::start(&folder).await;
    assert!(host.url.starts_with("https://"), "{}", host.url);
    assert_eq!(host.get("/-/healthy").await.status, 200);
    for version in ["-tls1_2", "-tls1_3"] {
        let said = shown(&host, version).await;
        assert_eq!(body(&said), body(&first.0), "{version}: {said}");
        assert!(said.contains("ALPN protocol: http/1.1"), "{version}: {said}");
    }
    assert_eq!(body(&shown(&host, "-tls1_1").await), None);

    // One file after the other, as most tools do it. What does not belong together is not shown.
    folder.write("cert.pem", &second.0);
    eventually("the log says what is wrong", async || {
        host.log().contains("is not that of the certificate in").then_some(())
    })
    .await;
    assert_eq!(body(&shown(&host, "").await), body(&first.0));
    folder.secret("key.pem", &second.1);
    eventually("the new certificate is shown", async || {
        (body(&shown(&host, "").await) == body(&second.0)).then_some(())
    })
    .await;
    assert_eq!(host.get("/-/healthy").await.status, 200);

    folder.write("cert.pem", "");
    let (code, out, err) = run_to_end(&folder, &["reload"]).await;
    let (said, log) = (format!("{out}{err}"), host.log());
    assert_eq!(code, 0, "the config is taken: {said}\n{log}");
    assert!(
        said.contains("cert.pem` is empty") && said.contains("hint: write the file whole"),
        "{said}\n{log}"
    );
    assert_eq!(body(&shown(&host, "").await), body(&second.0));
}

#[tokio::test]
async fn each_thing_that_is_wrong_with_a_certificate_is_said_in_a_sentence() {
    let bench = Bench::new();
    bench.root("root");
    let (one, other) =
        (certificate(&bench, "one", Wanted::default()), certificate(&bench, "other", Wanted::default()));
    let days = chrono::Duration::days;
    let old = certificate(&bench, "old", Wanted { from: days(-9), to: days(-2), ..Wanted::default() });
    bench.openssl("pkcs8 -topk8 -in one.key -out locked.key -passout pass:x");
    let locked = String::from_utf8(bench.read("locked.key")).unwrap();
    let folder = Folder::new(TLS);
    let validated = async |pair: (&str, &str)| {
        put(&folder, &(pair.0.to_owned(), pair.1.to_owned()));
        let (code, out, err) = run_to_end(&folder, &["validate"]).await;
        (code, format!("{out}{err}"))
    };
    for (pair, sentence) in [
        ((one.0.as_str(), other.1.as_str()), "is not that of the certificate in"),
        (("", &one.1), "cert.pem` is empty"),
        ((&one.0, ""), "key.pem` is empty"),
        ((&one.0, &locked), "is encrypted"),
        ((&one.1, &one.1), "holds no certificate in PEM form"),
        ((&one.0, &one.0), "holds no private key in PEM form"),
        (("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", &one.1), "cannot be read"),
    ] {
        let (code, said) = validated(pair).await;
        assert!(code != 0 && said.contains(sentence) && said.contains("hint: "), "{sentence}: {said}");
        assert!(said.contains("watchkeep.toml:"), "{said}");
    }
    let (code, said) = validated((&old.0, &old.1)).await;
    assert!(code == 0 && said.contains("warning") && said.contains("expired at"), "{said}");
    let (code, said) = validated((&one.0, &one.1)).await;
    assert!(code == 0 && !said.contains("cert.pem"), "{said}");

    let open = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(folder.path().join("key.pem"), open).unwrap();
    let (code, out, err) = run_to_end(&folder, &["run"]).await;
    let said = format!("{out}{err}");
    assert!(code != 0 && said.contains("everybody on this machine can read"), "{said}");
    assert!(said.contains("hint: chmod 640"), "{said}");
}

#[tokio::test]
async fn behind_nginx_each_client_counts_as_itself() {
    let folder = Folder::new("users = true\ntrusted_proxies = [\"127.0.0.1\"]\n");
    let host = Host::start(&folder).await;
    let bench = Bench::new();
    bench.root("root");
    let (chain, key) = certificate(&bench, "front", Wanted::default());
    let locations = format!(
        "location / {{
           proxy_pass {};
           proxy_set_header Host $http_host;
           proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
           proxy_set_header X-Forwarded-Proto $scheme;
         }}",
        host.url
    );
    let nginx = Nginx::start(&locations, &Identity { chain, key }).await;
    let client = reqwest::Client::builder().no_proxy().tls_danger_accept_invalid_certs(true);
    let client = client.redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let front = format!("https://127.0.0.1:{}", nginx.tls_port);
    let tried = async |from: &str, name: &str, password: &str| {
        let asked = client.post(format!("{front}/login")).header("origin", &front);
        let asked = asked.header("x-forwarded-for", from);
        let asked = asked.header("content-type", "application/x-www-form-urlencoded");
        asked.body(format!("name={name}&password={password}")).send().await.unwrap()
    };
    // What a client claims is itself believed here alone because it comes from loopback, which is trusted.
    for _ in 0..10 {
        assert_eq!(tried("203.0.113.9", "eve", "wrong").await.status().as_u16(), 403);
    }
    assert_eq!(tried("198.51.100.1, 203.0.113.9", "mallory", "wrong").await.status().as_u16(), 429);
    let log = host.log();
    let password = log.split_once("one-time password ").unwrap().1.split(';').next().unwrap().to_owned();
    let good = tried("203.0.113.10", "admin", &password).await;
    assert_eq!(good.status().as_u16(), 303, "somebody else behind the same proxy");
    let cookie = good.headers()["set-cookie"].to_str().unwrap();
    assert!(cookie.starts_with("__Host-watchkeep=") && cookie.contains("; Secure"), "{cookie}");
    let audited = eventually("the failures are in the audit log", async || {
        let (_, out, _) = run_to_end(&folder, &["audit", "export"]).await;
        (out.contains("203.0.113.9") && out.contains("203.0.113.10")).then_some(out)
    })
    .await;
    assert!(!audited.contains("198.51.100.1"), "{audited}");
}

#[tokio::test]
async fn a_host_that_is_open_on_its_machine_is_not_open_behind_nginx() {
    let folder = Folder::new("");
    let host = Host::start(&folder).await;
    assert_eq!(host.get("/api/v1/checks").await.status, 200);
    let bench = Bench::new();
    bench.root("root");
    let (chain, key) = certificate(&bench, "front", Wanted::default());
    // As somebody writes it who has read nothing.
    let nginx =
        Nginx::start(&format!("location / {{ proxy_pass {}; }}", host.url), &Identity { chain, key }).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.get(format!("http://127.0.0.1:{}/api/v1/checks", nginx.port)).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 403);
    let said = answer.text().await.unwrap();
    assert!(said.contains("came through a proxy") && said.contains("trusted_proxies"), "{said}");
}

const SECRET: &str = "oidc-client-secret-canary-93";

fn with_provider(port: u16, provider: &OpenIdProvider, more: &str) -> String {
    format!(
        "[host]
data_dir = \"data\"
plugin_dir = \"plugins\"
listen = \"127.0.0.1:{port}\"
external_url = \"http://127.0.0.1:{port}\"
{more}
[host.oidc]
name = \"Example ID\"
issuer = \"{}\"
client_id = \"watchkeep\"
client_secret = {{ secret = \"oidc\" }}
scopes = [\"profile\", \"groups\"]
roles = [{{ group = \"sre\", role = \"admin\" }}, {{ group = \"web\", role = \"viewer\" }}]
[secrets]
oidc = {{ file = \"oidc\" }}
",
        provider.issuer
    )
}

#[tokio::test]
async fn somebody_signs_in_by_way_of_a_real_provider_and_whoever_has_no_group_does_not() {
    let port = OpenIdProvider::free_port();
    let callback = format!("http://127.0.0.1:{port}/login/oidc/callback");
    let provider = OpenIdProvider::start(&callback, SECRET, None);
    let folder = Folder::new("");
    folder.secret("oidc", SECRET);
    folder.write("watchkeep.toml", &with_provider(port, &provider, ""));
    let host = Host::start(&folder).await;
    assert_eq!(host.try_get("/api/v1/checks").await.unwrap().status, 401, "it is not open any more");

    let signs_in = async |page: &watchkeep_end_to_end::Page<'_>, name: &str| {
        page.until("document.querySelector('a[href^=\"/login/oidc\"]') !== null").await;
        page.is("document.querySelector('a[href^=\"/login/oidc\"]').click()").await;
        page.until("document.querySelector('input[name=login]') !== null").await;
        let typed = format!(
            "document.querySelector('input[name=login]').value = {}, \
             document.querySelector('input[name=password]').value = 'x', \
             document.querySelector('form').submit()",
            json!(name)
        );
        page.is(&typed).await;
        page.until("document.querySelector('input[name=prompt][value=consent]') !== null").await;
        page.is("document.querySelector('form').submit()").await;
    };
    let browser = Browser::start("UTC").await;
    let page = browser.open(&format!("{}/people", host.url)).await;
    signs_in(&page, "ola+sre").await;
    page.until("location.pathname === '/people'").await;
    page.until("document.body.textContent.includes('Signed in as ola')").await;

    let other = Browser::start("UTC").await;
    let page = other.open(&format!("{}/", host.url)).await;
    signs_in(&page, "eve+sales").await;
    page.until("document.body.textContent.includes('none of your groups may use this host')").await;

    let (_, audited, _) = run_to_end(&folder, &["audit", "export"]).await;
    assert!(audited.contains("oidc ola+sre") && audited.contains("session.refuse"), "{audited}");
    let log = host.log();
    host.kill().await;
    assert!(!log.contains(SECRET), "the log has the secret");
    for (path, bytes) in folder.contents() {
        let is_config = path.ends_with("oidc");
        let found = bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes());
        assert!(is_config || !found, "{} has the secret", path.display());
    }
}

#[tokio::test]
async fn a_provider_is_known_by_the_authority_of_the_config_and_told_from_one_that_is_away() {
    let bench = Bench::new();
    bench.root("root");
    bench.signed("root", "id", Wanted::default());
    let port = OpenIdProvider::free_port();
    let callback = format!("http://127.0.0.1:{port}/login/oidc/callback");
    let provider = OpenIdProvider::start(
        &callback,
        SECRET,
        Some((&bench.path().join("id.pem"), &bench.path().join("id.key"))),
    );
    let folder = Folder::new("");
    folder.secret("oidc", SECRET);
    folder.write("root.pem", &String::from_utf8(bench.read("root.pem")).unwrap());
    folder.write("watchkeep.toml", &with_provider(port, &provider, ""));
    let host = Host::start(&folder).await;
    let client =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let asked = async || client.get(format!("{}/login/oidc", host.url)).send().await.unwrap();
    let answer = asked().await;
    assert_eq!(answer.status().as_u16(), 502);
    assert!(answer.text().await.unwrap().contains("Example ID cannot be asked"));
    assert!(host.log().contains("certificate"), "the log says why: {}", host.log());
    folder.write("watchkeep.toml", &with_provider(port, &provider, "ca_file = \"root.pem\""));
    let (code, _, said) = run_to_end(&folder, &["reload"]).await;
    assert_eq!(code, 0, "{said}");
    let location = eventually("the provider is asked", async || {
        asked().await.headers().get("location").map(|location| location.to_str().unwrap().to_owned())
    })
    .await;
    assert!(location.starts_with(&format!("{}/auth?", provider.issuer)), "{location}");
}
