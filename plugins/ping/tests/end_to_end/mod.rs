//! The bundled `ping` at the machine's own addresses, in a room where more of them can be made.

use watchkeep_end_to_end::Folder;
use watchkeep_end_to_end::cases::{case, hold};

use crate::room;

/// A name with an address of each family, one that has none of IPv6, an address that takes requests and answers none, and one
/// to which there is no way.
const ADDRESSES: &str = "folder=$(mktemp -d); printf '127.0.0.1 localhost\\n127.0.0.1 twofold.test\\n::1 twofold.test\\n127.0.0.1 fourfold.test\\n' > $folder/hosts; \
    mount --bind $folder/hosts /etc/hosts; \
    echo 'hosts: files' > $folder/switch; mount --bind $folder/switch /etc/nsswitch.conf; ip route add 192.0.2.1/32 dev lo; ip route add unreachable 198.51.100.0/24";

#[tokio::test]
async fn answered_lost_unreachable_and_unknown_are_told_apart() {
    if !room::inside("ping::answered_lost_unreachable_and_unknown_are_told_apart", ADDRESSES) {
        return;
    }
    let quick = "count = 3, interval = \"10ms\", timeout = \"300ms\"";
    let at = |host: &str, more: &str| format!("host = \"{host}\", {quick}{more}");
    let both = ", ip_family = \"both\"";
    let cases = [
        case("v4", at("127.0.0.1", ""), "ok", &["0 of 3 lost to 127.0.0.1, "]),
        case("v6", at("::1", ""), "ok", &["0 of 3 lost to ::1, "]),
        case("large", at("127.0.0.1", ", size = 9000"), "ok", &["0 of 3 lost to 127.0.0.1, "]),
        case("name-v6", at("twofold.test", ", ip_family = \"ipv6\""), "ok", &["0 of 3 lost to ::1, "]),
        case("both", at("twofold.test", both), "ok", &["2 ok"]),
        case(
            "half",
            at("fourfold.test", both),
            "critical",
            &[
                "1 of 2 critical: IPv6: name not found after ",
                "`fourfold.test` has no address of this family",
            ],
        ),
        case("lost", at("192.0.2.1", ""), "critical", &["3 of 3 lost to 192.0.2.1; none was answered"]),
        case("no-way", at("198.51.100.1", ""), "critical", &["no way to the host"]),
        case("nobody", at("nobody.invalid", ""), "critical", &["name not found after "]),
        case(
            "slow",
            at("127.0.0.1", ", round_trip_warning = \"0s\""),
            "warning",
            &["the average round trip is longer than less than 1 ms: "],
        ),
    ];
    let folder = Folder::new("");
    // Names that lead to the machine itself are denied without it.
    let rights = "[plugin.ping.allow]\nicmp = [\"127.0.0.1\", \"[::1]\"]\n";
    hold(&folder, rights, "ping", &cases).await;
}

/// Drops every second request to the first of these addresses, of the others every fifth, every fourth and all but every fifth:
/// by counting, so that each run loses the same. A machine cannot if its kernel has no nftables with `numgen`.
const LOSSES: &str = "nft 'table inet losses { chain requests { type filter hook input priority 0; \
        ip daddr 127.0.0.2 icmp type echo-request numgen inc mod 2 0 drop; \
        ip daddr 127.0.0.3 icmp type echo-request numgen inc mod 5 0 drop; \
        ip6 daddr ::4 icmpv6 type echo-request numgen inc mod 4 0 drop; \
        ip daddr 127.0.0.5 icmp type echo-request numgen inc mod 5 != 0 drop; }; }'; \
    ip addr add ::4/128 dev lo";

#[tokio::test]
async fn what_is_lost_in_part_is_judged_by_how_much_it_is() {
    if !room::inside("ping::what_is_lost_in_part_is_judged_by_how_much_it_is", LOSSES) {
        return;
    }
    let at = |host: &str, count: u8, more: &str| {
        format!("host = \"{host}\", count = {count}, interval = \"10ms\", timeout = \"300ms\"{more}")
    };
    // Each rule counts the requests of one check alone, in whole rounds.
    let cases = [
        case(
            "half",
            at("127.0.0.2", 10, ""),
            "warning",
            &["5 of 10 lost to 127.0.0.2, ", "; more than 20 % lost"],
        ),
        case("fifth", at("127.0.0.3", 10, ""), "ok", &["2 of 10 lost to 127.0.0.3, "]),
        case(
            "quarter",
            at("::4", 8, ", loss_warning = 5, loss_critical = 24"),
            "critical",
            &["2 of 8 lost to ::4, ", "; more than 24 % lost"],
        ),
        case(
            "most",
            at("127.0.0.5", 10, ""),
            "critical",
            &["8 of 10 lost to 127.0.0.5, ", " on average; more than 60 % lost"],
        ),
    ];
    let folder = Folder::new("");
    let host = hold(&folder, "", "ping", &cases).await;
    for (name, loss, success) in
        [("half", 0.5, 1.0), ("fifth", 0.2, 1.0), ("quarter", 0.25, 0.0), ("most", 0.8, 0.0)]
    {
        let results = host.get(&format!("/api/v1/checks/{name}/results?limit=1")).await.json();
        let metrics = results["items"][0]["metrics"].as_array().unwrap();
        let value = |wanted: &str| {
            let found = metrics.iter().find(|metric| metric["name"] == wanted);
            found.and_then(|metric| metric["value"].as_f64())
        };
        assert_eq!(value("ping_loss_ratio"), Some(loss), "{name}: {metrics:?}");
        assert_eq!(value("probe_success"), Some(success), "{name}: {metrics:?}");
        // These are of the requests that were answered.
        assert!(value("ping_round_trip_seconds").is_some_and(|took| took > 0.0), "{name}: {metrics:?}");
        assert!(value("ping_jitter_seconds").is_some(), "{name}: {metrics:?}");
    }
}
