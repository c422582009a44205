//! Puts a secret where it may not fit, and looks for secrets where the host writes down what others send: records of name
//! servers, certificates, digests of files, snapshots. What it saw it returns with every byte turned.

use sha2::digest::common::hazmat::SerializableState as _;
use sha2::{Digest as _, Sha256};
use watchkeep::plugin::types::Attachment;
use watchkeep::plugin::{dns, files, http, net, snapshots, transport};
use watchkeep_hostile_programs::{field, turned};

const SHORT: u64 = 20_000;

watchkeep_hostile_programs::check!("prober", |run| {
    let config = run.config.as_str();
    let mut said = report(State::Ok, "seen");
    let seen: String = match field(config, "do") {
        "place" => place(config),
        "question" => question(config),
        "handshake" => handshake(config),
        "hash" => return Ok(hash(config)),
        "snapshot" => snapshot(config, &mut said),
        other => return Err(Fault::Config(format!("do what: {other}"))),
    };
    said.details = Some(turned(seen.as_bytes()));
    Ok(said)
});

fn port(config: &str) -> u16 {
    field(config, "port").parse().unwrap_or(0)
}

fn told(failure: transport::Failure) -> String {
    format!("{:?} in {:?}: {} {:?}", failure.kind, failure.phase, failure.message, failure.tls)
}

/// Attaches the secret in each way that there is.
fn place(config: &str) -> String {
    use transport::{Encoding, HmacPlacement, MessagePart, Placement, Sigv4Placement};
    let mut request = get(field(config, "url"));
    let hmac = |key_encoding| {
        Placement::Hmac(HmacPlacement {
            header: "x-signature".into(),
            prefix: "v1=".into(),
            digest: transport::Digest::Sha256,
            key_encoding,
            output_encoding: Encoding::Hex,
            message: vec![MessagePart::Bytes(b"text".to_vec())],
        })
    };
    let placement = match field(config, "placement") {
        "header" => Placement::Header("x-key".into()),
        "bearer" => Placement::Bearer,
        "basic" => Placement::Basic("user".into()),
        "query" => Placement::Query("key".into()),
        "url" => {
            request.url = field(config, "rest").into();
            Placement::Url
        }
        "field" => {
            request.headers.push(http::Header { name: "x-text".into(), value: "before HOLDER after".into() });
            Placement::Placeholder("HOLDER".into())
        }
        "path" => {
            request.url.push_str("HOLDER/");
            Placement::Placeholder("HOLDER".into())
        }
        "base64" => hmac(Encoding::Base64),
        "hex" => hmac(Encoding::Hex),
        "sigv4" => Placement::Sigv4(Sigv4Placement { region: "eu-west-1".into(), service: "s3".into() }),
        "beside sigv4" => {
            let sigv4 = Placement::Sigv4(Sigv4Placement { region: "eu-west-1".into(), service: "s3".into() });
            request.credentials.push(transport::Credential { secret: "aws".into(), placement: sigv4 });
            Placement::Header("x-key".into())
        }
        _ => {
            request.tls = Some(transport::TlsOptions {
                server_name: None,
                trust: transport::Trust::Require,
                alpn: Vec::new(),
                client_certificate: Some("key".into()),
            });
            Placement::Bearer
        }
    };
    if request.tls.is_none() {
        request.credentials.push(transport::Credential { secret: "key".into(), placement });
    }
    match http::send(&request) {
        Ok(response) => format!("status {}", response.status),
        Err(failure) => told(failure),
    }
}

/// All of an answer.
fn question(config: &str) -> String {
    let question = dns::Question {
        name: field(config, "name").into(),
        kind: field(config, "kind").into(),
        server: Some(transport::Address { ip: "127.0.0.1".into(), port: port(config) }),
        protocol: if field(config, "protocol") == "tcp" { dns::Protocol::Tcp } else { dns::Protocol::Udp },
        recursive: true,
        dnssec: false,
        timeout: SHORT,
    };
    let answer = match dns::query(&question) {
        Ok(answer) => answer,
        Err(failure) => return told(failure),
    };
    let all = answer.answers.iter().chain(&answer.authorities).chain(&answer.additionals);
    let records: Vec<String> = all
        .map(|record| {
            let raw: String = record.raw.iter().map(|byte| char::from(*byte)).collect();
            format!("{} {} {} raw {raw}", record.name, record.kind, record.data)
        })
        .collect();
    format!("{} {}", answer.status, records.join("\n"))
}

/// All that a server shows before anything is sent.
fn handshake(config: &str) -> String {
    let options = transport::TlsOptions {
        server_name: None,
        trust: transport::Trust::Require,
        alpn: Vec::new(),
        client_certificate: None,
    };
    let family = transport::Family::Any;
    let inspected = net::inspect_tls("localhost", port(config), family, &options, SHORT);
    let inspected = inspected.map_or_else(told, |facts| format!("{facts:?}"));
    let stream = net::connect("localhost", port(config), family, SHORT).expect("it is granted");
    let started = stream.start_tls(&options, SHORT).map_or_else(told, |facts| format!("{facts:?}"));
    let mut request = get(&format!("https://localhost:{}/", port(config)));
    request.redirects_max = 0;
    let sent = http::send(&request).map_or_else(told, |response| format!("{:?}", response.tls));
    format!("{inspected}\n{started}\n{sent}")
}

/// Lets the host hash the end of a file from `offset` on, by a state that claims that the rest was hashed already.
fn hash(config: &str) -> Report {
    let offset: u64 = field(config, "offset").parse().expect("a number");
    let given = files::sha256("root", "file", None, SHORT).expect("it is granted");
    // The state is what is known of the file and where one is, what was hashed, and a sum: see the host's source.
    let fresh = Sha256::new().serialize();
    let mut state = given.state[..given.state.len() - SUM_BYTES - fresh.len()].to_vec();
    state[OFFSET_AT..OFFSET_AT + 8].copy_from_slice(&offset.to_be_bytes());
    state.extend_from_slice(&fresh);
    let sum = Sha256::digest(&state);
    state.extend_from_slice(&sum[..SUM_BYTES]);
    let forged = files::Hashing { offset, state, digest: None };
    let mut said = report(State::Ok, "hashed");
    said.details = Some(match files::sha256("root", "file", Some(&forged), SHORT) {
        Ok(hashing) => turned(&hashing.digest.expect("the file is short")),
        Err(error) => turned(format!("{error:?}").as_bytes()),
    });
    said
}

const OFFSET_AT: usize = 25;
const SUM_BYTES: usize = 8;

/// Keeps a guess and a bound server's answer, and reads both in the next run.
fn snapshot(config: &str, said: &mut Report) -> String {
    let series = |name: &str| snapshots::Series { check: None, name: name.into() };
    let seen: Vec<String> = ["guess", "echo"]
        .iter()
        .map(|name| match snapshots::latest(&series(name)) {
            Ok(Some(kept)) => {
                let bytes = snapshots::read(&kept.id).expect("its own can be read");
                format!("{name} {} {} {}", kept.media_type, kept.size, String::from_utf8_lossy(&bytes))
            }
            other => format!("{name} {other:?}"),
        })
        .collect();
    let mut request = get(field(config, "url"));
    let placement = transport::Placement::Header("x-key".into());
    request.credentials.push(transport::Credential { secret: "key".into(), placement });
    let echo = http::send(&request).map_or_else(|failure| told(failure).into_bytes(), |response| response.body);
    let guess = field(config, "guess").as_bytes().to_vec();
    said.attachments = [("guess", guess), ("echo", echo)]
        .map(|(name, data)| Attachment {
            name: name.into(),
            media_type: "image/png".into(),
            data,
            series: Some(name.into()),
        })
        .into();
    seen.join("\n")
}
