//! Zones that are signed: for long, not for long, no longer, and by somebody else.

use super::world::{Signed, World, delegated, signed, zone};
use super::{case, hold, room};
use crate::room;

const RECORDS: &str = "@ A 192.0.2.80\nwww CNAME @\nout CNAME far.soon.example.\nfar A 192.0.2.80\nplain CNAME www.open.example.\n\
                       branch DNAME far\nx.far A 192.0.2.80\n";

#[tokio::test]
async fn signatures_are_checked_by_a_resolver_and_told_before_they_expire() {
    if !room::inside(
        "dns::signatures::signatures_are_checked_by_a_resolver_and_told_before_they_expire",
        &room(),
    ) {
        return;
    }
    let of = |name: &str, until| signed(&zone(name, RECORDS), &until);
    let (lasting, lasting_key) = of("lasting", Signed::Days(30));
    let (soon, soon_key) = of("soon", Signed::Days(3));
    let (ended, ended_key) = of("ended", Signed::Ago(2));
    let ((bogus, bogus_text), bogus_key) = of("bogus", Signed::Days(30));
    // What was signed is not what is there.
    let bogus_text = bogus_text.replace("192.0.2.80", "192.0.2.66");
    let open = zone("open", "www A 192.0.2.80\n");
    let zones = [lasting, soon, ended, (bogus, bogus_text), open];
    let keys = [&*lasting_key, &soon_key, &ended_key, &bogus_key];
    let delegates = delegated(&["lasting", "soon", "ended", "bogus", "open"]);
    let _world = World::new(&delegates, &zones, &[], &keys);
    let within = |name: &str| {
        format!(
            "name = '{name}', server = '192.0.2.11', signature_warning_days = 5, signature_critical_days = 2"
        )
    };
    let bad = "critical";
    let says_servfail: &[&str] = &["it says SERVFAIL; expected NOERROR"];
    hold(&[
        case("checked", "name = 'lasting.example', authenticated = true, expect = '192.0.2.80'", "ok", &[]),
        case("checked-alias", "name = 'www.lasting.example', authenticated = true", "ok", &[]),
        case(
            "unsigned",
            "name = 'www.open.example', authenticated = true",
            bad,
            &["the resolver does not say that it has checked the signatures"],
        ),
        case("bogus", "name = 'bogus.example', authenticated = true", bad, says_servfail),
        case("bogus-plainly", "name = 'bogus.example'", bad, says_servfail),
        case("bogus-and-wanted", "name = 'bogus.example', expect_status = 'SERVFAIL'", "ok", &[]),
        case("ended-at-the-resolver", "name = 'ended.example'", bad, says_servfail),
        case("lasts", within("lasting.example"), "ok", &[]),
        case("lasts-alias", within("www.lasting.example"), "ok", &[]),
        case("lasts-made-alias", within("x.branch.lasting.example"), "ok", &[]),
        case(
            "lasts-at-the-resolver",
            "name = 'lasting.example', signature_warning_days = 5, authenticated = true",
            "ok",
            &[],
        ),
        case(
            "nothing-is-signed-too",
            format!("{}, expect_status = 'NXDOMAIN'", within("gone.lasting.example")),
            "ok",
            &[],
        ),
        case(
            "soon",
            within("soon.example"),
            "warning",
            &["the signature for A of `soon.example` expires in 3 days, less than 5 days"],
        ),
        case(
            "very-soon",
            "name = 'soon.example', server = '192.0.2.11', signature_critical_days = 4",
            bad,
            &["the signature for A of `soon.example` expires in 3 days, less than 4 days"],
        ),
        // The alias lasts, and what it leads to does not.
        case(
            "soon-behind-an-alias",
            "name = 'out.lasting.example', signature_warning_days = 5",
            "warning",
            &["the signature for A of `far.soon.example` expires in 3 days"],
        ),
        case(
            "unsigned-behind-an-alias",
            "name = 'plain.lasting.example', signature_warning_days = 5",
            bad,
            &["there is no signature for A of `www.open.example`"],
        ),
        case("ended", within("ended.example"), bad, &["the signature for A of `ended.example` has expired"]),
        case(
            "never-signed",
            within("www.open.example"),
            bad,
            &["there is no signature for A of `www.open.example`"],
        ),
    ])
    .await;
}
