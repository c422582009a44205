//! Asks its target without a timeout of its own, and tells how far it came.

use watchkeep_hostile_programs::field;

fn told(facts: Option<watchkeep::plugin::transport::TlsFacts>) -> Option<String> {
    let facts = facts?;
    let leaf = facts.chain.first()?;
    Some(format!(
        "{} {:?} of {:?} by {} for {:?}, key {} {}, chain of {}, untrusted {:?}",
        facts.protocol,
        facts.alpn,
        leaf.subject,
        leaf.issuer,
        leaf.names,
        leaf.key_algorithm,
        leaf.key_bits,
        facts.chain.len(),
        facts.untrusted,
    ))
}

fn phases(timings: &watchkeep::plugin::transport::Timings) -> String {
    let all = [
        ("name", timings.name),
        ("connect", timings.connect),
        ("tls", timings.tls),
        ("wait", timings.wait),
        ("transfer", timings.transfer),
    ];
    let measured: Vec<_> =
        all.iter().filter(|(_, span)| span.is_some_and(|span| span <= timings.total)).collect();
    measured.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(" ")
}

watchkeep_hostile_programs::check!("slow-target", |run| {
    let mut request = get(field(&run.config, "url"));
    if !field(&run.config, "body_max").is_empty() {
        request.body_max = field(&run.config, "body_max").parse().unwrap_or(0);
    }
    let (trust, server_name) = (field(&run.config, "trust"), field(&run.config, "server_name"));
    if trust == "ignore" || !server_name.is_empty() {
        use watchkeep::plugin::transport::Trust;
        request.tls = Some(watchkeep::plugin::transport::TlsOptions {
            server_name: (!server_name.is_empty()).then(|| server_name.to_owned()),
            trust: if trust == "ignore" { Trust::Ignore } else { Trust::Require },
            alpn: Vec::new(),
            client_certificate: None,
        });
    }
    if !field(&run.config, "method").is_empty() {
        request.method = field(&run.config, "method").to_owned();
    }
    if field(&run.config, "call") == "fetch" {
        return Ok(fetched(watchkeep::plugin::http::fetch(&request)));
    }
    if field(&run.config, "call") == "follow" {
        use watchkeep::plugin::http::{Ending, fetch};
        request.redirects_max = 0;
        let Ending::Whole(response) = fetch(&request).ending else { return Ok(report(State::Ok, "no answer")) };
        let location = response.headers.iter().find(|header| header.name == "location");
        let to = match field(&run.config, "to") {
            "" => location.map_or("", |location| &location.value),
            to => to,
        };
        return Ok(fetched(fetch(&get(to))));
    }
    if field(&run.config, "call") == "fetch_with" {
        use watchkeep::plugin::http::{DigestLogin, Extras, Header, fetch_with};
        let resolver = field(&run.config, "resolver").parse().ok().map(|port| {
            watchkeep::plugin::transport::Address { ip: "127.0.0.1".to_owned(), port }
        });
        let digest = (!field(&run.config, "user").is_empty()).then(|| DigestLogin {
            user: field(&run.config, "user").to_owned(),
            password: "password".to_owned(),
        });
        if !field(&run.config, "header").is_empty() {
            let value = "x".to_owned();
            request.headers.push(Header { name: field(&run.config, "header").to_owned(), value });
        }
        let http2 = field(&run.config, "http2") == "yes";
        let told = fetch_with(&request, &Extras { resolver, http2, digest });
        let mut report = fetched(told.exchange);
        for Header { name, value } in told.trailers {
            report.summary += &format!(" behind it {name}={value}");
        }
        return Ok(report);
    }
    let sent = match field(&run.config, "socket") {
        "" => watchkeep::plugin::http::send(&request),
        socket => watchkeep::plugin::http::send_local(socket, &request),
    };
    Ok(match sent {
        Ok(response) => detailed(
            State::Ok,
            format!("{} {:?}", phases(&response.timings), told(response.tls)),
            format!(
                "status {} version {} bytes {} truncated {} hops {} url {} body {}",
                response.status,
                response.version,
                response.body.len(),
                response.truncated,
                response.redirects.len(),
                response.url,
                String::from_utf8_lossy(&response.body[..response.body.len().min(40)]),
            ),
        ),
        Err(failure) => detailed(
            State::Critical,
            format!("{} {:?}", phases(&failure.timings), told(failure.tls)),
            format!("{:?} in {:?}: {}", failure.kind, failure.phase, failure.message),
        ),
    })
});

fn fetched(exchange: watchkeep::plugin::http::Exchange) -> Report {
    use watchkeep::plugin::http::Ending;
    let legs: Vec<_> =
        exchange.legs.iter().map(|leg| format!("{} {} {}", leg.hop.status, phases(&leg.hop.timings), leg.path.len())).collect();
    let (word, response, failure) = match exchange.ending {
        Ending::Whole(response) => ("whole", Some(response), None),
        Ending::Cut(cut) => ("cut", Some(cut.response), Some(cut.failure)),
        Ending::Stopped(stopped) => ("stopped", Some(stopped.response), Some(stopped.failure)),
        Ending::Unanswered(failure) => ("unanswered", None, Some(failure)),
    };
    let mut summary = word.to_owned();
    let mut state = State::Ok;
    let mut details = format!("legs {legs:?} path {:?} leniences {:?}", exchange.path, exchange.leniences);
    if let Some(response) = response {
        summary += &format!(
            " status {} version {} truncated {} reading {:?} body {}",
            response.status,
            response.version,
            response.truncated,
            exchange.reading,
            String::from_utf8_lossy(&response.body[..response.body.len().min(200)]),
        );
        let headers: Vec<_> =
            response.headers.iter().map(|header| format!("{}={}", header.name, header.value)).take(10).collect();
        details += &format!(" headers {headers:?} {} {:?}", phases(&response.timings), told(response.tls));
    }
    if let Some(failure) = failure {
        state = State::Critical;
        summary += &format!(" {:?} in {:?}: {}", failure.kind, failure.phase, failure.message);
        details += &format!(" {} {:?}", phases(&failure.timings), told(failure.tls));
    }
    detailed(state, details, summary)
}

fn detailed(state: State, details: String, summary: String) -> Report {
    Report { details: Some(details), ..report(state, summary) }
}
