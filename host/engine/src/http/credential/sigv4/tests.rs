//! Against what AWS publishes: its test suite for signatures, and the examples of the S3 documentation.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{TimeZone as _, Utc};
use http::header::HeaderValue;
use http::{HeaderMap, Method};
use url::Url;

use super::*;

const SUITE: AccessKey<'static> =
    AccessKey { id: "AKIDEXAMPLE", key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token: None };
const S3: AccessKey<'static> =
    AccessKey { id: "AKIAIOSFODNN7EXAMPLE", key: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", token: None };

/// `request` is a method and a URL.
fn outgoing(request: &str, headers: &[(&'static str, &'static str)], body: &'static str) -> Outgoing {
    let (method, url) = request.split_once(' ').unwrap();
    let mut fields = HeaderMap::new();
    for (name, value) in headers {
        fields.append(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let body = Bytes::from_static(body.as_bytes());
    Outgoing {
        method: Method::try_from(method).unwrap(),
        url: Url::parse(url).unwrap(),
        headers: fields,
        body,
    }
}

fn place(region: &str, service: &str) -> Sigv4Placement {
    Sigv4Placement { region: region.to_owned(), service: service.to_owned() }
}

fn at(year: i32, month: u32, day: u32, hour: u32, minute: u32, second: u32) -> Wall {
    Wall::from(Utc.with_ymd_and_hms(year, month, day, hour, minute, second).unwrap())
}

#[track_caller]
fn check(access_key: AccessKey<'_>, place: &Sigv4Placement, now: Wall, mut sent: Outgoing, expected: &str) {
    let signature = sign_with(access_key, place, now, &mut sent).unwrap();
    let expected = expected.split_whitespace().collect::<Vec<_>>();
    let [signed, expected] = expected[..] else { panic!("headers and signature") };
    let authorization = sent.headers[AUTHORIZATION].to_str().unwrap();
    assert!(authorization.contains(&format!("SignedHeaders={signed},")), "{authorization}");
    assert_eq!(signature, expected, "{} {}", sent.method, sent.url);
    assert!(authorization.ends_with(&format!("Signature={expected}")), "{authorization}");
}

#[test]
fn signs_as_the_suite_does() {
    let (place, now) = (place("us-east-1", "service"), at(2015, 8, 30, 12, 36, 0));
    let host = "https://example.amazonaws.com";
    for (request, headers, expected) in [
        (
            "GET /",
            &[][..],
            "host;x-amz-date 5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
        ),
        (
            "GET /?Param-3=Value3&Param=Value2&%E1%88%B4=Value1",
            &[],
            "host;x-amz-date 371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac",
        ),
        (
            "GET /?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz=-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
            &[],
            "host;x-amz-date 9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197",
        ),
        (
            "POST /?Param1=value1",
            &[],
            "host;x-amz-date 28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11",
        ),
        (
            "GET /",
            &[("my-header1", "value2"), ("my-header1", "value2"), ("my-header1", "value1")],
            "host;my-header1;x-amz-date c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea",
        ),
        (
            "GET /",
            &[("my-header1", "value1"), ("my-header2", "\"a   b   c\"")],
            "host;my-header1;my-header2;x-amz-date acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
        ),
    ] {
        let (method, path) = request.split_once(' ').unwrap();
        check(SUITE, &place, now, outgoing(&format!("{method} {host}{path}"), headers, ""), expected);
    }
    // What travels encoded is encoded once more, but for S3.
    check(
        SUITE,
        &self::place("us-east-2", "lambda"),
        at(2021, 5, 11, 15, 40, 45),
        outgoing(
            "POST https://lambda.us-east-2.amazonaws.com/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-west-2%3A892717189312%3Afunction%3Amy-rusty-fun/invocations",
            &[],
            "",
        ),
        "host;x-amz-date 4b93abbcc68be32bd64c18e2c71150660ab4c29bbd6c32a383a7517a88fc1804",
    );
    let token = Some("6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267");
    check(
        AccessKey { token, ..SUITE },
        &place,
        now,
        outgoing(&format!("GET {host}/"), &[], ""),
        "host;x-amz-date;x-amz-security-token 07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8",
    );
}

#[test]
fn signs_as_the_documentation_of_s3_does() {
    let (place, now) = (place("us-east-1", "s3"), at(2013, 5, 24, 0, 0, 0));
    let bucket = "https://examplebucket.s3.amazonaws.com";
    for (request, headers, body, expected) in [
        (
            "GET /test.txt",
            &[("range", "bytes=0-9")][..],
            "",
            "host;range;x-amz-content-sha256;x-amz-date f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            "PUT /test$file.text",
            &[("date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY")],
            "Welcome to Amazon S3.",
            "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class 98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        (
            "GET /?max-keys=2&prefix=J",
            &[],
            "",
            "host;x-amz-content-sha256;x-amz-date 34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ] {
        let (method, path) = request.split_once(' ').unwrap();
        let sent = outgoing(&format!("{method} {bucket}{path}"), headers, body);
        check(S3, &place, now, sent, expected);
    }
}

#[test]
fn a_path_for_s3_is_encoded_once_whatever_its_form_was() {
    for (path, expected) in [
        ("/a b/c", "/a%20b/c"),
        ("/a%20b+c/%2f$", "/a%20b%2Bc/%2F%24"),
        ("/~user/-._", "/~user/-._"),
        ("/", "/"),
    ] {
        assert_eq!(strictly_encoded(path), expected);
    }
}

#[test]
fn what_the_host_adds_for_itself_and_a_signature_from_before_are_not_signed() {
    let mut sent = outgoing(
        "GET https://example.amazonaws.com/",
        &[
            ("accept", "*/*"),
            ("accept-encoding", "gzip"),
            ("user-agent", "watchkeep"),
            ("authorization", "AWS4-HMAC-SHA256 of a hop before"),
            ("x-amz-date", "20010101T000000Z"),
        ],
        "",
    );
    let now = at(2015, 8, 30, 12, 36, 0);
    let signature = sign_with(SUITE, &place("us-east-1", "service"), now, &mut sent).unwrap();
    assert_eq!(signature, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
    assert_eq!(sent.headers.get_all("x-amz-date").iter().collect::<Vec<_>>(), ["20150830T123600Z"]);
}

#[test]
fn a_credentials_file_of_aws_is_an_access_key() {
    let text = "# mine\n[default]\n aws_access_key_id=AKID\naws_secret_access_key = abc/+=\nregion = eu-west-1\nAWS_SESSION_TOKEN=tok\n";
    let AccessKey { id, key, token } = AccessKey::parse(text).unwrap();
    assert_eq!((id, key, token), ("AKID", "abc/+=", Some("tok")));
    for text in [
        "aws_access_key_id = a",
        "aws_secret_access_key = a",
        "s3cret",
        "[a]\naws_access_key_id = a\n[b]\naws_secret_access_key = b",
        "aws_access_key_id = a\naws_access_key_id = b",
        "aws_access_key_id = a b\naws_secret_access_key = b",
    ] {
        assert!(AccessKey::parse(text).is_none(), "{text}");
    }
}

#[test]
fn regions_and_services_that_are_no_names_are_refused() {
    for (region, service) in
        [("", "s3"), ("eu\nwest", "s3"), ("eu-west-1", "a/b"), ("eu-west-1", &*"x".repeat(65))]
    {
        let sent = outgoing("GET https://example.amazonaws.com/", &[], "");
        let refused = super::check(&place(region, service), &sent);
        assert!(refused.is_err_and(|problem| problem.message.contains("short names")), "{region} {service}");
    }
}

/// The crate that signs traces the whole request.
#[test]
fn nothing_that_is_signed_reaches_a_log_of_any_level() {
    let log = Arc::new(tempfile::tempfile().unwrap());
    let everything = tracing_subscriber::fmt()
        .with_max_level(tracing::level_filters::LevelFilter::TRACE)
        .with_writer(Arc::clone(&log))
        .finish();
    let mut sent =
        outgoing("GET https://example.amazonaws.com/?key=s3cret", &[("x-key", "s3cret")], "s3cret");
    with_default(everything, || {
        tracing::trace!("the log is read");
        sign_with(SUITE, &place("us-east-1", "service"), at(2015, 8, 30, 12, 36, 0), &mut sent).unwrap();
    });
    use std::io::{Read as _, Seek as _};
    let mut file = &*log;
    file.rewind().unwrap();
    let mut text = String::new();
    file.read_to_string(&mut text).unwrap();
    assert!(text.contains("the log is read"), "{text}");
    assert!(!text.contains("s3cret") && !text.contains("AWS4"), "{text}");
}
