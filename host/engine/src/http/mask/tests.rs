use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::*;

fn known(secret: &str, held: &[&str]) -> Mask {
    let mut mask = Mask::default();
    let held: Vec<String> = held.iter().map(|text| (*text).to_owned()).collect();
    mask.know("key".into(), Secret { value: secret.as_bytes().into(), to: Arc::from([]) }, &held);
    mask
}

fn for_guest(secret: &str, text: &str) -> String {
    known(secret, &[]).for_guest(text.to_owned())
}

#[test]
fn takes_the_value_and_its_forms_out() {
    let secret = "pa/ss+w\"ord=é1";
    let utf16 = String::from_utf16(&secret.encode_utf16().collect::<Vec<_>>()).unwrap();
    for text in [
        secret.to_owned(),
        utf16,
        STANDARD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
        hex::encode(secret),
        hex::encode_upper(secret),
        secret.to_ascii_uppercase(),
        "pa%2Fss%2Bw%22ord%3D%C3%A91".to_owned(),
        "pa%2fss%2bw%22ord%3d%c3%a91".to_owned(),
        "pa/ss+w%22ord=%C3%A91".to_owned(),
        "pa/ss+w&quot;ord=é1".to_owned(),
        r#"pa\/ss+w\"ord=\u00e91"#.replace("\\/", "/"),
        url::form_urlencoded::byte_serialize(secret.as_bytes()).collect(),
        serde_json::Value::from(secret).to_string().trim_matches('"').to_owned(),
    ] {
        assert_eq!(for_guest(secret, &format!("<{text}>")), "<***>", "{text}");
    }
}

#[test]
fn takes_it_out_of_base64_of_more() {
    for before in ["", "a", "ab", "user:"] {
        let pair = STANDARD.encode(format!("{before}tr0ub4dor-and-3 and more"));
        let shown = for_guest("tr0ub4dor-and-3", &pair);
        let decoded = shown.split("***").map(|part| STANDARD_PARTS.decode(part).unwrap_or_default());
        let read: String = decoded.map(|part| String::from_utf8_lossy(&part).into_owned()).collect();
        assert!(!read.contains("tr") && !read.contains("-3"), "{shown}: {read}");
    }
}

/// A protocol's own message comes back with it, and its lengths hold.
#[test]
fn what_the_guest_holds_it_reads_as_it_came_and_nobody_else_does() {
    let mut mask = known("tr0ub4dor-and-3", &[]);
    let other = Secret { value: b"c0rrect-h0rse-5".as_slice().into(), to: Arc::from([]) };
    mask.know("other".into(), other, &[]);
    mask.add_held(b"tr0ub4dor-and-3");
    let text = format!("tr0ub4dor-and-3 {} c0rrect-h0rse-5", STANDARD.encode("tr0ub4dor-and-3"));
    let read = mask.shown(text.clone().into_bytes());
    assert_eq!(String::from_utf8(read).unwrap(), text.replace("c0rrect-h0rse-5", "***"));
    for audience in [Audience::Store, Audience::People] {
        assert_eq!(mask.text(text.clone(), audience), "*** *** ***");
    }
}

const STANDARD_PARTS: base64::engine::GeneralPurpose = base64::engine::GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    base64::engine::GeneralPurposeConfig::new()
        .with_decode_padding_mode(base64::engine::DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Every form, in whatever letters and wherever it stands.
#[test]
fn takes_it_out_of_texts_in_wide_letters() {
    let secret = "tr0ub4dor-and-3/x";
    for form in [secret.to_owned(), STANDARD.encode(format!("user:{secret}")), hex::encode(secret)] {
        for before in [0, 1, 120, 126, 127, 128, 300] {
            let text = format!("{}{form}, that is all", " ".repeat(before));
            let little = |units: &str| units.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
            let big = |units: &str| units.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
            let four = |units: &str| units.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
            for wide in [little(&text), big(&text), four(&text)] {
                let shown = known(secret, &[]).bytes(wide, Audience::Guest);
                let narrow: Vec<u8> = shown.into_iter().filter(|byte| *byte != 0).collect();
                let narrow = String::from_utf8(narrow).unwrap();
                assert!(narrow.ends_with("***, that is all"), "{before}: {narrow}");
            }
        }
    }
}

#[test]
fn takes_the_telling_parts_of_a_url_out() {
    let hook = "https://hooks.example.com/services/T012/B345/abcdefgh1jklmnop";
    assert_eq!(for_guest(hook, "POST /services/T012/B345/abcdefgh1jklmnop HTTP/1.1"), "POST *** HTTP/1.1");
    assert_eq!(for_guest(hook, "no such token: abcdefgh1jklmnop"), "no such token: ***");
    for text in ["hooks.example.com answers", "/services/ is up"] {
        assert_eq!(for_guest(hook, text), text);
    }
    assert_eq!(for_guest("https://example.com/api/health", "GET /api/health"), "GET /api/health");
}

#[test]
fn a_guest_reads_what_can_be_guessed_and_people_do_not() {
    for (secret, came, told) in [
        ("0000", r#"{"uptime":10000,"pin":"0000"}"#, r#"{"uptime":10000,"pin":"***"}"#),
        ("admin", "hello admin, administrator", "hello ***, administrator"),
    ] {
        let mask = known(secret, &[]);
        assert_eq!(mask.for_guest(came.to_owned()), came);
        assert_eq!(mask.text(came.to_owned(), Audience::Store), came);
        assert_eq!(mask.told(came.to_owned()), told);
    }
}

#[test]
fn a_guest_reads_what_it_was_given_in_its_config() {
    let mask = known("tr0ub4dor-and-3", &["wrong key: tr0ub4dor-and-3", "tr0ub4dor-and-3"]);
    let came = "wrong key: tr0ub4dor-and-3";
    assert_eq!(mask.for_guest(format!("tr0ub4dor-and-3: {came}")), format!("***: {came}"));
    assert_eq!(mask.text(came.to_owned(), Audience::Store), "wrong key: ***");
    assert_eq!(mask.told(came.to_owned()), "wrong key: ***");
}

#[test]
fn a_beginning_is_never_told_from_another_text() {
    let mask = known("tr0ub4dor-and-3", &[]);
    for text in ["t", "tr0", "tr0ub4", "3", "nd-3"] {
        assert_eq!(mask.shown(text.as_bytes().to_vec()), text.as_bytes(), "{text}");
    }
    assert_eq!(mask.shown(b"key: tr0ub4dor".to_vec()), b"key: ***");
    assert_eq!(mask.shown(b"dor-and-3 was it".to_vec()), b"*** was it");
}

#[test]
fn what_is_cut_shows_nothing_of_a_secret_at_its_end() {
    let mask = known("tr0ub4dor-and-3", &[]);
    let text = format!("{}tr0ub4dor-and-3 is it", "tr0ub4dor-and-3, ".repeat(3));
    for cut in 0..text.len() + 2 {
        let told = mask.told_within(&text, cut);
        assert!(told.len() <= cut && "***, ***, ***, *** is it".starts_with(&told), "{cut}: {told}");
    }
    assert_eq!(mask.told_within("öä", 3), "ö");
}

#[test]
fn a_name_stays_a_name() {
    let mask = known("hunter2hunter2", &[]);
    assert_eq!(mask.name("hunter2hunter2_seconds".to_owned()), "____seconds");
    assert_eq!(mask.name("load1".to_owned()), "load1");
}

#[test]
fn leaves_everything_as_it_is_without_a_secret() {
    assert_eq!(Mask::default().told("abc".to_owned()), "abc");
    assert_eq!(known("ab", &[]).told("ab abc".to_owned()), "ab abc");
}

#[test]
fn a_key_of_many_lines_is_found_by_each_of_them() {
    let key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF\nAASCBKcwggSjAgEAAoIBAQC7VJTU\n-----END PRIVATE KEY-----";
    assert_eq!(for_guest(key, "AASCBKcwggSjAgEAAoIBAQC7VJTU"), "***");
    assert_eq!(for_guest(key, "-----BEGIN PRIVATE KEY-----"), "-----BEGIN PRIVATE KEY-----");
}
