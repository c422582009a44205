//! What the host writes in a notation of its own: records of name servers as text, certificates as fields. A secret that
//! stands in the bytes is in none of them, however the notation writes it.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};

use rcgen::{CertificateParams, CustomExtension, DnType, DnValue, KeyPair, SanType, SerialNumber};
use rustls::pki_types::PrivateKeyDer;

use super::{CANARY, Lab, holds_nothing_of};
use crate::tls::server_config;

/// Sixteen bytes: an address of IPv6.
const SHORT: &str = "c4n4ry-7x+Q9/zeb";
const DOTTED: &str = "c4n4ry.7x+Q9.zebra";
const QUOTED: &str = "c4n4ry \"7x\" \\Q9;zebra";

/// A record of the answer: its type and data on the wire.
struct Record {
    kind: u16,
    data: Vec<u8>,
}

fn name(labels: &[&[u8]]) -> Vec<u8> {
    let mut wire: Vec<u8> =
        labels.iter().flat_map(|label| [&[u8::try_from(label.len()).unwrap()], *label].concat()).collect();
    wire.push(0);
    wire
}

fn texts(texts: &[&[u8]]) -> Vec<u8> {
    let whole = name(texts);
    whole[..whole.len() - 1].to_vec()
}

fn dotted(secret: &str) -> Vec<u8> {
    name(&[secret.split('.').map(str::as_bytes).collect(), vec![&b"test"[..]]].concat())
}

/// The question with an answer and, beside it, a record of that owner.
fn answered(question: &[u8], Record { kind, data }: &Record, owner: &[u8]) -> Vec<u8> {
    let end = 12 + question[12..].iter().position(|byte| *byte == 0).unwrap() + 5;
    let mut answer = question[..end].to_vec();
    answer[2..4].copy_from_slice(&[0x84, 0]);
    answer[4..12].copy_from_slice(&[0, 1, 0, 1, 0, 0, 0, 1]);
    let record = |owner: &[u8], kind: u16, data: &[u8]| {
        let length = u16::try_from(data.len()).unwrap().to_be_bytes();
        [owner, &kind.to_be_bytes(), &[0, 1, 0, 0, 0, 60], &length, data].concat()
    };
    answer.extend(record(&[0xc0, 12], *kind, data));
    answer.extend(record(owner, 1, &[192, 0, 2, 1]));
    answer
}

/// Answers everything so, over both protocols.
fn name_server(record: Record, owner: Vec<u8>) -> SocketAddr {
    let (udp, tcp) = loop {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        if let Ok(udp) = UdpSocket::bind(tcp.local_addr().unwrap()) {
            break (udp, tcp);
        }
    };
    let address = tcp.local_addr().unwrap();
    std::thread::spawn(move || {
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut question = [0; 2_048];
                while let Ok((size, from)) = udp.recv_from(&mut question) {
                    let _ = udp.send_to(&answered(&question[..size], &record, &owner), from);
                }
            });
            for stream in tcp.incoming() {
                let Ok(mut stream) = stream else { return };
                let mut length = [0; 2];
                if stream.read_exact(&mut length).is_err() {
                    continue;
                }
                let mut question = vec![0; usize::from(u16::from_be_bytes(length))];
                stream.read_exact(&mut question).unwrap();
                let answer = answered(&question, &record, &owner);
                let _ = stream.write_all(&u16::try_from(answer.len()).unwrap().to_be_bytes());
                let _ = stream.write_all(&answer);
            }
        });
    });
    address
}

async fn asked(secret: &str, record: Record, owner: Vec<u8>, protocol: &str) -> String {
    let port = name_server(record, owner).port();
    let lab = Lab::of("prober", &[], &[], &[("dns", &format!("*@127.0.0.1:{port}"))]);
    lab.memory.secret("key", secret, &[]);
    lab.read(&format!(
        r#""do":"question","name":"a.test","kind":"TXT","port":"{port}","protocol":"{protocol}""#
    ))
    .await
}

/// What is left without the timeline of any notation.
fn letters(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect()
}

fn base32(bytes: &[u8]) -> String {
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1)).collect();
    let digit = |five: &[u8]| {
        let value = five.iter().fold(0, |value, bit| value << 1 | u32::from(*bit));
        char::from_digit(value << (5 - five.len()), 32).unwrap().to_ascii_uppercase()
    };
    bits.chunks(5).map(digit).collect()
}

fn shows_nothing(secret: &str, seen: &str, story: &str) {
    holds_nothing_of(secret, seen.as_bytes(), story);
    assert!(seen.contains("***"), "{story}: {seen}");
    let seen = letters(seen);
    let plain = letters(secret);
    for form in [plain.clone(), plain.to_ascii_lowercase(), base32(secret.as_bytes()), hex::encode(secret)] {
        for part in form.as_bytes().windows(9) {
            let part = String::from_utf8_lossy(part).into_owned();
            assert!(!seen.contains(&part), "{story}: `{part}` in {seen}");
        }
    }
}

#[tokio::test]
async fn a_record_shows_a_secret_in_no_notation() {
    let secret = CANARY.as_bytes();
    let long = format!("{CANARY}{}", "Kj3vP0sLwb".repeat(26));
    let (first, rest) = long.as_bytes().split_at(255);
    let in_name = |before: &[u8], after: &[u8]| [before, &name(&[secret, b"test"]), after].concat();
    let soa = [name(&[b"ns", b"test"]), dotted(DOTTED), vec![0; 20]].concat();
    let nsec3 = [&[1, 0, 0, 1, 0, u8::try_from(secret.len()).unwrap()], secret, &[0, 1, 0x40]].concat();
    let upper = CANARY.to_ascii_uppercase();
    let cases = [
        ("TXT", CANARY, 16, texts(&[b"it is ", secret])),
        ("TXT in one", CANARY, 16, texts(&[format!("it is {CANARY}, they say").as_bytes()])),
        ("TXT in pieces", CANARY, 16, texts(&secret.chunks(5).collect::<Vec<_>>())),
        ("long TXT", &long, 16, texts(&[first, rest])),
        ("TXT with escapes", QUOTED, 16, texts(&[QUOTED.as_bytes()])),
        (
            "TXT of it and in pieces",
            CANARY,
            16,
            texts(&[&[secret][..], &secret.chunks(5).collect::<Vec<_>>()].concat()),
        ),
        ("CNAME", CANARY, 5, in_name(&[], &[])),
        ("CNAME in capitals", CANARY, 5, name(&[upper.as_bytes(), b"test"])),
        ("CNAME over labels", DOTTED, 5, dotted(DOTTED)),
        ("CNAME with escapes", QUOTED, 5, name(&[QUOTED.as_bytes()])),
        ("PTR", CANARY, 12, in_name(&[], &[])),
        ("MX", DOTTED, 15, [&[0, 10][..], &dotted(DOTTED)].concat()),
        ("SRV", CANARY, 33, in_name(&[0, 1, 0, 1, 0, 80], &[])),
        ("SOA", DOTTED, 6, soa),
        ("HINFO", CANARY, 13, texts(&[b"cpu", secret])),
        ("CAA", CANARY, 257, [&b"\x00\x05issue"[..], secret].concat()),
        ("AAAA", SHORT, 28, SHORT.into()),
        ("NSEC3", CANARY, 50, nsec3),
        ("DNSKEY", CANARY, 48, [&[1, 0, 3, 8][..], secret].concat()),
        ("SSHFP", CANARY, 44, [&[4, 2][..], secret].concat()),
        ("unknown", CANARY, 65_280, secret.to_vec()),
        ("hexadecimal", CANARY, 16, texts(&[hex::encode(CANARY).as_bytes()])),
    ];
    for (story, secret, kind, data) in cases {
        for protocol in ["udp", "tcp"] {
            let record = Record { kind, data: data.clone() };
            let seen = asked(secret, record, name(&[b"b", b"test"]), protocol).await;
            assert!(seen.starts_with("NOERROR a.test"), "{story}: {seen}");
            shows_nothing(secret, &seen, story);
        }
    }
    // Whose the record is says it as well.
    for (secret, owner) in
        [(CANARY, name(&[secret, b"test"])), (DOTTED, dotted(DOTTED)), (QUOTED, name(&[QUOTED.as_bytes()]))]
    {
        let record = Record { kind: 16, data: texts(&[b"nothing"]) };
        let seen = asked(secret, record, owner, "udp").await;
        shows_nothing(secret, &seen, "owner");
        assert!(seen.contains("\"nothing\" raw \u{7}nothing"), "{seen}");
    }
}

/// One that answers with part of a secret is its server; what else it says is read.
#[tokio::test]
async fn a_record_without_a_secret_is_told_as_it_is() {
    for (kind, data, told) in [
        (16, texts(&[b"v=spf1 -all", b"\"a\\b"]), r#""v=spf1 -all" "\"a\\b" raw "#),
        (5, name(&[b"a.b c", b"test"]), r"a\.b\ c.test. raw "),
        (15, [&[0, 10][..], &name(&[b"mail", b"test"])].concat(), "10 mail.test. raw "),
        (28, vec![0x20; 16], "2020:2020:2020:2020:2020:2020:2020:2020 raw                 "),
    ] {
        let record = Record { kind, data };
        let seen = asked(CANARY, record, name(&[b"b", b"test"]), "udp").await;
        assert!(seen.contains(told), "{seen}");
    }
}

fn certificate_server(change: impl FnOnce(&mut CertificateParams)) -> SocketAddr {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    params.distinguished_name.push(DnType::OrganizationName, "An honest company");
    change(&mut params);
    let certificate = params.self_signed(&key).unwrap();
    let config =
        server_config(certificate.der().clone(), PrivateKeyDer::try_from(key.serialize_der()).unwrap());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (Ok(mut stream), Ok(mut tls)) = (stream, rustls::ServerConnection::new(config.clone()))
            else {
                return;
            };
            std::thread::spawn(move || {
                let _ = rustls::Stream::new(&mut tls, &mut stream).read(&mut [0; 1]);
            });
        }
    });
    address
}

async fn shaken(secret: &str, change: impl FnOnce(&mut CertificateParams)) -> String {
    let port = certificate_server(change).port();
    let (tcp, url) = (format!("tcp://localhost:{port}"), format!("https://localhost:{port}/"));
    let lab = Lab::of("prober", &[], &[&url], &[("net", &tcp)]);
    lab.memory.secret("key", secret, &[]);
    lab.read(&format!(r#""do":"handshake","port":"{port}""#)).await
}

#[tokio::test]
async fn a_certificate_shows_a_secret_in_no_field() {
    let address = Ipv6Addr::from(<[u8; 16]>::try_from(SHORT.as_bytes()).unwrap());
    type Change = Box<dyn Fn(&mut CertificateParams)>;
    let cases: [(&str, &str, Change); 7] = [
        ("subject", CANARY, Box::new(|params| params.distinguished_name.push(DnType::CommonName, CANARY))),
        (
            "subject of two bytes a letter",
            CANARY,
            Box::new(|params| {
                let wide = CANARY.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
                let value = DnValue::BmpString(rcgen::string::BmpString::from_utf16be(wide).unwrap());
                params.distinguished_name.push(DnType::CommonName, value);
            }),
        ),
        (
            "serial number",
            SHORT,
            Box::new(|params| params.serial_number = Some(SerialNumber::from_slice(SHORT.as_bytes()))),
        ),
        (
            "serial number of digits",
            "5ee7c0de7a11f00d5ee7c0de7a11",
            Box::new(|params| {
                let bytes = hex::decode("5ee7c0de7a11f00d5ee7c0de7a11").unwrap();
                params.serial_number = Some(SerialNumber::from_slice(&bytes));
            }),
        ),
        (
            "name",
            "c4n4ry-7x-q9-zebra",
            Box::new(|params| {
                let name = "c4n4ry-7x-q9-zebra.example.com".try_into().unwrap();
                params.subject_alt_names.push(SanType::DnsName(name));
            }),
        ),
        (
            "address",
            SHORT,
            Box::new(move |params| params.subject_alt_names.push(SanType::IpAddress(address.into()))),
        ),
        (
            "extension and serial number",
            SHORT,
            Box::new(|params| {
                let extension = CustomExtension::from_oid_content(&[1, 3, 6, 1, 4, 1], SHORT.into());
                params.custom_extensions.push(extension);
            }),
        ),
    ];
    for (story, secret, change) in cases {
        let seen = shaken(secret, change).await;
        shows_nothing(secret, &seen, story);
        assert!(!seen.contains(&address.to_string()), "{story}: {seen}");
    }
    let seen = shaken(CANARY, |_| {}).await;
    assert_eq!(seen.matches("An honest company").count() % 3, 0, "{seen}");
    assert!(seen.contains("An honest company") && !seen.contains("***"), "{seen}");
}
