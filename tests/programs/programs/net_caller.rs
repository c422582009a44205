//! Does what its config says over `net`, and tells what came of it.

use watchkeep::plugin::net::{self, Connection};
use watchkeep::plugin::transport::{Encoding, Failure, Family, Timings, TlsFacts, TlsOptions, Trust};
use watchkeep_hostile_programs::field;

/// Longer than any run: the host bounds it.
const LONG: u64 = 3_600_000;

watchkeep_hostile_programs::check!("net-caller", |run| {
    let config = run.config.as_str();
    let said = match field(config, "do") {
        "read" => open(config).and_then(|stream| read_to_end(&stream, 4_096)),
        "peer" => open(config).map(|stream| format!("{:?} {}", stream.peer(), phases(&stream.timings()))),
        "talk" => open(config).and_then(|stream| talk(&stream, field(config, "say"))),
        "flood" => flood(config),
        "secret" => open(config).and_then(|stream| secret(&stream, config)),
        "secrets" => open(config).and_then(|stream| secrets(&stream, config)),
        "start-tls" => open(config).and_then(|stream| start_tls(&stream, config)),
        "inspect" => {
            net::inspect_tls(field(config, "host"), port(config), Family::Any, &options(config), LONG)
                .map(told)
        }
        "inspect-after" => open(config).and_then(|stream| inspect_after(&stream, config)),
        "udp" => {
            let timeout = field(config, "timeout").parse().unwrap_or(LONG);
            net::udp_exchange(field(config, "host"), port(config), Family::Any, b"ask", 2, timeout)
                .map(|answers| answers.iter().map(|answer| text(&answer.data)).collect::<Vec<_>>().join("|"))
        }
        other => return Err(Fault::Config(format!("do what: {other}"))),
    };
    Ok(match said {
        Ok(said) => report(State::Ok, said),
        Err(failure) => report(
            State::Critical,
            format!(
                "{:?} in {:?} [{}]: {}",
                failure.kind,
                failure.phase,
                phases(&failure.timings),
                failure.message
            ),
        ),
    })
});

fn port(config: &str) -> u16 {
    field(config, "port").parse().unwrap_or(0)
}

fn open(config: &str) -> Result<Connection, Failure> {
    match field(config, "socket") {
        "" => net::connect(field(config, "host"), port(config), Family::Any, LONG),
        socket => net::connect_local(socket, LONG),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn read_to_end(stream: &Connection, max: u32) -> Result<String, Failure> {
    let mut all = Vec::new();
    loop {
        let read = stream.read(max, LONG)?;
        if read.is_empty() {
            return Ok(text(&all));
        }
        all.extend_from_slice(&read);
    }
}

fn talk(stream: &Connection, say: &str) -> Result<String, Failure> {
    stream.write(say.as_bytes(), LONG)?;
    stream.read(4_096, LONG).map(|read| text(&read))
}

/// Opens ever more, and keeps them.
fn flood(config: &str) -> Result<String, Failure> {
    let mut held = Vec::new();
    for _ in 0..1_000 {
        held.push(open(config)?);
    }
    Ok(format!("{} are open", held.len()))
}

/// Sends a secret, and reads what comes back byte by byte: no mask of single reads sees it.
fn secret(stream: &Connection, config: &str) -> Result<String, Failure> {
    let encoding = if field(config, "encoding") == "base64" { Encoding::Base64 } else { Encoding::Raw };
    stream.write_secret("key", b"\0user\0", b"!\n", encoding, LONG)?;
    read_to_end(stream, 1)
}

/// As many and as large as it is let.
fn secrets(stream: &Connection, config: &str) -> Result<String, Failure> {
    let around = vec![b'x'; field(config, "around").parse().unwrap_or(0)];
    for _ in 0..1_000 {
        stream.write_secret("key", &around, b"", Encoding::Base64, LONG)?;
    }
    Ok("all were written".into())
}

fn options(config: &str) -> TlsOptions {
    let server_name = field(config, "server_name");
    TlsOptions {
        server_name: (!server_name.is_empty()).then(|| server_name.to_owned()),
        trust: if field(config, "trust") == "ignore" { Trust::Ignore } else { Trust::Require },
        alpn: Vec::new(),
        client_certificate: None,
    }
}

/// What a mail server shows after STARTTLS, and that the stream is over then.
fn inspect_after(stream: &Connection, config: &str) -> Result<String, Failure> {
    ask_for_tls(stream)?;
    let seen = stream.inspect_tls(&options(config), LONG)?;
    let said = format!("{}, path {:?}, {}", told(seen.facts), seen.path, phases(&seen.timings));
    Ok(match stream.write(b"EHLO again\r\n", LONG) {
        Ok(()) => format!("{said}; it goes on"),
        Err(failure) => format!("{said}; {:?}", failure.kind),
    })
}

fn ask_for_tls(stream: &Connection) -> Result<(), Failure> {
    stream.read(4_096, LONG)?;
    stream.write(b"STARTTLS\r\n", LONG)?;
    stream.read(4_096, LONG).map(drop)
}

/// As mail servers do it.
fn start_tls(stream: &Connection, config: &str) -> Result<String, Failure> {
    ask_for_tls(stream)?;
    let before = stream.path();
    let facts = stream.start_tls(&options(config), LONG)?;
    let known =
        format!("path {before:?} and {:?}, asks {}", stream.path(), stream.certificate_requested());
    stream.write(b"EHLO again\r\n", LONG)?;
    let answer = stream.read(4_096, LONG)?;
    Ok(format!("{} {}; {known}", told(facts), text(&answer).trim_end()))
}

fn told(facts: TlsFacts) -> String {
    format!(
        "{} {} chain of {}, untrusted {:?}",
        facts.protocol,
        if facts.cipher_suite.is_some() { "cipher" } else { "no cipher" },
        facts.chain.len(),
        facts.untrusted
    )
}

fn phases(timings: &Timings) -> String {
    let all = [
        ("name", timings.name),
        ("connect", timings.connect),
        ("tls", timings.tls),
        ("send", timings.send),
        ("wait", timings.wait),
        ("transfer", timings.transfer),
    ];
    let measured: Vec<_> =
        all.iter().filter(|(_, span)| span.is_some_and(|span| span <= timings.total)).collect();
    measured.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" ")
}
