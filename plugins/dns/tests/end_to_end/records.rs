//! Records of all types that people use, what is not there, and mail records.

use watchkeep_end_to_end::servers::Dnsmasq;

use super::world::{World, delegated, zone};
use super::{Case, case, hold, room};
use crate::room;

const KEY: &str =
    "AwEAAaHIwpx3w4VHKi6i1LHnTaWeHCL154Jug0Rtc9ji5qwPXpBo6A5sRv7cSsPQKPIwxLpyCrbJ4mr2L0EPOdvP6z6Yfljk";
const DIGEST: &str = "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08";

fn shop() -> (String, String) {
    let (digest, more_digest) = DIGEST.split_at(20);
    let big: String = (0..12).map(|_| format!("\"{}\" ", "x".repeat(250))).collect();
    zone(
        "shop",
        &format!(
            "@ A 192.0.2.80\n@ A 192.0.2.81\n@ AAAA 2001:db8:0:0::80\n\
             @ MX 10 Mail.Shop.Example.\n@ MX 20 mail.elsewhere.example.\n\
             @ TXT \"v=spf1 ip4:192.0.2.0/24 \" \"-all\"\n@ TXT \"say \\\"Hi\\\"; all\"\n\
             @ CAA 0 issue \"letsencrypt.org; validationmethods=dns-01\"\n\
             www CNAME @\nfar CNAME nobody.shop.example.\n\
             _sip._tcp SRV 1 2 5060 sip\n\
             _443._tcp TLSA 3 1 1 ( {digest} {more_digest} )\n\
             @ SSHFP 4 2 {DIGEST}\n\
             kid NS ns1.kid\nns1.kid A 192.0.2.11\nkid DS 34505 13 2 {DIGEST}\n\
             @ DNSKEY 257 3 8 {KEY}\n\
             @ NAPTR 100 10 \"U\" \"E2U+sip\" \"!^.*$!sip:Info@shop.example!\" .\n\
             @ NAPTR 100 20 \"s\" \"SIP+D2U\" \"\" _sip._udp\n\
             @ HTTPS 1 . alpn=\"h2,h3\" ipv4hint=192.0.2.80 ipv6hint=2001:db8::80\n\
             _dns SVCB 1 dot.shop.example. alpn=dot port=853\n\
             odd TYPE65280 \\# 4 0a000001\n\
             big TXT {big}\n\
             *.wild A 192.0.2.99\n\
             _dmarc TXT \"v=DMARC1; p=reject\"\ns1._domainkey TXT \"v=DKIM1; k=rsa; \" \"p={KEY}\"\n\
             wrong TXT \"v=spf1 +all\"\n_dmarc.wrong TXT \"v=DMARC1; p=none\"\n\
             s1._domainkey.wrong TXT \"v=DKIM1; p=\"\n\
             twice TXT \"v=spf1 -all\"\ntwice TXT \"V=SPF1 a -all\"\n_dmarc.twice TXT \"v=DMARC1; p=reject\"\n\
             _dmarc.twice TXT \"v=DMARC1; p=none\"\n\
             missing TXT \"v=spf10 -all\"\n"
        ),
    )
}

/// Asked of the server itself; the values stand in a TOML list.
fn asked(name: &'static str, of: &str, kind: &str, expect: &str) -> Case {
    case(
        name,
        format!(
            "name = '{of}', type = '{kind}', server = '192.0.2.11', authoritative = true, expect = [{expect}]"
        ),
        "ok",
        &[],
    )
}

fn every_type() -> Vec<Case> {
    let tlsa = DIGEST.to_ascii_lowercase();
    let (key, more_key) = KEY.split_at(30);
    vec![
        asked("a", "Shop.Example.", "a", "'192.0.2.81', '192.0.2.80'"),
        asked("aaaa", "shop.example", "AAAA", "'2001:DB8::0080'"),
        asked("cname", "www.shop.example", "CNAME", "'SHOP.example'"),
        asked("mx", "shop.example", "MX", "'20  mail.elsewhere.example', '10 mail.shop.example'"),
        asked("ns", "shop.example", "NS", "'NS1.shop.example'"),
        asked("txt", "shop.example", "TXT", r#"'"say \"Hi\"; all"', 'v=spf1 ip4:192.0.2.0/24 -all'"#),
        asked("soa", "shop.example", "SOA", "'ns1.shop.example. admin.shop.example. 7 7200 900 1209600 300'"),
        asked("srv", "_sip._tcp.shop.example", "SRV", "'1 2 5060 sip.shop.example.'"),
        asked("caa", "shop.example", "CAA", "'0 ISSUE \"letsencrypt.org; validationmethods=dns-01\"'"),
        asked("tlsa", "_443._tcp.shop.example", "TLSA", &format!("'3 1 1 {tlsa}'")),
        asked("sshfp", "shop.example", "SSHFP", &format!("'4 2 {tlsa}'")),
        asked("ds", "kid.shop.example", "DS", &format!("'34505 13 2 {} {}'", &DIGEST[..56], &DIGEST[56..])),
        asked("dnskey", "shop.example", "DNSKEY", &format!("'257 3 8 {key} {more_key}'")),
        asked(
            "naptr",
            "shop.example",
            "NAPTR",
            r#"'100 10 "u" "e2u+SIP" "!^.*$!sip:Info@shop.example!" .', '100 20 "S" "sip+d2u" "" _SIP._udp.shop.example'"#,
        ),
        asked(
            "https",
            "shop.example",
            "HTTPS",
            "'1 . ipv4hint=192.0.2.80 alpn=h2,h3 ipv6hint=2001:DB8:0::80'",
        ),
        asked(
            "type65",
            "shop.example",
            "TYPE65",
            r#"'1 . alpn="h2,h3" ipv4hint=192.0.2.80 ipv6hint=2001:db8::80'"#,
        ),
        asked("svcb", "_dns.shop.example", "SVCB", "'1 dot.shop.example alpn=\"dot\" port=853'"),
        asked("type65280", "odd.shop.example", "TYPE65280", r"'\# 4 0A 000001'"),
        asked("ptr", "80.2.0.192.in-addr.arpa", "PTR", "'www.shop.example', 'shop.example'"),
    ]
}

fn what_is_there_and_what_is_not() -> Vec<Case> {
    let big = "x".repeat(250 * 12);
    vec![
        case("resolved", "name = 'www.shop.example', expect = ['192.0.2.80', '192.0.2.81']", "ok", &[]),
        case("over-tcp", "name = 'shop.example', protocol = 'tcp', expect_some = '192.0.2.80'", "ok", &[]),
        case("anything", "name = 'any.wild.shop.example'", "ok", &["A `192.0.2.99` in "]),
        case(
            "other",
            "name = 'shop.example', expect = '192.0.2.80'",
            "critical",
            &["A `192.0.2.80`, `192.0.2.81` in ", "; `192.0.2.81` is not expected"],
        ),
        case(
            "less",
            "name = 'shop.example', expect = ['192.0.2.80', '192.0.2.81', '192.0.2.82']",
            "critical",
            &["; `192.0.2.82` is missing"],
        ),
        case(
            "unwanted",
            "name = 'shop.example', do_not_expect = '192.0.2.81'",
            "critical",
            &["; `192.0.2.81` must not be there"],
        ),
        case(
            "case-of-texts",
            "name = 'shop.example', type = 'CAA', expect = '0 issue \"Letsencrypt.org; validationmethods=dns-01\"'",
            "critical",
            &["`0 issue letsencrypt.org; validationmethods=dns-01` is not expected"],
        ),
        case(
            "no-such-type",
            "name = 'shop.example', type = 'LOC'",
            "critical",
            &["there is no record of type LOC"],
        ),
        case("gone", "name = 'gone.shop.example'", "critical", &["it says NXDOMAIN; expected NOERROR"]),
        case("gone-and-wanted", "name = 'gone.shop.example', expect_status = 'NXDOMAIN'", "ok", &[]),
        case(
            "there-and-unwanted",
            "name = 'shop.example', expect_status = 'NXDOMAIN'",
            "critical",
            &["it says NOERROR; expected NXDOMAIN"],
        ),
        case("leads-nowhere", "name = 'far.shop.example'", "critical", &["it says NXDOMAIN"]),
        case(
            "refused",
            "name = 'elsewhere.example', server = '192.0.2.11', expect_status = 'REFUSED'",
            "ok",
            &[],
        ),
        case(
            "not-its-own",
            "name = 'shop.example', authoritative = true",
            "critical",
            &["the answer is not the server's own"],
        ),
        case(
            "big",
            format!("name = 'big.shop.example', type = 'TXT', server = '192.0.2.11', expect = '{big}'"),
            "ok",
            &[],
        ),
        case(
            "two-servers",
            "name = 'shop.example', server = ['192.0.2.11', '192.0.2.12', '[2001:db8::11]:53', '192.0.2.13', '192.0.2.14'], expect_some = '192.0.2.80'",
            "critical",
            &["2 of 5 critical", "it says REFUSED; expected NOERROR", "connection refused by 192.0.2.14:53"],
        ),
        case(
            "small-network",
            "name = 'printer.lan', server = '192.0.2.16:5353', expect = '10.1.2.3'",
            "ok",
            &[],
        ),
        case(
            "small-network-too",
            "name = 'printer.lan', type = 'TXT', server = '192.0.2.16:5353', expect = 'two words'",
            "ok",
            &[],
        ),
    ]
    .into_iter()
    .map(|case| if case.name.starts_with("small") { case.allowed(r#""*""#) } else { case })
    .collect()
}

fn mail() -> Vec<Case> {
    const SPF: &str = "spf = 'v=spf1  ip4:192.0.2.0/24 -all'";
    vec![
        // As the README has it: the name is its own grant, what is below it is granted.
        case(
            "mail",
            format!(
                "name = 'shop.example', {SPF}, dmarc = 'v=DMARC1 ;p=reject;', dkim = {{ s1 = 'v=DKIM1; k=rsa; p={KEY}' }}"
            ),
            "ok",
            &["all 3 ok"],
        )
        .allowed(r#""*.shop.example""#),
        case("some-key", "name = 'shop.example', dkim = { s1 = '' }", "ok", &["has `v=DKIM1; k=rsa; p="]),
        case(
            "wrong",
            format!("name = 'wrong.shop.example', {SPF}, dmarc = 'v=DMARC1; p=reject', dkim = {{ s1 = '' }}"),
            "critical",
            &[
                "3 of 3 critical",
                "`wrong.shop.example` has `v=spf1 +all`; expected `v=spf1  ip4:192.0.2.0/24 -all`",
                "`_dmarc.wrong.shop.example` has `v=DMARC1; p=none`; expected `v=DMARC1; p=reject`",
                "the key at `s1._domainkey.wrong.shop.example` is revoked (`p=` is empty)",
            ],
        ),
        case(
            "twice",
            "name = 'twice.shop.example', spf = 'v=spf1 -all', dmarc = 'v=DMARC1; p=reject'",
            "critical",
            &[
                "`twice.shop.example` has 2 records that begin with `v=spf1`, which receivers take for none",
                "`_dmarc.twice.shop.example` has 2 records that begin with `v=DMARC1`",
            ],
        ),
        case(
            "missing",
            "name = 'missing.shop.example', spf = 'v=spf1 -all', dmarc = 'v=DMARC1; p=reject', dkim = { s1 = '' }",
            "critical",
            &[
                "`missing.shop.example` has no record that begins with `v=spf1`",
                "`_dmarc.missing.shop.example`: the name server says NXDOMAIN",
                "`s1._domainkey.missing.shop.example`: the name server says NXDOMAIN",
            ],
        ),
        case(
            "mail-without-a-grant",
            "name = 'shop.example', dmarc = 'v=DMARC1; p=reject'",
            "unknown",
            &["_dmarc.shop.example"],
        )
        .allowed(""),
    ]
}

#[tokio::test]
async fn records_are_held_against_what_is_expected_however_they_are_written() {
    if !room::inside(
        "dns::records::records_are_held_against_what_is_expected_however_they_are_written",
        &room(),
    ) {
        return;
    }
    let reverse = "$ORIGIN 2.0.192.in-addr.arpa.\n$TTL 300\n@ SOA a.example. admin 1 7200 900 1209600 300\n\
                   @ NS a.example.\n80 PTR Shop.Example.\n80 PTR www.shop.example.\n";
    let zones = [shop(), ("2.0.192.in-addr.arpa".to_owned(), reverse.to_owned())];
    let _world = World::new(&delegated(&["shop"]), &zones, &[], &[]);
    let records = ["--host-record=printer.lan,10.1.2.3", "--txt-record=printer.lan,two words"];
    let _dnsmasq = Dnsmasq::start("192.0.2.16:5353".parse().unwrap(), &records);
    let mut cases = every_type();
    cases.extend(what_is_there_and_what_is_not());
    cases.extend(mail());
    hold(&cases).await;
}
