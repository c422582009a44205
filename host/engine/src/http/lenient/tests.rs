use std::time::Duration;

use tokio::io::AsyncReadExt as _;

use super::*;
use crate::call::{Meter, turns};
use crate::network::paced::Paced;

/// What is handed on of an answer that comes in parts of `size` bytes, and what was noted.
async fn handed_on(answer: &[u8], size: usize) -> (String, Vec<String>, bool) {
    let parts = answer.chunks(size).map(<[u8]>::to_vec);
    let (mut near, far) = tokio::io::duplex(64);
    let parts: Vec<_> = parts.collect();
    let sending = async move {
        use tokio::io::AsyncWriteExt as _;
        for part in parts {
            near.write_all(&part).await.unwrap();
        }
    };
    let noted = Noted::in_walk(&Leniences::default());
    let mut stream = Lenient::new(far, noted.clone());
    let mut text = Vec::new();
    let (_, read) = tokio::join!(sending, stream.read_to_end(&mut text));
    read.unwrap();
    (String::from_utf8(text).unwrap(), noted.leniences.noted(), noted.is_older())
}

#[track_caller]
fn same(found: &str, wanted: &str) {
    assert_eq!(found, wanted);
}

#[tokio::test]
async fn a_head_in_good_form_passes_as_it_is_however_it_comes() {
    for answer in [
        "HTTP/1.1 200 OK\r\nserver: x\r\n\r\nbody: with\x01 what : it likes\r\n\r\n",
        "HTTP/1.1 404 \r\ncontent-length: 7\r\n\r\n: it\nis",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n3\r\na\nb\r\n0\r\n\r\n",
    ] {
        for size in [1, 2, 7, 1_000] {
            let (text, noted, _) = handed_on(answer.as_bytes(), size).await;
            same(&text, answer);
            assert_eq!(noted, [""; 0]);
        }
    }
}

#[tokio::test]
async fn what_sloppy_servers_write_is_put_right_and_noted() {
    for (answer, wanted, note) in [
        ("set-cookie: a=\x01b", "set-cookie: a=\u{fffd}b", "control characters in header `set-cookie`"),
        ("x-a: a\0\x7fb", "x-a: a\u{fffd}\u{fffd}b", "control characters in header `x-a`"),
        ("x-a: a\rb", "x-a: a\u{fffd}b", "control characters in header `x-a`"),
        ("x-a: one,\r\n  two", "x-a: one, two", "header `x-a` goes on in another line"),
        ("x-a: one,\r\n\ttwo", "x-a: one, two", "header `x-a` goes on in another line"),
        ("x-a: one\nx-b: two", "x-a: one\r\nx-b: two", "a line of the head ends in a bare line feed"),
        ("x-a : one", "x-a: one", "blanks before the colon of header `x-a`"),
        ("x-a\t: one", "x-a: one", "blanks before the colon of header `x-a`"),
        ("x-a: one\r\nno colon here", "x-a: one", "a header line without a colon"),
        ("x-a: one\r\nx b: two", "x-a: one", "a header with an invalid name"),
        ("x-a: one\r\n: two", "x-a: one", "a header with an invalid name"),
    ] {
        let (text, noted, _) =
            handed_on(format!("HTTP/1.1 200 OK\r\n{answer}\r\n\r\nok").as_bytes(), 3).await;
        same(&text, &format!("HTTP/1.1 200 OK\r\n{wanted}\r\n\r\nok"));
        assert_eq!(noted, [note], "{answer:?}");
    }
}

#[tokio::test]
async fn chunks_under_the_older_version_are_read_as_chunks() {
    let (text, noted, is_older) =
        handed_on(b"HTTP/1.0 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n", 5).await;
    same(&text, "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n0\r\n\r\n");
    assert!(is_older && noted[0].starts_with("HTTP/1.0 with a body in chunks"), "{noted:?}");
    let (text, noted, is_older) = handed_on(b"HTTP/1.0 200 OK\r\n\r\nchunked", 5).await;
    same(&text, "HTTP/1.0 200 OK\r\n\r\nchunked");
    assert!(!is_older && noted.is_empty());
}

#[tokio::test]
async fn interim_answers_are_not_the_answer_and_those_without_end_are_not_listened_to() {
    let early = "HTTP/1.1 103 Early\r\nlink : x\r\n\r\n";
    for size in [1, 4, 1_000] {
        let answer = early.repeat(3) + "HTTP/1.1 200 OK\r\nx : y\r\n\r\nz : z";
        let (text, noted, _) = handed_on(answer.as_bytes(), size).await;
        same(&text, "HTTP/1.1 200 OK\r\nx: y\r\n\r\nz : z");
        assert_eq!(noted, ["blanks before the colon of header `x`"]);
    }
    let (text, ..) = handed_on(b"HTTP/1.1 101 Switching\r\n\r\nother", 4).await;
    same(&text, "HTTP/1.1 101 Switching\r\n\r\nother");
    let endless = io::Cursor::new(early.repeat(INTERIM_MAX + 1).into_bytes());
    let mut stream = Lenient::new(endless, Noted::in_walk(&Leniences::default()));
    let mut first = [0; 1];
    let read = futures::FutureExt::now_or_never(stream.read(&mut first));
    assert!(read.is_none(), "{read:?}");
}

#[tokio::test]
async fn what_is_no_head_passes_untouched_and_at_once() {
    for answer in ["220 mail.example.com ESMTP\r\n", "", "HTTP/1.1 200 OK\r\nx : y", "\x16\x03\x01"] {
        assert_eq!(handed_on(answer.as_bytes(), 3).await.0, answer);
    }
    let (mut near, far) = tokio::io::duplex(64);
    tokio::io::AsyncWriteExt::write_all(&mut near, b"SSH-2.0").await.unwrap();
    let mut stream = Lenient::new(far, Noted::in_walk(&Leniences::default()));
    let mut first = [0; 7];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"SSH-2.0", "while the peer still holds the connection open");
}

#[tokio::test]
async fn blanks_in_the_status_line_and_line_ends_before_it_are_taken() {
    let (text, noted, _) = handed_on(b"\r\nHTTP/1.1   204\r\n\r\n", 2).await;
    same(&text, "HTTP/1.1 204 \r\n\r\n");
    assert_eq!(noted, ["line ends before the status line", "blanks in the status line"]);
}

/// A text over and over.
struct Endless(&'static [u8], usize);

impl AsyncRead for Endless {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Endless(text, at) = self.get_mut();
        while buf.remaining() > 0 {
            buf.put_slice(&text[*at..*at + 1]);
            *at = (*at + 1) % text.len();
        }
        Poll::Ready(Ok(()))
    }
}

/// Both what is read in pieces and what is passed on of it.
#[tokio::test]
async fn what_comes_without_end_before_a_head_gives_way_and_ends_with_the_time_to_compute() {
    for text in ["\r\n", "HTTP/1.1 200 OK x: y"] {
        for (budget, wanted) in [(Duration::ZERO, true), (Duration::from_secs(60), false)] {
            let gauge = Arc::default();
            let meter = Arc::new(Meter::open(turns()));
            let paced = Paced::new(Endless(text.as_bytes(), 0), &gauge, &meter, budget);
            let mut stream = Lenient::new(paced, Noted::in_walk(&Leniences::default()));
            let mut room = [0; 64];
            let read = tokio::task::unconstrained(stream.read(&mut room));
            let read = futures::FutureExt::now_or_never(read);
            assert_eq!(matches!(read, Some(Err(_))), wanted, "{text:?}: {read:?}");
            assert_eq!(read.is_none(), !wanted, "{text:?}: {read:?}");
            assert_eq!(gauge.is_over_budget(), wanted, "{text:?}");
        }
    }
}
