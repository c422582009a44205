//! Stapled OCSP responses.

use super::*;

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let size = match content.len() {
        short @ ..0x80 => vec![u8::try_from(short).unwrap()],
        middle @ ..0x100 => vec![0x81, u8::try_from(middle).unwrap()],
        long => [&[0x82], &u16::try_from(long).unwrap().to_be_bytes()[..]].concat(),
    };
    [&[tag], &*size, content].concat()
}

fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    element(0x30, &parts.concat())
}

/// As RFC 6960 has it, of a certificate with serial number 1; `standing` is good (0x80), revoked (0xa1) or unknown (0x82).
fn response(standing: u8, this_update: &str, next_update: Option<&str>) -> Vec<u8> {
    let sha1 = sequence(&[element(0x06, &[0x2b, 0x0e, 0x03, 0x02, 0x1a]), element(0x05, &[])]);
    let serial = element(0x02, &[1]);
    let id = sequence(&[sha1.clone(), element(0x04, &[7; 20]), element(0x04, &[8; 20]), serial]);
    let why = if standing == 0xa1 { element(0x18, b"20260101000000Z") } else { Vec::new() };
    let mut single = vec![id, element(standing, &why), element(0x18, this_update.as_bytes())];
    single.extend(next_update.map(|next| element(0xa0, &element(0x18, next.as_bytes()))));
    let data = sequence(&[
        element(0xa2, &element(0x04, &[9; 20])),
        element(0x18, this_update.as_bytes()),
        sequence(&[sequence(&single)]),
    ]);
    let basic = sequence(&[data, sha1, element(0x03, &[0, 1, 2, 3])]);
    let kind = element(0x06, &[0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1]);
    sequence(&[element(0x0a, &[0]), element(0xa0, &sequence(&[kind, element(0x04, &basic)]))])
}

fn stapled(more: Value, response: Vec<u8>) -> (State, String) {
    let mut shown = facts(62);
    shown.ocsp = Some(response);
    let ran = check(more, shown);
    (ran.report().state, ran.report().summary.trim_start_matches("TLSv1.3 in 20 ms; ").to_owned())
}

/// Around the moment of the scripted host, in March 2026.
const BEFORE: &str = "20260303000000Z";
const LONG_BEFORE: &str = "20260201000000Z";
const AFTER: &str = "20260310000000Z";

#[test]
fn a_good_and_current_response_is_well() {
    for more in [json!({}), json!({ "ocsp": "required" })] {
        assert_eq!(stapled(more, response(0x80, BEFORE, Some(AFTER))).0, State::Ok);
    }
    assert_eq!(stapled(json!({}), response(0x80, BEFORE, None)).0, State::Ok);
}

#[test]
fn a_revoked_certificate_is_critical() {
    let said = stapled(json!({}), response(0xa1, BEFORE, Some(AFTER)));
    assert_eq!(
        said,
        (State::Critical, "the certificate is revoked, says the stapled OCSP response".to_owned())
    );
}

#[test]
fn a_response_that_says_nothing_is_a_warning_and_critical_where_one_is_required() {
    let other = {
        let mut response = response(0x80, BEFORE, Some(AFTER));
        let at = response.windows(3).position(|bytes| bytes == [2, 1, 1]).unwrap();
        response[at + 2] = 9;
        response
    };
    for (response, said) in [
        (response(0x82, BEFORE, Some(AFTER)), "does not know the certificate"),
        (response(0x80, LONG_BEFORE, Some(BEFORE)), "has been out of date for 1 d 5 h"),
        (response(0x80, AFTER, None), "is from the future"),
        (sequence(&[element(0x0a, &[3])]), "says nothing: its responder says `try later`"),
        (sequence(&[element(0x0a, &[0])]), "says nothing: it is empty"),
        (b"<html>".to_vec(), "says nothing: it is not an OCSP response"),
        (other, "says nothing: it is about another certificate"),
    ] {
        let (state, summary) = stapled(json!({}), response.clone());
        assert_eq!(state, State::Warning, "{summary}");
        assert!(summary.starts_with(&format!("the stapled OCSP response {said}")), "{summary}");
        assert_eq!(stapled(json!({ "ocsp": "required" }), response.clone()).0, State::Critical);
        assert_eq!(stapled(json!({ "ocsp": "ignored" }), response).0, State::Ok);
    }
}

#[test]
fn none_is_missed_only_where_one_is_required() {
    assert_eq!(check(json!({}), facts(62)).report().state, State::Ok);
    says(
        json!({ "ocsp": "required" }),
        facts(62),
        State::Critical,
        "TLSv1.3 in 20 ms; no OCSP response is stapled",
    );
}

#[test]
fn no_damage_is_a_panic() {
    let whole = response(0x80, BEFORE, Some(AFTER));
    for at in 0..whole.len() {
        let _ = watchkeep_plugin_tls::bytes::stapled(&whole[..at], "01");
        for byte in [0x00, 0x30, 0x7f, 0x80, 0x84, 0xff] {
            let mut damaged = whole.clone();
            damaged[at] = byte;
            let _ = watchkeep_plugin_tls::bytes::stapled(&damaged, "01");
        }
    }
}
