//! What a dry run may do with what was granted: only look.

use super::Answer::Denied;
use super::*;

#[test]
fn a_dry_run_may_look_and_change_nothing() {
    check(&[
        ("http https://a.example; dry", "http https://a.example:443", Open),
        ("http https://a.example; dry", "method GET https://a.example:443", Open),
        ("http https://a.example; dry", "method HEAD https://a.example:443", Open),
        ("http https://a.example; dry", "method OPTIONS https://a.example:443", Open),
        ("http https://a.example; dry", "method POST https://a.example:443", Never),
        ("http https://a.example; dry", "method get https://a.example:443", Never),
        ("http https://a.example; dry", "method DELETE https://a.example:443", Never),
        ("http https://a.example; dry", "http https://b.example:443", Denied),
        ("http https://a.example", "method POST https://a.example:443", Open),
        ("socket d /run/d.sock; http_local d * /; dry", "local d GET /containers", Open),
        ("socket d /run/d.sock; http_local d * /; dry", "local d POST /containers/a/restart", Never),
        ("socket d /run/d.sock; http_local d * /", "local d POST /containers/a/restart", Open),
        ("socket d /run/d.sock; http_local d * /; dry", "local d POST /x -> /run/d.sock", Never),
        ("socket d /run/d.sock; net_local d; dry", "stream d", Never),
        ("net tcp://a.example:22; dry", "net tcp://a.example:22", Never),
        ("net tcp://a.example:22; dry", "net tcp://a.example:22 -> 192.0.2.1", Never),
        ("program restart; commands restart; dry", "command restart", Never),
        ("program restart; commands restart", "command restart", Open),
        ("root logs /var/log; files logs; dry", "file logs a.log", Open),
        ("system disks; dry", "system disks", Open),
        ("dns a.example; dry", "dns a.example", Open),
        ("icmp a.example; dry", "icmp a.example", Open),
    ]);
}
