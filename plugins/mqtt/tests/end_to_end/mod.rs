//! The bundled `mqtt` against a real Mosquitto, and against what is no broker.

use std::time::Duration;

use watchkeep_end_to_end::cases::{Case, case, hold};
use watchkeep_end_to_end::servers::{Bench, Mosquitto, Stranger, Wanted};
use watchkeep_end_to_end::{Folder, Identity, closed_port, resetting};

/// Who may do what at the broker.
const RIGHTS: &str = "user ada\ntopic readwrite watchkeep/#\ntopic read plant/#\n\nuser bob\ntopic read plant/#\n\
                      topic read watchkeep/#\n\nuser plant\ntopic readwrite plant/#\n";

fn broker(bench: &Bench) -> Mosquitto {
    bench.root("root");
    bench.signed("root", "well", Wanted::default());
    let file = |name: &str| String::from_utf8(bench.read(name)).unwrap();
    let identity = Identity { chain: file("well.pem"), key: file("well.key") };
    Mosquitto::start(&identity, &file("root.pem"), &["ada", "bob", "plant"], RIGHTS)
}

/// At this port as this user.
fn as_user(port: u16, user: &str, more: &str) -> String {
    let more = if more.is_empty() { String::new() } else { format!(", {more}") };
    format!(
        "address = \"127.0.0.1:{port}\", user = \"{user}\", password = {{ secret = \"right\" }}, timeout = \"2s\"{more}"
    )
}

fn both(name: &str, config: &str, state: &'static str, words: [&str; 2]) -> [Case; 2] {
    let new = format!("{config}, version = \"5.0\"");
    [case(name, config, state, &[words[0]]), case(&format!("{name}-5"), new, state, &[words[1]])]
}

#[tokio::test]
async fn mosquitto_lets_in_whom_it_knows_and_sends_messages_round() {
    let bench = Bench::new();
    let broker = broker(&bench);
    broker.publish("plant", "plant/boiler", r#"{"temperature": 91.5, "at": 1772600767}"#, &["-r"]);
    broker.publish("plant", "plant/pump", "standby", &["-r"]);
    let _publishing = broker.publishing("plant", "plant/oven", "42");
    let port = broker.port;
    let at = |user: &str, more: &str| as_user(port, user, more);
    let trip = |qos: u8| format!("round_trip = {{ topic = \"watchkeep/probe-{qos}\", qos = {qos} }}");
    let wrong = at("ada", "").replace("right", "wrong");
    let back = "a message of QoS 2 came back in ";
    let mut cases = Vec::new();
    cases.extend(both("in", &at("ada", ""), "ok", ["let in after "; 2]));
    cases.extend(both("wrong", &wrong, "critical", ["turns the client away: not authorized"; 2]));
    let nobody = format!("address = \"127.0.0.1:{port}\"");
    cases.extend(both("nobody", &nobody, "critical", ["turns the client away: not authorized"; 2]));
    cases.extend(both("round-0", &at("ada", &trip(0)), "ok", ["a message of QoS 0 came back in "; 2]));
    cases.extend(both("round-1", &at("ada", &trip(1)), "ok", ["a message of QoS 1 came back in "; 2]));
    cases.extend(both("round-2", &at("ada", &trip(2)), "ok", [back; 2]));
    // A broker of 3.1.1 takes what the user may not publish, and drops it.
    let refused =
        ["and taken by the broker did not come back within 2.0 s", "it refuses the message: not authorized"];
    cases.extend(both("may-read", &at("bob", &trip(1)), "critical", refused));
    let elsewhere = at("bob", "round_trip = { topic = \"private/probe\" }");
    let refused =
        ["and taken by the broker did not come back within 2.0 s", "it refuses the message: not authorized"];
    cases.extend(both("may-not-read", &elsewhere, "critical", refused));
    let boiler = |more: &str| at("ada", &format!("message = {{ topic = \"plant/boiler\", {more} }}"));
    cases.extend(both(
        "hot",
        &boiler("retained = \"required\", pointer = \"/temperature\", critical_above = 85"),
        "critical",
        ["retained; 91.5 is above 85"; 2],
    ));
    cases.extend(both(
        "old",
        &boiler("age_pointer = \"/at\", age_warning = \"1h\""),
        "warning",
        [" old, more than 60 min"; 2],
    ));
    cases.extend(both(
        "no-news",
        &boiler("retained = \"ignored\", within = \"1s\""),
        "critical",
        ["a new message on `plant/boiler` did not come within 1.0 s"; 2],
    ));
    let pump = at("ada", "message = { topic = \"plant/pump\", expect_pattern = '^(on|standby)$', qos = 2 }");
    cases.extend(both("pump", &pump, "ok", ["; `plant/pump` is `standby`, retained"; 2]));
    let oven = at("ada", "message = { topic = \"plant/+\", retained = \"ignored\", warning_below = 43 }");
    cases.extend(both("oven", &oven, "warning", ["; `plant/oven` is `42`; 42 is below 43"; 2]));
    let last = at("ada", "message = { topic = \"plant/oven\", retained = \"required\", within = \"500ms\" }");
    cases.extend(both("not-kept", &last, "critical", ["a retained message on `plant/oven` did not come"; 2]));
    let folder = Folder::new("");
    let secrets = secrets(&folder, &[port]);
    let host = hold(&folder, &secrets, "mqtt", &cases).await;
    assert!(!host.log().contains(Mosquitto::PASSWORD));
    for Case { name, .. } in &cases {
        let results = host.get(&format!("/api/v1/checks/{name}/results")).await.text;
        assert!(!results.contains(Mosquitto::PASSWORD), "{name}: {results}");
    }
}

/// With the right to reveal them, and bound to these ports.
fn secrets(folder: &Folder, ports: &[u16]) -> String {
    let to: Vec<_> = ports.iter().map(|port| format!("\"tcp://127.0.0.1:{port}\"")).collect();
    let to = to.join(", ");
    folder.secret("right", Mosquitto::PASSWORD);
    folder.secret("wrong", "correct-horse-buttery");
    format!(
        "[plugin.mqtt.allow]\nreveal = [\"right\", \"wrong\"]\n\n[secrets]\nright = {{ file = \"right\", to = [{to}] }}\n\
         wrong = {{ file = \"wrong\", to = [{to}] }}\n"
    )
}

#[tokio::test]
async fn mosquitto_under_tls_is_trusted_or_not_and_demands_a_certificate() {
    let bench = Bench::new();
    let broker = broker(&bench);
    bench.signed("root", "client", Wanted { names: "DNS:watchkeep.example.com", ..Wanted::default() });
    bench.root("other");
    bench.signed("other", "stranger", Wanted { names: "DNS:watchkeep.example.com", ..Wanted::default() });
    let folder = Folder::new("");
    for name in ["client", "stranger"] {
        folder.secret(
            name,
            &[bench.read(&format!("{name}.pem")), bench.read(&format!("{name}.key"))]
                .map(|pem| String::from_utf8(pem).unwrap())
                .concat(),
        );
    }
    folder.write("authority.pem", &String::from_utf8_lossy(&bench.read("root.pem")));
    let (tls, mutual) = (broker.tls_port, broker.mutual_port);
    let trip = "round_trip = { topic = \"watchkeep/probe\" }";
    let shown = |secret: &str| {
        format!(
            "address = \"127.0.0.1:{mutual}\", tls = true, client_certificate = {{ secret = \"{secret}\" }}, {trip}, \
             timeout = \"2s\""
        )
    };
    let cases = [
        case("tls", as_user(tls, "ada", &format!("tls = true, {trip}")), "ok", &["came back in "]),
        case(
            "another-name",
            as_user(tls, "ada", "tls = true, server_name = \"mqtt.example.com\""),
            "critical",
            &["untrusted certificate from 127.0.0.1:", "not valid for `mqtt.example.com`"],
        ),
        case(
            "in-the-clear",
            as_user(tls, "ada", ""),
            "critical",
            &["; hint: a broker that wants TLS is asked with `tls = true`"],
        ),
        // The broker breaks off, before or behind its own words.
        case("tls-where-none-is", as_user(broker.port, "ada", "tls = true"), "critical", &["127.0.0.1:"]),
        case("shown", shown("client"), "ok", &["came back in "]),
        case("shown-5", format!("{}, version = \"5.0\"", shown("client")), "ok", &["came back in "]),
        case("stranger", shown("stranger"), "critical", &["127.0.0.1:"]),
        case(
            "not-shown",
            format!("address = \"127.0.0.1:{mutual}\", tls = true"),
            "critical",
            &["127.0.0.1:"],
        ),
        // Bound to another port than this.
        case(
            "not-bound",
            as_user(mutual, "ada", "tls = true, client_certificate = { secret = \"client\" }"),
            "fault",
            &["secret", "right"],
        ),
    ];
    let mut rest = secrets(&folder, &[tls, broker.port]);
    for name in ["client", "stranger"] {
        rest.push_str(&format!("{name} = {{ file = \"{name}\", to = [\"tcp://127.0.0.1:{mutual}\"] }}\n"));
    }
    let rest = rest.replace("allow]\n", "allow]\nserver_name = [\"mqtt.example.com\"]\n");
    hold(&folder, &format!("ca_file = \"authority.pem\"\n\n{rest}"), "mqtt", &cases).await;
}

#[tokio::test]
async fn a_password_without_its_rights_and_what_is_no_broker_are_told() {
    let (closed, resetting) = (closed_port().await, resetting().await);
    let silent = Stranger::Silent.start().await;
    let dripping = Stranger::Dripping(&[0x20, 2, 0], Duration::from_millis(20)).start().await;
    let slow = Stranger::Dripping(&[0x20, 127], Duration::from_millis(20)).start().await;
    let http = Stranger::Saying(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()).start().await;
    let tls = Stranger::Saying(vec![0x15, 3, 1, 0, 2, 2, 70]).start().await;
    let packets = |bytes: &[u8]| Stranger::Saying([&[0x20, 2, 0, 0], bytes].concat());
    let flood = packets(&[0xd0, 0].repeat(5 << 20)).start().await;
    let huge = packets(&[0x30, 0xff, 0xff, 0xff, 0x7f]).start().await;
    let out_of_turn = packets(&[0x50, 2, 0, 2]).start().await;
    let at = |address: &str, more: &str| {
        let more = if more.is_empty() { String::new() } else { format!(", {more}") };
        format!("address = \"{address}\", timeout = \"800ms\"{more}")
    };
    let waits = "message = { topic = \"a\", within = \"600ms\" }";
    let login = "user = \"ada\", password = { secret = \"right\" }";
    let cases = [
        case("closed", at(&closed, ""), "critical", &["connection refused by 127.0.0.1:"]),
        case("resetting", at(&resetting, ""), "critical", &["connection reset by 127.0.0.1:"]),
        case("silent", at(&silent, ""), "critical", &["its answer to CONNECT did not come within 800 ms"]),
        case("dripping", at(&dripping, ""), "critical", &["turns the client away: code 32"]),
        case("slow", at(&slow, ""), "critical", &["its answer to CONNECT did not come within 800 ms"]),
        case("http", at(&http, ""), "critical", &["it speaks no MQTT; it says `HTTP/1.1 400 Bad Request`"]),
        case("tls", at(&tls, ""), "critical", &["it speaks TLS; hint: add `tls = true`"]),
        case("flood", at(&flood, waits), "critical", &["not what was waited for"]),
        case(
            "huge",
            at(&huge, waits),
            "critical",
            &["a PUBLISH of 268435455 bytes; at most 262144 are read"],
        ),
        case(
            "out-of-turn",
            at(&out_of_turn, waits),
            "critical",
            &["it answers something that was not asked"],
        ),
        case("no-right", at(&silent, login), "fault", &["reveal of secret `right`", "reveal = [\"right\"]"]),
    ];
    let folder = Folder::new("");
    folder.secret("right", Mosquitto::PASSWORD);
    let rest = format!("[secrets]\nright = {{ file = \"right\", to = [\"tcp://{silent}\"] }}\n");
    hold(&folder, &rest, "mqtt", &cases).await;
}
