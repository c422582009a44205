//! The bundled `domain` against a double of a registry that refuses what an RDAP server refuses, and against what is none.

#[allow(dead_code, unreachable_pub, reason = "the plugin's own tests use the other part of it")]
#[path = "../suite/double/mod.rs"]
mod double;

use watchkeep_doubles::Served;
use watchkeep_end_to_end::cases::{case, checks, hold, outcome};
use watchkeep_end_to_end::servers::Stranger;
use watchkeep_end_to_end::{Folder, Host, closed_port, eventually_seeing};

use double::{Mood, Registry, domain};

fn in_days(days: i64) -> String {
    (chrono::Utc::now() + chrono::Duration::hours(days * 24 + 1)).to_rfc3339()
}

fn registry() -> Registry {
    Registry::new()
        .lists("example", &[])
        .lists("test", &["http://127.0.0.1:9/"])
        .with(&domain("shop.example", &in_days(200)))
        .with(&domain("soon.example", &in_days(3)))
        .with(&domain("xn--bcher-kva.example", &in_days(20)))
}

#[tokio::test]
async fn domains_are_judged_by_what_their_registry_publishes() {
    let registry = Served::start(registry()).await;
    let elsewhere = Served::start(
        Registry::new()
            .moved("shop.example", &format!("{}/rdap/domain/shop.example", registry.url))
            .moved("round.example", "/rdap/domain/round.example"),
    )
    .await;
    let (limiting, broken, page) = (
        Served::start(Registry::new()).await,
        Served::start(Registry::new()).await,
        Served::start(Registry::new()).await,
    );
    limiting.with(|it| it.be(Mood::Limits(Some(600))));
    broken.with(|it| it.be(Mood::Fails));
    page.with(|it| it.be(Mood::Page));
    let (closed, ssh) =
        (closed_port().await, Stranger::Saying(b"SSH-2.0-OpenSSH_9.2p1\r\n".to_vec()).start().await);
    let silent = Stranger::Silent.start().await;
    let at = |server: &str, names: &str| format!("domains = {names}, server = \"{server}\"");
    let of = |names: &str, more: &str| format!("{}, {more}", at(&format!("{}/rdap/", registry.url), names));
    let cases = [
        case(
            "good",
            of(
                "\"shop.example\"",
                "status_expected = \"clientTransferProhibited\", registrar = \"292\", name_servers = [\"ns2.example.net\", \"NS1.example.net.\"]",
            ),
            "ok",
            &["shop.example expires in 200 days"],
        ),
        case(
            "several",
            of(
                "[\"shop.example\", \"soon.example\", \"xn--bcher-kva.example\", \"gone.example\"]",
                "timeout = \"2s\"",
            ),
            "critical",
            &["2 of 4 critical, 1 warning: soon.example: expires in 3 days, less than 7 days"],
        ),
        case(
            "gone",
            of("\"gone.example\"", "timeout = \"2s\""),
            "critical",
            &["gone.example: is not registered"],
        ),
        case(
            "registrar",
            of("\"shop.example\"", "registrar = \"Somebody\""),
            "critical",
            &["its registrar is `Example Registrar, Inc.` (292); expected `Somebody`"],
        ),
        case(
            "listed",
            format!("domains = \"shop.example\", bootstrap = \"{}/dns.json\"", registry.url),
            "ok",
            &["shop.example expires in 200 days"],
        ),
        case(
            "not-granted",
            format!("domains = \"shop.test\", bootstrap = \"{}/dns.json\"", registry.url),
            "fault",
            &["denied: ", "http://127.0.0.1:9"],
        ),
        case(
            "redirected",
            at(&format!("{}/rdap", elsewhere.url), "\"shop.example\""),
            "fault",
            &["denied: ", &registry.url],
        ),
        case(
            "round",
            at(&format!("{}/rdap", elsewhere.url), "\"round.example\""),
            "unknown",
            &["round.example is not judged: ", "redirects"],
        ),
        case(
            "limited",
            at(&format!("{}/rdap", limiting.url), "\"shop.example\""),
            "unknown",
            &["takes no more questions for now (429)"],
        ),
        case(
            "broken",
            at(&format!("{}/rdap", broken.url), "\"shop.example\""),
            "unknown",
            &["answers 503: `<html>"],
        ),
        case(
            "page",
            at(&format!("{}/rdap", page.url), "\"shop.example\""),
            "unknown",
            &["answers 200 and no JSON of RDAP"],
        ),
        case(
            "wrong-path",
            at(&format!("{}/elsewhere", registry.url), "\"shop.example\""),
            "unknown",
            &["does not speak RDAP", "hint: `server` is what stands before `domain/`"],
        ),
        case(
            "closed",
            at(&format!("http://{closed}"), "\"shop.example\""),
            "unknown",
            &["the RDAP server could not be asked: connection refused by "],
        ),
        case(
            "ssh",
            at(&format!("http://{ssh}"), "\"shop.example\""),
            "unknown",
            &["the RDAP server could not be asked: broken answer from "],
        ),
        case(
            "silent",
            format!("{}, timeout = \"300ms\"", at(&format!("http://{silent}"), "\"shop.example\"")),
            "unknown",
            &["timed out waiting for an answer"],
        ),
    ];
    let folder = Folder::new("");
    let host = hold(&folder, "", "domain", &cases).await;
    for double in [&registry, &elsewhere, &limiting, &broken, &page] {
        assert_eq!(double.with(|it| it.wrong().to_vec()), Vec::<String>::new());
    }
    // Each check runs every second. Whoever said "not before ten minutes" was asked once.
    assert_eq!(limiting.with(Registry::asked), ["/rdap/domain/shop.example"]);
    drop(host);
}

#[tokio::test]
async fn an_answer_outlives_its_registry_and_the_host() {
    let registry = Served::start(registry()).await;
    let folder = Folder::new("");
    let cases =
        [case("kept", format!("domains = \"shop.example\", server = \"{}/rdap/\"", registry.url), "ok", &[])];
    folder.config(&checks("domain", &cases));
    let host = Host::start(&folder).await;
    host.state("kept", "ok").await;
    host.signal("TERM").await;
    assert!(host.ended().await.success());
    registry.with(|it| it.be(Mood::Fails));
    registry.with(Registry::asked);
    let host = Host::start(&folder).await;
    let first = host.ran("kept").await["last_run"].clone();
    eventually_seeing("it is judged again", async || {
        let run = host.ran("kept").await["last_run"].clone();
        if run == first { Err(run) } else { Ok(()) }
    })
    .await;
    assert_eq!(outcome(&host, "kept").await.1, "shop.example expires in 200 days");
    assert!(registry.with(Registry::asked).is_empty(), "nobody was asked");
}
