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
