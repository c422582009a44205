//! The bundled `ip-reputation` against a real server of block lists, and against what is none.

use tokio::net::UdpSocket;
use watchkeep_end_to_end::cases::{self, Case};
use watchkeep_end_to_end::servers::{Addresses, Rbldnsd, free_udp_port};
use watchkeep_end_to_end::{Folder, Host, Identity, Nginx};
use watchkeep_lab::certificate;

/// What every list has, and what no list has.
const TESTS: &str = "127.0.0.2\n!127.0.0.1\n";

/// The lists that are known here, under their own names: each has another address.
fn known() -> Rbldnsd {
    let zen = format!(
        ":127.0.0.2:see https://check.spamhaus.org/query/ip/$\n{TESTS}192.0.2.2\n192.0.2.10 :127.0.0.10:policy of $\n"
    );
    let sixth = ":127.0.0.3:six of $\n::ffff:7f00:2\n2001:db8::25\n";
    let of = |listed: &str| format!(":127.0.0.2:$ is known\n{TESTS}{listed}\n");
    let (barracuda, spamcop) = (of("192.0.2.3"), of("192.0.2.4"));
    let (uceprotect, psbl) = (of("192.0.2.5\n192.0.2.6"), of("192.0.2.6"));
    Rbldnsd::start(&[
        ("zen.spamhaus.org", Addresses::Fourth(&zen)),
        ("zen.spamhaus.org", Addresses::Sixth(sixth)),
        ("b.barracudacentral.org", Addresses::Fourth(&barracuda)),
        ("bl.spamcop.net", Addresses::Fourth(&spamcop)),
        ("dnsbl-1.uceprotect.net", Addresses::Fourth(&uceprotect)),
        ("psbl.surriel.com", Addresses::Fourth(&psbl)),
        // What there is besides.
        ("refusing.example", Addresses::Fourth(":127.255.255.254:Error: open resolver\n0.0.0.0/0\n")),
        ("lapsed.example", Addresses::Fourth(":127.0.0.2:this name is for sale\n0.0.0.0/0\n")),
        ("empty.example", Addresses::Fourth("203.0.113.1\n")),
        ("parked.example", Addresses::Fourth(":203.0.113.80:parked\n0.0.0.0/0\n")),
    ])
}

fn case(name: &str, port: u16, config: &str, state: &'static str, words: &[&str]) -> Case {
    cases::case(name, format!("server = \"127.0.0.1:{port}\", {config}"), state, words)
}

/// The names are granted as the page says.
async fn hold(cases: &[Case], more: &str) -> (Folder, Host) {
    let checks: String = cases
        .iter()
        .map(|Case { name, config, .. }| {
            format!(
                "[[check]]\nname = \"{name}\"\nplugin = \"ip-reputation\"\ninterval = \"1s\"\nconfig = {{ {config} }}\n\
                 allow = {{ dns = [\"*.zen.spamhaus.org\", \"*.b.barracudacentral.org\", \"*.bl.spamcop.net\", \
                 \"*.dnsbl-1.uceprotect.net\", \"*.psbl.surriel.com\", \"*.example\"] }}\n\n"
            )
        })
        .collect();
    let folder = Folder::new(&format!("\n{more}\n{checks}"));
    let host = Host::start(&folder).await;
    cases::judge(&host, cases).await;
    (folder, host)
}

#[tokio::test]
async fn addresses_are_scored_by_what_real_lists_say() {
    let lists = known();
    let at = |name: &str, config: &str, state: &'static str, words: &[&str]| {
        case(name, lists.port, config, state, words)
    };
    let cases = [
        at(
            "good",
            "addresses = \"192.0.2.1\", provider = \"Example Hosting\"",
            "ok",
            &["192.0.2.1 (Example Hosting): Good, score 100, listed by none of 5"],
        ),
        at(
            "spamhaus",
            "addresses = \"192.0.2.2\"",
            "critical",
            &["Critical, score 40, listed by Spamhaus ZEN (127.0.0.2 SBL)"],
        ),
        at(
            "barracuda",
            "addresses = \"192.0.2.3\"",
            "critical",
            &["Critical, score 60, listed by Barracuda (127.0.0.2)"],
        ),
        at("spamcop", "addresses = \"192.0.2.4\"", "warning", &["Warning, score 65, listed by SpamCop"]),
        at("uceprotect", "addresses = \"192.0.2.5\"", "ok", &["Good, score 80, listed by UCEPROTECT 1"]),
        at("both", "addresses = \"192.0.2.6\"", "warning", &["score 60, listed by UCEPROTECT 1", "PSBL"]),
        at("policy", "addresses = \"192.0.2.10\"", "warning", &["(127.0.0.10 PBL, policy)"]),
        at(
            "sixth",
            "addresses = \"2001:db8::25\"",
            "critical",
            &["2001:db8::25: Critical", "(127.0.0.3 CSS)"],
        ),
        at("good-sixth", "addresses = \"2001:db8::26\"", "ok", &["not listed by the list that was judged"]),
        at(
            "pool",
            "addresses = [\"192.0.2.1\", \"192.0.2.4\", \"192.0.2.2\"]",
            "critical",
            &["1 of 3 critical, 1 warning: 192.0.2.2: Critical"],
        ),
    ];
    let (_folder, host) = hold(&cases, "").await;
    let results = host.get("/api/v1/checks/spamhaus/results?limit=1").await.json();
    let details = results["items"][0]["details"].as_str().unwrap_or_default();
    assert!(
        details.contains(": `see https://check.spamhaus.org/query/ip/192.0.2.2`; delisting: "),
        "{results:#}"
    );
}

#[tokio::test]
async fn lists_that_do_not_pass_their_test_are_not_believed() {
    let lists = known();
    let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let (silent_port, nobody) = (silent.local_addr().unwrap().port(), free_udp_port());
    let only = |zone: &str| {
        format!(
            "addresses = \"192.0.2.1\", lists = [], critical_lists = [], own_lists = [{{ zone = \"{zone}\" }}]"
        )
    };
    let at = |name: &str, config: &str, state: &'static str, words: &[&str]| {
        case(name, lists.port, config, state, words)
    };
    let beside = "addresses = \"192.0.2.2\", own_lists = [{ zone = \"lapsed.example\" }, { zone = \"refusing.example\" }]";
    let cases = [
        at("refusing", &only("refusing.example"), "fault", &["through a public resolver", "127.255.255.254"]),
        at(
            "lapsed",
            &only("lapsed.example"),
            "fault",
            &["it lists 127.0.0.1, as one that lists everything does"],
        ),
        at("empty", &only("empty.example"), "fault", &["it does not list 127.0.0.2"]),
        at("parked", &only("parked.example"), "fault", &["its zone may have lapsed", "203.0.113.80"]),
        at("nowhere", &only("nowhere.example"), "fault", &["nowhere.example: it says REFUSED"]),
        at("beside", beside, "critical", &["score 40", "; not judged: lapsed.example, refusing.example"]),
        at(
            "counts",
            "addresses = \"192.0.2.1\", unjudged = \"warning\", own_lists = [{ zone = \"empty.example\" }]",
            "warning",
            &["Warning, score 100, listed by none of 5; not judged: empty.example"],
        ),
        at("not-granted", &only("dnsbl.example.net"), "fault", &["denied", "2.0.0.127.dnsbl.example.net"]),
        case(
            "silent",
            silent_port,
            &format!("timeout = \"300ms\", {}", only("empty.example")),
            "fault",
            &["no list could be judged; empty.example: timed out waiting for an answer"],
        ),
        case(
            "nobody",
            nobody,
            &only("empty.example"),
            "fault",
            &["no list could be judged; empty.example: "],
        ),
    ];
    hold(&cases, "").await;
}

#[tokio::test]
async fn the_daily_volume_is_read_from_where_the_operator_says() {
    let lists = known();
    let signed = certificate::signed(&["127.0.0.1"], time::Duration::days(90)).unwrap();
    let identity = Identity { chain: signed.chain_pem, key: signed.key_pem };
    let locations = r#"
        location /sent { return 200 '{"by": {"$arg_ip": 48211}}'; }
        location /broken { return 503; }
    "#;
    let nginx = Nginx::start(locations, &identity).await;
    let volume = |path: &str| {
        format!(
            "addresses = \"192.0.2.1\", volume = {{ url = \"http://127.0.0.1:{}{path}\", pointer = \"/by/{{address}}\" }}",
            nginx.port
        )
    };
    let cases = [
        case("told", lists.port, &volume("/sent?ip={address}"), "ok", &[", 48211 sent a day"]),
        case("broken", lists.port, &volume("/broken"), "ok", &["Good, score 100", ", volume not known"]),
    ];
    hold(&cases, "").await;
}
