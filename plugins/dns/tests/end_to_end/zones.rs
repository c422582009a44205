//! Name servers that agree, lag behind, are lame or down, and delegations.

use std::net::UdpSocket;

use serde_json::Value;
use watchkeep_end_to_end::{Folder, Host};

use super::world::{BEHIND, FIRST, World, delegated, head, zone};
use super::{case, hold, last_run, room, said};
use crate::room;

/// `example` delegates so, beside what the first server has alone.
const DELEGATES: &str = "\
good NS ns1.good\ngood NS ns2.good\nns1.good A 192.0.2.11\nns2.good A 192.0.2.12\nns2.good AAAA 2001:db8::11\n\
behind NS ns1.behind\nbehind NS ns3.behind\nns1.behind A 192.0.2.11\nns3.behind A 192.0.2.13\n\
around NS ns1.around\naround NS ns3.around\nns1.around A 192.0.2.11\nns3.around A 192.0.2.13\n\
lame NS ns1.lame\nlame NS ns3.lame\nns1.lame A 192.0.2.11\nns3.lame A 192.0.2.13\n\
down NS ns1.down\ndown NS ns4.down\nns1.down A 192.0.2.11\nns4.down A 192.0.2.14\n\
mute NS ns1.mute\nmute NS ns5.mute\nns1.mute A 192.0.2.11\nns5.mute A 192.0.2.15\n\
lost NS ns1.lost\nlost NS old.lost\nns1.lost A 192.0.2.11\nold.lost A 192.0.2.12\n";

/// At these name servers, with this serial number.
fn served(name: &str, serial: &str, servers: &[(&str, &str)]) -> (String, String) {
    let mut text = format!("$ORIGIN {name}.example.\n{}ns1 A {FIRST}\n", head("ns1", serial));
    for (server, address) in servers {
        text.push_str(&format!("@ NS {server}\n{server} A {address}\n"));
    }
    (format!("{name}.example"), text)
}

fn world() -> World {
    let mut first = vec![
        served("good", "7", &[("ns2", "192.0.2.12")]),
        served("behind", "2026030402", &[("ns3", BEHIND)]),
        served("around", "3", &[("ns3", BEHIND)]),
        served("lame", "7", &[("ns3", BEHIND)]),
        served("down", "7", &[("ns4", "192.0.2.14")]),
        served("mute", "7", &[("ns5", "192.0.2.15")]),
        served("lost", "7", &[("ns2", "192.0.2.12")]),
        served("nowhere", "7", &[]),
        // Two names below the zone above it, and on the same server.
        served("a.b.good", "7", &[]),
        zone("nameless", "@ NS ns9\n"),
        served("inside", "7", &[("ns6", "10.9.9.9")]),
    ];
    first[0].1.push_str("ns2 AAAA 2001:db8::11\na.b NS ns1.a.b\nns1.a.b A 192.0.2.11\n");
    let behind = [
        served("behind", "2026030401", &[("ns3", BEHIND)]),
        served("around", "4294967295", &[("ns3", BEHIND)]),
    ];
    World::new(&format!("{DELEGATES}{}", delegated(&["nameless", "inside"])), &first, &behind, &[])
}

#[tokio::test]
async fn the_name_servers_of_a_zone_agree_and_the_zone_above_names_them() {
    if !room::inside("dns::zones::the_name_servers_of_a_zone_agree_and_the_zone_above_names_them", &room()) {
        return;
    }
    let _world = world();
    // Takes every question, and answers none.
    let _mute = UdpSocket::bind("192.0.2.15:53").unwrap();
    let bad = "critical";
    hold(&[
        case(
            "agree",
            "name = 'good.example', serials = true",
            "ok",
            &[
                "all 3 ok",
                "ns1.good.example (192.0.2.11) has serial 7, in ",
                "ns2.good.example (2001:db8::11) has",
            ],
        ),
        case(
            "agree-over-ipv4",
            "name = 'good.example', serials = true, ip_family = 'ipv4'",
            "ok",
            &["all 2 ok"],
        ),
        case(
            "behind",
            "name = 'behind.example', serials = true",
            "warning",
            &["ns3.behind.example (192.0.2.13) has serial 2026030401, others have 2026030402"],
        ),
        case(
            "around",
            "name = 'around.example', serials = true",
            "warning",
            &["1 of 2 warning", "ns3.around.example (192.0.2.13) has serial 4294967295, others have 3"],
        ),
        case(
            "lame",
            "name = 'lame.example', serials = true",
            bad,
            &["1 of 2 critical: ns3.lame.example (192.0.2.13): it says REFUSED; expected NOERROR"],
        ),
        case(
            "down",
            "name = 'down.example', serials = true",
            bad,
            &["1 of 2 critical: ns4.down.example (192.0.2.14): connection refused by 192.0.2.14:53 after "],
        ),
        case(
            "mute",
            "name = 'mute.example', serials = true, timeout = '1s'",
            bad,
            &["ns5.mute.example (192.0.2.15): timed out waiting for an answer from 192.0.2.15:53 after 1."],
        ),
        case(
            "without-an-address",
            "name = 'nameless.example', serials = true",
            bad,
            &["ns9.nameless.example: it has no address"],
        ),
        // No `*` opens a private network.
        case(
            "inside",
            "name = 'inside.example', serials = true",
            "unknown",
            &["add `dns = [\"@10.9.9.9\"]`"],
        ),
        case(
            "inside-and-granted",
            "name = 'inside.example', serials = true",
            bad,
            &["1 of 2 critical: ns6.inside.example (10.9.9.9): connection refused by 10.9.9.9:53"],
        )
        .allowed(r#""*", "*@*", "@10.9.9.9""#),
        case(
            "named",
            "name = 'behind.example', serials = true, server = ['192.0.2.11', '192.0.2.13']",
            "warning",
            &["192.0.2.13 has serial 2026030401, others have 2026030402"],
        ),
        case(
            "delegated",
            "name = 'Good.example.', delegation = true",
            "ok",
            &["`example` delegates to `ns1.good.example`, `ns2.good.example`"],
        ),
        case("both", "name = 'good.example', serials = true, delegation = true", "ok", &["all 4 ok"]),
        case(
            "delegated-otherwise",
            "name = 'lost.example', delegation = true",
            "warning",
            &["`example` delegates to `old.lost.example`, which the zone does not name; \
                 the zone names `ns2.lost.example`, to which `example` does not delegate"],
        ),
        case(
            "not-delegated",
            "name = 'nowhere.example', delegation = true, serials = true",
            bad,
            &["`nowhere.example` has no name servers (NXDOMAIN)"],
        ),
        case(
            "not-delegated-and-named",
            "name = 'nowhere.example', delegation = true, server = '192.0.2.11'",
            bad,
            &["`example` does not delegate `nowhere.example` (NXDOMAIN)"],
        ),
        case(
            "on-the-same-server",
            "name = 'a.b.good.example', delegation = true",
            "ok",
            &["a name server of `good.example` (192.0.2.11) has `a.b.good.example` itself"],
        ),
        case(
            "below-the-root",
            "name = 'example', delegation = true",
            "ok",
            &["a name server of `.` (192.0.2.10) has `example` itself"],
        ),
    ])
    .await;
    denials_name_what_to_add().await;
}

/// From nothing to all that `serials` needs, by the hints alone; each names one entry that works.
async fn denials_name_what_to_add() {
    let mut entries: Vec<String> = Vec::new();
    loop {
        let folder = Folder::new(&format!(
            "\n[[check]]\nname = \"zone\"\nplugin = \"dns\"\ninterval = \"1s\"\n\
             config = {{ name = \"good.example\", serials = true }}\nallow = {{ dns = {entries:?} }}\n"
        ));
        let host = Host::start(&folder).await;
        let check = last_run(&host, "zone").await;
        if check["state"] == "ok" {
            break;
        }
        let entry = entry(&check);
        assert!(!entries.contains(&entry), "{entry}: {check:#}");
        entries.push(entry);
    }
    entries.sort();
    assert_eq!(
        entries,
        [
            "good.example@192.0.2.11",
            "good.example@192.0.2.12",
            "good.example@[2001:db8::11]",
            "ns1.good.example",
            "ns2.good.example",
        ]
    );
}

fn entry(check: &Value) -> String {
    let said = said(check);
    let (_, rest) = said.split_once("add `dns = [\"").unwrap_or_else(|| panic!("no entry: {check:#}"));
    rest.split('"').next().unwrap().to_owned()
}
