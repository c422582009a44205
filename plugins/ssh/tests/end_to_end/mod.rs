//! The bundled `ssh` against real servers of OpenSSH, and against what is none.

use std::io::Read as _;
use std::net::TcpStream;
use std::time::Duration;

use watchkeep_end_to_end::cases::{Case, case, hold, outcome};
use watchkeep_end_to_end::servers::{Between, Sshd, Stranger};
use watchkeep_end_to_end::{Folder, Identity, Nginx, closed_port, eventually, resetting};
use watchkeep_lab::certificate;

fn at(port: u16, more: &str) -> String {
    let more = if more.is_empty() { String::new() } else { format!(", {more}") };
    format!("address = \"127.0.0.1:{port}\"{more}")
}

#[tokio::test]
async fn keys_versions_and_algorithms_of_openssh() {
    let all = ["ed25519", "ecdsa", "rsa"];
    let (server, other) = (Sshd::start(&all, ""), Sshd::start(&["rsa"], ""));
    let old = Sshd::start(
        &["rsa"],
        "HostKeyAlgorithms rsa-sha2-512,ssh-rsa\nKexAlgorithms curve25519-sha256,diffie-hellman-group14-sha1\n\
         Ciphers aes128-ctr,aes128-cbc,3des-cbc\nMACs hmac-sha2-256,hmac-md5",
    );
    let keys = |lines: &[String]| keys(lines.iter().cloned());
    let public = all.map(|name| server.public(name));
    let printed = all.map(|name| server.printed(name));
    let print = |line: &str| line.split(' ').find(|word| word.starts_with("SHA256:")).unwrap().to_owned();
    let bare = printed.each_ref().map(|line| print(line));
    let foreign = print(&other.printed("rsa"));
    let port = server.port;
    let weak = r#"refused_algorithms = "weak", refused_key_types = "weak""#;
    let cases = [
        case("open", at(port, ""), "ok", &["`SSH-2.0-OpenSSH_", "` in "]),
        case(
            "current",
            at(port, &format!("banner = '^SSH-2\\.0-OpenSSH_([89]|[1-9][0-9])', {weak}")),
            "ok",
            &[],
        ),
        case(
            "next",
            at(port, "banner = 'OpenSSH_[5-9][0-9]'"),
            "critical",
            &["the version does not fit `OpenSSH_[5-9][0-9]`"],
        ),
        case("public", at(port, &keys(&public)), "ok", &[]),
        case("printed", at(port, &keys(&printed)), "ok", &[]),
        case("bare", at(port, &keys(&bare)), "ok", &[]),
        case("bare-rsa", at(port, &keys(&bare[2..])), "ok", &[]),
        case(
            "changed",
            at(port, &keys(&[public[0].clone(), other.public("rsa")])),
            "critical",
            &["another host key: the one of the type ssh-rsa is ", &bare[2], "; expected ", &foreign],
        ),
        case(
            "changed-bare",
            at(port, &keys(std::slice::from_ref(&foreign))),
            "critical",
            &["no host key is ", &foreign, "; it shows ssh-ed25519 ", &bare[0], ", ssh-rsa ", &bare[2]],
        ),
        case(
            "missing",
            at(other.port, &keys(&public[..1])),
            "critical",
            &["it offers no host key of the type ssh-ed25519, but rsa-sha2-512, rsa-sha2-256"],
        ),
        case(
            "old",
            at(old.port, weak),
            "critical",
            &[
                "it offers refused key types: ssh-rsa",
                "refused key exchanges: diffie-hellman-group14-sha1",
                "refused ciphers: aes128-cbc, 3des-cbc",
                "refused MACs: hmac-md5",
            ],
        ),
        case("old-unasked", at(old.port, &keys(&[old.public("rsa")])), "ok", &[]),
    ];
    let folder = Folder::new("");
    let host = hold(&folder, "", "ssh", &cases).await;
    let results = host.get("/api/v1/checks/printed/results?limit=1").await.json();
    let details = results["items"][0]["details"].as_str().unwrap_or_default();
    for print in &bare {
        assert!(details.contains(&**print), "{print} is not in {details}");
    }
}

fn keys(lines: impl IntoIterator<Item = String>) -> String {
    let lines: Vec<_> = lines.into_iter().map(|line| format!("\"{line}\"")).collect();
    format!("host_keys = [{}]", lines.join(", "))
}

#[tokio::test]
async fn every_type_of_key_is_proved() {
    let types = ["ed25519", "ecdsa", "ecdsa-384", "ecdsa-521", "rsa", "rsa-1024"];
    let mut servers = Vec::new();
    for way in ["curve25519-sha256", "ecdh-sha2-nistp256"] {
        let lines = format!("KexAlgorithms {way}");
        servers.push((format!("all-{way}"), Sshd::start(&types[..5], &lines), &types[..5]));
        servers.push((format!("small-{way}"), Sshd::start(&types[5..], &lines), &types[5..]));
        let lines = format!("{lines}\nHostKeyAlgorithms rsa-sha2-256");
        servers.push((format!("rsa-sha2-256-{way}"), Sshd::start(&types[4..5], &lines), &types[4..5]));
    }
    let cases: Vec<Case> = servers
        .iter()
        .map(|(name, server, types)| {
            let expected = keys(types.iter().map(|name| server.public(name)));
            case(name, at(server.port, &expected), "ok", &[])
        })
        .collect();
    let folder = Folder::new("");
    let host = hold(&folder, "", "ssh", &cases).await;
    let results = host.get("/api/v1/checks/all-curve25519-sha256/results?limit=1").await.json();
    let details = results["items"][0]["details"].as_str().unwrap_or_default();
    assert_eq!(details.matches("host key ").count(), 5 + 1, "{details}");
    assert!(!details.contains("not proved"), "{details}");
}

#[tokio::test]
async fn servers_that_exchange_keys_in_one_way_only() {
    let ways = [
        ("curve25519", "curve25519-sha256@libssh.org"),
        ("nistp256", "ecdh-sha2-nistp256"),
        ("nistp384", "ecdh-sha2-nistp384"),
        ("nistp521", "ecdh-sha2-nistp521"),
        ("group14", "diffie-hellman-group14-sha256"),
        ("group16", "diffie-hellman-group16-sha512"),
        ("group18", "diffie-hellman-group18-sha512"),
    ];
    let servers = ways.map(|(name, way)| (name, Sshd::start(&["ed25519"], &format!("KexAlgorithms {way}"))));
    let expected = |server: &Sshd| at(server.port, &keys([server.public("ed25519")]));
    let mut cases: Vec<Case> =
        servers.iter().map(|(name, server)| case(name, expected(server), "ok", &[])).collect();
    let unknown = Sshd::start(&["ed25519"], "KexAlgorithms sntrup761x25519-sha512@openssh.com");
    let said = "it has no key exchange that this check knows, but sntrup761x25519-sha512@openssh.com";
    cases.push(case("unknown", expected(&unknown), "critical", &[said]));
    let folder = Folder::new("");
    hold(&folder, "", "ssh", &cases).await;
}

#[tokio::test]
async fn what_old_servers_cannot_prove_counts_as_the_operator_says() {
    let exchanges = "it exchanges keys with SHA-1 alone";
    let old = [
        ("group14", "ed25519", "KexAlgorithms diffie-hellman-group14-sha1", exchanges),
        ("group1", "ed25519", "KexAlgorithms diffie-hellman-group1-sha1", exchanges),
        ("rsa", "rsa", "HostKeyAlgorithms ssh-rsa", "it signs with SHA-1 alone"),
    ];
    let servers = old.map(|(name, key, lines, why)| (name, Sshd::start(&[key], lines), key, why));
    let mut cases = Vec::new();
    for (name, server, key, why) in &servers {
        let expected = keys([server.public(key)]);
        let counts = |counts: &str| at(server.port, &format!("{expected}, unproved_keys = \"{counts}\""));
        let said = ["is not proved to be its own", *why];
        cases.push(case(name, at(server.port, &expected), "critical", &said));
        cases.push(case(&format!("{name}-warning"), counts("warning"), "warning", &said));
        cases.push(case(&format!("{name}-ok"), counts("ok"), "ok", &[]));
    }
    let folder = Folder::new("");
    hold(&folder, "", "ssh", &cases).await;
}

#[tokio::test]
async fn somebody_in_between_who_shows_the_servers_key_is_told() {
    let curve = "KexAlgorithms curve25519-sha256";
    let (server, own) =
        (Sshd::start(&["ed25519", "ecdsa"], curve), Sshd::start(&["ed25519", "ecdsa"], curve));
    let mut cases = Vec::new();
    for name in ["ed25519", "ecdsa"] {
        let (those, these) = (own.bytes(name), server.bytes(name));
        assert_eq!(those.len(), these.len());
        // Speaks as a server of its own, and shows the key that everybody knows.
        let between = Between::Swapping { those, these }.start(own.port).await;
        let expected = keys([server.public(name)]);
        let said =
            ["it shows the host key ", "cannot prove that it owns it: its signature is not of this key"];
        cases.push(case(&format!("{name}-swapped"), at(between, &expected), "critical", &said));
    }
    let expected = keys([server.public("ed25519")]);
    let passing = Between::Passing.start(server.port).await;
    cases.push(case("passed", at(passing, &expected), "ok", &[]));
    // Has heard the server prove it to somebody else.
    let repeating = Between::Repeating(std::sync::Arc::default()).start(server.port).await;
    let port = repeating.to_string();
    let asked = ["-t", "ed25519", "-p", &*port, "127.0.0.1"];
    let heard = tokio::process::Command::new("ssh-keyscan").args(asked).output().await.unwrap();
    assert!(String::from_utf8_lossy(&heard.stdout).contains("ssh-ed25519"), "{heard:?}");
    cases.push(case("repeated", at(repeating, &expected), "critical", &["its signature is not of this key"]));
    let folder = Folder::new("");
    hold(&folder, "", "ssh", &cases).await;
}

#[tokio::test]
async fn a_server_that_is_full_and_what_is_no_server_are_told_as_what_they_are() {
    let signed = certificate::signed(&["127.0.0.1"], time::Duration::days(90)).unwrap();
    let identity = Identity { chain: signed.chain_pem, key: signed.key_pem };
    let nginx = Nginx::start("location / { return 200; }", &identity).await;
    let full = Sshd::start(&["ed25519"], "MaxStartups 1:100:1");
    // Its only place is taken by whom it greets; whoever looked whether it listens may still have it.
    let _place = eventually("a server with one place greets", async || {
        let mut place = TcpStream::connect(("127.0.0.1", full.port)).ok()?;
        let mut greeting = [0; 8];
        place.read_exact(&mut greeting).ok()?;
        (greeting == *b"SSH-2.0-").then_some(place)
    })
    .await;
    let saying = async |words: &str| Stranger::Saying(words.as_bytes().to_vec()).start().await;
    let mail = saying("220 mail.example.com ESMTP\r\n").await;
    let first = saying("SSH-1.5-OpenSSH_2.1\r\n").await;
    let mute = saying("SSH-2.0-OpenSSH_9.2\r\n").await;
    let confused = saying("SSH-2.0-OpenSSH_9.2\r\nHTTP/1.1 400 Bad Request\r\n").await;
    let silent = Stranger::Silent.start().await;
    let dripping = Stranger::Dripping(b"SSH-2.0-", Duration::from_millis(100)).start().await;
    let (closed, reset) = (closed_port().await, resetting().await);
    let soon = |address: &str| format!("address = \"{address}\", timeout = \"600ms\"");
    let cases = [
        case(
            "full",
            at(full.port, ""),
            "critical",
            &["it closes without an SSH version; it says `Exceeded MaxStartups`"],
        ),
        case(
            "http",
            at(nginx.port, ""),
            "critical",
            &["it closes without an SSH version; it says `HTTP/1.1 400 Bad Request`"],
        ),
        case(
            "mail",
            soon(&mail),
            "critical",
            &["no SSH version within 600 ms; it says `220 mail.example.com ESMTP`"],
        ),
        case(
            "first",
            soon(&first),
            "critical",
            &["it speaks SSH 1 only, which is broken: `SSH-1.5-OpenSSH_2.1`"],
        ),
        case("mute", soon(&mute), "critical", &["timed out ", " after "]),
        case("confused", soon(&confused), "critical", &["behind its version comes no SSH"]),
        case("silent", soon(&silent), "critical", &["timed out ", " after "]),
        case("dripping", soon(&dripping), "critical", &["no SSH version within 600 ms; it says `SSH-"]),
        case("closed", soon(&closed), "critical", &["connection refused by "]),
        case("reset", soon(&reset), "critical", &["connection reset by "]),
    ];
    let folder = Folder::new("");
    let host = hold(&folder, "", "ssh", &cases).await;
    // The check itself gave up, and not the host at the end of what the run may take.
    for name in ["mute", "silent"] {
        let (_, said) = outcome(&host, name).await;
        assert!(said.contains(" ms"), "{said}");
    }
}
