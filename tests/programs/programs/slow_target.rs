//! Asks its target without a timeout of its own, and tells how far it came.

use watchkeep_hostile_programs::field;

watchkeep_hostile_programs::check!("slow-target", |run| {
    let mut request = get(field(&run.config, "url"));
    if !field(&run.config, "body_max").is_empty() {
        request.body_max = field(&run.config, "body_max").parse().unwrap_or(0);
    }
    if field(&run.config, "trust") == "ignore" {
        request.tls = Some(watchkeep::plugin::transport::TlsOptions {
            server_name: None,
            trust: watchkeep::plugin::transport::Trust::Ignore,
            alpn: Vec::new(),
            client_certificate: None,
        });
    }
    Ok(match watchkeep::plugin::http::send(&request) {
        Ok(response) => report(
            State::Ok,
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
        Err(failure) => {
            report(State::Critical, format!("{:?} in {:?}: {}", failure.kind, failure.phase, failure.message))
        }
    })
});
