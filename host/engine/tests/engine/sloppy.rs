//! Servers that do not keep to the rules: what is taken of them, and what is refused, beside what curl does (7.88 with OpenSSL
//! 3.0 and `--compressed`). What curl takes is taken; what is taken against the rules is noted.

use std::io::Write as _;
use std::net::SocketAddr;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use watchkeep_core::report::Report;

use crate::fetching::fetch_with;
use crate::http::server;
use crate::support::report;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Curl {
    Takes,
    Refuses,
}
use Curl::{Refuses, Takes};

#[derive(Clone, Copy, Debug)]
enum Ours {
    /// The body is whole, and there is nothing to note.
    Plain,
    /// The body is whole, and this is noted.
    Noted(&'static str),
    /// The head is told, the body is not whole, for this reason.
    Cut(&'static str),
    /// There is no answer, for this reason.
    None(&'static str),
}
use Ours::{Cut, Noted, Plain};

const TEXT: &str = "hello hello hello hello";

fn says(bytes: &[u8]) -> SocketAddr {
    let bytes = bytes.to_vec();
    server(move |_, stream| {
        let _ = stream.write_all(&bytes);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        // What is still unread would end it in a reset.
        let _ = std::io::copy(stream, &mut std::io::sink());
    })
}

async fn fetch(answer: &[u8]) -> Report {
    report(&fetch_with(&format!("http://{}/", says(answer)), "", &[]).await).clone()
}

/// `body` is what a whole answer holds.
async fn look(rows: &[(Vec<u8>, Curl, Ours)], body: &str) {
    let mut wrong = Vec::new();
    for (answer, curl, ours) in rows {
        let told = fetch(answer).await;
        if !is_so(&told, *ours, body) || (*curl == Takes && !told.summary.starts_with("whole ")) {
            let shown = String::from_utf8_lossy(answer);
            wrong.push(format!("{shown:?}: curl {curl:?}, ours {ours:?}, and not {told:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn is_so(told: &Report, ours: Ours, body: &str) -> bool {
    let (summary, details) = (&told.summary, told.details.as_deref().unwrap());
    let notes = details.split("leniences ").nth(1).unwrap();
    let is_whole = summary.starts_with("whole ") && summary.ends_with(&format!("body {body}"));
    match ours {
        Plain => is_whole && notes.starts_with("[]"),
        Noted(note) => is_whole && notes.contains(note),
        Cut(why) => summary.starts_with("cut ") && summary.contains(why),
        Ours::None(why) => summary.starts_with("unanswered ") && summary.contains(why),
    }
}

fn rows(rows: &[(&str, Curl, Ours)], around: impl Fn(&str) -> Vec<u8>) -> Vec<(Vec<u8>, Curl, Ours)> {
    rows.iter().map(|(part, curl, ours)| (around(part), *curl, *ours)).collect()
}

const BARE: &str = "a line between chunks ends in a bare line feed";
const CLOSED: &str = "FailureKind::Closed in Phase::Transfer";

#[tokio::test]
async fn chunks() {
    let chunked = |body: &str| format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{body}").into();
    let rows = rows(
        &[
            ("5\r\nhello\r\n0\r\n\r\n", Takes, Plain),
            ("5\nhello\n0\n\n", Takes, Noted(BARE)),
            ("5\nhello\r\n0\n\r\n", Takes, Noted(BARE)),
            ("5\r\nhello\n0\r\n\n", Takes, Noted(BARE)),
            ("5\r\nhello\r\n0\r\nx-a: b\n\n", Takes, Noted(BARE)),
            ("5\r\nhello\r\n0\r\nx-a: b\r\n\r\n", Takes, Plain),
            ("5\r\nhello\r\n0\r\nx-a: \x01\r\n\r\n", Takes, Plain),
            ("5\r\nhello\r\n0\r\nx-a: b\r\n c\r\n\r\n", Takes, Plain),
            ("5\r\nhello\r\n0\r\nno trailer\r\n\r\n", Refuses, Plain),
            ("5;a=b\r\nhello\r\n0;c\r\n\r\n", Takes, Plain),
            ("5;a=\"b\"\nhello\r\n0\r\n\r\n", Takes, Noted(BARE)),
            ("5  \r\nhello\r\n0  \r\n\r\n", Takes, Noted("blanks behind the size of a chunk")),
            ("00000005\r\nhello\r\n00\r\n\r\n", Takes, Plain),
            ("0000000000000000000000000000005\r\nhello\r\n0\r\n\r\n", Refuses, Plain),
            ("5\r\nhello\r\n0\r\n\r\nbeyond", Takes, Plain),
            // Browsers take it: all of the body is there.
            ("5\r\nhello\r\n0\r\n", Refuses, Noted("the line behind the last chunk is missing")),
            ("5\r\nhello\r\n0", Refuses, Cut(CLOSED)),
            ("5\r\nhello\r\n", Refuses, Cut(CLOSED)),
            ("5\r\nhello", Refuses, Cut(CLOSED)),
            ("9\r\nhello", Refuses, Cut(CLOSED)),
            ("5\r\nhello0\r\n\r\n", Refuses, Cut("FailureKind::Protocol")),
            ("  5\r\nhello\r\n0\r\n\r\n", Refuses, Cut("FailureKind::Protocol")),
            ("0x5\r\nhello\r\n0\r\n\r\n", Refuses, Cut("FailureKind::Protocol")),
            ("+5\r\nhello\r\n0\r\n\r\n", Refuses, Cut("FailureKind::Protocol")),
            ("-5\r\nhello\r\n0\r\n\r\n", Refuses, Cut("FailureKind::Protocol")),
            ("\r\nhello\r\n0\r\n\r\n", Refuses, Cut("FailureKind::Protocol")),
            ("fffffffffffffffff\r\nhello\r\n0\r\n\r\n", Refuses, Cut("FailureKind::Protocol")),
            ("hello", Refuses, Cut("")),
        ],
        chunked,
    );
    look(&rows, "hello").await;
}

#[tokio::test]
async fn lengths() {
    let with = |head: &str| format!("HTTP/1.1 200 OK\r\n{head}\r\n\r\nhello").into();
    let none = "a `content-length` that is not a number";
    let more = "a `content-length` that is more than a number";
    let twice = "a `content-length` more than once";
    let differ = "FailureKind::Protocol in Phase::Wait: the peer does not keep to the protocol: it declares two lengths for one body, 5 and 6";
    let taken = rows(
        &[
            ("content-length:   5  ", Takes, Plain),
            ("content-length: 0005", Takes, Plain),
            ("content-length: 5, 5", Takes, Noted(twice)),
            ("content-length: 5\r\ncontent-length: 5", Takes, Noted(twice)),
            ("content-length: +5", Takes, Noted(more)),
            ("content-length: 5,", Takes, Noted(more)),
            ("content-length : 5", Takes, Noted("blanks before the colon")),
            ("content-length:\r\n 5", Refuses, Noted("goes on in another line")),
            // Browsers read to the end of the connection.
            ("content-length: 5 bytes", Takes, Noted(none)),
            ("content-length: 5.0", Takes, Noted(none)),
            ("content-length: 5 5", Takes, Noted(none)),
            ("content-length: 99999999999999999999999999", Takes, Noted(none)),
            ("content-length: -5", Refuses, Noted(none)),
            ("content-length: five", Refuses, Noted(none)),
            ("content-length: \"5\"", Refuses, Noted(none)),
            ("content-length: ", Refuses, Noted(none)),
            ("content-length: 50", Refuses, Cut(CLOSED)),
            ("content-length: 5\r\ncontent-length: 6", Refuses, Ours::None(differ)),
        ],
        with,
    );
    look(&taken, "hello").await;
    look(&[(with("content-length: 3"), Takes, Plain)], "hel").await;
    // curl takes the first of two lengths in one field: whoever stands between may take the other.
    let told = fetch(&with("content-length: 5, 6")).await;
    assert!(told.summary.contains(differ), "{told:?}");
    assert!(told.summary.contains("hint: let one of the server and what stands before it"), "{told:?}");
    let beside = |head: &str| {
        format!("HTTP/1.1 200 OK\r\n{head}\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
            .into()
    };
    let note = Noted("`content-length` beside `transfer-encoding`");
    let heads = ["content-length: 3", "content-length: 300", "content-length: 1\r\ncontent-length: 2"];
    look(&rows(&heads.map(|head| (head, Takes, note)), beside), "hello").await;
}

#[tokio::test]
async fn status_lines() {
    let with = |line: &str| format!("{line}\r\ncontent-length: 5\r\n\r\nhello").into();
    let early = "line ends before the status line";
    let rows = rows(
        &[
            ("HTTP/1.1 200", Takes, Plain),
            ("HTTP/1.1 200 ", Takes, Plain),
            ("HTTP/1.1 200 \u{e9}t\u{e9}", Takes, Plain),
            ("HTTP/1.1   200   OK", Takes, Noted("blanks in the status line")),
            ("HTTP/1.1\t200\tOK", Refuses, Noted("blanks in the status line")),
            ("HTTP/1.1 200OK", Takes, Noted("no blank behind the status code")),
            ("HTTP/1.1 200: OK", Takes, Noted("no blank behind the status code")),
            ("HTTP/1.1 200 O\x01K", Takes, Noted("control characters in the status line")),
            ("HTTP/1.1 999 Odd", Takes, Plain),
            ("http/1.1 200 OK", Takes, Noted("calls its version `http`, in small letters")),
            ("HTTP/2 200 OK", Takes, Noted("calls its version `HTTP/2`")),
            ("HTTP/2.0 200 OK", Takes, Noted("calls its version `HTTP/2.0`")),
            // Go takes the first, and browsers all of them.
            ("HTTP/1.2 200 OK", Refuses, Noted("calls its version `HTTP/1.2`")),
            ("HTTP/1 200 OK", Refuses, Noted("calls its version `HTTP/1`")),
            ("ICY 200 OK", Refuses, Noted("calls its version `ICY`")),
            ("\r\n\r\nHTTP/1.1 200 OK", Refuses, Noted(early)),
            ("\nHTTP/1.1 200 OK", Refuses, Noted(early)),
            ("HTTP/1.1 200 OK\nx-a: b", Takes, Noted("a line of the head ends in a bare line feed")),
            ("HTTP/1.1 2000 OK", Refuses, Ours::None("FailureKind::Protocol")),
            ("HTTP/1.1 20 OK", Refuses, Ours::None("FailureKind::Protocol")),
            ("HTTP/1.1 000 OK", Refuses, Ours::None("FailureKind::Protocol")),
            ("HTTP/1.1 -200 OK", Refuses, Ours::None("FailureKind::Protocol")),
            ("HTTP/1.1 OK", Refuses, Ours::None("FailureKind::Protocol")),
            ("HTTP/1.1200 OK", Refuses, Ours::None("FailureKind::Protocol")),
            ("HTTP/01.1 200 OK", Refuses, Ours::None("FailureKind::Protocol")),
            ("HTTP/1.10 200 OK", Refuses, Ours::None("FailureKind::Protocol")),
            ("HTTP 200 OK", Refuses, Ours::None("FailureKind::Protocol")),
            ("HTTP/ 200 OK", Refuses, Ours::None("FailureKind::Protocol")),
            ("HTTPS/1.1 200 OK", Refuses, Ours::None("FailureKind::Protocol")),
            ("  HTTP/1.1 200 OK", Refuses, Ours::None("FailureKind::Protocol")),
            ("\u{feff}HTTP/1.1 200 OK", Refuses, Ours::None("FailureKind::Protocol")),
            ("<html>", Refuses, Ours::None("FailureKind::Protocol")),
        ],
        with,
    );
    look(&rows, "hello").await;
    look(
        &[
            (b"HTTP/1.1 200 OK\ncontent-length: 5\n\nhello".to_vec(), Takes, Noted("a bare line feed")),
            (b"HTTP/1.1 100 Continue\n\nHTTP/1.1 200 OK\r\n\r\nhello".to_vec(), Takes, Plain),
            (b"HTTP/1.1 200 OK\rcontent-length: 5\r\rhello".to_vec(), Refuses, Ours::None("FailureKind::")),
        ],
        "hello",
    )
    .await;
}

#[tokio::test]
async fn a_head_of_whole_lines_that_ends_with_the_connection_is_a_head() {
    let note = Noted("the head ends with the connection, without a blank line");
    let lines = ["HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nserver: x\r\n", "HTTP/1.1 200 OK\n"];
    look(&lines.map(|lines| (lines.as_bytes().to_vec(), Takes, note)), "").await;
    // A body that was promised is missed.
    let told = fetch(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n").await;
    assert!(told.summary.starts_with("cut status 200"), "{told:?}");
    for cut in ["HTTP/1.1 200 OK", "HTTP/1.1 200 OK\r\nserver: x", "HTTP/1.1 100 Continue\r\n", "HTTP/1.1"] {
        let told = fetch(cut.as_bytes()).await;
        assert!(told.summary.starts_with("unanswered FailureKind::Closed in Phase::Wait"), "{told:?}");
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn raw(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn coded(coding: &str, body: &[u8]) -> Vec<u8> {
    [format!("HTTP/1.1 200 OK\r\ncontent-encoding: {coding}\r\n\r\n").as_bytes(), body].concat()
}

#[tokio::test]
async fn what_is_missing_or_too_much_behind_compressed_data() {
    let (gzip, zlib, raw) = (gzip(TEXT.as_bytes()), zlib(TEXT.as_bytes()), raw(TEXT.as_bytes()));
    let with = |bytes: &[u8], behind: &[u8]| [bytes, behind].concat();
    let less = |bytes: &[u8], by: usize| bytes[..bytes.len() - by].to_vec();
    let missing = Noted("the checksum and length behind a gzip body are missing");
    let wrong = Cut("its checksum is not that of what it holds");
    let rows = [
        (coded("gzip", &gzip), Takes, Plain),
        (coded("gzip", &less(&gzip, 8)), Takes, missing),
        (coded("gzip", &less(&gzip, 4)), Takes, missing),
        (coded("deflate", &zlib), Takes, Plain),
        (coded("deflate", &less(&zlib, 4)), Takes, Noted("the checksum behind a deflate body is missing")),
        (coded("deflate", &raw), Takes, Plain),
        // Browsers look no further than the data; newer curl takes zeros.
        (coded("gzip", &with(&gzip, b"garbage")), Refuses, Noted("bytes behind the end of a gzip body")),
        (coded("gzip", &with(&gzip, &[0; 20])), Refuses, Noted("bytes behind the end of a gzip body")),
        (coded("gzip", &with(&gzip, &gzip[..5])), Refuses, Noted("bytes behind the end of a gzip body")),
        (coded("deflate", &with(&zlib, b"x")), Refuses, Noted("bytes behind the end of a deflate body")),
        (coded("deflate", &with(&raw, b"x")), Refuses, Noted("bytes behind the end of a deflate body")),
        (coded("gzip", &with(&less(&gzip, 8), &[0, 0, 0, 0, 23, 0, 0, 0])), Refuses, wrong),
        (coded("gzip", &with(&less(&gzip, 4), &[1; 4])), Refuses, wrong),
        (coded("deflate", &with(&less(&zlib, 4), &[0; 4])), Refuses, wrong),
        (coded("gzip", TEXT.as_bytes()), Refuses, Cut("it does not begin as gzip does")),
    ];
    look(&rows, TEXT).await;
    // Several members are one body, as everybody but curl reads them.
    look(&[(coded("gzip", &with(&gzip, &gzip)), Refuses, Plain)], &TEXT.repeat(2)).await;
    // curl takes data that break off where the connection ends well: half a page is no page.
    for (coding, bytes) in
        [("gzip", less(&gzip, 12)), ("deflate", less(&zlib, 8)), ("deflate", less(&raw, 4))]
    {
        let told = fetch(&coded(coding, &bytes)).await;
        assert!(told.summary.starts_with("cut status 200"), "{coding}: {told:?}");
        assert!(told.summary.ends_with(&format!("compressed as `{coding}`: it breaks off")), "{told:?}");
    }
}

#[tokio::test]
async fn codings_of_the_transfer() {
    let carried = |field: &str, bytes: &[u8]| {
        [format!("HTTP/1.1 200 OK\r\n{field}\r\n\r\n").as_bytes(), bytes].concat()
    };
    let chunks =
        |bytes: &[u8]| [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n0\r\n\r\n"].concat();
    let (gzip, zlib, raw) = (gzip(TEXT.as_bytes()), zlib(TEXT.as_bytes()), raw(TEXT.as_bytes()));
    let asked = |coding| Noted(coding);
    let plain = chunks(TEXT.as_bytes());
    let none = Noted("an invalid `transfer-encoding`");
    let twice = Noted("`transfer-encoding` says `chunked` more than once");
    let rows = [
        (
            carried("transfer-encoding: gzip, chunked", &chunks(&gzip)),
            Takes,
            asked("encoding: gzip`, which was not"),
        ),
        (
            carried("transfer-encoding: GZip , Chunked", &chunks(&gzip)),
            Takes,
            asked("encoding: gzip`, which was not"),
        ),
        (
            carried("transfer-encoding: gzip\r\ntransfer-encoding: chunked", &chunks(&gzip)),
            Takes,
            asked("gzip`"),
        ),
        (
            carried("transfer-encoding: x-gzip, chunked", &chunks(&gzip)),
            Takes,
            asked("x-gzip`, which was not"),
        ),
        (
            carried("transfer-encoding: deflate, chunked", &chunks(&zlib)),
            Takes,
            asked("deflate`, which was not"),
        ),
        (
            carried("transfer-encoding: deflate, chunked", &chunks(&raw)),
            Takes,
            asked("deflate`, which was not"),
        ),
        (carried("transfer-encoding: gzip", &gzip), Takes, asked("gzip`, which was not")),
        (
            carried(
                "content-encoding: gzip\r\ntransfer-encoding: deflate, chunked",
                &chunks(&self::zlib(&gzip)),
            ),
            Takes,
            asked("deflate`, which was not"),
        ),
        (carried("transfer-encoding: identity, chunked", &plain), Takes, Plain),
        (carried("transfer-encoding: chunked, chunked", &plain), Takes, twice),
        (carried("transfer-encoding: chunked\r\ntransfer-encoding: chunked", &plain), Takes, twice),
        (carried("transfer-encoding: identity", TEXT.as_bytes()), Takes, none),
        (carried("transfer-encoding: identity\r\ncontent-length: 23", TEXT.as_bytes()), Takes, none),
        (carried("transfer-encoding: ", TEXT.as_bytes()), Takes, none),
        (
            carried("transfer-encoding: gzip, chunked", &chunks(&gzip[..16])),
            Refuses,
            Cut("as `gzip`: it breaks off"),
        ),
        (carried("transfer-encoding: gzip, chunked", &plain), Refuses, Cut("it does not begin as gzip does")),
    ];
    look(&rows, TEXT).await;
    let older = [b"HTTP/1.0 200 OK\r\ntransfer-encoding: gzip\r\n\r\n".as_slice(), &gzip].concat();
    look(&[(older, Takes, Noted("HTTP/1.0 with a body in chunks or carried in a coding"))], TEXT).await;
    // What is undone in no order that there is, or not known, is not shown as a text.
    for (coding, body, named) in [
        ("foo, chunked", &plain, "foo"),
        ("xchunked", &plain, "xchunked"),
        ("\"chunked\"", &plain, "\\\"chunked\\\""),
        ("chunked, gzip", &self::gzip(&plain), "chunked"),
    ] {
        let told = fetch(&carried(&format!("transfer-encoding: {coding}"), body)).await;
        let reading =
            format!("reading Reading::Nothing(\"it is coded as `{named}`, which was not asked for\")");
        assert!(told.summary.contains(&reading), "{coding}: {told:?}");
    }
}

#[tokio::test]
async fn a_text_is_no_longer_in_utf8_than_the_guest_wants() {
    let latin =
        [b"HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=latin1\r\n\r\n".as_slice(), &[0xe9; 50]]
            .concat();
    for (cap, letters, truncated) in [(100, 50, false), (99, 49, true), (50, 25, true), (3, 1, true)] {
        let url = format!("http://{}/", says(&latin));
        let ended = fetch_with(&url, &format!(r#","body_max":"{cap}""#), &[]).await;
        let said = format!("truncated {truncated} reading Reading::All body {}", "\u{e9}".repeat(letters));
        assert!(report(&ended).summary.ends_with(&said), "{cap}: {ended:?}");
    }
}
