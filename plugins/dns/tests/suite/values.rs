//! Values that are written in another way and say the same.

use watchkeep_plugin_dns::texts;

use super::*;

#[test]
fn case_dots_blanks_marks_and_pieces_do_not_matter_and_what_is_in_texts_does() {
    for (kind, written, sent) in [
        ("MX", "10  Mail.Example.com", "10 mail.example.com."),
        ("TXT", "caf\u{e9}", r#""caf\195" "\169""#),
        ("AAAA", "2001:DB8:0::1", "2001:db8::1"),
        ("TXT", "v=spf1 -all", "\"v=spf1 \" \"-all\""),
        ("CAA", "0 ISSUE letsencrypt.org", "0 issue \"letsencrypt.org\""),
        ("TLSA", "3 1 1 ( AB CD )", "3 1 1 abcd"),
        ("DS", "1 13 2 ab cd", "1 13 2 ABCD"),
        ("SSHFP", "4 2 ab cd", "4 2 ABCD"),
        ("DNSKEY", "257 3 13 Ab Cd", "257 3 13 AbCd"),
        ("HTTPS", "1 . port=8443 ALPN=\"h2,h3\"", "1 . alpn=h2,h3 port=8443"),
        ("HTTPS", "1 . ipv6hint=2001:DB8:0::1,::1", "1 . ipv6hint=2001:db8::1,::1"),
        ("NAPTR", "1 2 u E2U+sip !^.*$!sip:A@b! .", "1 2 \"U\" \"E2U+SIP\" \"!^.*$!sip:A@b!\" ."),
        ("NAPTR", "1 2 s \"\" \"\" Sip.example", "1 2 \"s\" \"\" \"\" sip.example."),
        ("TYPE65280", r"\# 2 AB cd", r"\# 2 abcd"),
        ("SOA", r"A.b. first\.Last.b. 1", r"a.b first\.last.b 1"),
    ] {
        assert_eq!(texts::plain(kind, written), texts::plain(kind, sent), "{kind}");
    }
    for (kind, written, sent) in [
        ("TXT", "ABC", "\"abc\""),
        ("CAA", "0 issue Example.org", "0 issue \"example.org\""),
        ("DNSKEY", "257 3 13 abcd", "257 3 13 AbCd"),
        ("NAPTR", "1 2 u E2U+sip !^.*$!sip:a@b! .", "1 2 u E2U+sip !^.*$!sip:A@b! ."),
        // Bytes that are no text.
        ("TXT", r#""\200""#, r#""\201""#),
        ("CAA", r#"0 issue "\200""#, r#"0 issue "\201""#),
    ] {
        assert_ne!(texts::plain(kind, written), texts::plain(kind, sent), "{kind}");
    }
    assert_eq!(texts::text(r#""a\"b" "\097\\""#), r#"a"ba\"#);
    assert_eq!(texts::text("bare"), "bare");
}

#[test]
fn a_type_by_its_number_is_the_one_that_answers_come_with() {
    for (number, kind) in [("TYPE65", "HTTPS"), ("type257", "CAA"), ("TYPE1", "A")] {
        let route: &'static str = match kind {
            "HTTPS" => "dns HTTPS example.com",
            "CAA" => "dns CAA example.com",
            _ => "dns A example.com",
        };
        let ran = check(json!({ "type": number }), [(route, records(kind, &["0 issue a"]))]);
        assert_eq!(ran.report().state, State::Ok, "{}", ran.report().summary);
    }
}

#[test]
fn texts_of_strangers_are_no_panic() {
    for data in ["\"", "\"\\", "\"\\0", "\"\\25", "\"\\256\"", "\"é\\", "\\", "\"\\999é\"", ""] {
        let _ = texts::text(data);
        let _ = texts::plain("TXT", data);
        let _ = texts::plain("MX", data);
    }
}
