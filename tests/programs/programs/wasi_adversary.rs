//! Built for WASI: asks over `wasi:http` by hand, where a library would be polite. What it saw it returns with every byte
//! turned.

use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{Fields, IncomingResponse, Method, OutgoingBody, OutgoingRequest, Scheme};
use wasip2::io::streams::StreamError;
use watchkeep_hostile_programs::{field, turned};

watchkeep_hostile_programs::check!("wasi-adversary", |run| {
    let config = run.config.as_str();
    let seen = match field(config, "do") {
        "flood" => flood(config),
        "many" => many(config),
        _ => asked(config).unwrap_or_else(String::into_bytes),
    };
    let mut said = report(State::Ok, "seen");
    said.details = Some(turned(&seen));
    Ok(said)
});

fn request(config: &str) -> Result<OutgoingRequest, String> {
    let fields = Fields::new();
    for header in field(config, "headers").split('|').filter(|header| !header.is_empty()) {
        let (name, value) = header.split_once('=').expect("name and value");
        fields.append(name, value.as_bytes()).map_err(|error| format!("header {error:?}"))?;
    }
    let request = OutgoingRequest::new(fields);
    let method = match field(config, "body") {
        "" => Method::Get,
        _ => Method::Post,
    };
    request.set_method(&method).map_err(|()| "method")?;
    request.set_scheme(Some(&Scheme::Http)).map_err(|()| "scheme")?;
    request.set_authority(Some(field(config, "authority"))).map_err(|()| "authority")?;
    request.set_path_with_query(Some(field(config, "path"))).map_err(|()| "path")?;
    Ok(request)
}

fn asked(config: &str) -> Result<Vec<u8>, String> {
    let request = request(config)?;
    // Handed over before its body is written: the host has to wait for what may never come.
    let body = field(config, "body").as_bytes();
    let pending = match body {
        [] => handle(request, None),
        body => {
            let body = body.to_vec();
            let trailers = field(config, "trailers") == "yes";
            let sink = request.body().map_err(|()| "body")?;
            let pending = handle(request, None);
            write_into(sink, &body, trailers)?;
            pending
        }
    };
    let pending = pending.map_err(|error| format!("{error:?}"))?;
    pending.subscribe().block();
    let response = pending.get().expect("it is there").expect("it is got once");
    let response = response.map_err(|error| format!("{error:?}"))?;
    Ok(read(&response))
}

/// In the smallest pieces that there are.
fn write_into(sink: OutgoingBody, body: &[u8], trailers: bool) -> Result<(), String> {
    {
        let stream = sink.write().map_err(|()| "stream")?;
        for byte in body {
            stream.blocking_write_and_flush(&[*byte]).map_err(|error| format!("write {error:?}"))?;
        }
    }
    let more = trailers.then(|| {
        let fields = Fields::new();
        fields.append("x-trailer", b"__secret_key__").expect("it is a header");
        fields
    });
    OutgoingBody::finish(sink, more).map_err(|error| format!("finish {error:?}"))
}

fn read(response: &IncomingResponse) -> Vec<u8> {
    let mut seen = format!("{}\n", response.status()).into_bytes();
    for (name, value) in response.headers().entries() {
        seen.extend_from_slice(name.as_bytes());
        seen.extend_from_slice(b": ");
        seen.extend_from_slice(&value);
        seen.push(b'\n');
    }
    let body = response.consume().expect("it is consumed once");
    {
        let stream = body.stream().expect("there is one");
        loop {
            match stream.blocking_read(3) {
                Ok(bytes) => seen.extend_from_slice(&bytes),
                Err(StreamError::Closed) => break,
                Err(error) => {
                    seen.extend_from_slice(format!("{error:?}").as_bytes());
                    break;
                }
            }
        }
    }
    let trailers = wasip2::http::types::IncomingBody::finish(body);
    trailers.subscribe().block();
    if let Some(Ok(Ok(Some(fields)))) = trailers.get() {
        for (name, value) in fields.entries() {
            seen.extend_from_slice(name.as_bytes());
            seen.extend_from_slice(&value);
        }
    }
    seen
}

/// A body without end.
fn flood(config: &str) -> Vec<u8> {
    let request = request(config).expect("it can be asked");
    let sink = request.body().expect("there is one");
    let pending = handle(request, None).expect("it is taken");
    let stream = sink.write().expect("there is one");
    let piece = [b'x'; 4_096];
    while stream.blocking_write_and_flush(&piece).is_ok() {}
    pending.subscribe().block();
    format!("{:?}", pending.get().map(|got| got.map(|response| response.map(|response| response.status())))).into_bytes()
}

/// One request after the other, none of which is waited for.
fn many(config: &str) -> Vec<u8> {
    let count: usize = field(config, "count").parse().expect("a number");
    let pending: Vec<_> = (0..count).map(|_| request(config).map(|request| handle(request, None))).collect();
    let mut seen = Vec::new();
    for one in pending {
        let Ok(Ok(one)) = one else { continue };
        one.subscribe().block();
        let status = one.get().map(|got| got.map(|response| response.map(|response| response.status())));
        seen.extend_from_slice(format!("{status:?}\n").as_bytes());
    }
    seen
}
