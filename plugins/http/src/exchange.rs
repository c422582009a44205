//! From the config to the one request.

use watchkeep_sdk::http::{self, Exchange};

use crate::config::Http;

pub(crate) fn fetch(config: &Http) -> Exchange {
    let mut request = http::request(config.method.0, config.url.0.as_str()).family(config.ip_family);
    for (name, value) in &config.headers.0 {
        request = request.header(name, value);
    }
    for (name, secret) in &config.secret_headers.0 {
        request = request.secret_header(name, secret);
    }
    if let Some(user_agent) = &config.user_agent {
        request = request.header("user-agent", user_agent);
    }
    if let Some(basic) = &config.basic {
        request = request.basic(&basic.user, &basic.password);
    }
    if let Some(bearer) = &config.bearer {
        request = request.bearer(bearer);
    }
    if let Some(body) = &config.body {
        request = request.body(body.as_str());
    }
    if let Some(timeout) = config.timeout {
        request = request.timeout(timeout);
    }
    if !config.follow_redirects {
        request = request.redirects_max(0);
    }
    if let Some(name) = config.tls_name() {
        request = request.server_name(name);
    }
    if let (Some(name), None) = (&config.server_name, config.host_header()) {
        request = request.header("host", name.0.as_str());
    }
    if config.ignore_certificate {
        request = request.ignore_certificate();
    }
    if let Some(certificate) = &config.client_certificate {
        request = request.client_certificate(certificate);
    }
    // What nobody looks at is not copied into the sandbox.
    request.body_bytes_max(if config.reads_body() { config.body_max.bytes() } else { 0 }).fetch()
}
