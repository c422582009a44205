//! The bundled `snmp` against a real snmpd, and against what is none.

use tokio::net::UdpSocket;
use watchkeep_end_to_end::cases::{case, hold, outcome};
use watchkeep_end_to_end::servers::{Snmpd, free_udp_port};
use watchkeep_end_to_end::{Folder, eventually};

/// What snmpd says below here.
const OWN: &str = "override 1.3.6.1.4.1.99999.1.1.0 integer 42\n\
    override 1.3.6.1.4.1.99999.1.2.0 octet_str \"all is well\"\n\
    override 1.3.6.1.4.1.99999.1.3.0 counter 4294967000\n";

/// What is silent is not waited for long.
const SOON: &str = "timeout = \"300ms\", attempts = 2";

/// A folder with the secrets of snmpd, which the plugin may hold.
fn folder(port: u16) -> (Folder, String) {
    let folder = Folder::new("");
    folder.secret("community", Snmpd::COMMUNITY);
    folder.secret("password", Snmpd::PASSWORD);
    folder.secret("other", Snmpd::OTHER);
    folder.secret("wrong", "none-of-theirs-at-all");
    let to = format!("to = [\"udp://127.0.0.1:{port}\", \"udp://[::1]:{port}\", \"udp://localhost:{port}\"]");
    let secrets = ["community", "password", "other", "wrong"]
        .map(|name| format!("{name} = {{ file = \"{name}\", {to} }}\n"));
    let rights = "[plugin.snmp.allow]\nreveal = [\"community\", \"password\", \"other\", \"wrong\"]\n";
    (folder, format!("[secrets]\n{}\n{rights}", secrets.concat()))
}

fn asked(address: &str, secret: &str, more: &str) -> String {
    let more = if more.is_empty() { String::new() } else { format!(", {more}") };
    format!("agent = \"{address}\", community = {{ secret = \"{secret}\" }}{more}")
}

#[tokio::test]
async fn values_and_tables_of_snmpd_are_judged_and_the_community_is_seen_nowhere() {
    let agent = Snmpd::start(OWN);
    let v4 = format!("127.0.0.1:{}", agent.port);
    let v6 = format!("[::1]:{}", agent.port);
    let at = |more: &str| asked(&v4, "community", more);
    let value = |oid: &str, more: &str| at(&format!("values = [{{ oid = \"{oid}\", name = \"it\"{more} }}]"));
    let own = |at: u32, more: &str| value(&format!("1.3.6.1.4.1.99999.1.{at}.0"), more);
    let interfaces = "name = \"interfaces\", label = \"1.3.6.1.2.1.31.1.1.1.1\", include = \"lo\"";
    let status = "{ oid = \"1.3.6.1.2.1.2.2.1.8\", name = \"status\", expect = \"1\" }";
    let mtu = "{ oid = \"1.3.6.1.2.1.2.2.1.4\", name = \"mtu\", critical_above = 9000 }";
    let table = |columns: &str, more: &str| {
        at(&format!("tables = [{{ {interfaces}, columns = [{columns}]{more} }}]"))
    };
    let cases = [
        case("up", at(""), "ok", &["it answers, and is up for 0 d 0 h "]),
        case("v6", asked(&v6, "community", ""), "ok", &["it answers"]),
        case(
            "name",
            asked(&format!("localhost:{}", agent.port), "community", "ip_family = \"ipv4\""),
            "ok",
            &[],
        ),
        case("number", own(1, ", warning_above = 50"), "ok", &["it is 42"]),
        case(
            "warned",
            own(1, ", warning_above = 40, critical_above = 60"),
            "warning",
            &["it is 42, above 40"],
        ),
        case(
            "critical",
            own(1, ", critical_below = 43, unit = \"celsius\""),
            "critical",
            &["it is 42 celsius, below 43"],
        ),
        case("text", own(2, ", expect = \"*well\""), "ok", &["it is `all is well`"]),
        case("other-text", own(2, ", refuse = \"all*\""), "critical", &["which `all*` refuses"]),
        case("load", value("1.3.6.1.4.1.2021.10.1.3.1", ", critical_above = 100000"), "ok", &["it is "]),
        case(
            "load-float",
            value("1.3.6.1.4.1.2021.10.1.6.1", ", critical_above = 100000"),
            "ok",
            &["it is "],
        ),
        case("no-object", own(9, ""), "critical", &["the agent knows no such object"]),
        case("no-instance", value("1.3.6.1.2.1.1.3.1", ""), "critical", &["no such instance of it"]),
        case(
            "table",
            table(&format!("{status}, {{ oid = \"1.3.6.1.2.1.2.2.1.14\", name = \"errors\" }}"), ""),
            "ok",
            &["all 1 ok"],
        ),
        case(
            "table-wrong",
            table(mtu, ""),
            "critical",
            &["1 of 1 critical: lo: mtu is 65536; mtu is 65536, above 9000"],
        ),
        case(
            "table-small",
            table(&format!("{status}, {mtu}"), "").replace("agent", "answer_values_max = 1, agent"),
            "critical",
            &["mtu is 65536"],
        ),
        case(
            "table-chosen",
            table(mtu, ", only_if = { oid = \"1.3.6.1.2.1.2.2.1.8\", is = \"2\" }, empty = \"warning\""),
            "warning",
            &["no rows that are to be judged"],
        ),
        case(
            "wrong",
            asked(&v4, "wrong", SOON),
            "critical",
            &["timed out", "as silent towards a wrong community"],
        ),
        case(
            "unbound",
            asked(&format!("127.0.0.1:{}", free_udp_port()), "community", SOON),
            "fault",
            &["community", "127.0.0.1"],
        ),
    ];
    let (folder, rest) = folder(agent.port);
    let host = hold(&folder, &rest, "snmp", &cases).await;
    for path in ["/api/v1/checks", "/api/v1/checks/wrong/results", "/api/v1/plugins", "/metrics"] {
        let text = host.get(path).await.text;
        assert!(!text.contains(Snmpd::COMMUNITY), "{path}: {text}");
    }
    for (path, bytes) in folder.contents() {
        let is_secret = path == folder.path().join("community");
        let found = bytes.windows(Snmpd::COMMUNITY.len()).any(|window| window == Snmpd::COMMUNITY.as_bytes());
        assert!(is_secret || !found, "{} holds the community", path.display());
    }
}

#[tokio::test]
async fn counters_become_rates_from_one_run_to_the_next() {
    let agent = Snmpd::start(OWN);
    let (folder, rest) = folder(agent.port);
    let v4 = format!("127.0.0.1:{}", agent.port);
    let value = "values = [{ oid = \"1.3.6.1.4.1.99999.1.3.0\", name = \"it\", read_as = \"rate\", warning_above = 10 }]";
    let table = "tables = [{ name = \"traffic\", label = \"1.3.6.1.2.1.31.1.1.1.1\", include = \"lo\", columns = [\
                 { oid = \"1.3.6.1.2.1.31.1.1.1.6\", name = \"in\", read_as = \"rate\", unit = \"bytes\", critical_below = 0 }] }]";
    let cases = [
        case("still", asked(&v4, "community", value), "ok", &[]),
        case("traffic", asked(&v4, "community", table), "ok", &[]),
    ];
    folder.config(&format!("{rest}\n\n{}", watchkeep_end_to_end::cases::checks("snmp", &cases)));
    let host = watchkeep_end_to_end::Host::start(&folder).await;
    for (name, said) in [("still", "it is 0/s"), ("traffic", "all 1 ok")] {
        eventually(&format!("`{name}` has a rate"), async || {
            let (state, summary) = outcome(&host, name).await;
            (state == "ok" && summary == said).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn users_of_every_level_are_taken_and_others_are_told_apart() {
    let agent = Snmpd::start("");
    let (folder, rest) = folder(agent.port);
    let user = |name: &str, more: &str| {
        format!("agent = \"127.0.0.1:{}\", user = {{ name = \"{name}\"{more} }}", agent.port)
    };
    let sign = |digest: &str, secret: &str| {
        format!(", authentication = {{ protocol = \"{digest}\", password = {{ secret = \"{secret}\" }} }}")
    };
    let hide = |digest: &str, cipher: &str, secret: &str| {
        let sign = sign(digest, "password");
        format!("{sign}, privacy = {{ protocol = \"{cipher}\", password = {{ secret = \"{secret}\" }} }}")
    };
    let mut cases: Vec<_> = ["md5", "sha1", "sha224", "sha256", "sha384", "sha512"]
        .map(|digest| {
            let config = user(&format!("sign-{digest}"), &sign(digest, "password"));
            case(digest, config, "ok", &["it answers, and is up for 0 d "])
        })
        .into();
    let up = &["it answers, and is up for 0 d "];
    let silent = format!("{}, {SOON}", user("hide-aes128", &hide("sha256", "aes128", "wrong")));
    cases.extend([
        case("open", user("open", ""), "ok", up),
        case("aes128", user("hide-aes128", &hide("sha256", "aes128", "other")), "ok", up),
        case("aes256", user("hide-aes256", &hide("sha1", "aes256", "other")), "ok", up),
        case("aes256-long", user("hide-aes256-long", &hide("sha512", "aes256", "other")), "ok", up),
        case("aes256-cisco", user("hide-aes256-long", &hide("sha512", "aes256_cisco", "other")), "ok", up),
        case("stranger", user("nobody", ""), "fault", &["unknown user name", "see `user.name`"]),
        case("forger", user("sign-sha1", &sign("sha1", "wrong")), "fault", &["wrong digest"]),
        case("other-digest", user("sign-sha1", &sign("sha256", "password")), "fault", &["wrong digest"]),
        case("unsigned", user("sign-sha1", ""), "fault", &["authorizationError"]),
        case(
            "hides",
            user("sign-sha1", &hide("sha1", "aes128", "other")),
            "fault",
            &["unsupported security level"],
        ),
        case("unreadable", silent, "critical", &["as silent towards what it cannot decrypt"]),
        case(
            "elsewhere",
            format!("{}, {SOON}", user("open", ", context = \"nowhere\"")),
            "critical",
            &["does not know the context: see `user.context`"],
        ),
    ]);
    hold(&folder, &rest, "snmp", &cases).await;
}

#[tokio::test]
async fn what_is_no_agent_is_critical_and_a_secret_that_may_not_be_held_is_a_fault() {
    let garbage = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = garbage.local_addr().unwrap().port();
    tokio::spawn(async move {
        let mut question = [0; 2_048];
        while let Ok((_, from)) = garbage.recv_from(&mut question).await {
            let _ = garbage.send_to(b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u6", from).await;
        }
    });
    let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let (closed, mute) = (free_udp_port(), silent.local_addr().unwrap().port());
    let ports = [port, closed, mute];
    let folder = Folder::new("");
    folder.secret("community", Snmpd::COMMUNITY);
    let to = ports.map(|port| format!("\"udp://127.0.0.1:{port}\"")).join(", ");
    let rest = format!(
        "[secrets]\ncommunity = {{ file = \"community\", to = [{to}] }}\nheld = {{ file = \"community\", to = [{to}] }}\n\n\
         [plugin.snmp.allow]\nreveal = [\"community\"]\n"
    );
    let at = |port: u16| asked(&format!("127.0.0.1:{port}"), "community", SOON);
    let v3 = format!("agent = \"127.0.0.1:{mute}\", user = {{ name = \"open\" }}, {SOON}");
    let cases = [
        case(
            "garbage",
            at(port),
            "critical",
            &["not the expected SNMP message: a length goes beyond its end"],
        ),
        case("closed", at(closed), "critical", &["connection refused by 127.0.0.1:"]),
        case("mute", at(mute), "critical", &["timed out waiting for an answer from 127.0.0.1:"]),
        case("mute-v3", v3, "critical", &["where it does not speak version 3"]),
        case("held", asked(&format!("127.0.0.1:{port}"), "held", SOON), "fault", &["reveal = [\"held\"]"]),
    ];
    hold(&folder, &rest, "snmp", &cases).await;
    drop(silent);
}
